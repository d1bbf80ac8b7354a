//! The stream of events of a Dailies server over Socket.IO, by WebSocket: as much of the protocol as a listener needs. Clients of
//! the whole protocol (`rust_socketio`) bring an HTTP client of their own; the frames are those of `tokio-tungstenite`, which
//! the server has already.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use reqwest::header::{CONNECTION, UPGRADE};
use reqwest::{StatusCode, Upgraded};
use serde_json::Value;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// Longest time until a listener is let in.
const ENTRY: Duration = Duration::from_secs(30);
/// Longest time without a word, where the server does not say how often it asks whether a listener is there.
const SILENCE: Duration = Duration::from_secs(60);

/// The packets of the protocol.
const OPENED: &str = "0{";
const PING: &str = "2";
const PONG: &str = "3";
const ENTER: &str = "40/events,";
const LEFT: &str = "41/events,";
const REFUSED: &str = "44/events,";
const EVENT: &str = "42/events,";

/// Reason why nothing is heard.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Frames(Box<tungstenite::Error>),
    #[error("a listener was answered by {0}")]
    Answered(StatusCode),
    #[error("a listener is refused: {0}")]
    Refused(String),
    #[error("nothing was heard of the server for too long")]
    Silent,
    #[error("the stream of events ended")]
    Ended,
}

impl Problem {
    /// True if another try would come to the same.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Refused(_) => true,
            Self::Answered(status) => status.is_client_error() && *status != StatusCode::TOO_MANY_REQUESTS,
            Self::Http(_) | Self::Frames(_) | Self::Silent | Self::Ended => false,
        }
    }
}

impl From<tungstenite::Error> for Problem {
    fn from(error: tungstenite::Error) -> Self {
        Self::Frames(Box::new(error))
    }
}

/// Something that happened: a name such as `comment:new`, and the ids of what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub name: String,
    pub data: Value,
}

impl Event {
    /// Reads the text of a list: the name, and the data where there is any.
    fn read(text: &str) -> Option<Self> {
        let mut parts = serde_json::from_str::<Vec<Value>>(text).ok()?.into_iter();
        let name = parts.next()?.as_str()?.to_owned();
        let data = parts.next().unwrap_or_default();
        Some(Self { name, data })
    }
}

/// A way to open connections.
#[derive(Clone, Debug)]
pub struct Opener {
    http: reqwest::Client,
    url: String,
}

impl Opener {
    /// The way to the server at this address.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn new(url: &str) -> Result<Self, Problem> {
        let http = reqwest::Client::builder().http1_only().connect_timeout(ENTRY).build()?;
        // Behind a proxy that gives the API a folder, the stream stands beside it.
        let base = url.trim_end_matches('/');
        let base = base.strip_suffix("/api").unwrap_or(base);
        Ok(Self {
            http,
            url: format!("{base}/socket.io/?EIO=4&transport=websocket"),
        })
    }

    /// Opens a connection for whoever has the token, and enters the namespace of the events.
    ///
    /// # Errors
    /// The server has no stream, or lets nobody in.
    pub async fn open(&self, token: &str) -> Result<Socket, Problem> {
        timeout(ENTRY, self.enter(token)).await.map_err(|_| Problem::Silent)?
    }

    async fn enter(&self, token: &str) -> Result<Socket, Problem> {
        let request = self.http.get(&self.url).bearer_auth(token);
        let request = request.header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
        let request = request
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", generate_key());
        let response = request.send().await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(Problem::Answered(response.status()));
        }
        let stream = WebSocketStream::from_raw_socket(response.upgrade().await?, Role::Client, None).await;
        let mut socket = Socket {
            stream,
            silence: SILENCE,
        };
        socket.stream.send(Message::text(ENTER)).await?;
        loop {
            let packet = socket.packet().await?;
            if packet.starts_with(OPENED) {
                socket.silence = silence(&packet[1..]);
            } else if packet.starts_with(ENTER) {
                return Ok(socket);
            } else if let Some(why) = packet.strip_prefix(REFUSED) {
                return Err(Problem::Refused(why.to_owned()));
            }
        }
    }
}

/// A connection that listens.
pub struct Socket {
    stream: WebSocketStream<Upgraded>,
    /// Longest time without a word.
    silence: Duration,
}

impl Socket {
    /// The next event.
    ///
    /// # Errors
    /// The connection ends.
    pub async fn event(&mut self) -> Result<Event, Problem> {
        loop {
            if let Some(event) = Event::read(&self.event_text().await?) {
                return Ok(event);
            }
        }
    }

    /// The next event, as the text of a list: its name, and its data.
    ///
    /// # Errors
    /// The connection ends.
    pub async fn event_text(&mut self) -> Result<String, Problem> {
        loop {
            let packet = self.packet().await?;
            if let Some(event) = packet.strip_prefix(EVENT) {
                return Ok(event.to_owned());
            }
            if packet.starts_with(LEFT) {
                return Err(Problem::Ended);
            }
        }
    }

    /// The next packet that is no ping; those are answered.
    async fn packet(&mut self) -> Result<String, Problem> {
        loop {
            let message = timeout(self.silence, self.stream.next()).await;
            match message.map_err(|_| Problem::Silent)?.ok_or(Problem::Ended)?? {
                Message::Text(text) if text.as_str() == PING => self.stream.send(Message::text(PONG)).await?,
                Message::Text(text) => return Ok(text.as_str().to_owned()),
                Message::Close(_) => return Err(Problem::Ended),
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}

/// Longest time without a word by what the server says at the beginning: it pings, and waits for the answer.
fn silence(facts: &str) -> Duration {
    let facts: Value = serde_json::from_str(facts).unwrap_or_default();
    let milliseconds = |name: &str| facts[name].as_u64();
    match (milliseconds("pingInterval"), milliseconds("pingTimeout")) {
        (Some(interval), Some(patience)) => Duration::from_millis(interval.saturating_add(patience)),
        _ => SILENCE,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_has_a_name_and_may_have_data() {
        let read = |text: &str| Event::read(text).map(|event| (event.name, event.data));
        assert_eq!(
            read(r#"["task:update",{"task_id":"a"}]"#),
            Some(("task:update".to_owned(), json!({"task_id": "a"})))
        );
        assert_eq!(read(r#"["main:test"]"#), Some(("main:test".to_owned(), Value::Null)));
        for other in ["[]", "[1]", "{}", "40"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn silence_is_as_long_as_the_server_says() {
        let facts = r#"{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}"#;
        assert_eq!(silence(facts), Duration::from_secs(45));
        for other in ["{}", "", r#"{"pingInterval":25000}"#] {
            assert_eq!(silence(other), SILENCE, "{other}");
        }
    }

    #[test]
    fn what_a_listener_is_refused_for_good_is_not_tried_again() {
        let answered = |status: StatusCode| Problem::Answered(status).is_final();
        assert!(answered(StatusCode::UNAUTHORIZED) && Problem::Refused("no".to_owned()).is_final());
        assert!(!answered(StatusCode::TOO_MANY_REQUESTS) && !answered(StatusCode::BAD_GATEWAY));
        assert!(!Problem::Silent.is_final() && !Problem::Ended.is_final());
    }
}
