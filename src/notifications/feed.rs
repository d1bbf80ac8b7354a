//! The news of productions, as each role gets them.

use std::collections::HashMap;

use dailies_definitions::access::{Caller, EntityReader, ProjectMember};
use dailies_definitions::comments::NewsFilter;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::Kind;
use sea_orm::{FromQueryResult, QueryResult};
use uuid::Uuid;

use crate::access::comments::{Comments, KNOW_AUTHOR, NEWS, Seen, VisibleComments, by_client, may_know_author};
use crate::access::{Reach, open_projects_of};
use crate::app::App;
use crate::database::json::{TEXT, write_key};
use crate::database::paging::Page;
use crate::database::{self, Field, RecordWriter, RowWriter, SelectList, SelectedColumn, Sql, write_uuid};
use crate::vocabulary::persons::SHORT_PERSON;

/// The filter of a query, where `1` and `on` switch `only_preview` on as `true` does.
#[must_use]
pub fn filter(mut filter: NewsFilter, query: &Query) -> NewsFilter {
    let word = query
        .get("only_preview")
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    filter.only_preview |= matches!(word.as_str(), "1" | "on");
    filter
}

/// Keys of an entry, their expressions, and what they hold.
const FIELDS: [(&str, &str, Kind); 17] = [
    ("id", "n.id", Kind::Uuid),
    ("author_id", "n.author_id", Kind::Uuid),
    ("comment_id", "n.comment_id", Kind::Uuid),
    ("task_id", "n.task_id", Kind::Uuid),
    ("task_type_id", "t.task_type_id", Kind::Uuid),
    ("task_status_id", "c.task_status_id", Kind::Uuid),
    ("task_entity_id", "t.entity_id", Kind::Uuid),
    ("preview_file_id", "n.preview_file_id", Kind::Uuid),
    ("preview_file_extension", "f.extension", TEXT),
    ("preview_file_revision", "f.revision", Kind::Integer),
    ("project_id", "t.project_id", Kind::Uuid),
    ("project_name", "p.name", TEXT),
    ("created_at", "n.created_at", Kind::DateTime),
    ("change", "n.change", Kind::Bool),
    ("full_entity_name", FULL_NAME, TEXT),
    ("episode_id", EPISODE, Kind::Uuid),
    ("entity_preview_file_id", "e.preview_file_id", Kind::Uuid),
];

/// The part of an entry that decides how much of it somebody gets.
#[derive(FromQueryResult)]
struct EntrySubject {
    author_id: Uuid,
    project_id: Uuid,
    /// True if the author is a client of the production.
    by_client: bool,
    /// True if the comment is meant for clients.
    for_client: Option<bool>,
}

impl EntrySubject {
    fn comment(&self) -> Seen {
        Seen {
            author_id: self.author_id,
            author_role: Seen::role_of_author(self.by_client),
            for_client: self.for_client.unwrap_or_default(),
        }
    }
}

/// A revision of a task that previews belong to.
#[derive(FromQueryResult)]
struct TaskRevision {
    task_id: Uuid,
    revision: Option<i32>,
}

impl TaskRevision {
    fn key(&self) -> (Uuid, i32) {
        (self.task_id, self.revision.unwrap_or_default())
    }
}

/// Number of entries of a status.
#[derive(FromQueryResult)]
struct StatusCount {
    task_status_id: Option<Uuid>,
    /// True if they tell of a change to the status.
    change: bool,
    count: i64,
}

/// Name of the entity behind those of what it is part of, or behind its type.
pub(super) const FULL_NAME: &str = "CASE k.name WHEN 'Shot' THEN COALESCE(ep.name || ' / ', '') || COALESCE(sq.name || ' / ', '') || e.name \
     WHEN 'Sequence' THEN COALESCE(sq.name || ' / ', '') || e.name WHEN 'Episode' THEN e.name ELSE k.name || ' / ' || e.name END";

