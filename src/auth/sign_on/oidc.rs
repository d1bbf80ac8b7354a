//! OpenID Connect: the browser brings a code from the provider, for which the provider itself tells who signed in there.
//!
//! What is asked (the state, the nonce and the verifier of PKCE) belongs to one browser and is used once. The token has to be
//! signed with a key of the provider, which is fetched anew when none fits; secrets are no such keys.

use std::net::IpAddr;
use std::pin::Pin;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use dailies_definitions::authentication::FinishOidcQuery;
use dailies_definitions::call::request_headers;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
    CoreProviderMetadata,
};
use openidconnect::{
    AccessTokenHash, AsyncHttpClient, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    HttpRequest, HttpResponse, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    TokenResponse,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;

use super::identities::{self, Identity, Profile, Provider};
use super::{arrive, leave, read_limited, refused};
use crate::app::App;
use crate::auth::browser_session::BrowserSession;
use crate::config::{OidcSettings, Settings};

/// Time that somebody may take at the provider.
const SIGN_IN_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// Time that the provider may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Time for which the facts of the provider about itself are kept in mind.
const METADATA_LIFETIME: Duration = Duration::from_secs(3600);
/// Least time between two looks for new keys, however many tokens are signed with unknown ones.
const BETWEEN_LOOKS: Duration = Duration::from_secs(10);
/// Difference that the clocks of the provider and of this server may be apart.
const SKEW: TimeDelta = TimeDelta::minutes(2);
/// Greatest age of a token that was asked for just now.
const OLDEST: TimeDelta = TimeDelta::minutes(15);
const PURPOSE: &str = "oidc";
const SUFFIX: &str = "/.well-known/openid-configuration";

/// Signatures that are taken: those with a key of the provider that nobody else knows.
fn algorithms() -> [CoreJwsSigningAlgorithm; 9] {
    use CoreJwsSigningAlgorithm::{
        EcdsaP256Sha256, EcdsaP384Sha384, EdDsa, RsaSsaPkcs1V15Sha256, RsaSsaPkcs1V15Sha384, RsaSsaPkcs1V15Sha512,
        RsaSsaPssSha256, RsaSsaPssSha384, RsaSsaPssSha512,
    };
    [
        RsaSsaPkcs1V15Sha256,
        RsaSsaPkcs1V15Sha384,
        RsaSsaPkcs1V15Sha512,
        RsaSsaPssSha256,
        RsaSsaPssSha384,
        RsaSsaPssSha512,
        EcdsaP256Sha256,
        EcdsaP384Sha384,
        EdDsa,
    ]
}

/// Problem between this server and the provider. People are told no more than that there was one.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("the provider does not answer: {0}")]
    Request(#[from] reqwest::Error),
    #[error("the provider answers more than is reasonable")]
    TooLong,
    #[error("the provider answers {0}")]
    Status(reqwest::StatusCode),
    #[error("the provider's answer can't be read: {0}")]
    Answer(#[from] serde_json::Error),
    #[error("the provider calls itself {0}, which is not where it is found")]
    Issuer(String),
    #[error("an address is none: {0}")]
    Address(#[from] url::ParseError),
    #[error("{0}")]
    Exchange(String),
    #[error("the token is not good: {0}")]
    Token(#[from] ClaimsVerificationError),
    #[error("{0}")]
    Other(&'static str),
}

impl Problem {
    fn tell(self) -> Failure {
        tracing::warn!(
            error = &self as &dyn std::error::Error,
            "somebody could not sign in with OpenID Connect"
        );
        refused("OIDC authentication failed.")
    }
}

/// Question that was asked through a browser.
#[derive(Serialize, Deserialize)]
struct Question {
    state: String,
    nonce: String,
    verifier: String,
}

/// Knowledge about the provider.
#[derive(Clone)]
struct Known {
    metadata: CoreProviderMetadata,
    since: Instant,
}

/// The way to the provider.
pub(in crate::auth) struct OpenId {
    http: reqwest::Client,
    known: Mutex<Option<Known>>,
    /// The last time that keys were fetched because none fitted.
    looked: Mutex<Option<Instant>>,
}

impl OpenId {
    /// Nobody was asked yet.
    ///
    /// # Errors
    /// The system has no means to connect with.
    pub(in crate::auth) fn new() -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            http,
            known: Mutex::default(),
            looked: Mutex::default(),
        })
    }

    /// Sends the browser to the provider.
    ///
    /// # Errors
    /// 400 when this is switched off, or the provider does not answer.
    pub(in crate::auth) async fn begin(&self, app: &App) -> Result<Media, Failure> {
        require(&app.settings.oidc)?;
        let metadata = self.provider(&app.settings.oidc).await.map_err(Problem::tell)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let redirect = redirect_address(&app.settings).map_err(Problem::tell)?;
        let client = client(&app.settings.oidc, metadata).set_redirect_uri(redirect);
        let request = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        );
        // The library asks for `openid` by itself.
        let scopes = app
            .settings
            .oidc
            .oidc_scopes
            .split_whitespace()
            .filter(|scope| *scope != "openid")
            .map(|scope| Scope::new(scope.to_owned()));
        let (address, state, nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        let question = Question {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        };
        let session = BrowserSession::new();
        session
            .keep(app, PURPOSE, &serde_json::to_string(&question)?, SIGN_IN_TIMEOUT)
            .await?;
        leave(app, address.as_str(), &session)
    }

    /// Lets in whom the provider vouches for.
    ///
    /// # Errors
    /// 400 when something is not as it was asked for, or the account is not for them.
    pub(in crate::auth) async fn finish(
        &self,
        app: &App,
        query: &FinishOidcQuery,
        from: Option<IpAddr>,
    ) -> Result<Media, Failure> {
        let settings = &app.settings.oidc;
        require(settings)?;
        let question = asked(app).await?;
        let question = question.filter(|question| is_same(&question.state, query.state.as_deref()));
        let (question, code) = question
            .zip(query.code.clone())
            .ok_or_else(|| Problem::Other("nothing was asked of this browser").tell())?;
        let (identity, claims) = self
            .claims(&app.settings, question, code)
            .await
            .map_err(Problem::tell)?;
        let email = email(settings, &claims);
        let account = identities::account(app, Some(&identity), &email, &profile(settings, &claims)).await?;
        arrive(app, account, settings.oidc_skip_2fa, from).await
    }

    /// Claims about the person who signed in at the provider, with all that it says of them.
    async fn claims(
        &self,
        settings: &Settings,
        question: Question,
        code: String,
    ) -> Result<(Identity, Map<String, Value>), Problem> {
        let metadata = self.provider(&settings.oidc).await?;
        let client = client(&settings.oidc, metadata.clone()).set_redirect_uri(redirect_address(settings)?);
        let http = Http(self.http.clone());
        let exchange = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| Problem::Exchange(error.to_string()))?;
        let exchange = exchange.set_pkce_verifier(PkceCodeVerifier::new(question.verifier));
        let answer = exchange
            .request_async(&http)
            .await
            .map_err(|error| Problem::Exchange(error.to_string()))?;
        let token = answer.id_token().ok_or(Problem::Other("the provider sent no token"))?;
        let nonce = Nonce::new(question.nonce);
        let mut keys = metadata.jwks().clone();
        if let Err(error) = verify(&settings.oidc, &metadata, &keys, token, &nonce) {
            keys = self.other_keys(&metadata, error).await?;
            verify(&settings.oidc, &metadata, &keys, token, &nonce)?;
        }
        belongs_to(&settings.oidc, &metadata, &keys, token, &nonce, &answer)?;
        let mut claims = payload(token)?;
        let text = |claims: &Map<String, Value>, name: &str| {
            claims
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let issuer = text(&claims, "iss").ok_or(Problem::Other("the token does not say who made it"))?;
        let subject = text(&claims, "sub").ok_or(Problem::Other("the token does not say who signed in"))?;
        let names = [
            &settings.oidc.oidc_given_name_claim,
            &settings.oidc.oidc_family_name_claim,
        ];
        if names.iter().all(|name| text(&claims, name).is_none()) {
            let told = self.user_info(&metadata, answer.access_token().secret()).await;
            // It is about whoever the other token is for, if it says so.
            for (name, value) in told
                .filter(|told| text(told, "sub").as_ref() == Some(&subject))
                .unwrap_or_default()
            {
                claims.entry(name).or_insert(value);
            }
        }
        Ok((
            Identity {
                provider: Provider::Oidc,
                issuer,
                subject,
            },
            claims,
        ))
    }

    /// Facts of the provider about itself, with its keys.
    async fn provider(&self, settings: &OidcSettings) -> Result<CoreProviderMetadata, Problem> {
        let mut known = self.known.lock().await;
        if let Some(known) = known.as_ref().filter(|known| known.since.elapsed() < METADATA_LIFETIME) {
            return Ok(known.metadata.clone());
        }
        let metadata: CoreProviderMetadata = fetch(&self.http, &settings.oidc_discovery_url, None).await?;
        let found_at = settings.oidc_discovery_url.trim_end_matches('/').strip_suffix(SUFFIX);
        if found_at.is_some_and(|address| address.trim_end_matches('/') != metadata.issuer().trim_end_matches('/')) {
            return Err(Problem::Issuer(metadata.issuer().to_string()));
        }
        let keys: CoreJsonWebKeySet = fetch(&self.http, metadata.jwks_uri().as_str(), None).await?;
        let metadata = metadata.set_jwks(keys);
        *known = Some(Known {
            metadata: metadata.clone(),
            since: Instant::now(),
        });
        Ok(metadata)
    }

    /// The keys that the provider has now, after none of those from before fitted. When they were looked at just now, the
    /// error stays.
    async fn other_keys(
        &self,
        metadata: &CoreProviderMetadata,
        error: ClaimsVerificationError,
    ) -> Result<CoreJsonWebKeySet, Problem> {
        if !matches!(error, ClaimsVerificationError::SignatureVerification(_)) {
            return Err(error.into());
        }
        let mut looked = self.looked.lock().await;
        if looked.is_some_and(|moment| moment.elapsed() < BETWEEN_LOOKS) {
            return Err(error.into());
        }
        *looked = Some(Instant::now());
        let keys: CoreJsonWebKeySet = fetch(&self.http, metadata.jwks_uri().as_str(), None).await?;
        *self.known.lock().await = Some(Known {
            metadata: metadata.clone().set_jwks(keys.clone()),
            since: Instant::now(),
        });
        Ok(keys)
    }

    /// Answer of the provider about whoever signed in, when it is asked. Without an answer people still sign in.
    async fn user_info(&self, metadata: &CoreProviderMetadata, token: &str) -> Option<Map<String, Value>> {
        let address = metadata.userinfo_endpoint()?.as_str().to_owned();
        match fetch(&self.http, &address, Some(token)).await {
            Ok(told) => Some(told),
            Err(error) => {
                tracing::info!(%error, "the provider tells nothing of somebody who signed in");
                None
            }
        }
    }
}

fn require(settings: &OidcSettings) -> Result<(), Failure> {
    if settings.oidc_enabled {
        Ok(())
    } else {
        Err(refused("OIDC is not enabled."))
    }
}

/// The question that was asked of this browser.
async fn asked(app: &App) -> Result<Option<Question>, Failure> {
    let headers = request_headers().unwrap_or_default();
    let Some(session) = BrowserSession::of(&headers) else {
        return Ok(None);
    };
    let question = session.take(app, PURPOSE).await?;
    Ok(question.map(|text| serde_json::from_str(&text)).transpose()?)
}

fn is_same(expected: &str, found: Option<&str>) -> bool {
    found.is_some_and(|found| expected.as_bytes().ct_eq(found.as_bytes()).into())
}

fn redirect_address(settings: &Settings) -> Result<RedirectUrl, Problem> {
    Ok(RedirectUrl::new(format!(
        "{}/api/auth/oidc/callback",
        settings.public_address()
    ))?)
}

fn secret(settings: &OidcSettings) -> Option<ClientSecret> {
    Some(settings.oidc_client_secret.clone())
        .filter(|secret| !secret.is_empty())
        .map(ClientSecret::new)
}

/// The client of the library, whose type says which addresses of the provider are known.
fn client(
    settings: &OidcSettings,
    metadata: CoreProviderMetadata,
) -> CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
> {
    CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(settings.oidc_client_id.clone()),
        secret(settings),
    )
}

/// Checks who signed a token, and for whom, when, and on which question.
fn verify(
    settings: &OidcSettings,
    metadata: &CoreProviderMetadata,
    keys: &CoreJsonWebKeySet,
    token: &CoreIdToken,
    nonce: &Nonce,
) -> Result<(), ClaimsVerificationError> {
    token.claims(&verifier(settings, metadata, keys), nonce).map(|_| ())
}

fn verifier<'a>(
    settings: &OidcSettings,
    metadata: &CoreProviderMetadata,
    keys: &CoreJsonWebKeySet,
) -> CoreIdTokenVerifier<'a> {
    let id = ClientId::new(settings.oidc_client_id.clone());
    // Without the secret there is no key for signatures that anybody could make who knows it.
    CoreIdTokenVerifier::new_public_client(id, metadata.issuer().clone(), keys.clone())
        .set_allowed_algs(algorithms())
        .set_time_fn(|| Utc::now() - SKEW)
        .set_issue_time_verifier_fn(is_fresh)
}

