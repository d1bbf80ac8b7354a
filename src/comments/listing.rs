//! The comments of a task, as each role sees them, and the comments of a production.

use std::collections::HashMap;

use dailies_definitions::access::{ProjectMember, Role, TaskReader};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use entity::facts::Kind;
use sea_orm::QueryResult;
use serde_json::Value;
use uuid::Uuid;

use super::attachments;
use super::authors::{self, Author};
use super::rows::{self, Related};
use crate::access::comments::{Comments, READ, Seen, Sight, Viewer};
use crate::access::{Reach, STAFF};
use crate::app::App;
use crate::database::{RecordWriter, Sql, stream_array, write_value};
use crate::tasks::paging::{self, Page};
use crate::tasks::rows::{TEXT, array, write_key, write_list};

/// Columns that depend on who looks, behind those that do not.
const VARYING: [&str; 4] = ["text", "replies", "checklist", "editor_id"];

const STATUS: [(&str, Kind); 4] = [("name", TEXT), ("short_name", TEXT), ("color", TEXT), ("id", Kind::Uuid)];
const EDITOR: [(&str, Kind); 5] = [("first_name", TEXT), ("last_name", TEXT), ("has_avatar", Kind::Bool), ("role", TEXT), ("id", Kind::Uuid)];

/// The comments of a task, newest first.
///
/// # Errors
/// The database does not answer.
pub async fn of_task(app: &App, access: &TaskReader, task_id: Uuid) -> Result<Vec<u8>, Failure> {
    let database = &app.database;
    let isolated = Sql::with("SELECT is_clients_isolated FROM project WHERE id = $1", [access.project_id().into()]);
    let isolated = database.row(&isolated).await?.map(|row| row.try_get_by_index::<Option<bool>>(0)).transpose()?.flatten();
    let viewer = rows::viewer(access, access.role(), isolated.unwrap_or_default());
    let columns = |alias: &str, fields: &[(&str, Kind)]| fields.iter().map(|(name, _)| format!("{alias}.{name}")).collect::<Vec<_>>().join(", ");
    let writer = RecordWriter::of(&entity::comment::TABLE, "c", "Comment", |column| !VARYING.contains(&column));
    let sql = Sql::with(
        format!(
            "SELECT {}, {}, {}, c.id, c.text, c.replies, c.checklist, c.editor_id, c.person_id, c.for_client FROM comment c \
             JOIN task_status s ON s.id = c.task_status_id LEFT JOIN person d ON d.id = c.editor_id \
             WHERE c.object_id = $1 ORDER BY c.created_at DESC, c.id DESC",
            writer.columns(),
            columns("s", &STATUS),
            columns("d", &EDITOR),
        ),
        [task_id.into()],
    );
    let rows = database.rows(&sql).await?;
    let list = CommentList::prepare(app, &rows, viewer, access.project_id(), writer).await?;
    let mut written = Vec::with_capacity(rows.len());
    for row in &rows {
        written.extend(list.write(row)?);
    }
    Ok(array(written.iter().map(Vec::as_slice)))
}

/// Everything beside the rows that the list is made of.
struct CommentList {
    viewer: Viewer,
    writer: RecordWriter,
    related: Related,
    previews: HashMap<Uuid, Vec<u8>>,
    files: HashMap<Uuid, Vec<u8>>,
    authors: HashMap<Uuid, Author>,
    /// Where the columns begin that depend on who looks.
    first: usize,
}

impl CommentList {
    async fn prepare(app: &App, rows: &[QueryResult], viewer: Viewer, project_id: Uuid, writer: RecordWriter) -> Result<Self, Failure> {
        let connection = app.database.read();
        let first = writer.width() + STATUS.len() + EDITOR.len();
        let mut ids = Vec::with_capacity(rows.len());
        let mut persons = Vec::with_capacity(rows.len());
        for row in rows {
            ids.push(row.try_get_by_index(first)?);
            persons.push(row.try_get_by_index(first + 5)?);
            persons.extend(row.try_get_by_index::<Option<Uuid>>(first + 4)?);
            persons.extend(rows::repliers(&json(row, first + 2)?));
        }
        persons.sort_unstable();
        persons.dedup();
        Ok(Self {
            related: Related::find(connection, &ids, &["mentions", "department_mentions", "acknowledgements"]).await?,
            previews: rows::previews(connection, &ids, viewer.place.role == Role::Client).await?,
            files: attachments::of_comments(connection, &ids, true).await?,
            authors: authors::find(connection, &persons, Some(project_id)).await?,
            viewer,
            writer,
            first,
        })
    }

    fn role_of(&self, person_id: Uuid) -> Role {
        self.authors.get(&person_id).map_or(Role::Artist, |author| author.place.role)
    }