pub(super) const EPISODE: &str = "CASE k.name WHEN 'Shot' THEN sq.parent_id WHEN 'Sequence' THEN e.parent_id WHEN 'Episode' THEN NULL ELSE e.source_id END";

/// Facts that decide about an entry: its comment and its author.
const ENTRIES: Comments<'_> = Comments {
    id: "n.comment_id",
    author: "n.author_id",
    for_client: "c.for_client",
    project: "t.project_id",
    entity: "t.entity_id",
};

const TABLES: &str = "FROM news n JOIN task t ON t.id = n.task_id JOIN project p ON p.id = t.project_id \
     JOIN entity e ON e.id = t.entity_id JOIN entity_type k ON k.id = e.entity_type_id JOIN person a ON a.id = n.author_id \
     LEFT JOIN entity sq ON sq.id = e.parent_id LEFT JOIN entity ep ON ep.id = sq.parent_id \
     LEFT JOIN comment c ON c.id = n.comment_id LEFT JOIN preview_file f ON f.id = n.preview_file_id";

/// Tables that are enough to count news where nothing is hidden.
const FEW_TABLES: &str = "FROM news n JOIN task t ON t.id = n.task_id LEFT JOIN comment c ON c.id = n.comment_id";

/// Order with the latest first.
const ORDER: &str = "n.created_at DESC, n.id";

/// The conditions of what somebody gets of the news.
fn visible(news: &VisibleComments) -> Sql {
    let mut sql = Sql::new(" WHERE t.entity_id IS NOT NULL");
    news.restrict(&mut sql, &ENTRIES);
    sql
}

fn add_filter(sql: &mut Sql, filter: &NewsFilter) {
    if filter.only_preview {
        sql.push(" AND n.preview_file_id IS NOT NULL");
    }
    for (column, id) in [
        ("t.task_type_id", filter.task_type_id),
        ("c.task_status_id", filter.task_status_id),
        ("n.author_id", filter.person_id),
        ("sq.parent_id", filter.episode_id),
    ] {
        if let Some(id) = id {
            sql.push(&format!(" AND {column} = ")).bind(id);
        }
    }
    if let Some(moment) = filter.after {
        sql.push(" AND n.created_at > ").bind(moment);
    }
    if let Some(moment) = filter.before {
        sql.push(" AND n.created_at < ").bind(moment);
    }
}

/// A page of the news of a production.
///
/// # Errors
/// The database does not answer.
pub async fn of_project(
    app: &App,
    access: &ProjectMember,
    project_id: Uuid,
    filter: &NewsFilter,
) -> Result<Vec<u8>, Failure> {
    let news = VisibleComments::new(Reach::within(access, access.project_id(), access.role()), NEWS);
    let mut condition = visible(&news);
    condition.push(" AND t.project_id = ").bind(project_id);
    page(app, &news, condition, filter, true).await
}

/// A page of the news of an entity that the caller sees, which tells nothing of the statuses.
///
/// # Errors
/// The database does not answer.
pub async fn of_entity(
    app: &App,
    access: &EntityReader,
    entity_id: Uuid,
    filter: &NewsFilter,
) -> Result<Vec<u8>, Failure> {
    let news = VisibleComments::new(Reach::within(access, access.project_id(), access.role()), NEWS);
    let mut condition = visible(&news);
    condition.push(" AND t.entity_id = ").bind(entity_id);
    page(app, &news, condition, filter, false).await
}

