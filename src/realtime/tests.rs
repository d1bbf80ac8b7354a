//! The stream as a long-polling client meets it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use poem::{
    Endpoint, Request,
    http::{HeaderMap, Method, StatusCode, header},
};
use serde_json::{Value, json, value::RawValue};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{Admitted, Audience, Gatekeeper, ListenerRefusal, Options, Realtime, SocketEndpoint, Team};

const PROJECT: Uuid = Uuid::from_u128(100);
const PLAYLIST: Uuid = Uuid::from_u128(200);

const fn person(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// The token is the number of a person. 1 and 2 are a team, 2 as a client, and 9 is an admin.
#[derive(Default)]
struct Gate {
    closed: AtomicBool,
}

#[async_trait]
impl Gatekeeper for Gate {
    async fn admit(&self, headers: &HeaderMap) -> Result<Admitted, ListenerRefusal> {
        let token = headers
            .get(header::AUTHORIZATION)
            .and_then(|token| token.to_str().ok())
            .ok_or(ListenerRefusal::MissingToken)?;
        let number = token
            .strip_prefix("Bearer ")
            .and_then(|token| token.parse().ok())
            .ok_or(ListenerRefusal::Invalid)?;
        if self.closed.load(Ordering::Relaxed) {
            return Err(ListenerRefusal::Revoked);
        }
        Ok(Admitted {
            person: person(number),
            session: format!("session {number}"),
            hears_all: number == 9,
            looks_only: false,
        })
    }

    async fn may_review(&self, person: Uuid, playlist: Uuid) -> bool {
        // Slow, so that what is said meanwhile has to wait its turn.
        sleep(Duration::from_millis(20)).await;
        playlist == PLAYLIST && self.team(PROJECT).await.members.contains(&person)
    }

    async fn team(&self, project: Uuid) -> Arc<Team> {
        Arc::new(match project {
            PROJECT => Team {
                members: [person(1), person(2)].into(),
                clients: [person(2)].into(),
            },
            _ => Team::default(),
        })
    }

    async fn person_changed(&self, _person: Uuid) {}

    async fn session_ended(&self, _session: &str) {}

    async fn news_missed(&self) {}
}

/// A client that polls.
struct Client<'a> {
    endpoint: &'a SocketEndpoint,
    sid: String,
}

