//! Counts the statements that the server executes, and names the slow ones.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use metrics::{counter, describe_counter, describe_histogram, histogram};

/// Name of the number of statements among the metrics.
const STATEMENTS: &str = "dailies_database_statements_total";
/// Name of the times of statements whose rows are few.
const DURATION: &str = "dailies_database_statement_duration_seconds";

/// Says what the metrics of statements mean.
pub(crate) fn describe() {
    describe_counter!(STATEMENTS, "Statements that the database executed.");
    describe_histogram!(DURATION, "Seconds that a statement took, but for those whose rows are sent on as they come.");
}

/// A statement that takes longer is worth a warning.
const SLOW_STATEMENT: Duration = Duration::from_secs(2);

/// Statements of one database.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    /// Counts a statement that is done.
    pub(super) fn count(&self, sql: &str, elapsed: Duration) {
        self.count_stream();
        histogram!(DURATION).record(elapsed);
        if elapsed > SLOW_STATEMENT {
            tracing::warn!(?elapsed, sql, "a slow statement");
        }
    }

    /// Counts a statement whose rows are sent on as they come: how long that takes says more of the client.
    pub(super) fn count_stream(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        counter!(STATEMENTS).increment(1);
    }

    pub(super) fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
