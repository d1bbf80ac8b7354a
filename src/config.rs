//! Settings: command-line flags and environment variables, read once at start.
//!
//! A file for each group of them. The doc comment of a setting is what `dailies serve --help`, `dailies config` and
//! `packaging/dailies.env` say of it, and its heading is where they say it.

mod data;
mod files;
mod limits;
mod media;
mod messages;
mod sign_in;
mod sign_on;
mod telemetry;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgAction, Args, ValueEnum};
use tracing_subscriber::EnvFilter;

pub use self::data::{DataArgs, DatabaseParts};
pub use self::files::{FileSettings, JobSettings};
pub use self::limits::ConnectionSettings;
pub use self::media::MediaSettings;
pub use self::messages::{ChatSettings, MailSettings};
pub use self::sign_in::SignInSettings;
pub use self::sign_on::{LdapSettings, OidcSettings, SamlSettings};
pub use self::telemetry::TelemetrySettings;
use crate::peers::Monitor;

/// A switch that can be set by a flag or by a variable with any of the usual words.
fn switch(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Ok(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Ok(false),
        _ => Err("expected one of true, false, yes, no, on, off, 1, 0".into()),
    }
}

/// Levels of the log, by area.
fn log_levels(text: &str) -> Result<String, String> {
    EnvFilter::builder().parse(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

/// Name of a host, with a port where one is meant. Addresses are made of it, so it is none itself.
fn host_name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(|letter: char| letter == '/' || letter.is_whitespace()) {
        Err("expected the name of a host, such as tracker.example.com, without https:// and without a path".into())
    } else {
        Ok(text.to_owned())
    }
}

/// Protocol that browsers speak.
fn protocol(text: &str) -> Result<String, String> {
    match text.to_ascii_lowercase() {
        known if known == "https" || known == "http" => Ok(known),
        _ => Err("expected https or http".into()),
    }
}

/// Name of a time zone.
fn time_zone(text: &str) -> Result<String, String> {
    match text.parse::<chrono_tz::Tz>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("expected a time zone such as Europe/Paris".into()),
    }
}

/// Kind of cache between requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CacheType {
    /// Kept in this process, for seconds.
    Simple,
    /// The same, and servers tell each other through Redis what is no longer true.
    Redis,
    /// Nothing: every request reads the database.
    Null,
}

