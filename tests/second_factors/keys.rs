//! Security keys: registered and touched in the browser that asked, each answer once, and given up one by one.

use dailies::database::Sql;
use dailies::database::dialect::bind_json_texts;
use dailies_definitions::access::Role;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{PASSWORD, forgive, sign_in, stored, studio_with};
use harness::rows::execute;
use harness::{Answer, Client, On, SecurityKey, Studio};

/// Asks for options, and keeps the cookie that says for which browser they are.
pub(crate) async fn options(client: &Client, method: Method, path: &str) -> (Value, String) {
    let response = client.request(method, path).send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let cookies = response
        .headers()
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok());
    let cookie = cookies
        .filter_map(|cookie| cookie.split(';').next())
        .find(|cookie| cookie.starts_with("session="))
        .expect("a cookie")
        .to_owned();
    (response.json().await.expect("options"), cookie)
}

/// Calls with a cookie.
pub(crate) async fn send(client: &Client, method: Method, path: &str, cookie: &str, body: Value) -> Answer {
    let request = client
        .request(method.clone(), path)
        .header("cookie", cookie)
        .json(&body);
    client.finish(method, path, request).await
}

/// Registers a key under a name.
async fn register(client: &Client, key: &SecurityKey, name: &str) -> Value {
    let (asked, cookie) = options(client, Method::PUT, "/auth/fido").await;
    let body = json!({"registration_response": key.make(&asked), "device_name": name});
    send(client, Method::POST, "/auth/fido", &cookie, body)
        .await
        .expect(200)
}

