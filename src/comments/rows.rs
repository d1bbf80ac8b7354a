//! Comments with what is related to them, as JSON.

use std::collections::HashMap;

use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::attachments;
use super::authors::{self, Author};
use crate::access::comments::Sight;
use crate::database::dialect::{JsonKey, json_list, json_object};
use crate::database::json::{self, TEXT, write_key, write_list};
use crate::database::{BATCH, Links, Sql};

/// Ids of what is related to comments, by their keys.
pub struct CommentRelations(Vec<(&'static str, Links)>);

/// Relations with the queries of their ids, for [`Links::load_in_order`], where `#` stands for the ids of the comments.
const RELATIONS: [(&str, &str); 5] = [
    (
        "previews",
        "SELECT l.comment AS owner, l.preview_file AS item FROM comment_preview_link l JOIN preview_file p ON p.id = l.preview_file \
         WHERE l.comment IN # ORDER BY p.revision, p.position, p.created_at, p.id",
    ),
    (
        "mentions",
        "SELECT comment AS owner, person AS item FROM comment_mentions WHERE comment IN # ORDER BY person",
    ),
    (
        "department_mentions",
        "SELECT comment AS owner, department AS item FROM comment_department_mentions WHERE comment IN # ORDER BY department",
    ),
    (
        "acknowledgements",
        "SELECT comment AS owner, person AS item FROM comment_acknoledgments WHERE comment IN # ORDER BY person",
    ),
    (
        "attachment_files",
        "SELECT comment_id AS owner, id AS item FROM attachment_file WHERE comment_id IN # ORDER BY created_at, name, id",
    ),
];

impl CommentRelations {
    /// Reads these relations of comments.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(connection: &impl ConnectionTrait, comments: &[Uuid], keys: &[&str]) -> Result<Self, DbErr> {
        let mut all = Vec::new();
        for (key, text) in RELATIONS.iter().filter(|(key, _)| keys.contains(key)) {
            let (start, end) = text.split_once('#').unwrap_or((text, ""));
            let mut lists = Links::default();
            for comments in comments.chunks(BATCH) {
                let mut sql = Sql::new(start);
                sql.bind_list(comments.iter().copied()).push(end);
                lists.append(Links::load_in_order(connection, &sql).await?);
            }
            all.push((*key, lists));
        }
        Ok(Self(all))
    }

    /// Reads every relation of the comments of a condition, which starts with `FROM` and calls the comment `c`.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn of(connection: &impl ConnectionTrait, condition: &Sql) -> Result<Self, DbErr> {
        let mut all = Vec::new();
        for (key, text) in RELATIONS {
            let (start, end) = text.split_once('#').unwrap_or((text, ""));
            let mut sql = condition.clone().before(&format!("{start}(SELECT c.id "));
            sql.push(")").push(end);
            all.push((key, Links::load_in_order(connection, &sql).await?));
        }
        Ok(Self(all))
    }

    /// Every relation there is.
    pub const ALL: [&'static str; 5] = [
        "previews",
        "mentions",
        "department_mentions",
        "acknowledgements",
        "attachment_files",
    ];

    /// Writes `,"mentions":[…]` and so on for a comment.
    pub fn write(&self, out: &mut Vec<u8>, comment_id: Uuid) {
        for (key, lists) in &self.0 {
            lists.write_key(out, key, comment_id);
        }
    }
}

/// One comment as it is stored, with the ids of what is related to it.
///
/// # Errors
/// 404 when it is not there.
pub async fn comment(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
    let mut text = bare(connection, id).await?;
    text.pop();
    CommentRelations::find(connection, &[id], &CommentRelations::ALL)
        .await?
        .write(&mut text, id);
    text.push(b'}');
    Ok(text)
}

/// A comment, a JSON object, as somebody sees it: without its words, unless they see all of it.
///
/// # Errors
/// The text is no object.
pub fn as_seen(text: Vec<u8>, sight: Sight) -> Result<Vec<u8>, Failure> {
    if sight == Sight::Whole {
        return Ok(text);
    }
    let mut comment: Map<String, Value> = serde_json::from_slice(&text)?;
    for (key, value) in comment.iter_mut() {
        match key.as_str() {
            "text" => *value = "".into(),
            "replies" | "checklist" | "attachment_files" => *value = Value::Array(Vec::new()),
            "editor_id" => *value = Value::Null,
            _ => {}
        }
    }
    Ok(serde_json::to_vec(&comment)?)
}

/// One comment as it is stored.
///
/// # Errors
/// 404 when it is not there.
pub async fn bare(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
    json::record(connection, &entity::comment::TABLE, "Comment", id)
        .await?
        .ok_or_else(Failure::not_found)
}

