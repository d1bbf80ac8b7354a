//! Notifications of the caller.

use chrono::{NaiveDateTime, Timelike};
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{NotificationRow, Success, UserNotification};
use dailies_definitions::user::ListUserNotificationsQuery;
use entity::facts::Kind;
use sea_orm::{DbErr, FromQueryResult, QueryResult};
use serde::Deserialize;
use uuid::Uuid;

use crate::access::comments::{Seen, Viewer, by_client};
use crate::access::tasks::does_work_on;
use crate::access::{join_place, place_columns, read_place};
use crate::app::App;
use crate::database::json::{TEXT, array, write_key};
use crate::database::{self, Database, Field, Links, RecordWriter, RowWriter, Sql, write_text};
use crate::events::{Work, payload};

/// Notifications in an answer.
const LONGEST_LIST: i64 = 100;

/// Keys, their SQL, and what they hold. The texts and mentions follow them.
const FIELDS: [(&str, &str, Kind); 21] = [
    ("id", "n.id", Kind::Uuid),
    ("notification_type", "n.type", TEXT),
    ("author_id", "n.author_id", Kind::Uuid),
    ("comment_id", "n.comment_id", Kind::Uuid),
    ("task_id", "n.task_id", Kind::Uuid),
    ("task_type_id", "t.task_type_id", Kind::Uuid),
    ("task_status_id", "c.task_status_id", Kind::Uuid),
    ("preview_file_id", FIRST_PREVIEW, Kind::Uuid),
    ("project_id", "p.id", Kind::Uuid),
    ("project_name", "p.name", TEXT),
    ("created_at", "n.created_at", Kind::DateTime),
    ("read", "n.read", Kind::Bool),
    ("change", "n.change", Kind::Bool),
    ("full_entity_name", FULL_NAME, TEXT),
    ("episode_id", EPISODE, Kind::Uuid),
    ("entity_preview_file_id", "e.preview_file_id", Kind::Uuid),
    ("subscription_id", "s.id", Kind::Uuid),
    ("playlist_id", "n.playlist_id", Kind::Uuid),
    ("playlist_name", "COALESCE(l.name, '')", TEXT),
    ("playlist_for_entity", "COALESCE(l.for_entity, '')", TEXT),
    ("playlist_is_for_all", "COALESCE(l.is_for_all, false)", Kind::Bool),
];

const FIRST_PREVIEW: &str = "(SELECT f.id FROM comment_preview_link v JOIN preview_file f ON f.id = v.preview_file WHERE v.comment = n.comment_id \
     ORDER BY f.position, f.created_at, f.id LIMIT 1)";

/// Name of the entity behind those of what it is part of, or behind its type.
const FULL_NAME: &str = "COALESCE(CASE k.name WHEN 'Shot' THEN COALESCE(ep.name || ' / ', '') || COALESCE(sq.name || ' / ', '') || e.name \
     WHEN 'Sequence' THEN COALESCE(sq.name || ' / ', '') || e.name WHEN 'Episode' THEN e.name ELSE k.name || ' / ' || e.name END, '')";

/// Episode of the playlist, or of the entity: only assets and shots have a source, and that of an asset is its episode.
const EPISODE: &str = "CASE WHEN n.playlist_id IS NOT NULL THEN l.episode_id WHEN k.name = 'Shot' THEN sq.parent_id \
     WHEN k.name = 'Sequence' THEN e.parent_id ELSE e.source_id END";

const TABLES: &str = " FROM notification n JOIN person a ON a.id = n.author_id LEFT JOIN comment c ON c.id = n.comment_id \
     LEFT JOIN task t ON t.id = n.task_id LEFT JOIN playlist l ON l.id = n.playlist_id \
     LEFT JOIN project p ON p.id = COALESCE(t.project_id, l.project_id) LEFT JOIN entity e ON e.id = t.entity_id \
     LEFT JOIN entity_type k ON k.id = e.entity_type_id LEFT JOIN entity sq ON sq.id = e.parent_id LEFT JOIN entity ep ON ep.id = sq.parent_id \
     LEFT JOIN subscription s ON s.task_id = n.task_id AND s.person_id = n.person_id";

/// The latest notifications that the query keeps: so many, and all others of the second of the last one, because clients walk
/// on with that second.
pub async fn list(
    database: &Database,
    caller: &Caller,
    query: &ListUserNotificationsQuery,
) -> Result<Json<Vec<UserNotification>>, Failure> {
    let mut last = Sql::with(
        format!("SELECT n.created_at{TABLES} WHERE n.person_id = $1"),
        [caller.person.id.into()],
    );
    keep(&mut last, query);
    last.push(" ORDER BY n.created_at DESC, n.id DESC LIMIT 1 OFFSET ")
        .bind(LONGEST_LIST - 1);
    let last = database
        .row(&last)
        .await?
        .map(|row| row.try_get::<Option<NaiveDateTime>>("", "created_at"))
        .transpose()?
        .flatten();
    let mut sql = selection(caller);
    keep(&mut sql, query);
    if let Some(second) = last.and_then(|last| last.with_nanosecond(0)) {
        sql.push(" AND n.created_at >= ").bind(second);
    }
    sql.push(" ORDER BY n.created_at DESC, n.id DESC");
    let items = read_notifications(database, caller, &sql).await?;
    Ok(Json::written(array(items.iter().map(Vec::as_slice))))
}

