//! New entries of the news: one for each comment, except those on concepts.

use chrono::NaiveDateTime;
use sea_orm::DbErr;
use serde_json::json;
use uuid::Uuid;

use crate::database;
use crate::events::{Work, payload};

/// An entry that is about to be stored.
#[derive(Clone, Debug)]
pub struct NewsDraft {
    pub id: Uuid,
    pub author_id: Uuid,
    pub comment_id: Uuid,
    pub task_id: Uuid,
    pub project_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    /// Status of the comment.
    pub task_status_id: Option<Uuid>,
    /// True if the comment changed the status of the task.
    pub change: bool,
    /// Moment at which the comment was written.
    pub created_at: NaiveDateTime,
}

impl NewsDraft {
    /// Announces it.
    pub fn emit(&self, work: &mut Work<'_>) {
        let mut about = payload([("news_id", self.id)]);
        about.insert("task_status_id".into(), json!(self.task_status_id));
        about.insert("task_type_id".into(), json!(self.task_type_id));
        work.emit_in(self.project_id, "news:new", about);
    }
}

/// Stores entries, all in one statement. Whoever collects them announces each at its place among the events.
///
/// # Errors
/// The database refuses.
pub async fn store(work: &Work<'_>, entries: &[NewsDraft]) -> Result<(), DbErr> {
    let row = |entry: &NewsDraft| {
        vec![
            ("id", entry.id.into()),
            ("author_id", entry.author_id.into()),
            ("comment_id", entry.comment_id.into()),
            ("task_id", entry.task_id.into()),
            ("change", entry.change.into()),
            ("created_at", entry.created_at.into()),
        ]
    };
    database::insert_many(&**work, &entity::news::TABLE, entries.iter().map(row).collect()).await
}
