//! Fan-out between servers: what one announces, the others deliver, by a Redis channel.
//!
//! Compared with the Redis adapter of socketioxide, which shares its own rooms: who hears an
//! event is decided here for each person, and review rooms have a state to share too, so the
//! adapter would carry less than this needs and put its type in every signature.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::StreamExt;
use redis::aio::{ConnectionManagerConfig, PubSub};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{sleep, timeout},
};
use uuid::Uuid;

use super::{
    Audience,
    hub::Job,
    rooms::{Act, Attendance},
};

/// Period in which a server says that it lives, and who of its listeners is in which room.
pub(super) const HEARTBEAT_PERIOD: Duration = Duration::from_secs(10);

/// Silence after which a server, or the channel, is taken for lost.
pub(super) const SILENCE: Duration = Duration::from_secs(35);

/// Number of messages that wait for a Redis that does not answer.
const BACKLOG: usize = 16_384;

/// Number of messages that go to Redis at a time.
const BATCH: usize = 256;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Redis where servers meet.
#[derive(Debug, Clone)]
pub struct Relay {
    client: redis::Client,
    channel: String,
}

impl Relay {
    /// Servers with the same channel are one; installations that share a Redis need a channel
    /// each. The numbered databases of Redis do not keep channels apart.
    pub fn new(client: redis::Client, channel: impl Into<String>) -> Self {
        Self {
            client,
            channel: channel.into(),
        }
    }

    async fn listen(&self) -> redis::RedisResult<PubSub> {
        let mut channel = self.client.get_async_pubsub().await?;
        channel.subscribe(&self.channel).await?;
        Ok(channel)
    }
}

/// Message of a server to the others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Envelope {
    pub(super) from: Uuid,
    pub(super) news: News,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum News {
    Event(Event),
    Review(Act),
    Ended(Ended),
    /// A person changed.
    Changed(Uuid),
    /// Everybody of the server who is in a review room.
    Attendance(Vec<Attendance>),
    /// A server that begins, or missed something, asks for the attendance of the others.
    Hello,
}

/// An event to deliver.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) audience: Audience,
    pub(super) name: String,
    pub(super) payload: Box<RawValue>,
    /// Message to clients of the production in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) for_clients: Option<Box<RawValue>>,
}

/// Persons and sessions whose sockets have to be closed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ended {
    Session(String),
    Person(Uuid),
}

/// This server's end of the channel; without a relay, everything it is told goes nowhere.
pub(super) struct Post {
    node: Uuid,
    queue: Mutex<Option<mpsc::Sender<String>>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// True if the channel is heard now.
    joined: Arc<AtomicBool>,
}

impl Post {
    /// Starts to publish, and to hand what the other servers publish to `jobs`.
    pub(super) fn start(node: Uuid, relay: Option<Relay>, jobs: mpsc::Sender<Job>) -> Self {
        let Some(relay) = relay else {
            return Self {
                node,
                queue: Mutex::new(None),
                tasks: Mutex::default(),
                joined: Arc::new(AtomicBool::new(true)),
            };
        };
        let (queue, queued) = mpsc::channel(BACKLOG);
        let publisher = tokio::spawn(publish(relay.clone(), queued));
        let joined = Arc::new(AtomicBool::new(false));
        let subscriber = tokio::spawn(subscribe(relay, node, jobs, joined.clone()));
        Self {
            node,
            queue: Mutex::new(Some(queue)),
            tasks: Mutex::new(vec![subscriber, publisher]),
            joined,
        }
    }

    pub(super) fn is_joined(&self) -> bool {
        self.joined.load(Ordering::Relaxed)
    }

    pub(super) fn is_open(&self) -> bool {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Queues news for the other servers, in the order of the calls.
    pub(super) fn send(&self, news: News) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queue.as_ref() else {
            return;
        };
        let from = self.node;
        match serde_json::to_string(&Envelope { from, news }) {
            Ok(text) => {
                if queue.try_send(text).is_err() {
                    tracing::error!("Redis does not keep up: other servers miss an event");
                }
            }
            Err(error) => tracing::error!(%error, "an event cannot be relayed"),
        }
    }

