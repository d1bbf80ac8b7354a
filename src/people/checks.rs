//! Checks of a person's record.

use std::str::FromStr;

use chrono::NaiveDate;
use dailies_definitions::failure::Failure;
use lettre::Address;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::app::App;
use crate::crud::{Record, missing, wrong_format};
use crate::database::{self, Sql, now};
use crate::events::Work;

const ROLES: [&str; 6] = ["user", "admin", "supervisor", "manager", "client", "vendor"];
const CONTRACTS: [&str; 6] = [
    "open-ended",
    "fixed-term",
    "short-term",
    "freelance",
    "apprentice",
    "internship",
];
const DATE_FORMATS: [&str; 3] = ["YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY"];
const SECOND_FACTORS: [&str; 3] = ["totp", "email_otp", "fido"];
/// Days for which a personal token can be good. A token that never ends would outlive everything else of an account.
const LONGEST_TOKEN: u64 = 366;

/// Checks the fields of a body, and brings some into the form that is stored. `record` is what is stored, for an update.
///
/// # Errors
/// 400 that says what is wrong.
pub async fn person(work: &Work<'_>, record: Option<&Record>, body: &mut Map<String, Value>) -> Result<(), Failure> {
    one_of(body, "role", &ROLES, "Invalid role")?;
    one_of(body, "contract_type", &CONTRACTS, "Invalid contract_type")?;
    one_of(
        body,
        "two_factor_authentication",
        &SECOND_FACTORS,
        "Invalid two_factor_authentication",
    )?;
    if let Some(format) = body.get("display_date_format").filter(|format| !format.is_null())
        && !format.as_str().is_some_and(|format| DATE_FORMATS.contains(&format))
    {
        return Err(Failure::parameter(format!(
            "Invalid display_date_format, expected one of: {}.",
            DATE_FORMATS.join(", ")
        )));
    }
    country(body)?;
    locale(&work.app().settings.default_locale, body)?;
    if let Some(zone) = body.get("timezone").filter(|zone| !zone.is_null())
        && zone.as_str().is_none_or(|zone| chrono_tz::Tz::from_str(zone).is_err())
    {
        return Err(wrong_format("timezone"));
    }
    expiration(record, body)?;
    second_factor(body)?;
    email(work, record, body).await
}

fn one_of(body: &Map<String, Value>, key: &str, choices: &[&str], message: &str) -> Result<(), Failure> {
    match body.get(key) {
        Some(value) if !value.as_str().is_some_and(|value| choices.contains(&value)) => {
            Err(Failure::parameter(message))
        }
        _ => Ok(()),
    }
}

/// A second factor to ask for first, or none.
fn second_factor(body: &Map<String, Value>) -> Result<(), Failure> {
    match body.get("preferred_two_factor_authentication") {
        Some(Value::Null) => Ok(()),
        _ => one_of(
            body,
            "preferred_two_factor_authentication",
            &SECOND_FACTORS,
            "Invalid preferred_two_factor_authentication",
        ),
    }
}

/// A country is two letters, in capitals; nothing given stands for none.
fn country(body: &mut Map<String, Value>) -> Result<(), Failure> {
    let Some(given) = body.get("country") else {
        return Ok(());
    };
    let code = given.as_str().unwrap_or_default().trim().to_ascii_uppercase();
    let known = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if !(given.is_null() || given.is_string()) || !(code.is_empty() || known) {
        return Err(Failure::parameter("Invalid country code, expected an ISO 3166-1 alpha-2 code.").naming("country"));
    }
    body.insert(
        "country".into(),
        if code.is_empty() { Value::Null } else { code.into() },
    );
    Ok(())
}

/// A locale is a language, and a region where one is meant: `fr`, `en_US`, `zh_Hans_CN`. Nothing given stands for the usual one.
fn locale(usual: &str, body: &mut Map<String, Value>) -> Result<(), Failure> {
    let Some(given) = body.get("locale") else {
        return Ok(());
    };
    let name = given.as_str().unwrap_or_default().trim().to_owned();
    if !(given.is_null() || given.is_string()) || !(name.is_empty() || is_locale(&name)) {
        return Err(Failure::parameter(
            "Invalid locale, expected a name available in Python Babel (e.g. en_US, fr_FR).",
        ));
    }
    let name = if name.is_empty() { usual.to_owned() } else { name };
    body.insert("locale".into(), name.into());
    Ok(())
}

fn is_locale(name: &str) -> bool {
    let mut parts = name.split('_');
    let language = parts
        .next()
        .is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    let rest: Vec<&str> = parts.collect();
    let script = |part: &str| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let region = |part: &str| {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_uppercase()))
            || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let known = match rest.as_slice() {
        [] => true,
        [part] => script(part) || region(part),
        [first, second] => script(first) && region(second),
        _ => false,
    };
    name.len() <= 10 && language && known
}

