//! Comments on the tasks of a shared playlist, as guests see, write, change and delete them.

use std::collections::HashMap;

use dailies_definitions::access::ShareVisitor;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::query::parse_id;
use dailies_definitions::schemas::{CreatedComment, GuestComment, GuestCommentAdd, GuestCommentChange, SharedComment};
use entity::facts::Kind;
use poem::http::StatusCode;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, QueryResult};
use serde_json::Value;
use uuid::Uuid;

use super::guests::{self, refused};
use crate::access::comments::Seen;
use crate::access::shares::{GUEST, SharedRecords, keep_seen};
use crate::app::App;
use crate::auth::caller_address;
use crate::comments::authors::{self, Author};
use crate::comments::drafts::Draft;
use crate::comments::editing::{self, Changed};
use crate::comments::rows::{CommentRelations, bare, editor_of_comment, repliers, status_of_comment};
use crate::comments::writing::store_as;
use crate::comments::{attachments, removal};
use crate::database::dialect::{JsonKey, json_object, json_of};
use crate::database::json::{array, write_key, write_list};
use crate::database::{self, RecordWriter, Sql};
use crate::events::{Payload, ToldComment, Work};
use crate::tasks::statuses::Settable;
use crate::vocabulary::persons::SHORT_PERSON;

/// Requires a link by which guests write.
///
/// # Errors
/// 403 where guests may not write.
pub(super) fn require_comments(visitor: &ShareVisitor) -> Result<(), Failure> {
    if visitor.can_comment {
        Ok(())
    } else {
        Err(refused(StatusCode::FORBIDDEN, "Comments are disabled for this link"))
    }
}

fn forbidden() -> Failure {
    refused(StatusCode::FORBIDDEN, "Forbidden")
}

/// 404: there is no such comment.
pub(super) fn no_comment() -> Failure {
    refused(StatusCode::NOT_FOUND, "Comment not found")
}

/// The condition of the comments `c` by `a` that somebody sees, behind `FROM`.
///
/// # Errors
/// 404 when the playlist is gone.
pub(super) async fn seen(
    app: &App,
    visitor: &ShareVisitor,
    guest_id: Option<Uuid>,
    tasks: &[Uuid],
) -> Result<Sql, Failure> {
    let sql = Sql::with(
        "SELECT is_clients_isolated FROM project WHERE id = $1",
        [visitor.project_id.into()],
    );
    let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let isolated = row
        .try_get::<Option<bool>>("", "is_clients_isolated")?
        .unwrap_or_default();
    let mut condition =
        Sql::new("FROM comment c JOIN person a ON a.id = c.person_id JOIN task_status s ON s.id = c.task_status_id ");
    condition
        .push("LEFT JOIN person d ON d.id = c.editor_id WHERE c.object_id")
        .among(tasks);
    keep_seen(&mut condition, isolated, guest_id);
    Ok(condition)
}

/// The comments that somebody sees, the latest first.
///
/// # Errors
/// 404 when the playlist is gone.
pub(super) async fn list(
    app: &App,
    visitor: &ShareVisitor,
    guest_id: Option<Uuid>,
    task_id: Option<Uuid>,
) -> Result<Json<Vec<SharedComment>>, Failure> {
    let database = &app.database;
    let shown = SharedRecords::find(database, visitor).await?;
    let mut tasks = shown.tasks();
    tasks.retain(|id| task_id.is_none_or(|wanted| wanted == *id));
    let guest_id = guests::who_asks(app, visitor, guest_id).await?;
    let writer = writer(database.backend());
    let mut sql = seen(app, visitor, guest_id, &tasks).await?.before(&format!(
        "SELECT {}, {} AS editor, c.editor_id AS edited_by, c.replies AS answers ",
        writer.columns(),
        editor_of_comment(database.backend())
    ));
    sql.push(" ORDER BY c.created_at DESC, c.id DESC");
    let rows = database.rows(&sql).await?;
    let mut persons = Vec::new();
    for row in &rows {
        persons.extend(repliers(&answers(row)?));
    }
    let authors = authors::find(database, &persons, None).await?;
    let mut written = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut out = Vec::with_capacity(1024);
        writer.write_open(&mut out, row)?;
        write_key(
            &mut out,
            "replies",
            Some(named(answers(row)?, &authors)?.to_string().as_bytes()),
        );
        if row.try_get::<Option<Uuid>>("", "edited_by")?.is_some() {
            write_key(&mut out, "editor", Some(&json_of(row, "editor")?));
        }
        out.push(b'}');
        written.push(out);
    }
    Ok(Json::written(array(written.iter().map(Vec::as_slice))))
}

