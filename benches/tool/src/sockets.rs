//! The stream of events over Socket.IO, by WebSocket: as much of the protocol as a listener needs. Clients of the whole protocol
//! (`rust_socketio`) bring an HTTP client of their own; the frames are those of `tokio-tungstenite`, which the server has already.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use reqwest::header::{CONNECTION, UPGRADE};
use reqwest::{StatusCode, Upgraded};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::client::{Client, Problem};

/// Longest time until a listener is let in.
const ENTRY: Duration = Duration::from_secs(30);

/// The packets of the protocol.
const PING: &str = "2";
const PONG: &str = "3";
const ENTER: &str = "40/events,";
const REFUSED: &str = "44/events,";
const EVENT: &str = "42/events,";

/// A way to open connections.
pub struct Opener {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Opener {
    /// Opens connections for somebody who is signed in.
    ///
    /// # Errors
    /// No client can be made.
    pub fn new(client: &Client) -> Result<Self, Problem> {
        let http = reqwest::Client::builder().http1_only().connect_timeout(ENTRY).build()?;
        // Behind a proxy that gives the API a folder, the stream stands beside it.
        let base = client.base().strip_suffix("/api").unwrap_or(client.base());
        Ok(Self {
            http,
            url: format!("{base}/socket.io/?EIO=4&transport=websocket"),
            token: client.token().to_owned(),
        })
    }

    /// Opens a connection, and enters the namespace of the events.
    ///
    /// # Errors
    /// The server has no stream, or lets nobody in.
    pub async fn open(&self) -> Result<Socket, Problem> {
        timeout(ENTRY, self.enter())
            .await
            .map_err(|_| "a listener is not let in")?
    }

    async fn enter(&self) -> Result<Socket, Problem> {
        let request = self.http.get(&self.url).bearer_auth(&self.token);
        let request = request.header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
        let request = request
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", generate_key());
        let response = request.send().await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(format!("a listener was answered by {}", response.status()).into());
        }
        let stream = WebSocketStream::from_raw_socket(response.upgrade().await?, Role::Client, None).await;
        let mut socket = Socket { stream };
        socket.stream.send(Message::text(ENTER)).await?;
        loop {
            let packet = socket.packet().await?;
            if packet.starts_with(ENTER) {
                return Ok(socket);
            }
            if let Some(why) = packet.strip_prefix(REFUSED) {
                return Err(format!("a listener is refused: {why}").into());
            }
        }
    }
}

/// A connection that listens.
pub struct Socket {
    stream: WebSocketStream<Upgraded>,
}

impl Socket {
    /// The next event, as the text of a list: its name, and its facts.
    ///
    /// # Errors
    /// The connection ends.
    pub async fn event(&mut self) -> Result<String, Problem> {
        loop {
            if let Some(event) = self.packet().await?.strip_prefix(EVENT) {
                return Ok(event.to_owned());
            }
        }
    }

    /// The next packet that is no ping; those are answered.
    async fn packet(&mut self) -> Result<String, Problem> {
        loop {
            match self.stream.next().await.ok_or("the stream of events ended")?? {
                Message::Text(text) if text.as_str() == PING => self.stream.send(Message::text(PONG)).await?,
                Message::Text(text) => return Ok(text.as_str().to_owned()),
                Message::Close(_) => return Err("the stream of events was closed".into()),
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}
