//! E-mails about accounts: stored as jobs with the change that they tell of, and written when they leave.

use std::net::IpAddr;

use async_trait::async_trait;
use chrono::NaiveDateTime;
use dailies_definitions::failure::Failure;
use entity::person;
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::email_code;
use super::reset::{self, TokenName};
use crate::app::{App, SharedApp};
use crate::background::{JobError, Lane};
use crate::database;
use crate::events::{Work, transact};
use crate::jobs::{self, Job};
use crate::mail::{Letter, LetterOrigin, Recipient};
use crate::studio::send_letter;
use crate::vocabulary::persons::full_name;

/// Message to the owner of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountLetter {
    /// They changed their password.
    PasswordChanged,
    /// They, or somebody else, asked for a link to choose a new password.
    PasswordRecovery { token: TokenName },
    /// An administrator invites them, who have not signed in yet.
    Invitation { token: TokenName },
    /// An administrator changed their password.
    PasswordChangedByAdmin,
    /// An administrator took their second factors away.
    SecondFactorsRemovedByAdmin,
    /// Their address was changed, from the one that this goes to.
    AddressChanged,
    /// They, or somebody else, asked for a code to sign in with.
    Code,
}

/// An e-mail about an account that is to be sent. It names the token of a link, and does not hold it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountEmail {
    letter: AccountLetter,
    person_id: Uuid,
    /// The address that the person had then: who took an account over can't take the news of that over, too.
    to: String,
    /// Moment at which it happened.
    moment: NaiveDateTime,
    /// Address of the request that led to it.
    from: Option<IpAddr>,
}

impl AccountEmail {
    /// Letter to the owner of an account: nothing to those without an address, or when e-mails are switched off.
    #[must_use]
    pub fn new(app: &App, letter: AccountLetter, account: &person::Model, from: Option<IpAddr>) -> Option<Self> {
        let to = account
            .email
            .clone()
            .filter(|email| !email.is_empty() && app.mailer.is_enabled())?;
        Some(Self {
            letter,
            person_id: account.id,
            to,
            moment: database::now(),
            from,
        })
    }

    /// The letter, or nothing when its link or code is no longer good for anything.
    async fn letter(&self, app: &App, account: &person::Model) -> Result<Option<Letter>, JobError> {
        Ok(Some(match &self.letter {
            AccountLetter::PasswordChanged => Letter::PasswordChanged,
            AccountLetter::PasswordChangedByAdmin => Letter::PasswordChangedByAdmin,
            AccountLetter::SecondFactorsRemovedByAdmin => Letter::SecondFactorsRemovedByAdmin,
            AccountLetter::AddressChanged => Letter::AddressChanged,
            AccountLetter::Code => {
                let Some(code) = email_code::pending(app, account).await? else {
                    return Ok(None);
                };
                Letter::VerificationCode { code }
            }
            AccountLetter::PasswordRecovery { token } => {
                let Some(link) = self.link(app, token).await? else {
                    return Ok(None);
                };
                Letter::PasswordRecovery { link }
            }
            AccountLetter::Invitation { token } => {
                let Some(link) = self.link(app, token).await? else {
                    return Ok(None);
                };
                Letter::Invitation {
                    link: format!("{link}&type=new"),
                }
            }
        }))
    }

    async fn link(&self, app: &App, name: &TokenName) -> Result<Option<String>, JobError> {
        if !reset::is_pending(app, self.person_id, name)
            .await
            .map_err(JobError::of)?
        {
            return Ok(None);
        }
        let token = reset::token(app, self.person_id, name).map_err(JobError::of)?;
        Ok(Some(reset::link(app, &self.to, &token)))
    }
}

/// Sends an e-mail, if there is one, that goes with no other change.
///
/// # Errors
/// The database refuses.
pub(super) async fn send_account_email(app: &App, email: Option<AccountEmail>) -> Result<(), Failure> {
    let enqueue = || async {
        let mut work = Work::begin_as(app, None).await?;
        jobs::enqueue(&mut work, email.as_slice()).await?;
        Ok(work.finish().await?)
    };
    transact(app, enqueue).await
}

#[async_trait]
impl Job for AccountEmail {
    const KIND: &'static str = "account-email";
    const LANE: Lane = Lane::Letters;
    /// About 17 hours.
    const ATTEMPTS: i32 = 22;

    async fn run(&self, app: &SharedApp, id: Uuid) -> Result<(), JobError> {
        let Some(account) = person::Entity::find_by_id(self.person_id).one(&app.database).await? else {
            return Ok(());
        };
        let Some(letter) = self.letter(app, &account).await? else {
            return Ok(());
        };
        let recipient = Recipient {
            address: self.to.clone(),
            full_name: full_name(&account.first_name, &account.last_name),
            first_name: account.first_name,
            timezone: account.timezone,
        };
        let origin = LetterOrigin {
            moment: self.moment,
            address: self.from,
        };
        send_letter(app, id, &letter, &recipient, origin).await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn letters_say_how_long_links_and_codes_are_good() {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        let recovery = include_str!("../mail/templates/password_recovery.html");
        let invitation = include_str!("../mail/templates/invitation.html");
        let code = include_str!("../mail/templates/verification_code.html");
        for (lifetime, said, words, letter) in [
            (reset::LIFETIME, minutes(2 * 60), "two hours", recovery),
            (
                reset::INVITATION_LIFETIME,
                minutes(7 * 24 * 60),
                "seven days",
                invitation,
            ),
            (email_code::LIFETIME, minutes(5), "five minutes", code),
        ] {
            assert!(letter.contains(words), "a letter no longer says {words}");
            assert_eq!(lifetime, said, "a letter says {words}");
        }
    }
}
