//! Identities of persons at identity providers, as far as administrators say so: keys of bodies that are stored
//! elsewhere, and are never answered.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use serde_json::{Map, Value};

use crate::access::persons::require_session;
use crate::auth::{OF_PROVIDERS, bind, is_bound};
use crate::crud::{Record, wrong_format};
use crate::events::Work;

/// A text that is not empty.
fn text<'a>(body: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Refuses to bind the account of another administrator, who could be anybody then, and half of a binding.
pub(super) fn check(caller: &Caller, record: Option<&Record>, body: &Map<String, Value>) -> Result<(), Failure> {
    for (_, issuer, subject) in OF_PROVIDERS {
        if !body.contains_key(issuer) && !body.contains_key(subject) {
            continue;
        }
        let is_text = |key: &&str| body.get(*key).is_none_or(|value| value.is_null() || value.is_string());
        if let Some(wrong) = [issuer, subject].into_iter().find(|key| !is_text(key)) {
            return Err(wrong_format(wrong));
        }
        match (text(body, issuer), text(body, subject)) {
            (Some(_), Some(_)) => {
                require_session(caller)?;
                if record.is_some_and(|record| record.text("role") == Some("admin") && record.id != caller.person.id) {
                    return Err(
                        Failure::parameter("An admin can't say who another admin is at an identity provider.")
                            .naming(subject),
                    );
                }
            }
            (None, None) => {}
            _ => return Err(Failure::parameter(format!("{issuer} and {subject} go together."))),
        }
    }
    Ok(())
}

/// Binds a person to what providers call them, or takes that back.
pub(super) async fn store(work: &mut Work<'_>, record: &Record, body: &Map<String, Value>) -> Result<(), Failure> {
    for (provider, issuer, subject) in OF_PROVIDERS {
        if !body.contains_key(issuer) && !body.contains_key(subject) {
            continue;
        }
        let binding = text(body, issuer).zip(text(body, subject));
        if let Some(binding) = binding
            && is_bound(work, record.id, provider, binding).await?
        {
            return Err(Failure::parameter(format!("Somebody else has this {subject}.")));
        }
        bind(work, record.id, provider, binding).await?;
    }
    Ok(())
}