/// Settings of a running server.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Address")]
pub struct Settings {
    /// Address to listen on.
    #[arg(long, env = "DAILIES_HOST", default_value = "127.0.0.1")]
    pub host: String,
    /// Port to listen on.
    #[arg(long, env = "DAILIES_PORT", default_value_t = 5000)]
    pub port: u16,
    /// Folder of a built Kitsu web UI, served at `/`.
    #[arg(long, env = "DAILIES_UI")]
    pub ui: Option<PathBuf>,
    /// Folder of plugins, each in a folder of its own with a `manifest.toml`. Their pages are served below `/plugins`; their code is
    /// not run.
    #[arg(long, env = "PLUGIN_FOLDER")]
    pub plugin_folder: Option<PathBuf>,
    /// Public host name, with the port where it is not the usual one. Links in e-mails and messages lead there.
    #[arg(long, env = "DOMAIN_NAME", default_value = "localhost:8080", value_parser = host_name)]
    pub domain_name: String,
    /// Public protocol: `https` or `http`.
    #[arg(long, env = "DOMAIN_PROTOCOL", default_value = "https", value_parser = protocol)]
    pub domain_protocol: String,
    /// Origins that browsers may call from, separated by semicolons.
    #[arg(long, env = "CORS_ALLOWED_ORIGINS", value_delimiter = ';')]
    pub cors_allowed_origins: Vec<String>,
    /// Addresses, separated by semicolons, of proxies whose `X-Real-IP` header is believed.
    #[arg(long, env = "DAILIES_TRUSTED_PROXIES", value_delimiter = ';')]
    pub trusted_proxies: Vec<IpAddr>,
    #[command(flatten)]
    pub files: FileSettings,
    /// Seconds for which clients may keep files.
    #[arg(
        long,
        env = "CLIENT_CACHE_MAX_AGE",
        default_value_t = 604_800,
        help_heading = "Files"
    )]
    pub client_cache_max_age: u64,
    #[command(flatten)]
    pub jobs: JobSettings,
    #[command(flatten)]
    pub media: MediaSettings,
    /// Highest bitrate of movies in high definition, in megabits a second; it counts where a production asks for none.
    #[arg(long, env = "MOVIE_HIGHDEF_BITRATE", default_value_t = 28, value_parser = clap::value_parser!(i32).range(1..), help_heading = "Movies")]
    pub movie_highdef_bitrate: i32,
    /// Bitrate of movies in low definition where a production asks for none, in megabits a second.
    #[arg(long, env = "MOVIE_LOWDEF_BITRATE", default_value_t = 6, value_parser = clap::value_parser!(i32).range(1..), help_heading = "Movies")]
    pub movie_lowdef_bitrate: i32,
    /// Cache between requests; `simple` unless it is given. Sessions that other servers end are over within three seconds;
    /// with `redis`, which `KV_HOST` alone switches on too, they are over at once; with `null` nothing is cached.
    #[arg(long, env = "CACHE_TYPE", ignore_case = true, help_heading = "Real-time")]
    pub cache_type: Option<CacheType>,
    /// Most bytes of answers that are kept as they were sent, for as long as nothing changes that they show; 0 for none. Long
    /// ones are kept compressed, all of them apart for each person. The texts that the search looks through may take as many
    /// again.
    #[arg(long, env = "DAILIES_CACHE_MEMORY", default_value_t = 64 * 1024 * 1024, help_heading = "Real-time")]
    pub cache_memory: u64,
    /// Host of the Redis server that joins several servers on one database; `localhost` when `CACHE_TYPE` is `redis`.
    #[arg(long, env = "KV_HOST", help_heading = "Real-time")]
    pub kv_host: Option<String>,
    /// Port of the Redis server.
    #[arg(long, env = "KV_PORT", default_value_t = 6379, help_heading = "Real-time")]
    pub kv_port: u16,
    /// Password of the Redis server.
    #[arg(long, env = "KV_PASSWORD", hide_env_values = true, help_heading = "Real-time")]
    pub kv_password: Option<String>,
    #[command(flatten)]
    pub mail: MailSettings,
    #[command(flatten)]
    pub chats: ChatSettings,
    #[command(flatten)]
    pub sign_in: SignInSettings,
    /// E-mail of the administrator made on the first start.
    #[arg(
        long,
        env = "DAILIES_ADMIN_EMAIL",
        default_value = "admin@example.com",
        help_heading = "Sign-in"
    )]
    pub admin_email: String,
    /// Password of that administrator; one is made up and printed when it is missing.
    #[arg(
        long,
        env = "DAILIES_ADMIN_PASSWORD",
        hide_env_values = true,
        help_heading = "Sign-in"
    )]
    pub admin_password: Option<String>,
    /// E-mails, separated by semicolons, of persons that others can't deactivate, delete or change the role of.
    #[arg(long, env = "PROTECTED_ACCOUNTS", value_delimiter = ';', help_heading = "Sign-in")]
    pub protected_accounts: Vec<String>,
    /// Key that signs tokens; made and kept in the data folder when it is missing. Several servers need the same.
    #[arg(long, env = "SECRET_KEY", hide_env_values = true, value_parser = NonEmptyStringValueParser::new(), help_heading = "Sign-in")]
    pub secret_key: Option<String>,
    #[command(flatten)]
    pub oidc: OidcSettings,
    #[command(flatten)]
    pub saml: SamlSettings,
    #[command(flatten)]
    pub ldap: LdapSettings,
    #[command(flatten)]
    pub connections: ConnectionSettings,
    /// Largest body in bytes; 0 for no limit.
    #[arg(long, env = "MAX_CONTENT_LENGTH", default_value_t = 10 * 1024 * 1024 * 1024, help_heading = "Limits")]
    pub max_content_length: u64,
    /// Records on a page when the client does not say.
    #[arg(long, env = "NB_RECORDS_PER_PAGE", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..), help_heading = "Limits")]
    pub nb_records_per_page: u64,
    /// Days after which links of shared playlists expire that name no end; 0 for never.
    #[arg(long, env = "DAILIES_SHARE_LINK_DAYS", default_value_t = 0, help_heading = "Limits")]
    pub share_link_days: u32,
    /// Most persons that may be active, bots and guests aside.
    #[arg(long, env = "USER_LIMIT", default_value_t = 100, help_heading = "Limits")]
    pub user_limit: u64,
    /// Time zone of new persons.
    #[arg(
        long,
        env = "DEFAULT_TIMEZONE",
        default_value = "Europe/Paris",
        value_parser = time_zone,
        help_heading = "Studio"
    )]
    pub default_timezone: String,
    /// Locale of new persons.
    #[arg(long, env = "DEFAULT_LOCALE", default_value = "en_US", help_heading = "Studio")]
    pub default_locale: String,
    /// True if the studio runs this server itself; web clients are told.
    #[arg(long, env = "IS_SELF_HOSTED", default_value = "true", value_parser = switch, action = ArgAction::Set, help_heading = "Studio")]
    pub is_self_hosted: bool,
    /// Token of the Crisp help chat, which web clients are told in `crisp_token` of `/config`.
    #[arg(
        long,
        env = "CRISP_TOKEN",
        default_value = "",
        hide_env_values = true,
        help_heading = "Studio"
    )]
    pub crisp_token: String,
    /// Levels of the log on the standard error, by area: `dailies=debug` tells more. The file `log_levels` in the data folder
    /// counts before it, and is read again at each signal HUP.
    #[arg(long, env = "RUST_LOG", value_name = "LEVELS", default_value = "info,sqlx=warn", value_parser = log_levels, help_heading = "Monitoring")]
    pub log: String,
    /// Milliseconds after which a statement of the database is logged, with the operation or the job that it belongs to; 0 for
    /// none.
    #[arg(
        long,
        env = "DAILIES_SLOW_STATEMENT",
        default_value_t = 500,
        help_heading = "Monitoring"
    )]
    pub slow_statement: u64,
    /// Addresses, separated by semicolons, that may read `/metrics`, `/status/resources` and the parts of `/status` besides this
    /// very machine; `all` is everybody.
    #[arg(long, env = "DAILIES_MONITORS", value_delimiter = ';', help_heading = "Monitoring")]
    pub monitors: Vec<Monitor>,
    /// Token for `/admin/config/check`, which is not there without one.
    #[arg(long, env = "ADMIN_TOKEN", hide_env_values = true, help_heading = "Monitoring")]
    pub admin_token: Option<String>,
    #[command(flatten)]
    pub telemetry: TelemetrySettings,
    #[command(flatten)]
    pub ui_reports: UiReportSettings,
}

