//! The caller's own session: a new access token for it, and its end.

use dailies_definitions::access::{Human, Identity, Refresher};
use dailies_definitions::call::request_headers;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{RenewedToken, SignedOut};

use super::browser::follows_foreign_link;
use super::cookies::Cookies;
use super::second_factor;
use super::sign_in::account;
use crate::app::App;
use crate::credentials::tokens::Duty;
use crate::sessions;

/// Ends the session, and takes its cookies from a browser.
///
/// # Errors
/// 403 when a link on another site led here.
pub(super) async fn sign_out(app: &App, access: &Human) -> Result<Json<SignedOut>, Failure> {
    let headers = request_headers().unwrap_or_default();
    if follows_foreign_link(&headers) {
        return Err(Failure::forbidden());
    }
    let token = &access.token;
    // Personal tokens end when their owner replaces them, not when a script is done.
    if token.identity == Identity::Person {
        sessions::sign_out(app, &token.id, token.refresh_id.as_deref()).await?;
    }
    let answer = Json::of(&SignedOut { logout: true })?;
    Ok(Cookies::new(&headers, &app.settings).without_session().on(answer))
}

/// Makes a new access token, which browsers get in a cookie.
///
/// # Errors
/// 404 when the person was deleted in the meantime.
pub(super) async fn refresh(app: &App, access: &Refresher) -> Result<Json<RenewedToken>, Failure> {
    let account = account(app, access.person.id).await?;
    let duty = if access.skips_second_factor {
        Duty::Excused
    } else {
        Duty::from(second_factor::is_missing(&account, &app.settings.sign_in))
    };
    let token = app.tokens.access(account.id, &access.refresh_id, duty)?;
    let headers = request_headers().unwrap_or_default();
    let cookies = Cookies::new(&headers, &app.settings).access(&token).without_refresh();
    let renewed = if cookies.to_browser() {
        RenewedToken {
            access_token: None,
            refresh: Some(true),
        }
    } else {
        RenewedToken {
            access_token: Some(token),
            refresh: None,
        }
    };
    Ok(cookies.on(Json::of(&renewed)?))
}
