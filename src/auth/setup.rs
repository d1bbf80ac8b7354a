//! Setting second factors up, and giving them up.

use dailies_definitions::access::SessionHolder;
use dailies_definitions::call::request_headers;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{SecondFactorEnabled, Success};
use entity::arrays::BytesArray;
use entity::person;
use poem::http::StatusCode;
use sea_orm::Value;
use serde_json::json;

use super::cookies::Cookies;
use super::fido;
use super::lockout::Gate;
use super::second_factor::{self, Proof, SecondFactor};
use crate::app::App;
use crate::database;
use crate::events::{Work, transact};

/// Changes of an account.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub columns: Vec<(&'static str, Value)>,
    /// All security keys as they are to be stored, where they change.
    pub security_keys: Option<Vec<String>>,
}

impl From<Vec<(&'static str, Value)>> for Changes {
    fn from(columns: Vec<(&'static str, Value)>) -> Self {
        Self {
            columns,
            security_keys: None,
        }
    }
}

/// 400: a code is wrong or missing.
pub(super) fn wrong_code(message: &str) -> Failure {
    Failure::answer(
        StatusCode::BAD_REQUEST,
        json!({"error": true, "message": message, "wrong_OTP": true}),
    )
}

/// 400: nobody may guess for a while.
pub(super) fn too_many_failures() -> Failure {
    let message = "Too many failed login attempts.";
    Failure::answer(
        StatusCode::BAD_REQUEST,
        json!({"error": true, "message": message, "too_many_failed_login_attemps": true}),
    )
}

/// Changes the caller's own account.
///
/// # Errors
/// The database refuses.
pub(super) async fn store(app: &App, access: &SessionHolder, changes: impl Into<Changes>) -> Result<(), Failure> {
    let changes = changes.into();
    let change = || async {
        let mut work = Work::begin(app, access).await?;
        database::update(&*work, &person::TABLE, access.person.id, changes.columns.clone()).await?;
        if let Some(keys) = &changes.security_keys {
            fido::store(app, &*work, access.person.id, keys).await?;
        }
        work.person_changed(access.person.id);
        Ok(work.finish().await?)
    };
    transact(app, change).await
}

/// Lets the change of an account go on only with one of its second factors. Wrong ones count as failures to sign in. Call it
/// while the account has your turn.
///
/// # Errors
/// 400 for a wrong or missing code, or after too many.
pub(super) async fn prove(app: &App, account: &person::Model, proof: &Proof) -> Result<(), Failure> {
    const REFUSAL: &str = "OTP verification failed.";
    let Some(evidence) = proof.evidence(account) else {
        return Err(wrong_code(REFUSAL));
    };
    confirm(app, account, REFUSAL, evidence.holds(app, account)).await
}

/// Lets a setup go on only when a code shows that it works. Wrong ones count as failures to sign in, for whoever holds a
/// token could guess otherwise.
///
/// # Errors
/// 400 with that message when it does not, or after too many.
pub(super) async fn confirm(
    app: &App,
    account: &person::Model,
    refusal: &str,
    shows: impl Future<Output = Result<bool, Failure>>,
) -> Result<(), Failure> {
    let gate = Gate::of_session(account);
    if gate.is_locked(app).await? {
        return Err(too_many_failures());
    }
    if !shows.await? {
        gate.count_failure(app).await?;
        return Err(wrong_code(refusal));
    }
    Ok(())
}

/// Makes a factor one that signing in takes, and answers new tokens, with recovery codes where there were none.
///
/// # Errors
/// The database refuses.
pub(super) async fn enable(
    app: &App,
    access: &SessionHolder,
    account: &person::Model,
    factor: SecondFactor,
    mut changes: Changes,
) -> Result<Json<SecondFactorEnabled>, Failure> {
    changes.columns.push((factor.column(), true.into()));
    if account.preferred_two_factor_authentication.is_none() {
        changes
            .columns
            .push(("preferred_two_factor_authentication", factor.code().into()));
    }
    // Somebody who had another factor before has codes already.
    let mut otp_recovery_codes = None;
    if !second_factor::is_protected(account) {
        let (codes, hashes) = second_factor::new_recovery_codes(app).await?;
        changes.columns.push(("otp_recovery_codes", hashes));
        otp_recovery_codes = Some(codes);
    }
    store(app, access, changes).await?;
    let tokens = app.tokens.session(account.id, false)?;
    let headers = request_headers().unwrap_or_default();
    let cookies = Cookies::new(&headers, &app.settings).session(&tokens);
    let answer = SecondFactorEnabled {
        otp_recovery_codes,
        access_token: tokens.access,
        refresh_token: tokens.refresh,
    };
    Ok(cookies.on(Json::of(&answer)?))
}

/// Gives a factor up, for whoever proves to be the person.
///
/// # Errors
/// 400 when there is nothing to give up, or for a wrong or missing code.
pub(super) async fn disable(
    app: &App,
    access: &SessionHolder,
    account: &person::Model,
    factor: SecondFactor,
    proof: &Proof,
    refusal: &str,
) -> Result<Json<Success>, Failure> {
    if !second_factor::is_protected(account) {
        return Err(Failure::refused(refusal));
    }
    prove(app, account, proof).await?;
    if !factor.is_enabled(account) {
        return Err(Failure::refused(refusal));
    }
    store(app, access, without(account, factor)).await?;
    Ok(Json::of(&Success { success: true })?)
}

/// Gives one of the caller's security keys up, for whoever proves to be the person. With the last one security keys are no
/// second factor any more.
///
/// # Errors
/// 400 when there are none, or for a wrong or missing code.
pub(super) async fn remove_key(
    app: &App,
    access: &SessionHolder,
    account: &person::Model,
    name: &str,
    proof: &Proof,
) -> Result<Json<Success>, Failure> {
    const REFUSAL: &str = "FIDO not enabled.";
    let keys = fido::keys_of(app, account.id).await?;
    let is_last = keys.len() == 1 && keys[0].name == name;
    if is_last || !SecondFactor::Fido.is_enabled(account) {
        return disable(app, access, account, SecondFactor::Fido, proof, REFUSAL).await;
    }
    prove(app, account, proof).await?;
    // The proof may have been one of them, which was counted.
    let mut keys = fido::keys_of(app, account.id).await?;
    if let Some(at) = keys.iter().position(|key| key.name == name) {
        keys.remove(at);
        let security_keys = Some(keys.into_iter().map(|key| key.text).collect());
        store(
            app,
            access,
            Changes {
                columns: Vec::new(),
                security_keys,
            },
        )
        .await?;
    }
    Ok(Json::of(&Success { success: true })?)
}

/// Columns that change when a factor is given up: another one takes its place as the preferred one, and without any
/// factor the recovery codes go too.
fn without(account: &person::Model, factor: SecondFactor) -> Vec<(&'static str, Value)> {
    let rest = factor
        .successors()
        .into_iter()
        .find(|other| other.is_enabled(account))
        .map(|other| other.code().to_owned());
    let mut changes = vec![(factor.column(), false.into()), factor.no_secret()];
    if rest.is_none() {
        changes.push(("otp_recovery_codes", None::<BytesArray>.into()));
    }
    if rest.is_none() || account.preferred_two_factor_authentication.as_deref() == Some(factor.code()) {
        changes.push(("preferred_two_factor_authentication", rest.into()));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_account::blank_account;

    fn names(account: &person::Model, factor: SecondFactor) -> Vec<&'static str> {
        without(account, factor).into_iter().map(|(name, _)| name).collect()
    }

    fn preferred(account: &person::Model, factor: SecondFactor) -> Option<Value> {
        let changes = without(account, factor);
        changes
            .into_iter()
            .find(|(name, _)| *name == "preferred_two_factor_authentication")
            .map(|(_, value)| value)
    }

    #[test]
    fn another_factor_takes_the_place_of_the_one_that_goes() {
        let mut person = blank_account();
        person.totp_enabled = Some(true);
        person.preferred_two_factor_authentication = Some("totp".into());
        assert_eq!(
            names(&person, SecondFactor::Totp),
            [
                "totp_enabled",
                "totp_secret",
                "otp_recovery_codes",
                "preferred_two_factor_authentication"
            ]
        );
        person.email_otp_enabled = Some(true);
        assert_eq!(
            preferred(&person, SecondFactor::Totp),
            Some(Some("email_otp".to_owned()).into())
        );
        assert_eq!(
            names(&person, SecondFactor::EmailOtp),
            ["email_otp_enabled", "email_otp_secret"]
        );
        person.preferred_two_factor_authentication = Some("email_otp".into());
        assert_eq!(
            preferred(&person, SecondFactor::EmailOtp),
            Some(Some("totp".to_owned()).into())
        );
        assert_eq!(names(&person, SecondFactor::Totp), ["totp_enabled", "totp_secret"]);
        // A key is what others give way to first.
        person.fido_enabled = Some(true);
        assert_eq!(
            preferred(&person, SecondFactor::EmailOtp),
            Some(Some("fido".to_owned()).into())
        );
        person.preferred_two_factor_authentication = Some("fido".into());
        assert_eq!(
            preferred(&person, SecondFactor::Fido),
            Some(Some("totp".to_owned()).into())
        );
    }
}
