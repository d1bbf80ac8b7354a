//! Codes that are sent by e-mail: six digits for a counter that is drawn each time, good once and for five minutes.
//!
//! The store knows the counter and the account the secret, so that neither tells a code, nor does the job of the e-mail.

use std::net::IpAddr;
use std::time::Duration;

use dailies_definitions::access::SessionHolder;
use dailies_definitions::failure::Failure;
use entity::person;
use poem::http::StatusCode;
use rand::Rng;
use sea_orm::DbErr;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{AccountEmail, AccountLetter, caller_address, emails, setup, totp};
use crate::app::App;
use crate::credentials::attempts::{MAIL_PERIOD, Mail};

/// Validity of a code: the time after which one more e-mail may be sent to the person, so that strangers who ask for codes
/// leave the person with one that is good.
pub(super) const LIFETIME: Duration = MAIL_PERIOD;
/// Counters are drawn from the numbers below this one.
const COUNTERS: u64 = 1_000_000_000_000;

fn key(person_id: Uuid) -> String {
    format!("email-otp:{person_id}")
}

/// The code that is good now, if one was asked for.
///
/// # Errors
/// The store does not answer.
pub(super) async fn pending(app: &App, account: &person::Model) -> Result<Option<String>, DbErr> {
    let counter = app
        .store
        .get(&key(account.id))
        .await?
        .and_then(|text| text.parse().ok());
    Ok(account
        .email_otp_secret
        .as_deref()
        .zip(counter)
        .and_then(|(secret, counter)| totp::counted(secret, counter)))
}

/// True if the code is the one that is good now, which is used up then. Call it while the account has your turn.
///
/// # Errors
/// The store does not answer.
pub(super) async fn use_code(app: &App, account: &person::Model, code: &str) -> Result<bool, Failure> {
    let Some(pending) = pending(app, account).await? else {
        return Ok(false);
    };
    if !bool::from(pending.as_bytes().ct_eq(code.trim().as_bytes())) {
        return Ok(false);
    }
    // Of several servers where it is tried at once, one takes it.
    Ok(app.store.take(&key(account.id)).await?.is_some())
}

/// Sends a new code to somebody who signs in with such codes, in place of the one from before. Says whether it did: a person
/// gets only so many in a row.
///
/// # Errors
/// The database does not answer.
pub(super) async fn send_code(app: &App, account: &person::Model, from: Option<IpAddr>) -> Result<bool, Failure> {
    if !app.attempts.may_mail(account.id, Mail::Code) {
        return Ok(false);
    }
    draw(app, account.id).await?;
    emails::send_account_email(app, AccountEmail::new(app, AccountLetter::Code, account, from)).await?;
    Ok(true)
}

/// Gives a person who does not sign in with such codes yet a secret, and sends the first code.
///
/// # Errors
/// 429 when the person got too many codes just now.
pub(super) async fn prepare(app: &App, access: &SessionHolder, account: &person::Model) -> Result<(), Failure> {
    if !app.attempts.may_mail(account.id, Mail::Code) {
        return Err(Failure::plain(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many codes were sent. Try again in a few minutes.",
        ));
    }
    let changes = vec![
        ("email_otp_secret", totp::new_secret().into()),
        ("email_otp_enabled", false.into()),
    ];
    setup::store(app, access, changes).await?;
    draw(app, account.id).await?;
    emails::send_account_email(
        app,
        AccountEmail::new(app, AccountLetter::Code, account, caller_address(app)),
    )
    .await
}

/// Draws the counter of the next code of a person.
async fn draw(app: &App, person_id: Uuid) -> Result<(), DbErr> {
    let counter = rand::rng().random_range(0..COUNTERS);
    app.store.put(&key(person_id), &counter.to_string(), LIFETIME).await
}
