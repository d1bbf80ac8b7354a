//! A single comment: who may read it, and what is told beside it.

use std::collections::HashMap;

use dailies_definitions::access::{Caller, Role, TaskReader};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::attachments;
use super::authors::{self, Author};
use super::rows;
use crate::access::comments::{CommentSubject, Sight};
use crate::access::{join_place, role_in_no_production};
use crate::app::App;
use crate::crud::Record;
use crate::database::dialect::json_of;
use crate::database::{self, Sql};
use crate::events::{Work, payload};

/// Lets those in who read a comment.
///
/// # Errors
/// 403 for those who may not read the comment, 404 when its task is gone.
pub async fn may_read(connection: &impl ConnectionTrait, caller: &Caller, record: &Record) -> Result<(), Failure> {
    if caller.is_admin() {
        return Ok(());
    }
    CommentSubject::find(connection, caller, record.id)
        .await?
        .comment_reader(caller)
}

/// Adds to a comment its author, the authors of its replies and its files; with `with_previews` the previews, too. The
/// answer to a change, which has no relations, stays as it is.
///
/// # Errors
/// The database does not answer.
pub async fn enrich(app: &App, caller: &Caller, id: Uuid, query: &Query, text: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let mut comment: Map<String, Value> = serde_json::from_slice(&text)?;
    let has_relations = comment.contains_key("previews");
    if query.is_empty() && !has_relations {
        return Ok(text);
    }
    let id_of = |key: &str| {
        comment
            .get(key)
            .and_then(Value::as_str)
            .and_then(dailies_definitions::query::parse_id)
    };
    let author = id_of("person_id");
    let writers = author.into_iter().chain(rows::repliers(&comment["replies"]));
    let persons: Vec<Uuid> = writers.chain([caller.person.id]).collect();
    let Beside {
        authors,
        files,
        previews,
    } = Beside::find(app, id, &persons).await?;
    // Of a comment on something that is no task, or no longer there, only administrators come here.
    let place = authors
        .get(&caller.person.id)
        .map_or_else(|| role_in_no_production(caller), |own| own.place);
    let person = author
        .and_then(|id| authors.get(&id))
        .map(|author| serde_json::from_slice(&author.text))
        .transpose()?;
    comment.insert("person".into(), person.unwrap_or_default());
    if let Some(replies) = comment.get_mut("replies") {
        rows::name_repliers(replies, &authors);
    }
    if has_relations {
        comment.insert("attachment_files".into(), serde_json::from_slice(&files)?);
    }
    if query.flag("with_previews")?.unwrap_or_default() {
        let [all, not_rejected] = previews;
        let shown = if place.role == Role::Client {
            &not_rejected
        } else {
            &all
        };
        comment.insert("previews".into(), serde_json::from_slice(shown)?);
    }
    Ok(serde_json::to_vec(&comment)?)
}

/// Facts told beside a comment.
struct Beside {
    /// Persons with their roles in the production of its task.
    authors: HashMap<Uuid, Author>,
    /// Its files as a JSON list.
    files: Vec<u8>,
    /// Its previews as JSON lists: all of them, and those that are not rejected.
    previews: [Vec<u8>; 2],
}

impl Beside {
    async fn find(app: &App, id: Uuid, persons: &[Uuid]) -> Result<Self, Failure> {
        let backend = app.database.backend();
        let mut sql = Sql::default();
        let comment = sql.slot(id);
        sql.push(&format!(
            "SELECT {}, {} AS files, {} AS previews, {} AS accepted_previews \
             FROM person a JOIN comment c ON c.id = {comment} LEFT JOIN task t ON t.id = c.object_id {} WHERE a.id",
            authors::columns(),
            attachments::of_comment(backend, false),
            rows::previews_of_comment(backend, false),
            rows::previews_of_comment(backend, true),
            join_place("l", "t.project_id", "a.id"),
        ));
        sql.among(persons);
        let found = app.database.rows(&sql).await?;
        let row = found.first().ok_or_else(Failure::not_found)?;
        Ok(Self {
            authors: found.iter().map(authors::read_author).collect::<Result<_, _>>()?,
            files: json_of(row, "files")?,
            previews: [json_of(row, "previews")?, json_of(row, "accepted_previews")?],
        })
    }
}

/// A comment of a task, without what is related to it, as JSON.
///
/// # Errors
/// 404 for a comment of another task, 403 for one that the caller may not read.
pub async fn of_task(app: &App, access: &TaskReader, task_id: Uuid, comment_id: Uuid) -> Result<Vec<u8>, Failure> {
    let connection = &app.database;
    let subject = CommentSubject::on_task(connection, access, task_id, comment_id).await?;
    subject.comment_reader(access)?;
    rows::bare(connection, comment_id).await
}

/// Marks a comment as read and agreed by the caller, or takes the mark away, and gives what they see of it as JSON.
///
/// # Errors
/// 404 for a comment of another task, 403 for one that the caller may not see.
pub async fn acknowledge(app: &App, access: &TaskReader, task_id: Uuid, comment_id: Uuid) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, access).await?;
    let subject = CommentSubject::on_task(&*work, access, task_id, comment_id).await?;
    let sight = subject.sight(&*work, access).await?;
    if sight == Sight::Nothing {
        return Err(Failure::forbidden());
    }
    let person_id = access.person.id;
    let sql = Sql::with(
        "DELETE FROM comment_acknoledgments WHERE comment = $1 AND person = $2",
        [comment_id.into(), person_id.into()],
    );
    let marked = database::execute(&*work, &sql).await? == 0;
    if marked {
        let link = vec![("comment", comment_id.into()), ("person", person_id.into())];
        database::insert_ignoring_duplicates(&*work, &entity::comment_acknoledgments::TABLE, vec![link]).await?;
    }
    let name = if marked {
        "comment:acknowledge"
    } else {
        "comment:unacknowledge"
    };
    let told = payload([("comment_id", comment_id), ("person_id", person_id)]);
    if subject.for_client {
        work.announce_in(subject.project_id(), name, told);
    } else {
        work.announce_signed(subject.project_id(), name, told);
    }
    let text = rows::comment(&*work, comment_id).await?;
    work.finish().await?;
    rows::as_seen(text, sight)
}
