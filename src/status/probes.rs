//! Parts of the server that work. Looking is public, so it is done once for everybody who asks within a few seconds.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::app::App;
use crate::database::Sql;

/// Time for which a result is told again.
const LIFETIME: Duration = Duration::from_secs(3);
/// Time that a part may take to answer before it counts as down.
pub(super) const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Parts that work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Probes {
    pub database: bool,
    pub key_value_store: bool,
    /// Events are sent from this process, so they are when it answers.
    pub event_stream: bool,
    /// Jobs are done in this process, too.
    pub job_queue: bool,
    /// A search reads the database, so it works when that does.
    pub indexer: bool,
    /// Movies can be read.
    pub movie_tools: bool,
    /// Pages of documents can be drawn.
    pub document_tools: bool,
}

/// Last result.
#[derive(Default)]
pub(super) struct Prober {
    last: Mutex<Option<(Instant, Probes)>>,
}

impl Prober {
    /// Parts that work now, or did a moment ago.
    pub(super) async fn probe(&self, app: &App) -> Probes {
        let mut last = self.last.lock().await;
        if let Some((moment, probes)) = *last
            && moment.elapsed() < LIFETIME
        {
            return probes;
        }
        let question = Sql::new("SELECT 1");
        let database = timeout(PROBE_TIMEOUT, app.database.row(&question));
        let store = timeout(PROBE_TIMEOUT, app.store.get("status"));
        let (database, store) = tokio::join!(database, store);
        let probes = Probes {
            database: matches!(database, Ok(Ok(_))),
            key_value_store: matches!(store, Ok(Ok(_))) && app.bus.is_joined(),
            event_stream: true,
            job_queue: app.jobs.is_at_work(),
            indexer: matches!(database, Ok(Ok(_))),
            movie_tools: app.programs.read_movies().await,
            document_tools: app.programs.draw_documents().await,
        };
        *last = Some((Instant::now(), probes));
        probes
    }
}
