//! Tokens that let somebody choose a new password: for those who forgot theirs, and for those who are invited.
//!
//! The store keeps a digest that only this server can make, so reading the database gives nobody a token.

use std::time::Duration;

use chrono::Utc;
use dailies_definitions::failure::Failure;
use uuid::Uuid;

use super::{secrets, sessions};
use crate::app::App;

/// How long the token of somebody who forgot their password is good.
pub const LIFETIME: Duration = Duration::from_secs(2 * 3600);
/// How long the token of somebody who is invited is good.
pub const INVITATION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// Makes a token for a person. Earlier ones stay good until a password is chosen with one of them.
///
/// # Errors
/// The store does not answer.
pub async fn issue(app: &App, person_id: Uuid, lifetime: Duration) -> Result<String, Failure> {
    let token = secrets::reset_token();
    let moment = Utc::now().timestamp_micros();
    app.store.put(&key(app, person_id, &token)?, &moment.to_string(), lifetime).await?;
    Ok(token)
}

/// The page of the web UI on which a person chooses a new password.
#[must_use]
pub fn link(app: &App, email: &str, token: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("email", email).append_pair("token", token).finish();
    let settings = &app.settings;
    format!("{}://{}/reset-change-password?{query}", settings.domain_protocol, settings.domain_name)
}

/// Whether the token is good for that person. It stays so.
///
/// # Errors
/// The store does not answer.
pub(super) async fn is_good(app: &App, person_id: Uuid, token: &str) -> Result<bool, Failure> {
    let moment = app.store.get(&key(app, person_id, token)?).await?;
    is_current(app, person_id, moment).await
}

/// Takes the token: of several who try at once, one succeeds.
///
/// # Errors
/// The store does not answer.
pub(super) async fn take(app: &App, person_id: Uuid, token: &str) -> Result<bool, Failure> {
    let moment = app.store.take(&key(app, person_id, token)?).await?;
    is_current(app, person_id, moment).await
}

/// A token is void once a password was chosen after it was made.
async fn is_current(app: &App, person_id: Uuid, moment: Option<String>) -> Result<bool, Failure> {
    let Some(moment) = moment.and_then(|moment| moment.parse().ok()) else {
        return Ok(false);
    };
    Ok(!sessions::is_before_end(app, person_id, moment).await?)
}

fn key(app: &App, person_id: Uuid, token: &str) -> Result<String, Failure> {
    Ok(format!("reset-token:{}", app.tokens.digest("reset", &format!("{person_id}{token}"))?))
}
