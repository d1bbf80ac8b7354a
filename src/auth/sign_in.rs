//! Signing in with a password: who is meant, whether it is really them, and what is written down about it.

use std::net::IpAddr;

use dailies_definitions::failure::Failure;
use entity::{login_log, person};
use poem::http::StatusCode;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use super::directory;
use super::lockout::Gate;
use super::reset;
use super::second_factor::{Proof, SecondFactor, is_missing, is_protected};
use crate::app::App;
use crate::credentials::passwords::Passwords;
use crate::credentials::tokens::{Duty, SessionTokens};
use crate::database::{self, Sql, Transaction};

/// Way of checking passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    /// Against the hash in the database.
    Local,
    /// Not at all.
    NoPassword,
    /// In the directory of the studio, for persons who come from there.
    Directory,
}

impl Strategy {
    /// The strategy that a setting names, if there is one of that name.
    pub(super) fn from_setting(text: &str) -> Option<Self> {
        match text {
            "auth_local_classic" => Some(Self::Local),
            "auth_local_no_password" => Some(Self::NoPassword),
            "auth_remote_ldap" => Some(Self::Directory),
            _ => None,
        }
    }

    /// Whether the password of an account is the one that is kept here.
    pub(super) fn is_kept(self, account: &person::Model) -> bool {
        match self {
            Self::Local => true,
            Self::NoPassword => false,
            Self::Directory => account.is_generated_from_ldap != Some(true),
        }
    }

    /// Whether it is the password of an account.
    async fn accepts(self, app: &App, account: &person::Model, password: &str) -> Result<bool, Failure> {
        let settings = &app.settings.ldap;
        match self {
            Self::NoPassword => Ok(true),
            Self::Directory if !self.is_kept(account) => {
                Ok(
                    directory::accepts(settings, account.desktop_login.as_deref().unwrap_or_default(), password)
                        .await?,
                )
            }
            Self::Directory if !settings.ldap_fallback => Ok(false),
            _ => Ok(app.passwords.verify(password, account.password.as_deref()).await?),
        }
    }
}

/// The password that accounts get which are made without one. It opens nothing but the way to a better one.
const DEFAULT_PASSWORD: &str = "default";

/// Somebody who wants to sign in.
pub(super) struct Applicant {
    /// E-mail address, or name of the account on the studio's workstations.
    pub identifier: String,
    pub password: String,
    pub proof: Proof,
    pub address: Option<IpAddr>,
    pub from_browser: bool,
}

/// The person with that e-mail address, or else with that name of a workstation account. Bots and guests do not sign in.
///
/// # Errors
/// The database does not answer.
pub(super) async fn find_account(app: &App, identifier: &str) -> Result<Option<person::Model>, DbErr> {
    if identifier.is_empty() {
        return Ok(None);
    }
    let people = || {
        let query = person::Entity::find()
            .filter(person::Column::IsBot.eq(false))
            .filter(person::Column::IsGuest.eq(false));
        query
            .order_by_asc(person::Column::CreatedAt)
            .order_by_asc(person::Column::Id)
    };
    let by_email = people()
        .filter(person::Column::Email.eq(identifier.to_lowercase()))
        .one(&app.database)
        .await?;
    match by_email {
        Some(account) => Ok(Some(account)),
        None => {
            people()
                .filter(person::Column::DesktopLogin.eq(identifier))
                .one(&app.database)
                .await
        }
    }
}

/// The account of a person who holds a token.
///
/// # Errors
/// 404 when the person was deleted in the meantime.
pub(super) async fn account(app: &App, id: Uuid) -> Result<person::Model, Failure> {
    person::Entity::find_by_id(id)
        .one(&app.database)
        .await?
        .ok_or_else(Failure::not_found)
}

/// Result of checking a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    Right,
    Wrong,
    /// Too many were wrong lately; this one was not looked at.
    Locked,
    /// Right, but the account is switched off, or a preview account is closed.
    Inactive,
}

