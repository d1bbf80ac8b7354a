//! Measurements as figures of a table.

use std::time::Duration;

use super::client::Answered;

/// The figures of one route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figures {
    /// Bytes of an answer.
    bytes: usize,
    /// Time of the first call of the run, on a connection of its own.
    cold: Duration,
    /// Median time to the head of the answer.
    first_byte: Duration,
    /// Median time of a whole call.
    median: Duration,
    /// Time that one call in a hundred takes longer than.
    slow: Duration,
    /// Calls in a second when several are made at once.
    rate: f64,
}

impl Figures {
    /// Sums up the first call, calls that were made one after another, and how many were made at once in some time.
    pub(super) fn new(cold: Answered, alone: &[Answered], together: usize, elapsed: Duration) -> Self {
        let sorted = |time: fn(&Answered) -> Duration| {
            let mut times: Vec<Duration> = alone.iter().map(time).collect();
            times.sort_unstable();
            times
        };
        let whole = sorted(|answer| answer.whole);
        Self {
            bytes: alone.last().map_or(0, |answer| answer.bytes),
            cold: cold.whole,
            first_byte: quantile(&sorted(|answer| answer.first_byte), 50),
            median: quantile(&whole, 50),
            slow: quantile(&whole, 99),
            rate: together as f64 / elapsed.as_secs_f64().max(f64::EPSILON),
        }
    }
}

/// The time that so many of a hundred calls don't exceed.
fn quantile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// Lines of the table.
pub(super) mod table {
    use std::time::Duration;

    use super::Figures;
    use crate::bench::routes::Route;

    pub(in crate::bench) fn head(concurrency: u16) -> String {
        let rate = format!("/s, {concurrency} at once");
        format!("{:<36} {:>11} {:>11} {:>11} {:>11} {:>11} {rate:>14}", "route", "bytes", "cold", "first byte", "median", "p99")
    }

    pub(in crate::bench) fn line(route: &Route, figures: &Figures) -> String {
        let Figures { bytes, cold, first_byte, median, slow, rate } = figures;
        let [cold, first_byte, median, slow] = [cold, first_byte, median, slow].map(|duration| time(*duration));
        format!("{:<36} {bytes:>11} {cold:>11} {first_byte:>11} {median:>11} {slow:>11} {rate:>14.1}", route.name)
    }

    pub(in crate::bench) fn left_out(name: &str, why: &str) -> String {
        format!("{name:<36} {why}")
    }

    /// Measurement of work that was done once with many records.
    pub(in crate::bench) fn once(name: &str, records: usize, elapsed: Duration) -> String {
        let rate = records as f64 / elapsed.as_secs_f64().max(f64::EPSILON);
        format!("{name:<36} {records:>8} at once in {:>11}: {rate:.0}/s", time(elapsed))
    }

    /// Line about a list that was asked for again and again.
    pub(in crate::bench) fn reloaded(name: &str, reloads: usize, unchanged: usize, bytes: usize, elapsed: Duration) -> String {
        let each = elapsed / u32::try_from(reloads.max(1)).unwrap_or(u32::MAX);
        format!("{name:<36} {reloads:>4} times, {unchanged:>3} unchanged: {bytes:>11} bytes in {:>11}, {} each", time(elapsed), time(each))
    }

    fn time(time: Duration) -> String {
        format!("{:.2} ms", time.as_secs_f64() * 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_sorted_times() {
        let calls: Vec<Answered> =
            (1..=200).rev().map(Duration::from_millis).map(|whole| Answered { first_byte: whole / 2, whole, bytes: 7 }).collect();
        let cold = Answered { first_byte: Duration::ZERO, whole: Duration::from_secs(1), bytes: 7 };
        let figures = Figures::new(cold, &calls, 500, Duration::from_secs(2));
        let [first_byte, median, slow] = [50, 100, 198].map(Duration::from_millis);
        assert_eq!(figures, Figures { bytes: 7, cold: Duration::from_secs(1), first_byte, median, slow, rate: 250.0 });
        assert_eq!(quantile(&[], 50), Duration::ZERO);
    }
}
