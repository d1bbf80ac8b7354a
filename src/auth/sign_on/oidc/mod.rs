//! OpenID Connect: the browser brings a code from the provider, for which the provider itself tells who signed in there.
//!
//! The question (the state, the nonce and the verifier of PKCE) belongs to one browser and is used once. The token has to be
//! signed with a key of the provider, which is fetched anew when none fits; secrets are no such keys.

mod problem;
mod profile;
mod requests;
mod tokens;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use dailies_definitions::authentication::FinishOidcQuery;
use dailies_definitions::call::request_headers;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreJsonWebKeySet, CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;

use self::problem::Problem;
use self::profile::{email_of_claims, has_name, identity_of_claims, profile_of_claims, text_claim};
use self::requests::{Http, fetch};
use super::identities::{self, Identity};
use super::{arrive, leave, provider_client, refused};
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
const LEAST_REFETCH_INTERVAL: Duration = Duration::from_secs(10);
const PURPOSE: &str = "oidc";
const SUFFIX: &str = "/.well-known/openid-configuration";

/// Question that was asked through a browser.
#[derive(Serialize, Deserialize)]
struct Question {
    state: String,
    nonce: String,
    verifier: String,
}

/// Knowledge about the provider.
#[derive(Clone)]
struct ProviderFacts {
    metadata: CoreProviderMetadata,
    since: Instant,
}

/// The way to the provider.
pub(in crate::auth) struct OpenId {
    http: reqwest::Client,
    known: Mutex<Option<ProviderFacts>>,
    /// The last time that keys were fetched because none fitted.
    looked: Mutex<Option<Instant>>,
}

impl OpenId {
    /// Nobody was asked yet.
    ///
    /// # Errors
    /// The system has no means to connect with.
    pub(in crate::auth) fn new() -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: provider_client(TIMEOUT)?,
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
        let metadata = self.provider(&app.settings.oidc).await.map_err(Problem::refuse)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let redirect = redirect_address(&app.settings).map_err(Problem::refuse)?;
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
            .ok_or_else(|| Problem::Other("nothing was asked of this browser").refuse())?;
        let (identity, claims) = self
            .claims(&app.settings, question, code)
            .await
            .map_err(Problem::refuse)?;
        let email = email_of_claims(settings, &claims);
        let account = identities::account(app, Some(&identity), &email, &profile_of_claims(settings, &claims)).await?;
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
        let answer = self
            .exchange(settings, metadata.clone(), code, question.verifier)
            .await?;
        let token = answer.id_token().ok_or(Problem::Other("the provider sent no token"))?;
        let nonce = Nonce::new(question.nonce);
        let mut keys = metadata.jwks().clone();
        if let Err(error) = tokens::verify(&settings.oidc, &metadata, &keys, token, &nonce) {
            keys = self.other_keys(&metadata, error).await?;
            tokens::verify(&settings.oidc, &metadata, &keys, token, &nonce)?;
        }
        tokens::check_access_token(&settings.oidc, &metadata, &keys, token, &nonce, &answer)?;
        let mut claims = tokens::payload(token)?;
        let identity = identity_of_claims(&claims)?;
        if !has_name(&settings.oidc, &claims) {
            let told = self.user_info(&metadata, answer.access_token().secret()).await;
            // It is about whoever the other token is for, if it says so.
            let told = told.filter(|told| text_claim(told, "sub") == Some(identity.subject.as_str()));
            for (name, value) in told.unwrap_or_default() {
                claims.entry(name).or_insert(value);
            }
        }
        Ok((identity, claims))
    }

    /// Tokens that the provider gives for the code that a browser brought.
    async fn exchange(
        &self,
        settings: &Settings,
        metadata: CoreProviderMetadata,
        code: String,
        verifier: String,
    ) -> Result<CoreTokenResponse, Problem> {
        let client = client(&settings.oidc, metadata).set_redirect_uri(redirect_address(settings)?);
        let http = Http(self.http.clone());
        let exchange = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| Problem::Exchange(error.to_string()))?;
        let exchange = exchange.set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let answer = exchange.request_async(&http).await;
        answer.map_err(|error| Problem::Exchange(error.to_string()))
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
        *known = Some(ProviderFacts {
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
        if looked.is_some_and(|moment| moment.elapsed() < LEAST_REFETCH_INTERVAL) {
            return Err(error.into());
        }
        *looked = Some(Instant::now());
        let keys: CoreJsonWebKeySet = fetch(&self.http, metadata.jwks_uri().as_str(), None).await?;
        *self.known.lock().await = Some(ProviderFacts {
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
