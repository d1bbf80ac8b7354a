//! A socket's life: its admission, and what its client says in review rooms.

use std::{future::ready, sync::Arc};

use serde::{Deserialize, de::Error};
use serde_json::value::RawValue;
use socketioxide::{
    SocketIo,
    adapter::Adapter,
    extract::{SocketRef, TryData},
    handler::{ConnectHandler, FromMessageParts, Value},
    socket::Socket,
};
use tokio::{
    sync::{Mutex, mpsc},
    time::{Instant, MissedTickBehavior, interval_at},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Admitted, ListenerRefusal, NAMESPACE, ROOT,
    hub::{Given, Hub},
    listeners::Listener,
    room_state::RoomState,
    rooms::Act,
};

/// Number of messages of a client that may wait; more are dropped, as it sends them too fast.
const INBOX: usize = 256;

/// Message of a client: the name of a message, and its first two arguments.
struct Message {
    name: String,
    payload: Box<RawValue>,
    flag: Option<bool>,
}

/// Takes the packet apart without a look into the payload, which may have to go on verbatim.
impl<A: Adapter> FromMessageParts<A> for Message {
    type Error = serde_json::Error;

    fn from_message_parts(_: &Arc<Socket<A>>, packet: &mut Value, _: &Option<i64>) -> Result<Self, Self::Error> {
        let text = packet.as_str().map_or("", |text| text.as_str());
        let mut arguments = serde_json::from_str::<Vec<&RawValue>>(text)?.into_iter();
        let mut next = || {
            arguments
                .next()
                .ok_or_else(|| serde_json::Error::missing_field("argument"))
        };
        Ok(Self {
            name: serde_json::from_str(next()?.get())?,
            payload: next()?.to_owned(),
            flag: next().ok().and_then(|flag| serde_json::from_str(flag.get()).ok()),
        })
    }
}

/// Facts that a client gives along when it enters a namespace.
#[derive(Deserialize)]
struct EntryFacts {
    token: String,
}

/// Facts that admission hands over to the greeting that follows it. It must not hold the socket, which holds it: they
/// would never be freed.
#[derive(Clone)]
struct Arrival {
    who: Admitted,
    gone: CancellationToken,
    inbox: Arc<Mutex<mpsc::Receiver<Message>>>,
}

/// Lets admitted sockets in from now on.
pub(super) fn receive(hub: &Arc<Hub>, io: &SocketIo) {
    let admit = {
        let hub = hub.clone();
        move |socket: SocketRef, entry: TryData<EntryFacts>| admit(hub, socket, entry)
    };
    let greet = {
        let hub = hub.clone();
        // Here and below, what stands outside of a future runs at once, in the order of the
        // packets; the futures of socketioxide run in tasks of their own, in any order.
        move |socket: SocketRef, io: SocketIo| {
            if let Some(Arrival { who, gone, inbox }) = socket.extensions.remove::<Arrival>() {
                let listener = Arc::new(Listener::new(io, socket, who, gone));
                hub.listeners.add(listener.clone());
                tokio::spawn(attend(hub, listener, inbox));
            }
            ready(())
        }
    };
    io.ns(NAMESPACE, greet.with(admit));

    let hub = hub.clone();
    let check = move |socket: SocketRef, entry: TryData<EntryFacts>| {
        let hub = hub.clone();
        async move {
            keep(&socket, entry);
            hub.admit(&socket).await.map(drop)
        }
    };
    io.ns(ROOT, (async || ()).with(check));
}

/// Keeps the token that a client gives when it enters, for as long as its socket is open.
fn keep(socket: &SocketRef, TryData(entry): TryData<EntryFacts>) {
    if let Ok(EntryFacts { token }) = entry {
        socket.extensions.insert(Given(token));
    }
}

async fn admit(hub: Arc<Hub>, socket: SocketRef, entry: TryData<EntryFacts>) -> Result<(), ListenerRefusal> {
    keep(&socket, entry);
    let who = hub.admit(&socket).await?;
    let (outbox, inbox) = mpsc::channel(INBOX);
    socket.on_fallback(move |message: Message| {
        if outbox.try_send(message).is_err() {
            tracing::debug!("dropped a message of a client");
        }
        ready(())
    });
    let gone = CancellationToken::new();
    socket.extensions.insert(Arrival {
        who,
        gone: gone.clone(),
        inbox: Arc::new(Mutex::new(inbox)),
    });
    let sid = socket.id;
    socket.on_disconnect(move || {
        gone.cancel();
        hub.listeners.remove(sid);
        ready(())
    });
    Ok(())
}

