//! Removal of what was written long ago and is only read for a while: the event log, sign-ins, notifications.

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::DbErr;

use super::Finding;
use crate::database::{self, Database, Sql};

/// Tables whose rows grow old. Nothing refers to them.
const TABLES: [(&str, &str); 3] = [
    ("event log", "api_event"),
    ("sign-ins", "login_log"),
    ("notifications", "notification"),
];

/// Rows that one statement removes, so that servers can write in between.
const PORTION: u64 = 5000;

/// Removes the rows that were made more than so many days ago.
///
/// # Errors
/// The database does not answer.
pub async fn old_rows(database: &Database, days: u32, dry_run: bool) -> Result<Vec<Finding>, DbErr> {
    let limit = database::now() - TimeDelta::days(i64::from(days));
    let mut found = Vec::new();
    for (what, table) in TABLES {
        let all = count(database, &Sql::new(format!("SELECT COUNT(*) FROM {table}"))).await?;
        let old = count(
            database,
            &Sql::with(
                format!("SELECT COUNT(*) FROM {table} WHERE created_at < $1"),
                [limit.into()],
            ),
        )
        .await?;
        if !dry_run {
            remove(database, table, limit).await?;
        }
        found.push(Finding::new(what, all, old));
    }
    Ok(found)
}

async fn remove(database: &Database, table: &str, limit: NaiveDateTime) -> Result<(), DbErr> {
    let text =
        format!("DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE created_at < $1 LIMIT {PORTION})");
    while database.change(&Sql::with(text.as_str(), [limit.into()])).await? == PORTION {}
    Ok(())
}

/// The number that a query of one number gives.
pub(super) async fn count(database: &Database, sql: &Sql) -> Result<u64, DbErr> {
    let number: i64 = database::read_value(database, sql).await?.unwrap_or_default();
    Ok(u64::try_from(number).unwrap_or_default())
}