    /// Sends what is queued, and ends.
    pub(super) async fn finish(&self) {
        let queue = || self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue().take();
        let tasks = {
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *tasks)
        };
        let mut tasks = tasks.into_iter();
        if let Some(subscriber) = tasks.next() {
            subscriber.abort();
        }
        for publisher in tasks {
            publisher.await.ok();
        }
    }
}

async fn publish(relay: Relay, mut queue: mpsc::Receiver<String>) {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_connection_timeout(Some(Duration::from_secs(2)))
        .set_response_timeout(Some(Duration::from_secs(5)));
    let mut connection = match relay.client.get_connection_manager_lazy(config) {
        Ok(connection) => connection,
        Err(error) => return tracing::error!(%error, "other servers will miss every event"),
    };
    let mut batch = Vec::with_capacity(BATCH);
    let mut well = true;
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let mut commands = redis::pipe();
        for text in batch.drain(..) {
            commands.publish(&relay.channel, text).ignore();
        }
        let sent: redis::RedisResult<()> = commands.query_async(&mut connection).await;
        match sent {
            Ok(()) => well = true,
            Err(error) if well => {
                tracing::error!(%error, "Redis is down: other servers miss events");
                well = false;
            }
            Err(_) => {}
        }
    }
}

async fn subscribe(relay: Relay, node: Uuid, jobs: mpsc::Sender<Job>, joined: Arc<AtomicBool>) {
    let mut pause = FIRST_PAUSE;
    loop {
        match timeout(LONGEST_PAUSE, relay.listen()).await {
            Ok(Ok(channel)) => {
                pause = FIRST_PAUSE;
                joined.store(true, Ordering::Relaxed);
                let forwarded = forward(channel, node, &jobs).await;
                joined.store(false, Ordering::Relaxed);
                if forwarded.is_err() {
                    return;
                }
                tracing::warn!("lost the events of other servers, connecting again");
            }
            Ok(Err(error)) => tracing::warn!(%error, "cannot hear the events of other servers"),
            Err(_) => tracing::warn!("Redis does not answer"),
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Forwards until the channel is lost; fails when nobody takes the messages any more.
async fn forward(channel: PubSub, node: Uuid, jobs: &mpsc::Sender<Job>) -> Result<(), mpsc::error::SendError<Job>> {
    jobs.send(Job::Joined).await?;
    let mut messages = channel.into_on_message();
    // A server hears itself too, so a silence tells that the channel is broken.
    while let Ok(Some(message)) = timeout(SILENCE, messages.next()).await {
        match serde_json::from_slice::<Envelope>(message.get_payload_bytes()) {
            Ok(envelope) if envelope.from == node => {}
            Ok(envelope) => jobs.send(Job::Received(envelope)).await?,
            Err(error) => tracing::warn!(%error, "another server speaks otherwise"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn news_survive_the_journey() {
        let payload = RawValue::from_string(r#"{"task_id":  "1", "b":1, "a":2}"#.into()).unwrap();
        let less = RawValue::from_string(r#"{"b": 1}"#.into()).unwrap();
        let event = Event {
            audience: Audience::Project(Uuid::nil()),
            name: "task:new".into(),
            payload,
            for_clients: Some(less),
        };
        let news = News::Event(event);
        let from = Uuid::nil();
        let text = serde_json::to_string(&Envelope { from, news }).unwrap();
        let back: Envelope = serde_json::from_slice(text.as_bytes()).unwrap();
        let News::Event(event) = back.news else {
            panic!("an event");
        };
        assert_eq!(event.audience, Audience::Project(Uuid::nil()));
        assert_eq!(event.payload.get(), r#"{"task_id":  "1", "b":1, "a":2}"#);
        assert_eq!(
            event.for_clients.map(|less| less.get().to_owned()).as_deref(),
            Some(r#"{"b": 1}"#)
        );

        let hello = json!({"from": Uuid::nil(), "news": "hello"}).to_string();
        let back: Envelope = serde_json::from_str(&hello).unwrap();
        assert!(matches!(back.news, News::Hello));
    }
}
