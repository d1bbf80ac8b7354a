//! Jobs that a request begins by itself, so that somebody goes on with them when the server is killed on the way.

use std::time::Duration;

use sea_orm::DbErr;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::{Job, payload, queue};
use crate::app::App;
use crate::background::Lane;
use crate::database::Database;
use crate::events::Work;

/// Period in which a lease is renewed.
const RENEWAL_PERIOD: Duration = Duration::from_secs(10);

/// A job that is being done by whoever has this. When it is dropped before the job is finished, the lease runs out, and a
/// worker takes the job up.
pub struct LeasedJob {
    id: Uuid,
    lane: Lane,
    _renewal: AbortOnDropHandle<()>,
}

impl LeasedJob {
    /// Stores a job with the change that wants it, and begins it.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn begin<J: Job>(work: &Work<'_>, job: &J) -> Result<Self, DbErr> {
        let id = queue::insert_claimed(&**work, J::KIND, payload(job)?).await?;
        let database = work.app().database.clone();
        let renewal = AbortOnDropHandle::new(tokio::spawn(async move { keep(&database, id, queue::FIRST).await }));
        Ok(Self {
            id,
            lane: J::LANE,
            _renewal: renewal,
        })
    }

    /// Finishes the job with the change that it led to. Says no when somebody else has taken it up meanwhile, who will
    /// make that change.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn finish(&self, database: &Database) -> Result<bool, DbErr> {
        queue::finish(database, self.id, queue::FIRST).await
    }

    /// Leaves the job to the workers, who begin once the work is stored. Says no when they have begun already.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn hand_over(&self, work: &mut Work<'_>) -> Result<bool, DbErr> {
        let lane = self.lane;
        work.afterwards(move |app: &App| {
            app.jobs.wake(lane);
            Box::pin(std::future::ready(()))
        });
        queue::give_back(&work.app().database, self.id, queue::FIRST).await
    }
}

/// Renews a lease until the job is no longer one's own.
pub(super) async fn keep(database: &Database, id: Uuid, attempt: i32) {
    loop {
        tokio::time::sleep(RENEWAL_PERIOD).await;
        match queue::renew(database, id, attempt).await {
            Ok(true) => {}
            Ok(false) => return,
            // The database may come back before the lease runs out.
            Err(error) => tracing::warn!(%error, job = %id, "the lease of a job could not be renewed"),
        }
    }
}
