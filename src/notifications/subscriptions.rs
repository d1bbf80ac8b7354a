//! Subscriptions of persons to tasks.

use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::database::{self, Sql};

/// True if a person follows a task.
///
/// # Errors
/// The database does not answer.
pub async fn follows(connection: &impl ConnectionTrait, person_id: Uuid, task_id: Uuid) -> Result<bool, DbErr> {
    let sql = Sql::with(
        "SELECT 1 FROM subscription WHERE person_id = $1 AND task_id = $2 LIMIT 1",
        [person_id.into(), task_id.into()],
    );
    Ok(database::row(connection, &sql).await?.is_some())
}
