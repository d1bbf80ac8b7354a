//! Facts about the server itself for those who run it.

use chrono::TimeDelta;
use dailies::database::{self, Sql};
use dailies_definitions::access::Role;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use harness::rows::{execute, number};
use harness::{Client, Listener, On, PostOffice, Studio, TestServer};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn settings_are_for_whoever_has_the_token_of_the_server(#[values(On::Sqlite, On::Postgres)] on: On) {
    let server = TestServer::start_with(on, &["--admin-token", "a token of its own", "--user-limit", "7"]).await;
    let holder = |token: &str| Client {
        token: Some(token.to_owned()),
        ..server.nobody()
    };
    let checked = holder("a token of its own")
        .get("/admin/config/check")
        .await
        .expect(200);
    assert_eq!(checked["user_limit"], json!({"env": 7, "redis": null}));
    assert_eq!(
        checked["default_timezone"],
        json!({"env": "Europe/Paris", "redis": null})
    );
    assert_eq!(checked["active_users"], 0);
    for other in ["", "a token", "A token of its own"] {
        holder(other).get("/admin/config/check").await.expect(403);
    }
    server.nobody().get("/admin/config/check").await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn web_clients_are_told_where_to_report_errors() {
    let server = TestServer::start(On::Sqlite).await;
    assert!(server.nobody().get("/config").await.expect(200).get("sentry").is_none());
    server.nobody().get("/admin/config/check").await.expect(404);
    let flags = [
        "--sentry-kitsu-enabled",
        "true",
        "--sentry-kitsu-dsn",
        "https://key@reports.example.com/1",
    ];
    let server = TestServer::start_with(On::Sqlite, &flags).await;
    let told = server.nobody().get("/config").await.expect(200);
    assert_eq!(
        told["sentry"],
        json!({"dsn": "https://key@reports.example.com/1", "sampleRate": 0.1})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_listens_hears_the_test_event() {
    let studio = Studio::open(On::Sqlite).await;
    let listener = Listener::open(&studio.member(Role::Client)).await;
    studio.server.nobody().get("/status/test-event").await.expect(200);
    assert_eq!(listener.until("main:test").await, [("main:test".to_owned(), json!({}))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_how_the_server_does_writes_nothing() {
    let server = TestServer::start(On::Sqlite).await;
    let statuses = Sql::new("SELECT COUNT(*) FROM project_status");
    execute(&server.app.database, &Sql::new("DELETE FROM project_status"))
        .await
        .expect("no status");
    let told = server.nobody().get("/status").await.expect(200);
    assert_eq!(told["database-up"], true);
    assert_eq!(number(&server.app.database, &statuses).await, 0);
}

#[rstest]
#[case(On::Sqlite, "sqlite")]
#[case(On::Postgres, "postgresql")]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_runs_the_server_sees_what_is_reached_and_what_waits(#[case] on: On, #[case] kind: &str) {
    let office = PostOffice::open().await;
    let flags = office.flags();
    let server = TestServer::start_with(on, &flags.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let nobody = server.nobody();
    let parts = nobody.get("/status").await.expect(200)["parts"].clone();
    assert_eq!(parts["database"], json!({"kind": kind, "up": true}));
    assert_eq!(parts["mail"], json!({"configured": true, "up": true}));
    assert_eq!(parts["storage"], json!({"kind": "local", "up": true}));
    assert_eq!(
        (&parts["jobs"]["waiting"], &parts["jobs"]["behind_seconds"]),
        (&json!(0), &json!(0))
    );

    // A job of a kind that no server knows stays where it is.
    let due = database::now() - TimeDelta::seconds(90);
    let job = Sql::with(
        "INSERT INTO dailies_job (id, kind, payload, state, attempts, run_at, created_at, updated_at) VALUES ($1, $2, $3, 'queued', 0, $4, $4, $4)",
        [
            Uuid::new_v4().into(),
            "a kind of tomorrow".into(),
            json!({}).into(),
            due.into(),
        ],
    );
    execute(&server.app.database, &job).await.expect("a job");
    let jobs = nobody.get("/status").await.expect(200)["parts"]["jobs"].clone();
    assert_eq!(jobs["waiting"], 1);
    assert!(
        jobs["behind_seconds"].as_i64().is_some_and(|seconds| seconds >= 90),
        "{jobs}"
    );

    let from_elsewhere = nobody
        .request(Method::GET, "/status")
        .header("x-forwarded-for", "192.0.2.7");
    let told = nobody.finish(Method::GET, "/status", from_elsewhere).await.expect(200);
    assert_eq!((told.get("parts"), &told["database-up"]), (None, &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_away_is_told() {
    let mut office = PostOffice::open().await;
    let flags = office.flags();
    office.close().await;
    let server = TestServer::start_with(On::Sqlite, &flags.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let told = server.nobody().get("/status").await.expect(200);
    assert_eq!(told["parts"]["mail"], json!({"configured": true, "up": false}));
}
