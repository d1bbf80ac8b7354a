//! Counts the statements that the server executes, names the slow ones, and shows all of them in traces.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use metrics::{counter, describe_counter, describe_histogram, histogram};
use sea_orm::DbBackend;
use tracing::Span;

use crate::traces::{STATEMENT, TRACES};

/// Name of the number of statements among the metrics.
const STATEMENTS: &str = "dailies_database_statements_total";
/// Name of the times of statements whose rows are few.
pub(crate) const STATEMENT_DURATION: &str = "dailies_database_statement_duration_seconds";
/// Most bytes of a statement that the log and traces show: one that names ten thousand records is long.
const SHOWN: usize = 2000;

/// Says what the metrics of statements mean.
pub(crate) fn describe() {
    describe_counter!(STATEMENTS, "Statements that the database executed.");
    describe_histogram!(
        STATEMENT_DURATION,
        "Seconds that a statement took, but for those whose rows are sent on as they come."
    );
}

/// Statements of one database.
#[derive(Debug, Default)]
pub(super) struct Counter {
    total: AtomicU64,
    /// Milliseconds from which on a statement is logged; 0 for never.
    slow: AtomicU64,
}

impl Counter {
    /// Logs statements that take so many milliseconds; 0 for none.
    pub(super) fn name_slow(&self, milliseconds: u64) {
        self.slow.store(milliseconds, Ordering::Relaxed);
    }

    /// Counts a statement that is done.
    pub(super) fn count(&self, sql: &str, started: Instant) {
        self.count_stream();
        histogram!(STATEMENT_DURATION).record(started.elapsed());
        self.tell_slow(sql, started);
    }

    /// Counts a statement whose rows are sent on as they come: how long that takes says more of the client.
    pub(super) fn count_stream(&self) {
        self.total.fetch_add(1, Ordering::Relaxed);
        counter!(STATEMENTS).increment(1);
    }

    /// Logs a statement that took too long. The span around it says for which operation or job it was.
    pub(super) fn tell_slow(&self, sql: &str, started: Instant) {
        let (slow, elapsed) = (self.slow.load(Ordering::Relaxed), started.elapsed());
        if slow > 0 && elapsed >= Duration::from_millis(slow) {
            tracing::warn!(
                milliseconds = elapsed.as_secs_f64() * 1000.0,
                sql = shown(sql),
                "a slow statement"
            );
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

/// Span of a statement in traces. Values are no part of it: they are bound.
pub(super) fn span(sql: &str, backend: DbBackend) -> Span {
    tracing::info_span!(
        target: TRACES,
        STATEMENT,
        otel.kind = "client",
        otel.name = first_word(sql),
        db.system.name = if backend == DbBackend::Postgres { "postgresql" } else { "sqlite" },
        db.query.text = shown(sql),
    )
}

fn first_word(sql: &str) -> &str {
    sql.split_ascii_whitespace().next().unwrap_or_default()
}

/// The beginning of a statement.
fn shown(sql: &str) -> &str {
    &sql[..sql.floor_char_boundary(SHOWN)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_statements_are_shown_in_part() {
        assert_eq!(shown("SELECT 1"), "SELECT 1");
        assert_eq!(shown(&"a".repeat(SHOWN + 1)).len(), SHOWN);
        assert_eq!(shown(&format!("{}é", "a".repeat(SHOWN - 1))).len(), SHOWN - 1);
        assert_eq!(first_word("\n  UPDATE task SET"), "UPDATE");
    }
}
