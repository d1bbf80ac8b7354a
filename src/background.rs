//! Work in the background, as all rooms know it: which lanes there are, what wakes the workers, and why something was
//! not done. The queue and its workers lie above, in `jobs/`.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use dailies_definitions::failure::Failure;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use crate::config::Settings;

/// Jobs of one lane wait for one another, and for no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Short work that waits for other servers: e-mails and messages.
    Letters,
    /// Long work that takes processors: movies and pictures.
    Media,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Letters, Self::Media];

    /// Jobs that one server does at once.
    #[must_use]
    pub fn places(self, settings: &Settings) -> usize {
        match self {
            Self::Letters => 4,
            Self::Media => settings.media.encoders.into(),
        }
    }
}

/// Reason why a job was not done.
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
            Failure::Answer { status, body, .. } => Self::never(
                body["message"]
                    .as_str()
                    .map_or_else(|| status.to_string(), str::to_owned),
            ),
            Failure::Fault(error) => Self::Later(error),
        }
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for JobError {
    fn from(error: E) -> Self {
        Self::Later(Box::new(error))
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Later(error) | Self::Never(error)) = self;
        out.write_str(&with_causes(&**error))
    }
}

/// An error with its causes: those of libraries often say little by themselves.
#[must_use]
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut told = error.to_string();
    let mut all = told.clone();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !told.contains(&text) {
            all.push_str(": ");
            all.push_str(&text);
            told = text;
        }
        cause = error.source();
    }
    all
}

/// Jobs, as far as the rest of the server knows them.
#[derive(Default)]
pub struct Jobs {
    /// One for each lane.
    pub waiting: [Notify; Lane::ALL.len()],
    /// Jobs that this server works on.
    pub busy: AtomicUsize,
    /// True if somebody works here.
    pub at_work: AtomicBool,
    /// Work to do after the answer.
    pub soon: TaskTracker,
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

    /// True if this server does jobs.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        self.at_work.load(Ordering::Relaxed)
    }
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
        assert!(matches!(
            JobError::of(std::io::Error::other("away").into()),
            JobError::Later(_)
        ));
    }
}
