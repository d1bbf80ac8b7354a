//! People who listen to the stream of events while others work: how long it takes until all of them have heard of a change.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use dailies_events::{Opener, Socket};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::client::{Client, Problem};
use super::figures::Figures;
use super::stage::Stage;

/// Name of the line.
pub const LINE: &str = "listeners hear of a change";

/// Changes in a second.
pub const RATE: u32 = 50;
/// Connections that are opened at once.
const OPENERS: usize = 16;
/// Files that are open besides the connections of listeners.
const OTHER_FILES: usize = 100;
/// Longest time after the last change in which it must be heard of.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Time between two looks whether all was heard.
const LOOK: Duration = Duration::from_millis(20);

/// Number of changes that come in that time.
pub fn changes_in(time: Duration) -> usize {
    (time.as_secs_f64() * f64::from(RATE)).ceil() as usize
}

/// Lets so many people listen while tasks are changed, each of them once.
///
/// # Errors
/// Somebody is not let in, an answer is no success, or a change is not heard of by everybody.
pub async fn measure(client: &Client, stage: &mut Stage, listeners: usize, time: Duration) -> Result<Figures, Problem> {
    stage.changed += 1;
    let value = stage.changed;
    let tasks: Vec<String> = stage
        .tasks(client)
        .await?
        .iter()
        .take(changes_in(time))
        .cloned()
        .collect();
    make_room(listeners + OTHER_FILES)?;
    let opener = Opener::new(client.base())?;
    let opened = stream::iter(0..listeners).map(|_| opener.open(client.token()));
    let sockets: Vec<Socket> = opened.buffer_unordered(OPENERS).try_collect().await?;
    let changes = Arc::new(Changes::new(&tasks));
    let mut people = JoinSet::new();
    for socket in sockets {
        people.spawn(listen(socket, changes.clone()));
    }
    change(client, &tasks, value, &changes).await?;
    let last = Instant::now();
    while changes.unheard(listeners) > 0 && last.elapsed() < LONGEST_WAIT {
        if let Some(ended) = people.try_join_next() {
            return Err(ended?);
        }
        sleep(LOOK).await;
    }
    match changes.unheard(listeners) {
        0 => Ok(Figures::of(changes.times())),
        unheard => Err(format!("{unheard} of {} changes were not heard of by all", tasks.len()).into()),
    }
}

/// Raises the number of files that may be open: each connection is one.
fn make_room(wanted: usize) -> Result<(), Problem> {
    let wanted = u64::try_from(wanted)?;
    match rlimit::increase_nofile_limit(wanted)? {
        files if files < wanted => {
            Err(format!("{wanted} files would have to be open, and only {files} may be: see `ulimit -Hn`").into())
        }
        _ => Ok(()),
    }
}

/// Changes the tasks at an even pace, however long each change takes.
async fn change(client: &Client, tasks: &[String], value: u32, changes: &Changes) -> Result<(), Problem> {
    let mut ticks = interval(Duration::from_secs(1) / RATE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut calls: JoinSet<Result<(), Problem>> = JoinSet::new();
    for (number, task) in tasks.iter().enumerate() {
        ticks.tick().await;
        let (client, path) = (client.clone(), format!("/data/tasks/{task}"));
        changes.sent(number);
        calls.spawn(async move {
            client
                .send(Method::PUT, &path, Some(&json!({"estimation": value})))
                .await?;
            Ok(())
        });
    }
    while let Some(done) = calls.join_next().await {
        done??;
    }
    Ok(())
}

/// Notes all changes that one person hears of, and gives why the person hears no more.
async fn listen(mut socket: Socket, changes: Arc<Changes>) -> Problem {
    loop {
        match socket.event_text().await {
            Ok(text) => {
                if let Some(task) = changed_task(&text) {
                    changes.heard(&task);
                }
            }
            Err(problem) => return problem.into(),
        }
    }
}

/// The facts of an event that matter here.
#[derive(Deserialize)]
struct Facts {
    #[serde(default)]
    task_id: Option<String>,
}

/// The task that an event says was changed.
fn changed_task(event: &str) -> Option<String> {
    let (name, Facts { task_id }): (String, Facts) = serde_json::from_str(event).ok()?;
    task_id.filter(|_| name == "task:update")
}

/// Changes, and who has heard of them.
struct Changes {
    numbers: HashMap<String, usize>,
    each: Vec<Change>,
}

#[derive(Default)]
struct Change {
    sent: OnceLock<Instant>,
    /// Number of people who have heard of it.
    heard: AtomicUsize,
    /// Microseconds until the last one of them had.
    longest: AtomicU64,
}

impl Changes {
    fn new(tasks: &[String]) -> Self {
        let numbers = tasks.iter().cloned().zip(0..).collect();
        Self {
            numbers,
            each: tasks.iter().map(|_| Change::default()).collect(),
        }
    }

    /// Notes that a change is asked for now.
    fn sent(&self, number: usize) {
        if let Some(change) = self.each.get(number) {
            change.sent.get_or_init(Instant::now);
        }
    }

    /// Notes that one person has heard of the change of a task. What others change is left aside.
    fn heard(&self, task: &str) {
        let Some(change) = self.numbers.get(task).and_then(|number| self.each.get(*number)) else {
            return;
        };
        let Some(sent) = change.sent.get() else { return };
        change.longest.fetch_max(
            u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
        change.heard.fetch_add(1, Ordering::Release);
    }

    /// Number of changes that not all people have heard of.
    fn unheard(&self, people: usize) -> usize {
        self.each
            .iter()
            .filter(|change| change.heard.load(Ordering::Acquire) < people)
            .count()
    }

    /// For each change the time until the last person had heard of it.
    fn times(&self) -> Vec<Duration> {
        self.each
            .iter()
            .map(|change| Duration::from_micros(change.longest.load(Ordering::Relaxed)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_updates_of_tasks_count() {
        assert_eq!(
            changed_task(r#"["task:update",{"task_id":"a","project_id":"p"}]"#),
            Some("a".to_owned())
        );
        for other in [
            r#"["task:new",{"task_id":"a"}]"#,
            r#"["task:update",{}]"#,
            r#"["task:update"]"#,
            "40",
        ] {
            assert_eq!(changed_task(other), None, "{other}");
        }
    }

    #[test]
    fn a_change_is_heard_when_all_have_heard_of_it() {
        let changes = Changes::new(&["a".to_owned(), "b".to_owned()]);
        changes.heard("a");
        assert_eq!(changes.unheard(1), 2, "nothing was sent yet");
        changes.sent(0);
        for task in ["a", "a", "c"] {
            changes.heard(task);
        }
        assert_eq!((changes.unheard(2), changes.unheard(3)), (1, 2));
        assert_eq!(changes.times().len(), 2);
        assert_eq!(
            (
                changes_in(Duration::from_secs(4)),
                changes_in(Duration::from_millis(50))
            ),
            (200, 3)
        );
    }
}
