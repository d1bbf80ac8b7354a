//! Parts of the server for whoever runs it: how they are set up, whether they are reached, and what waits in them.

use std::time::Duration;

use dailies_definitions::schemas::{DatabasePart, JobsPart, MailPart, RedisPart, ServerParts, StoragePart};
use sea_orm::DbBackend;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::probes::{PROBE_TIMEOUT, Probes};
use crate::app::App;
use crate::database;
use crate::jobs::{self, Backlog};

/// Time for which a look at other machines is told again: mail servers take note of whoever connects and sends nothing.
const LIFETIME: Duration = Duration::from_secs(60);

/// Parts on other machines that are reached.
#[derive(Clone, Copy)]
struct Reached {
    /// None when e-mails are switched off.
    mail: Option<bool>,
    storage: bool,
}

/// Last look at other machines.
#[derive(Default)]
pub(super) struct Parts(Mutex<Option<(Instant, Reached)>>);

impl Parts {
    /// State of the parts, where these work.
    pub(super) async fn look(&self, app: &App, probes: Probes) -> ServerParts {
        let backlog = timeout(PROBE_TIMEOUT, jobs::backlog(&app.database));
        let (reached, backlog) = tokio::join!(self.reached(app), backlog);
        let has_redis = app.settings.redis_host().is_some();
        ServerParts {
            database: DatabasePart {
                kind: if app.database.backend() == DbBackend::Postgres {
                    "postgresql"
                } else {
                    "sqlite"
                }
                .to_owned(),
                up: probes.database,
            },
            jobs: jobs_part(app, probes, backlog.ok().and_then(Result::ok)),
            mail: MailPart {
                configured: reached.mail.is_some(),
                up: reached.mail,
            },
            storage: StoragePart {
                kind: app.settings.files.fs_backend.clone(),
                up: reached.storage,
            },
            redis: RedisPart {
                configured: has_redis,
                up: has_redis.then(|| app.bus.is_joined()),
            },
        }
    }

    async fn reached(&self, app: &App) -> Reached {
        let mut last = self.0.lock().await;
        if let Some((moment, reached)) = *last
            && moment.elapsed() < LIFETIME
        {
            return reached;
        }
        let (mail, storage) = tokio::join!(
            timeout(PROBE_TIMEOUT, app.mailer.is_reached()),
            timeout(PROBE_TIMEOUT, app.storage.is_reached())
        );
        // Whoever takes too long is not reached.
        let reached = Reached {
            mail: mail.unwrap_or(Some(false)),
            storage: storage.unwrap_or(false),
        };
        *last = Some((Instant::now(), reached));
        reached
    }
}

/// The queue, whose numbers are not known where the database does not answer.
fn jobs_part(app: &App, probes: Probes, backlog: Option<Backlog>) -> JobsPart {
    let behind = |backlog: Backlog| {
        backlog
            .oldest_due
            .map_or(0, |due| (database::now() - due).num_seconds().max(0))
    };
    JobsPart {
        up: probes.job_queue,
        running_here: i64::try_from(app.jobs.running()).unwrap_or(i64::MAX),
        running: backlog.map(|backlog| backlog.running),
        waiting: backlog.map(|backlog| backlog.waiting),
        put_off: backlog.map(|backlog| backlog.put_off),
        given_up: backlog.map(|backlog| backlog.given_up),
        behind_seconds: backlog.map(behind),
    }
}
