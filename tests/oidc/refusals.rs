//! Answers and tokens that let nobody in.

use harness::{On, OpenIdProvider, Signing, Studio};
use rstest::rstest;
use serde_json::json;

use super::{FAILED, ada, leave, open, persons, sign_in, whoami};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_with_an_answer_to_something_else(#[values(On::Sqlite, On::Postgres)] on: On) {
    let provider = OpenIdProvider::open().await;
    let studio = Studio::open_using(on, &provider.flags(), &["--sign-in-rate", "0"]).await;
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
#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_with_a_token_that_is_not_good(#[values(On::Sqlite, On::Postgres)] on: On) {
    let provider = OpenIdProvider::open().await;
    let studio = Studio::open_using(on, &provider.flags(), &["--sign-in-rate", "0"]).await;
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