fn is_fresh(issued: DateTime<Utc>) -> Result<(), String> {
    let now = Utc::now();
    if issued > now + SKEW || issued < now - OLDEST {
        Err(format!("it was made at {issued}"))
    } else {
        Ok(())
    }
}

/// Checks that the two tokens of an answer belong together, where the first one says so.
fn belongs_to(
    settings: &OidcSettings,
    metadata: &CoreProviderMetadata,
    keys: &CoreJsonWebKeySet,
    token: &CoreIdToken,
    nonce: &Nonce,
    answer: &impl OAuth2TokenResponse,
) -> Result<(), Problem> {
    let verifier = verifier(settings, metadata, keys);
    let Some(expected) = token.claims(&verifier, nonce)?.access_token_hash() else {
        return Ok(());
    };
    let algorithm = token
        .signing_alg()
        .map_err(|error| Problem::Exchange(error.to_string()))?;
    let key = token
        .signing_key(&verifier)
        .map_err(|error| Problem::Exchange(error.to_string()))?;
    let found = AccessTokenHash::from_token(answer.access_token(), algorithm, key)
        .map_err(|error| Problem::Exchange(error.to_string()))?;
    if found == *expected {
        Ok(())
    } else {
        Err(Problem::Other("the tokens of the provider do not belong together"))
    }
}

