//! The client that is generated from the contract, at work: what it sends is taken, and what it is answered fits its types.

use std::time::{Duration, Instant};

use dailies::auth::accounts;
use dailies_client::types::SignedIn;
use dailies_client::{Client, Event, Events, Problem, ResponseValue};
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use harness::{On, TestServer};

/// An administrator who just signed in.
async fn administrator(server: &TestServer) -> SignedIn {
    accounts::create_admin(&server.app, "ada@example.com", Some("sheep-in-the-fog"))
        .await
        .expect("an administrator");
    let stranger = Client::at(&server.url).expect("a client");
    let asked = stranger
        .sign_in()
        .body_map(|body| body.email("ada@example.com").password("sheep-in-the-fog"));
    asked.send().await.expect("a session").into_inner()
}

/// A server that answers each call with the next of these texts, and tells in the end what it was asked. An empty text loses the
/// connection.
async fn bad_line(answers: &[&str]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answers: Vec<String> = answers.iter().map(|&answer| answer.to_owned()).collect();
    let asked = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut call = vec![0; 8192];
            let length = stream.read(&mut call).await.expect("a call");
            asked.push(String::from_utf8_lossy(&call[..length]).into_owned());
            stream.write_all(answer.as_bytes()).await.expect("the answer is taken");
        }
        asked
    });
    (url, asked)
}

/// A line to a server, and what cuts it: whoever is connected then loses the connection.
async fn line_to(url: &str) -> (String, broadcast::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let near = format!("http://{}", listener.local_addr().expect("an address"));
    let far = url.trim_start_matches("http://").to_owned();
    let (cut, _) = broadcast::channel(1);
    let cuts = cut.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (far, mut cut) = (far.clone(), cuts.subscribe());
            tokio::spawn(async move {
                let mut server = TcpStream::connect(far).await.expect("the server");
                tokio::select! {
                    _ = copy_bidirectional(&mut stream, &mut server) => {}
                    _ = cut.recv() => {}
                }
            });
        }
    });
    (near, cut)
}

/// The next event of that name, or why nothing more is heard.
async fn heard(events: &mut Events, name: &str) -> Result<Event, Problem> {
    let next = async {
        loop {
            match events.next().await {
                Ok(event) if event.name != name => {}
                told => return told,
            }
        }
    };
    timeout(Duration::from_secs(20), next).await.expect("an event in time")
}

/// The id of a new production.
async fn production(client: &Client, name: &str) -> String {
    let asked = client.create_project().body_map(|body| body.name(name));
    asked.send().await.expect("a production").id.to_string()
}

const NO_PROJECTS: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]";
const UNAVAILABLE: &str = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
const TOO_MANY: &str =
    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
