//! The cookies that a browser keeps for a shared playlist: what stands for its password, and which guest it is.

use std::time::Duration;

use dailies_definitions::access::ShareVisitor;
use dailies_definitions::call::request_headers;
use dailies_definitions::payload::Json;
use poem::http::{HeaderValue, header};
use poem::web::cookie::{Cookie, SameSite};
use uuid::Uuid;

use crate::access::shares::{guest_cookie, pass_cookie};
use crate::app::App;
use crate::auth::is_encrypted;

/// Time for which a browser need not be asked for the password again.
const PASS_LIFETIME: Duration = Duration::from_secs(12 * 3600);
/// Time that a browser stays the same guest.
const GUEST_LIFETIME: Duration = Duration::from_secs(365 * 24 * 3600);

/// The answer, with the cookie that stands for the password where that came with the request.
pub(super) fn with_pass<T>(app: &App, visitor: &ShareVisitor, answer: Json<T>) -> Json<T> {
    match pass(app, visitor) {
        Some(value) => answer.with_header(header::SET_COOKIE, value),
        None => answer,
    }
}

/// The cookie that stands for the password, where that came with the request.
pub(super) fn pass(app: &App, visitor: &ShareVisitor) -> Option<HeaderValue> {
    visitor
        .pass
        .as_deref()
        .and_then(|pass| cookie(app, &pass_cookie(visitor.link_id), pass, PASS_LIFETIME))
}

/// The cookie that tells which guest somebody is.
pub(super) fn guest(app: &App, visitor: &ShareVisitor, guest_id: Uuid, secret: &str) -> Option<HeaderValue> {
    cookie(
        app,
        &guest_cookie(visitor.link_id),
        &format!("{guest_id}.{secret}"),
        GUEST_LIFETIME,
    )
}

fn cookie(app: &App, name: &str, value: &str, lifetime: Duration) -> Option<HeaderValue> {
    let headers = request_headers().unwrap_or_default();
    let mut cookie = Cookie::new_with_str(name, value);
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_secure(is_encrypted(
        &headers,
        &app.settings.domain_protocol,
        &app.settings.domain_name,
    ));
    cookie.set_max_age(lifetime);
    HeaderValue::from_str(&cookie.to_string()).ok()
}
