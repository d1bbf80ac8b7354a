//! Keeps others from changing tasks for a while.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use uuid::Uuid;

use crate::database::{self, Sql};

/// How tasks are locked on PostgreSQL: what refers to them may still be stored meanwhile.
pub const LOCK: &str = " FOR NO KEY UPDATE";

/// Keeps others from changing these tasks until the end of the transaction. Whoever changes several tasks at once locks
/// them first, and everybody does so in the order of the ids, so that nobody waits for somebody who waits for them. On
/// SQLite the transaction itself keeps others out.
///
/// # Errors
/// The database does not answer.
pub async fn lock(connection: &impl ConnectionTrait, tasks: &[Uuid]) -> Result<(), DbErr> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let mut sql = Sql::new("SELECT id FROM task WHERE id");
    sql.among(tasks).push(" ORDER BY id").push(LOCK);
    database::rows(connection, &sql).await?;
    Ok(())
}
