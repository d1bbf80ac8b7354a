//! Reads what happened: the log of events, and who signed in.

use dailies_definitions::access::Caller;
use dailies_definitions::events::{ListLastEventsQuery, ListLastLoginsQuery};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{EventRecord, LoginRecord};
use entity::facts::Kind;
use uuid::Uuid;

use crate::access::{event_reader, projects_of};
use crate::database::json::TEXT;
use crate::database::{Database, Field, RowWriter, Sql, stream_array, stream_objects, write_column};

/// Most rows in an answer.
const LONGEST_LIST: i64 = 1000;

/// Events that tell of new files.
const FILE_EVENTS: [&str; 5] = [
    "preview-file:add-file",
    "preview-background-file:add-file",
    "organisation:set-thumbnail",
    "person:set-thumbnail",
    "project:set-thumbnail",
];

const EVENT: [(&str, Kind); 6] = [
    ("id", Kind::Uuid),
    ("created_at", Kind::DateTime),
    ("name", TEXT),
    ("user_id", Kind::Uuid),
    ("project_id", Kind::Uuid),
    ("data", Kind::Json),
];

const LOGIN: [(&str, Kind); 5] = [
    ("id", Kind::Uuid),
    ("created_at", Kind::DateTime),
    ("ip_address", TEXT),
    ("person_id", Kind::Uuid),
    ("origin", TEXT),
];

/// The latest events that the caller may see and the query keeps.
pub(super) async fn last_events(
    database: &Database,
    caller: &Caller,
    query: &ListLastEventsQuery,
) -> Result<Json<Vec<EventRecord>>, Failure> {
    event_reader(database, caller, query.project_id).await?;
    let mut sql = Sql::new("FROM api_event r WHERE 1 = 1");
    match query.project_id {
        Some(id) => {
            sql.push(" AND r.project_id = ").bind(id);
        }
        None if !caller.is_admin() => {
            sql.push(" AND ");
            projects_of(&mut sql, "r.project_id", caller.person.id);
        }
        None => {}
    }
    if query.only_files {
        sql.push(" AND r.name IN ").bind_list(FILE_EVENTS);
    }
    if let Some(name) = &query.name {
        sql.push(" AND r.name = ").bind(name.as_str());
    }
    names_like(&mut sql, "name_prefixes", &query.name_prefixes, |word| {
        format!("{word}:%")
    })?;
    names_like(&mut sql, "name_suffixes", &query.name_suffixes, |word| {
        format!("%:{word}")
    })?;
    if !query.person_ids.is_empty() {
        sql.push(" AND r.user_id IN ")
            .bind_list(query.person_ids.iter().copied());
    }
    if let Some(id) = query.cursor_event_id {
        before(database, &mut sql, "api_event", id, ("cursor_event_id", "event")).await?;
    }
    period(&mut sql, query.after, query.before);
    answer_rows(database, sql, &EVENT, query.limit).await
}

/// The latest sign-ins that the query keeps.
pub(super) async fn last_logins(
    database: &Database,
    query: &ListLastLoginsQuery,
) -> Result<Json<Vec<LoginRecord>>, Failure> {
    let mut sql = Sql::new("FROM login_log r WHERE 1 = 1");
    if !query.person_ids.is_empty() {
        sql.push(" AND r.person_id IN ")
            .bind_list(query.person_ids.iter().copied());
    }
    if let Some(id) = query.cursor_login_log_id {
        before(
            database,
            &mut sql,
            "login_log",
            id,
            ("cursor_login_log_id", "login log"),
        )
        .await?;
    }
    period(&mut sql, query.after, query.before);
    answer_rows(database, sql, &LOGIN, query.limit).await
}

/// Every name that an event ever had. The index of names is walked from one name to the next, however many events there
/// are of each.
pub(super) async fn names(database: &Database) -> Result<Json<Vec<String>>, Failure> {
    let sql = Sql::new(
        "WITH RECURSIVE found(name) AS (SELECT MIN(r.name) FROM api_event r \
         UNION ALL SELECT (SELECT MIN(r.name) FROM api_event r WHERE r.name > found.name) FROM found WHERE found.name IS NOT NULL) \
         SELECT name FROM found WHERE name IS NOT NULL ORDER BY name",
    );
    Ok(
        stream_array(database, sql, |out, row| write_column(out, row, "name", TEXT))
            .await?
            .into(),
    )
}

/// Keeps the names that are like one of the words.
fn names_like(
    sql: &mut Sql,
    parameter: &str,
    words: &[String],
    pattern: impl Fn(&str) -> String,
) -> Result<(), Failure> {
    let is_word = |word: &String| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if !words.iter().all(is_word) {
        return Err(Failure::parameter(format!(
            "The {parameter} parameter contains an invalid value"
        )));
    }
    for (at, word) in words.iter().enumerate() {
        sql.push(if at == 0 {
            " AND (r.name LIKE "
        } else {
            " OR r.name LIKE "
        })
        .bind(pattern(word));
    }
    if !words.is_empty() {
        sql.push(")");
    }
    Ok(())
}

/// Keeps what came before a row: rows of the same moment are ordered by their ids.
///
/// # Errors
/// 400 when there is no such row.
async fn before(
    database: &Database,
    sql: &mut Sql,
    table: &str,
    id: Uuid,
    (parameter, what): (&str, &str),
) -> Result<(), Failure> {
    let row = database
        .row(&Sql::with(format!("SELECT 1 FROM {table} WHERE id = $1"), [id.into()]))
        .await?;
    row.ok_or_else(|| Failure::parameter(format!("No {what} found with id: {id}")).naming(parameter))?;
    sql.push(&format!(
        " AND (r.created_at, r.id) < (SELECT o.created_at, o.id FROM {table} o WHERE o.id = "
    ))
    .bind(id)
    .push(")");
    Ok(())
}

fn period(sql: &mut Sql, after: Option<chrono::NaiveDateTime>, before: Option<chrono::NaiveDateTime>) {
    if let Some(after) = after {
        sql.push(" AND r.created_at > ").bind(after);
    }
    if let Some(before) = before {
        sql.push(" AND r.created_at < ").bind(before);
    }
}

/// Sends rows of a selection (`FROM … r …`), the latest first.
async fn answer_rows<T>(
    database: &Database,
    from: Sql,
    fields: &[(&str, Kind)],
    limit: i64,
) -> Result<Json<T>, Failure> {
    let columns: Vec<String> = fields.iter().map(|(name, _)| format!("r.{name}")).collect();
    let mut sql = from.before(&format!("SELECT {} ", columns.join(", ")));
    sql.push(" ORDER BY r.created_at DESC, r.id DESC LIMIT ")
        .bind(limit.min(LONGEST_LIST));
    let writer = RowWriter::new(fields.iter().map(|(name, kind)| Field::new(*name, *kind)));
    Ok(stream_objects(database, sql, writer).await?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_no_wildcards() {
        let mut sql = Sql::new("x");
        assert!(
            names_like(
                &mut sql,
                "name_prefixes",
                &["task".into(), "preview-file".into()],
                |word| format!("{word}:%")
            )
            .is_ok()
        );
        assert_eq!(sql.text(), "x AND (r.name LIKE $1 OR r.name LIKE $2)");
        for word in ["Task", "ta%sk", "add_entity", ""] {
            assert!(names_like(&mut sql, "name_prefixes", &[word.into()], str::to_owned).is_err());
        }
    }
}
