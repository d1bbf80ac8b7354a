//! Second factors: codes by e-mail, security keys, any mix of factors, and what must not get around them.

use dailies::database::Sql;
use dailies::database::dialect::bind_json_texts;
use dailies_definitions::access::Role;
use entity::person;
use reqwest::Method;
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use harness::rows::{execute, update};
use harness::{Answer, Client, On, PostOffice, SecurityKey, Studio};

const PASSWORD: &str = "correct horse";

/// A studio whose artist has a password.
async fn studio_with(on: On, flags: &[&str]) -> (Studio, String) {
    let studio = Studio::open_with(on, flags).await;
    let artist = studio.member_id(Role::Artist);
    let hash = studio.server.app.passwords.hash(PASSWORD).await.expect("a hash");
    update(&studio.server.app.database, &person::TABLE, artist, vec![("password", hash.into())]).await.expect("a person");
    let email = stored(&studio, artist).await.email.expect("an address");
    (studio, email)
}

async fn with_post(on: On, office: &PostOffice) -> (Studio, String) {
    let flags = office.flags();
    studio_with(on, &flags.iter().map(String::as_str).collect::<Vec<_>>()).await
}

async fn stored(studio: &Studio, id: Uuid) -> person::Model {
    person::Entity::find_by_id(id).one(&studio.server.app.database).await.expect("the database").expect("the person")
}

/// The code in the e-mail of that number.
async fn code(office: &PostOffice, email: &str, number: usize) -> String {
    let letters = office.letters_to(email, number).await;
    let letter = &letters[number - 1];
    assert_eq!(letter.subject, "Kitsu - Kitsu: your verification code");
    let mut words = letter.text.split(|letter: char| !letter.is_ascii_digit());
    words.find(|word| word.len() == 6).unwrap_or_else(|| panic!("no code in {}", letter.text)).to_owned()
}

/// Another code of six digits.
fn other(code: &str) -> String {
    let number: u32 = code.parse().expect("a number");
    format!("{:06}", (number + 1) % 1_000_000)
}

/// Signs in with the password and more.
async fn sign_in(studio: &Studio, email: &str, more: Value) -> (u16, Value) {
    let mut body = json!({"email": email, "password": PASSWORD});
    body.as_object_mut().expect("a body").extend(more.as_object().expect("fields").clone());
    let answer = studio.server.nobody().post("/auth/login", body).await;
    (answer.status, answer.json)
}