/// Adds the conditions of a query.
fn keep(sql: &mut Sql, query: &ListUserNotificationsQuery) {
    if let Some(after) = query.after {
        sql.push(" AND n.created_at > ").bind(after);
    }
    if let Some(before) = query.before {
        sql.push(" AND n.created_at < ").bind(before);
    }
    if let Some(id) = query.task_type_id {
        sql.push(" AND t.task_type_id = ").bind(id);
    }
    if let Some(id) = query.task_status_id {
        sql.push(" AND t.task_status_id = ").bind(id);
    }
    if let Some(kind) = &query.r#type {
        sql.push(" AND n.type = ").bind(kind.as_str());
    }
    if let Some(read) = query.read {
        sql.push(" AND n.read = ").bind(read);
    }
    if let Some(watching) = query.watching {
        sql.push(if watching {
            " AND s.id IS NOT NULL"
        } else {
            " AND s.id IS NULL"
        });
    }
}

/// One notification of the caller.
///
/// # Errors
/// 404 when it is not there, or somebody else's.
pub async fn get(database: &Database, caller: &Caller, id: Uuid) -> Result<Json<UserNotification>, Failure> {
    let mut sql = selection(caller);
    sql.push(" AND n.id = ").bind(id);
    Ok(Json::written(
        read_notifications(database, caller, &sql)
            .await?
            .pop()
            .ok_or_else(Failure::not_found)?,
    ))
}

/// The comment that a notification tells of, the reply to it that it tells of, and who wrote both.
#[derive(FromQueryResult)]
struct CommentContext {
    comment_id: Option<Uuid>,
    comment_text: Option<String>,
    reply_id: Option<Uuid>,
    /// All replies to the comment, where the notification tells of one.
    replies: Option<serde_json::Value>,
    /// Author of the comment.
    writer_id: Option<Uuid>,
    client_wrote: bool,
    /// Author of the notification.
    told_by: Uuid,
    client_told: bool,
    for_client: Option<bool>,
    place_id: Option<Uuid>,
    isolated: Option<bool>,
    works: bool,
}

/// A reply as it is stored with its comment.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Reply {
    id: Option<Uuid>,
    text: Option<String>,
    mentions: Option<Vec<Uuid>>,
    department_mentions: Option<Vec<Uuid>>,
}

/// The query of the caller's notifications, which further conditions follow.
fn selection(caller: &Caller) -> Sql {
    let columns = FIELDS.map(|(_, expression, _)| expression).join(", ");
    let more = "c.text AS comment_text, n.reply_id, CASE WHEN n.type IN ('reply', 'reply-mention') THEN c.replies END AS replies, \
         c.person_id AS writer_id, n.author_id AS told_by, c.for_client AS for_client, p.id AS place_id, p.is_clients_isolated AS isolated";
    let works = does_work_on("n.person_id", "t.entity_id");
    let (by_writer, by_author) = (by_client("c.person_id", "p.id"), by_client("n.author_id", "p.id"));
    let (own, place) = (place_columns("own", "o", "ol"), join_place("ol", "p.id", "n.person_id"));
    let mut sql = Sql::new(format!(
        "SELECT {columns}, {more}, {works} AS works, {by_writer} AS client_wrote, {by_author} AS client_told, {own}{TABLES} {place} \
         JOIN person o ON o.id = n.person_id WHERE n.person_id = "
    ));
    sql.bind(caller.person.id);
    sql
}

/// The notifications of a [`selection`] as JSON objects.
async fn read_notifications(database: &Database, caller: &Caller, sql: &Sql) -> Result<Vec<Vec<u8>>, Failure> {
    let writer = RowWriter::new(FIELDS.map(|(key, _, kind)| Field::new(key, kind)));
    let rows = database.rows(sql).await?;
    let contexts: Vec<CommentContext> = rows
        .iter()
        .map(|row| CommentContext::from_query_result(row, ""))
        .collect::<Result<_, _>>()?;
    let comments: Vec<Uuid> = contexts.iter().filter_map(|context| context.comment_id).collect();
    let persons = mentions(
        database,
        "SELECT comment AS owner, person AS item FROM comment_mentions WHERE comment IN ",
        &comments,
    )
    .await?;
    let departments = mentions(
        database,
        "SELECT comment AS owner, department AS item FROM comment_department_mentions WHERE comment IN ",
        &comments,
    )
    .await?;
    let mut items = Vec::with_capacity(rows.len());
    for (row, context) in rows.iter().zip(contexts) {
        let mut out = b"{".to_vec();
        writer.write(&mut out, row)?;
        let comment = context.comment_id.unwrap_or_default();
        persons.write_key(&mut out, "mentions", comment);
        departments.write_key(&mut out, "department_mentions", comment);
        let may_read = reads(caller, &context, row)?;
        context.write_texts(&mut out, may_read)?;
        out.extend_from_slice(b",\"type\":\"Notification\"}");
        items.push(out);
    }
    Ok(items)
}

