//! Security keys (FIDO2) as a second factor: made for an account, and used to sign in.
//!
//! There is a library for this in pure Rust, `webauthn_rp` 0.3, with a fork, `structured-webauthn` 0.1; both are young, and
//! keep more of a key than the reference server stores, so that keys of people who come from there could not be checked.
//! `webauthn-rs` 0.5 needs OpenSSL. What is left to do without vouching makers is short, and its cryptography is that of
//! RustCrypto.

mod keys;
mod stored;
mod webauthn;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dailies_definitions::call::request_headers;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{
    FidoAlgorithm, FidoAssertion, FidoAuthenticatorChoice, FidoCreationOptions, FidoKeyName, FidoOwner, FidoParty,
    FidoRegistration, FidoRequestOptions,
};
use entity::person;
use poem::http::header;
use uuid::Uuid;

use self::stored::keys_in;
pub(super) use self::stored::{SecurityKey, keys_of, store};
use self::webauthn::{KeyProblem, NewKey, RelyingParty, decode};
use super::browser_session::BrowserSession;
use super::second_factor::SecondFactor;
use super::secrets;
use super::sign_in::find_account;
use crate::app::App;
use crate::database::Transaction;
use crate::vocabulary::persons::full_name;

/// Time that somebody has to touch their key.
const CHALLENGE_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// Bytes of a challenge.
const CHALLENGE: usize = 32;
/// The name of this server on keys that show one.
const RELYING_PARTY_NAME: &str = "Kitsu";

/// Purpose of a challenge.
#[derive(Clone, Copy)]
enum Purpose {
    Make,
    Use,
}

impl Purpose {
    fn key(self, person_id: Uuid) -> String {
        let word = match self {
            Self::Make => "fido-make",
            Self::Use => "fido-use",
        };
        format!("{word}:{person_id}")
    }
}

/// Draws a challenge for a person at this browser, and gives the answer its cookie.
async fn challenge<T>(
    app: &App,
    person_id: Uuid,
    purpose: Purpose,
    answer: impl FnOnce(String) -> Result<Json<T>, serde_json::Error>,
) -> Result<Json<T>, Failure> {
    let (challenge, session) = (secrets::url_safe(CHALLENGE), BrowserSession::new());
    session
        .keep(app, &purpose.key(person_id), &challenge, CHALLENGE_LIFETIME)
        .await?;
    let headers = request_headers().unwrap_or_default();
    Ok(answer(challenge)?.with_header(header::SET_COOKIE, session.cookie(&headers, &app.settings)?))
}

/// The challenge that this browser was given for a person. It is good for one try.
async fn challenged(app: &App, person_id: Uuid, purpose: Purpose) -> Result<Option<String>, Failure> {
    let headers = request_headers().unwrap_or_default();
    match BrowserSession::of(&headers) {
        Some(session) => session.take(app, &purpose.key(person_id)).await,
        None => Ok(None),
    }
}

fn party(app: &App) -> RelyingParty {
    RelyingParty::of(&app.settings.domain_name)
}

fn names(keys: &[SecurityKey]) -> Vec<FidoKeyName> {
    keys.iter()
        .map(|key| FidoKeyName {
            r#type: "public-key".into(),
            id: key.id(),
        })
        .collect()
}

/// Options for a browser to make a key for a person.
///
/// # Errors
/// The database does not answer.
pub(super) async fn creation_options(app: &App, account: &person::Model) -> Result<Json<FidoCreationOptions>, Failure> {
    let keys = keys_of(app, account.id).await?;
    let display_name = full_name(&account.first_name, &account.last_name);
    let name = account
        .email
        .clone()
        .filter(|email| !email.is_empty())
        .unwrap_or_else(|| display_name.clone());
    let options = |challenge| {
        Json::of(&FidoCreationOptions {
            rp: FidoParty {
                name: RELYING_PARTY_NAME.into(),
                id: party(app).host,
            },
            user: FidoOwner {
                name,
                id: URL_SAFE_NO_PAD.encode(account.id.to_string()),
                display_name,
            },
            challenge,
            pub_key_cred_params: keys::ALGORITHMS
                .map(|alg| FidoAlgorithm {
                    r#type: "public-key".into(),
                    alg,
                })
                .to_vec(),
            exclude_credentials: names(&keys),
            authenticator_selection: FidoAuthenticatorChoice {
                authenticator_attachment: "cross-platform".into(),
                resident_key: "discouraged".into(),
                user_verification: "preferred".into(),
                require_resident_key: false,
            },
        })
    };
    challenge(app, account.id, Purpose::Make, options).await
}