/// All that a token says whose signature was checked, by any name that the settings may give.
fn payload(token: &CoreIdToken) -> Result<Map<String, Value>, Problem> {
    let text = token.to_string();
    let part = text
        .split('.')
        .nth(1)
        .ok_or(Problem::Other("the token has no content"))?;
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Problem::Other("the token has no content"))?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// The address that counts, or why none does.
fn email(settings: &OidcSettings, claims: &Map<String, Value>) -> Result<String, &'static str> {
    let email = claims
        .get(&settings.oidc_email_claim)
        .and_then(Value::as_str)
        .map(|email| email.trim().to_lowercase());
    let email = email
        .filter(|email| !email.is_empty())
        .ok_or("No email claim returned by the provider.")?;
    let verified = claims.get("email_verified");
    let counts = if settings.oidc_require_email_verified {
        verified == Some(&Value::Bool(true))
    } else {
        verified != Some(&Value::Bool(false))
    };
    if counts {
        Ok(email)
    } else {
        Err("Email address is not verified.")
    }
}

/// Names that are not empty.
fn profile(settings: &OidcSettings, claims: &Map<String, Value>) -> Profile {
    let name = |column: &'static str, claim: &str| {
        let text = claims
            .get(claim)
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|text| !text.is_empty());
        text.map(|text| (column, text.chars().take(80).collect::<String>()))
    };
    let columns = [
        name("first_name", &settings.oidc_given_name_claim),
        name("last_name", &settings.oidc_family_name_claim),
    ];
    Profile {
        columns: columns.into_iter().flatten().collect(),
    }
}

