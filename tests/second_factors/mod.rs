//! Second factors: any mix of them, and what must not get around them; codes by e-mail and security keys in files of their own.

mod codes_by_email;
pub mod keys;

use dailies::database::Sql;
use dailies_definitions::access::Role;
use entity::person;
use reqwest::Method;
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use harness::rows::{execute, update};
use harness::{Client, On, PostOffice, Studio};

const PASSWORD: &str = "correct horse";

/// Clock of the codes that a secret makes, as an app has one.
pub fn clock_of(secret: &str) -> Totp {
    Builder::new()
        .with_secret(Secret::try_from_base32(secret).expect("base 32"))
        .build()
        .expect("a clock")
}

/// Clock of the app that somebody begins to set up.
pub async fn new_clock(person: &Client) -> Totp {
    let begun = person.send(Method::PUT, "/auth/totp", None).await.expect(200);
    clock_of(begun["otp_secret"].as_str().expect("a secret"))
}

/// A studio whose artist has a password.
async fn studio_with(on: On, service: &[String], more: &[&str]) -> (Studio, String) {
    let studio = Studio::open_using(on, service, more).await;
    let artist = studio.member_id(Role::Artist);
    let hash = studio.server.app.passwords.hash(PASSWORD).await.expect("a hash");
    update(
        &studio.server.app.database,
        &person::TABLE,
        artist,
        vec![("password", hash.into())],
    )
    .await
    .expect("a person");
    let email = stored(&studio, artist).await.email.expect("an address");
    (studio, email)
}

async fn with_post(on: On, office: &PostOffice) -> (Studio, String) {
    studio_with(on, &office.flags(), &[]).await
}

async fn stored(studio: &Studio, id: Uuid) -> person::Model {
    person::Entity::find_by_id(id)
        .one(&studio.server.app.database)
        .await
        .expect("the database")
        .expect("the person")
}

/// The code in the e-mail of that number.
async fn code(office: &PostOffice, email: &str, number: usize) -> String {
    let letters = office.letters_to(email, number).await;
    let letter = &letters[number - 1];
    assert_eq!(letter.subject, "Kitsu - Kitsu: your verification code");
    code_in(&letter.text).to_owned()
}

/// The code in the text of an e-mail.
pub fn code_in(text: &str) -> &str {
    let mut words = text.split(|letter: char| !letter.is_ascii_digit());
    words
        .find(|word| word.len() == 6)
        .unwrap_or_else(|| panic!("no code in {text}"))
}

/// Asks for a code to sign in with.
async fn ask_for_code(studio: &Studio, email: &str) {
    let path = format!("/auth/email-otp?email={email}");
    studio.server.nobody().get(&path).await.expect(200);
}

/// Sets codes by e-mail up, with the first one, and gives the answer.
async fn set_up_codes(person: &Client, office: &PostOffice, email: &str) -> Value {
    person.send(Method::PUT, "/auth/email-otp", None).await.expect(200);
    let first = code(office, email, 1).await;
    person
        .post("/auth/email-otp", json!({"email_otp": first}))
        .await
        .expect(200)
}

/// Another code of six digits.
pub fn other(code: &str) -> String {
    let number: u32 = code.parse().expect("a number");
    format!("{:06}", (number + 1) % 1_000_000)
}

/// Signs in with the password and more.
async fn sign_in(studio: &Studio, email: &str, more: Value) -> (u16, Value) {
    let mut body = json!({"email": email, "password": PASSWORD});
    body.as_object_mut()
        .expect("a body")
        .extend(more.as_object().expect("fields").clone());
    let answer = studio.server.nobody().post("/auth/login", body).await;
    (answer.status, answer.json)
}