/// A page of the news of the open productions that the caller is in, or of all open ones for administrators.
///
/// # Errors
/// The database does not answer.
pub async fn of_open_projects(
    app: &App,
    caller: &Caller,
    project_id: Option<Uuid>,
    filter: &NewsFilter,
) -> Result<Vec<u8>, Failure> {
    let scope = |sql: &mut Sql, column: &str| {
        if caller.is_admin() {
            sql.push(column).push(" IN (SELECT o.id FROM project o JOIN project_status s ON s.id = o.project_status_id WHERE s.name = 'Open')");
        } else {
            open_projects_of(sql, column, caller.person.id);
        }
    };
    let news = VisibleComments::new(Reach::open_teams(&app.database, caller).await?, NEWS);
    let mut condition = visible(&news);
    condition.push(" AND ");
    scope(&mut condition, "t.project_id");
    if let Some(project_id) = project_id {
        let mut sql = Sql::new("SELECT 1 FROM project q WHERE q.id = ");
        sql.bind(project_id).push(" AND ");
        scope(&mut sql, "q.id");
        if app.database.row(&sql).await?.is_some() {
            condition.push(" AND t.project_id = ").bind(project_id);
        }
    }
    page(app, &news, condition, filter, true).await
}

/// One entry of the news of a production.
///
/// # Errors
/// 404 for an entry that the caller would not get in the list.
pub async fn entry(app: &App, access: &ProjectMember, project_id: Uuid, news_id: Uuid) -> Result<Vec<u8>, Failure> {
    let news = VisibleComments::new(Reach::within(access, access.project_id(), access.role()), NEWS);
    let mut condition = visible(&news);
    condition
        .push(" AND t.project_id = ")
        .bind(project_id)
        .push(" AND n.id = ")
        .bind(news_id);
    let writer = EntryWriter::new(&news);
    let sql = condition.before(&format!("{}{TABLES}", writer.select()));
    let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = writer.open(&row)?;
    out.push(b'}');
    Ok(out)
}

async fn page(
    app: &App,
    news: &VisibleComments,
    mut condition: Sql,
    filter: &NewsFilter,
    with_stats: bool,
) -> Result<Vec<u8>, Failure> {
    add_filter(&mut condition, filter);
    if filter.person_id.is_some() {
        // Otherwise the filter would tell who the author of an entry is.
        KNOW_AUTHOR.restrict(&mut condition, news.reach(), &ENTRIES);
    }
    let page = Page {
        number: filter.page,
        limit: filter.limit,
    };
    let database = &app.database;
    let few = news.is_everything() && filter.episode_id.is_none();
    let from = if few { FEW_TABLES } else { TABLES };
    let (total, stats) = sums(app, &condition, from).await?;
    let writer = EntryWriter::new(news);
    let (lookup, selection) = (condition.clone().before(from), condition.before(TABLES));
    let sql = database
        .page_by(lookup, selection, "n.id", ORDER, page.limit, page.offset())
        .await?;
    let rows = database.rows(&sql.before(&writer.select())).await?;
    let previews = if filter.only_preview {
        previews(app, &rows).await?
    } else {
        HashMap::new()
    };
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut out = writer.open(row)?;
        if filter.only_preview {
            let of = TaskRevision::from_query_result(row, "")?.key();
            let list = [b"[".as_slice(), previews.get(&of).map_or(&[][..], Vec::as_slice), b"]"].concat();
            write_key(&mut out, "preview_files", Some(&list));
        }
        out.push(b'}');
        items.push(out);
    }
    let stats: &[(&str, &[u8])] = if with_stats { &[("stats", &stats)] } else { &[] };
    Ok(page.written(total, &items, stats))
}

/// Number of entries, and as a JSON object how many tell of a change to each status.
async fn sums(app: &App, condition: &Sql, from: &str) -> Result<(i64, Vec<u8>), Failure> {
    let mut sql = condition
        .clone()
        .before(&format!("SELECT c.task_status_id, n.change, COUNT(*) AS count {from}"));
    sql.push(" GROUP BY c.task_status_id, n.change ORDER BY c.task_status_id, n.change");
    let mut total = 0;
    let mut stats = vec![b'{'];
    for StatusCount {
        task_status_id,
        change,
        count,
    } in database::read_all(&app.database, &sql).await?
    {
        total += count;
        if let Some(status) = task_status_id.filter(|_| change) {
            if stats.len() > 1 {
                stats.push(b',');
            }
            write_uuid(&mut stats, status);
            stats.extend_from_slice(format!(":{count}").as_bytes());
        }
    }
    stats.push(b'}');
    Ok((total, stats))
}

