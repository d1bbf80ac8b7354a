//! Real-time events for clients over Socket.IO: namespace `/events`, path `/socket.io`, and the review rooms that clients share there.
//!
//! [`Realtime::new`] gives a handle, to send events with, and a [`SocketEndpoint`], the endpoint that
//! listeners come through. Both transports of Engine.IO 4 work: long-polling and WebSocket.
//! Behind a load balancer, long-polling needs sticky connections, since a session lives in
//! the process that opened it.

mod admission;
mod bus;
mod guarded_stream;
mod hub;
mod listeners;
mod portions;
mod relay;
mod review;
mod room_state;
mod rooms;
mod socket_endpoint;

#[cfg(test)]
mod tests;

use std::{collections::HashSet, net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use poem::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use socketioxide::SocketIo;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

pub use self::bus::Bus;
pub use self::relay::Relay;
pub use self::socket_endpoint::SocketEndpoint;
use self::{hub::Hub, relay::Ended};

/// The path that Socket.IO clients ask for.
pub const PATH: &str = "/socket.io";

/// The namespace in which events are announced.
const NAMESPACE: &str = "/events";

/// The namespace that gazu enters besides, and must be let in; nothing is told in it.
const ROOT: &str = "/";

/// Time that each step of a shutdown may take.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(5);

/// Time that connections stay open for what was written to them last.
const LAST_WRITE_DELAY: Duration = Duration::from_millis(250);

/// Decides who may listen, and to what.
#[async_trait]
pub trait Gatekeeper: Send + Sync + 'static {
    /// Answers whose access token the handshake carries, as cookie or bearer, or why it is refused.
    ///
    /// It is asked at connection, and again at regular intervals for as long as the socket is
    /// open, so that an expired or revoked token ends the stream. Anything that keeps a token
    /// from being checked must refuse.
    async fn admit(&self, headers: &HeaderMap) -> Result<Admitted, ListenerRefusal>;

    /// True if this playlist exists, and the person sees it.
    async fn may_review(&self, person: Uuid, playlist: Uuid) -> bool;

    /// The persons in the team of a production; nobody when it cannot be known.
    async fn team(&self, project: Uuid) -> Arc<Team>;

    /// Another server changed a person, or ended their sessions: what is kept in mind of them is
    /// no longer true.
    async fn person_changed(&self, person: Uuid);

    /// Another server revoked a token.
    async fn session_ended(&self, session: &str);

    /// News of other servers may have been missed: nothing that is kept in mind is certain.
    async fn news_missed(&self);
}

/// Reason why somebody may not listen. Clients are told the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListenerRefusal {
    #[error(
        "Missing access token: send the Kitsu cookie, an Authorization header, or {{\"token\": \"<access token>\"}} in the socket.io auth payload."
    )]
    MissingToken,
    #[error("Access token expired.")]
    Expired,
    #[error("Access token revoked.")]
    Revoked,
    #[error("A refresh token was given: send the access token.")]
    RefreshToken,
    #[error("Inactive account.")]
    Inactive,
    #[error("Two-factor authentication setup is required.")]
    SecondFactor,
    #[error("Invalid access token.")]
    Invalid,
}

/// A person whose handshake was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The person behind the token.
    pub person: Uuid,
    /// Name of the token (its `jti`), so that [`Realtime::end_session`] finds its sockets.
    pub session: String,
    /// True if events of every production are heard, which is for admins.
    pub hears_all: bool,
    /// True if the person is only shown what others do in a review room.
    pub looks_only: bool,
}

/// The persons in the team of a production.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Team {
    /// Everybody.
    pub members: HashSet<Uuid>,
    /// Those of them who are clients there.
    pub clients: HashSet<Uuid>,
}

/// Audience of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Every listener.
    Everyone,
    /// The team of a production, and those who hear everything.
    Project(Uuid),
    /// These persons, who were the team of a production, and those who hear everything.
    Team(Vec<Uuid>),
    /// These persons and nobody else.
    Persons(Vec<Uuid>),
}