/// Checks the password of an account, and counts it when it is wrong. Call it while the account has your turn.
///
/// # Errors
/// Something broke.
pub(super) async fn check_password(
    app: &App,
    strategy: Strategy,
    account: &person::Model,
    gate: &Gate<'_>,
    password: &str,
) -> Result<Checked, Failure> {
    if gate.is_locked(app).await? {
        return Ok(Checked::Locked);
    }
    if !strategy.accepts(app, account, password).await? {
        gate.count_failure(app).await?;
        return Ok(Checked::Wrong);
    }
    Ok(if account.active == Some(true) && is_open(strategy, account) {
        Checked::Right
    } else {
        Checked::Inactive
    })
}

/// Whether the account may be used at all just now: a preview account is good as long as it is open.
fn is_open(strategy: Strategy, account: &person::Model) -> bool {
    let open = || strategy == Strategy::Local && account.preview_open_until.is_some_and(|end| end > database::now());
    account.preview_project_id.is_none() || open()
}

/// Somebody who is signed in now.
pub(super) struct SignedIn {
    pub account: person::Model,
    pub tokens: SessionTokens,
    pub duty: Duty,
}

impl SignedIn {
    /// Opens a session. Who is excused need not set a second factor up, even where the studio demands one.
    ///
    /// # Errors
    /// The tokens can't be signed.
    pub(super) fn open(app: &App, account: person::Model, excused: bool) -> Result<Self, Failure> {
        let duty = if excused {
            Duty::Excused
        } else {
            is_missing(&account, &app.settings.sign_in).into()
        };
        let tokens = app.tokens.session(account.id, duty)?;
        Ok(Self { account, tokens, duty })
    }
}

/// Checks everything that signing in takes, and opens a session.
///
/// # Errors
/// An answer that says what is wrong, and no more than the applicant may know.
pub(super) async fn sign_in(app: &App, applicant: &Applicant) -> Result<SignedIn, Failure> {
    let strategy = Strategy::from_setting(&app.settings.sign_in.auth_strategy).ok_or_else(no_strategy)?;
    let Some(found) = find_account(app, &applicant.identifier).await? else {
        return Err(refuse_nobody(app, strategy, applicant).await?);
    };
    let _turn = app.attempts.turn(found.id).await;
    // Failures may have been counted while others had their turn.
    let account = account(app, found.id).await?;
    let gate = Gate::of_account(&app.database, &account, applicant.address).await?;
    match check_password(app, strategy, &account, &gate, &applicant.password).await? {
        Checked::Right => {}
        Checked::Wrong => return Err(wrong()),
        Checked::Locked => return Err(locked()),
        Checked::Inactive => return Err(inactive()),
    }
    if is_protected(&account) {
        let Some(evidence) = applicant.proof.evidence(&account) else {
            return Err(factor_missing(&account));
        };
        if !evidence.holds(app, &account).await? {
            gate.count_failure(app).await?;
            return Err(factor_wrong());
        }
    }
    let is_default = strategy.is_kept(&account) && applicant.password == DEFAULT_PASSWORD;
    write_down(app, strategy, &account, applicant, is_default).await?;
    gate.forget(app).await?;
    if is_default {
        let name = reset::issue(app, account.id, reset::LIFETIME).await?;
        return Err(default_password(&reset::token(app, account.id, &name)?));
    }
    // The turn lasts until here, so that a change of password either comes before the check above or ends this session.
    SignedIn::open(app, account, false)
}

/// The refusal of an address that nobody has: it is what the wrong password of somebody gets, and takes as long.
async fn refuse_nobody(app: &App, strategy: Strategy, applicant: &Applicant) -> Result<Failure, Failure> {
    let gate = Gate::of_nobody(app, &applicant.identifier)?;
    let _turn = app.attempts.turn(gate.key()).await;
    if gate.is_locked(app).await? {
        return Ok(locked());
    }
    if strategy != Strategy::NoPassword {
        app.passwords.verify(&applicant.password, None).await?;
    }
    gate.count_failure(app).await?;
    Ok(wrong())
}

/// Traces of a success: failures are forgotten, an old hash becomes a new one, and the sign-in is logged unless the
/// password has to be replaced first.
async fn write_down(
    app: &App,
    strategy: Strategy,
    account: &person::Model,
    applicant: &Applicant,
    is_default: bool,
) -> Result<(), Failure> {
    let outdated = strategy.is_kept(account) && account.password.as_deref().is_some_and(Passwords::needs_rehash);
    let hash = if outdated {
        Some(app.passwords.hash(&applicant.password).await?)
    } else {
        None
    };
    app.database
        .transact(|| store_success(account, applicant, hash.as_deref(), is_default))
        .await
}

