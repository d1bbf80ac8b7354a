//! Work of administrators on accounts, from the command line and from operations: making the first one, and giving
//! passwords.

use dailies_definitions::access::{Identity, Token};
use dailies_definitions::failure::Failure;
use entity::person;
use lettre::Address;
use sea_orm::{DbErr, Value};

use uuid::Uuid;

use super::AccountEmail;
use super::lockout::Gate;
use super::password_check::{Checked, Strategy, check_password};
use super::setup::too_many_failures;
use super::sign_in;
use crate::app::App;
use crate::config::SignInSettings;
use crate::database::{self, Sql};
use crate::events::{Work, payload, transact};
use crate::{jobs, sessions};

/// Result of a request for an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Administrator {
    /// Nobody had the address before.
    Created(Uuid),
    /// Somebody had it, and is an administrator from now on.
    Promoted(Uuid),
    /// Somebody had it, and was an administrator already.
    Unchanged(Uuid),
}

/// Reason why an account could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("the password needs at least {0} characters")]
    TooShort(usize),
    #[error("a new account needs a password")]
    NoPassword,
    #[error("{0} is no e-mail address")]
    NoAddress(String),
    #[error("nobody has the e-mail address {0}")]
    Unknown(String),
    #[error("the limit of {0} active persons is reached")]
    Limit(u64),
    #[error("{}", explain(.0))]
    Other(Failure),
}

impl From<Failure> for AccountError {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

impl From<DbErr> for AccountError {
    fn from(error: DbErr) -> Self {
        Self::Other(error.into())
    }
}

fn explain(failure: &Failure) -> String {
    match failure {
        Failure::Answer { body, .. } => body["message"].as_str().unwrap_or("the change was refused").to_owned(),
        Failure::Fault(error) => error.to_string(),
    }
}

/// Makes an administrator of whoever has that e-mail address. The password is for somebody new; it is left alone when the
/// account is there.
///
/// # Errors
/// The address or the password is not acceptable, or there are as many persons as there may be.
pub async fn create_admin(app: &App, email: &str, password: Option<&str>) -> Result<Administrator, AccountError> {
    let email = email.trim().to_lowercase();
    if let Some((id, role)) = find(app, &email).await? {
        if role == "admin" {
            return Ok(Administrator::Unchanged(id));
        }
        transact(app, || promote(app, id)).await?;
        return Ok(Administrator::Promoted(id));
    }
    let password = password.ok_or(AccountError::NoPassword)?;
    require_length(app, password)?;
    email
        .parse::<Address>()
        .map_err(|_| AccountError::NoAddress(email.clone()))?;
    require_room(app).await?;
    let hash = app.passwords.hash(password).await.map_err(Failure::from)?;
    let values: Vec<(&str, Value)> = vec![
        ("first_name", "Super".into()),
        ("last_name", "Admin".into()),
        ("email", email.clone().into()),
        ("password", hash.into()),
        ("role", "admin".into()),
    ];
    let create = || async {
        // Another server, which starts at the same time, may have been faster.
        if let Some((id, _)) = find(app, &email).await? {
            return Ok::<_, DbErr>(Administrator::Unchanged(id));
        }
        let mut work = Work::begin_as(app, None).await?;
        let id = insert(&mut work, values.clone()).await?;
        work.finish().await?;
        Ok(Administrator::Created(id))
    };
    Ok(transact(app, create).await?)
}

/// Makes an account with the time zone and the language of the studio.
///
/// # Errors
/// The database refuses.
pub async fn insert(work: &mut Work<'_>, mut values: Vec<(&'static str, Value)>) -> Result<Uuid, DbErr> {
    let settings = &work.app().settings;
    values.extend([
        ("timezone", settings.default_timezone.clone().into()),
        ("locale", settings.default_locale.clone().into()),
    ]);
    let id = database::insert(&**work, &person::TABLE, values).await?;
    work.emit_of_studio(&person::TABLE, "person:new", payload([("person_id", id)]));
    Ok(id)
}

async fn promote(app: &App, id: Uuid) -> Result<(), DbErr> {
    let mut work = Work::begin_as(app, None).await?;
    database::update(&*work, &person::TABLE, id, vec![("role", "admin".into())]).await?;
    work.person_changed(id);
    work.emit_of_studio(&entity::person::TABLE, "person:update", payload([("person_id", id)]));
    work.finish().await
}

/// Gives a new password to whoever has that e-mail address, and ends their sessions.
///
/// # Errors
/// Nobody has the address, or the password is too short.
pub async fn change_password(app: &App, email: &str, password: &str) -> Result<(), AccountError> {
    require_length(app, password)?;
    let email = email.trim().to_lowercase();
    let (id, _) = find(app, &email).await?.ok_or(AccountError::Unknown(email))?;
    set_password(app, id, password, None, None).await?;
    Ok(())
}

