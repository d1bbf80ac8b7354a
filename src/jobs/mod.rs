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

mod held;
mod queue;
mod registry;
mod workers;

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use dailies_definitions::failure::Failure;
use sea_orm::DbErr;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use self::held::Held;
pub use self::queue::sweep;
pub use self::registry::Registry;
pub use self::workers::Workers;
use crate::app::{App, SharedApp};
use crate::config::Settings;
use crate::events::Work;

/// A kind of job. What is stored of it is the value itself, which must hold no secret.
#[async_trait]
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The word in the database.
    const KIND: &'static str;
    /// What it waits with.
    const LANE: Lane;
    /// How often it is tried before it is given up.
    const ATTEMPTS: i32;

    /// How long one try may take.
    fn patience(_settings: &Settings) -> Duration {
        Duration::from_secs(120)
    }

    /// Does it. The id stays the same when it is tried again.
    ///
    /// # Errors
    /// Whether it makes sense to try again, and what went wrong; no secret may be part of that.
    async fn run(&self, app: &SharedApp, id: Uuid) -> Result<(), JobError>;

    /// What follows when it was tried in vain.
    ///
    /// # Errors
    /// What went wrong, for the log.
    async fn given_up(&self, _app: &SharedApp) -> Result<(), JobError> {
        Ok(())
    }
}

/// Jobs of one lane wait for one another, and for no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Short work that waits for other servers: e-mails and messages.
    Letters,
    /// Long work that takes processors: movies and pictures.
    Media,
}

impl Lane {
    const ALL: [Self; 2] = [Self::Letters, Self::Media];

    /// Jobs that one server does at once.
    const fn places(self) -> usize {
        match self {
            Self::Letters => 4,
            Self::Media => 2,
        }
    }
}

/// Why a job was not done.
#[derive(Debug)]
pub enum JobError {
    /// Another time may go better.
    Later(Box<dyn Error + Send + Sync>),
    /// It will never go better.
    Never(Box<dyn Error + Send + Sync>),
}

impl JobError {
    /// It will never go better, for that reason.
    pub fn never(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Never(reason.into())
    }

    /// A refusal stays one; a fault may pass.
    #[must_use]
    pub fn of(failure: Failure) -> Self {
        match failure {
            Failure::Answer { status, body, .. } => Self::never(body["message"].as_str().map_or_else(|| status.to_string(), str::to_owned)),
            Failure::Fault(error) => Self::Later(error),
        }
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for JobError {
    fn from(error: E) -> Self {
        Self::Later(Box::new(error))
    }
}

/// The error with its causes: those of libraries often say little by themselves.
impl fmt::Display for JobError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Later(error) | Self::Never(error)) = self;
        let mut told = error.to_string();
        write!(out, "{told}")?;
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !told.contains(&text) {
                write!(out, ": {text}")?;
                told = text;
            }
            cause = error.source();
        }
        Ok(())
    }
}

/// What the rest of the server knows of its jobs.
#[derive(Default)]
pub struct Jobs {
    /// One for each lane.
    waiting: [Notify; Lane::ALL.len()],
    /// Jobs that this server works on.
    busy: AtomicUsize,
    /// Whether somebody works here.
    at_work: AtomicBool,
    soon: TaskTracker,
}

impl Jobs {
    /// Tells the workers of a lane that there may be something to do.
    pub fn wake(&self, lane: Lane) {
        self.waiting[lane as usize].notify_one();
    }

    /// Does something after the answer that need not survive a crash, but that an orderly end waits for.
    pub fn soon(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.soon.spawn(work);
    }

    /// Number of jobs that this server works on.
    #[must_use]
    pub fn running(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    /// Whether this server does jobs.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        self.at_work.load(Ordering::Relaxed)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_its_causes_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("the letter stays here")]
        struct Outer(#[source] std::io::Error);
        let error = JobError::from(Outer(std::io::Error::other("nobody answers")));
        assert_eq!(error.to_string(), "the letter stays here: nobody answers");
        assert_eq!(JobError::never("no such place").to_string(), "no such place");
    }

    #[test]
    fn a_refusal_is_final_and_a_fault_is_not() {
        assert!(matches!(JobError::of(Failure::refused("no")), JobError::Never(error) if error.to_string() == "no"));
        assert!(matches!(JobError::of(std::io::Error::other("away").into()), JobError::Later(_)));
    }
}
