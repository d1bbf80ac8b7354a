//! Facts about comments in events.

use serde_json::json;
use uuid::Uuid;

use crate::events::{Payload, payload};

/// A comment with what says whom it concerns: its task, its author, and whether it is for clients.
#[must_use]
pub fn told(id: Uuid, task_id: Uuid, author_id: Uuid, for_client: bool) -> Payload {
    let mut about = payload([("comment_id", id), ("task_id", task_id), ("person_id", author_id)]);
    about.insert("for_client".into(), json!(for_client));
    about
}
