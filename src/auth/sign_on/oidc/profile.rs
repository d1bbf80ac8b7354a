//! Identity, e-mail address and names of somebody, as the claims of a token have them.

use serde_json::{Map, Value};

use super::super::identities::{Identity, Profile, Provider};
use super::problem::Problem;
use crate::config::OidcSettings;

/// A text that is not empty.
pub(super) fn text_claim<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The person who signed in, as the provider calls them.
pub(super) fn identity_of_claims(claims: &Map<String, Value>) -> Result<Identity, Problem> {
    let issuer = text_claim(claims, "iss").ok_or(Problem::Other("the token does not say who made it"))?;
    let subject = text_claim(claims, "sub").ok_or(Problem::Other("the token does not say who signed in"))?;
    Ok(Identity {
        provider: Provider::Oidc,
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
    })
}

/// True if the claims have one of the names of a person.
pub(super) fn has_name(settings: &OidcSettings, claims: &Map<String, Value>) -> bool {
    [&settings.oidc_given_name_claim, &settings.oidc_family_name_claim]
        .into_iter()
        .any(|name| text_claim(claims, name).is_some())
}

/// The address that counts, or why none does.
pub(super) fn email_of_claims(settings: &OidcSettings, claims: &Map<String, Value>) -> Result<String, &'static str> {
    let email = claims
        .get(&settings.oidc_email_claim)
        .and_then(Value::as_str)
        .map(|email| email.trim().to_lowercase());
    let email = email
        .filter(|email| !email.is_empty())
        .ok_or("No email claim returned by the provider.")?;
    let verified = claims.get("email_verified");
    let counts = if settings.oidc_require_email_verified {
        verified == Some(&Value::Bool(true))
    } else {
        verified != Some(&Value::Bool(false))
    };
    if counts {
        Ok(email)
    } else {
        Err("Email address is not verified.")
    }
}

/// Names that are not empty.
pub(super) fn profile_of_claims(settings: &OidcSettings, claims: &Map<String, Value>) -> Profile {
    let name = |column: &'static str, claim: &str| {
        let text = claims
            .get(claim)
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|text| !text.is_empty());
        text.map(|text| (column, text.chars().take(80).collect::<String>()))
    };
    let columns = [
        name("first_name", &settings.oidc_given_name_claim),
        name("last_name", &settings.oidc_family_name_claim),
    ];
    Profile {
        columns: columns.into_iter().flatten().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::parsed;

    fn settings(flags: &[&str]) -> OidcSettings {
        parsed(flags).expect("settings")
    }

    #[test]
    fn an_address_counts_when_it_was_verified() {
        let (strict, lax) = (settings(&[]), settings(&["--oidc-require-email-verified", "false"]));
        for (verified, by_strict, by_lax) in [
            (json!(true), true, true),
            (json!(false), false, false),
            (Value::Null, false, true),
            (json!("true"), false, true),
            (json!(1), false, true),
        ] {
            let claims = json!({"email": " Ada@Example.com ", "email_verified": verified});
            let claims = claims.as_object().expect("claims");
            for (settings, counts) in [(&strict, by_strict), (&lax, by_lax)] {
                let expected = if counts {
                    Ok("ada@example.com".to_owned())
                } else {
                    Err("Email address is not verified.")
                };
                assert_eq!(email_of_claims(settings, claims), expected, "{verified}");
            }
        }
        assert_eq!(
            email_of_claims(&lax, &Map::new()),
            Err("No email claim returned by the provider.")
        );
    }

    #[test]
    fn names_are_those_of_the_claims_that_the_settings_name() {
        let settings = settings(&["--oidc-given-name-claim", "first"]);
        let claims = json!({"first": " Ada ", "family_name": "", "given_name": "Other"});
        assert_eq!(
            profile_of_claims(&settings, claims.as_object().expect("claims")).columns,
            [("first_name", "Ada".to_owned())]
        );
    }
}
