//! Signing in at a provider of OpenID Connect, honest or not.

use dailies::database::Sql;
use dailies_definitions::access::Role;
use entity::person;
use reqwest::Method;
use rstest::rstest;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use harness::rows::{execute, update};
use harness::{Client, HOME, On, OpenIdProvider, Page, Signing, Studio};

const FAILED: &str = "OIDC authentication failed.";
const NOT_FOR_THEM: &str = "This account cannot be signed in to with this identity. Ask an administrator.";

async fn studio_with(on: On, provider: &OpenIdProvider, more: &[&str]) -> Studio {
    let flags = provider.flags();
    let flags: Vec<&str> = flags.iter().map(String::as_str).chain(more.iter().copied()).collect();
    Studio::open_with(on, &flags).await
}

/// Opens a page as a browser does.
async fn open(studio: &Studio, path: &str, cookie: Option<&str>) -> Page {
    Page::open(&studio.server.nobody(), path, cookie).await
}

/// A browser that was sent to the provider.
struct Visit {
    cookie: String,
    state: String,
    code: String,
}

async fn leave(studio: &Studio, provider: &OpenIdProvider) -> Visit {
    let page = open(studio, "/auth/oidc/login", None).await;
    assert_eq!(page.status, 302, "{}", page.json);
    let address = Url::parse(&page.location).expect("an address");
    let asked = |name: &str| {
        address
            .query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    assert_eq!(
        (asked("scope").as_str(), asked("redirect_uri")),
        ("openid email profile", format!("{HOME}/api/auth/oidc/callback"))
    );
    let cookie = page
        .cookies
        .iter()
        .find(|cookie| cookie.starts_with("session="))
        .expect("a cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    Visit {
        cookie: page.cookie("session").expect("a cookie"),
        state: asked("state"),
        code: provider.code(&page.location),
    }
}

impl Visit {
    async fn back(&self, studio: &Studio) -> Page {
        open(
            studio,
            &format!("/auth/oidc/callback?code={}&state={}", self.code, self.state),
            Some(&self.cookie),
        )
        .await
    }
}

/// There and back.
async fn sign_in(studio: &Studio, provider: &OpenIdProvider) -> Page {
    leave(studio, provider).await.back(studio).await
}

async fn persons(studio: &Studio) -> Vec<person::Model> {
    person::Entity::find()
        .order_by_asc(person::Column::CreatedAt)
        .all(&studio.server.app.database)
        .await
        .expect("persons")
}

async fn events(studio: &Studio) -> Vec<String> {
    let sql = Sql::new("SELECT name FROM api_event WHERE name LIKE 'person:%' ORDER BY created_at");
    let rows = studio.server.app.database.rows(&sql).await.expect("events");
    rows.iter()
        .map(|row| row.try_get("", "name").expect("a name"))
        .collect()
}

fn ada() -> Value {
    json!({"sub": "ada", "email": "Ada.Byron@example.com", "email_verified": true, "given_name": "Ada", "family_name": "Byron"})
}

/// Whoever has the cookies of a page.
async fn whoami(studio: &Studio, page: &Page) -> Value {
    page.user(&studio.server.nobody()).await
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_gets_an_account_and_stays_the_same_person(#[case] on: On) {
    let provider = OpenIdProvider::open().await;
    let studio = studio_with(on, &provider, &[]).await;
    let before = events(&studio).await.len();
    provider.vouch(ada());
    let user = whoami(&studio, &sign_in(&studio, &provider).await).await;
    assert_eq!(
        (&user["email"], &user["role"], &user["full_name"]),
        (&json!("ada.byron@example.com"), &json!("user"), &json!("Ada Byron"))
    );
    assert_eq!(events(&studio).await[before..], ["person:new"]);
    let log = studio.admin.get("/data/events/login-logs/last").await.expect(200);
    assert_eq!((&log[0]["person_id"], &log[0]["origin"]), (&user["id"], &json!("web")));
    // The same person under another name and address. The address, verified or not, is not what counts any more.
    provider.vouch(json!({"sub": "ada", "email": "lovelace@example.com", "email_verified": false, "given_name": "Ada", "family_name": "Lovelace"}));
    let again = whoami(&studio, &sign_in(&studio, &provider).await).await;
    assert_eq!(
        (&again["id"], &again["full_name"], &again["email"]),
        (&user["id"], &json!("Ada Lovelace"), &user["email"])
    );
    assert_eq!(events(&studio).await[before..], ["person:new", "person:update"]);
    // Nothing changes when nothing is said.
    provider.vouch(json!({"sub": "ada"}));
    let quiet = whoami(&studio, &sign_in(&studio, &provider).await).await;
    assert_eq!(
        (&quiet["id"], &quiet["full_name"]),
        (&user["id"], &json!("Ada Lovelace"))
    );
    // What the token does not say, the provider tells of this very person.
    provider.tell(json!({"sub": "eve", "given_name": "Eve"}));
    assert_eq!(
        whoami(&studio, &sign_in(&studio, &provider).await).await["first_name"],
        "Ada"
    );
    provider.tell(json!({"sub": "ada", "given_name": "Augusta"}));
    assert_eq!(
        whoami(&studio, &sign_in(&studio, &provider).await).await["first_name"],
        "Augusta"
    );
    // Who is switched off comes home without a session.
    let id: Uuid = user["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    update(
        &studio.server.app.database,
        &person::TABLE,
        id,
        vec![("active", false.into())],
    )
    .await
    .expect("a person");
    let page = sign_in(&studio, &provider).await;
    assert_eq!(
        (page.status, page.location.as_str(), page.cookies.len()),
        (302, HOME, 0)
    );
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_with_an_answer_to_something_else(#[case] on: On) {
    let provider = OpenIdProvider::open().await;
    let studio = studio_with(on, &provider, &["--sign-in-rate", "0"]).await;
    provider.vouch(ada());
    let count = persons(&studio).await.len();
    let (first, second) = (leave(&studio, &provider).await, leave(&studio, &provider).await);
    let callback = |code: &str, state: &str| format!("/auth/oidc/callback?code={code}&state={state}");
    // The browser of somebody else, or none.
    assert_eq!(
        open(&studio, &callback(&first.code, &first.state), Some(&second.cookie))
            .await
            .error(),
        FAILED
    );
    assert_eq!(
        open(&studio, &callback(&second.code, &second.state), Some(&second.cookie))
            .await
            .error(),
        FAILED,
        "its question was used up"
    );
    assert_eq!(
        open(&studio, &callback(&first.code, &first.state), None).await.error(),
        FAILED
    );
    assert_eq!(
        open(&studio, "/auth/oidc/callback", Some(&first.cookie)).await.error(),
        FAILED
    );
    for state in ["", "wrong"] {
        let visit = leave(&studio, &provider).await;
        assert_eq!(
            open(&studio, &callback(&visit.code, state), Some(&visit.cookie))
                .await
                .error(),
            FAILED
        );
    }
    // A code that belongs to another question: the verifier of PKCE tells.
    let (mine, other) = (leave(&studio, &provider).await, leave(&studio, &provider).await);
    assert_eq!(
        open(&studio, &callback(&other.code, &mine.state), Some(&mine.cookie))
            .await
            .error(),
        FAILED
    );
    assert_eq!(
        open(&studio, "/auth/oidc/callback?error=access_denied", None)
            .await
            .error(),
        FAILED
    );
    // A whole answer is good once.
    let visit = leave(&studio, &provider).await;
    whoami(&studio, &visit.back(&studio).await).await;
    assert_eq!(visit.back(&studio).await.error(), FAILED);
    assert_eq!(persons(&studio).await.len(), count + 1);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_with_a_token_that_is_not_good(#[case] on: On) {
    let provider = OpenIdProvider::open().await;
    let studio = studio_with(on, &provider, &["--sign-in-rate", "0"]).await;
    let count = persons(&studio).await.len();
    let now = chrono::Utc::now().timestamp();
    for lie in [
        json!({"nonce": "another"}),
        json!({"nonce": null}),
        json!({"aud": "another"}),
        json!({"aud": ["dailies", "another"]}),
        json!({"aud": null}),
        json!({"iss": "https://evil.example"}),
        json!({"iss": null}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"exp": now - 300}),
        json!({"exp": null}),
        json!({"iat": now - 3600}),
        json!({"iat": now + 3600}),
        json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    ] {
        let mut claims = ada();
        claims
            .as_object_mut()
            .expect("claims")
            .extend(lie.as_object().expect("claims").clone());
        provider.vouch(claims);
        assert_eq!(sign_in(&studio, &provider).await.error(), FAILED, "{lie}");
    }
    provider.vouch(ada());
    for signing in [Signing::OtherKey, Signing::Nothing, Signing::Secret, Signing::PublicKey] {
        provider.sign(signing);
        assert_eq!(sign_in(&studio, &provider).await.error(), FAILED, "{signing:?}");
    }
    assert_eq!(persons(&studio).await.len(), count);
    provider.sign(Signing::Right);
    // Clocks are a little apart.
    for (issued, expires) in [(now + 60, now + 300), (now - 300, now - 60)] {
        let mut claims = ada();
        claims
            .as_object_mut()
            .expect("claims")
            .extend([("iat".to_owned(), json!(issued)), ("exp".to_owned(), json!(expires))]);
        provider.vouch(claims);
        whoami(&studio, &sign_in(&studio, &provider).await).await;
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_provider_change(#[case] on: On) {
    let provider = OpenIdProvider::open().await;
    let studio = studio_with(on, &provider, &[]).await;
    provider.vouch(ada());
    let user = whoami(&studio, &sign_in(&studio, &provider).await).await;
    provider.rotate();
    assert_eq!(
        whoami(&studio, &sign_in(&studio, &provider).await).await["id"],
        user["id"]
    );
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_taken_over_by_nobody(#[case] on: On) {
    let provider = OpenIdProvider::open().await;
    let (artist, manager) = ("tim.team.user@example.com", "tim.team.manager@example.com");
    let studio = studio_with(on, &provider, &["--protected-accounts", manager]).await;
    let count = persons(&studio).await.len();
    let vouch = |subject: &str, email: &str, verified: Value| {
        provider.vouch(json!({"sub": subject, "email": email, "email_verified": verified}))
    };
    for verified in [json!(false), Value::Null, json!("true")] {
        vouch("tim", artist, verified);
        assert_eq!(
            sign_in(&studio, &provider).await.error(),
            "Email address is not verified."
        );
    }
    provider.vouch(json!({"sub": "tim", "email_verified": true}));
    assert_eq!(
        sign_in(&studio, &provider).await.error(),
        "No email claim returned by the provider."
    );
    vouch("boss", manager, json!(true));
    assert_eq!(
        sign_in(&studio, &provider).await.error(),
        NOT_FOR_THEM,
        "a protected account"
    );
    vouch("tim", artist, json!(true));
    let user = whoami(&studio, &sign_in(&studio, &provider).await).await;
    assert_eq!(user["id"], json!(studio.member_id(Role::Artist)));
    assert_eq!(user["first_name"], "Tim");
    // Who gets the address at the provider later does not get the account.
    vouch("successor", artist, json!(true));
    assert_eq!(sign_in(&studio, &provider).await.error(), NOT_FOR_THEM);
    // Until an administrator says so. Nobody else can.
    let path = format!("/data/persons/{}", studio.member_id(Role::Artist));
    let unbind = json!({"oidc_issuer": null, "oidc_subject": null});
    studio.member(Role::Artist).put(&path, unbind.clone()).await.expect(200);
    assert_eq!(sign_in(&studio, &provider).await.error(), NOT_FOR_THEM);
    let answer = studio.admin.put(&path, unbind).await.expect(200);
    assert!(
        answer
            .as_object()
            .expect("a person")
            .keys()
            .all(|key| !key.starts_with("oidc") && !key.starts_with("saml")),
        "{answer}"
    );
    assert_eq!(
        whoami(&studio, &sign_in(&studio, &provider).await).await["id"],
        user["id"]
    );
    // An administrator binds accounts, one to each identity, and none of another administrator.
    let client = format!("/data/persons/{}", studio.member_id(Role::Client));
    let bind = |subject: &str| json!({"oidc_issuer": provider.url, "oidc_subject": subject});
    studio.admin.put(&client, bind("successor")).await.expect(400);
    studio
        .admin
        .put(&client, json!({"oidc_issuer": provider.url}))
        .await
        .expect(400);
    studio
        .admin
        .put(&client, json!({"oidc_issuer": 1, "oidc_subject": 2}))
        .await
        .expect(400);
    studio.admin.put(&client, bind("client")).await.expect(200);
    vouch("client", "whatever@example.com", json!(false));
    assert_eq!(
        whoami(&studio, &sign_in(&studio, &provider).await).await["id"],
        json!(studio.member_id(Role::Client))
    );
    studio.admin.put(&path, json!({"role": "admin"})).await.expect(200);
    studio.admin.put(&path, bind("another")).await.expect(400);
    assert_eq!(persons(&studio).await.len(), count);
    // Bindings go with their persons.
    execute(&studio.server.app.database, &Sql::new("DELETE FROM login_log"))
        .await
        .expect("the log");
    studio
        .admin
        .send(Method::DELETE, &format!("{client}?force=true"), None)
        .await
        .expect(204);
    let left = studio
        .server
        .app
        .database
        .rows(&Sql::new("SELECT subject FROM dailies_identity"))
        .await
        .expect("bindings");
    assert_eq!(left.len(), 1);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_studio_may_trust_addresses_that_nobody_verified(#[case] on: On) {
    let provider = OpenIdProvider::open().await;
    let studio = studio_with(on, &provider, &["--oidc-require-email-verified", "false"]).await;
    provider.vouch(json!({"sub": "tim", "email": "tim.team.user@example.com", "email_verified": false}));
    assert_eq!(
        sign_in(&studio, &provider).await.error(),
        "Email address is not verified."
    );
    provider.vouch(json!({"sub": "tim", "email": "tim.team.user@example.com"}));
    assert_eq!(
        whoami(&studio, &sign_in(&studio, &provider).await).await["id"],
        json!(studio.member_id(Role::Artist))
    );
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_left_to_the_provider_where_the_studio_says_so(#[case] on: On) {
    for (skip, held) in [("false", true), ("true", false)] {
        let provider = OpenIdProvider::open().await;
        let studio = studio_with(on, &provider, &["--enforce-2fa", "true", "--oidc-skip-2fa", skip]).await;
        provider.vouch(ada());
        let page = sign_in(&studio, &provider).await;
        let session = Client {
            token: page.value("access_token_cookie"),
            ..studio.server.nobody()
        };
        assert_eq!(
            session.get("/data/departments").await.status,
            if held { 403 } else { 200 }
        );
        // It stays so when the token is renewed.
        let refresh = Client {
            token: page.value("refresh_token_cookie"),
            ..studio.server.nobody()
        };
        let renewed = refresh.get("/auth/refresh-token").await.expect(200);
        let session = Client {
            token: renewed["access_token"].as_str().map(str::to_owned),
            ..studio.server.nobody()
        };
        assert_eq!(
            session.get("/data/departments").await.status,
            if held { 403 } else { 200 }
        );
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_request_does_not_say_where_the_browser_goes(#[case] on: On) {
    let provider = OpenIdProvider::open().await;
    let studio = studio_with(on, &provider, &[]).await;
    provider.vouch(ada());
    for query in [
        "next=https://evil.example",
        "redirect_uri=https://evil.example",
        "redirect=//evil.example",
    ] {
        let page = open(&studio, &format!("/auth/oidc/login?{query}"), None).await;
        assert!(
            page.location.starts_with(&provider.url) && !page.location.contains("evil"),
            "{}",
            page.location
        );
        let visit = leave(&studio, &provider).await;
        let path = format!("/auth/oidc/callback?code={}&state={}&{query}", visit.code, visit.state);
        assert_eq!(open(&studio, &path, Some(&visit.cookie)).await.location, HOME);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_provider_there_is_none() {
    let studio = Studio::open(On::Sqlite).await;
    for path in ["/auth/oidc/login", "/auth/oidc/callback?code=a&state=b"] {
        assert_eq!(
            open(&studio, path, None).await.json,
            json!({"error": "OIDC is not enabled."})
        );
    }
    let studio = Studio::open_with(
        On::Sqlite,
        &["--oidc-enabled", "true", "--oidc-discovery-url", "http://127.0.0.1:1/"],
    )
    .await;
    assert_eq!(open(&studio, "/auth/oidc/login", None).await.error(), FAILED);
    let told = studio.server.nobody().get("/config").await.expect(200);
    assert_eq!(told["oidc_enabled"], true);
}
