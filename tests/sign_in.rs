//! Signing in and out, and what tokens are good for.

use rstest::rstest;
use serde_json::json;

use harness::{Client, On, TestServer};

async fn with_admin(on: On) -> (TestServer, Client) {
    let server = TestServer::start(on).await;
    dailies::auth::accounts::create_admin(&server.app, "Ada@Example.com", Some("correct horse")).await.expect("an administrator");
    let nobody = server.nobody();
    (server, nobody)
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_and_out(#[case] on: On) {
    let (_server, nobody) = with_admin(on).await;
    let signed_in = nobody.post("/auth/login", json!({"email": "ADA@example.com", "password": "correct horse"})).await.expect(200);
    assert_eq!(signed_in["login"], true);
    assert_eq!(signed_in["user"]["role"], "admin");
    assert_eq!(signed_in["user"]["departments"], json!([]));
    assert!(signed_in["user"].get("password").is_none());
    let ada = Client { token: signed_in["access_token"].as_str().map(str::to_owned), ..nobody.clone() };
    assert_eq!(ada.get("/auth/authenticated").await.expect(200)["authenticated"], true);
    let refresh = Client { token: signed_in["refresh_token"].as_str().map(str::to_owned), ..nobody.clone() };
    assert_eq!(refresh.get("/data/departments").await.expect(422)["msg"], "Only non-refresh tokens are allowed");
    assert_eq!(ada.get("/auth/refresh-token").await.expect(422)["msg"], "Only refresh tokens are allowed");
    let renewed = refresh.get("/auth/refresh-token").await.expect(200);
    let renewed = Client { token: renewed["access_token"].as_str().map(str::to_owned), ..nobody.clone() };
    assert_eq!(renewed.get("/auth/logout").await.expect(200)["logout"], true);
    assert_eq!(renewed.get("/data/departments").await.expect(401)["msg"], "Token has been revoked");
    refresh.get("/auth/refresh-token").await.expect(401);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_tell_nothing(#[case] on: On) {
    let (_server, nobody) = with_admin(on).await;
    let unknown = nobody.post("/auth/login", json!({"email": "nobody@example.com", "password": "x"})).await;
    let wrong = nobody.post("/auth/login", json!({"email": "ada@example.com", "password": "x"})).await;
    assert_eq!((unknown.status, unknown.bytes), (400, wrong.bytes));
    for _ in 0..4 {
        nobody.post("/auth/login", json!({"email": "ada@example.com", "password": "x"})).await.expect(400);
    }
    let locked = nobody.post("/auth/login", json!({"email": "ada@example.com", "password": "correct horse"})).await.expect(400);
    assert_eq!(locked["too_many_failed_login_attemps"], true);
    let empty = nobody.post("/auth/login", json!({"email": ""})).await.expect(400);
    assert_eq!(empty["data"]["errors"][0]["message"], "String should have at least 1 character");
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_read_strictly(#[case] on: On) {
    let (_server, nobody) = with_admin(on).await;
    let missing = nobody.get("/data/departments").await.expect(401);
    assert!(missing["msg"].as_str().is_some_and(|text| text.starts_with("Missing JWT in cookies or headers")));
    let garbage = Client { token: Some("garbage".into()), ..nobody.clone() };
    assert_eq!(garbage.get("/data/departments").await.expect(422)["msg"], "Not enough segments");
    let request = nobody.request(reqwest::Method::GET, "/data/departments").header("cookie", "access_token_cookie=bad");
    nobody.finish(reqwest::Method::GET, "/data/departments", request).await.expect(422);
}
