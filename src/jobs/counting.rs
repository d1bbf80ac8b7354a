//! Counts the jobs that this server tries, by kind.

use std::time::Duration;

use metrics::{Counter, counter, describe_counter, describe_histogram, histogram};

/// Name of the number of tries among the metrics.
const JOBS: &str = "dailies_jobs_total";
/// Name of the times that they took.
pub(crate) const DURATION: &str = "dailies_job_duration_seconds";

/// Says what the metrics of jobs mean.
pub(crate) fn describe() {
    describe_counter!(JOBS, "Jobs that were tried, by what came of it.");
    describe_histogram!(DURATION, "Seconds that a try of a job took.");
}

/// Outcome of trying a job.
#[derive(Clone, Copy)]
pub(super) enum Outcome {
    Done,
    /// It is tried again.
    PutOff,
    GivenUp,
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Done, Self::PutOff, Self::GivenUp];

    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::PutOff => "put_off",
            Self::GivenUp => "given_up",
        }
    }
}

/// Shows that no job of a kind was tried yet. Whoever watches a count sees it rise only from a value that was there.
pub(super) fn begin(kind: &str) {
    for outcome in Outcome::ALL {
        tries(kind, outcome).increment(0);
    }
}

/// Counts a try that came to an end.
pub(super) fn count(kind: &str, outcome: Outcome) {
    tries(kind, outcome).increment(1);
}

fn tries(kind: &str, outcome: Outcome) -> Counter {
    counter!(JOBS, "kind" => kind.to_owned(), "outcome" => outcome.word())
}

/// Takes note of the time that a try took.
pub(super) fn time(kind: &str, elapsed: Duration) {
    histogram!(DURATION, "kind" => kind.to_owned()).record(elapsed);
}
