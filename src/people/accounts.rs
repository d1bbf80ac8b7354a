//! Work of administrators on the accounts of others: invitations, passwords, second factors.

use dailies_definitions::access::Admin;
use dailies_definitions::failure::{Failure, FieldProblem};
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{InvitationSent, PasswordLink, PersonPassword, Success};
use entity::arrays::{BytesArray, JsonArray};
use entity::person;
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::access::persons::require_session;
use crate::app::App;
use crate::auth::{AccountEmail, AccountLetter, accounts, caller_address, reset};
use crate::database;
use crate::events::Work;
use crate::jobs;

/// The account of a person; 404 for nobody, 403 for a bot or a preview account.
async fn account(app: &App, id: Uuid) -> Result<person::Model, Failure> {
    let account = person::Entity::find_by_id(id)
        .one(&app.database)
        .await?
        .ok_or_else(Failure::not_found)?;
    if account.is_bot || account.preview_project_id.is_some() {
        Err(Failure::forbidden())
    } else {
        Ok(account)
    }
}

fn address(account: &person::Model) -> Result<&str, Failure> {
    let address = account.email.as_deref().filter(|email| !email.is_empty());
    address.ok_or_else(|| Failure::refused("This person has no e-mail address."))
}

/// Sends the person an invitation.
pub(super) async fn invite(app: &App, access: &Admin, id: Uuid) -> Result<Json<InvitationSent>, Failure> {
    let account = account(app, id).await?;
    address(&account)?;
    let token = reset::issue(app, account.id, reset::INVITATION_LIFETIME).await?;
    let mut work = Work::begin(app, access).await?;
    jobs::enqueue(
        &mut work,
        email_about(app, AccountLetter::Invitation { token }, &account).as_slice(),
    )
    .await?;
    work.finish().await?;
    Ok(Json::of(&InvitationSent {
        success: true,
        message: "Email sent".into(),
    })?)
}

/// Makes a link to choose a password.
pub(super) async fn password_link(app: &App, access: &Admin, id: Uuid) -> Result<Json<PasswordLink>, Failure> {
    require_session(access)?;
    let account = account(app, id).await?;
    require_password_change(app, access, &account)?;
    let email = address(&account)?;
    let name = reset::pending_or_new(app, account.id).await?;
    let token = reset::token(app, account.id, &name)?;
    Ok(Json::of(&PasswordLink {
        reset_password_link: reset::link(app, email, &token),
    })?)
}

/// Gives the person another password.
pub(super) async fn change_password(
    app: &App,
    access: &Admin,
    id: Uuid,
    body: &PersonPassword,
) -> Result<Json<Success>, Failure> {
    require_session(access)?;
    let account = account(app, id).await?;
    if body.password != body.password_2 {
        let message = "Value error, Confirmation password doesn't match.".to_owned();
        return Err(Failure::fields(&[FieldProblem {
            field: String::new(),
            message,
        }]));
    }
    require_password_change(app, access, &account)?;
    accounts::check_new_password(&app.settings.sign_in, &body.password, &body.password_2, "password_2")?;
    let kept = (account.id == access.person.id).then_some(&*access.token);
    let email = email_about(app, AccountLetter::PasswordChangedByAdmin, &account);
    accounts::set_password(app, account.id, &body.password, kept, email).await?;
    Ok(Json::of(&Success { success: true })?)
}

/// 400 for accounts whose password nobody but their owner changes.
fn require_password_change(app: &App, access: &Admin, account: &person::Model) -> Result<(), Failure> {
    if account.id == access.person.id {
        return Ok(());
    }
    require_unprotected(app, account)?;
    let has_password = account.password.as_ref().is_some_and(|hash| !hash.is_empty());
    if account.role == "admin" && has_password {
        return Err(Failure::refused("An admin can't change another admin's password."));
    }
    Ok(())
}

fn require_unprotected(app: &App, account: &person::Model) -> Result<(), Failure> {
    if app.settings.protects(account.email.as_deref()) {
        Err(Failure::refused("This user is in protected accounts."))
    } else {
        Ok(())
    }
}

/// Tells a person at their address of now that the account is about to get another one. Nobody signs in as a bot.
///
/// # Errors
/// The database refuses.
pub async fn tell_of_other_address(work: &mut Work<'_>, id: Uuid) -> Result<(), Failure> {
    let account = person::Entity::find_by_id(id)
        .one(&**work)
        .await?
        .ok_or_else(Failure::not_found)?;
    let email = email_about(work.app(), AccountLetter::AddressChanged, &account).filter(|_| !account.is_bot);
    Ok(jobs::enqueue(work, email.as_slice()).await?)
}

/// Takes every second factor of the person away.
pub(super) async fn disable_second_factors(app: &App, access: &Admin, id: Uuid) -> Result<Json<Success>, Failure> {
    require_session(access)?;
    let account = account(app, id).await?;
    if account.id != access.person.id {
        require_unprotected(app, &account)?;
        if account.role == "admin" {
            return Err(Failure::refused("An admin can't disable 2FA for other admins."));
        }
    }
    if ![account.totp_enabled, account.email_otp_enabled, account.fido_enabled].contains(&Some(true)) {
        return Err(Failure::refused("Two factor authentication not enabled for this user."));
    }
    let changes = vec![
        ("totp_enabled", false.into()),
        ("email_otp_enabled", false.into()),
        ("fido_enabled", false.into()),
        ("totp_secret", None::<String>.into()),
        ("email_otp_secret", None::<String>.into()),
        ("fido_credentials", None::<JsonArray>.into()),
        ("otp_recovery_codes", None::<BytesArray>.into()),
        ("preferred_two_factor_authentication", None::<String>.into()),
    ];
    let mut work = Work::begin(app, access).await?;
    database::update(&*work, &person::TABLE, account.id, changes).await?;
    work.person_changed(account.id);
    jobs::enqueue(
        &mut work,
        email_about(app, AccountLetter::SecondFactorsRemovedByAdmin, &account).as_slice(),
    )
    .await?;
    work.finish().await?;
    Ok(Json::of(&Success { success: true })?)
}

/// Letter to the person, who is told where the request came from.
fn email_about(app: &App, letter: AccountLetter, account: &person::Model) -> Option<AccountEmail> {
    AccountEmail::new(app, letter, account, caller_address(app))
}
