//! What a client is told when the database refuses a change.

use dailies_definitions::failure::Failure;
use sea_orm::sqlx::error::ErrorKind;
use sea_orm::{DbErr, RuntimeErr};

/// The documented answer for an error of the database that the request caused, or none when the server is at fault.
#[must_use]
pub fn explain(error: &DbErr) -> Option<Failure> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else { return None };
    let error = error.as_database_error()?;
    let message = match error.kind() {
        ErrorKind::UniqueViolation => "A record with the same unique values already exists.",
        ErrorKind::ForeignKeyViolation => "The change conflicts with records referencing this one.",
        ErrorKind::NotNullViolation => "A required field is missing.",
        ErrorKind::CheckViolation => "The data conflicts with database integrity rules.",
        // PostgreSQL's class 22: values out of range, too long, or of a wrong form.
        _ if error.code().is_some_and(|code| code.starts_with("22") && code.len() == 5) => "One of the provided values has an invalid format.",
        _ => return None,
    };
    Some(Failure::record(message))
}