async fn store_success(
    account: &person::Model,
    applicant: &Applicant,
    hash: Option<&[u8]>,
    is_default: bool,
) -> Result<(), Failure> {
    let transaction = Transaction::current()?;
    if account.login_failed_attemps.unwrap_or_default() > 0 {
        let sql = Sql::with(
            "UPDATE person SET login_failed_attemps = 0 WHERE id = $1",
            [account.id.into()],
        );
        database::execute(&transaction, &sql).await?;
    }
    if let Some(hash) = hash {
        // Only in place of the hash that was checked: the password may have changed since.
        let sql = Sql::with(
            "UPDATE person SET password = $1 WHERE id = $2 AND password = $3",
            [hash.into(), account.id.into(), account.password.clone().into()],
        );
        database::execute(&transaction, &sql).await?;
    }
    if !is_default {
        let means = if applicant.from_browser {
            Means::Web
        } else {
            Means::Script
        };
        insert_login(&transaction, account.id, applicant.address, means).await?;
    }
    transaction.finish();
    Ok(())
}

/// Means by which somebody signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    Web,
    Script,
}

async fn insert_login(
    transaction: &Transaction,
    person_id: Uuid,
    address: Option<IpAddr>,
    means: Means,
) -> Result<(), DbErr> {
    let origin = match means {
        Means::Web => "web",
        Means::Script => "script",
    };
    let address = address.map(|address| address.to_string());
    let row = vec![
        ("person_id", person_id.into()),
        ("ip_address", address.into()),
        ("origin", origin.into()),
    ];
    database::insert(transaction, &login_log::TABLE, row).await.map(|_| ())
}

/// Notes in the log that somebody signed in without a password.
///
/// # Errors
/// The database refuses.
pub(super) async fn log(app: &App, person_id: Uuid, address: Option<IpAddr>, means: Means) -> Result<(), DbErr> {
    let insert = || async {
        let transaction = Transaction::current()?;
        insert_login(&transaction, person_id, address, means).await?;
        transaction.finish();
        Ok(())
    };
    app.database.transact(insert).await
}

fn no_strategy() -> Failure {
    Failure::answer(StatusCode::CONFLICT, json!({"login": false}))
}

/// The one answer for an unknown person and for a wrong password.
fn wrong() -> Failure {
    Failure::answer(
        StatusCode::BAD_REQUEST,
        json!({"login": false, "message": "Wrong email or password."}),
    )
}

fn locked() -> Failure {
    let message = "Too many failed login attempts, retry in a minute.";
    Failure::answer(
        StatusCode::BAD_REQUEST,
        json!({"error": true, "login": false, "too_many_failed_login_attemps": true, "message": message}),
    )
}

fn inactive() -> Failure {
    let message = "User is unactive, he cannot log in.";
    Failure::answer(
        StatusCode::UNAUTHORIZED,
        json!({"error": true, "login": false, "unactive": true, "message": message}),
    )
}

fn factor_missing(account: &person::Model) -> Failure {
    let enabled: Vec<&str> = ["recovery_code"]
        .into_iter()
        .chain(SecondFactor::of(account).into_iter().map(SecondFactor::code))
        .collect();
    let body = json!({
        "error": true,
        "login": false,
        "missing_OTP": true,
        "preferred_two_factor_authentication": account.preferred_two_factor_authentication,
        "two_factor_authentication_enabled": enabled,
        "message": "A two-factor authentication code is required.",
    });
    Failure::answer(StatusCode::BAD_REQUEST, body)
}

fn factor_wrong() -> Failure {
    let message = "Wrong two-factor authentication code.";
    Failure::answer(
        StatusCode::BAD_REQUEST,
        json!({"error": true, "login": false, "wrong_OTP": true, "message": message}),
    )
}

fn default_password(token: &str) -> Failure {
    Failure::answer(
        StatusCode::BAD_REQUEST,
        json!({"login": false, "default_password": true, "token": token}),
    )
}

