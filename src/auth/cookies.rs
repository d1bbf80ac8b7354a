//! The cookies that browsers keep their tokens in.

use std::time::Duration;

use chrono::{DateTime, Utc};
use dailies_definitions::payload::Json;
use poem::http::{HeaderMap, HeaderValue, header};
use poem::web::cookie::{Cookie, SameSite};

use super::browser::{is_browser, is_encrypted};
use crate::config::Settings;
use crate::credentials::request_tokens::{ACCESS_COOKIE, REFRESH_COOKIE};
use crate::credentials::tokens::SessionTokens;

/// Time for which browsers keep a cookie; the token in it ends long before.
const LIFETIME: Duration = Duration::from_secs(31_540_000);

/// Address that a cookie is sent to. The refresh token goes nowhere but to the one operation that takes it.
const ACCESS_PATH: &str = "/";
const REFRESH_PATH: &str = "/auth/refresh-token";

/// The cookies of one answer. Scripts get none: they keep their tokens themselves.
pub(super) struct Cookies {
    browser: bool,
    secure: bool,
    set: Vec<Cookie>,
}

impl Cookies {
    /// None yet, for the answer to a request with these headers.
    pub(super) fn new(headers: &HeaderMap, settings: &Settings) -> Self {
        let secure = is_encrypted(headers, &settings.domain_protocol, &settings.domain_name);
        Self {
            browser: is_browser(headers),
            secure,
            set: Vec::new(),
        }
    }

    /// The same for a page that is opened on the way to somewhere else, which only browsers do.
    pub(super) fn on_page(mut self) -> Self {
        self.browser = true;
        self
    }

    /// True if the answer goes to a browser.
    pub(super) fn to_browser(&self) -> bool {
        self.browser
    }

    /// The tokens of a session.
    pub(super) fn session(mut self, tokens: &SessionTokens) -> Self {
        self.add(REFRESH_COOKIE, REFRESH_PATH, Some(&tokens.refresh));
        self.access(&tokens.access)
    }

    /// An access token alone.
    pub(super) fn access(mut self, token: &str) -> Self {
        self.add(ACCESS_COOKIE, ACCESS_PATH, Some(token));
        self
    }

    /// No refresh token any more.
    pub(super) fn without_refresh(mut self) -> Self {
        self.add(REFRESH_COOKIE, REFRESH_PATH, None);
        self
    }

    /// No token any more.
    pub(super) fn without_session(mut self) -> Self {
        self.add(ACCESS_COOKIE, ACCESS_PATH, None);
        self.without_refresh()
    }

    fn add(&mut self, name: &str, path: &str, value: Option<&str>) {
        let mut cookie = Cookie::new_with_str(name, value.unwrap_or_default());
        cookie.set_path(path);
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Lax);
        cookie.set_secure(self.secure);
        if value.is_some() {
            cookie.set_max_age(LIFETIME);
            cookie.set_expires(Utc::now() + LIFETIME);
        } else {
            cookie.set_expires(DateTime::<Utc>::UNIX_EPOCH);
        }
        self.set.push(cookie);
    }

    /// The cookies as they are sent.
    pub(super) fn values(self) -> Vec<HeaderValue> {
        let set = if self.browser { self.set } else { Vec::new() };
        set.iter()
            .filter_map(|cookie| HeaderValue::from_str(&cookie.to_string()).ok())
            .collect()
    }

    /// The answer with its cookies.
    pub(super) fn on<T>(self, answer: Json<T>) -> Json<T> {
        self.values()
            .into_iter()
            .fold(answer, |answer, value| answer.with_header(header::SET_COOKIE, value))
    }
}
