//! Guesses of passwords and codes.

use chrono::Utc;
use dailies_definitions::access::Role;
use harness::rows::update;
use harness::{Client, On, Studio};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{PASSWORD, email_of, give_password};
use crate::second_factors::new_clock;

/// Tries to sign in through a proxy, from an address.
async fn try_from_address(nobody: &Client, from: &str, email: &str, password: &str) -> (u16, Value) {
    let request = nobody
        .request(Method::POST, "/auth/login")
        .header("x-real-ip", from)
        .json(&json!({"email": email, "password": password}));
    let answer = nobody.finish(Method::POST, "/auth/login", request).await;
    (answer.status, answer.json)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn failures_do_not_tell_who_has_an_account(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let nobody = studio.server.nobody();
    let database = &studio.server.app.database;
    let mut known = Vec::new();
    for (role, login) in [(Role::Artist, "tim.artist"), (Role::Client, "tim.client")] {
        let person = studio.member_id(role);
        give_password(&studio, person).await;
        assert!(
            update(
                database,
                &entity::person::TABLE,
                person,
                vec![("desktop_login", login.into())]
            )
            .await
            .expect("a person")
        );
        known.push(email_of(&studio, person).await);
    }
    let inactive = studio.member_id(Role::Vendor);
    known.push(email_of(&studio, inactive).await);
    assert!(
        update(
            database,
            &entity::person::TABLE,
            inactive,
            vec![("active", false.into())]
        )
        .await
        .expect("a person")
    );
    let identifiers = [
        known[0].as_str(),
        "tim.client",
        &known[2],
        "nobody@example.com",
        "nobody",
        "Nobody",
        "'; --",
    ];
    let tries = identifiers.map(async |identifier| {
        let mut answers = Vec::new();
        for number in 0..8 {
            // Letter case is no other address.
            let identifier = if number % 2 == 0 || !identifier.contains('@') {
                identifier.to_owned()
            } else {
                identifier.to_uppercase()
            };
            let answer = nobody
                .post("/auth/login", json!({"email": identifier, "password": "wrong"}))
                .await;
            answers.push((answer.status, answer.bytes));
        }
        answers
    });
    let answers = futures::future::join_all(tries).await;
    assert_eq!(answers[0][4].1, answers[0][0].1);
    assert_ne!(answers[0][5].1, answers[0][0].1, "six are too many");
    for (identifier, found) in identifiers.iter().zip(&answers) {
        assert_eq!(found, &answers[0], "{identifier}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_locked_out_from_elsewhere(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open_with(on, &["--trusted-proxies", "127.0.0.1"]).await;
    let nobody = studio.server.nobody();
    let person = studio.member_id(Role::Artist);
    give_password(&studio, person).await;
    let email = email_of(&studio, person).await;
    for (home, neighbour) in [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2::3", "2001:db8:1:2::4")] {
        assert_eq!(try_from_address(&nobody, home, &email, PASSWORD).await.0, 200);
        for attacker in ["198.51.100.1", "2001:db8:9::1"] {
            for _ in 0..6 {
                assert_eq!(try_from_address(&nobody, attacker, &email, "wrong").await.0, 400);
            }
            let (status, locked) = try_from_address(&nobody, attacker, &email, PASSWORD).await;
            assert_eq!((status, &locked["too_many_failed_login_attemps"]), (400, &json!(true)));
        }
        let (status, signed_in) = try_from_address(&nobody, neighbour, &email, PASSWORD).await;
        assert_eq!(status, 200, "{signed_in}");
        // Whoever is in changes the password all the same.
        let session = studio.admin.with_token(&signed_in["access_token"]);
        let change = json!({"old_password": PASSWORD, "password": PASSWORD, "password_2": PASSWORD});
        session.post("/auth/change-password", change).await.expect(200);
    }
    // A place that is known has a limit, too.
    for _ in 0..5 {
        try_from_address(&nobody, "192.0.2.7", &email, "wrong").await;
    }
    let (_, locked) = try_from_address(&nobody, "192.0.2.7", &email, PASSWORD).await;
    assert_eq!(locked["too_many_failed_login_attemps"], true);
    assert_eq!(
        try_from_address(&nobody, "2001:db8:1:2::5", &email, PASSWORD).await.0,
        200
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_wherever_it_was_used(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let (artist, person) = (studio.member(Role::Artist), studio.member_id(Role::Artist));
    give_password(&studio, person).await;
    let email = email_of(&studio, person).await;
    let clock = new_clock(&artist).await;
    let code = |ahead: i64| {
        clock
            .generate(u64::try_from(Utc::now().timestamp() + ahead).expect("after 1970"))
            .to_string()
    };
    let used = code(0);
    artist.post("/auth/totp", json!({"totp": used})).await.expect(200);
    let sign_in = async |code: &str| {
        let body = json!({"email": email, "password": PASSWORD, "totp": code});
        studio.server.nobody().post("/auth/login", body).await.status
    };
    assert_eq!(sign_in(&used).await, 400, "it switched the factor on");
    let next = code(30);
    assert_eq!(sign_in(&next).await, 200);
    assert_eq!(sign_in(&next).await, 400, "it signed in");
    artist
        .send(Method::DELETE, "/auth/totp", Some(json!({"totp": next})))
        .await
        .expect(400);
}