/// Settings of the place that web clients report their errors to; the server only tells them.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Monitoring")]
pub struct UiReportSettings {
    /// True if web clients report errors.
    #[arg(long, env = "SENTRY_KITSU_ENABLED", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub sentry_kitsu_enabled: bool,
    /// Address that they report to.
    #[arg(long, env = "SENTRY_KITSU_DSN", default_value = "")]
    pub sentry_kitsu_dsn: String,
    /// Share of the errors that they report, from 0 to 1.
    #[arg(long, env = "SENTRY_KITSU_SR", default_value_t = 0.1)]
    pub sentry_kitsu_sr: f64,
}

/// Least characters of a key that nobody guesses.
const SHORTEST_KEY: usize = 16;

impl Settings {
    /// Sentences on settings that can be read, and do not do what they are for.
    #[must_use]
    pub fn doubts(&self) -> Vec<&'static str> {
        let (oidc, saml) = (&self.oidc, &self.saml);
        [
            (
                self.secret_key.as_ref().is_some_and(|key| key.len() < SHORTEST_KEY),
                "SECRET_KEY is short, and who guesses it signs in as anybody: `openssl rand -hex 32` makes a good one",
            ),
            (
                !self.sign_in.checks_passwords(),
                "AUTH_STRATEGY is none that there is: nobody can sign in with a password",
            ),
            (
                oidc.oidc_enabled && (oidc.oidc_discovery_url.is_empty() || oidc.oidc_client_id.is_empty()),
                "OIDC_ENABLED takes OIDC_DISCOVERY_URL and OIDC_CLIENT_ID: nobody can sign in that way",
            ),
            (
                saml.saml_enabled && saml.saml_metadata_url.is_empty(),
                "SAML_ENABLED takes SAML_METADATA_URL: nobody can sign in that way",
            ),
        ]
        .into_iter()
        .filter_map(|(is_so, sentence)| is_so.then_some(sentence))
        .collect()
    }

    /// Host of the Redis server, if there is one.
    #[must_use]
    pub fn redis_host(&self) -> Option<&str> {
        let host = self.kv_host.as_deref().filter(|host| !host.is_empty());
        host.or_else(|| (self.cache_type == Some(CacheType::Redis)).then_some("localhost"))
    }

    /// True if this is the address of a protected account.
    #[must_use]
    pub fn protects(&self, email: Option<&str>) -> bool {
        let email = email.unwrap_or_default().trim();
        let is_it = |known: &String| known.trim().eq_ignore_ascii_case(email);
        !email.is_empty() && self.protected_accounts.iter().any(is_it)
    }

    /// Address at which browsers find the studio, such as `https://kitsu.example.org`.
    #[must_use]
    pub fn public_address(&self) -> String {
        format!("{}://{}", self.domain_protocol, self.domain_name)
    }
}

