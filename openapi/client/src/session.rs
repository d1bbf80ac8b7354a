//! Signing in, and the tokens that go with every call.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use std::{env, fmt};

use progenitor_client::{ClientHooks, Error, OperationInfo};
use reqwest::{Request, RequestBuilder, Response, StatusCode};

use crate::types::{AnyError, RenewedToken, SignedIn};
use crate::{Client, retries};

/// Longest time until the server takes a connection. Calls themselves have no limit, because uploads may be long.
const CONNECTED_WITHIN: Duration = Duration::from_secs(15);

/// Tokens of a client, which its clones share.
#[derive(Clone, Default)]
pub struct Session(Arc<RwLock<Tokens>>);

#[derive(Clone, Default)]
struct Tokens {
    access: Option<String>,
    refresh: Option<String>,
}

impl Session {
    fn tokens(&self) -> Tokens {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, tokens: Tokens) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = tokens;
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Client {
    /// A client of nobody, who may sign in.
    pub fn at(url: &str) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().connect_timeout(CONNECTED_WITHIN).build()?;
        Ok(Self::new_with_client(
            url.trim_end_matches('/'),
            http,
            Session::default(),
        ))
    }

    /// A client that calls with the token of a bot, or with a personal one.
    pub fn with_token(url: &str, token: &str) -> reqwest::Result<Self> {
        let client = Self::at(url)?;
        client.inner.set(Tokens {
            access: Some(token.to_owned()),
            refresh: None,
        });
        Ok(client)
    }

    /// A client by the variables `DAILIES_URL` and `DAILIES_TOKEN`, or else `DAILIES_EMAIL` and `DAILIES_PASSWORD`.
    pub async fn from_environment() -> Result<Self, Error<AnyError>> {
        let variable = |name: &str| env::var(name).map_err(|problem| format!("{name}: {problem}"));
        let url = variable("DAILIES_URL").map_err(Error::InvalidRequest)?;
        if let Ok(token) = env::var("DAILIES_TOKEN") {
            return Ok(Self::with_token(&url, &token)?);
        }
        let client = Self::at(&url)?;
        let email = variable("DAILIES_EMAIL").map_err(Error::InvalidRequest)?;
        let password = variable("DAILIES_PASSWORD").map_err(Error::InvalidRequest)?;
        client.open_session(&email, &password).await?;
        Ok(client)
    }

    /// Signs in with a password. With a second factor, call `sign_in`, and `keep` what it answers.
    pub async fn open_session(&self, email: &str, password: &str) -> Result<(), Error<AnyError>> {
        self.inner.set(Tokens::default());
        self.keep(
            &self
                .sign_in()
                .body_map(|body| body.email(email).password(password))
                .send()
                .await?
                .into_inner(),
        );
        Ok(())
    }

    /// Calls with the tokens of a new session from now on.
    pub fn keep(&self, signed_in: &SignedIn) {
        let (access, refresh) = (signed_in.access_token.clone(), signed_in.refresh_token.clone());
        self.inner.set(Tokens {
            access: Some(access),
            refresh: Some(refresh),
        });
    }

    /// Signs out. Bots have no session.
    pub async fn close_session(&self) -> Result<(), Error<AnyError>> {
        self.sign_out().send().await?;
        self.inner.set(Tokens::default());
        Ok(())
    }

    /// The token that calls go with.
    pub(crate) fn access_token(&self) -> Option<String> {
        self.inner.tokens().access
    }

    fn authorized(&self, request: Request, token: Option<&str>) -> reqwest::Result<Request> {
        match token {
            Some(token) => RequestBuilder::from_parts(self.client.clone(), request)
                .bearer_auth(token)
                .build(),
            None => Ok(request),
        }
    }

    /// A new access token, unless the session is over.
    async fn renewed(&self, refresh: &str) -> reqwest::Result<Option<String>> {
        let request = self
            .client
            .get(format!("{}/auth/refresh-token", self.baseurl))
            .bearer_auth(refresh)
            .build()?;
        let answer = retries::send(&self.client, request).await?;
        if !answer.status().is_success() {
            return Ok(None);
        }
        Ok(answer.json::<RenewedToken>().await?.access_token)
    }
}

impl ClientHooks<Session> for Client {
    /// Sends a call with the access token, and once more with a new one when it was refused with an old one.
    async fn exec(&self, request: Request, _info: &OperationInfo) -> reqwest::Result<Response> {
        let sent = self.inner.tokens();
        let again = request.try_clone();
        let answer = retries::send(&self.client, self.authorized(request, sent.access.as_deref())?).await?;
        let (StatusCode::UNAUTHORIZED, Some(again), Some(refresh)) = (answer.status(), again, sent.refresh) else {
            return Ok(answer);
        };
        let mut now = self.inner.tokens();
        // Another call may have renewed it meanwhile.
        if now.access == sent.access {
            let Some(access) = self.renewed(&refresh).await? else {
                return Ok(answer);
            };
            now = Tokens {
                access: Some(access),
                refresh: Some(refresh),
            };
            self.inner.set(now.clone());
        }
        retries::send(&self.client, self.authorized(again, now.access.as_deref())?).await
    }
}