/// A writer of comments `c` without their replies, with their author, status and files.
fn writer(backend: DbBackend) -> RecordWriter {
    let mut author: Vec<JsonKey> = SHORT_PERSON
        .iter()
        .map(|(key, sql, kind)| JsonKey::new(*sql, *key, *kind))
        .collect();
    author.push(JsonKey::new("a.is_guest", "is_guest", Kind::Bool));
    RecordWriter::of(&entity::comment::TABLE, "c", "Comment", |column| column != "replies").with(&[
        (&json_object(backend, &author), "person", Kind::Json),
        (&status_of_comment(backend), "task_status", Kind::Json),
        (&attachments::of_comment(backend, true), "attachment_files", Kind::Json),
    ])
}

/// The answers to a comment, whose authors have to be named.
fn answers(row: &QueryResult) -> Result<Value, Failure> {
    Ok(serde_json::from_slice(&json_of(row, "answers")?)?)
}

/// The answers with their authors.
fn named(mut replies: Value, authors: &HashMap<Uuid, Author>) -> Result<Value, Failure> {
    for reply in replies
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter(|reply| reply.is_object())
    {
        let author = reply["person_id"]
            .as_str()
            .and_then(parse_id)
            .and_then(|id| authors.get(&id));
        reply["person"] = author
            .map(|author| serde_json::from_slice(&author.text))
            .transpose()?
            .unwrap_or_default();
    }
    Ok(replies)
}

/// Writes a comment.
///
/// # Errors
/// 403 and 400 as the contract says.
pub(super) async fn create(
    app: &App,
    visitor: &ShareVisitor,
    body: GuestCommentAdd,
) -> Result<Json<CreatedComment>, Failure> {
    require_comments(visitor)?;
    let database = &app.database;
    guests::require(app, database, visitor, body.guest_id).await?;
    if !SharedRecords::find(database, visitor).await?.has_task(body.task_id) {
        return Err(refused(StatusCode::FORBIDDEN, "Task not part of this shared playlist").naming("task_id"));
    }
    let project_id = Some(visitor.project_id);
    match Settable::find(database, [project_id])
        .await?
        .allows(project_id, body.task_status_id, GUEST)
    {
        None => return Err(refused(StatusCode::BAD_REQUEST, "Task status not found").naming("task_status_id")),
        Some(false) => {
            return Err(refused(StatusCode::BAD_REQUEST, "Task status not allowed for guests").naming("task_status_id"));
        }
        Some(true) => {}
    }
    app.guesses.admit_comment(visitor.link_id, caller_address(app)).await?;
    let draft = Draft {
        task_id: body.task_id,
        task_status_id: Some(body.task_status_id),
        text: body.text.unwrap_or_default(),
        checklist: serde_json::to_value(body.checklist.unwrap_or_default())?,
        links: Vec::new(),
        author_id: body.guest_id,
        created_at: None,
        for_client: false,
        attachments: Vec::new(),
    };
    let (_, mut list) = store_as(app, None, body.guest_id, &[draft]).await?;
    // The list holds one comment.
    list.pop();
    Ok(Json::written(list.split_off(1)))
}

#[derive(FromQueryResult)]
struct StoredGuestComment {
    id: Uuid,
    task_id: Uuid,
    person_id: Uuid,
    project_id: Option<Uuid>,
    task_status_id: Option<Uuid>,
    text: Option<String>,
    for_client: Option<bool>,
    is_clients_isolated: Option<bool>,
}

/// A comment of a guest that the guest may change.
pub(super) struct Own {
    stored: StoredGuestComment,
}