/// Signs in with a key, in a browser with that cookie.
async fn sign_in_with(studio: &Studio, email: &str, assertion: &Value, cookie: &str) -> (u16, Value) {
    let body = json!({"email": email, "password": PASSWORD, "fido_authentication_response": assertion});
    let answer = send(&studio.server.nobody(), Method::POST, "/auth/login", cookie, body).await;
    (answer.status, answer.json)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_security_key_signs_in_once_for_each_question(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, email) = studio_with(on, &[], &[]).await;
    let (artist, id, nobody) = (
        studio.member(Role::Artist),
        studio.member_id(Role::Artist),
        studio.server.nobody(),
    );
    let ask = format!("/auth/fido?email={email}");
    for unknown in ["/auth/fido?email=nobody@example.com", &ask, "/auth/fido?email="] {
        assert_eq!(
            nobody.get(unknown).await.expect(400),
            json!({"error": true, "message": "FIDO not enabled."})
        );
    }
    let key = SecurityKey::new(7);
    let (asked, _) = options(&artist, Method::PUT, "/auth/fido").await;
    assert_eq!(asked["rp"], json!({"name": "Kitsu", "id": "localhost"}));
    assert_eq!(
        (&asked["user"]["name"], &asked["excludeCredentials"]),
        (&json!(email), &json!([]))
    );
    let enabled = register(&artist, &key, "blue").await;
    assert_eq!(enabled["otp_recovery_codes"].as_array().map(Vec::len), Some(16));
    assert_eq!(
        stored(&studio, id).await.preferred_two_factor_authentication.as_deref(),
        Some("fido")
    );
    let (_, missing) = sign_in(&studio, &email, json!({})).await;
    assert_eq!(
        missing["two_factor_authentication_enabled"],
        json!(["recovery_code", "fido"])
    );

    let (asked, cookie) = options(&nobody, Method::GET, &ask).await;
    assert_eq!(asked["allowCredentials"].as_array().map(Vec::len), Some(1));
    let touched = key.touch(&asked);
    let (status, signed_in) = sign_in_with(&studio, &email, &touched, &cookie).await;
    assert_eq!(status, 200, "{signed_in}");
    let session = nobody.with_token(&signed_in["access_token"]);
    assert_eq!(
        session.get("/auth/authenticated").await.expect(200)["user"]["fido_devices"],
        json!(["blue"])
    );
    assert_eq!(
        sign_in_with(&studio, &email, &touched, &cookie).await.1["wrong_OTP"],
        json!(true),
        "it was used"
    );

    // Answers that are none.
    for wrong in [SecurityKey::new(8), key.at("https://evil.example"), key.untouched()] {
        forgive(&studio).await;
        let (asked, cookie) = options(&nobody, Method::GET, &ask).await;
        assert_eq!(
            sign_in_with(&studio, &email, &wrong.touch(&asked), &cookie).await.1["wrong_OTP"],
            json!(true)
        );
        // The question is used up by the wrong answer.
        assert_eq!(
            sign_in_with(&studio, &email, &key.touch(&asked), &cookie).await.1["wrong_OTP"],
            json!(true)
        );
    }
    forgive(&studio).await;
    let ((first, one), (second, other)) = (
        options(&nobody, Method::GET, &ask).await,
        options(&nobody, Method::GET, &ask).await,
    );
    assert_eq!(
        sign_in_with(&studio, &email, &key.touch(&first), "a=b").await.0,
        400,
        "no browser"
    );
    assert_eq!(
        sign_in_with(&studio, &email, &key.touch(&first), &other).await.0,
        400,
        "another browser"
    );
    let mut forged = first.clone();
    forged["rpId"] = json!("evil.example");
    assert_eq!(
        sign_in_with(&studio, &email, &key.touch(&forged), &one).await.0,
        400,
        "another host"
    );
    assert_eq!(sign_in_with(&studio, &email, &json!({}), &one).await.0, 400);
    forgive(&studio).await;
    // The one that another browser answered is used up, too.
    assert_eq!(sign_in_with(&studio, &email, &key.touch(&second), &other).await.0, 400);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_registered_in_the_browser_that_asked(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, _) = studio_with(on, &[], &[]).await;
    let (artist, client) = (studio.member(Role::Artist), studio.member(Role::Client));
    let key = SecurityKey::new(7);
    let attempt = async |person: &Client, asked: &Value, cookie: &str, key: &SecurityKey| {
        let body = json!({"registration_response": key.make(asked), "device_name": "blue"});
        send(person, Method::POST, "/auth/fido", cookie, body)
            .await
            .message(400)
    };
    const NOTHING_ASKED: &str = "No preregistration before.";
    const WRONG: &str = "FIDO server exception your registration response is probly wrong.";
    let body = json!({"registration_response": {"id": "fake"}, "device_name": "key"});
    assert_eq!(
        artist.post("/auth/fido", body.clone()).await.message(400),
        NOTHING_ASKED
    );
    let (asked, cookie) = options(&artist, Method::PUT, "/auth/fido").await;
    assert_eq!(
        attempt(&client, &asked, &cookie, &key).await,
        NOTHING_ASKED,
        "somebody else in the same browser"
    );
    assert_eq!(attempt(&artist, &asked, "session=AAAA", &key).await, NOTHING_ASKED);
    assert_eq!(
        send(&artist, Method::POST, "/auth/fido", &cookie, body)
            .await
            .message(400),
        WRONG
    );
    assert_eq!(
        attempt(&artist, &asked, &cookie, &key).await,
        NOTHING_ASKED,
        "it was used up"
    );
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
    assert_eq!(
        attempt(&artist, &asked, &cookie, &key).await,
        WRONG,
        "the same key again"
    );
    for body in [
        json!({}),
        json!({"registration_response": {}, "device_name": ""}),
        json!({"registration_response": 1, "device_name": "x"}),
    ] {
        assert_eq!(artist.post("/auth/fido", body).await.message(400), "Validation error.");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn keys_go_one_by_one(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, email) = studio_with(on, &[], &[]).await;
    let (artist, id, nobody) = (
        studio.member(Role::Artist),
        studio.member_id(Role::Artist),
        studio.server.nobody(),
    );
    assert_eq!(
        artist
            .send(Method::DELETE, "/auth/fido", Some(json!({"device_name": "blue"})))
            .await
            .message(400),
        "FIDO not enabled."
    );
    let keys = [7, 8, 9].map(SecurityKey::new);
    let mut codes = register(&artist, &keys[0], "blue").await["otp_recovery_codes"]
        .as_array()
        .expect("codes")
        .clone();
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
    assert_eq!(
        stored(&studio, id).await.preferred_two_factor_authentication.as_deref(),
        Some("fido")
    );
    // The first one opens nothing any more, the others do, and each proves the person.
    for (key, expected) in [(&keys[0], 400), (&keys[1], 200), (&keys[2], 200)] {
        let (asked, cookie) = options(&nobody, Method::GET, &format!("/auth/fido?email={email}")).await;
        assert_eq!(
            sign_in_with(&studio, &email, &key.touch(&asked), &cookie).await.0,
            expected
        );
    }
    for body in [
        json!({"device_name": "red"}),
        json!({"device_name": "red", "recovery_code": "wrong"}),
    ] {
        let told = artist.send(Method::DELETE, "/auth/fido", Some(body)).await.expect(400);
        assert_eq!(
            told,
            json!({"error": true, "message": "OTP verification failed.", "wrong_OTP": true})
        );
    }
    let (asked, cookie) = options(&nobody, Method::GET, &format!("/auth/fido?email={email}")).await;
    let body = json!({"device_name": "red", "fido_authentication_response": keys[1].touch(&asked)});
    send(&artist, Method::DELETE, "/auth/fido", &cookie, body)
        .await
        .expect(200);
    remove("blue").await;
    let left = stored(&studio, id).await;
    assert_eq!(
        (
            left.fido_enabled,
            left.preferred_two_factor_authentication,
            left.otp_recovery_codes
        ),
        (Some(false), None, None)
    );
    assert_eq!(sign_in(&studio, &email, json!({})).await.0, 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_key_is_told_by_its_counter(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, email) = studio_with(on, &[], &[]).await;
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
    send(&artist, Method::DELETE, "/auth/fido", &cookie, body)
        .await
        .expect(200);
    assert_eq!(touch(&copy).await, 400);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_reference_go_on_working(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, email) = studio_with(on, &[], &[]).await;
    let (artist, id, nobody) = (
        studio.member(Role::Artist),
        studio.member_id(Role::Artist),
        studio.server.nobody(),
    );
    let database = &studio.server.app.database;
    let (old, new) = (SecurityKey::new(7), SecurityKey::new(8));
    let mut sql = Sql::new(
        "UPDATE person SET fido_enabled = true, preferred_two_factor_authentication = 'fido', fido_credentials = ",
    );
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
