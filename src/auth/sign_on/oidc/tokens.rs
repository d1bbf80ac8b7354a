//! Checks of the tokens of a provider: who signed them, for whom, when, and on which question.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{AccessTokenHash, ClaimsVerificationError, ClientId, Nonce, OAuth2TokenResponse};
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::config::OidcSettings;

/// Difference that the clocks of the provider and of this server may be apart.
const SKEW: TimeDelta = TimeDelta::minutes(2);
/// Greatest age of a token that was asked for just now.
const GREATEST_AGE: TimeDelta = TimeDelta::minutes(15);

/// Signatures that are taken: those with a key of the provider that nobody else knows.
fn algorithms() -> [CoreJwsSigningAlgorithm; 9] {
    use CoreJwsSigningAlgorithm::{
        EcdsaP256Sha256, EcdsaP384Sha384, EdDsa, RsaSsaPkcs1V15Sha256, RsaSsaPkcs1V15Sha384, RsaSsaPkcs1V15Sha512,
        RsaSsaPssSha256, RsaSsaPssSha384, RsaSsaPssSha512,
    };
    [
        RsaSsaPkcs1V15Sha256,
        RsaSsaPkcs1V15Sha384,
        RsaSsaPkcs1V15Sha512,
        RsaSsaPssSha256,
        RsaSsaPssSha384,
        RsaSsaPssSha512,
        EcdsaP256Sha256,
        EcdsaP384Sha384,
        EdDsa,
    ]
}

/// Checks who signed a token, and for whom, when, and on which question.
pub(super) fn verify(
    settings: &OidcSettings,
    metadata: &CoreProviderMetadata,
    keys: &CoreJsonWebKeySet,
    token: &CoreIdToken,
    nonce: &Nonce,
) -> Result<(), ClaimsVerificationError> {
    token.claims(&verifier(settings, metadata, keys), nonce).map(|_| ())
}

fn verifier<'a>(
    settings: &OidcSettings,
    metadata: &CoreProviderMetadata,
    keys: &CoreJsonWebKeySet,
) -> CoreIdTokenVerifier<'a> {
    let id = ClientId::new(settings.oidc_client_id.clone());
    // Without the secret there is no key for signatures that anybody could make who knows it.
    CoreIdTokenVerifier::new_public_client(id, metadata.issuer().clone(), keys.clone())
        .set_allowed_algs(algorithms())
        .set_time_fn(|| Utc::now() - SKEW)
        .set_issue_time_verifier_fn(is_fresh)
}

fn is_fresh(issued: DateTime<Utc>) -> Result<(), String> {
    let now = Utc::now();
    if issued > now + SKEW || issued < now - GREATEST_AGE {
        Err(format!("it was made at {issued}"))
    } else {
        Ok(())
    }
}

/// Checks that the two tokens of an answer belong together, where the first one says so.
pub(super) fn check_access_token(
    settings: &OidcSettings,
    metadata: &CoreProviderMetadata,
    keys: &CoreJsonWebKeySet,
    token: &CoreIdToken,
    nonce: &Nonce,
    answer: &impl OAuth2TokenResponse,
) -> Result<(), Problem> {
    let verifier = verifier(settings, metadata, keys);
    let Some(expected) = token.claims(&verifier, nonce)?.access_token_hash() else {
        return Ok(());
    };
    let algorithm = token
        .signing_alg()
        .map_err(|error| Problem::Exchange(error.to_string()))?;
    let key = token
        .signing_key(&verifier)
        .map_err(|error| Problem::Exchange(error.to_string()))?;
    let found = AccessTokenHash::from_token(answer.access_token(), algorithm, key)
        .map_err(|error| Problem::Exchange(error.to_string()))?;
    if found == *expected {
        Ok(())
    } else {
        Err(Problem::Other("the tokens of the provider do not belong together"))
    }
}

/// All that a token says whose signature was checked, by any name that the settings may give.
pub(super) fn payload(token: &CoreIdToken) -> Result<Map<String, Value>, Problem> {
    let text = token.to_string();
    let part = text
        .split('.')
        .nth(1)
        .ok_or(Problem::Other("the token has no content"))?;
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Problem::Other("the token has no content"))?;
    Ok(serde_json::from_slice(&bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_was_made_just_now() {
        let now = Utc::now();
        for (minutes, expected) in [(-20, false), (-14, true), (0, true), (1, true), (3, false)] {
            assert_eq!(
                is_fresh(now + TimeDelta::minutes(minutes)).is_ok(),
                expected,
                "{minutes}"
            );
        }
    }
}
