//! Codes of an authenticator app, and codes that are counted instead of timed.

use std::time::Duration;

use chrono::Utc;
use dailies_definitions::failure::Failure;
use entity::person;
use sea_orm::DbErr;
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use crate::app::App;

/// Seconds that a code of an app is shown for.
const STEP: u64 = 30;

/// A new secret, in base 32.
pub(super) fn new_secret() -> String {
    Secret::generate().to_base32()
}

/// The address that authenticator apps read from a QR code.
pub(super) fn address(secret: &str, organisation: &str, account: &str) -> String {
    let encode = |text: &str| {
        url::form_urlencoded::byte_serialize(text.as_bytes())
            .collect::<String>()
            .replace('+', "%20")
    };
    let issuer = encode(&format!("Kitsu {organisation}"));
    format!(
        "otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}",
        encode(account)
    )
}

/// The clock of an app: six digits, SHA-1, 30 seconds, one step early or late. None when the secret is unusable.
fn clock(secret: &str) -> Option<Totp> {
    Builder::new()
        .with_secret(Secret::try_from_base32(secret).ok()?)
        .build()
        .ok()
}

/// The step of the clock that a code belongs to, if it belongs to one that is accepted now.
fn step_of(secret: Option<&str>, code: &str) -> Option<u64> {
    clock(secret?)?.check(code, u64::try_from(Utc::now().timestamp()).ok()?)
}

/// The code of a counter: a clock counts its steps, and shows the code of the one that it is at. None when the secret is
/// unusable.
pub(super) fn counted(secret: &str, counter: u64) -> Option<String> {
    Some(clock(secret)?.generate(counter.checked_mul(STEP)?).to_string())
}

/// Key under which the last step is kept that a person used.
fn key(person_id: Uuid) -> String {
    format!("totp-step:{person_id}")
}

/// Forgets which codes were used. A person who gets another secret would have to wait for the next code of it otherwise.
///
/// # Errors
/// The store does not answer.
pub(super) async fn forget(app: &App, person_id: Uuid) -> Result<(), DbErr> {
    app.store.take(&key(person_id)).await.map(|_| ())
}

/// True if the code is good and was not used before, to sign in or to switch the factor on. Codes are good for a minute and
/// a half, so somebody who overheard one could use it again; therefore the last step that was used is kept, and it and
/// earlier ones are refused.
pub(super) async fn use_code(app: &App, account: &person::Model, code: &str) -> Result<bool, Failure> {
    const STEP_RETENTION: Duration = Duration::from_secs(180);
    let Some(step) = step_of(account.totp_secret.as_deref(), code) else {
        return Ok(false);
    };
    let key = key(account.id);
    let take = || async {
        let last = app.store.get(&key).await?.and_then(|text| text.parse::<u64>().ok());
        if last.is_some_and(|last| step <= last) {
            return Ok(false);
        }
        app.store.put(&key, &step.to_string(), STEP_RETENTION).await?;
        Ok(true)
    };
    app.database.transact(take).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_what_apps_expect() {
        let address = address("2OLOE6DJW5A6ZCNMGC7KYBAP57IHAQBX", "Kitsu", "john.doe@gmail.com");
        assert_eq!(
            address,
            "otpauth://totp/Kitsu%20Kitsu:john.doe%40gmail.com?secret=2OLOE6DJW5A6ZCNMGC7KYBAP57IHAQBX&issuer=Kitsu%20Kitsu"
        );
    }

    #[test]
    fn codes_of_the_neighbouring_steps_are_good() {
        let secret = new_secret();
        assert_eq!(secret.len(), 32);
        let app = clock(&secret).expect("a clock");
        let now = u64::try_from(Utc::now().timestamp()).expect("after 1970");
        let step = now / STEP;
        for (moment, expected) in [(now - 30, step - 1), (now, step), (now + 30, step + 1)] {
            assert_eq!(
                step_of(Some(&secret), &app.generate(moment).to_string()),
                Some(expected)
            );
        }
        assert_eq!(step_of(Some(&secret), &app.generate(now - 300).to_string()), None);
        assert_eq!(step_of(Some("not base 32"), "123456"), None);
        assert_eq!(step_of(None, "123456"), None);
    }

    /// The values of RFC 4226, appendix D, for the secret `12345678901234567890`.
    #[test]
    fn counted_codes_are_those_of_the_standard() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (counter, code) in [(0, "755224"), (1, "287082"), (9, "520489")] {
            assert_eq!(counted(secret, counter).as_deref(), Some(code));
        }
        assert_eq!(counted("not base 32", 0), None);
        assert_eq!(counted(secret, u64::MAX), None);
    }
}
