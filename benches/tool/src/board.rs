//! A board that somebody keeps open while others work: it is asked for again and again, by somebody who takes all of it each
//! time, and by somebody who asks whether what they have still holds.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::client::{Client, Problem};
use super::figures::Figures;
use super::stage::Stage;

/// Lines, one for each way of asking.
pub const LINES: [&str; 2] = ["board of tasks, whole each time", "board of tasks, known"];

/// Number of times that the board is asked for, and the pause in between.
const RELOADS: usize = 100;
const PAUSE: Duration = Duration::from_millis(100);
/// People who work, and the time after which each of them changes a task again.
pub const WORKERS: usize = 10;
const PACE: Duration = Duration::from_secs(10);

/// Asks for the board, in each way.
///
/// # Errors
/// An answer is no success.
pub async fn measure(client: &Client, stage: &mut Stage) -> Result<Vec<Figures>, Problem> {
    let tasks = stage.tasks(client).await?;
    let mut workers = JoinSet::new();
    for (at, task) in tasks.iter().take(WORKERS).cloned().enumerate() {
        let client = client.clone();
        workers.spawn(async move {
            tokio::time::sleep(PACE * u32::try_from(at).unwrap_or_default() / u32::try_from(WORKERS).unwrap_or(1))
                .await;
            let mut ticks = interval(PACE);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            for priority in 1_u32.. {
                ticks.tick().await;
                client
                    .send(
                        Method::PUT,
                        &format!("/data/tasks/{task}"),
                        Some(&json!({"priority": priority % 3})),
                    )
                    .await?;
            }
            Ok::<(), Problem>(())
        });
    }
    let address = stage.board();
    let mut figures = Vec::new();
    for knows in [false, true] {
        let mut tag: Option<String> = None;
        let (mut bytes, mut unchanged, mut times) = (0, 0, Vec::new());
        for _ in 0..RELOADS {
            let started = Instant::now();
            let (found, size) = client.look(&address, tag.as_deref()).await?;
            times.push(started.elapsed());
            unchanged += usize::from(size == 0);
            bytes += size;
            tag = found.filter(|_| knows);
            tokio::time::sleep(PAUSE).await;
        }
        figures.push(Figures {
            bytes: Some(bytes / RELOADS),
            unchanged: Some(unchanged),
            ..Figures::of(times)
        });
    }
    if let Some(ended) = workers.try_join_next() {
        ended??;
    }
    workers.shutdown().await;
    Ok(figures)
}
