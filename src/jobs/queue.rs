//! The rows of the queue: how jobs are stored, claimed, renewed, put off and given up.
//!
//! The count of attempts tells who holds a row: every claim raises it, and whoever comes back after losing the lease finds
//! another number there than the one they claimed with.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use sea_orm::{DbBackend, DbErr, FromQueryResult};
use serde_json::Value;
use uuid::Uuid;

use crate::database::{self, Database, Sql, Writes};

/// Time that a claim lasts unless it is renewed.
pub(super) const LEASE: Duration = Duration::from_secs(30);
/// Time for which a job that was given up is kept.
const FAILED_JOB_RETENTION: TimeDelta = TimeDelta::days(30);
/// Longest error that is kept, in characters.
const ERROR_LENGTH: usize = 1000;
/// Rows that one statement stores.
const PORTION: usize = 100;

/// The first attempt of a job that whoever stores it begins at once.
pub(super) const FIRST: i32 = 1;

/// A job that somebody works on.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Claimed {
    pub id: Uuid,
    pub kind: String,
    pub payload: Value,
    /// Number of the attempt, from 1 on.
    pub attempt: i32,
}

fn lease_end(now: NaiveDateTime) -> NaiveDateTime {
    now + TimeDelta::from_std(LEASE).unwrap_or_default()
}

/// Stores jobs of one kind that may be done at once.
pub(super) async fn insert(transaction: &impl Writes, kind: &str, payloads: Vec<Value>) -> Result<(), DbErr> {
    let now = database::now();
    for payloads in payloads.chunks(PORTION) {
        let mut sql = Sql::new(
            "INSERT INTO dailies_job (id, kind, payload, state, attempts, run_at, created_at, updated_at) VALUES ",
        );
        for (at, payload) in payloads.iter().enumerate() {
            sql.push(if at > 0 { ", (" } else { "(" })
                .bind(Uuid::new_v4())
                .push(", ")
                .bind(kind)
                .push(", ")
                .bind(payload.clone());
            sql.push(", 'queued', 0, ")
                .bind(now)
                .push(", ")
                .bind(now)
                .push(", ")
                .bind(now)
                .push(")");
        }
        database::execute(transaction, &sql).await?;
    }
    Ok(())
}

/// Stores a job that the caller begins at once, and gives its id.
pub(super) async fn insert_claimed(transaction: &impl Writes, kind: &str, payload: Value) -> Result<Uuid, DbErr> {
    let (id, now) = (Uuid::new_v4(), database::now());
    let sql = Sql::with(
        "INSERT INTO dailies_job (id, kind, payload, state, attempts, run_at, locked_until, created_at, updated_at) \
         VALUES ($1, $2, $3, 'running', $4, $5, $6, $5, $5)",
        [
            id.into(),
            kind.into(),
            payload.into(),
            FIRST.into(),
            now.into(),
            lease_end(now).into(),
        ],
    );
    database::execute(transaction, &sql).await?;
    Ok(id)
}

