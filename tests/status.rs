//! What is told of the server itself to those who run it.

use rstest::rstest;
use serde_json::json;

use crate::harness::{Client, On, TestServer};

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn settings_are_for_whoever_has_the_token_of_the_server(#[case] on: On) {
    let server = TestServer::start_with(on, &["--admin-token", "a token of its own", "--user-limit", "7"]).await;
    let holder = |token: &str| Client { token: Some(token.to_owned()), ..server.nobody() };
    let checked = holder("a token of its own").get("/admin/config/check").await.expect(200);
    assert_eq!(checked["user_limit"], json!({"env": 7, "redis": null}));
    assert_eq!(checked["default_timezone"], json!({"env": "Europe/Paris", "redis": null}));
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
    let flags = ["--sentry-kitsu-enabled", "true", "--sentry-kitsu-dsn", "https://key@reports.example.com/1"];
    let server = TestServer::start_with(On::Sqlite, &flags).await;
    let told = server.nobody().get("/config").await.expect(200);
    assert_eq!(told["sentry"], json!({"dsn": "https://key@reports.example.com/1", "sampleRate": 0.1}));
}