/// Message to a client that signs in about an error that nobody expected.
pub(super) fn explain(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Failure {
    let unreachable = matches!(
        error.downcast_ref::<DbErr>(),
        Some(DbErr::Conn(_) | DbErr::ConnectionAcquire(_))
    );
    let message = if unreachable {
        "Database doesn't seem reachable."
    } else {
        "A server error occurred. Please contact your administrator."
    };
    tracing::error!(error = error as &dyn std::error::Error, "somebody could not sign in");
    Failure::answer(
        StatusCode::INTERNAL_SERVER_ERROR,
        json!({"error": true, "login": false, "message": message}),
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Somebody without a password or anything else.
    pub(in crate::auth) fn account() -> person::Model {
        person::Model {
            first_name: String::new(),
            last_name: String::new(),
            email: None,
            phone: None,
            country: None,
            contract_type: "open-ended".into(),
            active: Some(true),
            archived: None,
            last_presence: None,
            password: None,
            desktop_login: None,
            login_failed_attemps: None,
            last_login_failed: None,
            totp_enabled: None,
            totp_secret: None,
            email_otp_enabled: None,
            email_otp_secret: None,
            fido_enabled: None,
            fido_credentials: None,
            otp_recovery_codes: None,
            preferred_two_factor_authentication: None,
            shotgun_id: None,
            timezone: None,
            locale: None,
            use_12_hour_clock: None,
            display_date_format: None,
            data: None,
            role: "user".into(),
            position: None,
            seniority: None,
            daily_salary: None,
            has_avatar: None,
            notifications_enabled: None,
            notifications_slack_enabled: None,
            notifications_slack_userid: None,
            notifications_mattermost_enabled: None,
            notifications_mattermost_userid: None,
            notifications_discord_enabled: None,
            notifications_discord_userid: None,
            is_bot: false,
            is_guest: false,
            jti: None,
            expiration_date: None,
            is_generated_from_ldap: None,
            ldap_uid: None,
            preview_project_id: None,
            preview_opened_at: None,
            preview_open_until: None,
            oidc_issuer: None,
            oidc_subject: None,
            saml_issuer: None,
            saml_subject: None,
            studio_id: None,
            id: Uuid::nil(),
            created_at: None,
            updated_at: None,
        }
    }

    #[test]
    fn refusals_are_what_clients_compare_with() {
        let mut protected = account();
        protected.totp_enabled = Some(true);
        protected.preferred_two_factor_authentication = Some("totp".into());
        for (failure, status, text) in [
            (wrong(), 400, r#"{"login":false,"message":"Wrong email or password."}"#),
            (no_strategy(), 409, r#"{"login":false}"#),
            (
                locked(),
                400,
                r#"{"error":true,"login":false,"too_many_failed_login_attemps":true,"message":"Too many failed login attempts, retry in a minute."}"#,
            ),
            (
                inactive(),
                401,
                r#"{"error":true,"login":false,"unactive":true,"message":"User is unactive, he cannot log in."}"#,
            ),
            (
                factor_missing(&protected),
                400,
                r#"{"error":true,"login":false,"missing_OTP":true,"preferred_two_factor_authentication":"totp","two_factor_authentication_enabled":["recovery_code","totp"],"message":"A two-factor authentication code is required."}"#,
            ),
            (
                factor_wrong(),
                400,
                r#"{"error":true,"login":false,"wrong_OTP":true,"message":"Wrong two-factor authentication code."}"#,
            ),
            (
                default_password("T"),
                400,
                r#"{"login":false,"default_password":true,"token":"T"}"#,
            ),
            (
                explain(&DbErr::Custom(String::new())),
                500,
                r#"{"error":true,"login":false,"message":"A server error occurred. Please contact your administrator."}"#,
            ),
        ] {
            let Failure::Answer {
                status: found, body, ..
            } = failure
            else {
                panic!("no answer")
            };
            assert_eq!((found.as_u16(), body.to_string().as_str()), (status, text));
        }
    }

    #[test]
    fn only_strategies_that_work_are_known() {
        assert_eq!(Strategy::from_setting("auth_local_classic"), Some(Strategy::Local));
        assert_eq!(
            Strategy::from_setting("auth_local_no_password"),
            Some(Strategy::NoPassword)
        );
        assert_eq!(Strategy::from_setting("auth_remote_ldap"), Some(Strategy::Directory));
        assert_eq!(Strategy::from_setting("auth_remote_active_directory"), None);
    }
}
