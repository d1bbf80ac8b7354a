//! The second factor of signing in: codes of an authenticator app, and the recovery codes for the day that it is lost.

use std::time::Duration;

use chrono::Utc;
use dailies_definitions::failure::Failure;
use entity::arrays::BytesArray;
use entity::person;
use sea_orm::Value;
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use super::secrets;
use crate::app::App;
use crate::config::SignInSettings;
use crate::credentials::passwords::PasswordError;
use crate::database::{self, Sql, Transaction};

/// What a person can prove themself with besides the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SecondFactor {
    /// Codes of an authenticator app.
    Totp,
}

impl SecondFactor {
    const ALL: [Self; 1] = [Self::Totp];

    /// The name on the wire and in the database.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Totp => "totp",
        }
    }

    fn is_enabled(self, account: &person::Model) -> bool {
        match self {
            Self::Totp => account.totp_enabled == Some(true),
        }
    }

    /// Those that the person has set up.
    pub(super) fn of(account: &person::Model) -> Vec<Self> {
        Self::ALL.into_iter().filter(|factor| factor.is_enabled(account)).collect()
    }
}

/// Whether signing in to the account takes a second factor. Factors that only another server knew count too: with those,
/// only a recovery code opens the account here, but the password alone never does.
pub(super) fn is_protected(account: &person::Model) -> bool {
    [account.totp_enabled, account.email_otp_enabled, account.fido_enabled].contains(&Some(true))
}

/// Whether the person has to set up a second factor before anything else.
pub(super) fn is_missing(account: &person::Model, settings: &SignInSettings) -> bool {
    let exempt = account.email.as_ref().is_some_and(|email| settings.two_factor_exempt_users.contains(email));
    settings.enforce_2fa && !is_protected(account) && !exempt && account.preview_project_id.is_none()
}

/// What somebody sends to prove themself.
#[derive(Clone, Debug, Default)]
pub(super) struct Proof {
    pub totp: Option<String>,
    pub recovery_code: Option<String>,
}

impl Proof {
    /// What was sent, where an empty text is nothing.
    pub(super) fn new(totp: Option<String>, recovery_code: Option<String>) -> Self {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        Self { totp: given(totp), recovery_code: given(recovery_code) }
    }

    /// Whether nothing was sent.
    pub(super) fn is_empty(&self) -> bool {
        self.totp.is_none() && self.recovery_code.is_none()
    }

    /// Whether it proves the person. A code that does is used up. Call it while the account has your turn.
    pub(super) async fn holds(&self, app: &App, account: &person::Model) -> Result<bool, Failure> {
        if let Some(code) = &self.totp
            && SecondFactor::Totp.is_enabled(account)
            && use_totp(app, account, code).await?
        {
            return Ok(true);
        }
        match &self.recovery_code {
            Some(code) => use_recovery_code(app, account, code).await,
            None => Ok(false),
        }
    }
}

/// A new secret for an authenticator app, in base 32.
pub(super) fn new_totp_secret() -> String {
    Secret::generate().to_base32()
}

/// The address that authenticator apps read from a QR code.
pub(super) fn totp_address(secret: &str, organisation: &str, account: &str) -> String {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let issuer = encode(&format!("Kitsu {organisation}"));
    format!("otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}", encode(account))
}

/// The clock of an app: six digits, SHA-1, 30 seconds, one step early or late. None when the secret is unusable.
fn totp(secret: &str) -> Option<Totp> {
    Builder::new().with_secret(Secret::try_from_base32(secret).ok()?).build().ok()
}

/// The step of the clock that a code belongs to, if it belongs to one that is accepted now.
fn totp_step(secret: Option<&str>, code: &str) -> Option<u64> {
    totp(secret?)?.check(code, u64::try_from(Utc::now().timestamp()).ok()?)
}

/// Whether the code is good and was not used before, to sign in or to switch the factor on. Codes are good for a minute and a half, so somebody who overheard
/// one could use it again; therefore the last step that was used is kept, and it and earlier ones are refused.
pub(super) async fn use_totp(app: &App, account: &person::Model, code: &str) -> Result<bool, Failure> {
    const KEPT: Duration = Duration::from_secs(180);
    let Some(step) = totp_step(account.totp_secret.as_deref(), code) else {
        return Ok(false);
    };
    let key = format!("totp-step:{}", account.id);
    let take = || async {
        let last = app.store.get(&key).await?.and_then(|text| text.parse::<u64>().ok());
        if last.is_some_and(|last| step <= last) {
            return Ok(false);
        }
        app.store.put(&key, &step.to_string(), KEPT).await?;
        Ok(true)
    };
    app.database.transact(take).await
}

/// New recovery codes, and their hashes as the column takes them.
pub(super) async fn new_recovery_codes(app: &App) -> Result<(Vec<String>, Value), PasswordError> {
    let codes = secrets::recovery_codes();
    let hashes = app.passwords.hash_codes(&codes).await?;
    Ok((codes, BytesArray(hashes).into()))
}

