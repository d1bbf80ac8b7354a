//! Rows that fall with comments.

use sea_orm::DbErr;
use uuid::Uuid;

use super::UnneededFiles;
use crate::database::{self, BATCH, Sql};
use crate::events::Work;
use crate::previews::removal::remove_rows;

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

/// Removes comments from the database: their previews, attachments, notifications, news, mentions and acknowledgements
/// go along. What the previews stood for is for the caller to settle. Nothing is told.
///
/// # Errors
/// The database refuses.
pub async fn remove_comment_rows(work: &Work<'_>, comment_ids: &[Uuid]) -> Result<UnneededFiles, DbErr> {
    let mut unneeded = UnneededFiles::default();
    for ids in comment_ids.chunks(BATCH) {
        // A preview that another comment has too stays.
        let mut sql = Sql::new("SELECT DISTINCT l.preview_file FROM comment_preview_link l WHERE l.comment");
        sql.among(ids);
        sql.push(" AND NOT EXISTS (SELECT 1 FROM comment_preview_link o WHERE o.preview_file = l.preview_file AND NOT o.comment");
        sql.among(ids).push(")");
        let removed = column(work, &sql).await?;
        remove_rows(&**work, &removed).await?;
        unneeded.previews.extend(removed);
        let mut sql = Sql::new("SELECT id FROM attachment_file WHERE comment_id");
        sql.among(ids);
        unneeded.attachments.extend(column(work, &sql).await?);
        for (table, column) in REMOVED {
            let mut sql = Sql::new(format!("DELETE FROM {table} WHERE {column}"));
            sql.among(ids);
            database::execute(&**work, &sql).await?;
        }
    }
    Ok(unneeded)
}

async fn column(work: &Work<'_>, sql: &Sql) -> Result<Vec<Uuid>, DbErr> {
    database::read_values(&**work, sql).await
}
