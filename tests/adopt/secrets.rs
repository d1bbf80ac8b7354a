//! Secrets and links that the reference server gave people, which work on: tokens, second factors, links, filters.

use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSWORD, reference, row_id};
use crate::second_factors::keys::{options, send};
use crate::second_factors::{clock_of, code_in, other};
use harness::{Answer, Client, Installation, PostOffice, Program, SecurityKey};

const SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const CODE: &str = "AB12CD34EF";

/// A token as the reference server signs it, with the key that the program of the tests has.
fn token(claims: Value) -> String {
    let now = Utc::now().timestamp() - 60;
    let mut all = json!({"fresh": false, "iat": now, "nbf": now, "type": "access"});
    all.as_object_mut()
        .expect("claims")
        .extend(claims.as_object().expect("claims").clone());
    jsonwebtoken::encode(
        &Header::new(Algorithm::HS256),
        &all,
        &EncodingKey::from_secret(b"a secret for tests"),
    )
    .expect("a token")
}

fn held(server: &Program, claims: Value) -> Client {
    Client {
        token: Some(token(claims)),
        ..server.nobody()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_tokens_go_on() {
    let studio = reference("").await;
    assert!(studio.run("adopt", &[]).await.success);
    let server = studio.serve().await;
    let session = held(
        &server,
        json!({"sub": row_id("61"), "jti": "5f1c", "refresh_jti": "77aa", "identity_type": "person", "exp": Utc::now().timestamp() + 3600}),
    );
    assert_eq!(
        session.get("/auth/authenticated").await.expect(200)["user"]["id"],
        json!(row_id("61"))
    );
    let bot = held(
        &server,
        json!({"sub": row_id("63"), "jti": "a-token", "identity_type": "bot"}),
    );
    bot.get("/data/task-types").await.expect(200);
    let older = held(
        &server,
        json!({"sub": row_id("63"), "jti": "another", "identity_type": "bot"}),
    );
    assert_eq!(
        older.get("/data/task-types").await.status,
        401,
        "only the last token of a bot is good"
    );

    // Signing out ends a session that was opened elsewhere.
    session.get("/auth/logout").await.expect(200);
    assert_eq!(session.get("/auth/authenticated").await.status, 401);
}

/// Signs in with the password, and with these fields besides.
async fn sign_in_with(nobody: &Client, more: Value) -> Answer {
    let mut body = json!({"email": "al@studio.example", "password": PASSWORD});
    body.as_object_mut()
        .expect("a body")
        .extend(more.as_object().expect("fields").clone());
    nobody.post("/auth/login", body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn second_factors_work_on() {
    let key = SecurityKey::new(9);
    let code = bcrypt::hash(CODE, 4).expect("a hash");
    let studio = reference(&format!(
        "UPDATE person SET totp_enabled = true, totp_secret = '{SECRET}', fido_enabled = true, fido_credentials = ARRAY['{}'::jsonb],
             preferred_two_factor_authentication = 'totp', otp_recovery_codes = ARRAY['{code}'::bytea] WHERE id = '{}'",
        key.as_numbers("blue"),
        row_id("62")
    ))
    .await;
    assert!(studio.run("adopt", &[]).await.success);
    let server = studio.serve().await;
    let nobody = server.nobody();
    let sign_in = async |more: Value| sign_in_with(&nobody, more).await;
    let missing = sign_in(json!({})).await.expect(400);
    assert_eq!(
        missing["two_factor_authentication_enabled"],
        json!(["recovery_code", "totp", "fido"])
    );
    assert_eq!(missing["preferred_two_factor_authentication"], "totp");

    sign_in(json!({"totp": clock_of(SECRET).generate_current().to_string()}))
        .await
        .expect(200);
    sign_in(json!({"recovery_code": CODE})).await.expect(200);
    sign_in(json!({"recovery_code": CODE})).await.expect(400);

    let (asked, cookie) = options(&nobody, Method::GET, "/auth/fido?email=al@studio.example").await;
    let body =
        json!({"email": "al@studio.example", "password": PASSWORD, "fido_authentication_response": key.touch(&asked)});
    let signed_in = send(&nobody, Method::POST, "/auth/login", &cookie, body)
        .await
        .expect(200);
    let session = nobody.with_token(&signed_in["access_token"]);
    assert_eq!(
        session.get("/auth/authenticated").await.expect(200)["user"]["fido_devices"],
        json!(["blue"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_by_email_work_on() {
    let code = bcrypt::hash(CODE, 4).expect("a hash");
    let taken_over = reference(&format!(
        "UPDATE person SET email_otp_enabled = true, email_otp_secret = '{SECRET}', preferred_two_factor_authentication = 'email_otp',
             otp_recovery_codes = ARRAY['{code}'::bytea] WHERE id = '{}'",
        row_id("62")
    ))
    .await;
    assert!(taken_over.run("adopt", &[]).await.success);
    let office = PostOffice::open().await;
    let flags = office.flags();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let studio = Installation::on_database(&taken_over.database_url, &flags);
    let server = studio.serve().await;
    let nobody = server.nobody();
    let email = "al@studio.example";
    let sign_in = async |more: Value| sign_in_with(&nobody, more).await;
    let missing = sign_in(json!({})).await.expect(400);
    assert_eq!(
        (
            &missing["missing_OTP"],
            &missing["two_factor_authentication_enabled"],
            &missing["preferred_two_factor_authentication"]
        ),
        (
            &json!(true),
            &json!(["recovery_code", "email_otp"]),
            &json!("email_otp")
        )
    );

    nobody.get(&format!("/auth/email-otp?email={email}")).await.expect(200);
    let letters = office.letters_to(email, 1).await;
    let sent = code_in(&letters[0].text);
    let wrong = sign_in(json!({"email_otp": other(sent)})).await.expect(400);
    assert_eq!(wrong["wrong_OTP"], true);
    let signed_in = sign_in(json!({"email_otp": sent})).await.expect(200);
    assert_eq!(signed_in["user"]["email_otp_enabled"], true);
    sign_in(json!({"email_otp": sent})).await.expect(400);

    // The codes of the other server for the day that the mailbox is lost.
    sign_in(json!({"recovery_code": CODE})).await.expect(200);
    let session = nobody.with_token(&signed_in["access_token"]);
    nobody.get(&format!("/auth/email-otp?email={email}")).await.expect(200);
    let letters = office.letters_to(email, 2).await;
    let proof = json!({"email_otp": code_in(&letters[1].text)});
    session
        .send(Method::DELETE, "/auth/email-otp", Some(proof))
        .await
        .expect(200);
    sign_in(json!({})).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_and_filters_work_on() {
    let (playlist, link, group, filter) = (row_id("f1"), row_id("f2"), row_id("f3"), row_id("f4"));
    let (locked, over, revoked) = (row_id("f5"), row_id("f6"), row_id("f7"));
    let (production, zoe, asset, preview) = (row_id("71"), row_id("61"), row_id("81"), row_id("b1"));
    // The reference server hashes passwords of links as those of people.
    let hash = bcrypt::hash("sésame", 4).expect("a hash");
    let studio = reference(&format!(
        "INSERT INTO playlist (name, shots, project_id, for_client, for_entity, is_for_all, created_by, id, created_at, updated_at) VALUES
             ('Client review', '[{{\"entity_id\": \"{asset}\", \"preview_file_id\": \"{preview}\"}}]', '{production}', true, 'asset', false, '{zoe}',
              '{playlist}', '2019-01-01', '2019-01-01');
         INSERT INTO playlist_share_link (token, playlist_id, created_by, is_active, can_comment, id, created_at, updated_at) VALUES
             ('c2hhcmVk-link_of-1.0.67', '{playlist}', '{zoe}', true, true, '{link}', '2019-01-01', '2019-01-01');
         INSERT INTO playlist_share_link (token, playlist_id, created_by, expiration_date, is_active, can_comment, password, id, created_at, updated_at) VALUES
             ('with-a-password', '{playlist}', '{zoe}', '2099-01-01', true, true, '{hash}', '{locked}', '2019-01-01', '2019-01-01'),
             ('over', '{playlist}', '{zoe}', '2020-01-01', true, true, NULL, '{over}', '2019-01-01', '2019-01-01'),
             ('taken-back', '{playlist}', '{zoe}', NULL, false, true, NULL, '{revoked}', '2019-01-01', '2019-01-01');
         INSERT INTO search_filter_group (list_type, name, color, is_shared, person_id, project_id, id) VALUES
             ('asset', 'Mine', '#aabbcc', false, '{zoe}', '{production}', '{group}');
         INSERT INTO search_filter (list_type, name, search_query, is_shared, search_filter_group_id, person_id, project_id, id) VALUES
             ('asset', 'wip', 'modeling=wip «é»', false, '{group}', '{zoe}', '{production}', '{filter}')"
    ))
    .await;
    assert!(studio.run("adopt", &[]).await.success);
    let server = studio.serve().await;
    let shared = server
        .nobody()
        .get("/shared/playlists/c2hhcmVk-link_of-1.0.67")
        .await
        .expect(200);
    assert_eq!(shared["name"], "Client review");
    server
        .nobody()
        .get("/shared/playlists/c2hhcmVk-link_of-1.0.67/context")
        .await
        .expect(200);
    server
        .nobody()
        .get("/shared/playlists/c2hhcmVk-link_of-1.0.68")
        .await
        .expect(404);
    let locked = "/shared/playlists/with-a-password";
    for path in [locked, "/shared/playlists/over", "/shared/playlists/taken-back"] {
        server.nobody().get(path).await.expect(404);
    }
    let opened = server
        .nobody()
        .get(&format!("{locked}?password=s%C3%A9same"))
        .await
        .expect(200);
    assert_eq!(opened["name"], "Client review");
    let guest = server
        .nobody()
        .post(
            "/shared/playlists/c2hhcmVk-link_of-1.0.67/guest",
            json!({"first_name": "Gil", "last_name": "Guest"}),
        )
        .await;
    guest.expect(201);

    let zoe = server.signed_in("zoe@studio.example", PASSWORD).await;
    let filters = zoe.get("/data/user/filters").await.expect(200);
    let of_production = &filters["asset"][&production];
    assert_eq!(of_production[0]["id"], json!(filter), "{filters}");
    assert_eq!(of_production[0]["search_query"], "modeling=wip «é»");
    assert_eq!(
        zoe.get("/data/user/filter-groups").await.expect(200)["asset"][&production][0]["id"],
        json!(group)
    );
    assert_eq!(
        zoe.get("/data/user/context").await.expect(200)["search_filters"],
        filters
    );
}
