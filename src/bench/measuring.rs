//! Calls a route again and again: first one call after another, then several at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::client::{Answered, Call, Client, Problem};
use super::figures::Figures;

/// Fewest calls one after another, however long they take.
const FEWEST: usize = 3;

/// Measures a call for twice the given time.
///
/// # Errors
/// An answer is no success.
pub(super) async fn measure(
    client: &Client,
    call: &Call,
    half: Duration,
    concurrency: u16,
) -> Result<Figures, Problem> {
    // The first call opens a connection, and fills caches that later ones find full.
    let cold = client.anew()?.make(call).await?;
    client.make(call).await?;
    let mut alone = Vec::new();
    let end = Instant::now() + half;
    while alone.len() < FEWEST || Instant::now() < end {
        alone.push(client.make(call).await?);
    }
    let (count, elapsed) = together(client, call, half, concurrency).await?;
    Ok(Figures::new(cold, &alone, count, elapsed))
}

/// Calls at once: how many were answered, and in what time.
async fn together(
    client: &Client,
    call: &Call,
    time: Duration,
    concurrency: u16,
) -> Result<(usize, Duration), Problem> {
    let (client, call) = (Arc::new(client.clone()), Arc::new(call.clone()));
    let started = Instant::now();
    let mut callers: JoinSet<Result<usize, Problem>> = JoinSet::new();
    for _ in 0..concurrency {
        let (client, call) = (Arc::clone(&client), Arc::clone(&call));
        callers.spawn(async move {
            let mut count = 0;
            while count == 0 || started.elapsed() < time {
                let Answered { .. } = client.make(&call).await?;
                count += 1;
            }
            Ok(count)
        });
    }
    let mut count = 0;
    while let Some(done) = callers.join_next().await {
        count += done??;
    }
    Ok((count, started.elapsed()))
}
