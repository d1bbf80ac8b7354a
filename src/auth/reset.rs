//! Tokens that let somebody choose a new password: for those who forgot theirs, and for those who are invited.
//!
//! A token is a name, which the store keeps for as long as the token is good, followed by a proof that only this server can
//! make from the name. So the store and the queue of jobs know the names alone, which give nobody a token, and an e-mail
//! or a second call can still be given the same one.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use dailies_definitions::failure::Failure;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::secrets::{self, CAPITALS_AND_DIGITS};
use crate::app::App;
use crate::sessions;

/// Validity of the token of somebody who forgot their password. The letter says it in words (`src/mail/templates`), and so
/// does the contract.
pub const LIFETIME: Duration = Duration::from_secs(2 * 3600);
/// Validity of the token of somebody who is invited. The letter and the contract say it, too.
pub const INVITATION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// Characters of a token.
const LENGTH: usize = 64;
/// Characters of its name, which nobody guesses: there are 36 of each.
const NAME_LENGTH: usize = 25;

/// The name of a token. It is no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenName(String);

/// Makes a token for a person. Earlier ones stay good until a password is chosen with one of them.
///
/// # Errors
/// The store does not answer.
pub async fn issue(app: &App, person_id: Uuid, lifetime: Duration) -> Result<TokenName, Failure> {
    let name = TokenName(secrets::capitals_and_digits(NAME_LENGTH));
    let moment = Utc::now().timestamp_micros();
    app.store
        .put(&key(person_id, &name), &moment.to_string(), lifetime)
        .await?;
    Ok(name)
}

/// The token that was last made by this function for a person, as long as it is good, or else a new one.
///
/// # Errors
/// The store does not answer.
pub async fn pending_or_new(app: &App, person_id: Uuid) -> Result<TokenName, Failure> {
    let pending = format!("reset-pending:{person_id}");
    if let Some(name) = app.store.get(&pending).await?.map(TokenName)
        && is_pending(app, person_id, &name).await?
    {
        return Ok(name);
    }
    let name = issue(app, person_id, LIFETIME).await?;
    app.store.put(&pending, &name.0, LIFETIME).await?;
    Ok(name)
}

/// True if the token of that name is good.
///
/// # Errors
/// The store does not answer.
pub async fn is_pending(app: &App, person_id: Uuid, name: &TokenName) -> Result<bool, Failure> {
    let moment = app.store.get(&key(person_id, name)).await?;
    is_current(app, person_id, moment).await
}

/// The token of that name.
///
/// # Errors
/// The proof can't be made.
pub fn token(app: &App, person_id: Uuid, name: &TokenName) -> Result<String, Failure> {
    let digest = app.tokens.digest("reset", &format!("{person_id}{}", name.0))?;
    let proof = in_capitals_and_digits(URL_SAFE_NO_PAD.decode(digest)?, LENGTH - NAME_LENGTH);
    Ok(format!("{}{proof}", name.0))
}

/// The page of the web UI on which a person chooses a new password.
#[must_use]
pub fn link(app: &App, email: &str, token: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("email", email)
        .append_pair("token", token)
        .finish();
    format!("{}/reset-change-password?{query}", app.settings.public_address())
}

/// True if the token is good for that person. It stays so.
///
/// # Errors
/// The store does not answer.
pub(super) async fn is_good(app: &App, person_id: Uuid, token: &str) -> Result<bool, Failure> {
    match name_of(app, person_id, token)? {
        Some(name) => is_pending(app, person_id, &name).await,
        None => Ok(false),
    }
}

/// Takes the token: of several who try at once, one succeeds.
///
/// # Errors
/// The store does not answer.
pub(super) async fn take(app: &App, person_id: Uuid, token: &str) -> Result<bool, Failure> {
    let Some(name) = name_of(app, person_id, token)? else {
        return Ok(false);
    };
    let moment = app.store.take(&key(person_id, &name)).await?;
    is_current(app, person_id, moment).await
}

/// The name of a token that this server made for the person.
fn name_of(app: &App, person_id: Uuid, sent: &str) -> Result<Option<TokenName>, Failure> {
    let Some(name) = sent.get(..NAME_LENGTH).map(|name| TokenName(name.to_owned())) else {
        return Ok(None);
    };
    let made = token(app, person_id, &name)?;
    // Every character is compared, so that the time does not tell how many were right.
    let differences = made
        .bytes()
        .zip(sent.bytes())
        .fold(0, |differences, (made, sent)| differences | (made ^ sent));
    Ok((made.len() == sent.len() && differences == 0).then_some(name))
}

/// A token is void once a password was chosen after it was made.
async fn is_current(app: &App, person_id: Uuid, moment: Option<String>) -> Result<bool, Failure> {
    let Some(moment) = moment.and_then(|moment| moment.parse().ok()) else {
        return Ok(false);
    };
    Ok(!sessions::is_before_end(app, person_id, moment).await?)
}

fn key(person_id: Uuid, name: &TokenName) -> String {
    format!("reset-token:{person_id}:{}", name.0)
}

/// The last digits of a number of many bytes, to the base of 36.
fn in_capitals_and_digits(mut number: Vec<u8>, digits: usize) -> String {
    let base = u16::try_from(CAPITALS_AND_DIGITS.len()).unwrap_or(u16::MAX);
    let mut next = || {
        let mut rest = 0;
        for byte in &mut number {
            let part = rest * 256 + u16::from(*byte);
            *byte = u8::try_from(part / base).unwrap_or_default();
            rest = part % base;
        }
        char::from(CAPITALS_AND_DIGITS[usize::from(rest)])
    };
    (0..digits).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_capitals_and_digits() {
        assert_eq!(in_capitals_and_digits(vec![0], 3), "AAA");
        assert_eq!(in_capitals_and_digits(vec![35], 2), "9A");
        assert_eq!(in_capitals_and_digits(vec![36], 2), "AB");
        assert_eq!(in_capitals_and_digits(vec![1, 0], 3), "EHA");
        assert_eq!(in_capitals_and_digits(vec![255; 32], LENGTH - NAME_LENGTH).len(), 39);
    }
}
