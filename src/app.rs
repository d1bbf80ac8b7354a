//! Parts of a running server, which all rooms share.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::background::Jobs;
use crate::callers::Callers;
use crate::conditional::Conditional;
use crate::config::Settings;
use crate::credentials::attempts::Attempts;
use crate::credentials::guesses::Guesses;
use crate::credentials::passwords::Passwords;
use crate::credentials::tokens::Tokens;
use crate::database::Database;
use crate::mail::Mailer;
use crate::messengers::Messengers;
use crate::pictures::PictureBudget;
use crate::programs::Programs;
use crate::realtime::Bus;
use crate::storage::Storage;
use crate::store::Store;

/// The parts of a running server. Handlers hold it behind an [`Arc`].
pub struct App {
    pub settings: Settings,
    pub database: Database,
    /// Short-lived facts: revoked tokens, reset tokens, counters.
    pub store: Store,
    pub tokens: Tokens,
    pub passwords: Passwords,
    /// Latest attempts to sign in.
    pub attempts: Attempts,
    /// Persons who call, kept in mind for a while.
    pub callers: Callers,
    /// Answers that did not change.
    pub conditional: Conditional,
    /// Way of the events once they are stored.
    pub bus: Bus,
    pub storage: Storage,
    /// Memory for decoding pictures.
    pub pictures: PictureBudget,
    /// Programs that look into movies and documents.
    pub programs: Programs,
    /// Places for pictures and movies that are sent at once, where there is a limit.
    pub media: Option<Arc<Semaphore>>,
    pub mailer: Mailer,
    pub messengers: Messengers,
    /// Work in the background.
    pub jobs: Jobs,
    /// Attempts of strangers on shared playlists.
    pub guesses: Guesses,
}

/// Form in which handlers hold the server.
pub type SharedApp = Arc<App>;
