//! Removal of what has expired: revoked tokens, counters and codes, and jobs that were given up. A running server does the
//! same each hour.

use sea_orm::DbErr;

use super::Finding;
use super::old_rows::count;
use crate::app::App;
use crate::database::{Sql, now};
use crate::jobs;

/// Removes what has expired. What was revoked and has not expired stays, so that no session comes back to life.
///
/// # Errors
/// The database does not answer.
pub async fn expired(app: &App, dry_run: bool) -> Result<Vec<Finding>, DbErr> {
    let database = &app.database;
    let facts = count(database, &Sql::new("SELECT COUNT(*) FROM dailies_store")).await?;
    let over = count(
        database,
        &Sql::with(
            "SELECT COUNT(*) FROM dailies_store WHERE expires_at <= $1",
            [now().into()],
        ),
    )
    .await?;
    let all_jobs = count(database, &Sql::new("SELECT COUNT(*) FROM dailies_job")).await?;
    let given_up = jobs::to_sweep(database).await?;
    if !dry_run {
        app.store.sweep().await?;
        jobs::sweep(database).await?;
    }
    Ok(vec![
        Finding::new("tokens, codes and counters", facts, over),
        Finding::new("jobs", all_jobs, given_up),
    ])
}
