//! Accounts under attack: what a token, a guess or a forgotten rule must not open.

mod guesses;
mod tokens;

use dailies_definitions::access::Role;
use harness::rows::update;
use harness::{On, Studio, id};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

/// The password of everybody in these tests.
const PASSWORD: &str = "correct horse";

async fn give_password(studio: &Studio, person: Uuid) {
    let hash = studio.server.app.passwords.hash(PASSWORD).await.expect("a hash");
    let values = vec![("password", hash.into()), ("login_failed_attemps", 0.into())];
    assert!(
        update(&studio.server.app.database, &entity::person::TABLE, person, values)
            .await
            .expect("a person")
    );
}

/// The address that an administrator sees.
pub async fn email_of(studio: &Studio, person: Uuid) -> String {
    studio.admin.get(&format!("/data/persons/{person}")).await.expect(200)["email"]
        .as_str()
        .expect("an address")
        .to_owned()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn another_address_takes_the_password(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    for role in [Role::Admin, Role::Artist, Role::Client] {
        let (client, person) = match role {
            Role::Admin => (studio.admin.clone(), studio.admin_id),
            role => (studio.member(role), studio.member_id(role)),
        };
        give_password(&studio, person).await;
        let (path, email) = (format!("/data/persons/{person}"), email_of(&studio, person).await);
        client
            .put(&path, json!({"email": email.to_uppercase(), "phone": "1"}))
            .await
            .expect(200);
        let told = client
            .put(&path, json!({"email": "thief@example.com"}))
            .await
            .message(400);
        assert!(told.contains("current_password"), "{told}");
        for wrong in [json!("wrong"), json!(""), Value::Null, json!(1)] {
            client
                .put(&path, json!({"email": "thief@example.com", "current_password": wrong}))
                .await
                .expect(400);
        }
        assert_eq!(email_of(&studio, person).await, email);
        let other = format!("other.{}@example.com", role.code());
        client
            .put(&path, json!({"email": other, "current_password": PASSWORD}))
            .await
            .expect(200);
        assert_eq!(email_of(&studio, person).await, other);
        // Guesses count as failures to sign in, until there are too many.
        for _ in 0..5 {
            client
                .put(
                    &path,
                    json!({"email": "thief@example.com", "current_password": "wrong"}),
                )
                .await
                .expect(400);
        }
        let locked = client
            .put(
                &path,
                json!({"email": "thief@example.com", "current_password": PASSWORD}),
            )
            .await
            .expect(400);
        assert_eq!(locked["too_many_failed_login_attemps"], true);
        assert_eq!(email_of(&studio, person).await, other);
    }
    // An administrator helps others, but takes over no other administrator.
    let artist = studio.member_id(Role::Artist);
    studio
        .admin
        .put(&format!("/data/persons/{artist}"), json!({"email": "new@example.com"}))
        .await
        .expect(200);
    let (boss, manager) = (studio.member_id(Role::Manager), studio.member(Role::Manager));
    give_password(&studio, boss).await;
    studio
        .admin
        .put(&format!("/data/persons/{boss}"), json!({"role": "admin"}))
        .await
        .expect(200);
    studio
        .admin
        .put(&format!("/data/persons/{boss}"), json!({"email": "thief@example.com"}))
        .await
        .expect(400);
    manager
        .put(
            &format!("/data/persons/{}", studio.admin_id),
            json!({"email": "thief@example.com"}),
        )
        .await
        .expect(400);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_is_left(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let ways = [
        (Method::PUT, "", Some(json!({"role": "manager"}))),
        (Method::PUT, "", Some(json!({"active": false}))),
        (Method::PUT, "", Some(json!({"active": Value::Null}))),
        (Method::PUT, "", Some(json!({"is_bot": true}))),
        (Method::DELETE, "?force=true", None),
    ];
    let robot = json!({"first_name": "Robo", "last_name": "", "is_bot": true, "role": "admin"});
    let robot = studio.admin.post("/data/persons", robot).await.expect(201);
    let robot = studio.admin.with_token(&robot["access_token"]);
    for (method, end, body) in &ways {
        for client in [&studio.admin, &robot] {
            let path = format!("/data/persons/{}{end}", studio.admin_id);
            let status = client.send(method.clone(), &path, body.clone()).await.status;
            assert!(matches!(status, 400 | 403), "{method} {body:?}: {status}");
        }
    }
    studio
        .admin
        .put(
            &format!("/data/persons/{}", studio.admin_id),
            json!({"role": "admin", "active": true, "phone": "1"}),
        )
        .await
        .expect(200);

    // Two of them send each other away at once.
    for (round, (method, end, body)) in ways.iter().cycle().take(10).enumerate() {
        let new = json!({"first_name": "Second", "last_name": "Admin", "email": format!("second{round}@example.com"), "role": "admin"});
        // Sessions from before a deactivation are over.
        let one = studio.server.as_person(studio.admin_id);
        let second = id(&one.post("/data/persons", new).await.expect(201));
        let other = studio.server.as_person(second);
        let address = |person: Uuid| format!("/data/persons/{person}{end}");
        let (to_one, to_other) = (address(studio.admin_id), address(second));
        let (first, last) = tokio::join!(
            other.send(method.clone(), &to_one, body.clone()),
            one.send(method.clone(), &to_other, body.clone())
        );
        let done = [first.status, last.status]
            .iter()
            .filter(|status| **status < 300)
            .count();
        assert_eq!(done, 1, "{method} {body:?}: {} {}", first.status, last.status);
        // The first one is back for the next round.
        if first.status < 300 {
            if *method == Method::DELETE {
                return;
            }
            let back = json!({"role": "admin", "active": true, "is_bot": false});
            other
                .put(&format!("/data/persons/{}", studio.admin_id), back)
                .await
                .expect(200);
        }
        let values = vec![("role", "user".into())];
        update(&studio.server.app.database, &entity::person::TABLE, second, values)
            .await
            .expect("a person");
    }
}
