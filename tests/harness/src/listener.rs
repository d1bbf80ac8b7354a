//! Somebody who listens to the stream of events, by long-polling.

use std::time::Duration;

use reqwest::header::{COOKIE, ORIGIN};
use serde_json::Value;

use super::Client;

/// Character that separates packets of one answer.
const SEPARATOR: char = '\u{1e}';

/// An open connection to the stream.
pub struct Listener {
    client: Client,
    sid: String,
}

impl Listener {
    /// Listens with the token of a client.
    pub async fn open(client: &Client) -> Self {
        let request = client
            .http
            .get(format!("{}/socket.io/?EIO=4&transport=polling", client.url));
        let request = request.bearer_auth(client.token.as_deref().expect("a token"));
        let sid = sid(&request.send().await.expect("an answer").text().await.expect("text"));
        let listener = Self {
            client: client.clone(),
            sid,
        };
        assert!(listener.enter().await, "the listener is let in");
        listener
    }

    /// True if a page of that origin is let in with the cookie of a client.
    pub async fn lets_in(client: &Client, origin: &str) -> bool {
        let cookie = format!("access_token_cookie={}", client.token.as_deref().expect("a token"));
        let request = client
            .http
            .get(format!("{}/socket.io/?EIO=4&transport=polling", client.url));
        let text = request
            .header(COOKIE, cookie)
            .header(ORIGIN, origin)
            .send()
            .await
            .expect("an answer")
            .text()
            .await
            .expect("text");
        let listener = Self {
            client: client.clone(),
            sid: sid(&text),
        };
        listener.enter().await
    }

    fn url(&self) -> String {
        format!(
            "{}/socket.io/?EIO=4&transport=polling&sid={}",
            self.client.url, self.sid
        )
    }

    /// Asks to be let in, and says whether that is granted.
    async fn enter(&self) -> bool {
        let answer = self
            .client
            .http
            .post(self.url())
            .body("40/events,")
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200);
        let granted = async {
            loop {
                match self
                    .poll()
                    .await
                    .first()
                    .map(|packet| packet.starts_with("40/events,{"))
                {
                    Some(granted) => return granted,
                    None => continue,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(5), granted)
            .await
            .expect("an answer")
    }

    async fn poll(&self) -> Vec<String> {
        let answer = self.client.http.get(self.url()).send().await.expect("an answer");
        let text = answer.text().await.expect("text");
        let (pings, packets): (Vec<_>, Vec<_>) = text.split(SEPARATOR).partition(|packet| *packet == "2");
        if !pings.is_empty() {
            // A client that leaves a ping unanswered counts as gone.
            self.client
                .http
                .post(self.url())
                .body("3")
                .send()
                .await
                .expect("an answer");
        }
        packets.into_iter().map(str::to_owned).collect()
    }

    /// Everything that is heard up to an event of that name, in order.
    pub async fn until(&self, last: &str) -> Vec<(String, Value)> {
        let heard = async {
            let mut heard: Vec<(String, Value)> = Vec::new();
            while heard.last().is_none_or(|(name, _)| name != last) {
                for packet in self.poll().await {
                    let text = packet
                        .strip_prefix("42/events,")
                        .unwrap_or_else(|| panic!("{packet} is no event, after {heard:?}"));
                    heard.push(serde_json::from_str(text).expect("an event"));
                }
            }
            heard
        };
        tokio::time::timeout(Duration::from_secs(10), heard)
            .await
            .unwrap_or_else(|_| panic!("`{last}` is not heard"))
    }

    /// Waits until the server ends the connection, or says that nothing more is told on it.
    pub async fn ended(&self) {
        let ended = async {
            while !self
                .poll()
                .await
                .iter()
                .any(|packet| packet.starts_with("41/events,") || packet.starts_with('{'))
            {}
        };
        tokio::time::timeout(Duration::from_secs(5), ended)
            .await
            .expect("the stream ends");
    }
}

fn sid(handshake: &str) -> String {
    let handshake: Value = serde_json::from_str(handshake.get(1..).unwrap_or_default()).expect("a handshake");
    handshake["sid"].as_str().expect("a session").to_owned()
}
