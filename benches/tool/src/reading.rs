//! Calls that change nothing: first one call after another, then several at once.

use std::time::{Duration, Instant};

use super::client::{Answered, Call, Client, Problem};
use super::figures::{Figures, milliseconds, quantile};
use super::loads::{self, Worker};

/// Fewest calls one after another, however long they take.
const FEWEST: usize = 3;

/// Measures a call for twice the given time. Times are those of calls that are made alone.
///
/// # Errors
/// An answer is no success.
pub async fn measure(client: &Client, call: &Call, half: Duration, concurrency: u16) -> Result<Figures, Problem> {
    // The first call opens a connection, and fills caches that later ones find full.
    let cold = client.anew()?.make(call).await?;
    client.make(call).await?;
    let mut alone = Vec::new();
    let end = Instant::now() + half;
    while alone.len() < FEWEST || Instant::now() < end {
        alone.push(client.make(call).await?);
    }
    let worker = || Worker {
        client: client.clone(),
        calls: vec![call.clone()],
        picture: None,
    };
    let together = loads::run((0..concurrency).map(|_| worker()).collect(), half).await?;
    Ok(Figures {
        per_second: together.by_call().per_second,
        ..figures(cold, &alone)
    })
}

/// Sums up the first call, and calls that were made one after another.
fn figures(cold: Answered, alone: &[Answered]) -> Figures {
    let mut first_bytes: Vec<Duration> = alone.iter().map(|answer| answer.first_byte).collect();
    first_bytes.sort_unstable();
    Figures {
        bytes: alone.last().map(|answer| answer.bytes),
        cold_ms: Some(milliseconds(cold.whole)),
        first_byte_ms: Some(milliseconds(quantile(&first_bytes, 50))),
        ..Figures::of(alone.iter().map(|answer| answer.whole).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cold_and_warm_calls_are_told_apart() {
        let call = |whole: u64| Answered {
            first_byte: Duration::from_millis(whole / 2),
            whole: Duration::from_millis(whole),
            bytes: 7,
        };
        let figures = figures(call(90), &[call(20), call(10), call(30)]);
        let warm = Figures {
            calls: 3,
            mean_ms: 20.0,
            p50_ms: 20.0,
            p99_ms: 30.0,
            ..Figures::default()
        };
        assert_eq!(
            figures,
            Figures {
                bytes: Some(7),
                cold_ms: Some(90.0),
                first_byte_ms: Some(10.0),
                ..warm
            }
        );
    }
}
