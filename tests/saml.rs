//! Signing in at a provider of SAML, honest or not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{TimeDelta, Utc};
use dailies_definitions::access::Role;
use entity::person;
use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use harness::{Client, HOME, On, Page, SamlProvider, SamlStatement, Signed, Studio};

const FAILED: &str = "SAML authentication failed.";
const NOT_FOR_THEM: &str = "This account cannot be signed in to with this identity. Ask an administrator.";
const ADA: &str = "Ada.Byron@example.com";

/// A browser that was sent to the provider, and what the provider says there.
async fn leave(studio: &Studio, provider: &SamlProvider, name: &str) -> (String, SamlStatement) {
    let page = Page::open(&studio.server.nobody(), "/auth/saml/login", None).await;
    assert_eq!(page.status, 302, "{}", page.json);
    let cookie = page.visit_cookie();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("Secure") && cookie.contains("SameSite=None"),
        "{cookie}"
    );
    (
        page.cookie("session").expect("a cookie"),
        provider.answer(&page.location, name),
    )
}

async fn bring(studio: &Studio, xml: &str, cookie: Option<&str>) -> Page {
    let fields = [
        ("SAMLResponse", &*STANDARD.encode(xml)),
        ("RelayState", "https://evil.example"),
    ];
    Page::send(&studio.server.nobody(), "/auth/saml/sso", &fields, cookie).await
}

/// Signs somebody in, with an answer that is changed before it is signed.
async fn sign_in(
    studio: &Studio,
    provider: &SamlProvider,
    name: &str,
    change: impl FnOnce(&mut SamlStatement),
) -> Page {
    let (cookie, mut statement) = leave(studio, provider, name).await;
    change(&mut statement);
    bring(studio, &provider.write(&statement), Some(&cookie)).await
}

/// Tries to sign somebody in, with an answer that is changed after it was signed.
async fn tampered(
    studio: &Studio,
    provider: &SamlProvider,
    signed: Signed,
    change: impl FnOnce(String) -> String,
) -> Page {
    let (cookie, statement) = leave(studio, provider, ADA).await;
    let xml = provider.write(&SamlStatement { signed, ..statement });
    let changed = change(xml.clone());
    assert_ne!(xml, changed);
    bring(studio, &changed, Some(&cookie)).await
}

async fn whoami(studio: &Studio, page: &Page) -> Value {
    page.user(&studio.server.nobody()).await
}

async fn persons(studio: &Studio) -> u64 {
    person::Entity::find()
        .count(&studio.server.app.database)
        .await
        .expect("a number")
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_gets_an_account_and_keeps_it(#[values(On::Sqlite, On::Postgres)] on: On) {
    let provider = SamlProvider::open().await;
    let studio = Studio::open_using(on, &provider.flags(), &[]).await;
    let count = persons(&studio).await;
    let attributes = vec![
        ("first_name", "Ada"),
        ("last_name", "Byron"),
        ("country", "gb"),
        ("role", "admin"),
        ("departments", "x"),
    ];
    let page = sign_in(&studio, &provider, ADA, |statement| statement.attributes = attributes).await;
    let user = whoami(&studio, &page).await;
    assert_eq!(
        (&user["email"], &user["role"], &user["full_name"]),
        (&json!("ada.byron@example.com"), &json!("user"), &json!("Ada Byron"))
    );
    assert_eq!(user["country"], "GB");
    // However it is signed, and with either key that the provider shows.
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        for key in [0, 1] {
            let page = sign_in(&studio, &provider, ADA, |statement| {
                (statement.signed, statement.key) = (signed, key)
            })
            .await;
            assert_eq!(whoami(&studio, &page).await["id"], user["id"], "{signed:?}");
        }
    }
    let page = sign_in(&studio, &provider, "tim.team.user@example.com", |_| ()).await;
    assert_eq!(
        whoami(&studio, &page).await["id"],
        json!(studio.member_id(Role::Artist))
    );
    assert_eq!(persons(&studio).await, count + 1);
    // Clocks are a little apart.
    let page = sign_in(&studio, &provider, ADA, |statement| {
        statement.not_on_or_after = Utc::now() - TimeDelta::seconds(60)
    })
    .await;
    assert_eq!(page.location, HOME);
    // Who is switched off comes home without a session.
    let path = format!("/data/persons/{}", user["id"].as_str().expect("an id"));
    studio.admin.put(&path, json!({"active": false})).await.expect(200);
    let page = sign_in(&studio, &provider, ADA, |_| ()).await;
    assert_eq!(
        (page.status, page.location.as_str(), page.cookies.len()),
        (302, HOME, 0)
    );
}

