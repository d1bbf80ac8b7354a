//! Signing in with a password: the person who is meant, the proofs that it is them, and the notes of it.

use std::net::IpAddr;
use std::time::Duration;

use dailies_definitions::call::Visitor;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{Credentials, SignedIn};
use entity::{login_log, person};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use tokio::time::Instant;
use uuid::Uuid;

use super::browser::{is_browser, visitor_address};
use super::cookies::Cookies;
use super::lockout::Gate;
use super::password_check::{Checked, Strategy, check_password};
use super::second_factor::{Proof, is_missing, is_protected};
use super::{answers, refusals, reset};
use crate::app::App;
use crate::credentials::passwords::Passwords;
use crate::credentials::tokens::{Duty, SessionTokens};
use crate::database::{self, Sql, Transaction};

/// The password that accounts get which are made without one. It opens nothing but the way to a better one.
const DEFAULT_PASSWORD: &str = "default";

/// A refusal to sign in leaves no earlier than this, so that its time does not tell what kind of hash was compared, or
/// whether one was.
const LEAST_TIME: Duration = Duration::from_millis(400);

/// Somebody who wants to sign in.
struct Applicant {
    /// E-mail address, or name of the account on the studio's workstations.
    identifier: String,
    password: String,
    proof: Proof,
    address: Option<IpAddr>,
    from_browser: bool,
}

impl Applicant {
    fn new(app: &App, visitor: &Visitor, sent: Credentials) -> Self {
        Self {
            identifier: sent.email.trim().to_owned(),
            password: sent.password.unwrap_or_default(),
            proof: Proof {
                totp: sent.totp,
                email_otp: sent.email_otp,
                fido: sent.fido_authentication_response,
                recovery_code: sent.recovery_code,
            },
            address: visitor_address(app, visitor),
            from_browser: is_browser(&visitor.headers),
        }
    }
}

/// The person with that e-mail address, or else with that name of a workstation account, whatever blanks are around it: keyboards
/// of phones add some. Bots and guests do not sign in.
///
/// # Errors
/// The database does not answer.
pub(super) async fn find_account(app: &App, identifier: &str) -> Result<Option<person::Model>, DbErr> {
    let identifier = identifier.trim();
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

/// Session of somebody who is signed in now.
pub(super) struct OpenSession {
    pub account: person::Model,
    pub tokens: SessionTokens,
    pub duty: Duty,
}

impl OpenSession {
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

/// Signs somebody in, and answers with the session, which browsers get in cookies.
///
/// # Errors
/// An answer that says what is wrong, and no more than the applicant may know.
pub(super) async fn answer(app: &App, visitor: &Visitor, sent: Credentials) -> Result<Json<SignedIn>, Failure> {
    let started = Instant::now();
    let applicant = Applicant::new(app, visitor, sent);
    let answer = match sign_in(app, &applicant).await {
        Ok(session) => {
            let answer = answers::signed_in(app, &session).await;
            let cookies = Cookies::new(&visitor.headers, &app.settings).session(&session.tokens);
            answer.map(|answer| cookies.on(answer))
        }
        Err(refusal) => {
            tokio::time::sleep_until(started + LEAST_TIME).await;
            Err(refusal)
        }
    };
    answer.map_err(|failure| match failure {
        Failure::Fault(error) => refusals::explain(&*error),
        answer @ Failure::Answer { .. } => answer,
    })
}

/// Checks everything that signing in takes, and opens a session.
///
/// # Errors
/// An answer that says what is wrong, and no more than the applicant may know.
async fn sign_in(app: &App, applicant: &Applicant) -> Result<OpenSession, Failure> {
    let strategy = Strategy::from_setting(&app.settings.sign_in.auth_strategy).ok_or_else(refusals::no_strategy)?;
    let Some(found) = find_account(app, &applicant.identifier).await? else {
        return Err(refuse_nobody(app, strategy, applicant).await?);
    };
    let _turn = app.attempts.turn(found.id).await;
    // Failures may have been counted while others had their turn.
    let account = account(app, found.id).await?;
    let gate = Gate::of_account(&app.database, &account, applicant.address).await?;
    match check_password(app, strategy, &account, &gate, &applicant.password).await? {
        Checked::Right => {}
        Checked::Wrong => return Err(refusals::wrong()),
        Checked::Locked => return Err(refusals::locked()),
        Checked::Inactive => return Err(refusals::inactive()),
    }
    if is_protected(&account) {
        let Some(evidence) = applicant.proof.evidence(&account) else {
            return Err(refusals::factor_missing(&account));
        };
        if !evidence.holds(app, &account).await? {
            gate.count_failure(app).await?;
            return Err(refusals::factor_wrong());
        }
    }
    let is_default = strategy.is_kept(&account) && applicant.password == DEFAULT_PASSWORD;
    write_down(app, strategy, &account, applicant, is_default).await?;
    gate.forget(app).await?;
    if is_default {
        let name = reset::issue(app, account.id, reset::LIFETIME).await?;
        return Err(refusals::default_password(&reset::token(app, account.id, &name)?));
    }
    // The turn lasts until here, so that a change of password either comes before the check above or ends this session.
    OpenSession::open(app, account, false)
}

/// The refusal of an address that nobody has: it is what the wrong password of somebody gets, and takes as long.
async fn refuse_nobody(app: &App, strategy: Strategy, applicant: &Applicant) -> Result<Failure, Failure> {
    let gate = Gate::of_nobody(app, &applicant.identifier)?;
    let _turn = app.attempts.turn(gate.key()).await;
    if gate.is_locked(app).await? {
        return Ok(refusals::locked());
    }
    if strategy != Strategy::NoPassword {
        app.passwords.verify(&applicant.password, None).await?;
    }
    gate.count_failure(app).await?;
    Ok(refusals::wrong())
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
