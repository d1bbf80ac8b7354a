//! Clients that work at once, each again and again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use super::client::{Call, Client, Problem};
use super::figures::{Figures, rate};

/// One client with its work.
pub struct Worker {
    pub client: Client,
    /// The calls, made in turn: each of them changes what the one before it has set.
    pub calls: Vec<Call>,
    /// Picture that is published with the comment which a call writes.
    pub picture: Option<Picture>,
}

/// A picture for a task.
pub struct Picture {
    pub task: String,
    pub content: Arc<[u8]>,
}

impl Worker {
    /// Does the work once. A published picture takes three calls: the comment, the record of the preview, and the file.
    async fn work(&self, round: usize) -> Result<(), Problem> {
        let call = self
            .calls
            .get(round % self.calls.len().max(1))
            .ok_or("there is nothing to call")?;
        let Some(Picture { task, content }) = &self.picture else {
            self.client.make(call).await?;
            return Ok(());
        };
        let comment = self.client.ask(call).await?;
        let comment = comment["id"].as_str().ok_or("the comment has no id")?;
        let path = format!("/actions/tasks/{task}/comments/{comment}/add-preview");
        let (_, preview) = self.client.send(Method::POST, &path, Some(&json!({}))).await?;
        let preview = preview["id"].as_str().ok_or("the preview has no id")?;
        self.client
            .upload(&format!("/pictures/preview-files/{preview}"), content)
            .await
    }
}

/// Times of all that was done at once.
#[derive(Default)]
pub struct Load {
    pub times: Vec<Duration>,
    /// Until the last one was done.
    pub elapsed: Duration,
}

impl Load {
    /// The figures, with the rate of so many records.
    pub fn figures(self, records: usize) -> Figures {
        Figures {
            per_second: Some(rate(records, self.elapsed)),
            ..Figures::of(self.times)
        }
    }

    /// The figures, with the rate of the calls.
    pub fn by_call(self) -> Figures {
        let calls = self.times.len();
        self.figures(calls)
    }
}

/// Lets all clients work for that time.
///
/// # Errors
/// An answer is no success.
pub async fn run(workers: Vec<Worker>, time: Duration) -> Result<Load, Problem> {
    // The first calls open connections, and fill caches that later ones find full.
    try_join_all(workers.iter().map(|worker| worker.work(0))).await?;
    let started = Instant::now();
    let mut running: JoinSet<Result<Vec<Duration>, Problem>> = JoinSet::new();
    for worker in workers {
        running.spawn(async move {
            let mut times = Vec::new();
            while times.is_empty() || started.elapsed() < time {
                let begun = Instant::now();
                worker.work(times.len() + 1).await?;
                times.push(begun.elapsed());
            }
            Ok(times)
        });
    }
    let mut load = Load::default();
    while let Some(done) = running.join_next().await {
        load.times.extend(done??);
    }
    load.elapsed = started.elapsed();
    Ok(load)
}