impl Own {
    /// A comment of the guest, to be changed.
    ///
    /// # Errors
    /// 404 for an unknown comment, 403 for one of somebody else or on another task, and where guests may not write.
    pub(super) async fn find(
        app: &App,
        connection: &impl ConnectionTrait,
        visitor: &ShareVisitor,
        guest_id: Uuid,
        comment_id: &str,
    ) -> Result<Self, Failure> {
        require_comments(visitor)?;
        let id = parse_id(comment_id).ok_or_else(no_comment)?;
        let sql = Sql::with(
            "SELECT c.id, t.id AS task_id, c.person_id, t.project_id, c.task_status_id, c.text, c.for_client, p.is_clients_isolated FROM comment c \
             JOIN task t ON t.id = c.object_id LEFT JOIN project p ON p.id = t.project_id WHERE c.id = $1",
            [id.into()],
        );
        let stored = database::read_one::<StoredGuestComment>(connection, &sql)
            .await?
            .ok_or_else(no_comment)?;
        guests::require(app, connection, visitor, guest_id)
            .await
            .map_err(|failure| match failure {
                Failure::Answer { .. } => forbidden().naming("guest_id"),
                fault => fault,
            })?;
        let shown = SharedRecords::find(connection, visitor).await?;
        if stored.person_id != guest_id || !shown.has_task(stored.task_id) {
            return Err(forbidden());
        }
        Ok(Self { stored })
    }

    pub(super) fn id(&self) -> Uuid {
        self.stored.id
    }

    fn changed(&self) -> Changed {
        let StoredGuestComment {
            id,
            task_id,
            project_id,
            person_id,
            ..
        } = self.stored;
        let for_client = self.stored.for_client.unwrap_or_default();
        let seen = Seen {
            author_id: person_id,
            author_role: GUEST,
            for_client,
        };
        Changed {
            id,
            task_id,
            project_id,
            seen,
            clients_isolated: self.stored.is_clients_isolated.unwrap_or_default(),
        }
    }
}

/// Changes a comment.
///
/// # Errors
/// 404, 403 and 400 as the contract says.
pub(super) async fn update(
    app: &App,
    visitor: &ShareVisitor,
    comment_id: &str,
    body: GuestCommentChange,
) -> Result<Json<GuestComment>, Failure> {
    let mut work = Work::begin_as(app, None).await?;
    let own = Own::find(app, &*work, visitor, body.guest_id, comment_id).await?;
    let before = own.stored.task_status_id;
    let moved = body.task_status_id.filter(|id| Some(*id) != before);
    if let Some(id) = moved
        && Settable::find(&*work, [own.stored.project_id])
            .await?
            .allows(own.stored.project_id, id, GUEST)
            != Some(true)
    {
        return Err(forbidden().naming("task_status_id"));
    }
    let text = body.text.filter(|text| Some(text) != own.stored.text.as_ref());
    let mut values = vec![("editor_id", body.guest_id.into())];
    values.extend(text.clone().map(|text| ("text", text.into())));
    values.extend(
        body.checklist
            .map(serde_json::to_value)
            .transpose()?
            .map(|list| ("checklist", list.into())),
    );
    values.extend(moved.map(|id| ("task_status_id", id.into())));
    database::update(&*work, &entity::comment::TABLE, own.id(), values).await?;
    let changed = own.changed();
    if let Some(text) = text {
        editing::mention_again(&mut work, &changed, &text).await?;
    }
    if moved.is_some() {
        editing::move_task(&mut work, &changed).await?;
    }
    let Seen {
        author_id, for_client, ..
    } = changed.seen;
    let told = ToldComment {
        id: changed.id,
        task_id: changed.task_id,
        person_id: author_id,
        for_client: Some(for_client),
    };
    work.tell_of_comment(changed.project_id, "update", told, Payload::default());
    let answer = answer(&*work, changed.id).await?;
    work.finish().await?;
    Ok(Json::written(answer))
}

/// A comment with what is related to it, as JSON.
///
/// # Errors
/// 404 when it is gone.
pub(super) async fn answer(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
    let mut text = bare(connection, id).await?;
    text.pop();
    CommentRelations::find(connection, &[id], &CommentRelations::ALL[..4])
        .await?
        .write(&mut text, id);
    write_list(
        &mut text,
        "attachment_files",
        &attachments::of_comments(connection, &[id]).await?,
        id,
    );
    text.push(b'}');
    Ok(text)
}

/// Deletes a comment.
///
/// # Errors
/// 404 and 403 as the contract says.
pub(super) async fn delete(
    app: &App,
    visitor: &ShareVisitor,
    guest_id: Uuid,
    comment_id: &str,
) -> Result<NoContent, Failure> {
    let mut work = Work::begin_as(app, None).await?;
    let own = Own::find(app, &*work, visitor, guest_id, comment_id).await?;
    let unneeded = removal::take_away(&mut work, own.id()).await?;
    work.afterwards(|app| Box::pin(unneeded.discard(app)));
    work.finish().await?;
    Ok(NoContent)
}
