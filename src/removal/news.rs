//! News that fall with comments and tasks.

use sea_orm::DbErr;
use uuid::Uuid;

use crate::database::{self, BATCH, Sql};
use crate::events::{Work, payload};

/// Tells of each of the news that go with rows they name in a column, before they are gone.
///
/// # Errors
/// The database does not answer.
pub async fn tell_lost_news(work: &mut Work<'_>, column: &str, owners: &[Uuid]) -> Result<(), DbErr> {
    for ids in owners.chunks(BATCH) {
        let mut sql = Sql::new(format!(
            "SELECT n.id, t.project_id FROM news n LEFT JOIN task t ON t.id = n.task_id WHERE n.{column}"
        ));
        sql.among(ids).push(" ORDER BY n.created_at, n.id");
        for row in database::rows(&**work, &sql).await? {
            let project_id: Option<Uuid> = row.try_get("", "project_id")?;
            work.emit_in(
                project_id,
                "news:delete",
                payload([("news_id", row.try_get::<Uuid>("", "id")?)]),
            );
        }
    }
    Ok(())
}
