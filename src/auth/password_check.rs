//! The check of a password, by the place where it is kept.

use dailies_definitions::failure::Failure;
use entity::person;

use super::directory;
use super::lockout::Gate;
use crate::app::App;
use crate::database;

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

    /// True if the password of an account is the one that is kept here.
    pub(super) fn is_kept(self, account: &person::Model) -> bool {
        match self {
            Self::Local => true,
            Self::NoPassword => false,
            Self::Directory => account.is_generated_from_ldap != Some(true),
        }
    }

    /// True if it is the password of an account.
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

/// True if the account may be used at all just now: a preview account is good as long as it is open.
fn is_open(strategy: Strategy, account: &person::Model) -> bool {
    let open = || strategy == Strategy::Local && account.preview_open_until.is_some_and(|end| end > database::now());
    account.preview_project_id.is_none() || open()
}

#[cfg(test)]
mod tests {
    use super::*;

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
