//! Measurements as figures, and how those of two servers compare.

use std::time::Duration;

use serde::Serialize;

/// The figures of one line and one server. Times are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Calls that were timed, or changes that were heard of.
    pub calls: usize,
    /// Bytes of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// Answers that said that nothing had changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unchanged: Option<usize>,
    /// Time of the first call of the run, on a connection of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cold_ms: Option<f64>,
    /// Median time to the head of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<f64>,
    /// Mean time of a whole call.
    pub mean_ms: f64,
    /// Median time of a whole call.
    pub p50_ms: f64,
    /// Time that one call in a hundred takes longer than.
    pub p99_ms: f64,
    /// Calls or records in a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second: Option<f64>,
}

impl Figures {
    /// Sums up the times of calls.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let mean = times.iter().sum::<Duration>().div_f64(times.len().max(1) as f64);
        Self {
            calls: times.len(),
            mean_ms: milliseconds(mean),
            p50_ms: milliseconds(quantile(&times, 50)),
            p99_ms: milliseconds(quantile(&times, 99)),
            ..Self::default()
        }
    }

    /// Takes what is better in a later turn. The size of the answer, and the cold call, are those of the first turn.
    pub fn improve(&mut self, later: &Self) {
        let better = |ours: Option<f64>, theirs: Option<f64>, better: fn(f64, f64) -> f64| Some(better(ours?, theirs?));
        self.calls += later.calls;
        self.unchanged = self.unchanged.zip(later.unchanged).map(|(ours, theirs)| ours + theirs);
        self.first_byte_ms = better(self.first_byte_ms, later.first_byte_ms, f64::min);
        self.mean_ms = self.mean_ms.min(later.mean_ms);
        self.p50_ms = self.p50_ms.min(later.p50_ms);
        self.p99_ms = self.p99_ms.min(later.p99_ms);
        self.per_second = better(self.per_second, later.per_second, f64::max);
    }
}

/// Figures of one server divided by those of another: above 1 the first one is faster.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ratio {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second: Option<f64>,
    pub mean: f64,
    pub p50: f64,
    pub p99: f64,
}

impl Ratio {
    /// Compares the figures of the first server with those of the second one.
    pub fn new(first: &Figures, second: &Figures) -> Self {
        Self {
            per_second: first
                .per_second
                .zip(second.per_second)
                .map(|(first, second)| quotient(first, second)),
            mean: quotient(second.mean_ms, first.mean_ms),
            p50: quotient(second.p50_ms, first.p50_ms),
            p99: quotient(second.p99_ms, first.p99_ms),
        }
    }

    /// The ratio that stands for the line: that of the rates, or that of the medians where nothing has a rate.
    pub fn headline(&self) -> f64 {
        self.per_second.unwrap_or(self.p50)
    }
}

/// The ratios of all lines in one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Lines that both servers were measured in.
    pub lines: usize,
    pub geometric_mean: f64,
    pub least: f64,
    /// Name of the line with the least ratio.
    pub least_line: String,
}

impl Summary {
    /// Sums up lines by their names and ratios; nothing where there are none.
    pub fn of(lines: &[(&str, f64)]) -> Option<Self> {
        let (least_line, least) = lines
            .iter()
            .copied()
            .min_by(|(_, one), (_, other)| one.total_cmp(other))?;
        let logarithms: f64 = lines.iter().map(|(_, ratio)| ratio.max(f64::MIN_POSITIVE).ln()).sum();
        let geometric_mean = rounded((logarithms / lines.len() as f64).exp());
        Some(Self {
            lines: lines.len(),
            geometric_mean,
            least,
            least_line: least_line.to_owned(),
        })
    }
}

/// The time that so many of a hundred calls don't exceed.
pub fn quantile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// A time as it is shown and written.
pub fn milliseconds(time: Duration) -> f64 {
    rounded(time.as_secs_f64() * 1000.0)
}

/// So many in that time, by the second.
pub fn rate(count: usize, elapsed: Duration) -> f64 {
    rounded(count as f64 / elapsed.as_secs_f64().max(f64::EPSILON))
}

fn quotient(one: f64, other: f64) -> f64 {
    rounded(one / other.max(0.001))
}

/// The number with three digits behind the point.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_sorted_times() {
        let times: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        let figures = Figures::of(times);
        assert_eq!(
            figures,
            Figures {
                calls: 200,
                mean_ms: 100.5,
                p50_ms: 100.0,
                p99_ms: 198.0,
                ..Figures::default()
            }
        );
        assert_eq!(Figures::of(Vec::new()), Figures::default());
        assert_eq!(quantile(&[], 50), Duration::ZERO);
        assert_eq!(quantile(&[Duration::from_secs(1)], 99), Duration::from_secs(1));
        assert_eq!(rate(500, Duration::from_secs(2)), 250.0);
    }

    #[test]
    fn the_best_of_the_turns_counts() {
        let turn = |cold: f64, p50: f64, per_second: f64| Figures {
            calls: 10,
            bytes: Some(7),
            cold_ms: Some(cold),
            p50_ms: p50,
            per_second: Some(per_second),
            ..Figures::default()
        };
        let mut figures = turn(9.0, 2.0, 80.0);
        figures.improve(&turn(1.0, 3.0, 100.0));
        assert_eq!(
            figures,
            Figures {
                calls: 20,
                ..turn(9.0, 2.0, 100.0)
            }
        );
    }

    #[test]
    fn ratios_say_how_much_better_the_first_server_is() {
        let figures = |mean_ms: f64, per_second| Figures {
            mean_ms,
            p50_ms: mean_ms / 2.0,
            p99_ms: mean_ms * 2.0,
            per_second,
            ..Figures::default()
        };
        let ratio = Ratio::new(&figures(2.0, Some(900.0)), &figures(20.0, Some(300.0)));
        assert_eq!(
            ratio,
            Ratio {
                per_second: Some(3.0),
                mean: 10.0,
                p50: 10.0,
                p99: 10.0
            }
        );
        assert_eq!(ratio.headline(), 3.0);
        assert_eq!(Ratio::new(&figures(2.0, None), &figures(1.0, None)).headline(), 0.5);
        assert!(
            Ratio::new(&figures(0.0, None), &figures(0.0, None))
                .headline()
                .is_finite()
        );
    }

    #[test]
    fn lines_are_summed_up_by_their_geometric_mean() {
        let summary = Summary::of(&[("a", 2.0), ("b", 8.0)]).expect("two lines");
        assert_eq!(
            summary,
            Summary {
                lines: 2,
                geometric_mean: 4.0,
                least: 2.0,
                least_line: "a".to_owned()
            }
        );
        assert_eq!(Summary::of(&[]), None);
    }
}
