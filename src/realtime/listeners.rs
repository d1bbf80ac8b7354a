//! The sockets that listen, and how an event reaches each of them.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use serde::Serialize;
use socketioxide::{SendError, SocketError, SocketIo, extract::SocketRef, socket::Sid};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Admitted, Audience, ROOT, Team};

/// An open socket of an admitted person.
pub(super) struct Listener {
    pub(super) socket: SocketRef,
    /// Cancelled when the socket is gone, or has to go.
    pub(super) gone: CancellationToken,
    /// Told when what the person may hear has to be looked at again.
    pub(super) doubted: Notify,
    io: SocketIo,
    who: RwLock<Admitted>,
}

impl Listener {
    pub(super) fn new(io: SocketIo, socket: SocketRef, who: Admitted, gone: CancellationToken) -> Self {
        Self {
            socket,
            gone,
            doubted: Notify::new(),
            io,
            who: RwLock::new(who),
        }
    }

    pub(super) fn person(&self) -> Uuid {
        self.read(|who| who.person)
    }

    /// True if the person is only shown what others do in a review room.
    pub(super) fn looks_only(&self) -> bool {
        self.read(|who| who.looks_only)
    }

    /// Tells the client to leave, for good; fails when it does not keep up.
    pub(super) fn leave(&self) -> Result<(), SocketError> {
        // The client stays connected for as long as it is in any namespace.
        let root = self.io.of(ROOT);
        if let Some(root) = root.and_then(|root| root.get_socket(self.socket.id)) {
            root.disconnect()?;
        }
        self.socket.clone().disconnect()
    }

    /// Remembers what the last check of the token told.
    pub(super) fn renew(&self, who: Admitted) {
        *self.who.write().unwrap_or_else(PoisonError::into_inner) = who;
    }

    fn read<T>(&self, read: impl FnOnce(&Admitted) -> T) -> T {
        read(&self.who.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An [`Audience`] with its team looked up.
pub(super) enum EventReceivers<'a> {
    Everyone,
    Team(&'a Team),
    Persons(&'a [Uuid]),
}

impl EventReceivers<'_> {
    pub(super) fn include(&self, who: &Admitted) -> bool {
        match self {
            Self::Everyone => true,
            Self::Team(team) => who.hears_all || team.members.contains(&who.person),
            Self::Persons(persons) => persons.contains(&who.person),
        }
    }

    /// True if somebody hears of it as a client of the production.
    pub(super) fn are_clients(&self, who: &Admitted) -> bool {
        matches!(self, Self::Team(team) if !who.hears_all && team.clients.contains(&who.person))
    }
}

/// Every socket that listens to this server.
#[derive(Default)]
pub(super) struct Listeners {
    by_sid: RwLock<HashMap<Sid, Arc<Listener>>>,
}

impl Listeners {
    pub(super) fn add(&self, listener: Arc<Listener>) {
        self.write(|sockets| sockets.insert(listener.socket.id, listener));
    }

    pub(super) fn remove(&self, sid: Sid) {
        if let Some(listener) = self.write(|sockets| sockets.remove(&sid)) {
            listener.gone.cancel();
        }
    }

    /// Lets go of everybody.
    pub(super) fn clear(&self) {
        for listener in self.write(std::mem::take).into_values() {
            listener.gone.cancel();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.read(HashMap::len)
    }

    /// True if the team of a production has to be known to tell who hears its events.
    pub(super) fn need_team(&self, audience: &Audience) -> bool {
        matches!(audience, Audience::Project(_))
            && self.read(|sockets| sockets.values().any(|listener| !listener.read(|who| who.hears_all)))
    }

    pub(super) fn matching(&self, keep: impl Fn(&Admitted) -> bool) -> Vec<Arc<Listener>> {
        self.read(|sockets| {
            sockets
                .values()
                .filter(|listener| listener.read(&keep))
                .cloned()
                .collect()
        })
    }

    /// Sends to those who may hear, and answers the sockets that could not keep up: they are
    /// no listeners any more, and their connection is to be cut.
    #[must_use]
    pub(super) fn announce<T: Serialize + ?Sized>(
        &self,
        hears: impl Fn(&Admitted) -> bool,
        name: &str,
        payload: &T,
    ) -> Vec<SocketRef> {
        self.send(self.matching(hears), name, payload)
    }

    /// Like [`announce`](Self::announce), to chosen sockets.
    #[must_use]
    pub(super) fn send_to<'a, T: Serialize + ?Sized>(
        &self,
        sids: impl IntoIterator<Item = &'a Sid>,
        name: &str,
        payload: &T,
    ) -> Vec<SocketRef> {
        let told = self.read(|sockets| sids.into_iter().filter_map(|sid| sockets.get(sid).cloned()).collect());
        self.send(told, name, payload)
    }

    fn send<T: Serialize + ?Sized>(&self, listeners: Vec<Arc<Listener>>, name: &str, payload: &T) -> Vec<SocketRef> {
        let mut late = Vec::new();
        for listener in listeners {
            let socket = &listener.socket;
            match socket.emit(name, payload) {
                Ok(()) => {}
                Err(SendError::Socket(SocketError::InternalChannelFull)) => {
                    tracing::warn!(sid = %socket.id, "a listener does not keep up");
                    self.remove(socket.id);
                    late.push(socket.clone());
                }
                Err(SendError::Socket(_)) => self.remove(socket.id),
                Err(SendError::Serialize(error)) => {
                    tracing::error!(%error, name, "an event cannot be sent");
                    break;
                }
            }
        }
        late
    }

    fn read<T>(&self, read: impl FnOnce(&HashMap<Sid, Arc<Listener>>) -> T) -> T {
        read(&self.by_sid.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, write: impl FnOnce(&mut HashMap<Sid, Arc<Listener>>) -> T) -> T {
        write(&mut self.by_sid.write().unwrap_or_else(PoisonError::into_inner))
    }
}
