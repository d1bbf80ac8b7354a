//! Way of the events once they are stored: to everybody who listens and may know.

use std::sync::{Arc, OnceLock};

use serde_json::value::RawValue;
use uuid::Uuid;

use super::{Audience, Realtime};

/// The way to the stream of events. Commands that serve nobody have none, and announce nothing.
#[derive(Clone, Default)]
pub struct Bus(Arc<OnceLock<Realtime>>);

impl Bus {
    /// Connects the stream, once.
    pub fn connect(&self, realtime: Realtime) {
        let _already_connected = self.0.set(realtime);
    }

    /// Announces one event, with what clients of a production are told in place of the payload.
    pub async fn publish(&self, audience: Audience, name: &str, payload: &RawValue, for_clients: Option<&RawValue>) {
        if let Some(realtime) = self.0.get() {
            realtime.broadcast(audience, name, payload, for_clients).await;
        }
    }

    /// Lets listeners and other servers look again at a person who changed.
    pub fn person_changed(&self, person: Uuid) {
        if let Some(realtime) = self.0.get() {
            realtime.person_changed(person);
        }
    }

    /// True if the other servers are heard, where there are any.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        self.0.get().is_none_or(Realtime::is_joined)
    }

    /// Cuts off a person who may no longer listen.
    pub fn end_person(&self, person: Uuid) {
        if let Some(realtime) = self.0.get() {
            realtime.end_person(person);
        }
    }

    /// Cuts off those who listen by a token that was revoked.
    pub fn end_session(&self, token: &str) {
        if let Some(realtime) = self.0.get() {
            realtime.end_session(token);
        }
    }

    /// Number of listeners.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.0.get().map_or(0, Realtime::listeners)
    }

    /// Sends what was announced, and lets nobody listen any more. The other servers still hear.
    pub async fn hang_up(&self) {
        if let Some(realtime) = self.0.get() {
            realtime.hang_up().await;
        }
    }

    /// Closes the stream: nothing is announced any more.
    pub async fn close(&self) {
        if let Some(realtime) = self.0.get() {
            realtime.close().await;
        }
    }
}
