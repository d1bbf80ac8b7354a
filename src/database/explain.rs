//! Message for a client when the database refuses a change.

use dailies_definitions::failure::Failure;
use sea_orm::sqlx::error::{DatabaseError, ErrorKind};
use sea_orm::sqlx::postgres::PgDatabaseError;
use sea_orm::{DbErr, RuntimeErr};

/// The documented answer for an error of the database that the request caused, or none when the server is at fault.
#[must_use]
pub fn explain(error: &DbErr) -> Option<Failure> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else {
        return None;
    };
    let error = error.as_database_error()?;
    if error.is_unique_violation() {
        let fields = unique_fields(error);
        let colon = if fields.is_empty() { "." } else { ": " };
        return Some(Failure::record(format!(
            "A record with the same unique values already exists{colon}{fields}"
        )));
    }
    if matches!(error.kind(), ErrorKind::NotNullViolation) {
        return Some(Failure::record(format!(
            "A required field is missing: {}.",
            missing_field(error)
        )));
    }
    let message = match error.kind() {
        ErrorKind::ForeignKeyViolation => "The change conflicts with records referencing this one.",
        ErrorKind::CheckViolation => broken_check(error.message()),
        // PostgreSQL's class 22: values out of range, too long, or of a wrong form.
        _ if error
            .code()
            .is_some_and(|code| code.starts_with("22") && code.len() == 5) =>
        {
            "One of the provided values has an invalid format."
        }
        _ => return None,
    };
    Some(Failure::record(message))
}

/// True if a statement failed because a table is not there.
#[must_use]
pub fn is_missing_table(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else {
        return false;
    };
    let Some(error) = error.as_database_error() else {
        return false;
    };
    error.code().as_deref() == Some("42P01") || error.message().starts_with("no such table")
}

/// Checks of the tables by their names, with what is told when a row does not pass.
const CHECKS: [(&str, &str); 3] = [
    ("check_difficulty", "difficulty: a difficulty is a number from 1 to 5."),
    ("check_duration_positive", "duration: a duration is a number above 0."),
    ("day_off_date_check", "end_date: days off don't end before they begin."),
];

/// Words of a refused check. Both databases name it in their message.
fn broken_check(message: &str) -> &'static str {
    let known = CHECKS.iter().find(|(name, _)| message.contains(name));
    known.map_or("The data conflicts with database integrity rules.", |(_, sentence)| {
        *sentence
    })
}

/// Name of the column that may not be empty, as far as the database tells it.
fn missing_field<'a>(error: &'a (dyn DatabaseError + 'static)) -> &'a str {
    let text = match error.try_downcast_ref::<PgDatabaseError>() {
        Some(error) => error.column(),
        // `NOT NULL constraint failed: task.name`
        None => error.message().rsplit('.').next(),
    };
    text.unwrap_or_default()
}

/// Names of the columns whose values are taken, in their order as words, as far as the database tells them.
fn unique_fields(error: &(dyn DatabaseError + 'static)) -> String {
    let text = match error.try_downcast_ref::<PgDatabaseError>() {
        // `Key (name, project_id)=(Bunny, 1) already exists.`
        Some(error) => error
            .detail()
            .and_then(|detail| detail.strip_prefix("Key (")?.split_once(")=("))
            .map(|(columns, _)| columns.to_owned()),
        // `UNIQUE constraint failed: entity.name, entity.project_id`
        None => error
            .message()
            .split_once("UNIQUE constraint failed: ")
            .map(|(_, columns)| columns.to_owned()),
    };
    let names = text.unwrap_or_default();
    let mut names: Vec<&str> = names
        .split(", ")
        .map(|name| name.rsplit('.').next().unwrap_or(name).trim_matches('"'))
        .collect();
    names.sort_unstable();
    names.join(", ")
}
