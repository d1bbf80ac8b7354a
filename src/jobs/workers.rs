//! Those who do the jobs: one task a lane, which claims what is due and does a few at once.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::FutureExt;
use sea_orm::DbErr;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument, Span};

use super::counting::{self, Outcome};
use super::leased::keep;
use super::queue::{self, Claimed};
use super::registry::{JobKind, Registry};
use crate::app::SharedApp;
use crate::background::{JobError, Lane};
use crate::database;
use crate::traces::TRACES;

/// Time that workers sleep at most: as long as it takes to see what another server stored or left lying.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// Time that workers sleep at least, so that a job that another server is about to claim is not asked for all the time.
const SHORTEST_SLEEP: Duration = Duration::from_millis(200);
/// Time that workers wait for a database that does not answer.
const DATABASE_RETRY_DELAY: Duration = Duration::from_secs(5);
/// The first wait of a job that failed; each further one is four times as long, up to an hour.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// The workers of a server. When this is dropped they break off, as if the server were killed.
pub struct Workers {
    app: SharedApp,
    /// Moment by which jobs must end, once the server is about to.
    end: watch::Sender<Option<Instant>>,
    lanes: JoinSet<()>,
}

impl Workers {
    /// Lets them begin.
    #[must_use]
    pub fn start(app: &SharedApp, registry: Registry) -> Self {
        registry.names().for_each(counting::begin);
        let registry = Arc::new(registry);
        let (end, _) = watch::channel(None);
        let mut lanes = JoinSet::new();
        for lane in Lane::ALL {
            let crew = Crew {
                app: app.clone(),
                registry: registry.clone(),
                lane,
                running: JoinSet::new(),
                claims: HashMap::new(),
            };
            lanes.spawn(crew.work(end.subscribe()));
        }
        app.jobs.at_work.store(true, Ordering::Relaxed);
        Self {
            app: app.clone(),
            end,
            lanes,
        }
    }

