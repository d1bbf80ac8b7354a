//! Copies of other instances, of Zou or of Dailies, through their HTTP API: `dailies pull` brings everything or one
//! production here, `dailies push` takes one production there.
//!
//! Both go through the same list of collections ([`stages`]). Rows are stored by what `/import/kitsu` does
//! ([`crate::sources`]), a page in a transaction, so that a copy that broke off goes on where it was, and one that is made
//! again brings what has changed.

mod comparing;
mod files;
mod pages;
mod pull;
mod push;
mod remote;
mod scope;
mod settings;
mod stages;
mod state;

use sea_orm::DbErr;

use crate::background::JobError;
use crate::storage::StorageError;

pub use self::comparing::{Compared, compare};
pub use self::files::Fetched;
pub use self::pull::{PullOptions, PullOutcome, pull};
pub use self::push::{PushOptions, compare_pushed, push};
pub use self::remote::{Remote, RemoteError};

/// Reason why a copy was not made, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error("the file storage can't be used: {0}")]
    Storage(#[from] StorageError),
    #[error("{0}: {1}")]
    State(String, std::io::Error),
    #[error("there is no production named {0} {1}")]
    NoProduction(String, &'static str),
    #[error("{0}")]
    Refused(String),
}

impl PullError {
    /// Reason why this server refuses rows.
    fn refused(failure: dailies_definitions::failure::Failure) -> Self {
        use dailies_definitions::failure::Failure;
        if let Failure::Answer { body, .. } = &failure
            && let Some(problem) = body["data"]["errors"].get(0)
        {
            let part = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
            return Self::Refused(format!("{}: {}", part("field"), part("message")));
        }
        Self::Refused(JobError::of(failure).to_string())
    }
}
