//! E-mails that anybody can ask for who knows an address. They are sent after the answer, whose time would tell otherwise
//! whether somebody has that address, or signs in with codes.

use std::net::IpAddr;
use std::sync::Arc;

use dailies_definitions::call::Visitor;
use dailies_definitions::failure::Failure;

use super::browser::visitor_address;
use super::second_factor::SecondFactor;
use super::sign_in::find_account;
use super::{AccountEmail, AccountLetter, email_code, emails, reset};
use crate::app::{App, SharedApp};
use crate::credentials::attempts::Mail;

/// Sends an e-mail once the request is answered. `failure` is what the log says when the server could not.
pub(super) fn after_answer<S>(
    app: &SharedApp,
    visitor: &Visitor,
    failure: &'static str,
    send: impl FnOnce(SharedApp, Option<IpAddr>) -> S,
) where
    S: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let from = visitor_address(app, visitor);
    let sent = send(Arc::clone(app), from);
    app.jobs.soon(async move {
        if let Err(Failure::Fault(error)) = sent.await {
            tracing::error!(error = &*error as &dyn std::error::Error, "{failure}");
        }
    });
}

/// Sends a link to choose a new password to somebody who has that e-mail address, unless they got several just now.
pub(super) async fn send_reset_link(app: &App, email: &str, from: Option<IpAddr>) -> Result<(), Failure> {
    let Some(account) = find_account(app, email).await? else {
        return Ok(());
    };
    // The name of a workstation account is no address.
    if account
        .email
        .as_deref()
        .is_none_or(|known| known.to_lowercase() != email.trim().to_lowercase())
    {
        return Ok(());
    }
    if account.active != Some(true) || !app.attempts.may_mail(account.id, Mail::Password) {
        return Ok(());
    }
    let token = reset::issue(app, account.id, reset::LIFETIME).await?;
    emails::send_account_email(
        app,
        AccountEmail::new(app, AccountLetter::PasswordRecovery { token }, &account, from),
    )
    .await
}

/// Sends a code to somebody active who signs in with such codes.
pub(super) async fn send_code(app: &App, identifier: &str, from: Option<IpAddr>) -> Result<(), Failure> {
    let account = find_account(app, identifier).await?;
    if let Some(account) =
        account.filter(|account| account.active == Some(true) && SecondFactor::EmailOtp.is_enabled(account))
    {
        email_code::send_code(app, &account, from).await?;
    }
    Ok(())
}
