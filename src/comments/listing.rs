//! The comments of a task, as each role sees them, and the comments of a production.

use std::collections::HashMap;

use dailies_definitions::access::{ProjectMember, Role, TaskReader};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use entity::facts::Kind;
use sea_orm::{DbBackend, DbErr, QueryResult};
use serde_json::Value;
use uuid::Uuid;

use super::attachments;
use super::authors::{self, Author};
use super::rows::{self, CommentRelations};
use crate::access::comments::{Comments, READ, Seen, Sight, Viewer};
use crate::access::{Reach, STAFF};
use crate::app::App;
use crate::database::dialect::{json_ids, json_of};
use crate::database::json::{array, write_key};
use crate::database::paging::{self, Page};
use crate::database::{Database, RecordWriter, Sql, stream_array, write_text};

/// Columns that depend on who looks, apart from the others.
const VARYING: [&str; 4] = ["text", "replies", "checklist", "editor_id"];

/// The comments of a task, newest first.
///
/// # Errors
/// The database does not answer.
pub async fn of_task(app: &App, access: &TaskReader, task_id: Uuid) -> Result<Vec<u8>, Failure> {
    let database = &app.database;
    let (writer, columns) = columns(database.backend(), access.role() == Role::Client);
    let sql = Sql::with(
        format!(
            "SELECT {columns}, (SELECT p.is_clients_isolated FROM project p WHERE p.id = $2) AS is_clients_isolated FROM comment c \
             JOIN task_status s ON s.id = c.task_status_id LEFT JOIN person d ON d.id = c.editor_id \
             WHERE c.object_id = $1 ORDER BY c.created_at DESC, c.id DESC"
        ),
        [task_id.into(), access.project_id().into()],
    );
    let rows = database.rows(&sql).await?;
    let Some(first) = rows.first() else {
        return Ok(b"[]".to_vec());
    };
    let isolated: Option<bool> = first.try_get("", "is_clients_isolated")?;
    let list = CommentList {
        viewer: Viewer::within(access, access.role(), isolated.unwrap_or_default()),
        writer,
        authors: authors::find(database, &persons(&rows)?, Some(access.project_id())).await?,
    };
    let mut written = Vec::with_capacity(rows.len());
    for row in &rows {
        written.extend(list.write(row)?);
    }
    Ok(array(written.iter().map(Vec::as_slice)))
}

/// A writer of what does not depend on who looks, and everything that is selected of a comment `c`. Rejected previews are
/// left out on request.
fn columns(backend: DbBackend, without_rejected: bool) -> (RecordWriter, String) {
    let ids = |table: &str, id: &str| {
        json_ids(
            backend,
            &format!("r.{id}"),
            &format!("{table} r WHERE r.comment = c.id"),
        )
    };
    let writer = RecordWriter::of(&entity::comment::TABLE, "c", "Comment", |column| {
        !VARYING.contains(&column)
    })
    .with(&[
        (&rows::status_of_comment(backend), "task_status", Kind::Json),
        (&ids("comment_mentions", "person"), "mentions", Kind::Json),
        (
            &ids("comment_department_mentions", "department"),
            "department_mentions",
            Kind::Json,
        ),
        (&ids("comment_acknoledgments", "person"), "acknowledgements", Kind::Json),
        (
            &rows::previews_of_comment(backend, without_rejected),
            "previews",
            Kind::Json,
        ),
    ]);
    let files = attachments::of_comment(backend, true);
    let columns = format!(
        "{}, {files} AS files, {} AS editor, c.id AS comment_id, c.text AS words, \
         COALESCE(c.replies, '[]') AS answers, COALESCE(c.checklist, '[]') AS points, \
         c.editor_id AS edited_by, c.person_id AS author_id, c.for_client AS is_for_client, \
         EXISTS (SELECT 1 FROM comment_preview_link l JOIN preview_file p ON p.id = l.preview_file \
         WHERE l.comment = c.id AND p.validation_status <> 'rejected') AS shows_previews",
        writer.columns(),
        rows::editor_of_comment(backend)
    );
    (writer, columns)
}

/// Those who wrote comments, changed them or answered them.
fn persons(rows: &[QueryResult]) -> Result<Vec<Uuid>, Failure> {
    let mut persons = Vec::with_capacity(rows.len());
    for row in rows {
        persons.push(row.try_get("", "author_id")?);
        persons.extend(row.try_get::<Option<Uuid>>("", "edited_by")?);
        persons.extend(rows::repliers(&answers(row)?));
    }
    persons.sort_unstable();
    persons.dedup();
    Ok(persons)
}

/// The answers to a comment, whose authors have to be named.
fn answers(row: &QueryResult) -> Result<Value, Failure> {
    Ok(serde_json::from_slice(&json_of(row, "answers")?)?)
}

/// Parts of a list of comments.
struct CommentList {
    viewer: Viewer,
    writer: RecordWriter,
    authors: HashMap<Uuid, Author>,
}

impl CommentList {
    fn role_of(&self, person_id: Uuid) -> Role {
        self.authors
            .get(&person_id)
            .map_or(Role::Artist, |author| author.place.role)
    }