/// Options of the stream.
#[derive(Clone)]
pub struct Options {
    /// Origins (`https://kitsu.example.org`) of pages, besides those of this very host, whose
    /// cookie is trusted.
    pub origins: Vec<String>,
    /// Proxies whose word on where a request comes from is believed.
    pub proxies: Vec<IpAddr>,
    /// Period in which the token of an open socket is checked again.
    pub recheck: Duration,
    /// Time that a connection may be open without having entered a namespace, for which it takes a token.
    pub introduction: Duration,
    /// Number of messages that may wait for a slow listener before it is cut off.
    pub backlog: usize,
    /// Time that a listener may leave its connection full before it is cut off.
    pub patience: Duration,
    /// Relay that joins several servers; without it events stay in this process.
    pub relay: Option<Relay>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            proxies: Vec::new(),
            recheck: Duration::from_secs(60),
            introduction: Duration::from_secs(10),
            backlog: 65_536,
            patience: Duration::from_secs(30),
            relay: None,
        }
    }
}

/// The stream of events; cheap to clone.
#[derive(Clone)]
pub struct Realtime {
    hub: Arc<Hub>,
    io: SocketIo,
}

impl Realtime {
    /// Starts the stream, and gives the endpoint to nest at [`PATH`].
    ///
    /// To be called within a tokio runtime, which then carries the background work. A Redis
    /// that is down is waited for in the background.
    pub fn new(gatekeeper: Arc<dyn Gatekeeper>, options: Options) -> (Self, SocketEndpoint) {
        let (io, lines) = socket_endpoint::build(&options);
        let lines = Arc::new(lines);
        let hub = Hub::start(gatekeeper, lines, options);
        review::receive(&hub, &io);
        let endpoint = SocketEndpoint::new(hub.clone());
        (Self { hub, io }, endpoint)
    }

    /// Announces an event, once, to each listener of the audience, here and on the other
    /// servers; `payload` is the text of a JSON object. Clients of a production get `for_clients` in its place, where that is
    /// there, and so does a team that is told of a production which is gone: who was a client there is not known any more.
    ///
    /// Events reach a listener in the order in which they were given. This only waits when
    /// thousands of events are already on their way, never for a listener.
    pub async fn broadcast(&self, audience: Audience, name: &str, payload: &RawValue, for_clients: Option<&RawValue>) {
        self.hub.announce(audience, name, payload, for_clients).await;
    }

    /// Number of sockets that listen to this server.
    pub fn listeners(&self) -> usize {
        self.hub.listeners.len()
    }

    /// Checks again, everywhere, what the sockets of a person may hear, and lets the other
    /// servers forget what they keep in mind of the person.
    pub fn person_changed(&self, person: Uuid) {
        self.hub.person_changed(person);
    }

    /// True if the other servers are heard; `true` where there are none.
    pub fn is_joined(&self) -> bool {
        self.hub.is_joined()
    }

    /// Closes the sockets opened with a token, everywhere: for a logout or a revocation.
    pub fn end_session(&self, session: &str) {
        self.hub.end(Ended::Session(session.to_owned()));
    }

    /// Closes the sockets of a person, everywhere: for a deactivation or a changed password.
    pub fn end_person(&self, person: Uuid) {
        self.hub.end(Ended::Person(person));
    }

    /// Sends what was announced, cuts every connection and refuses new ones. What is announced from now on still reaches the
    /// other servers. Takes a few seconds at most.
    pub async fn hang_up(&self) {
        self.hub.lines.shut();
        if timeout(CLOSING_TIMEOUT, self.hub.flush()).await.is_err() {
            tracing::warn!("not every event was delivered before closing");
        }
        sleep(LAST_WRITE_DELAY).await;
        // Cut before they are closed: a client that is told of the end does not come back when
        // the server does, while one that loses its connection tries to.
        self.hub.lines.cut_all();
        if timeout(CLOSING_TIMEOUT, self.io.close()).await.is_err() {
            tracing::warn!("some listeners were left behind");
        }
        self.hub.listeners.clear();
    }

    /// Tells the other servers what was announced, and that this one ends.
    pub async fn close(&self) {
        if timeout(CLOSING_TIMEOUT, self.hub.stop()).await.is_err() {
            tracing::warn!("not every event reached the other servers before the end");
        }
    }
}
