//! Facts about a browser between two requests of somebody who is about to prove something: the store keeps it, and a
//! cookie says which browser it is of. Each time the cookie is another one, so that nobody can prepare it for somebody
//! else.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dailies_definitions::failure::Failure;
use poem::http::{HeaderMap, HeaderValue};
use poem::web::cookie::{Cookie, SameSite};

use super::browser::is_encrypted;
use super::secrets;
use crate::app::App;
use crate::config::Settings;
use crate::credentials::request_tokens::cookie_value;

/// Name of the cookie.
const COOKIE: &str = "session";
/// Bytes of a secret that nobody guesses.
const LENGTH: usize = 32;

/// A browser that is in the middle of something.
pub(super) struct BrowserSession(String);

impl BrowserSession {
    /// One that was not seen before.
    pub(super) fn new() -> Self {
        Self(secrets::url_safe(LENGTH))
    }

    /// The one that a request with these headers is of, if it says so.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = cookie_value(headers, COOKIE)?;
        let is_ours = URL_SAFE_NO_PAD.decode(value).is_ok_and(|bytes| bytes.len() == LENGTH);
        is_ours.then(|| Self(value.to_owned()))
    }

    /// The store must not tell who could answer in the place of the browser.
    fn key(&self, app: &App, purpose: &str) -> Result<String, Failure> {
        Ok(format!("browser:{purpose}:{}", app.tokens.digest("browser", &self.0)?))
    }

    /// Remembers something for a purpose.
    ///
    /// # Errors
    /// The store does not answer.
    pub(super) async fn keep(&self, app: &App, purpose: &str, value: &str, lifetime: Duration) -> Result<(), Failure> {
        Ok(app.store.put(&self.key(app, purpose)?, value, lifetime).await?)
    }

    /// Takes out what was remembered: it can be used once.
    ///
    /// # Errors
    /// The store does not answer.
    pub(super) async fn take(&self, app: &App, purpose: &str) -> Result<Option<String>, Failure> {
        Ok(app.store.take(&self.key(app, purpose)?).await?)
    }

    /// The cookie, for the answer to a request with these headers.
    pub(super) fn cookie(&self, headers: &HeaderMap, settings: &Settings) -> Result<HeaderValue, Failure> {
        self.written(
            SameSite::Lax,
            is_encrypted(headers, &settings.domain_protocol, &settings.domain_name),
        )
    }

    /// The cookie, for a browser that is sent back by a form of another site. Without encryption browsers keep no such cookie,
    /// and only those that are lenient at first send the usual one along.
    pub(super) fn cookie_for_form(&self, settings: &Settings) -> Result<HeaderValue, Failure> {
        let encrypted = settings.domain_protocol == "https";
        self.written(if encrypted { SameSite::None } else { SameSite::Lax }, encrypted)
    }

    fn written(&self, same_site: SameSite, secure: bool) -> Result<HeaderValue, Failure> {
        let mut cookie = Cookie::new_with_str(COOKIE, &self.0);
        cookie.set_path("/");
        cookie.set_http_only(true);
        cookie.set_same_site(same_site);
        cookie.set_secure(secure);
        Ok(HeaderValue::from_str(&cookie.to_string())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_cookie_is_read() {
        let session = BrowserSession::new();
        let headers = |value: &str| -> HeaderMap {
            [(
                "cookie".parse().unwrap(),
                format!("a=b; session={value}").parse().unwrap(),
            )]
            .into_iter()
            .collect()
        };
        assert_eq!(
            BrowserSession::of(&headers(&session.0)).map(|found| found.0),
            Some(session.0.clone())
        );
        assert_ne!(BrowserSession::new().0, session.0);
        for value in ["", "short", &session.0[1..], &format!("{}==", session.0)] {
            assert!(BrowserSession::of(&headers(value)).is_none(), "{value}");
        }
        assert!(BrowserSession::of(&HeaderMap::new()).is_none());
    }
}
