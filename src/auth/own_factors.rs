//! The second factors of the caller. Each is prepared, switched on with a code that shows that it works, and switched off
//! with a proof; `setup` has what these steps share.

use dailies_definitions::access::SessionHolder;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{
    FidoRegistrationAnswer, FidoRemoval, RecoveryCodes, SecondFactorEnabled, Success, TotpSetup,
};
use entity::person;
use tokio::sync::MutexGuard;

use super::second_factor::{self, Proof, SecondFactor};
use super::setup::{self, Changes};
use super::sign_in::account;
use super::{email_code, fido, totp};
use crate::app::App;
use crate::studio::organisation;

/// The caller's turn on their account, which lasts until it is dropped, and the account as it is then.
async fn own_turn<'a>(app: &'a App, access: &SessionHolder) -> Result<(MutexGuard<'a, ()>, person::Model), Failure> {
    let turn = app.attempts.turn(access.person.id).await;
    Ok((turn, account(app, access.person.id).await?))
}

fn refuse_enabled(account: &person::Model, factor: SecondFactor, refusal: &str) -> Result<(), Failure> {
    if factor.is_enabled(account) {
        Err(Failure::refused(refusal))
    } else {
        Ok(())
    }
}

/// Gives the caller a secret for an authenticator app.
///
/// # Errors
/// 400 when such an app is set up already.
pub(super) async fn prepare_totp(app: &App, access: &SessionHolder) -> Result<Json<TotpSetup>, Failure> {
    let account = account(app, access.person.id).await?;
    refuse_enabled(&account, SecondFactor::Totp, "TOTP already enabled.")?;
    let secret = totp::new_secret();
    setup::store(app, access, vec![("totp_secret", secret.clone().into())]).await?;
    totp::forget(app, account.id).await?;
    let organisation = organisation(app).await?;
    let label = account.email.unwrap_or_else(|| access.person.full_name());
    let totp_provisionning_uri = totp::address(&secret, &organisation.name, &label);
    Ok(Json::of(&TotpSetup {
        totp_provisionning_uri,
        otp_secret: secret,
    })?)
}

/// Switches the authenticator app on.
///
/// # Errors
/// 400 when it is on already, for a wrong code, or after too many.
pub(super) async fn enable_totp(
    app: &App,
    access: &SessionHolder,
    code: &str,
) -> Result<Json<SecondFactorEnabled>, Failure> {
    let (_turn, account) = own_turn(app, access).await?;
    refuse_enabled(&account, SecondFactor::Totp, "TOTP already enabled.")?;
    let shows = totp::use_code(app, &account, code);
    setup::confirm(app, &account, "TOTP verification failed.", shows).await?;
    setup::enable(app, access, &account, SecondFactor::Totp, Changes::default()).await
}

/// Gives the caller a secret for codes by e-mail, and sends the first code.
///
/// # Errors
/// 400 when such codes are on already, 429 after too many.
pub(super) async fn prepare_email_otp(app: &App, access: &SessionHolder) -> Result<Json<Success>, Failure> {
    let account = account(app, access.person.id).await?;
    refuse_enabled(&account, SecondFactor::EmailOtp, "OTP by email already enabled.")?;
    email_code::prepare(app, access, &account).await?;
    Ok(Json::of(&Success { success: true })?)
}

/// Switches codes by e-mail on.
///
/// # Errors
/// 400 when they are on already, for a wrong code, or after too many.
pub(super) async fn enable_email_otp(
    app: &App,
    access: &SessionHolder,
    code: &str,
) -> Result<Json<SecondFactorEnabled>, Failure> {
    let (_turn, account) = own_turn(app, access).await?;
    refuse_enabled(&account, SecondFactor::EmailOtp, "OTP by email already enabled.")?;
    let shows = email_code::use_code(app, &account, code);
    setup::confirm(app, &account, "OTP by email verification failed.", shows).await?;
    setup::enable(app, access, &account, SecondFactor::EmailOtp, Changes::default()).await
}

/// Takes a new security key, and switches security keys on.
///
/// # Errors
/// 400 when nothing was asked for, or the answer of the browser is wrong.
pub(super) async fn enable_fido(
    app: &App,
    access: &SessionHolder,
    body: &FidoRegistrationAnswer,
) -> Result<Json<SecondFactorEnabled>, Failure> {
    let (_turn, account) = own_turn(app, access).await?;
    let keys = fido::with_new_key(app, account.id, &body.device_name, &body.registration_response).await?;
    let changes = Changes {
        columns: Vec::new(),
        security_keys: Some(keys),
    };
    setup::enable(app, access, &account, SecondFactor::Fido, changes).await
}

/// Gives one security key up.
///
/// # Errors
/// 400 when there are none, or for a wrong or missing code.
pub(super) async fn remove_key(app: &App, access: &SessionHolder, body: FidoRemoval) -> Result<Json<Success>, Failure> {
    let (_turn, account) = own_turn(app, access).await?;
    let proof = Proof {
        totp: body.totp,
        email_otp: body.email_otp,
        fido: body.fido_authentication_response,
        recovery_code: body.recovery_code,
    };
    setup::remove_key(app, access, &account, &body.device_name, &proof).await
}

/// Switches a factor off. `refusal` is the answer where it is not on.
///
/// # Errors
/// 400 when it is not on, or for a wrong or missing code.
pub(super) async fn disable(
    app: &App,
    access: &SessionHolder,
    factor: SecondFactor,
    proof: &Proof,
    refusal: &str,
) -> Result<Json<Success>, Failure> {
    let (_turn, account) = own_turn(app, access).await?;
    setup::disable(app, access, &account, factor, proof, refusal).await
}

/// Makes new recovery codes in place of those that are left.
///
/// # Errors
/// 400 when no factor is on, or for a wrong or missing code.
pub(super) async fn renew_recovery_codes(
    app: &App,
    access: &SessionHolder,
    proof: &Proof,
) -> Result<Json<RecoveryCodes>, Failure> {
    let (_turn, account) = own_turn(app, access).await?;
    if !second_factor::is_protected(&account) {
        return Err(Failure::refused("No two factor authentication enabled."));
    }
    setup::prove(app, &account, proof).await?;
    let (otp_recovery_codes, hashes) = second_factor::new_recovery_codes(app).await?;
    setup::store(app, access, vec![("otp_recovery_codes", hashes)]).await?;
    Ok(Json::of(&RecoveryCodes { otp_recovery_codes })?)
}