/// New comments with their statuses and authors as a JSON list; each is given by its id, status and author. With
/// `with_previews` each has its list of `previews`, too.
///
/// # Errors
/// The database does not answer.
pub async fn created(
    connection: &impl ConnectionTrait,
    comments: &[(Uuid, Option<Uuid>, Uuid)],
    previews: &HashMap<Uuid, Vec<u8>>,
    with_previews: bool,
) -> Result<Vec<u8>, Failure> {
    let ids: Vec<Uuid> = comments.iter().map(|(id, _, _)| *id).collect();
    let mut statuses: Vec<Uuid> = comments.iter().filter_map(|(_, status, _)| *status).collect();
    let mut persons: Vec<Uuid> = comments.iter().map(|(_, _, author)| *author).collect();
    for list in [&mut statuses, &mut persons] {
        list.sort_unstable();
        list.dedup();
    }
    let found = json::records(connection, &entity::comment::TABLE, "Comment", &ids).await?;
    let related = CommentRelations::find(connection, &ids, &CommentRelations::ALL[..4]).await?;
    let files = attachments::of_comments(connection, &ids).await?;
    let statuses = json::records(connection, &entity::task_status::TABLE, "TaskStatus", &statuses).await?;
    let persons = authors::find(connection, &persons, None).await?;
    let mut written = Vec::with_capacity(ids.len());
    for (id, status, author) in comments {
        let mut text = found.get(id).cloned().ok_or_else(Failure::not_found)?;
        text.pop();
        related.write(&mut text, *id);
        write_list(&mut text, "attachment_files", &files, *id);
        write_key(
            &mut text,
            "task_status",
            status.and_then(|id| statuses.get(&id)).map(Vec::as_slice),
        );
        write_key(
            &mut text,
            "person",
            persons.get(author).map(|author| author.text.as_slice()),
        );
        if with_previews {
            write_list(&mut text, "preview_files", previews, *id);
        }
        text.push(b'}');
        written.push(text);
    }
    Ok(json::array(written.iter().map(Vec::as_slice)))
}

/// Keys of a preview beside its comment.
const PREVIEW: [(&str, Kind); 12] = [
    ("id", Kind::Uuid),
    ("task_id", Kind::Uuid),
    ("revision", Kind::Integer),
    ("extension", TEXT),
    ("width", Kind::Integer),
    ("height", Kind::Integer),
    ("duration", Kind::Float),
    ("status", TEXT),
    ("validation_status", TEXT),
    ("original_name", TEXT),
    ("position", Kind::Integer),
    ("annotations", Kind::Json),
];

const STATUS: [(&str, Kind); 4] = [
    ("name", TEXT),
    ("short_name", TEXT),
    ("color", TEXT),
    ("id", Kind::Uuid),
];
const EDITOR: [(&str, Kind); 5] = [
    ("first_name", TEXT),
    ("last_name", TEXT),
    ("has_avatar", Kind::Bool),
    ("role", TEXT),
    ("id", Kind::Uuid),
];

/// SQL of the status `s` of a comment as a JSON object.
#[must_use]
pub fn status_of_comment(backend: DbBackend) -> String {
    json_object(backend, &keys_of("s", &STATUS))
}

/// SQL of the person `d` who changed a comment as a JSON object.
#[must_use]
pub fn editor_of_comment(backend: DbBackend) -> String {
    json_object(backend, &keys_of("d", &EDITOR))
}

fn keys_of(alias: &str, fields: &[(&str, Kind)]) -> Vec<JsonKey> {
    fields
        .iter()
        .map(|(name, kind)| JsonKey::new(format!("{alias}.{name}"), *name, *kind))
        .collect()
}

/// SQL of the previews of the comment `c` as a JSON list. Rejected ones are left out on request.
#[must_use]
pub fn previews_of_comment(backend: DbBackend, without_rejected: bool) -> String {
    let keys = keys_of("p", &PREVIEW);
    let more = if without_rejected {
        " AND p.validation_status <> 'rejected'"
    } else {
        ""
    };
    let from =
        format!("comment_preview_link l JOIN preview_file p ON p.id = l.preview_file WHERE l.comment = c.id{more}");
    json_list(backend, &keys, &from, "p.revision, p.position, p.created_at, p.id")
}

/// Id of the author of a reply.
#[must_use]
pub fn replier(reply: &Value) -> Option<Uuid> {
    reply["person_id"].as_str().and_then(parse_id)
}

/// Ids of the authors of replies.
pub fn repliers(replies: &Value) -> impl Iterator<Item = Uuid> {
    replies.as_array().into_iter().flatten().filter_map(replier)
}

/// Puts the authors of replies into them.
pub fn name_repliers(replies: &mut Value, authors: &HashMap<Uuid, Author>) {
    for reply in replies
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter(|reply| reply.is_object())
    {
        let author = replier(reply).and_then(|id| authors.get(&id));
        reply["person"] = author
            .and_then(|author| serde_json::from_slice(&author.text).ok())
            .unwrap_or_default();
    }
}