impl<'a> Client<'a> {
    async fn open(endpoint: &'a SocketEndpoint, token: &str) -> Self {
        let request = Request::builder()
            .uri_str("/?EIO=4&transport=polling")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let answer = endpoint.call(request.finish()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let text = answer.into_body().into_string().await.unwrap();
        let handshake: Value = serde_json::from_str(&text[1..]).unwrap();
        assert_eq!(handshake["pingInterval"], 25_000);
        assert_eq!(handshake["pingTimeout"], 20_000);
        assert_eq!(handshake["maxPayload"], 1_000_000);
        assert_eq!(handshake["upgrades"], json!(["websocket"]));
        let sid = handshake["sid"].as_str().unwrap().to_owned();
        let client = Self { endpoint, sid };
        client.send("40/events,").await;
        client
    }

    async fn listen(endpoint: &'a SocketEndpoint, token: &str) -> Self {
        let client = Self::open(endpoint, token).await;
        let welcome = client.receive(1).await.remove(0);
        assert!(welcome.starts_with("40/events,{\"sid\":"), "{welcome}");
        client
    }

    fn request(&self, method: Method) -> poem::RequestBuilder {
        Request::builder()
            .method(method)
            .uri_str(format!("/?EIO=4&transport=polling&sid={}", self.sid))
    }

    async fn send(&self, packets: &str) {
        let request = self.request(Method::POST).body(packets.to_owned());
        let answer = self.endpoint.call(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }

    async fn say(&self, name: &str, payload: Value) {
        let name = format!("preview-room:{name}");
        self.send(&format!("42/events,{}", json!([name, payload]))).await;
    }

    async fn poll(&self) -> Vec<String> {
        let request = self.request(Method::GET).finish();
        let answer = self.endpoint.call(request).await.unwrap();
        let text = answer.into_body().into_string().await.unwrap();
        text.split('\u{1e}')
            .filter(|packet| *packet != "2")
            .map(str::to_owned)
            .collect()
    }

    /// The next packets.
    async fn receive(&self, count: usize) -> Vec<String> {
        let mut packets = Vec::new();
        while packets.len() < count {
            let polled = timeout(Duration::from_secs(5), self.poll()).await;
            packets.extend(polled.expect("a packet"));
        }
        assert_eq!(packets.len(), count, "{packets:?}");
        packets
    }

    /// The names and payloads of the next messages.
    async fn hear(&self, count: usize) -> Vec<(String, Value)> {
        let packets = self.receive(count).await;
        packets
            .iter()
            .map(|packet| serde_json::from_str(packet.strip_prefix("42/events,").unwrap()).unwrap())
            .collect()
    }
}

fn stream() -> (Realtime, SocketEndpoint) {
    Realtime::new(Arc::<Gate>::default(), Options::default())
}

fn payload(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

#[tokio::test]
async fn each_listener_hears_what_is_for_them_as_it_was_written() {
    let (realtime, endpoint) = stream();
    let mut clients = Vec::new();
    for token in ["1", "5", "9"] {
        clients.push(Client::listen(&endpoint, token).await);
    }
    assert_eq!(realtime.listeners(), 3);

    let events = [
        ("person:new", Audience::Everyone),
        ("task:new", Audience::Project(PROJECT)),
        ("notification:new", Audience::Persons(vec![person(5)])),
        ("task:delete", Audience::Team(vec![person(1)])),
        ("main:test", Audience::Everyone),
    ];
    for (name, audience) in events {
        realtime
            .broadcast(audience, name, &payload(r#"{"b":  1.50, "a":null}"#), None)
            .await;
    }
    let expected = [
        vec!["person:new", "task:new", "task:delete", "main:test"],
        vec!["person:new", "notification:new", "main:test"],
        vec!["person:new", "task:new", "task:delete", "main:test"],
    ];
    for (client, names) in clients.iter().zip(expected) {
        let packets = names
            .iter()
            .map(|name| format!(r#"42/events,["{name}",{{"b":  1.50, "a":null}}]"#));
        assert_eq!(client.receive(names.len()).await, packets.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn clients_of_a_production_are_told_less() {
    let (realtime, endpoint) = stream();
    let mut clients = Vec::new();
    for token in ["1", "2", "9"] {
        clients.push(Client::listen(&endpoint, token).await);
    }
    let (whole, less) = (
        payload(r#"{"comment_id":"c","person_id":"p"}"#),
        payload(r#"{"comment_id":"c"}"#),
    );
    realtime
        .broadcast(Audience::Project(PROJECT), "comment:new", &whole, Some(&less))
        .await;
    for (client, told) in clients.iter().zip([&whole, &less, &whole]) {
        assert_eq!(
            client.receive(1).await,
            [format!(r#"42/events,["comment:new",{}]"#, told.get())]
        );
    }
}

#[tokio::test]
async fn without_a_token_the_namespace_is_closed() {
    let (realtime, endpoint) = stream();
    let client = Client::open(&endpoint, "nobody").await;
    assert_eq!(
        client.receive(1).await,
        [r#"44/events,{"message":"Invalid access token."}"#]
    );
    assert_eq!(realtime.listeners(), 0);
}

#[tokio::test]
async fn a_token_may_be_given_when_entering() {
    let (realtime, endpoint) = stream();
    let client = Client::open(&endpoint, "nobody").await;
    client.send(r#"40/events,{"token":"1"}"#).await;
    let told = client.receive(2).await;
    assert!(told.iter().any(|packet| packet.starts_with("40/events,{")), "{told:?}");
    assert_eq!(realtime.listeners(), 1);

    let client = Client::open(&endpoint, "nobody").await;
    client.send(r#"40/events,{"token":"two"}"#).await;
    let told = client.receive(2).await;
    assert!(told.iter().all(|packet| packet.starts_with("44/events,")), "{told:?}");
}

#[tokio::test]
async fn who_does_not_enter_is_shown_out() {
    let options = Options {
        introduction: Duration::from_millis(300),
        ..Options::default()
    };
    let (_realtime, endpoint) = Realtime::new(Arc::new(Gate::default()), options);
    let (stranger, listener) = (
        Client::open(&endpoint, "nobody").await,
        Client::listen(&endpoint, "1").await,
    );
    stranger.receive(1).await;
    sleep(Duration::from_millis(600)).await;
    let is_open = async |client: &Client<'_>| {
        let answer = endpoint.call(client.request(Method::POST).body("3")).await.unwrap();
        answer.status() == StatusCode::OK
    };
    assert!(is_open(&listener).await && !is_open(&stranger).await);
}

#[tokio::test]
async fn the_end_of_a_session_closes_its_sockets() {
    let (realtime, endpoint) = stream();
    let one = Client::listen(&endpoint, "1").await;
    let two = Client::listen(&endpoint, "2").await;
    realtime.end_session("session 1");
    assert_eq!(one.receive(1).await, ["41/events,"]);
    assert_eq!(realtime.listeners(), 1);
    realtime.end_person(person(2));
    assert_eq!(two.receive(1).await, ["41/events,"]);
    assert_eq!(realtime.listeners(), 0);
}

#[tokio::test]
async fn a_token_that_holds_no_more_ends_the_stream() {
    let gate = Arc::<Gate>::default();
    let recheck = Duration::from_millis(30);
    let options = Options {
        recheck,
        ..Options::default()
    };
    let (realtime, endpoint) = Realtime::new(gate.clone(), options);
    let client = Client::listen(&endpoint, "1").await;
    sleep(3 * recheck).await;
    assert_eq!(realtime.listeners(), 1);
    gate.closed.store(true, Ordering::Relaxed);
    assert_eq!(client.receive(1).await, ["41/events,"]);
    assert_eq!(realtime.listeners(), 0);
}

#[tokio::test]
async fn a_change_of_a_person_is_looked_at_at_once() {
    let gate = Arc::<Gate>::default();
    let (realtime, endpoint) = Realtime::new(gate.clone(), Options::default());
    let one = Client::listen(&endpoint, "1").await;
    let two = Client::listen(&endpoint, "2").await;
    realtime.person_changed(person(1));
    realtime
        .broadcast(Audience::Everyone, "main:test", &payload("{}"), None)
        .await;
    assert_eq!(
        one.receive(1).await,
        [r#"42/events,["main:test",{}]"#],
        "who may still listen goes on"
    );
    gate.closed.store(true, Ordering::Relaxed);
    realtime.person_changed(person(1));
    assert_eq!(one.receive(1).await, ["41/events,"]);
    assert_eq!(two.receive(1).await, [r#"42/events,["main:test",{}]"#]);
    assert_eq!(realtime.listeners(), 1);
}

#[tokio::test]
async fn a_review_room_is_shared_by_those_who_opened_it() {
    let (_realtime, endpoint) = stream();
    let one = Client::listen(&endpoint, "1").await;
    let two = Client::listen(&endpoint, "2").await;
    let outsider = Client::listen(&endpoint, "5").await;
    let room = json!({"playlist_id": PLAYLIST});
    // One after the other without a pause, as web clients do.
    for client in [&outsider, &one] {
        client.say("open-playlist", room.clone()).await;
        client.say("join", room.clone()).await;
        client.say("add-annotation", room.clone()).await;
    }
    let heard = one.hear(4).await;
    let names: Vec<_> = heard.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "preview-room:room-people-updated",
            "preview-room:room-people-updated",
            "preview-room:room-updated",
            "preview-room:add-annotation"
        ]
    );
    assert_eq!(heard[0].1["people"], json!([]));
    assert_eq!(heard[2].1["people"], json!([person(1)]));
    assert_eq!(heard[3].1, room);

    two.say("join", room.clone()).await;
    let heard = one.hear(2).await;
    assert_eq!(heard[1].1["people"], json!([person(1), person(2)]));
    two.say("change-version", room.clone()).await;
    two.say("open-playlist", room.clone()).await;
    assert_eq!(
        one.hear(1).await[0].0,
        "preview-room:room-people-updated",
        "who has not opened the room is not heard"
    );
    assert_eq!(two.hear(1).await[0].1["id"], json!(PLAYLIST));

    let update = json!([
        "preview-room:update-playing-status",
        {"playlist_id": PLAYLIST, "is_playing": true},
        true
    ]);
    one.send(&format!("42/events,{update}")).await;
    let (name, state) = two.hear(1).await.remove(0);
    assert_eq!(name, "preview-room:room-updated");
    assert_eq!(state["is_playing"], true);
    assert_eq!(state["only_newcomer"], true);

    one.send("41/events,").await;
    let (_, people) = two.hear(1).await.remove(0);
    assert_eq!(people["people"], json!([person(2)]));
    let heard = timeout(Duration::from_millis(50), outsider.poll()).await;
    assert_eq!(heard.unwrap_or_default(), [""; 0]);
}

#[tokio::test]
async fn a_closed_stream_takes_no_connection() {
    let (realtime, endpoint) = stream();
    let client = Client::listen(&endpoint, "1").await;
    realtime
        .broadcast(Audience::Everyone, "main:test", &payload("{}"), None)
        .await;
    let (heard, ()) = tokio::join!(client.receive(1), realtime.hang_up());
    assert_eq!(heard, [r#"42/events,["main:test",{}]"#]);
    let request = Request::builder().uri_str("/?EIO=4&transport=polling");
    let answer = endpoint.call(request.finish()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(realtime.listeners(), 0);
    realtime.close().await;
}
