//! Signing in at a provider of OpenID Connect, honest or not.

mod accounts;
mod refusals;

use dailies::database::Sql;
use entity::person;
use harness::rows::update;
use harness::{HOME, On, OpenIdProvider, Page, Studio};
use rstest::rstest;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

const FAILED: &str = "OIDC authentication failed.";

const NOT_FOR_THEM: &str = "This account cannot be signed in to with this identity. Ask an administrator.";

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
    let cookie = page.visit_cookie();
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

/// Signs somebody in: to the provider and back.
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
#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_gets_an_account_and_stays_the_same_person(#[values(On::Sqlite, On::Postgres)] on: On) {
    let provider = OpenIdProvider::open().await;
    let studio = Studio::open_using(on, &provider.flags(), &[]).await;
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
    // The provider tells about the same person what the token does not.
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
    // A person who is switched off gets no session.
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
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_provider_change(#[values(On::Sqlite, On::Postgres)] on: On) {
    let provider = OpenIdProvider::open().await;
    let studio = Studio::open_using(on, &provider.flags(), &[]).await;
    provider.vouch(ada());
    let user = whoami(&studio, &sign_in(&studio, &provider).await).await;
    provider.rotate();
    assert_eq!(
        whoami(&studio, &sign_in(&studio, &provider).await).await["id"],
        user["id"]
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_request_does_not_say_where_the_browser_goes(#[values(On::Sqlite, On::Postgres)] on: On) {
    let provider = OpenIdProvider::open().await;
    let studio = Studio::open_using(on, &provider.flags(), &[]).await;
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
