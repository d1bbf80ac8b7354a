//! Paths as clients get them, and why there is none.

use dailies_definitions::failure::Failure;
use poem::http::StatusCode;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::database::{self, Sql};
use crate::events::Work;
use crate::file_trees::Malformed;

/// Longest path that a record keeps, in characters.
const LONGEST_PATH: usize = 400;

/// 400: the file tree gives no path. The body is told besides.
pub(super) fn malformed(problem: &Malformed, body: &impl Serialize) -> Failure {
    match serde_json::to_value(body) {
        Ok(body) => Failure::answer(
            StatusCode::BAD_REQUEST,
            json!({"message": problem.to_string(), "received_data": body}),
        ),
        Err(error) => error.into(),
    }
}

/// 400 whose text stands where others have a yes or no.
pub(super) fn refusal(text: &str) -> Failure {
    Failure::answer(StatusCode::BAD_REQUEST, json!({"error": text, "message": text}))
}

/// The separator that a request names.
pub(super) fn separator(given: Option<&String>) -> &str {
    given.map_or("/", String::as_str)
}

/// A path that a record can keep.
///
/// # Errors
/// 400 for one that is too long.
pub(super) fn storable(path: String) -> Result<String, Failure> {
    if path.chars().count() > LONGEST_PATH {
        Err(Failure::field(
            "name",
            format!("The path has more than {LONGEST_PATH} characters"),
        ))
    } else {
        Ok(path)
    }
}

/// True if there is a person with that id.
///
/// # Errors
/// The database does not answer.
pub(super) async fn is_person(work: &Work<'_>, id: Uuid) -> Result<bool, Failure> {
    let sql = Sql::with("SELECT 1 FROM person WHERE id = $1", [id.into()]);
    Ok(database::row(&**work, &sql).await?.is_some())
}
