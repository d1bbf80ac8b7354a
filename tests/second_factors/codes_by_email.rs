//! Codes by e-mail: set up with the first one, good once and for a while, and guessed a few times only.

use dailies::database::Sql;
use dailies_definitions::access::Role;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{ask_for_code, code, forgive, other, sign_in, stored, with_post};
use harness::rows::execute;
use harness::{On, PostOffice, Studio};

/// Sets codes by e-mail up for the artist, and tries wrong ways on the way. Gives the first code, and those for recovery.
async fn set_up_with_mistakes(studio: &Studio, office: &PostOffice, email: &str) -> (String, Vec<Value>) {
    let (artist, id) = (studio.member(Role::Artist), studio.member_id(Role::Artist));
    // A code that nobody asked for is none.
    let told = artist
        .post("/auth/email-otp", json!({"email_otp": "000000"}))
        .await
        .expect(400);
    assert_eq!(
        told,
        json!({"error": true, "message": "OTP by email verification failed.", "wrong_OTP": true})
    );
    assert_eq!(
        artist.send(Method::PUT, "/auth/email-otp", None).await.expect(200),
        json!({"success": true})
    );
    let first = code(office, email, 1).await;
    assert!(stored(studio, id).await.email_otp_enabled != Some(true));
    artist
        .post("/auth/email-otp", json!({"email_otp": other(&first)}))
        .await
        .expect(400);
    let enabled = artist
        .post("/auth/email-otp", json!({"email_otp": first}))
        .await
        .expect(200);
    let codes = enabled["otp_recovery_codes"].as_array().expect("codes").clone();
    assert_eq!((codes.len(), enabled["access_token"].is_string()), (16, true));
    assert_eq!(
        stored(studio, id).await.preferred_two_factor_authentication.as_deref(),
        Some("email_otp")
    );
    assert_eq!(
        artist.send(Method::PUT, "/auth/email-otp", None).await.message(400),
        "OTP by email already enabled."
    );
    assert_eq!(
        artist
            .post("/auth/email-otp", json!({"email_otp": "1"}))
            .await
            .message(400),
        "OTP by email already enabled."
    );
    (first, codes)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn codes_by_email_sign_in_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let office = PostOffice::open().await;
    let (studio, email) = with_post(on, &office).await;
    let nobody = studio.server.nobody();
    let (first, recovery_codes) = set_up_with_mistakes(&studio, &office, &email).await;

    let (status, missing) = sign_in(&studio, &email, json!({})).await;
    assert_eq!((status, &missing["missing_OTP"]), (400, &json!(true)));
    assert_eq!(
        missing["two_factor_authentication_enabled"],
        json!(["recovery_code", "email_otp"])
    );
    assert_eq!(missing["preferred_two_factor_authentication"], "email_otp");
    // The code that switched it on is used up.
    assert_eq!(
        sign_in(&studio, &email, json!({"email_otp": first})).await.1["wrong_OTP"],
        json!(true)
    );
    for address in ["nobody@example.com", &email.to_uppercase(), ""] {
        assert_eq!(
            nobody
                .get(&format!("/auth/email-otp?email={address}"))
                .await
                .expect(200),
            json!({"success": true})
        );
    }
    assert_eq!(
        nobody.get("/auth/email-otp").await.message(400),
        "Missing required parameter: email"
    );
    let second = code(&office, &email, 2).await;
    assert_eq!(
        sign_in(&studio, &email, json!({"email_otp": other(&second)})).await.0,
        400
    );
    assert_eq!(sign_in(&studio, &email, json!({"email_otp": second})).await.0, 200);
    assert_eq!(
        sign_in(&studio, &email, json!({"email_otp": second})).await.0,
        400,
        "a code is good once"
    );
    // A new code takes the place of the one before.
    ask_for_code(&studio, &email).await;
    let third = code(&office, &email, 3).await;
    execute(
        &studio.server.app.database,
        &Sql::new("UPDATE dailies_store SET expires_at = '2020-01-01 00:00:00' WHERE key LIKE 'email-otp:%'"),
    )
    .await
    .expect("the store");
    assert_eq!(
        sign_in(&studio, &email, json!({"email_otp": third})).await.0,
        400,
        "a code gets too old"
    );
    // Nobody's mailbox is flooded.
    for _ in 0..5 {
        ask_for_code(&studio, &email).await;
    }
    assert_eq!(office.letters_to(&email, 3).await.len(), 3);
    // Who can't read e-mails uses a recovery code.
    forgive(&studio).await;
    assert_eq!(
        sign_in(&studio, &email, json!({"recovery_code": recovery_codes[0]}))
            .await
            .0,
        200
    );
    assert_eq!(
        sign_in(&studio, &email, json!({"recovery_code": recovery_codes[0]}))
            .await
            .0,
        400
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn codes_by_email_are_guessed_a_few_times_only(#[values(On::Sqlite, On::Postgres)] on: On) {
    let office = PostOffice::open().await;
    let (studio, email) = with_post(on, &office).await;
    let artist = studio.member(Role::Artist);
    artist.send(Method::PUT, "/auth/email-otp", None).await.expect(200);
    let right = code(&office, &email, 1).await;
    for _ in 0..5 {
        assert_eq!(
            artist
                .post("/auth/email-otp", json!({"email_otp": other(&right)}))
                .await
                .expect(400)["wrong_OTP"],
            true
        );
    }
    let locked = artist
        .post("/auth/email-otp", json!({"email_otp": right}))
        .await
        .expect(400);
    assert_eq!(locked["too_many_failed_login_attemps"], true);
    forgive(&studio).await;
    artist
        .post("/auth/email-otp", json!({"email_otp": right}))
        .await
        .expect(200);
    ask_for_code(&studio, &email).await;
    let right = code(&office, &email, 2).await;
    for _ in 0..5 {
        assert_eq!(
            sign_in(&studio, &email, json!({"email_otp": other(&right)})).await.1["wrong_OTP"],
            json!(true)
        );
    }
    assert_eq!(
        sign_in(&studio, &email, json!({"email_otp": right})).await.1["too_many_failed_login_attemps"],
        json!(true)
    );
    // The code of one person is none of another's.
    forgive(&studio).await;
    let body = json!({"email_otp": right});
    studio
        .member(Role::Client)
        .send(Method::DELETE, "/auth/email-otp", Some(body))
        .await
        .expect(400);
}