/// Whether the code is one of those left; it no longer is afterwards.
async fn use_recovery_code(app: &App, account: &person::Model, code: &str) -> Result<bool, Failure> {
    let Some(BytesArray(hashes)) = &account.otp_recovery_codes else {
        return Ok(false);
    };
    let found = app.passwords.find_code(&code.trim().to_ascii_uppercase(), hashes).await?;
    let Some(hash) = found.and_then(|at| hashes.get(at)) else {
        return Ok(false);
    };
    // Another server may have taken it in the meantime, so it is looked for once more where nobody else can change it.
    app.database.transact(|| take_recovery_code(account.id, hash)).await
}

/// Takes a recovery code out of those that are left, by its hash.
async fn take_recovery_code(person_id: Uuid, hash: &[u8]) -> Result<bool, Failure> {
    let transaction = Transaction::current()?;
    let sql = Sql::with("SELECT otp_recovery_codes FROM person WHERE id = $1", [person_id.into()]);
    let row = database::row(&transaction, &sql).await?;
    let left = row.map(|row| row.try_get_by_index::<Option<BytesArray>>(0)).transpose()?.flatten();
    let BytesArray(mut left) = left.unwrap_or_default();
    let Some(at) = left.iter().position(|known| known == hash) else {
        return Ok(false);
    };
    left.remove(at);
    let sql = Sql::with("UPDATE person SET otp_recovery_codes = $1 WHERE id = $2", [BytesArray(left).into(), person_id.into()]);
    database::execute(&transaction, &sql).await?;
    transaction.finish();
    Ok(true)
}

/// What changes when the authenticator app is taken away: another factor takes its place as the preferred one, and
/// without any factor the recovery codes go too.
pub(super) fn without_totp(account: &person::Model) -> Vec<(&'static str, Value)> {
    let fido = (account.fido_enabled == Some(true)).then_some("fido");
    let rest = fido.or((account.email_otp_enabled == Some(true)).then_some("email_otp"));
    let mut changes = vec![("totp_enabled", false.into()), ("totp_secret", Value::String(None))];
    if rest.is_none() || account.preferred_two_factor_authentication.as_deref() == Some(SecondFactor::Totp.code()) {
        changes.push(("preferred_two_factor_authentication", rest.map(str::to_owned).into()));
    }
    if rest.is_none() {
        changes.push(("otp_recovery_codes", None::<BytesArray>.into()));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::sign_in::tests::account;

    #[test]
    fn the_address_is_what_apps_expect() {
        let address = totp_address("2OLOE6DJW5A6ZCNMGC7KYBAP57IHAQBX", "Kitsu", "john.doe@gmail.com");
        assert_eq!(address, "otpauth://totp/Kitsu%20Kitsu:john.doe%40gmail.com?secret=2OLOE6DJW5A6ZCNMGC7KYBAP57IHAQBX&issuer=Kitsu%20Kitsu");
    }

    #[test]
    fn codes_of_the_neighbouring_steps_are_good() {
        let secret = new_totp_secret();
        assert_eq!(secret.len(), 32);
        let app = totp(&secret).expect("a clock");
        let now = u64::try_from(Utc::now().timestamp()).expect("after 1970");
        let step = now / 30;
        for (moment, expected) in [(now - 30, step - 1), (now, step), (now + 30, step + 1)] {
            assert_eq!(totp_step(Some(&secret), &app.generate(moment).to_string()), Some(expected));
        }
        assert_eq!(totp_step(Some(&secret), &app.generate(now - 300).to_string()), None);
        assert_eq!(totp_step(Some("not base 32"), "123456"), None);
        assert_eq!(totp_step(None, "123456"), None);
    }

    #[test]
    fn factors_that_work_elsewhere_still_protect() {
        let mut person = account();
        assert!(!is_protected(&person) && SecondFactor::of(&person).is_empty());
        person.fido_enabled = Some(true);
        assert!(is_protected(&person) && SecondFactor::of(&person).is_empty());
        person.totp_enabled = Some(true);
        assert_eq!(SecondFactor::of(&person), [SecondFactor::Totp]);
    }

    #[test]
    fn another_factor_takes_the_place_of_the_one_that_goes() {
        let mut person = account();
        person.totp_enabled = Some(true);
        person.preferred_two_factor_authentication = Some("totp".into());
        let names = |person: &person::Model| without_totp(person).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(&person), ["totp_enabled", "totp_secret", "preferred_two_factor_authentication", "otp_recovery_codes"]);
        person.email_otp_enabled = Some(true);
        assert_eq!(without_totp(&person).last(), Some(&("preferred_two_factor_authentication", Some("email_otp".to_owned()).into())));
        person.preferred_two_factor_authentication = Some("email_otp".into());
        assert_eq!(names(&person), ["totp_enabled", "totp_secret"]);
    }
}