const EXPIRED: &str = "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
const RENEWED: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 23\r\n\r\n{\"access_token\": \"new\"}";

#[tokio::test]
async fn calls_that_may_be_done_twice_are_sent_again() {
    let (url, asked) = bad_line(&["", UNAVAILABLE, TOO_MANY, NO_PROJECTS]).await;
    let begun = Instant::now();
    let client = Client::with_token(&url, "good").expect("a client");
    assert!(client.list_projects().send().await.expect("projects").is_empty());
    assert!(
        begun.elapsed() > Duration::from_secs(2),
        "the pauses are {:?}",
        begun.elapsed()
    );
    assert_eq!(asked.await.expect("calls").len(), 4);

    let (url, asked) = bad_line(&[TOO_MANY, UNAVAILABLE]).await;
    let client = Client::with_token(&url, "good").expect("a client");
    let refused = client
        .create_project()
        .body_map(|body| body.name("Wool"))
        .send()
        .await
        .expect_err("nobody is there");
    assert_eq!(refused.status().map(|status| status.as_u16()), Some(503));
    assert_eq!(asked.await.expect("calls").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_has_expired_is_renewed() {
    let server = TestServer::start(On::Sqlite).await;
    let signed_in = administrator(&server).await;
    let (url, asked) = bad_line(&[EXPIRED, RENEWED, NO_PROJECTS, EXPIRED, EXPIRED]).await;
    let client = Client::at(&url).expect("a client");
    client.keep(&signed_in);
    assert!(client.list_projects().send().await.expect("projects").is_empty());
    let over = client.list_projects().send().await.expect_err("the session is over");
    assert_eq!(over.status().map(|status| status.as_u16()), Some(401));

    let asked = asked.await.expect("calls");
    let (access, refresh) = (signed_in.access_token.as_str(), signed_in.refresh_token.as_str());
    let tokens = [access, refresh, "new", "new", refresh];
    for (call, token) in asked.iter().zip(tokens) {
        assert!(call.contains(&format!("Bearer {token}\r\n")), "{call} without {token}");
    }
    assert!(asked[1].starts_with("GET /auth/refresh-token ") && asked[4].starts_with("GET /auth/refresh-token "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_hears_events_again_after_a_lost_connection() {
    let server = TestServer::start(On::Sqlite).await;
    let (url, cut) = line_to(&server.url).await;
    let ada = Client::at(&url).expect("a client");
    ada.keep(&administrator(&server).await);
    let mut events = ada.listen().await.expect("the stream");
    let wool = production(&ada, "Wool").await;
    let told = heard(&mut events, "project:new").await.expect("an event");
    assert_eq!(told.data["project_id"], wool);

    cut.send(()).expect("a connection");
    // It is opened again by whoever waits for an event.
    let later = async {
        sleep(Duration::from_secs(3)).await;
        production(&ada, "Fog").await
    };
    let (told, fog) = tokio::join!(heard(&mut events, "project:new"), later);
    assert_eq!(told.expect("an event").data["project_id"], fog);

    ada.close_session().await.expect("the session ends");
    cut.send(()).expect("a connection");
    let over = heard(&mut events, "project:new").await;
    assert!(over.is_err_and(|problem| problem.is_final()));
    let stranger = Client::with_token(&url, "none").expect("a client");
    assert!(stranger.listen().await.is_err_and(|problem| problem.is_final()));
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_production_through_the_typed_client(#[case] on: On) {
    let server = TestServer::start(on).await;
    let stranger = Client::at(&server.url).expect("a client");
    let signed_in = administrator(&server).await;
    assert_eq!(
        signed_in.user.email.as_deref().map(String::as_str),
        Some("ada@example.com")
    );
    let ada = Client::at(&server.url).expect("a client");
    ada.open_session("ada@example.com", "sheep-in-the-fog")
        .await
        .expect("a session");

    let wool = ada
        .create_project()
        .body_map(|body| body.name("Wool"))
        .send()
        .await
        .map(ResponseValue::into_inner)
        .expect("a production");
    let types = ada
        .list_entity_types()
        .name("Character")
        .send()
        .await
        .expect("asset types");
    let asset = ada
        .create_asset()
        .project_id(wool.id)
        .asset_type_id(types[0].id)
        .body_map(|body| body.name("Sheep"))
        .send()
        .await
        .expect("an asset");
    let sequence = ada
        .create_sequence()
        .project_id(wool.id)
        .body_map(|body| body.name("SQ01"))
        .send()
        .await
        .expect("a sequence");
    let shot = ada
        .create_shot()
        .project_id(wool.id)
        .body_map(|body| body.name("SH010").sequence_id(sequence.id).nb_frames(48))
        .send()
        .await
        .expect("a shot");
    assert_eq!(shot.nb_frames, Some(48));

    let modeling = ada.list_task_types().name("Modeling").send().await.expect("task types")[0].id;
    let none: Vec<Uuid> = Vec::new();
    let made = ada
        .create_asset_tasks()
        .project_id(wool.id)
        .task_type_id(modeling)
        .body(none)
        .send()
        .await
        .expect("tasks");
    let task = made[0].id;
    let done = ada
        .list_task_statuses()
        .name("Done")
        .send()
        .await
        .expect("task statuses")[0]
        .id;
    ada.comment_task()
        .task_id(task)
        .body_map(|body| body.task_status_id(done).comment("Round enough."))
        .send()
        .await
        .expect("a comment");

    let listed = ada
        .list_assets_with_tasks()
        .project_id(wool.id)
        .send()
        .await
        .expect("assets");
    assert_eq!(
        (listed[0].id, listed[0].tasks[0].id, listed[0].tasks[0].task_status_id),
        (asset.id, task, Some(done))
    );
    let full = ada.get_full_task().task_id(task).send().await.expect("a task");
    assert_eq!(full.project.as_ref().map(|project| project.id), Some(wool.id));
    let unknown = ada
        .get_full_task()
        .task_id(Uuid::new_v4())
        .send()
        .await
        .expect_err("no such task");
    assert_eq!(unknown.status().map(|status| status.as_u16()), Some(404));
    let refused = stranger.list_projects().send().await.expect_err("nobody is signed in");
    assert_eq!(refused.status().map(|status| status.as_u16()), Some(401));

    ada.close_session().await.expect("the session ends");
    ada.keep(&signed_in);
    assert!(ada.list_projects().send().await.is_ok(), "the other session goes on");
}