async fn find(app: &App, email: &str) -> Result<Option<(Uuid, String)>, DbErr> {
    let sql = Sql::with(
        "SELECT id, role FROM person WHERE email = $1 AND is_bot = $2",
        [email.into(), false.into()],
    );
    let row = app.database.row(&sql).await?;
    row.map(|row| Ok((row.try_get("", "id")?, row.try_get("", "role")?)))
        .transpose()
}

fn require_length(app: &App, password: &str) -> Result<(), AccountError> {
    let least = app.settings.sign_in.min_password_length;
    if password.chars().count() < least {
        Err(AccountError::TooShort(least))
    } else {
        Ok(())
    }
}

async fn require_room(app: &App) -> Result<(), AccountError> {
    let sql = Sql::with(
        "SELECT COUNT(*) FROM person WHERE active = $1 AND is_bot = $2 AND is_guest = $2 AND preview_project_id IS NULL",
        [true.into(), false.into()],
    );
    let active: i64 = database::read_value(&app.database, &sql).await?.unwrap_or_default();
    let limit = app.settings.user_limit;
    if u64::try_from(active).unwrap_or_default() < limit {
        Ok(())
    } else {
        Err(AccountError::Limit(limit))
    }
}

/// Refuses a password that is too short or was not typed the same twice. The length counts first. `repeated` is the name of
/// the field that has the password once more.
///
/// # Errors
/// 400 with the reason.
pub fn check_new_password(
    settings: &SignInSettings,
    password: &str,
    confirmation: &str,
    repeated: &str,
) -> Result<(), Failure> {
    if password.chars().count() < settings.min_password_length {
        return Err(Failure::refused("Password is too short.").naming("password"));
    }
    if password != confirmation {
        return Err(Failure::refused("Confirmation password doesn't match.").naming(repeated));
    }
    Ok(())
}

/// Lets somebody go on who sends their own password once more. A wrong one counts as a failure to sign in.
///
/// # Errors
/// 400 when it is not the password, or when too many were wrong.
pub async fn confirm_password(app: &App, person_id: Uuid, password: &str) -> Result<(), Failure> {
    let strategy = Strategy::from_setting(&app.settings.sign_in.auth_strategy)
        .ok_or_else(|| Failure::refused("Passwords are not kept on this server."))?;
    let _turn = app.attempts.turn(person_id).await;
    let account = sign_in::account(app, person_id).await?;
    match check_password(app, strategy, &account, &Gate::of_session(&account), password).await? {
        Checked::Right => Ok(()),
        Checked::Wrong => Err(Failure::refused("The current password is wrong.").naming("current_password")),
        Checked::Inactive => Err(Failure::refused("User is unactive.")),
        Checked::Locked => Err(too_many_failures()),
    }
}

/// Stores a password, forgets failures to sign in, and ends every session and the personal token of the person, except
/// for what `kept` belongs to: the token of somebody who changes their own password. The e-mail goes with the change.
///
/// # Errors
/// 404 when there is no such person.
pub async fn set_password(
    app: &App,
    person_id: Uuid,
    password: &str,
    kept: Option<&Token>,
    email: Option<AccountEmail>,
) -> Result<(), Failure> {
    let hash = app.passwords.hash(password).await?;
    let keeps_personal_token = kept.is_some_and(|token| token.identity == Identity::PersonalToken);
    let mut changes = vec![("password", hash.into()), ("login_failed_attemps", 0.into())];
    if !keeps_personal_token {
        changes.push(("jti", None::<String>.into()));
    }
    let change = || async {
        let mut work = Work::begin_as(app, Some(person_id)).await?;
        if !database::update(&*work, &person::TABLE, person_id, changes.clone()).await? {
            return Err(Failure::not_found());
        }
        work.person_changed(person_id);
        jobs::enqueue(&mut work, email.as_slice()).await?;
        Ok(work.finish().await?)
    };
    transact(app, change).await?;
    let session = kept.filter(|token| token.identity == Identity::Person);
    let session = session.map(|token| token.refresh_id.as_deref().unwrap_or(&token.id));
    sessions::end_sessions(app, person_id, session).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> SignInSettings {
        SignInSettings {
            auth_strategy: "auth_local_classic".into(),
            min_password_length: 8,
            enforce_2fa: false,
            two_factor_exempt_users: Vec::new(),
            sign_in_rate: 0,
        }
    }

    #[test]
    fn length_counts_characters_and_comes_first() {
        let reason =
            |password, confirmation| match check_new_password(&settings(), password, confirmation, "password_2") {
                Ok(()) => None,
                Err(failure) => Some(explain(&failure)),
            };
        assert_eq!(reason("short", "other").as_deref(), Some("Password is too short."));
        assert_eq!(reason("ééééééé", "ééééééé").as_deref(), Some("Password is too short."));
        assert_eq!(
            reason("longenough", "longenoughx").as_deref(),
            Some("Confirmation password doesn't match.")
        );
        assert_eq!(reason("éééééééé", "éééééééé"), None);
    }
}
