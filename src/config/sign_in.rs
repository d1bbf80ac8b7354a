//! Settings of signing in here: passwords and second factors.

use std::time::Duration;

use clap::{ArgAction, Args};

use super::switch;

/// The ways to check passwords.
const STRATEGIES: [&str; 3] = ["auth_local_classic", "auth_remote_ldap", "auth_local_no_password"];

/// Settings of signing in.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Sign-in")]
pub struct SignInSettings {
    /// Check of passwords: `auth_local_classic` against those that are kept here, `auth_remote_ldap` in the directory,
    /// `auth_local_no_password` none at all, for tests.
    #[arg(long, env = "AUTH_STRATEGY", default_value = "auth_local_classic")]
    pub auth_strategy: String,
    /// Least characters of a password.
    #[arg(long, env = "MIN_PASSWORD_LENGTH", default_value_t = 8)]
    pub min_password_length: usize,
    /// True if everybody must have a second factor.
    #[arg(long, env = "ENFORCE_2FA", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub enforce_2fa: bool,
    /// E-mails, separated by commas, of persons who need no second factor. Shells and systemd know no variables that begin
    /// with a digit: give the flag there.
    #[arg(long, env = "2FA_EXEMPT_USERS", value_delimiter = ',')]
    pub two_factor_exempt_users: Vec<String>,
    /// Most sign-ins that one address may try in a minute; 0 for no limit.
    #[arg(long, env = "DAILIES_SIGN_IN_RATE", default_value_t = 120)]
    pub sign_in_rate: u32,
}

impl SignInSettings {
    /// Time for which an access token is good.
    pub const ACCESS_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);
    /// Time for which a refresh token is good.
    pub const REFRESH_LIFETIME: Duration = Duration::from_secs(15 * 24 * 3600);

    /// True if passwords are checked in a way that there is.
    #[must_use]
    pub fn checks_passwords(&self) -> bool {
        STRATEGIES.contains(&self.auth_strategy.as_str())
    }

    /// True if people sign in with passwords that this server keeps.
    #[must_use]
    pub fn keeps_passwords(&self) -> bool {
        self.auth_strategy == "auth_local_classic"
    }
}