/// The way in which the library asks the provider.
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Problem>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let answer = self
                .0
                .request(parts.method, parts.uri.to_string())
                .headers(parts.headers)
                .body(body)
                .send()
                .await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut response = HttpResponse::new(read(answer).await?);
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response)
        })
    }
}

/// Asks the provider for a document.
async fn fetch<T: DeserializeOwned>(http: &reqwest::Client, address: &str, token: Option<&str>) -> Result<T, Problem> {
    let mut request = http.get(address).header(reqwest::header::ACCEPT, "application/json");
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await?;
    if !answer.status().is_success() {
        return Err(Problem::Status(answer.status()));
    }
    Ok(serde_json::from_slice(&read(answer).await?)?)
}

async fn read(answer: reqwest::Response) -> Result<Vec<u8>, Problem> {
    read_limited(answer).await?.ok_or(Problem::TooLong)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        oidc: OidcSettings,
    }

    fn settings(flags: &[&str]) -> OidcSettings {
        Flags::parse_from(["test"].iter().chain(flags)).oidc
    }

    #[test]
    fn an_address_counts_when_it_was_verified() {
        let (strict, lax) = (settings(&[]), settings(&["--oidc-require-email-verified", "false"]));
        for (verified, by_strict, by_lax) in [
            (json!(true), true, true),
            (json!(false), false, false),
            (Value::Null, false, true),
            (json!("true"), false, true),
            (json!(1), false, true),
        ] {
            let claims = json!({"email": " Ada@Example.com ", "email_verified": verified});
            let claims = claims.as_object().expect("claims");
            for (settings, counts) in [(&strict, by_strict), (&lax, by_lax)] {
                let expected = if counts {
                    Ok("ada@example.com".to_owned())
                } else {
                    Err("Email address is not verified.")
                };
                assert_eq!(email(settings, claims), expected, "{verified}");
            }
        }
        assert_eq!(
            email(&lax, &Map::new()),
            Err("No email claim returned by the provider.")
        );
    }

    #[test]
    fn a_token_was_made_just_now() {
        let now = Utc::now();
        for (minutes, expected) in [(-20, false), (-14, true), (0, true), (1, true), (3, false)] {
            assert_eq!(
                is_fresh(now + TimeDelta::minutes(minutes)).is_ok(),
                expected,
                "{minutes}"
            );
        }
    }

    #[test]
    fn names_are_those_of_the_claims_that_the_settings_name() {
        let settings = settings(&["--oidc-given-name-claim", "first"]);
        let claims = json!({"first": " Ada ", "family_name": "", "given_name": "Other"});
        assert_eq!(
            profile(&settings, claims.as_object().expect("claims")).columns,
            [("first_name", "Ada".to_owned())]
        );
    }
}
