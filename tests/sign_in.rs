//! Signing in and out, and what tokens are good for.

use rstest::rstest;
use serde_json::json;

use harness::{Answer, Client, On, TestServer};

async fn with_admin(on: On) -> (TestServer, Client) {
    let server = TestServer::start(on).await;
    dailies::auth::accounts::create_admin(&server.app, "Ada@Example.com", Some("correct horse"))
        .await
        .expect("an administrator");
    let nobody = server.nobody();
    (server, nobody)
}

async fn sign_in(nobody: &Client, email: &str, password: &str) -> Answer {
    nobody
        .post("/auth/login", json!({"email": email, "password": password}))
        .await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_and_out(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (_server, nobody) = with_admin(on).await;
    let signed_in = sign_in(&nobody, "ADA@example.com", "correct horse").await.expect(200);
    assert_eq!(signed_in["login"], true);
    let with_blanks = sign_in(&nobody, " ada@example.com ", "correct horse").await.expect(200);
    assert_eq!(with_blanks["user"]["id"], signed_in["user"]["id"]);
    assert_eq!(signed_in["user"]["role"], "admin");
    assert_eq!(signed_in["user"]["departments"], json!([]));
    assert!(signed_in["user"].get("password").is_none());
    let ada = nobody.with_token(&signed_in["access_token"]);
    assert_eq!(ada.get("/auth/authenticated").await.expect(200)["authenticated"], true);
    let refresh = nobody.with_token(&signed_in["refresh_token"]);
    assert_eq!(
        refresh.get("/data/departments").await.expect(422)["msg"],
        "Only non-refresh tokens are allowed"
    );
    assert_eq!(
        ada.get("/auth/refresh-token").await.expect(422)["msg"],
        "Only refresh tokens are allowed"
    );
    let renewed = refresh.get("/auth/refresh-token").await.expect(200);
    let renewed = nobody.with_token(&renewed["access_token"]);
    assert_eq!(renewed.get("/auth/logout").await.expect(200)["logout"], true);
    assert_eq!(
        renewed.get("/data/departments").await.expect(401)["msg"],
        "Token has been revoked"
    );
    refresh.get("/auth/refresh-token").await.expect(401);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_tell_nothing(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (_server, nobody) = with_admin(on).await;
    let unknown = sign_in(&nobody, "nobody@example.com", "x").await;
    let wrong = sign_in(&nobody, "ada@example.com", "x").await;
    assert_eq!((unknown.status, unknown.bytes), (400, wrong.bytes));
    for _ in 0..4 {
        sign_in(&nobody, "ada@example.com", "x").await.expect(400);
    }
    let locked = sign_in(&nobody, "ada@example.com", "correct horse").await.expect(400);
    assert_eq!(locked["too_many_failed_login_attemps"], true);
    let empty = nobody.post("/auth/login", json!({"email": ""})).await.expect(400);
    assert_eq!(
        empty["data"]["errors"][0]["message"],
        "String should have at least 1 character"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_read_strictly(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (_server, nobody) = with_admin(on).await;
    let missing = nobody.get("/data/departments").await.expect(401);
    assert!(
        missing["msg"]
            .as_str()
            .is_some_and(|text| text.starts_with("Missing JWT in cookies or headers"))
    );
    let garbage = Client {
        token: Some("garbage".into()),
        ..nobody.clone()
    };
    assert_eq!(
        garbage.get("/data/departments").await.expect(422)["msg"],
        "Not enough segments"
    );
    let request = nobody
        .request(reqwest::Method::GET, "/data/departments")
        .header("cookie", "access_token_cookie=bad");
    nobody
        .finish(reqwest::Method::GET, "/data/departments", request)
        .await
        .expect(422);
}

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_handed_over_to_a_program_of_the_same_person(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (server, nobody) = with_admin(on).await;
    let signed_in = sign_in(&nobody, "ada@example.com", "correct horse").await.expect(200);
    let ada = nobody.with_token(&signed_in["access_token"]);
    let code = async || {
        ada.post("/auth/app-login/code", json!({"code_challenge": CHALLENGE}))
            .await
            .expect(201)["code"]
            .clone()
    };
    let redeem = async |code: &serde_json::Value| {
        nobody
            .post(
                "/auth/app-login/token",
                json!({"code": code, "code_verifier": VERIFIER}),
            )
            .await
    };
    let handed = redeem(&code().await).await.expect(200);
    let program = nobody.with_token(&handed["access_token"]);
    program.get("/data/departments").await.expect(200);
    let refresh = nobody.with_token(&handed["refresh_token"]);
    refresh.get("/auth/refresh-token").await.expect(200);
    let log = ada.get("/data/events/login-logs/last").await.expect(200);
    assert_eq!(
        log.as_array()
            .expect("a log")
            .iter()
            .filter(|row| row["origin"] == "script")
            .count(),
        2,
        "{log}"
    );
    // Of many who try at once, one gets in.
    let contested = code().await;
    let tries = futures::future::join_all((0..8).map(|_| redeem(&contested))).await;
    assert_eq!(tries.iter().filter(|answer| answer.status == 200).count(), 1);
    // A code is as old as the session that it comes from.
    let late = code().await;
    let change = json!({"old_password": "correct horse", "password": "battery staple", "password_2": "battery staple"});
    ada.post("/auth/change-password", change).await.expect(200);
    assert_eq!(
        redeem(&late).await.expect(400),
        json!({"login": false, "message": "Wrong or expired code."})
    );
    // Nobody who was switched off gets in.
    let person: uuid::Uuid = signed_in["user"]["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("an id");
    let last = code().await;
    let off = vec![("active", false.into())];
    harness::rows::update(&server.app.database, &entity::person::TABLE, person, off)
        .await
        .expect("a person");
    redeem(&last).await.expect(400);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn only_a_whole_session_is_handed_over(#[values(On::Sqlite, On::Postgres)] on: On) {
    let server = TestServer::start_with(on, &["--enforce-2fa", "true"]).await;
    dailies::auth::accounts::create_admin(&server.app, "ada@example.com", Some("correct horse"))
        .await
        .expect("an administrator");
    let nobody = server.nobody();
    let signed_in = sign_in(&nobody, "ada@example.com", "correct horse").await.expect(200);
    let ada = nobody.with_token(&signed_in["access_token"]);
    let refused = ada
        .post("/auth/app-login/code", json!({"code_challenge": CHALLENGE}))
        .await
        .expect(403);
    assert_eq!(refused["two_factor_authentication_required"], true);
}
