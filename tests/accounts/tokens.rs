//! Tokens, and what they must not open.

use std::collections::HashMap;

use chrono::{Days, Utc};
use dailies_definitions::access::Role;
use harness::{Client, On, Studio, contract, id};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::give_password;

/// The day that is a month away.
fn later() -> String {
    (Utc::now().date_naive() + Days::new(30)).to_string()
}

/// A personal token, made by somebody who signed in.
async fn personal_token(client: &Client, person: Uuid) -> Client {
    let made = client
        .put(&format!("/data/persons/{person}"), json!({"expiration_date": later()}))
        .await
        .expect(200);
    client.with_token(&made["access_token"])
}

/// Keys of answers that let their reader in somewhere.
const KEYS: [&str; 5] = [
    "access_token",
    "refresh_token",
    "otp_recovery_codes",
    "otp_secret",
    "reset_password_link",
];

/// True if a schema of the contract has one of those keys.
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
#[tokio::test(flavor = "multi_thread")]
async fn no_token_makes_another(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    give_password(&studio, studio.admin_id).await;
    let own = personal_token(&studio.admin, studio.admin_id).await;
    let robot = json!({"first_name": "Robo", "last_name": "", "is_bot": true, "role": "admin"});
    let robot = studio.admin.post("/data/persons", robot).await.expect(201);
    let robot = studio.admin.with_token(&robot["access_token"]);
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
#[tokio::test(flavor = "multi_thread")]
async fn what_was_ended_stays_so_after_the_return(#[values(On::Sqlite, On::Postgres)] on: On) {
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
        (id(&robot), studio.admin.with_token(&robot["access_token"])),
        (person, personal_token(&artist, person).await),
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
        tokens = vec![(person, personal_token(&artist, person).await), (person, artist)];
    }
}