/// True if the caller reads the comment that a row tells of, and what was replied to it. Without a comment there is nothing
/// to hide.
fn reads(caller: &Caller, context: &CommentContext, row: &QueryResult) -> Result<bool, DbErr> {
    let (Some(author_id), Some(_)) = (context.writer_id, context.place_id) else {
        return Ok(true);
    };
    let clients_isolated = context.isolated.unwrap_or_default();
    let viewer = Viewer {
        person_id: caller.person.id,
        place: read_place(row, "own")?,
        clients_isolated,
        works_on_entity: context.works,
    };
    let for_client = context.for_client.unwrap_or_default();
    let written = |author_id: Uuid, by_client: bool| Seen {
        author_id,
        author_role: Seen::role_of_author(by_client),
        for_client,
    };
    Ok(viewer.may_be_told_words(written(author_id, context.client_wrote))
        && viewer.may_be_told_words(written(context.told_by, context.client_told)))
}

/// Lists of ids by comment.
async fn mentions(database: &Database, select: &str, comments: &[Uuid]) -> Result<Links, Failure> {
    if comments.is_empty() {
        return Ok(Links::default());
    }
    let mut sql = Sql::new(select);
    sql.bind_list(comments.iter().copied());
    Ok(Links::load(database, &sql).await?)
}

impl CommentContext {
    /// The reply that the notification tells of; an empty one when it tells of none, or the reply is gone.
    fn reply(&self) -> Result<Reply, Failure> {
        let (Some(id), Some(replies)) = (self.reply_id, &self.replies) else {
            return Ok(Reply::default());
        };
        let replies = Option::<Vec<Reply>>::deserialize(replies)?;
        Ok(replies
            .unwrap_or_default()
            .into_iter()
            .find(|reply| reply.id == Some(id))
            .unwrap_or_default())
    }

    /// Writes whom the reply mentions, and both texts, which are empty for those who may not read them.
    fn write_texts(&self, out: &mut Vec<u8>, may_read: bool) -> Result<(), Failure> {
        let reply = self.reply()?;
        let persons = serde_json::to_vec(&reply.mentions.unwrap_or_default())?;
        write_key(out, "reply_mentions", Some(&persons));
        let departments = serde_json::to_vec(&reply.department_mentions.unwrap_or_default())?;
        write_key(out, "reply_department_mentions", Some(&departments));
        let (comment_text, reply_text) = if may_read {
            (self.comment_text.as_deref(), reply.text.unwrap_or_default())
        } else {
            (Some(""), String::new())
        };
        out.extend_from_slice(b",\"comment_text\":");
        match comment_text {
            Some(text) => write_text(out, text),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"reply_text\":");
        write_text(out, &reply_text);
        Ok(())
    }
}

/// Notes whether the caller has read a notification.
///
/// # Errors
/// 404 when it is not there, or somebody else's.
pub async fn mark(app: &App, caller: &Caller, id: Uuid, read: bool) -> Result<Json<NotificationRow>, Failure> {
    let person_id = caller.person.id;
    let mut work = Work::begin(app, caller).await?;
    let own = Sql::with(
        "SELECT 1 FROM notification WHERE id = $1 AND person_id = $2",
        [id.into(), person_id.into()],
    );
    database::row(&*work, &own).await?.ok_or_else(Failure::not_found)?;
    if database::update_differing(&*work, &entity::notification::TABLE, id, vec![("read", read.into())]).await? {
        let name = if read {
            "notification:read"
        } else {
            "notification:unread"
        };
        work.emit_to(
            person_id,
            name,
            payload([("person_id", person_id), ("notification_id", id)]),
        );
    }
    let writer = RecordWriter::of(&entity::notification::TABLE, "n", "Notification", |column| {
        column != "type"
    })
    .with(&[("n.type", "notification_type", TEXT)]);
    let sql = Sql::with(
        format!("SELECT {} FROM notification n WHERE n.id = $1", writer.columns()),
        [id.into()],
    );
    let row = database::row(&*work, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::with_capacity(512);
    writer.write(&mut out, &row)?;
    work.finish().await?;
    Ok(Json::written(out))
}

/// Notes that the caller has read everything.
pub async fn mark_all(app: &App, caller: &Caller) -> Result<Json<Success>, Failure> {
    let person_id = caller.person.id;
    let mut work = Work::begin(app, caller).await?;
    let sql = Sql::with(
        "UPDATE notification SET read = true, updated_at = $2 WHERE person_id = $1 AND read = false",
        [person_id.into(), database::now().into()],
    );
    if database::execute(&*work, &sql).await? > 0 {
        work.emit_to(person_id, "notification:all-read", payload([("person_id", person_id)]));
    }
    work.finish().await?;
    Ok(Json::of(&Success { success: true })?)
}