/// A name for what is wrong with an answer, and what makes it so.
type Lie = (&'static str, fn(&mut SamlStatement));

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_with_an_answer_that_is_not_good(#[values(On::Sqlite, On::Postgres)] on: On) {
    let provider = SamlProvider::open().await;
    let studio = Studio::open_using(on, &provider.flags(), &["--sign-in-rate", "0"]).await;
    let count = persons(&studio).await;
    let lies: [Lie; 13] = [
        ("unsigned", |statement| statement.signed = Signed::Nothing),
        ("another key", |statement| statement.key = 2),
        ("another key for both", |statement| {
            (statement.key, statement.signed) = (2, Signed::Both)
        }),
        ("another provider", |statement| {
            statement.issuer = "https://evil.example".to_owned()
        }),
        ("for somebody else", |statement| {
            statement.audience = "https://other.example".to_owned()
        }),
        ("to another place", |statement| {
            statement.recipient = "https://other.example".to_owned()
        }),
        ("to another destination", |statement| {
            statement.destination = "https://other.example".to_owned()
        }),
        ("another question", |statement| statement.request = "_other".to_owned()),
        ("no question", |statement| statement.request = String::new()),
        ("no success", |statement| {
            statement.status = "urn:oasis:names:tc:SAML:2.0:status:Requester"
        }),
        ("too late", |statement| {
            statement.not_on_or_after = Utc::now() - TimeDelta::minutes(3)
        }),
        ("too early", |statement| {
            statement.not_before = Utc::now() + TimeDelta::minutes(3)
        }),
        ("no such text", |statement| {
            statement.name = "<b>ada@example.com</b>".to_owned()
        }),
    ];
    for (lie, change) in lies {
        assert_eq!(sign_in(&studio, &provider, ADA, change).await.error(), FAILED, "{lie}");
    }
    assert_eq!(
        sign_in(&studio, &provider, "ada", |_| ()).await.error(),
        "No email address returned by the provider."
    );
    assert_eq!(persons(&studio).await, count);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_with_an_answer_that_was_changed(#[values(On::Sqlite, On::Postgres)] on: On) {
    let provider = SamlProvider::open().await;
    let studio = Studio::open_using(on, &provider.flags(), &["--sign-in-rate", "0"]).await;
    let count = persons(&studio).await;
    let assertion = |xml: &str| {
        let (start, end) = (
            xml.find("<saml:Assertion").expect("a start"),
            xml.find("</samlp:Response>").expect("an end"),
        );
        xml[start..end].to_owned()
    };
    let signature = |xml: &str| {
        let (start, end) = (
            xml.find("<ds:Signature ").expect("a start"),
            xml.find("</ds:Signature>").expect("an end"),
        );
        xml[start..end + "</ds:Signature>".len()].to_owned()
    };
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        let name = "tim.team.admin@example.com";
        assert_eq!(
            tampered(&studio, &provider, signed, |xml| xml.replace(ADA, name))
                .await
                .error(),
            FAILED
        );
        // A comment is not signed, and splits the name for who reads carelessly.
        let comment = |xml: String| xml.replace("Ada.Byron@example.com", "Ada.Byron@example<!-- -->.com");
        assert_eq!(tampered(&studio, &provider, signed, comment).await.error(), FAILED);
        let entity = |xml: String| format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{xml}");
        assert_eq!(tampered(&studio, &provider, signed, entity).await.error(), FAILED);
        // Another assertion beside the signed one, around it, or in front of it under the same name.
        let forged = |xml: &str| assertion(xml).replace(&signature(xml), "").replace(ADA, name);
        let copied = |xml: &str| assertion(xml).replace(ADA, name);
        let ways: [&dyn Fn(&str) -> String; 2] = [&forged, &copied];
        for beside in ways {
            let first = |xml: String| xml.replacen("<saml:Assertion", &format!("{}<saml:Assertion", beside(&xml)), 1);
            assert_eq!(tampered(&studio, &provider, signed, first).await.error(), FAILED);
            let last = |xml: String| xml.replace("</samlp:Response>", &format!("{}</samlp:Response>", beside(&xml)));
            assert_eq!(tampered(&studio, &provider, signed, last).await.error(), FAILED);
            let moved = |xml: String| {
                let original = assertion(&xml);
                let wrapped = format!(
                    "<samlp:Extensions>{original}</samlp:Extensions>{}",
                    beside(&xml).replace("\"_assertion\"", "\"_evil\"")
                );
                xml.replace(&original, &wrapped)
            };
            assert_eq!(tampered(&studio, &provider, signed, moved).await.error(), FAILED);
        }
        // What is signed covers something else.
        let other = |xml: String| xml.replace("URI=\"#_", "URI=\"#_no");
        assert_eq!(tampered(&studio, &provider, signed, other).await.error(), FAILED);
        assert_eq!(
            tampered(&studio, &provider, signed, |xml| xml
                .replace("ecdsa-sha256", "ecdsa-sha1"))
            .await
            .error(),
            FAILED
        );
        assert_eq!(
            tampered(&studio, &provider, signed, |xml| xml
                .replace("ecdsa-sha256", "hmac-sha256"))
            .await
            .error(),
            FAILED
        );
    }
    // The only signature is somewhere else than around what is said.
    let unsigned = |xml: String| {
        let signature = signature(&xml);
        xml.replace(&signature, "")
            .replace("<samlp:Status>", &format!("{signature}<samlp:Status>"))
    };
    assert_eq!(
        tampered(&studio, &provider, Signed::Assertion, |xml| unsigned(xml)
            .replace(ADA, "eve@example.com"))
        .await
        .error(),
        FAILED
    );
    let (cookie, _) = leave(&studio, &provider, ADA).await;
    for text in ["<a/>", "no xml"] {
        assert_eq!(bring(&studio, text, Some(&cookie)).await.error(), FAILED);
    }
    assert_eq!(bring(&studio, "", Some(&cookie)).await.status, 400);
    assert_eq!(persons(&studio).await, count);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_good_once_and_for_one_browser(#[values(On::Sqlite, On::Postgres)] on: On) {
    let provider = SamlProvider::open().await;
    let studio = Studio::open_using(on, &provider.flags(), &["--sign-in-rate", "0"]).await;
    let (cookie, statement) = leave(&studio, &provider, ADA).await;
    let (other, _) = leave(&studio, &provider, ADA).await;
    let xml = provider.write(&statement);
    assert_eq!(bring(&studio, &xml, None).await.error(), FAILED);
    assert_eq!(bring(&studio, &xml, Some("session=")).await.error(), FAILED);
    assert_eq!(bring(&studio, &xml, Some(&other)).await.error(), FAILED);
    let page = bring(&studio, &xml, Some(&cookie)).await;
    whoami(&studio, &page).await;
    assert_eq!(bring(&studio, &xml, Some(&cookie)).await.error(), FAILED, "it was used");
    let (next, _) = leave(&studio, &provider, ADA).await;
    assert_eq!(
        bring(&studio, &xml, Some(&next)).await.error(),
        FAILED,
        "it answers another question"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_account_may_be_bound_to_an_attribute(#[values(On::Sqlite, On::Postgres)] on: On) {
    let provider = SamlProvider::open().await;
    let (artist, manager) = ("tim.team.user@example.com", "tim.team.manager@example.com");
    let flags = [
        "--saml-subject-attribute",
        "uid",
        "--protected-accounts",
        manager,
        "--sign-in-rate",
        "0",
    ];
    let studio = Studio::open_using(on, &provider.flags(), &flags).await;
    let named =
        |subject: &'static str| move |statement: &mut SamlStatement| statement.attributes = vec![("uid", subject)];
    assert_eq!(sign_in(&studio, &provider, artist, |_| ()).await.error(), NOT_FOR_THEM);
    assert_eq!(
        sign_in(&studio, &provider, artist, named("")).await.error(),
        NOT_FOR_THEM
    );
    assert_eq!(
        sign_in(&studio, &provider, manager, named("boss")).await.error(),
        NOT_FOR_THEM
    );
    let user = whoami(&studio, &sign_in(&studio, &provider, artist, named("tim")).await).await;
    assert_eq!(user["id"], json!(studio.member_id(Role::Artist)));
    // The address is somebody else's later on, and the person has another one.
    assert_eq!(
        sign_in(&studio, &provider, artist, named("successor")).await.error(),
        NOT_FOR_THEM
    );
    let again = whoami(
        &studio,
        &sign_in(&studio, &provider, "other@example.com", named("tim")).await,
    )
    .await;
    assert_eq!(again["id"], user["id"]);
    // An administrator binds accounts, too.
    let client = format!("/data/persons/{}", studio.member_id(Role::Client));
    let bind = |subject: &str| json!({"saml_issuer": provider.url, "saml_subject": subject});
    studio.admin.put(&client, bind("tim")).await.expect(400);
    studio.admin.put(&client, bind("client")).await.expect(200);
    let bound = whoami(
        &studio,
        &sign_in(&studio, &provider, "whatever@example.com", named("client")).await,
    )
    .await;
    assert_eq!(bound["id"], json!(studio.member_id(Role::Client)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_left_to_the_provider_where_the_studio_says_so(#[values(On::Sqlite, On::Postgres)] on: On) {
    for (skip, status) in [("false", 403), ("true", 200)] {
        let provider = SamlProvider::open().await;
        let studio = Studio::open_using(
            on,
            &provider.flags(),
            &["--enforce-2fa", "true", "--saml-skip-2fa", skip],
        )
        .await;
        let page = sign_in(&studio, &provider, ADA, |_| ()).await;
        let session = Client {
            token: page.value("access_token_cookie"),
            ..studio.server.nobody()
        };
        assert_eq!(session.get("/data/departments").await.status, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_provider_there_is_none() {
    let studio = Studio::open(On::Sqlite).await;
    let nobody = studio.server.nobody();
    assert_eq!(
        Page::open(&nobody, "/auth/saml/login", None).await.error(),
        "SAML is not enabled."
    );
    assert_eq!(bring(&studio, "<a/>", None).await.error(), "SAML is not enabled.");
    let off = nobody.post("/auth/saml/sso", json!({})).await.expect(400);
    assert_eq!(off["error"], "SAML is not enabled.", "without an answer, too");
    let studio = Studio::open_with(
        On::Sqlite,
        &["--saml-enabled", "true", "--saml-metadata-url", "http://127.0.0.1:1/"],
    )
    .await;
    assert_eq!(
        Page::open(&studio.server.nobody(), "/auth/saml/login", None)
            .await
            .error(),
        FAILED
    );
    let missing = studio
        .server
        .nobody()
        .post("/auth/saml/sso", json!({}))
        .await
        .expect(400);
    assert_eq!(missing["data"]["errors"][0]["field"], "SAMLResponse");
    let told = studio.server.nobody().get("/config").await.expect(200);
    assert_eq!(told["saml_enabled"], true);
}
