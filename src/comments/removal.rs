//! Removes comments with everything that came with them.

use dailies_definitions::failure::Failure;
use uuid::Uuid;

use crate::database::{self, BATCH, Sql};
use crate::events::{Work, payload};
use crate::previews::main_preview::ShownBy;
use crate::removal::{UnneededFiles, remove_comment_rows, tell_lost_news};
use crate::tasks::recompute::{recompute, tell_changed};

/// Removes one comment, works its task out anew, and tells of all that. Says which stored files nobody needs after the
/// commit.
///
/// # Errors
/// 404 when there is no such comment.
pub async fn take_away(work: &mut Work<'_>, comment_id: Uuid) -> Result<UnneededFiles, Failure> {
    let sql = Sql::with(
        "SELECT c.object_id, c.person_id, t.project_id FROM comment c LEFT JOIN task t ON t.id = c.object_id WHERE c.id = $1",
        [comment_id.into()],
    );
    let row = database::row(&**work, &sql).await?.ok_or_else(Failure::not_found)?;
    let (task_id, author): (Uuid, Uuid) = (row.try_get("", "object_id")?, row.try_get("", "person_id")?);
    let project_id: Option<Uuid> = row.try_get("", "project_id")?;
    tell_lost_news(work, "comment_id", &[comment_id]).await?;
    let shown = ShownBy::previews_of_comments(&**work, &[comment_id]).await?;
    let unneeded = remove_comment_rows(work, &[comment_id]).await?;
    shown.settle(work).await?;
    work.emit_in(
        project_id,
        "comment:delete",
        payload([("comment_id", comment_id), ("task_id", task_id)]),
    );
    for task in recompute(work, &[task_id]).await? {
        tell_changed(work, &task, author);
    }
    Ok(unneeded)
}

/// Removes several comments, whose author goes too, and tells of each and of their news. The tasks stay as they are.
///
/// # Errors
/// The database refuses.
pub async fn remove_comments(work: &mut Work<'_>, comment_ids: &[Uuid]) -> Result<(), Failure> {
    tell_lost_news(work, "comment_id", comment_ids).await?;
    for ids in comment_ids.chunks(BATCH) {
        let mut sql = Sql::new(
            "SELECT c.id, c.object_id, t.project_id FROM comment c LEFT JOIN task t ON t.id = c.object_id WHERE c.id",
        );
        sql.among(ids).push(" ORDER BY c.created_at, c.id");
        for row in database::rows(&**work, &sql).await? {
            let project_id: Option<Uuid> = row.try_get("", "project_id")?;
            let about = payload([
                ("comment_id", row.try_get("", "id")?),
                ("task_id", row.try_get("", "object_id")?),
            ]);
            work.emit_in(project_id, "comment:delete", about);
        }
    }
    let shown = ShownBy::previews_of_comments(&**work, comment_ids).await?;
    remove_comment_rows(work, comment_ids).await?;
    Ok(shown.settle(work).await?)
}