/// Settings as flags give them, for tests.
#[cfg(test)]
pub(crate) fn parsed<T: clap::Args>(flags: &[&str]) -> Result<T, clap::Error> {
    let command = T::augment_args(clap::Command::new("dailies")).no_binary_name(true);
    T::from_arg_matches(&command.try_get_matches_from(flags)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(flags: &[&str]) -> Result<Settings, clap::Error> {
        parsed(flags)
    }

    #[test]
    fn values_that_can_not_work_are_refused() {
        for [flag, good, wrong] in [
            [
                "--domain-name",
                "tracker.example.com:8443",
                "https://tracker.example.com",
            ],
            ["--domain-name", "localhost", "tracker.example.com/"],
            ["--domain-protocol", "HTTPS", "ftp"],
            ["--default-timezone", "America/New_York", "Mars/Phobos"],
            ["--nb-records-per-page", "1", "0"],
            ["--head-timeout", "1", "0"],
            ["--job-queue-timeout", "1", "0"],
            ["--movie-highdef-bitrate", "1", "-1"],
            ["--secret-key", "a key", ""],
            ["--fs-s3-aes256-key", "0123456789abcdef0123456789abcdef", "short"],
        ] {
            assert!(read(&[flag, good]).is_ok(), "{flag} {good}");
            assert!(read(&[flag, wrong]).is_err(), "{flag} {wrong}");
        }
    }

    #[test]
    fn settings_that_lack_others_are_doubted() -> Result<(), clap::Error> {
        let doubts = |flags: &[&str]| read(flags).map(|settings| settings.doubts().join("\n"));
        assert_eq!(doubts(&[])?, "");
        for (flags, told) in [
            (["--secret-key", "mysecretkey"], "SECRET_KEY"),
            (["--auth-strategy", "auth_remote_lpad"], "AUTH_STRATEGY"),
            (["--oidc-enabled", "yes"], "OIDC_DISCOVERY_URL"),
            (["--saml-enabled", "yes"], "SAML_METADATA_URL"),
        ] {
            assert!(doubts(&flags)?.contains(told), "{flags:?}");
        }
        Ok(())
    }
}