/// Writes entries as the caller gets them.
struct EntryWriter<'a> {
    reach: &'a Reach,
    list: SelectList,
    entry: RecordWriter,
    person: RecordWriter,
    first_of_person: SelectedColumn,
}

impl<'a> EntryWriter<'a> {
    fn new(news: &'a VisibleComments) -> Self {
        let writer = |keys: &[(&str, &str, Kind)]| {
            RecordWriter::select(
                keys.iter()
                    .map(|(key, sql, kind)| ((*sql).to_owned(), Field::new(*key, *kind))),
                None,
            )
        };
        let (entry, person) = (writer(&FIELDS), writer(&SHORT_PERSON));
        let mut list = SelectList::of_record(&entry);
        let first_of_person = list.add_record(&person);
        Self {
            reach: news.reach(),
            list,
            entry,
            person,
            first_of_person,
        }
    }

    fn select(&self) -> String {
        format!(
            "SELECT {}, {} AS by_client, {} AS for_client ",
            self.list,
            by_client(ENTRIES.author, ENTRIES.project),
            ENTRIES.for_client
        )
    }

    /// An entry without its closing brace.
    fn open(&self, row: &QueryResult) -> Result<Vec<u8>, Failure> {
        let mut out = Vec::with_capacity(1024);
        self.entry.write_open(&mut out, row)?;
        out.extend_from_slice(b",\"type\":\"News\",\"person\":");
        let subject = EntrySubject::from_query_result(row, "")?;
        if !may_know_author(self.reach, subject.project_id, subject.comment()) {
            let told = format!("\"author_id\":\"{}\"", subject.author_id);
            let mut out = String::from_utf8_lossy(&out)
                .replacen(&told, "\"author_id\":null", 1)
                .into_bytes();
            out.extend_from_slice(b"null");
            return Ok(out);
        }
        out.push(b'{');
        self.person.write_keys(&mut out, row, self.first_of_person)?;
        out.push(b'}');
        Ok(out)
    }
}

const PREVIEW: [(&str, Kind); 6] = [
    ("id", Kind::Uuid),
    ("name", TEXT),
    ("extension", TEXT),
    ("revision", Kind::Integer),
    ("position", Kind::Integer),
    ("status", TEXT),
];

/// The previews of the tasks of entries by task and revision: JSON objects with commas between them.
async fn previews(app: &App, rows: &[QueryResult]) -> Result<HashMap<(Uuid, i32), Vec<u8>>, Failure> {
    let mut tasks: Vec<Uuid> = rows
        .iter()
        .map(|row| row.try_get("", "task_id"))
        .collect::<Result<_, _>>()?;
    tasks.sort_unstable();
    tasks.dedup();
    let names: Vec<&str> = PREVIEW.iter().map(|(name, _)| *name).collect();
    let writer = RowWriter::new(PREVIEW.iter().map(|(name, kind)| Field::new(*name, *kind)));
    let mut sql = Sql::new(format!(
        "SELECT {}, task_id FROM preview_file WHERE task_id IN ",
        names.join(", ")
    ));
    sql.bind_list(tasks)
        .push(" ORDER BY task_id, revision, position, created_at, id");
    let mut found: HashMap<(Uuid, i32), Vec<u8>> = HashMap::new();
    for row in app.database.rows(&sql).await? {
        let list = found
            .entry(TaskRevision::from_query_result(&row, "")?.key())
            .or_default();
        list.extend_from_slice(if list.is_empty() { b"{" } else { b",{" });
        writer.write(list, &row)?;
        list.push(b'}');
    }
    Ok(found)
}
