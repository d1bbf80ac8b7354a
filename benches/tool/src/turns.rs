//! Servers that are measured in turns, so that what else the machine does is shared by all of them.

use super::client::Problem;
use super::figures::Figures;

/// The figures of each line of one server, or why there are none.
pub type Measured = Result<Vec<Figures>, String>;

/// Measures each of the servers as often as there are turns, and keeps the best. One that fails is left out from then on.
pub async fn in_turns<S>(
    servers: &mut [S],
    turns: u16,
    mut measure: impl AsyncFnMut(&mut S) -> Result<Vec<Figures>, Problem>,
) -> Vec<Measured> {
    let mut kept: Vec<Measured> = servers.iter().map(|_| Ok(Vec::new())).collect();
    for _ in 0..turns {
        for (server, kept) in servers.iter_mut().zip(&mut kept) {
            let Ok(best) = kept else { continue };
            match measure(server).await {
                Ok(now) if best.is_empty() => *best = now,
                Ok(now) => best.iter_mut().zip(&now).for_each(|(best, now)| best.improve(now)),
                Err(problem) => *kept = Err(problem.to_string()),
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn servers_take_turns_and_keep_their_best() {
        // Each server with the milliseconds that its next calls take.
        let mut servers = [("one", vec![3, 5, 9]), ("other", vec![8, 7]), ("broken", vec![])];
        let mut asked = Vec::new();
        let measured = in_turns(&mut servers, 2, async |(name, times): &mut (&'static str, Vec<u64>)| {
            asked.push(*name);
            let time = times.pop().ok_or("answered by 500")?;
            Ok(vec![Figures::of(vec![Duration::from_millis(time)])])
        })
        .await;
        assert_eq!(asked, ["one", "other", "broken", "one", "other"]);
        let best: Vec<Result<f64, &str>> = measured
            .iter()
            .map(|measured| measured.as_ref().map(|lines| lines[0].p50_ms).map_err(String::as_str))
            .collect();
        assert_eq!(best, [Ok(5.0), Ok(7.0), Err("answered by 500")]);
    }
}