    /// Claims nothing more, waits so long for what is being done, and gives the rest back to the queue.
    pub async fn close(mut self, patience: Duration) {
        let end = Instant::now() + patience;
        self.app.jobs.soon.close();
        if timeout_at(end, self.app.jobs.soon.wait()).await.is_err() {
            tracing::warn!("something that followed an answer was not done before the end");
        }
        self.end.send_replace(Some(end));
        let all = async { while self.lanes.join_next().await.is_some() {} };
        // The lanes need a moment more than their jobs.
        if timeout_at(end + DATABASE_RETRY_DELAY, all).await.is_err() {
            tracing::warn!("some jobs broke off");
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.app.jobs.at_work.store(false, Ordering::Relaxed);
    }
}

/// The workers of one lane.
struct Crew {
    app: SharedApp,
    registry: Arc<Registry>,
    lane: Lane,
    running: JoinSet<()>,
    /// Work in progress, by task.
    claims: HashMap<Id, Claimed>,
}

impl Crew {
    async fn work(mut self, mut end: watch::Receiver<Option<Instant>>) {
        let kinds = self.registry.of_lane(self.lane);
        while end.borrow_and_update().is_none() {
            let pause = match self.begin(&kinds).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::error!(%error, "the queue of jobs can't be read");
                    DATABASE_RETRY_DELAY
                }
            };
            let full = self.running.len() >= self.places();
            tokio::select! {
                _ = end.changed() => {}
                Some(done) = self.running.join_next_with_id() => self.forget(done),
                () = self.app.jobs.waiting[self.lane as usize].notified(), if !full => {}
                () = tokio::time::sleep(pause), if !full => {}
            }
        }
        let last = end.borrow().unwrap_or_else(Instant::now);
        self.end(last).await;
    }

    /// Jobs that are done at once.
    fn places(&self) -> usize {
        self.lane.places(&self.app.settings)
    }

    /// Begins what is due, as far as there are places, and says how long to sleep.
    async fn begin(&mut self, kinds: &[&'static str]) -> Result<Duration, DbErr> {
        let places = self.places().saturating_sub(self.running.len());
        if places == 0 || kinds.is_empty() {
            return Ok(LONGEST_SLEEP);
        }
        let Some(due) = queue::next_due(&self.app.database, kinds).await? else {
            return Ok(LONGEST_SLEEP);
        };
        if let Ok(wait) = (due - database::now()).to_std()
            && !wait.is_zero()
        {
            return Ok(wait.clamp(SHORTEST_SLEEP, LONGEST_SLEEP));
        }
        for claimed in queue::claim(&self.app.database, kinds, places).await? {
            self.app.jobs.busy.fetch_add(1, Ordering::Relaxed);
            let span = span(&claimed);
            let traced = span.in_scope(|| traced(&claimed));
            let work = perform(self.app.clone(), self.registry.clone(), claimed.clone());
            let task = self.running.spawn(work.instrument(traced).instrument(span));
            self.claims.insert(task.id(), claimed);
        }
        Ok(SHORTEST_SLEEP)
    }

    fn forget(&mut self, done: Result<(Id, ()), tokio::task::JoinError>) {
        let id = match done {
            Ok((id, ())) => id,
            Err(error) => error.id(),
        };
        if self.claims.remove(&id).is_some() {
            self.app.jobs.busy.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Waits for what is being done, and gives back what takes too long.
    async fn end(mut self, last: Instant) {
        while let Ok(Some(done)) = timeout_at(last, self.running.join_next_with_id()).await {
            self.forget(done);
        }
        self.running.shutdown().await;
        for claimed in std::mem::take(&mut self.claims).into_values() {
            self.app.jobs.busy.fetch_sub(1, Ordering::Relaxed);
            tracing::info!(job = %claimed.id, kind = claimed.kind, "a job goes back to the queue");
            if let Err(error) = queue::give_back(&self.app.database, claimed.id, claimed.attempt).await {
                tracing::warn!(%error, job = %claimed.id, "a job could not be given back; it is taken up again when its lease runs out");
            }
        }
    }
}

/// Span of everything that is logged on behalf of a job, at every level of the log.
fn span(claimed: &Claimed) -> Span {
    tracing::error_span!("job", kind = claimed.kind, id = %claimed.id)
}

/// Span of a job in traces.
fn traced(claimed: &Claimed) -> Span {
    tracing::info_span!(
        target: TRACES,
        "job",
        otel.kind = "consumer",
        otel.name = claimed.kind,
        dailies.job.id = %claimed.id,
        dailies.job.attempt = claimed.attempt,
    )
}

/// Does one job, unless it is lost to somebody else on the way, and enters what came of it.
async fn perform(app: SharedApp, registry: Arc<Registry>, claimed: Claimed) {
    let Some(kind) = registry.kind(&claimed.kind) else {
        return;
    };
    let started = Instant::now();
    let outcome = tokio::select! {
        outcome = attempt(&app, kind, &claimed) => outcome,
        () = keep(&app.database, claimed.id, claimed.attempt) => {
            tracing::warn!(job = %claimed.id, kind = claimed.kind, "a job was lost to another server");
            return;
        }
    };
    counting::time(&claimed.kind, started.elapsed());
    if let Err(error) = settle(&app, kind, &claimed, outcome).await {
        tracing::error!(%error, job = %claimed.id, "what came of a job could not be stored; it is done again");
    }
}

async fn attempt(app: &SharedApp, kind: JobKind, claimed: &Claimed) -> Result<(), JobError> {
    if claimed.attempt > kind.attempts {
        return Err(JobError::never("the server ended each time that it was tried"));
    }
    let run = AssertUnwindSafe((kind.run)(app, claimed.payload.clone(), claimed.id)).catch_unwind();
    match timeout((kind.patience)(&app.settings), run).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(JobError::Later("it panicked".into())),
        Err(_) => Err(JobError::Later("it took too long".into())),
    }
}

async fn settle(app: &SharedApp, kind: JobKind, claimed: &Claimed, outcome: Result<(), JobError>) -> Result<(), DbErr> {
    let connection = &app.database;
    let Claimed { id, attempt, .. } = *claimed;
    let error = match outcome {
        Ok(()) => {
            counting::count(&claimed.kind, Outcome::Done);
            return queue::finish(connection, id, attempt).await.map(|_| ());
        }
        Err(error) => error,
    };
    if matches!(error, JobError::Later(_)) && attempt < kind.attempts {
        let wait = wait_after(attempt);
        counting::count(&claimed.kind, Outcome::PutOff);
        tracing::warn!(job = %id, kind = claimed.kind, attempt, %error, "a job failed; it is tried again in {} seconds", wait.as_secs());
        return queue::put_off(connection, id, attempt, wait, &error.to_string()).await;
    }
    counting::count(&claimed.kind, Outcome::GivenUp);
    tracing::error!(job = %id, kind = claimed.kind, attempt, %error, "a job was given up");
    if let Err(error) = (kind.given_up)(app, claimed.payload.clone()).await {
        tracing::error!(job = %id, kind = claimed.kind, %error, "what follows from giving a job up could not be done");
    }
    queue::bury(connection, id, attempt, &error.to_string()).await
}

fn wait_after(attempt: i32) -> Duration {
    let steps = u32::try_from(attempt - 1).unwrap_or_default();
    FIRST_WAIT.saturating_mul(4_u32.saturating_pow(steps)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_an_hour() {
        let seconds: Vec<u64> = [1, 2, 3, 6, 7, 30]
            .into_iter()
            .map(|attempt| wait_after(attempt).as_secs())
            .collect();
        assert_eq!(seconds, [2, 8, 32, 2048, 3600, 3600]);
    }
}