/// Follows a socket until it is gone.
async fn attend(hub: Arc<Hub>, listener: Arc<Listener>, inbox: Arc<Mutex<mpsc::Receiver<Message>>>) {
    let mut inbox = inbox.lock().await;
    let mut recheck = interval_at(Instant::now() + hub.recheck, hub.recheck);
    recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = listener.gone.cancelled() => break,
            _ = recheck.tick() => check_again(&hub, &listener).await,
            () = listener.doubted.notified() => check_again(&hub, &listener).await,
            Some(message) = inbox.recv() => hear(&hub, &listener, message).await,
        }
    }
    hub.listeners.remove(listener.socket.id);
    for room in hub.rooms_of(listener.socket.id) {
        go_out(&hub, &listener, room);
    }
}

/// Makes sure that the token still holds, and the access to each room.
async fn check_again(hub: &Hub, listener: &Listener) {
    match hub.admit(&listener.socket).await {
        Ok(who) => listener.renew(who),
        Err(_) => return hub.dismiss(listener),
    }
    for room in hub.rooms_of(listener.socket.id) {
        if !hub.gatekeeper.may_review(listener.person(), room).await {
            go_out(hub, listener, room);
        }
    }
}

fn go_out(hub: &Hub, listener: &Listener, room: Uuid) {
    let sid = listener.socket.id;
    hub.unfollow(room, sid);
    if hub.seated(room, sid) {
        hub.act(Act::Leave { room, sid });
    }
}

/// Lets somebody follow a room who may review its playlist.
async fn open(hub: &Hub, listener: &Listener, room: Uuid) {
    if hub.gatekeeper.may_review(listener.person(), room).await {
        hub.follow(room, listener.socket.id);
        hub.act(Act::Open { room });
    }
}

/// Takes somebody out of a room who follows it or sits there.
fn leave(hub: &Hub, listener: &Listener, room: Uuid) {
    let sid = listener.socket.id;
    if hub.follows(room, sid) || hub.seated(room, sid) {
        hub.act(Act::Leave { room, sid });
    }
}

/// Does what a client asks; what it may not ask, or is not understood, gets no answer.
async fn hear(hub: &Hub, listener: &Listener, message: Message) {
    let Ok(MessageRoom { playlist_id: room }) = serde_json::from_str(message.payload.get()) else {
        return;
    };
    let sid = listener.socket.id;
    let person = listener.person();
    match message.name.as_str() {
        "preview-room:open-playlist" => open(hub, listener, room).await,
        "preview-room:close-playlist" => hub.unfollow(room, sid),
        "preview-room:join" => {
            let Ok(state) = serde_json::from_str::<RoomState>(message.payload.get()) else {
                return;
            };
            if hub.gatekeeper.may_review(person, room).await {
                hub.act(Act::Join {
                    room,
                    sid,
                    person,
                    state,
                });
            }
        }
        "preview-room:leave" => leave(hub, listener, room),
        // With all else only those are heard who have opened the room, and who may do more than look.
        _ if hub.follows(room, sid) && !listener.looks_only() => act_for_room(hub, room, message),
        _ => {}
    }
}

/// Does what somebody asks for everybody in the room: that it looks at something else, or that a message goes to all.
fn act_for_room(hub: &Hub, room: Uuid, message: Message) {
    let Message { name, payload, flag } = message;
    match name.as_str() {
        "preview-room:room-updated" | "preview-room:update-playing-status" => {
            let Ok(state) = serde_json::from_str(payload.get()) else {
                return;
            };
            hub.act(Act::Update {
                room,
                state,
                only_newcomer: flag.unwrap_or(false),
            });
        }
        name => {
            if let Some(name) = relayed(name) {
                let name = name.to_owned();
                hub.act(Act::Say { room, name, payload });
            }
        }
    }
}

/// The room that a message is about.
#[derive(Deserialize)]
struct MessageRoom {
    playlist_id: Uuid,
}

/// The name under which a message goes to everybody in the room, as it came.
fn relayed(name: &str) -> Option<&'static str> {
    Some(match name {
        "preview-room:add-annotation" => "preview-room:add-annotation",
        "preview-room:remove-annotation" => "preview-room:remove-annotation",
        "preview-room:update-annotation" => "preview-room:update-annotation",
        // An older name, which web clients still use.
        "preview-update-annotation" => "preview-room:update-annotation",
        "preview-room:change-version" => "preview-room:change-version",
        "preview-room:panzoom-changed" => "preview-room:panzoom-changed",
        "preview-room:comparison-panzoom-changed" => "preview-room:comparison-panzoom-changed",
        _ => return None,
    })
}