    /// A comment as an object, or nothing when the viewer does not see it.
    fn write(&self, row: &QueryResult) -> Result<Option<Vec<u8>>, Failure> {
        let viewer = &self.viewer;
        let author_id: Uuid = row.try_get("", "author_id")?;
        let author_role = self.role_of(author_id);
        let for_client = row.try_get::<Option<bool>>("", "is_for_client")?.unwrap_or_default();
        let whole = match viewer.sight(Seen {
            author_id,
            author_role,
            for_client,
        }) {
            Sight::Whole => true,
            Sight::Previews if row.try_get("", "shows_previews")? => false,
            Sight::Previews | Sight::Nothing => return Ok(None),
        };
        let mut out = Vec::with_capacity(1024);
        self.writer.write_open(&mut out, row)?;
        self.write_words(&mut out, row, whole)?;
        self.write_editor(&mut out, row, whole)?;
        let author = self
            .authors
            .get(&author_id)
            .filter(|_| whole || viewer.knows(author_id, author_role));
        write_key(&mut out, "person", author.map(|author| author.text.as_slice()));
        out.push(b'}');
        Ok(Some(out))
    }

    /// The text and what came with it, or nothing of it.
    fn write_words(&self, out: &mut Vec<u8>, row: &QueryResult, whole: bool) -> Result<(), Failure> {
        if !whole {
            out.extend_from_slice(b",\"text\":\"\",\"replies\":[],\"checklist\":[],\"attachment_files\":[]");
            return Ok(());
        }
        out.extend_from_slice(b",\"text\":");
        match row.try_get::<Option<String>>("", "words")? {
            Some(text) => write_text(out, &text),
            None => out.extend_from_slice(b"null"),
        }
        let mut replies = answers(row)?;
        rows::name_repliers(&mut replies, &self.authors);
        write_key(out, "replies", Some(replies.to_string().as_bytes()));
        write_key(out, "checklist", Some(&json_of(row, "points")?));
        write_key(out, "attachment_files", Some(&json_of(row, "files")?));
        Ok(())
    }

    fn write_editor(&self, out: &mut Vec<u8>, row: &QueryResult, whole: bool) -> Result<(), Failure> {
        let Some(editor) = row.try_get::<Option<Uuid>>("", "edited_by")? else {
            write_key(out, "editor_id", None);
            return Ok(());
        };
        let known = whole || self.viewer.knows(editor, self.role_of(editor));
        let text = if known { Some(json_of(row, "editor")?) } else { None };
        let id = known.then(|| format!("\"{editor}\""));
        write_key(out, "editor_id", id.as_deref().map(str::as_bytes));
        write_key(out, "editor", text.as_deref());
        Ok(())
    }
}

/// Order of the comments of a production: the last changed come first.
const BY_CHANGE: &str = "c.updated_at DESC, c.created_at DESC, c.id";

/// The comments of a production with the ids of what is related to them, the last changed first.
///
/// # Errors
/// 403 for clients and vendors.
pub async fn of_project(
    app: &App,
    access: &ProjectMember,
    page: Option<i64>,
    limit: i64,
) -> Result<Json<Value>, Failure> {
    if !STAFF.contains(&access.role()) {
        return Err(Failure::forbidden());
    }
    // SQLite goes through the tables of a cross join in their order: comments come in the order of the list then.
    let condition = readable(access, "FROM comment c CROSS JOIN task t WHERE t.id = c.object_id");
    match page.filter(|page| *page >= 1) {
        Some(number) => send_page(&app.database, access, condition, Page { number, limit }).await,
        None => send_all(&app.database, condition).await,
    }
}

/// The comments of a production that the caller reads, in tables that call them `c` and their tasks `t`.
fn readable(access: &ProjectMember, tables: &str) -> Sql {
    let comments = Comments {
        id: "c.id",
        author: "c.person_id",
        for_client: "c.for_client",
        project: "t.project_id",
        entity: "t.entity_id",
    };
    let mut condition = Sql::new(tables);
    condition.push(" AND t.project_id = ").bind(access.project_id());
    READ.restrict(
        &mut condition,
        &Reach::within(access, access.project_id(), access.role()),
        &comments,
    );
    condition
}

async fn send_all(database: &Database, condition: Sql) -> Result<Json<Value>, Failure> {
    let related = CommentRelations::of(database, &condition).await?;
    let writer = RecordWriter::new(&entity::comment::TABLE, "c", "Comment");
    let mut sql = condition.before(&format!("SELECT {} ", writer.columns()));
    sql.push(" ORDER BY ").push(BY_CHANGE);
    let sent = stream_array(database, sql, move |out, row| {
        write_related(out, row, &writer, &related)
    });
    Ok(sent.await?.into())
}

async fn send_page(
    database: &Database,
    access: &ProjectMember,
    condition: Sql,
    page: Page,
) -> Result<Json<Value>, Failure> {
    let total = paging::count(
        database,
        &readable(access, "FROM comment c JOIN task t ON t.id = c.object_id WHERE 1 = 1"),
    )
    .await?;
    let rows = database
        .page_of(condition, "c.id", BY_CHANGE, page.limit, page.offset())
        .await?;
    let related = CommentRelations::of(database, &rows).await?;
    let writer = RecordWriter::new(&entity::comment::TABLE, "c", "Comment");
    let sql = rows.before(&format!("SELECT {} ", writer.columns()));
    let mut items = Vec::new();
    for row in database.rows(&sql).await? {
        let mut out = Vec::with_capacity(1024);
        write_related(&mut out, &row, &writer, &related)?;
        items.push(out);
    }
    Ok(Json::written(page.written(total, &items, &[])))
}

/// Writes a comment as an object, with the ids of what is related to it.
fn write_related(
    out: &mut Vec<u8>,
    row: &QueryResult,
    writer: &RecordWriter,
    related: &CommentRelations,
) -> Result<(), DbErr> {
    writer.write_open(out, row)?;
    related.write(out, row.try_get("", "id")?);
    out.push(b'}');
    Ok(())
}
