//! A new password that a person chooses: in place of the old one, or with a token of somebody who forgot it.

use dailies_definitions::access::Human;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{PasswordChange, PasswordReset, Success};

use super::accounts::{check_new_password, set_password};
use super::browser::caller_address;
use super::lockout::Gate;
use super::password_check::{Checked, Strategy, check_password};
use super::setup::too_many_failures;
use super::sign_in::{account, find_account};
use super::{AccountEmail, AccountLetter, reset};
use crate::app::App;

/// Changes the password of the caller, who sends the old one too. Other sessions end.
///
/// # Errors
/// 400 for a wrong old password, after too many, and for a new one that is not good.
pub(super) async fn change(app: &App, access: &Human, body: &PasswordChange) -> Result<Json<Success>, Failure> {
    let strategy = Strategy::from_setting(&app.settings.sign_in.auth_strategy)
        .ok_or_else(|| Failure::refused("Passwords are not kept on this server."))?;
    let _turn = app.attempts.turn(access.person.id).await;
    let account = account(app, access.person.id).await?;
    if strategy == Strategy::Directory && !strategy.is_kept(&account) {
        return Err(Failure::refused(
            "Your password is kept in the directory of the studio.",
        ));
    }
    let gate = Gate::of_session(&account);
    match check_password(app, strategy, &account, &gate, &body.old_password).await? {
        Checked::Right => {}
        Checked::Wrong => return Err(Failure::refused("Old password is wrong.").naming("old_password")),
        Checked::Inactive => return Err(Failure::refused("User is unactive.")),
        Checked::Locked => return Err(too_many_failures()),
    }
    check_new_password(&app.settings.sign_in, &body.password, &body.password_2, "password_2")?;
    let email = AccountEmail::new(app, AccountLetter::PasswordChanged, &account, caller_address(app));
    set_password(app, account.id, &body.password, Some(&access.token), email).await?;
    Ok(Json::of(&Success { success: true })?)
}

/// Sets the password of somebody who has a token for it, which is used up. All their sessions end.
///
/// # Errors
/// 400 for a token that is not good, and for a password that is not.
pub(super) async fn reset(app: &App, body: &PasswordReset) -> Result<Json<Success>, Failure> {
    let no_token = || Failure::refused("Wrong or expired token.");
    let account = find_account(app, &body.email).await?.ok_or_else(no_token)?;
    let _turn = app.attempts.turn(account.id).await;
    if !reset::is_good(app, account.id, &body.token).await? {
        return Err(no_token());
    }
    // A password that is no good does not use the token up.
    check_new_password(&app.settings.sign_in, &body.password, &body.password2, "password2")?;
    if !reset::take(app, account.id, &body.token).await? {
        return Err(no_token());
    }
    set_password(app, account.id, &body.password, None, None).await?;
    Ok(Json::of(&Success { success: true })?)
}
