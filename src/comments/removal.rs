//! Removes comments with everything that came with them.

use dailies_definitions::failure::Failure;
use sea_orm::DbErr;
use uuid::Uuid;

use super::attachments;
use crate::app::App;
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::previews::removal::{self as previews, remove_rows};
use crate::tasks::recompute::{recompute, tell_changed};

/// Comments that go in one round of statements.
const PORTION: usize = 10_000;

/// Rows that go with comments, with the column that names the comment. The comments themselves are the last.
const REMOVED: [(&str, &str); 8] = [
    ("notification", "comment_id"),
    ("news", "comment_id"),
    ("comment_preview_link", "comment"),
    ("comment_mentions", "comment"),
    ("comment_department_mentions", "comment"),
    ("comment_acknoledgments", "comment"),
    ("attachment_file", "comment_id"),
    ("comment", "id"),
];

/// Records that are gone, and whose stored files nobody needs after the commit.
#[derive(Clone, Debug, Default)]
pub struct Leftovers {
    pub previews: Vec<Uuid>,
    pub attachments: Vec<Uuid>,
}

impl Leftovers {
    /// Adds others.
    pub fn extend(&mut self, more: Self) {
        self.previews.extend(more.previews);
        self.attachments.extend(more.attachments);
    }

    /// Removes the stored files, if the server is configured to.
    pub async fn discard(self, app: &App) {
        previews::remove_files(app, &self.previews, false).await;
        if app.settings.files.remove_files {
            attachments::discard(app, self.attachments).await;
        }
    }
}

/// Removes one comment, works its task out anew, and tells of all that. Says which stored files nobody needs after the
/// commit.
///
/// # Errors
/// 404 when there is no such comment.
pub async fn take_away(work: &mut Work<'_>, comment_id: Uuid) -> Result<Leftovers, Failure> {
    let sql = Sql::with(
        "SELECT c.object_id, c.person_id, t.project_id FROM comment c LEFT JOIN task t ON t.id = c.object_id WHERE c.id = $1",
        [comment_id.into()],
    );
    let row = database::row(&**work, &sql).await?.ok_or_else(Failure::not_found)?;
    let (task_id, author, project_id): (Uuid, Uuid, Option<Uuid>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
    let leftovers = remove_comment_rows(work, &[comment_id]).await?;
    work.emit_in(project_id, "comment:delete", payload([("comment_id", comment_id)]));
    for task in recompute(work, &[task_id]).await? {
        tell_changed(work, &task, author);
    }
    Ok(leftovers)
}

/// Removes several comments, whose author goes too, and tells of each. The tasks stay as they are.
///
/// # Errors
/// The database refuses.
pub async fn remove_comments(work: &mut Work<'_>, comment_ids: &[Uuid]) -> Result<(), Failure> {
    for ids in comment_ids.chunks(PORTION) {
        let mut sql = Sql::new("SELECT c.id, t.project_id FROM comment c LEFT JOIN task t ON t.id = c.object_id WHERE c.id");
        sql.among(ids).push(" ORDER BY c.created_at, c.id");
        for row in database::rows(&**work, &sql).await? {
            let project_id: Option<Uuid> = row.try_get_by_index(1)?;
            work.emit_in(project_id, "comment:delete", payload([("comment_id", row.try_get_by_index(0)?)]));
        }
    }
    remove_comment_rows(work, comment_ids).await?;
    Ok(())
}

/// Removes comments from the database: their previews, attachments, notifications, news, mentions and acknowledgements
/// go along, and their tasks get the newest preview that is left as their last one. Nothing is told.
///
/// # Errors
/// The database refuses.
pub async fn remove_comment_rows(work: &Work<'_>, comment_ids: &[Uuid]) -> Result<Leftovers, DbErr> {
    let mut leftovers = Leftovers::default();
    for ids in comment_ids.chunks(PORTION) {
        // A preview that another comment has too stays.
        let mut sql = Sql::new("SELECT DISTINCT l.preview_file FROM comment_preview_link l WHERE l.comment");
        sql.among(ids);
        sql.push(" AND NOT EXISTS (SELECT 1 FROM comment_preview_link o WHERE o.preview_file = l.preview_file AND NOT o.comment");
        sql.among(ids).push(")");
        let removed = column(work, &sql).await?;
        let tasks = tasks_of(work, &removed).await?;
        remove_rows(&**work, &removed).await?;
        leftovers.previews.extend(removed);
        let mut sql = Sql::new("SELECT id FROM attachment_file WHERE comment_id");
        sql.among(ids);
        leftovers.attachments.extend(column(work, &sql).await?);
        for (table, column) in REMOVED {
            let mut sql = Sql::new(format!("DELETE FROM {table} WHERE {column}"));
            sql.among(ids);
            database::execute(&**work, &sql).await?;
        }
        if !tasks.is_empty() {
            let mut sql = Sql::new(
                "UPDATE task SET last_preview_file_id = (SELECT p.id FROM preview_file p WHERE p.task_id = task.id AND p.position = 1 \
                 ORDER BY p.created_at DESC, p.id LIMIT 1) WHERE last_preview_file_id IS NULL AND id",
            );
            sql.among(&tasks);
            database::execute(&**work, &sql).await?;
        }
    }
    Ok(leftovers)
}

/// Tasks whose last preview is one of these.
async fn tasks_of(work: &Work<'_>, previews: &[Uuid]) -> Result<Vec<Uuid>, DbErr> {
    let mut tasks = Vec::new();
    for ids in previews.chunks(PORTION) {
        let mut sql = Sql::new("SELECT id FROM task WHERE last_preview_file_id");
        sql.among(ids);
        tasks.extend(column(work, &sql).await?);
    }
    Ok(tasks)
}

async fn column(work: &Work<'_>, sql: &Sql) -> Result<Vec<Uuid>, DbErr> {
    database::rows(&**work, sql).await?.iter().map(|row| row.try_get_by_index(0)).collect()
}