/// Forgets failures and the moment when the last one was.
async fn forgive(studio: &Studio) {
    let database = &studio.server.app.database;
    execute(database, &Sql::new("UPDATE person SET login_failed_attemps = 0")).await.expect("persons");
    execute(database, &Sql::new("DELETE FROM dailies_store WHERE key LIKE 'failures:%'")).await.expect("the store");
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn codes_by_email_sign_in_once(#[case] on: On) {
    let office = PostOffice::open().await;
    let (studio, email) = with_post(on, &office).await;
    let (artist, id, nobody) = (studio.member(Role::Artist), studio.member_id(Role::Artist), studio.server.nobody());
    // A code that nobody asked for is none.
    let told = artist.post("/auth/email-otp", json!({"email_otp": "000000"})).await.expect(400);
    assert_eq!(told, json!({"error": true, "message": "OTP by email verification failed.", "wrong_OTP": true}));
    assert_eq!(artist.send(Method::PUT, "/auth/email-otp", None).await.expect(200), json!({"success": true}));
    let first = code(&office, &email, 1).await;
    assert!(stored(&studio, id).await.email_otp_enabled != Some(true));
    artist.post("/auth/email-otp", json!({"email_otp": other(&first)})).await.expect(400);
    let enabled = artist.post("/auth/email-otp", json!({"email_otp": first})).await.expect(200);
    let codes = enabled["otp_recovery_codes"].as_array().expect("codes").clone();
    assert_eq!((codes.len(), enabled["access_token"].is_string()), (16, true));
    assert_eq!(stored(&studio, id).await.preferred_two_factor_authentication.as_deref(), Some("email_otp"));
    assert_eq!(artist.send(Method::PUT, "/auth/email-otp", None).await.message(400), "OTP by email already enabled.");
    assert_eq!(artist.post("/auth/email-otp", json!({"email_otp": "1"})).await.message(400), "OTP by email already enabled.");

    let (status, missing) = sign_in(&studio, &email, json!({})).await;
    assert_eq!((status, &missing["missing_OTP"]), (400, &json!(true)));
    assert_eq!(missing["two_factor_authentication_enabled"], json!(["recovery_code", "email_otp"]));
    assert_eq!(missing["preferred_two_factor_authentication"], "email_otp");
    // The code that switched it on is used up.
    assert_eq!(sign_in(&studio, &email, json!({"email_otp": first})).await.1["wrong_OTP"], json!(true));
    for address in ["nobody@example.com", &email.to_uppercase(), ""] {
        assert_eq!(nobody.get(&format!("/auth/email-otp?email={address}")).await.expect(200), json!({"success": true}));
    }
    assert_eq!(nobody.get("/auth/email-otp").await.message(400), "Missing required parameter: email");
    let second = code(&office, &email, 2).await;
    assert_eq!(sign_in(&studio, &email, json!({"email_otp": other(&second)})).await.0, 400);
    assert_eq!(sign_in(&studio, &email, json!({"email_otp": second})).await.0, 200);
    assert_eq!(sign_in(&studio, &email, json!({"email_otp": second})).await.0, 400, "a code is good once");
    // A new code takes the place of the one before.
    nobody.get(&format!("/auth/email-otp?email={email}")).await.expect(200);
    let third = code(&office, &email, 3).await;
    execute(&studio.server.app.database, &Sql::new("UPDATE dailies_store SET expires_at = '2020-01-01 00:00:00' WHERE key LIKE 'email-otp:%'"))
        .await
        .expect("the store");
    assert_eq!(sign_in(&studio, &email, json!({"email_otp": third})).await.0, 400, "a code gets too old");
    // Nobody's mailbox is flooded.
    for _ in 0..5 {
        nobody.get(&format!("/auth/email-otp?email={email}")).await.expect(200);
    }
    assert_eq!(office.letters_to(&email, 3).await.len(), 3);
    // Who can't read e-mails uses a recovery code.
    forgive(&studio).await;
    assert_eq!(sign_in(&studio, &email, json!({"recovery_code": codes[0]})).await.0, 200);
    assert_eq!(sign_in(&studio, &email, json!({"recovery_code": codes[0]})).await.0, 400);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn codes_by_email_are_guessed_a_few_times_only(#[case] on: On) {
    let office = PostOffice::open().await;
    let (studio, email) = with_post(on, &office).await;
    let artist = studio.member(Role::Artist);
    artist.send(Method::PUT, "/auth/email-otp", None).await.expect(200);
    let right = code(&office, &email, 1).await;
    for _ in 0..5 {
        assert_eq!(artist.post("/auth/email-otp", json!({"email_otp": other(&right)})).await.expect(400)["wrong_OTP"], true);
    }
    let locked = artist.post("/auth/email-otp", json!({"email_otp": right})).await.expect(400);
    assert_eq!(locked["too_many_failed_login_attemps"], true);
    forgive(&studio).await;
    artist.post("/auth/email-otp", json!({"email_otp": right})).await.expect(200);
    studio.server.nobody().get(&format!("/auth/email-otp?email={email}")).await.expect(200);
    let right = code(&office, &email, 2).await;
    for _ in 0..5 {
        assert_eq!(sign_in(&studio, &email, json!({"email_otp": other(&right)})).await.1["wrong_OTP"], json!(true));
    }
    assert_eq!(sign_in(&studio, &email, json!({"email_otp": right})).await.1["too_many_failed_login_attemps"], json!(true));
    // The code of one person is none of another's.
    forgive(&studio).await;
    let body = json!({"email_otp": right});
    studio.member(Role::Client).send(Method::DELETE, "/auth/email-otp", Some(body)).await.expect(400);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_factor_is_given_up_with_a_proof_alone(#[case] on: On) {
    let office = PostOffice::open().await;
    let (studio, email) = with_post(on, &office).await;
    let (artist, id) = (studio.member(Role::Artist), studio.member_id(Role::Artist));
    let delete = async |body: Option<Value>| artist.send(Method::DELETE, "/auth/email-otp", body).await;
    assert_eq!(delete(None).await.message(400), "OTP by email not enabled.");
    artist.send(Method::PUT, "/auth/email-otp", None).await.expect(200);
    let enabled = artist.post("/auth/email-otp", json!({"email_otp": code(&office, &email, 1).await})).await.expect(200);
    let recovery = |number: usize| json!({"recovery_code": enabled["otp_recovery_codes"][number]});
    for body in [None, Some(json!({})), Some(json!({"email_otp": ""})), Some(json!({"email_otp": "123456"})), Some(json!({"totp": "123456"}))] {
        let told = delete(body).await.expect(400);
        assert_eq!(told, json!({"error": true, "message": "OTP verification failed.", "wrong_OTP": true}));
    }
    // A form does not do it either.
    artist.put(&format!("/data/persons/{id}"), json!({"email_otp_enabled": false})).await.expect(200);
    assert_eq!(stored(&studio, id).await.email_otp_enabled, Some(true));
    // The wrong factor is proved and not taken away.
    forgive(&studio).await;
    assert_eq!(artist.send(Method::DELETE, "/auth/totp", Some(recovery(0))).await.message(400), "TOTP not enabled.");
    // New recovery codes take a proof as well, and make the old ones void.
    artist.send(Method::PUT, "/auth/recovery-codes", Some(json!({}))).await.expect(400);
    let renewed = artist.send(Method::PUT, "/auth/recovery-codes", Some(recovery(1))).await.expect(200);
    delete(Some(recovery(2))).await.expect(400);
    assert_eq!(delete(Some(json!({"recovery_code": renewed["otp_recovery_codes"][0]}))).await.expect(200), json!({"success": true}));
    let left = stored(&studio, id).await;
    assert_eq!((left.email_otp_enabled, left.email_otp_secret, left.preferred_two_factor_authentication), (Some(false), None, None));
    assert_eq!(left.otp_recovery_codes, None);
    assert_eq!(sign_in(&studio, &email, json!({})).await.0, 200);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn factors_stand_beside_each_other(#[case] on: On) {
    let office = PostOffice::open().await;
    let (studio, email) = with_post(on, &office).await;
    let (artist, id) = (studio.member(Role::Artist), studio.member_id(Role::Artist));
    let set_app_up = async || {
        let secret = artist.send(Method::PUT, "/auth/totp", None).await.expect(200)["otp_secret"].as_str().expect("a secret").to_owned();
        let clock = totp_rs::Builder::new().with_secret(totp_rs::Secret::try_from_base32(&secret).expect("base 32")).build().expect("a clock");
        artist.post("/auth/totp", json!({"totp": clock.generate_current().to_string()})).await.expect(200)
    };
    set_app_up().await;
    artist.send(Method::PUT, "/auth/email-otp", None).await.expect(200);
    let enabled = artist.post("/auth/email-otp", json!({"email_otp": code(&office, &email, 1).await})).await.expect(200);
    assert_eq!(enabled["otp_recovery_codes"], Value::Null, "there are codes already");
    assert_eq!(stored(&studio, id).await.preferred_two_factor_authentication.as_deref(), Some("totp"));
    let (_, missing) = sign_in(&studio, &email, json!({})).await;
    assert_eq!(missing["two_factor_authentication_enabled"], json!(["recovery_code", "totp", "email_otp"]));
    studio.server.nobody().get(&format!("/auth/email-otp?email={email}")).await.expect(200);
    let right = code(&office, &email, 2).await;
    // One call is one guess: what comes first counts.
    assert_eq!(sign_in(&studio, &email, json!({"totp": "000000", "email_otp": right})).await.1["wrong_OTP"], json!(true));
    let gone = artist.send(Method::DELETE, "/auth/totp", Some(json!({"email_otp": right}))).await.expect(200);
    assert_eq!(gone, json!({"success": true}));
    assert_eq!(stored(&studio, id).await.preferred_two_factor_authentication.as_deref(), Some("email_otp"));
    // Codes of another secret are good at once.
    assert_eq!(set_app_up().await["otp_recovery_codes"], Value::Null);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn who_has_to_set_a_factor_up_is_led_there(#[case] on: On) {
    let office = PostOffice::open().await;
    let mut flags = office.flags();
    flags.extend(["--enforce-2fa", "true"].map(str::to_owned));
    let (studio, email) = studio_with(on, &flags.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (status, signed_in) = sign_in(&studio, &email, json!({})).await;
    assert_eq!((status, &signed_in["two_factor_authentication_required"]), (200, &json!(true)));
    let held = |token: &Value| Client { token: token.as_str().map(str::to_owned), ..studio.server.nobody() };
    let restricted = held(&signed_in["access_token"]);
    assert_eq!(restricted.get("/data/departments").await.expect(403)["two_factor_authentication_required"], true);
    restricted.send(Method::PUT, "/auth/email-otp", None).await.expect(200);
    let enabled = restricted.post("/auth/email-otp", json!({"email_otp": code(&office, &email, 1).await})).await.expect(200);
    held(&enabled["access_token"]).get("/data/departments").await.expect(200);
    restricted.get("/data/departments").await.expect(403);
}

/// Asks for options, and keeps the cookie that says for which browser they are.
pub(crate) async fn options(client: &Client, method: Method, path: &str) -> (Value, String) {
    let response = client.request(method, path).send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let cookies = response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let cookie = cookies.filter_map(|cookie| cookie.split(';').next()).find(|cookie| cookie.starts_with("session=")).expect("a cookie").to_owned();
    (response.json().await.expect("options"), cookie)
}

/// Calls with a cookie.
pub(crate) async fn send(client: &Client, method: Method, path: &str, cookie: &str, body: Value) -> Answer {
    let request = client.request(method.clone(), path).header("cookie", cookie).json(&body);
    client.finish(method, path, request).await
}

/// Registers a key under a name.
async fn register(client: &Client, key: &SecurityKey, name: &str) -> Value {
    let (asked, cookie) = options(client, Method::PUT, "/auth/fido").await;
    let body = json!({"registration_response": key.make(&asked), "device_name": name});
    send(client, Method::POST, "/auth/fido", &cookie, body).await.expect(200)
}

/// Signs in with a key, in a browser with that cookie.
async fn sign_in_with(studio: &Studio, email: &str, assertion: &Value, cookie: &str) -> (u16, Value) {
    let body = json!({"email": email, "password": PASSWORD, "fido_authentication_response": assertion});
    let answer = send(&studio.server.nobody(), Method::POST, "/auth/login", cookie, body).await;
    (answer.status, answer.json)
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_security_key_signs_in_once_for_each_question(#[case] on: On) {
    let (studio, email) = studio_with(on, &[]).await;
    let (artist, id, nobody) = (studio.member(Role::Artist), studio.member_id(Role::Artist), studio.server.nobody());
    let ask = format!("/auth/fido?email={email}");
    for unknown in ["/auth/fido?email=nobody@example.com", &ask, "/auth/fido?email="] {
        assert_eq!(nobody.get(unknown).await.expect(400), json!({"error": true, "message": "FIDO not enabled."}));
    }
    let key = SecurityKey::new(7);
    let (asked, _) = options(&artist, Method::PUT, "/auth/fido").await;
    assert_eq!(asked["rp"], json!({"name": "Kitsu", "id": "localhost"}));
    assert_eq!((&asked["user"]["name"], &asked["excludeCredentials"]), (&json!(email), &json!([])));
    let enabled = register(&artist, &key, "blue").await;
    assert_eq!(enabled["otp_recovery_codes"].as_array().map(Vec::len), Some(16));
    assert_eq!(stored(&studio, id).await.preferred_two_factor_authentication.as_deref(), Some("fido"));
    let (_, missing) = sign_in(&studio, &email, json!({})).await;
    assert_eq!(missing["two_factor_authentication_enabled"], json!(["recovery_code", "fido"]));

    let (asked, cookie) = options(&nobody, Method::GET, &ask).await;
    assert_eq!(asked["allowCredentials"].as_array().map(Vec::len), Some(1));
    let touched = key.touch(&asked);
    let (status, signed_in) = sign_in_with(&studio, &email, &touched, &cookie).await;
    assert_eq!(status, 200, "{signed_in}");
    let session = Client { token: signed_in["access_token"].as_str().map(str::to_owned), ..nobody.clone() };
    assert_eq!(session.get("/auth/authenticated").await.expect(200)["user"]["fido_devices"], json!(["blue"]));
    assert_eq!(sign_in_with(&studio, &email, &touched, &cookie).await.1["wrong_OTP"], json!(true), "it was used");

    // Answers that are none.
    for wrong in [SecurityKey::new(8), key.at("https://evil.example"), key.untouched()] {
        forgive(&studio).await;
        let (asked, cookie) = options(&nobody, Method::GET, &ask).await;
        assert_eq!(sign_in_with(&studio, &email, &wrong.touch(&asked), &cookie).await.1["wrong_OTP"], json!(true));
        // The question is used up by the wrong answer.
        assert_eq!(sign_in_with(&studio, &email, &key.touch(&asked), &cookie).await.1["wrong_OTP"], json!(true));
    }
    forgive(&studio).await;
    let ((first, one), (second, other)) = (options(&nobody, Method::GET, &ask).await, options(&nobody, Method::GET, &ask).await);
    assert_eq!(sign_in_with(&studio, &email, &key.touch(&first), "a=b").await.0, 400, "no browser");
    assert_eq!(sign_in_with(&studio, &email, &key.touch(&first), &other).await.0, 400, "another browser");
    let mut forged = first.clone();
    forged["rpId"] = json!("evil.example");
    assert_eq!(sign_in_with(&studio, &email, &key.touch(&forged), &one).await.0, 400, "another host");
    assert_eq!(sign_in_with(&studio, &email, &json!({}), &one).await.0, 400);
    forgive(&studio).await;
    // The one that another browser answered is used up, too.
    assert_eq!(sign_in_with(&studio, &email, &key.touch(&second), &other).await.0, 400);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_registered_in_the_browser_that_asked(#[case] on: On) {
    let (studio, _) = studio_with(on, &[]).await;
    let (artist, client) = (studio.member(Role::Artist), studio.member(Role::Client));
    let key = SecurityKey::new(7);
    let attempt = async |person: &Client, asked: &Value, cookie: &str, key: &SecurityKey| {
        let body = json!({"registration_response": key.make(asked), "device_name": "blue"});
        send(person, Method::POST, "/auth/fido", cookie, body).await.message(400)
    };
    const NOTHING_ASKED: &str = "No preregistration before.";
    const WRONG: &str = "FIDO server exception your registration response is probly wrong.";
    let body = json!({"registration_response": {"id": "fake"}, "device_name": "key"});
    assert_eq!(artist.post("/auth/fido", body.clone()).await.message(400), NOTHING_ASKED);
    let (asked, cookie) = options(&artist, Method::PUT, "/auth/fido").await;
    assert_eq!(attempt(&client, &asked, &cookie, &key).await, NOTHING_ASKED, "somebody else in the same browser");
    assert_eq!(attempt(&artist, &asked, "session=AAAA", &key).await, NOTHING_ASKED);
    assert_eq!(send(&artist, Method::POST, "/auth/fido", &cookie, body).await.message(400), WRONG);
    assert_eq!(attempt(&artist, &asked, &cookie, &key).await, NOTHING_ASKED, "it was used up");
    for wrong in [key.at("https://localhost.evil.example"), key.untouched()] {
        let (asked, cookie) = options(&artist, Method::PUT, "/auth/fido").await;
        assert_eq!(attempt(&artist, &asked, &cookie, &wrong).await, WRONG);
    }
    let (asked, cookie) = options(&artist, Method::PUT, "/auth/fido").await;
    let mut forged = asked.clone();
    forged["challenge"] = options(&artist, Method::PUT, "/auth/fido").await.0["challenge"].clone();
    assert_eq!(attempt(&artist, &forged, &cookie, &key).await, WRONG);
    register(&artist, &key, "blue").await;
    let (asked, cookie) = options(&artist, Method::PUT, "/auth/fido").await;
    assert_eq!(asked["excludeCredentials"].as_array().map(Vec::len), Some(1));
    assert_eq!(attempt(&artist, &asked, &cookie, &key).await, WRONG, "the same key again");
    for body in [json!({}), json!({"registration_response": {}, "device_name": ""}), json!({"registration_response": 1, "device_name": "x"})] {
        assert_eq!(artist.post("/auth/fido", body).await.message(400), "Validation error.");
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn keys_go_one_by_one(#[case] on: On) {
    let (studio, email) = studio_with(on, &[]).await;
    let (artist, id, nobody) = (studio.member(Role::Artist), studio.member_id(Role::Artist), studio.server.nobody());
    assert_eq!(artist.send(Method::DELETE, "/auth/fido", Some(json!({"device_name": "blue"}))).await.message(400), "FIDO not enabled.");
    let keys = [7, 8, 9].map(SecurityKey::new);
    let mut codes = register(&artist, &keys[0], "blue").await["otp_recovery_codes"].as_array().expect("codes").clone();
    for (key, name) in [(&keys[1], "red"), (&keys[2], "blue")] {
        assert_eq!(register(&artist, key, name).await["otp_recovery_codes"], Value::Null);
    }
    let mut remove = async |name: &str| {
        let body = json!({"device_name": name, "recovery_code": codes.pop()});
        artist.send(Method::DELETE, "/auth/fido", Some(body)).await.expect(200)
    };
    assert_eq!(remove("green").await, json!({"success": true}), "nobody has that key");
    let names = async || artist.get("/auth/authenticated").await.expect(200)["user"]["fido_devices"].clone();
    assert_eq!(names().await, json!(["blue", "red", "blue"]));
    remove("blue").await;
    assert_eq!(names().await, json!(["red", "blue"]));
    assert_eq!(stored(&studio, id).await.preferred_two_factor_authentication.as_deref(), Some("fido"));
    // The first one opens nothing any more, the others do, and each proves the person.
    for (key, expected) in [(&keys[0], 400), (&keys[1], 200), (&keys[2], 200)] {
        let (asked, cookie) = options(&nobody, Method::GET, &format!("/auth/fido?email={email}")).await;
        assert_eq!(sign_in_with(&studio, &email, &key.touch(&asked), &cookie).await.0, expected);
    }
    for body in [json!({"device_name": "red"}), json!({"device_name": "red", "recovery_code": "wrong"})] {
        let told = artist.send(Method::DELETE, "/auth/fido", Some(body)).await.expect(400);
        assert_eq!(told, json!({"error": true, "message": "OTP verification failed.", "wrong_OTP": true}));
    }
    let (asked, cookie) = options(&nobody, Method::GET, &format!("/auth/fido?email={email}")).await;
    let body = json!({"device_name": "red", "fido_authentication_response": keys[1].touch(&asked)});
    send(&artist, Method::DELETE, "/auth/fido", &cookie, body).await.expect(200);
    remove("blue").await;
    let left = stored(&studio, id).await;
    assert_eq!((left.fido_enabled, left.preferred_two_factor_authentication, left.otp_recovery_codes), (Some(false), None, None));
    assert_eq!(sign_in(&studio, &email, json!({})).await.0, 200);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_key_is_told_by_its_counter(#[case] on: On) {
    let (studio, email) = studio_with(on, &[]).await;
    let (artist, nobody) = (studio.member(Role::Artist), studio.server.nobody());
    let (key, plain) = (SecurityKey::new(7), SecurityKey::new(8).uncounted());
    register(&artist, &key, "blue").await;
    register(&artist, &plain, "red").await;
    let touch = async |key: &SecurityKey| {
        let (asked, cookie) = options(&nobody, Method::GET, &format!("/auth/fido?email={email}")).await;
        sign_in_with(&studio, &email, &key.touch(&asked), &cookie).await.0
    };
    for _ in 0..2 {
        assert_eq!((touch(&key).await, touch(&plain).await), (200, 200));
    }
    let copy = key.copy();
    assert_eq!(touch(&key).await, 200);
    assert_eq!(touch(&copy).await, 400, "it counts behind");
    assert_eq!(touch(&copy).await, 200, "it went on");
    assert_eq!(touch(&key).await, 400, "now it is the key that counts behind");
    // Giving another key up with this one keeps what it counted.
    let (asked, cookie) = options(&nobody, Method::GET, &format!("/auth/fido?email={email}")).await;
    let body = json!({"device_name": "red", "fido_authentication_response": key.touch(&asked)});
    send(&artist, Method::DELETE, "/auth/fido", &cookie, body).await.expect(200);
    assert_eq!(touch(&copy).await, 400);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_reference_go_on_working(#[case] on: On) {
    let (studio, email) = studio_with(on, &[]).await;
    let (artist, id, nobody) = (studio.member(Role::Artist), studio.member_id(Role::Artist), studio.server.nobody());
    let database = &studio.server.app.database;
    let (old, new) = (SecurityKey::new(7), SecurityKey::new(8));
    let mut sql = Sql::new("UPDATE person SET fido_enabled = true, preferred_two_factor_authentication = 'fido', fido_credentials = ");
    bind_json_texts(database.backend(), &mut sql, &[old.as_numbers("old")]);
    sql.push(" WHERE id = ").bind(id);
    execute(database, &sql).await.expect("a person");
    register(&artist, &new, "new").await;
    for key in [&old, &new, &old] {
        let (asked, cookie) = options(&nobody, Method::GET, &format!("/auth/fido?email={email}")).await;
        assert_eq!(asked["allowCredentials"].as_array().map(Vec::len), Some(2));
        assert_eq!(sign_in_with(&studio, &email, &key.touch(&asked), &cookie).await.0, 200);
    }
}
