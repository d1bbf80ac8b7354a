//! A session handed over to another program of the same person (with PKCE, RFC 7636): the browser that is signed in gets a
//! code for the program, and only the program that the code was asked for can redeem it.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use dailies_definitions::access::SessionHolder;
use dailies_definitions::failure::Failure;
use entity::person;
use poem::http::StatusCode;
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::secrets;
use super::sign_in::{self, Means, OpenSession};
use crate::app::App;
use crate::sessions;

/// Validity of a code.
const LIFETIME: Duration = Duration::from_secs(60);
/// Bytes of a code.
const CODE: usize = 32;

/// Subject of a code.
#[derive(Serialize, Deserialize)]
struct Pledge {
    person_id: Uuid,
    challenge: String,
    excused: bool,
    /// Moment of its making, in microseconds since 1970.
    moment: i64,
}

fn key(app: &App, code: &str) -> Result<String, Failure> {
    Ok(format!("app-login:{}", app.tokens.digest("app-login", code)?))
}

/// Makes a code for a program that knows the text behind a challenge.
///
/// # Errors
/// 400 for what is no challenge.
pub(super) async fn hand_out(app: &App, access: &SessionHolder, challenge: String) -> Result<String, Failure> {
    if challenge.len() != 43
        || !challenge
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    {
        return Err(Failure::field(
            "code_challenge",
            "String should match pattern '^[A-Za-z0-9_-]{43}$'",
        ));
    }
    let code = secrets::url_safe(CODE);
    let moment = Utc::now().timestamp_micros();
    let pledge = Pledge {
        person_id: access.person.id,
        challenge,
        excused: access.token.skips_second_factor,
        moment,
    };
    app.store
        .put(&key(app, &code)?, &serde_json::to_string(&pledge)?, LIFETIME)
        .await?;
    Ok(code)
}

/// Opens a session for a code, which is used up by the try.
///
/// # Errors
/// 400 when the code is none or not for whoever sends it, or when its person may not sign in any more.
pub(super) async fn redeem(
    app: &App,
    code: &str,
    verifier: &str,
    address: Option<IpAddr>,
) -> Result<OpenSession, Failure> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
        return Err(Failure::field(
            "code_verifier",
            "String should match pattern '^[A-Za-z0-9._~-]{43,128}$'",
        ));
    }
    let pledge = app.store.take(&key(app, code)?).await?.ok_or_else(refusal)?;
    let pledge: Pledge = serde_json::from_str(&pledge)?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    if !bool::from(challenge.as_bytes().ct_eq(pledge.challenge.as_bytes())) {
        return Err(refusal());
    }
    if sessions::is_before_end(app, pledge.person_id, pledge.moment).await? {
        return Err(refusal());
    }
    let account = person::Entity::find_by_id(pledge.person_id).one(&app.database).await?;
    let account = account
        .filter(|account| account.active == Some(true))
        .ok_or_else(refusal)?;
    sign_in::log(app, account.id, address, Means::Script).await?;
    OpenSession::open(app, account, pledge.excused)
}

fn refusal() -> Failure {
    Failure::answer(
        StatusCode::BAD_REQUEST,
        json!({"login": false, "message": "Wrong or expired code."}),
    )
}