    /// A comment as an object, or nothing when the viewer does not see it.
    fn write(&self, row: &QueryResult) -> Result<Option<Vec<u8>>, Failure> {
        let Self { viewer, first, .. } = self;
        let id: Uuid = row.try_get_by_index(*first)?;
        let author_id: Uuid = row.try_get_by_index(first + 5)?;
        let author_role = self.role_of(author_id);
        let for_client = row.try_get_by_index::<Option<bool>>(first + 6)?.unwrap_or_default();
        let whole = match viewer.sight(Seen { author_id, author_role, for_client }) {
            Sight::Whole => true,
            Sight::Previews if self.previews.contains_key(&id) => false,
            Sight::Previews | Sight::Nothing => return Ok(None),
        };
        let mut out = Vec::with_capacity(1024);
        self.writer.write_open(&mut out, row)?;
        self.write_words(&mut out, row, id, whole)?;
        self.write_editor(&mut out, row)?;
        let author = self.authors.get(&author_id).filter(|_| viewer.knows(author_id, author_role));
        write_key(&mut out, "person", author.map(|author| author.text.as_slice()));
        write_key(&mut out, "task_status", Some(&object(row, self.writer.width(), &STATUS)?));
        self.related.write(&mut out, id);
        write_list(&mut out, "previews", &self.previews, id);
        out.push(b'}');
        Ok(Some(out))
    }

    /// The text and what came with it, or nothing of it.
    fn write_words(&self, out: &mut Vec<u8>, row: &QueryResult, id: Uuid, whole: bool) -> Result<(), Failure> {
        if !whole {
            out.extend_from_slice(b",\"text\":\"\",\"replies\":[],\"checklist\":[],\"attachment_files\":[]");
            return Ok(());
        }
        out.extend_from_slice(b",\"text\":");
        write_value(out, row, self.first + 1, TEXT)?;
        let mut replies = json(row, self.first + 2)?;
        rows::name_repliers(&mut replies, &self.viewer, &self.authors);
        write_key(out, "replies", Some(replies.to_string().as_bytes()));
        out.extend_from_slice(b",\"checklist\":");
        write_value(out, row, self.first + 3, Kind::Json)?;
        write_list(out, "attachment_files", &self.files, id);
        Ok(())
    }

    fn write_editor(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), Failure> {
        let Some(editor) = row.try_get_by_index::<Option<Uuid>>(self.first + 4)? else {
            write_key(out, "editor_id", None);
            return Ok(());
        };
        let known = self.viewer.knows(editor, self.role_of(editor));
        let text = if known { Some(object(row, self.writer.width() + STATUS.len(), &EDITOR)?) } else { None };
        let id = known.then(|| format!("\"{editor}\""));
        write_key(out, "editor_id", id.as_deref().map(str::as_bytes));
        write_key(out, "editor", text.as_deref());
        Ok(())
    }
}

/// Some columns of a row as an object.
fn object(row: &QueryResult, first: usize, fields: &[(&str, Kind)]) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::with_capacity(128);
    for (at, (name, kind)) in fields.iter().enumerate() {
        out.extend_from_slice(if at > 0 { b",\"" } else { b"{\"" });
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        write_value(&mut out, row, first + at, *kind)?;
    }
    out.push(b'}');
    Ok(out)
}

/// A JSON column as a value.
fn json(row: &QueryResult, index: usize) -> Result<Value, Failure> {
    let mut text = Vec::new();
    write_value(&mut text, row, index, Kind::Json)?;
    Ok(serde_json::from_slice(&text)?)
}

/// The comments of a production with the ids of what is related to them, the last changed first.
///
/// # Errors
/// 403 for clients and vendors.
pub async fn of_project(app: &App, access: &ProjectMember, page: Option<i64>, limit: i64) -> Result<Json<Value>, Failure> {
    if !STAFF.contains(&access.role()) {
        return Err(Failure::forbidden());
    }
    let mut condition = Sql::new("FROM comment c JOIN task t ON t.id = c.object_id WHERE t.project_id = ");
    condition.bind(access.project_id());
    let comments = Comments { id: "c.id", author: "c.person_id", for_client: "c.for_client", project: "t.project_id", entity: "t.entity_id" };
    READ.restrict(&mut condition, &Reach::within(access, access.project_id(), access.role()), &comments);
    let database = &app.database;
    let writer = RecordWriter::new(&entity::comment::TABLE, "c", "Comment");
    let select = format!("SELECT {}, c.id ", writer.columns());
    let order = "c.updated_at DESC, c.created_at DESC, c.id";
    let Some(number) = page.filter(|page| *page >= 1) else {
        let related = Related::of(database.read(), &condition).await?;
        let mut sql = condition.before(&select);
        sql.push(" ORDER BY ").push(order);
        let sent = stream_array(database, sql, move |out, row| {
            writer.write_open(out, row)?;
            related.write(out, row.try_get_by_index(writer.width())?);
            out.push(b'}');
            Ok(())
        });
        return Ok(sent.await?.into());
    };
    let page = Page { number, limit };
    let total = paging::count(database, &condition).await?;
    let rows = database.page_of(condition, "c.id", order, page.limit, page.offset()).await?;
    let related = Related::of(database.read(), &rows).await?;
    let mut items = Vec::new();
    for row in database.rows(&rows.before(&select)).await? {
        let mut out = Vec::with_capacity(1024);
        writer.write_open(&mut out, &row)?;
        related.write(&mut out, row.try_get_by_index(writer.width())?);
        out.push(b'}');
        items.push(out);
    }
    Ok(Json::written(page.written(total, &items, &[])))
}