/// Options for a browser to use one of the keys of somebody who signs in with them.
///
/// # Errors
/// 400 when nobody of that address or name does.
pub(super) async fn request_options(app: &App, identifier: &str) -> Result<Json<FidoRequestOptions>, Failure> {
    let account = find_account(app, identifier)
        .await?
        .filter(|account| account.active == Some(true) && SecondFactor::Fido.is_enabled(account))
        .ok_or_else(|| Failure::refused("FIDO not enabled."))?;
    let keys = keys_of(app, account.id).await?;
    let options = |challenge| {
        Json::of(&FidoRequestOptions {
            challenge,
            rp_id: party(app).host,
            allow_credentials: names(&keys),
        })
    };
    challenge(app, account.id, Purpose::Use, options).await
}

/// All keys of a person as they are to be stored, with the one that a browser just made.
///
/// # Errors
/// 400 when nothing was asked for, or the answer is wrong.
pub(super) async fn with_new_key(
    app: &App,
    person_id: Uuid,
    name: &str,
    answer: &FidoRegistration,
) -> Result<Vec<String>, Failure> {
    let challenge = challenged(app, person_id, Purpose::Make)
        .await?
        .ok_or_else(|| Failure::refused("No preregistration before."))?;
    let refused = || {
        Failure::refused("FIDO server exception your registration response is probly wrong.")
            .naming("registration_response")
    };
    let made = read_registration(&party(app), &challenge, answer).map_err(|refusal| {
        tracing::info!(%refusal, person = %person_id, "a security key was not taken");
        refused()
    })?;
    let mut keys = keys_of(app, person_id).await?;
    if keys.iter().any(|key| key.is_called(&made.id)) {
        return Err(refused());
    }
    keys.push(SecurityKey::new(name, &made));
    Ok(keys.into_iter().map(|key| key.text).collect())
}

fn read_registration(party: &RelyingParty, challenge: &str, answer: &FidoRegistration) -> Result<NewKey, KeyProblem> {
    let response = answer.response.as_ref().ok_or(KeyProblem::Malformed)?;
    let client_data = decode(response.client_data_j_s_o_n.as_deref())?;
    let attestation = decode(response.attestation_object.as_deref())?;
    let made = party.made(challenge, &client_data, &attestation)?;
    let id = decode(answer.raw_id.as_deref().or(answer.id.as_deref()))?;
    if made.id == id {
        Ok(made)
    } else {
        Err(KeyProblem::Malformed)
    }
}

/// True if a browser used one of the keys of a person, as it was asked to. The question is used up, and the key counted.
///
/// # Errors
/// The database does not answer.
pub(super) async fn use_assertion(app: &App, account: &person::Model, answer: &FidoAssertion) -> Result<bool, Failure> {
    let Some(challenge) = challenged(app, account.id, Purpose::Use).await? else {
        return Ok(false);
    };
    let keys = keys_of(app, account.id).await?;
    let checked = match check_assertion(&party(app), &challenge, &keys, answer) {
        Ok((id, counter)) => app.database.transact(|| count(app, account.id, &id, counter)).await?,
        Err(refusal) => Err(refusal),
    };
    if let Err(refusal) = checked {
        tracing::warn!(%refusal, person = %account.id, "a security key was refused");
    }
    Ok(checked.is_ok())
}

/// Notes the counter of a key that was used. The key may have been given up in the meantime, or used at another server.
async fn count(app: &App, person_id: Uuid, id: &[u8], counter: u32) -> Result<Result<(), KeyProblem>, Failure> {
    let transaction = Transaction::current()?;
    let keys = keys_in(&transaction, person_id).await?;
    let Some(at) = keys.iter().position(|key| key.is_called(id)) else {
        return Ok(Err(KeyProblem::Unsupported));
    };
    if !keys[at].goes_on_at(counter) {
        return Ok(Err(KeyProblem::Copied));
    }
    let counted = keys[at].text_at(counter)?;
    let mut texts: Vec<String> = keys.into_iter().map(|key| key.text).collect();
    texts[at] = counted;
    store(app, &transaction, person_id, &texts).await?;
    transaction.finish();
    Ok(Ok(()))
}

/// The name that the key has for itself which was used, and its counter.
fn check_assertion(
    party: &RelyingParty,
    challenge: &str,
    keys: &[SecurityKey],
    answer: &FidoAssertion,
) -> Result<(Vec<u8>, u32), KeyProblem> {
    let id = decode(answer.raw_id.as_deref().or(answer.id.as_deref()))?;
    let key = keys
        .iter()
        .find(|key| key.is_called(&id))
        .ok_or(KeyProblem::Unsupported)?;
    let public_key = key.public_key.as_ref().ok_or(KeyProblem::Unsupported)?;
    let response = answer.response.as_ref().ok_or(KeyProblem::Malformed)?;
    let client_data = decode(response.client_data_j_s_o_n.as_deref())?;
    let authenticator_data = decode(response.authenticator_data.as_deref())?;
    let counter = party.used(
        challenge,
        public_key,
        &client_data,
        &authenticator_data,
        &decode(response.signature.as_deref())?,
    )?;
    Ok((id, counter))
}
