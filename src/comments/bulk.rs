//! Comments that are a part of a larger change, such as an import.

use uuid::Uuid;

use super::carrying;
use super::drafts::Draft;
use super::posting::{self, PostingRefusal};
use crate::events::Work;

/// A comment that says a status and a text.
#[derive(Clone, Debug)]
pub struct NewComment {
    pub task_id: Uuid,
    pub task_status_id: Option<Uuid>,
    pub text: String,
}

/// Writes comments with all that follows from them, in the transaction of the work. Who may comment and set a status is for
/// the caller to know.
///
/// # Errors
/// 400 for a retake beyond the limit, with its place among the comments.
pub async fn write(work: &mut Work<'_>, author_id: Uuid, comments: Vec<NewComment>) -> Result<(), PostingRefusal> {
    if comments.is_empty() {
        return Ok(());
    }
    let draft = |comment: NewComment| Draft::new(comment.task_id, comment.task_status_id, comment.text, author_id);
    let outcomes = posting::post_all(work, comments.into_iter().map(draft).collect()).await?;
    let begun = carrying::begin(work, author_id, &outcomes.carried).await?;
    work.afterwards(|app| Box::pin(carrying::carry(app, begun)));
    Ok(())
}
