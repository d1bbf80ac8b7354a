//! Signing in at an identity provider, which vouches for somebody: the browser goes there, and comes back with what the
//! provider says.

mod identities;
mod oidc;
mod saml;

use std::net::IpAddr;
use std::time::Duration;

use dailies_definitions::call::request_headers;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use entity::person;
use poem::Response;
use poem::http::{HeaderValue, StatusCode, header};
use serde_json::json;

pub use self::identities::{OF_PROVIDERS, Provider, bind, is_bound};
pub(super) use self::oidc::OpenId;
pub(super) use self::saml::Saml;
use super::browser_session::BrowserSession;
use super::cookies::Cookies;
use super::sign_in::{self, Means, OpenSession};
use crate::app::App;

/// Client for calls of a provider, whose answer leads nowhere else.
fn provider_client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// 400 as pages of the web UI show it.
fn refused(reason: &str) -> Failure {
    Failure::answer(StatusCode::BAD_REQUEST, json!({"error": reason}))
}

/// True if the caller is a program, which takes JSON and no page.
fn wants_json() -> bool {
    let headers = request_headers().unwrap_or_default();
    let accepted = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted.contains("application/json") && !accepted.contains("text/html")
}

/// Sends the browser elsewhere, or tells a program where to send one. Where it goes is never what a request says.
fn redirect(address: &str, cookies: Vec<HeaderValue>) -> Result<Media, Failure> {
    let response = Response::builder().header(header::CACHE_CONTROL, "no-store");
    let mut response = if wants_json() {
        response
            .header(header::CONTENT_TYPE, "application/json")
            .body(json!({"location": address}).to_string())
    } else {
        let page = "<!doctype html>\n<title>One moment</title>\n<p>You are taken to another page.</p>\n";
        let response = response
            .status(StatusCode::FOUND)
            .header(header::LOCATION, HeaderValue::from_str(address)?);
        response
            .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
            .body(page)
    };
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(Media::new(response))
}

/// Sends the browser to the provider, with a cookie that says which browser it is.
fn leave(app: &App, address: &str, session: &BrowserSession) -> Result<Media, Failure> {
    let headers = request_headers().unwrap_or_default();
    redirect(address, vec![session.cookie(&headers, &app.settings)?])
}

/// The same for a provider that sends the browser back with a form, where the cookie has to come along although the page that
/// sends it is elsewhere.
fn leave_for_form(app: &App, address: &str, session: &BrowserSession) -> Result<Media, Failure> {
    redirect(address, vec![session.cookie_for_form(&app.settings)?])
}

/// Most bytes of an answer of a provider.
const LONGEST_ANSWER: usize = 1_000_000;

/// The whole answer of a provider; nothing when it is longer than is reasonable.
async fn read_limited(mut answer: reqwest::Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await? {
        if bytes.len() + part.len() > LONGEST_ANSWER {
            return Ok(None);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(Some(bytes))
}

/// Lets somebody in whom a provider vouches for, and sends the browser to the studio. Who is switched off gets there, too, and
/// is not signed in.
async fn arrive(app: &App, account: person::Model, excused: bool, from: Option<IpAddr>) -> Result<Media, Failure> {
    let mut cookies = Vec::new();
    if account.active == Some(true) {
        sign_in::log(app, account.id, from, Means::Web).await?;
        let session = OpenSession::open(app, account, excused)?;
        let headers = request_headers().unwrap_or_default();
        cookies = Cookies::new(&headers, &app.settings)
            .on_page()
            .session(&session.tokens)
            .values();
    }
    redirect(&app.settings.public_address(), cookies)
}
