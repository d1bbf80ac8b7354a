//! Events that tell of comments.

use sea_orm::FromQueryResult;
use serde_json::json;
use uuid::Uuid;

use super::event::{Payload, payload};
use super::work::Work;

/// A comment with what says whom it concerns: its task, its author, and whether it is meant for clients.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct ToldComment {
    pub id: Uuid,
    pub task_id: Uuid,
    pub person_id: Uuid,
    pub for_client: Option<bool>,
}

impl Work<'_> {
    /// Tells the team what happened to a comment, with more where there is more to tell. Clients are told who wrote it when it
    /// is meant for them, as they are when they read it.
    pub fn tell_of_comment(
        &mut self,
        project_id: Option<Uuid>,
        what: &'static str,
        comment: ToldComment,
        more: Payload,
    ) {
        let for_client = comment.for_client.unwrap_or_default();
        let mut about = payload([
            ("comment_id", comment.id),
            ("task_id", comment.task_id),
            ("person_id", comment.person_id),
        ]);
        about.insert("for_client".into(), json!(for_client));
        about.extend(more);
        let name = format!("comment:{what}");
        if for_client {
            self.emit_in(project_id, name, about);
        } else {
            self.emit_signed(project_id, name, about);
        }
    }
}
