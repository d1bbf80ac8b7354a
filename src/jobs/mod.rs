//! Work in the background that survives a crash: jobs are rows of the database, stored together with the change that wants
//! them, and done by any server that has a place free.
//!
//! A job is done at least once: one that breaks off is done again, so each kind sees to it that a second time does no harm.
//! Whoever works on a job holds a lease on its row and renews it; when the server is killed the lease runs out, and the job
//! is taken up by whoever looks next. A failed job is tried again, later each time, until it is given up; then the row stays
//! for a month, with the last error. Workers sleep until somebody stores a job here, until the next one is due, or for half
//! a minute, so that an idle server asks the database for almost nothing.
//!
//! This is no library because none fits. The queue has to live in the studio's own database, be it SQLite or PostgreSQL,
//! where only tables named `dailies_…` may appear; and a job has to be stored in the very transaction of its change, which
//! sea-orm holds and does not hand out. apalis 1.0 runs on both databases, but names its tables `Jobs` and `Workers` on
//! SQLite, wants a schema and the extension `hstore` on PostgreSQL, and stores jobs through a connection of sqlx.
//! graphile_worker 0.14 knows PostgreSQL alone, as do underway 0.2 and sqlxmq 0.6, which need another release of sqlx
//! besides, like fang 0.11.

mod counting;
mod leased;
mod queue;
mod registry;
mod workers;

use std::time::Duration;

use async_trait::async_trait;
use sea_orm::DbErr;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

pub(crate) use self::counting::{DURATION, describe};
pub use self::leased::LeasedJob;
pub use self::queue::{Backlog, backlog, sweep, to_sweep};
pub use self::registry::Registry;
pub use self::workers::Workers;
use crate::app::{App, SharedApp};
use crate::background::{JobError, Lane};
use crate::config::Settings;
use crate::events::Work;

/// A kind of job. What is stored of it is the value itself, which must hold no secret.
#[async_trait]
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The word in the database.
    const KIND: &'static str;
    /// Lane that it waits in.
    const LANE: Lane;
    /// Number of times that it is tried before it is given up.
    const ATTEMPTS: i32;

    /// Time that one try may take.
    fn patience(_settings: &Settings) -> Duration {
        Duration::from_secs(120)
    }

    /// Does it. The id stays the same when it is tried again.
    ///
    /// # Errors
    /// The fault, and the sense of another try; no secret may be part of it.
    async fn run(&self, app: &SharedApp, id: Uuid) -> Result<(), JobError>;

    /// Consequence of trying in vain.
    ///
    /// # Errors
    /// The fault, for the log.
    async fn given_up(&self, _app: &SharedApp) -> Result<(), JobError> {
        Ok(())
    }
}

/// Stores jobs with the change that wants them; they are done once the work is stored.
///
/// # Errors
/// The database refuses.
pub async fn enqueue<J: Job>(work: &mut Work<'_>, jobs: &[J]) -> Result<(), DbErr> {
    if jobs.is_empty() {
        return Ok(());
    }
    let payloads = jobs.iter().map(payload).collect::<Result<Vec<_>, _>>()?;
    queue::insert(&**work, J::KIND, payloads).await?;
    work.afterwards(|app: &App| {
        app.jobs.wake(J::LANE);
        Box::pin(std::future::ready(()))
    });
    Ok(())
}

fn payload<J: Job>(job: &J) -> Result<Value, DbErr> {
    serde_json::to_value(job).map_err(|error| DbErr::Json(error.to_string()))
}