/// Moment at which the next job of these kinds is due: one that waits, or one whose lease runs out.
pub(super) async fn next_due(database: &Database, kinds: &[&'static str]) -> Result<Option<NaiveDateTime>, DbErr> {
    let mut sql = Sql::new(
        "SELECT MIN(CASE state WHEN 'queued' THEN run_at ELSE locked_until END) FROM dailies_job WHERE state IN ('queued', 'running') AND kind IN ",
    );
    sql.bind_list(kinds.iter().copied());
    Ok(database::read_value::<Option<NaiveDateTime>>(database, &sql)
        .await?
        .flatten())
}

/// Claims jobs of these kinds that are due: those that wait, and those that somebody left lying. Of several who claim at
/// once, each gets others: on PostgreSQL rows that another one looks at are skipped, on SQLite the statement is alone.
pub(super) async fn claim(database: &Database, kinds: &[&'static str], most: usize) -> Result<Vec<Claimed>, DbErr> {
    let now = database::now();
    let mut sql = Sql::with(
        "UPDATE dailies_job SET state = 'running', attempts = attempts + 1, locked_until = $1, updated_at = $2 WHERE id IN (\
         SELECT id FROM dailies_job WHERE (state = 'queued' AND run_at <= $2 OR state = 'running' AND locked_until < $2) AND kind IN ",
        [lease_end(now).into(), now.into()],
    );
    sql.bind_list(kinds.iter().copied())
        .push(" ORDER BY run_at, id LIMIT ")
        .bind(i64::try_from(most).unwrap_or(i64::MAX));
    sql.push(if database.backend() == DbBackend::Postgres {
        " FOR UPDATE SKIP LOCKED)"
    } else {
        ")"
    });
    sql.push(" RETURNING id, kind, payload, attempts AS attempt");
    let claimed = database.change_returning(&sql).await?;
    claimed.iter().map(|row| Claimed::from_query_result(row, "")).collect()
}

/// Renews a lease. Says whether the job is still one's own.
pub(super) async fn renew(database: &Database, id: Uuid, attempt: i32) -> Result<bool, DbErr> {
    let now = database::now();
    let mut sql = Sql::with(
        "UPDATE dailies_job SET locked_until = $1, updated_at = $2",
        [lease_end(now).into(), now.into()],
    );
    own(&mut sql, id, attempt);
    Ok(database.change(&sql).await? > 0)
}

/// Takes a job that is done off the queue, with all that was known of it. Says whether it was still one's own.
pub(super) async fn finish(database: &Database, id: Uuid, attempt: i32) -> Result<bool, DbErr> {
    let mut sql = Sql::new("DELETE FROM dailies_job");
    own(&mut sql, id, attempt);
    Ok(database.change(&sql).await? > 0)
}

/// Puts a job off that failed.
pub(super) async fn put_off(
    database: &Database,
    id: Uuid,
    attempt: i32,
    wait: Duration,
    error: &str,
) -> Result<(), DbErr> {
    let now = database::now();
    let run_at = now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(1));
    let mut sql = Sql::with(
        "UPDATE dailies_job SET state = 'queued', locked_until = NULL, run_at = $1, last_error = $2, updated_at = $3",
        [run_at.into(), shortened(error).into(), now.into()],
    );
    own(&mut sql, id, attempt);
    database.change(&sql).await?;
    Ok(())
}

/// Lets somebody else begin a job as if it had not been begun.
pub(super) async fn give_back(database: &Database, id: Uuid, attempt: i32) -> Result<bool, DbErr> {
    let mut sql = Sql::with(
        "UPDATE dailies_job SET state = 'queued', locked_until = NULL, attempts = attempts - 1, run_at = $1, updated_at = $1",
        [database::now().into()],
    );
    own(&mut sql, id, attempt);
    Ok(database.change(&sql).await? > 0)
}

/// Gives a job up; it stays for a while with what went wrong.
pub(super) async fn bury(database: &Database, id: Uuid, attempt: i32, error: &str) -> Result<(), DbErr> {
    let mut sql = Sql::with(
        "UPDATE dailies_job SET state = 'dead', locked_until = NULL, last_error = $1, updated_at = $2",
        [shortened(error).into(), database::now().into()],
    );
    own(&mut sql, id, attempt);
    database.change(&sql).await?;
    Ok(())
}

fn own(sql: &mut Sql, id: Uuid, attempt: i32) {
    sql.push(" WHERE state = 'running' AND id = ")
        .bind(id)
        .push(" AND attempts = ")
        .bind(attempt);
}

fn shortened(error: &str) -> String {
    error.chars().filter(|char| *char != '\0').take(ERROR_LENGTH).collect()
}

/// Jobs of the queue by what they wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct Backlog {
    /// Jobs that nobody works on, those that were put off included.
    pub waiting: i64,
    /// Those of them that failed before.
    pub put_off: i64,
    /// Jobs that some server works on.
    pub running: i64,
    /// Jobs that were given up within a month.
    pub given_up: i64,
    /// Moment at which the one that waits longest was due.
    pub oldest_due: Option<NaiveDateTime>,
}

/// State of the queue, all servers together.
///
/// # Errors
/// The database does not answer.
pub async fn backlog(database: &Database) -> Result<Backlog, DbErr> {
    let sql = Sql::with(
        "SELECT COUNT(CASE state WHEN 'queued' THEN 1 END) AS waiting, \
         COUNT(CASE WHEN state = 'queued' AND last_error IS NOT NULL THEN 1 END) AS put_off, \
         COUNT(CASE state WHEN 'running' THEN 1 END) AS running, COUNT(CASE state WHEN 'dead' THEN 1 END) AS given_up, \
         MIN(CASE WHEN state = 'queued' AND run_at <= $1 THEN run_at END) AS oldest_due FROM dailies_job",
        [database::now().into()],
    );
    Ok(database::read_one(database, &sql).await?.unwrap_or_default())
}

/// Number of jobs that were given up a month ago.
///
/// # Errors
/// The database does not answer.
pub async fn to_sweep(database: &Database) -> Result<u64, DbErr> {
    let sql = Sql::with(
        "SELECT COUNT(*) FROM dailies_job WHERE state = 'dead' AND updated_at < $1",
        [(database::now() - FAILED_JOB_RETENTION).into()],
    );
    let count: i64 = database::read_value(database, &sql).await?.unwrap_or_default();
    Ok(count.unsigned_abs())
}

/// Removes jobs that were given up a month ago.
///
/// # Errors
/// The database does not answer.
pub async fn sweep(database: &Database) -> Result<(), DbErr> {
    let sql = Sql::with(
        "DELETE FROM dailies_job WHERE state = 'dead' AND updated_at < $1",
        [(database::now() - FAILED_JOB_RETENTION).into()],
    );
    database.change(&sql).await?;
    Ok(())
}
