//! Conversations about entities, as those hear and see them who take part, and those who don't.

use dailies_definitions::access::Role;
use futures::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};

use harness::{Answer, Client, Listener, On, Studio, id, picture};

/// Event that everybody hears, last of all.
const BELL: &str = "department:new";

async fn asset(studio: &Studio) -> String {
    studio.admin.make_asset(studio.project_id, "Tree").await.to_string()
}

async fn ring(studio: &Studio) {
    studio
        .admin
        .post(
            "/data/departments",
            json!({"name": uuid::Uuid::new_v4().simple().to_string(), "color": "#000000"}),
        )
        .await
        .expect(201);
}

/// Events that somebody heard of conversations until the bell.
async fn heard(listener: &Listener) -> Vec<(String, Value)> {
    listener
        .until(BELL)
        .await
        .into_iter()
        .filter(|(name, _)| name.starts_with("chat"))
        .collect()
}

fn names(heard: &[(String, Value)]) -> Vec<&str> {
    heard.iter().map(|(name, _)| name.as_str()).collect()
}

/// Sends a form with the text of a field, and a picture.
async fn send(client: &Client, path: &str, field: &str, picture: &[u8]) -> Answer {
    let mut body =
        format!("--limit\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\nLike this?\r\n").into_bytes();
    body.extend_from_slice(b"--limit\r\ncontent-disposition: form-data; name=\"files\"; filename=\"Sketch.PNG\"\r\n");
    body.extend_from_slice(b"content-type: image/png\r\n\r\n");
    body.extend_from_slice(picture);
    body.extend_from_slice(b"\r\n--limit--\r\n");
    client.send_form(path, body).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn messages_reach_those_who_joined_and_nobody_else(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let asset = asset(&studio).await;
    let [artist, manager, client] = [Role::Artist, Role::Manager, Role::Client].map(|role| studio.member(role));
    let join = format!("/actions/user/chats/{asset}/join");
    let messages = format!("/data/entities/{asset}/chat/messages");
    let inside = [Listener::open(&artist).await, Listener::open(&manager).await];
    // An administrator hears everything else, a client is in the team, and a stranger is not.
    let outside = [
        Listener::open(&studio.admin).await,
        Listener::open(&client).await,
        Listener::open(&studio.stranger(Role::Artist)).await,
    ];
    let chat = artist.post(&join, Value::Null).await.expect(200)["id"].clone();
    manager.post(&join, Value::Null).await.expect(200);
    manager.post(&join, Value::Null).await.expect(200);
    let message = artist.post(&messages, json!({"message": "Hello"})).await.expect(201);
    manager.delete(&join).await.expect(204);
    manager.delete(&join).await.expect(204);
    artist.delete(&format!("{messages}/{}", id(&message))).await.expect(204);
    ring(&studio).await;

    let by_artist = heard(&inside[0]).await;
    assert_eq!(
        names(&by_artist),
        [
            "chat:joined",
            "chat:joined",
            "chat:new-message",
            "chat:left",
            "chat:deleted-message"
        ]
    );
    let artist_id = studio.member_id(Role::Artist);
    let manager_id = studio.member_id(Role::Manager);
    assert_eq!(by_artist[0].1, json!({"chat_id": chat, "person_id": artist_id}));
    assert_eq!(
        by_artist[2].1,
        json!({"chat_id": chat, "chat_message_id": message["id"], "last_message": message["created_at"]})
    );
    assert_eq!(by_artist[3].1, json!({"chat_id": chat, "person_id": manager_id}));
    assert_eq!(
        by_artist[4].1,
        json!({"chat_id": chat, "chat_message_id": message["id"]})
    );
    assert_eq!(
        names(&heard(&inside[1]).await),
        ["chat:joined", "chat:new-message", "chat:left"]
    );
    for listener in &outside {
        assert!(heard(listener).await.is_empty());
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_may_no_longer_read_hears_no_more(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let asset = asset(&studio).await;
    let [artist, manager] = [Role::Artist, Role::Manager].map(|role| studio.member(role));
    for person in [&artist, &manager] {
        person
            .post(&format!("/actions/user/chats/{asset}/join"), Value::Null)
            .await
            .expect(200);
    }
    let listener = Listener::open(&artist).await;
    let team = format!(
        "/data/projects/{}/team/{}",
        studio.project_id,
        studio.member_id(Role::Artist)
    );
    studio.admin.delete(&team).await.expect(204);
    manager
        .post(
            &format!("/data/entities/{asset}/chat/messages"),
            json!({"message": "Among us"}),
        )
        .await
        .expect(201);
    ring(&studio).await;
    assert!(heard(&listener).await.is_empty());
    assert_eq!(artist.get("/data/user/chats").await.expect(200), json!([]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_conversation_for_all_who_ask_at_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let asset = asset(&studio).await;
    let (get, join) = (
        format!("/data/entities/{asset}/chat"),
        format!("/actions/user/chats/{asset}/join"),
    );
    let people: Vec<Client> = [Role::Artist, Role::Manager, Role::Supervisor, Role::Client]
        .map(|role| studio.member(role))
        .into();
    let asked = join_all(people.iter().map(|person| person.get(&get))).await;
    let joined = join_all(people.iter().map(|person| person.post(&join, Value::Null))).await;
    let ids: Vec<Value> = asked
        .into_iter()
        .chain(joined)
        .map(|answer| answer.expect(200)["id"].clone())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let chat = studio.admin.get(&get).await.expect(200);
    assert_eq!(chat["participants"].as_array().map(Vec::len), Some(4));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn files_come_with_messages_and_go_with_them(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let asset = asset(&studio).await;
    let artist = studio.member(Role::Artist);
    artist
        .post(&format!("/actions/user/chats/{asset}/join"), Value::Null)
        .await
        .expect(200);
    let messages = format!("/data/entities/{asset}/chat/messages");
    let content = picture();
    let message = send(&artist, &messages, "message", &content).await.expect(201);
    let file = message["attachment_files"][0].clone();
    assert_eq!(
        file,
        json!({"id": file["id"], "name": "Sketch.PNG", "extension": "png", "size": content.len()})
    );
    let read = studio.member(Role::Client).get(&messages).await.expect(200);
    assert_eq!(
        read[0]["attachment_files"],
        json!([{"id": file["id"], "name": "Sketch.PNG", "extension": "png"}])
    );
    assert_eq!(read[0]["text"], "Like this?");

    let download = format!("/data/attachment-files/{}/file/Sketch.PNG", id(&file));
    assert_eq!(studio.member(Role::Client).get(&download).await.bytes, content);
    assert_eq!(studio.member(Role::Vendor).get(&download).await.status, 403);
    assert_eq!(studio.stranger(Role::Manager).get(&download).await.status, 403);

    // Without its message a form stores nothing.
    send(&artist, &messages, "text", &content).await.message(400);
    assert_eq!(
        send(&studio.member(Role::Vendor), &messages, "message", &content)
            .await
            .status,
        403
    );
    assert_eq!(
        artist.get(&messages).await.expect(200).as_array().map(Vec::len),
        Some(1)
    );

    artist.delete(&format!("{messages}/{}", id(&message))).await.expect(204);
    assert_eq!(studio.admin.get(&download).await.status, 404);
}