fn expiration(record: Option<&Record>, body: &Map<String, Value>) -> Result<(), Failure> {
    let Some(given) = body.get("expiration_date") else {
        return Ok(());
    };
    let is_bot = record.map_or_else(
        || body.get("is_bot") == Some(&Value::Bool(true)),
        |record| record.flag("is_bot"),
    );
    if given.is_null() {
        return Ok(());
    }
    let day = given.as_str().and_then(|text| NaiveDate::from_str(text).ok());
    let day = day.ok_or_else(|| Failure::parameter("Expiration date is not valid.").naming("expiration_date"))?;
    let today = now().date();
    // Forms send back what they did not change.
    let stored = record.and_then(|record| record.text("expiration_date")) == Some(&day.to_string());
    if day < today && !stored {
        return Err(Failure::parameter("Expiration date can't be in the past.").naming("expiration_date"));
    }
    if !is_bot && record.is_some() && day > today + chrono::Days::new(LONGEST_TOKEN) {
        return Err(
            Failure::parameter(format!("Expiration date can't be more than {LONGEST_TOKEN} days away."))
                .naming("expiration_date"),
        );
    }
    Ok(())
}

/// An e-mail address in the form that is stored: in small letters.
///
/// # Errors
/// Its fault, as a sentence.
pub fn address(text: &str) -> Result<String, String> {
    if !text.contains('@') {
        return Err("An email address must have an @-sign.".into());
    }
    let address = Address::from_str(text).map_err(|_| format!("The email address is not valid: {text}"))?;
    Ok(address.to_string().to_lowercase())
}

/// True if the studio may have so many active persons more.
///
/// # Errors
/// The database does not answer.
pub async fn has_room(work: &Work<'_>, more: u64) -> Result<bool, Failure> {
    let sql = Sql::with(
        "SELECT COUNT(*) FROM person WHERE active = $1 AND is_bot = $2 AND is_guest = $2 AND preview_project_id IS NULL",
        [true.into(), false.into()],
    );
    let count: i64 = database::read_value(&**work, &sql).await?.unwrap_or_default();
    Ok(u64::try_from(count).unwrap_or_default() + more <= work.app().settings.user_limit)
}

/// 400: the studio has as many active persons as it may.
#[must_use]
pub fn no_room(app: &App) -> Failure {
    Failure::parameter_with("User limit reached.", json!({"limit": app.settings.user_limit}))
}

/// An address is stored in small letters, and is used by one person only, bots aside.
async fn email(work: &Work<'_>, record: Option<&Record>, body: &mut Map<String, Value>) -> Result<(), Failure> {
    let Some(given) = body.get("email") else {
        return Ok(());
    };
    let Some(text) = given.as_str() else {
        return if given.is_null() && record.is_none() {
            Ok(())
        } else {
            Err(missing("email"))
        };
    };
    let address = address(text).map_err(|wrong| Failure::parameter(wrong).naming("email"))?;
    let is_bot = body
        .get("is_bot")
        .and_then(Value::as_bool)
        .or_else(|| record.map(|record| record.flag("is_bot")))
        .unwrap_or_default();
    if !is_bot {
        let itself = record.map_or(Uuid::nil(), |record| record.id);
        let sql = Sql::with(
            "SELECT 1 FROM person WHERE LOWER(email) = $1 AND is_bot = $2 AND id <> $3",
            [address.clone().into(), false.into(), itself.into()],
        );
        if database::row(&**work, &sql).await?.is_some() {
            return Err(Failure::parameter("Email already in use.").naming("email"));
        }
    }
    body.insert("email".into(), address.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(value: Value) -> Map<String, Value> {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn a_country_becomes_capitals_or_nothing() {
        let mut given = body(json!({"country": " fr "}));
        assert!(country(&mut given).is_ok());
        assert_eq!(given["country"], "FR");
        let mut none = body(json!({"country": ""}));
        assert!(country(&mut none).is_ok() && none["country"].is_null());
        assert!(country(&mut body(json!({"country": "FRA"}))).is_err());
    }

    #[test]
    fn locales_have_a_language_first() {
        assert!(
            ["fr", "en_US", "zh_Hans_CN", "es_419"]
                .iter()
                .all(|name| is_locale(name))
        );
        assert!(
            ["", "x", "english", "en-US", "en_us"]
                .iter()
                .all(|name| !is_locale(name))
        );
    }

    #[test]
    fn a_past_end_stays_but_is_not_chosen() {
        let past = body(json!({"expiration_date": "2020-01-01"}));
        assert!(
            expiration(
                Some(&Record {
                    id: Uuid::nil(),
                    values: past.clone()
                }),
                &past
            )
            .is_ok()
        );
        assert!(
            expiration(
                Some(&Record {
                    id: Uuid::nil(),
                    values: Map::new()
                }),
                &past
            )
            .is_err()
        );
    }

    #[test]
    fn a_token_ends_in_time() {
        let record = Record {
            id: Uuid::nil(),
            values: Map::new(),
        };
        let in_days =
            |days: u64| body(json!({"expiration_date": (now().date() + chrono::Days::new(days)).to_string()}));
        assert!(expiration(Some(&record), &in_days(30)).is_ok());
        assert!(expiration(Some(&record), &in_days(1000)).is_err());
        assert!(expiration(Some(&record), &body(json!({"expiration_date": null}))).is_ok());
        assert!(expiration(None, &body(json!({"expiration_date": "2020-01-01"}))).is_err());
    }
}
