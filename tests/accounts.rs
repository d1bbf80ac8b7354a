//! Accounts under attack: what a token, a guess or a forgotten rule must not open.

use std::collections::HashMap;

use chrono::{Days, Utc};
use dailies_definitions::access::Role;
use harness::rows::update;
use harness::{Client, On, Studio, contract, id};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

/// The password of everybody in these tests.
const PASSWORD: &str = "correct horse";

/// The day that is a month away.
fn later() -> String {
    (Utc::now().date_naive() + Days::new(30)).to_string()
}

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

/// Whoever holds a token.
fn holder(studio: &Studio, token: &Value) -> Client {
    Client {
        token: Some(
            token
                .as_str()
                .unwrap_or_else(|| panic!("{token} is no token"))
                .to_owned(),
        ),
        ..studio.server.nobody()
    }
}

/// A personal token, made by somebody who signed in.
async fn personal_token(studio: &Studio, client: &Client, person: Uuid) -> Client {
    let made = client
        .put(&format!("/data/persons/{person}"), json!({"expiration_date": later()}))
        .await
        .expect(200);
    holder(studio, &made["access_token"])
}

/// Keys of answers that let their reader in somewhere.
const KEYS: [&str; 5] = [
    "access_token",
    "refresh_token",
    "otp_recovery_codes",
    "otp_secret",
    "reset_password_link",
];

/// Whether a schema of the contract has one of those keys.
fn lets_in(schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => {
            let referred = fields
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|name| contract().pointer(name.trim_start_matches('#')));
            let properties = fields.get("properties").and_then(Value::as_object);
            referred.is_some_and(lets_in)
                || properties.is_some_and(|properties| KEYS.iter().any(|key| properties.contains_key(*key)))
                || ["anyOf", "oneOf", "allOf", "schema", "application/json", "content"]
                    .iter()
                    .any(|part| fields.get(*part).is_some_and(lets_in))
        }
        Value::Array(parts) => parts.iter().any(lets_in),
        _ => false,
    }
}

/// Every operation that answers such a key to somebody who is signed in, with its path.
fn key_makers() -> Vec<(Method, String)> {
    let mut found = Vec::new();
    for (path, item) in contract()["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("a path item") {
            let open = matches!(operation["x-access"].as_str(), Some("public" | "refresh"));
            let answers = operation["responses"]
                .as_object()
                .expect("answers")
                .iter()
                .filter(|(status, _)| status.starts_with('2'));
            // What changes the departments of a person answers the person, as the collection does, but makes no key.
            let other = path.contains("/departments");
            if !open && !other && answers.into_iter().any(|(_, answer)| lets_in(answer)) && method != "get" {
                found.push((method.to_uppercase().parse().expect("a method"), path.clone()));
            }
        }
    }
    found
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn no_token_makes_another(#[case] on: On) {
    let studio = Studio::open(on).await;
    give_password(&studio, studio.admin_id).await;
    let own = personal_token(&studio, &studio.admin, studio.admin_id).await;
    let robot = json!({"first_name": "Robo", "last_name": "", "is_bot": true, "role": "admin"});
    let robot = studio.admin.post("/data/persons", robot).await.expect(201);
    let robot = holder(&studio, &robot["access_token"]);
    let makers = key_makers();
    assert!(makers.len() >= 6, "{makers:?}");
    let bodies = HashMap::from([
        (
            "/data/persons",
            json!({"first_name": "Other", "last_name": "", "is_bot": true}),
        ),
        (
            "/data/persons/{instance_id}",
            json!({"expiration_date": later(), "is_bot": true}),
        ),
    ]);
    for (method, path) in makers {
        for (who, client) in [("a personal token", &own), ("a bot", &robot)] {
            for person in [studio.admin_id, studio.member_id(Role::Artist)] {
                let address = path
                    .replace("{instance_id}", &person.to_string())
                    .replace("{person_id}", &person.to_string());
                let body = bodies
                    .get(path.as_str())
                    .cloned()
                    .unwrap_or_else(|| json!({"totp": "000000", "recovery_code": "AAAAAAAAAA"}));
                let answer = client.send(method.clone(), &address, Some(body)).await;
                assert_eq!(answer.status, 403, "{who}: {method} {address}: {answer:?}");
                assert!(
                    KEYS.iter().all(|key| answer.json.get(key).is_none()),
                    "{who}: {method} {address}: {answer:?}"
                );
            }
        }
    }
    // Forms send back what they read.
    let stored = own.get(&format!("/data/persons/{}", studio.admin_id)).await.expect(200);
    let form = json!({"expiration_date": stored["expiration_date"], "is_bot": false, "phone": "1"});
    let sent = own
        .put(&format!("/data/persons/{}", studio.admin_id), form)
        .await
        .expect(200);
    assert_eq!((sent.get("access_token"), &sent["phone"]), (None, &json!("1")));
    own.get("/data/persons").await.expect(200);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn another_address_takes_the_password(#[case] on: On) {
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
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_ended_stays_so_after_the_return(#[case] on: On) {
    let studio = Studio::open(on).await;
    let robot = studio
        .admin
        .post(
            "/data/persons",
            json!({"first_name": "Robo", "last_name": "", "is_bot": true}),
        )
        .await
        .expect(201);
    let (artist, person) = (studio.member(Role::Artist), studio.member_id(Role::Artist));
    let mut tokens = vec![
        (id(&robot), holder(&studio, &robot["access_token"])),
        (person, personal_token(&studio, &artist, person).await),
    ];
    tokens.push((person, artist));
    for off in [json!({"active": false}), json!({"active": Value::Null})] {
        for (person, client) in &tokens {
            let path = format!("/data/persons/{person}");
            studio.admin.put(&path, off.clone()).await.expect(200);
            client.get("/data/persons").await.expect(401);
            studio.admin.put(&path, json!({"active": true})).await.expect(200);
            client.get("/data/persons").await.expect(401);
        }
        let artist = studio.member(Role::Artist);
        artist.get("/data/persons").await.expect(200);
        tokens = vec![
            (person, personal_token(&studio, &artist, person).await),
            (person, artist),
        ];
    }
}

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
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn failures_do_not_tell_who_has_an_account(#[case] on: On) {
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
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_locked_out_from_elsewhere(#[case] on: On) {
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
        let session = holder(&studio, &signed_in["access_token"]);
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
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_is_left(#[case] on: On) {
    let studio = Studio::open(on).await;
    let ways = [
        (Method::PUT, "", Some(json!({"role": "manager"}))),
        (Method::PUT, "", Some(json!({"active": false}))),
        (Method::PUT, "", Some(json!({"active": Value::Null}))),
        (Method::PUT, "", Some(json!({"is_bot": true}))),
        (Method::DELETE, "?force=true", None),
    ];
    let robot = json!({"first_name": "Robo", "last_name": "", "is_bot": true, "role": "admin"});
    let robot = holder(
        &studio,
        &studio.admin.post("/data/persons", robot).await.expect(201)["access_token"],
    );
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
        studio.server.app.people.forget_all();
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_wherever_it_was_used(#[case] on: On) {
    let studio = Studio::open(on).await;
    let (artist, person) = (studio.member(Role::Artist), studio.member_id(Role::Artist));
    give_password(&studio, person).await;
    let email = email_of(&studio, person).await;
    let secret = artist.send(Method::PUT, "/auth/totp", None).await.expect(200)["otp_secret"]
        .as_str()
        .expect("a secret")
        .to_owned();
    let clock = totp_rs::Builder::new()
        .with_secret(totp_rs::Secret::try_from_base32(&secret).expect("base 32"))
        .build()
        .expect("a clock");
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