/// Forgets failures and the moment when the last one was.
async fn forgive(studio: &Studio) {
    let database = &studio.server.app.database;
    execute(database, &Sql::new("UPDATE person SET login_failed_attemps = 0"))
        .await
        .expect("persons");
    execute(
        database,
        &Sql::new("DELETE FROM dailies_store WHERE key LIKE 'failures:%'"),
    )
    .await
    .expect("the store");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_factor_is_given_up_with_a_proof_alone(#[values(On::Sqlite, On::Postgres)] on: On) {
    let office = PostOffice::open().await;
    let (studio, email) = with_post(on, &office).await;
    let (artist, id) = (studio.member(Role::Artist), studio.member_id(Role::Artist));
    let delete = async |body: Option<Value>| artist.send(Method::DELETE, "/auth/email-otp", body).await;
    assert_eq!(delete(None).await.message(400), "OTP by email not enabled.");
    let enabled = set_up_codes(&artist, &office, &email).await;
    let recovery = |number: usize| json!({"recovery_code": enabled["otp_recovery_codes"][number]});
    for body in [
        None,
        Some(json!({})),
        Some(json!({"email_otp": ""})),
        Some(json!({"email_otp": "123456"})),
        Some(json!({"totp": "123456"})),
    ] {
        let told = delete(body).await.expect(400);
        assert_eq!(
            told,
            json!({"error": true, "message": "OTP verification failed.", "wrong_OTP": true})
        );
    }
    // A form does not do it either.
    artist
        .put(&format!("/data/persons/{id}"), json!({"email_otp_enabled": false}))
        .await
        .expect(200);
    assert_eq!(stored(&studio, id).await.email_otp_enabled, Some(true));
    // The wrong factor is proved and not taken away.
    forgive(&studio).await;
    assert_eq!(
        artist
            .send(Method::DELETE, "/auth/totp", Some(recovery(0)))
            .await
            .message(400),
        "TOTP not enabled."
    );
    // New recovery codes take a proof as well, and make the old ones void.
    artist
        .send(Method::PUT, "/auth/recovery-codes", Some(json!({})))
        .await
        .expect(400);
    let renewed = artist
        .send(Method::PUT, "/auth/recovery-codes", Some(recovery(1)))
        .await
        .expect(200);
    delete(Some(recovery(2))).await.expect(400);
    assert_eq!(
        delete(Some(json!({"recovery_code": renewed["otp_recovery_codes"][0]})))
            .await
            .expect(200),
        json!({"success": true})
    );
    let left = stored(&studio, id).await;
    assert_eq!(
        (
            left.email_otp_enabled,
            left.email_otp_secret,
            left.preferred_two_factor_authentication
        ),
        (Some(false), None, None)
    );
    assert_eq!(left.otp_recovery_codes, None);
    assert_eq!(sign_in(&studio, &email, json!({})).await.0, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn factors_stand_beside_each_other(#[values(On::Sqlite, On::Postgres)] on: On) {
    let office = PostOffice::open().await;
    let (studio, email) = with_post(on, &office).await;
    let (artist, id) = (studio.member(Role::Artist), studio.member_id(Role::Artist));
    let set_app_up = async || {
        let clock = new_clock(&artist).await;
        artist
            .post("/auth/totp", json!({"totp": clock.generate_current().to_string()}))
            .await
            .expect(200)
    };
    set_app_up().await;
    let enabled = set_up_codes(&artist, &office, &email).await;
    assert_eq!(enabled["otp_recovery_codes"], Value::Null, "there are codes already");
    assert_eq!(
        stored(&studio, id).await.preferred_two_factor_authentication.as_deref(),
        Some("totp")
    );
    let (_, missing) = sign_in(&studio, &email, json!({})).await;
    assert_eq!(
        missing["two_factor_authentication_enabled"],
        json!(["recovery_code", "totp", "email_otp"])
    );
    ask_for_code(&studio, &email).await;
    let right = code(&office, &email, 2).await;
    // One call is one guess: what comes first counts.
    assert_eq!(
        sign_in(&studio, &email, json!({"totp": "000000", "email_otp": right}))
            .await
            .1["wrong_OTP"],
        json!(true)
    );
    let gone = artist
        .send(Method::DELETE, "/auth/totp", Some(json!({"email_otp": right})))
        .await
        .expect(200);
    assert_eq!(gone, json!({"success": true}));
    assert_eq!(
        stored(&studio, id).await.preferred_two_factor_authentication.as_deref(),
        Some("email_otp")
    );
    // Codes of another secret are good at once.
    assert_eq!(set_app_up().await["otp_recovery_codes"], Value::Null);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_has_to_set_a_factor_up_is_led_there(#[values(On::Sqlite, On::Postgres)] on: On) {
    let office = PostOffice::open().await;
    let (studio, email) = studio_with(on, &office.flags(), &["--enforce-2fa", "true"]).await;
    let (status, signed_in) = sign_in(&studio, &email, json!({})).await;
    assert_eq!(
        (status, &signed_in["two_factor_authentication_required"]),
        (200, &json!(true))
    );
    let nobody = studio.server.nobody();
    let restricted = nobody.with_token(&signed_in["access_token"]);
    assert_eq!(
        restricted.get("/data/departments").await.expect(403)["two_factor_authentication_required"],
        true
    );
    let enabled = set_up_codes(&restricted, &office, &email).await;
    nobody
        .with_token(&enabled["access_token"])
        .get("/data/departments")
        .await
        .expect(200);
    restricted.get("/data/departments").await.expect(403);
}
