//! Accounts of those whom a provider vouches for.

use dailies::database::Sql;
use dailies_definitions::access::Role;
use harness::rows::execute;
use harness::{Client, On, OpenIdProvider, Studio};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::{NOT_FOR_THEM, ada, persons, sign_in, whoami};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_taken_over_by_nobody(#[values(On::Sqlite, On::Postgres)] on: On) {
    let provider = OpenIdProvider::open().await;
    let (artist, manager) = ("tim.team.user@example.com", "tim.team.manager@example.com");
    let studio = Studio::open_using(on, &provider.flags(), &["--protected-accounts", manager]).await;
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
    // A person who gets the address at the provider later does not get the account.
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
#[tokio::test(flavor = "multi_thread")]
async fn a_studio_may_trust_addresses_that_nobody_verified(#[values(On::Sqlite, On::Postgres)] on: On) {
    let provider = OpenIdProvider::open().await;
    let studio = Studio::open_using(on, &provider.flags(), &["--oidc-require-email-verified", "false"]).await;
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
#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_left_to_the_provider_where_the_studio_says_so(#[values(On::Sqlite, On::Postgres)] on: On) {
    for (skip, held) in [("false", true), ("true", false)] {
        let provider = OpenIdProvider::open().await;
        let studio = Studio::open_using(
            on,
            &provider.flags(),
            &["--enforce-2fa", "true", "--oidc-skip-2fa", skip],
        )
        .await;
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
        let session = studio.server.nobody().with_token(&renewed["access_token"]);
        assert_eq!(
            session.get("/data/departments").await.status,
            if held { 403 } else { 200 }
        );
    }
}
