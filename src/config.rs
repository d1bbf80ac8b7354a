//! Settings: command-line flags and environment variables, read once at start.

mod sign_on;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};

pub use self::sign_on::{LdapSettings, OidcSettings, SamlSettings};
use crate::peers::Monitor;

/// Where the data is. Every command takes these.
#[derive(Args, Clone, Debug)]
pub struct DataArgs {
    /// Folder of everything that the server keeps: the embedded database, the secret key, files.
    #[arg(long, env = "DAILIES_DATA_DIR", default_value = "./data", global = true)]
    pub data_dir: PathBuf,
    /// Database: `sqlite://path` or `postgres://user:password@host:port/name`. Without it, the DB_* variables, or the embedded database in the data folder.
    #[arg(long, env = "DATABASE_URL", global = true, hide_env_values = true)]
    pub database_url: Option<String>,
    #[command(flatten)]
    pub parts: DatabaseParts,
}

/// The variables that name a PostgreSQL server part by part.
#[derive(Args, Clone, Debug)]
pub struct DatabaseParts {
    /// Host of the PostgreSQL server.
    #[arg(long, env = "DB_HOST", global = true, hide = true)]
    pub db_host: Option<String>,
    /// Port of the PostgreSQL server.
    #[arg(long, env = "DB_PORT", global = true, hide = true)]
    pub db_port: Option<u16>,
    /// User of the PostgreSQL server.
    #[arg(long, env = "DB_USERNAME", global = true, hide = true)]
    pub db_username: Option<String>,
    /// Password of that user.
    #[arg(long, env = "DB_PASSWORD", global = true, hide = true, hide_env_values = true)]
    pub db_password: Option<String>,
    /// Name of the database.
    #[arg(long, env = "DB_DATABASE", global = true, hide = true)]
    pub db_database: Option<String>,
    /// Most connections that are kept open; four for each processor, and at least eight, unless it is given.
    #[arg(long, env = "DB_POOL_SIZE", global = true, hide = true)]
    pub db_pool_size: Option<u32>,
}

impl DataArgs {
    /// Most connections to the database that are kept open. More than a few for each processor would wait for one another.
    #[must_use]
    pub fn pool_size(&self) -> u32 {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.parts.db_pool_size.unwrap_or_else(|| u32::try_from(processors * 4).unwrap_or(u32::MAX).max(8))
    }

    /// Whether the database is the embedded one, in a file of its own.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.url().starts_with("sqlite:")
    }

    /// The file of the embedded database, where it has one.
    #[must_use]
    pub fn embedded_file(&self) -> Option<PathBuf> {
        let url = self.url();
        let path = url.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        Some(path).filter(|path| !path.is_empty() && *path != ":memory:").map(PathBuf::from)
    }

    /// The address of the database.
    #[must_use]
    pub fn url(&self) -> String {
        if let Some(url) = &self.database_url {
            return url.clone();
        }
        let parts = &self.parts;
        if parts.db_host.is_none() && parts.db_database.is_none() {
            return format!("sqlite://{}", self.data_dir.join("dailies.db").display());
        }
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
        format!(
            "postgres://{}:{}@{}:{}/{}",
            encode(parts.db_username.as_deref().unwrap_or("postgres")),
            encode(parts.db_password.as_deref().unwrap_or("mysecretpassword")),
            parts.db_host.as_deref().unwrap_or("localhost"),
            parts.db_port.unwrap_or(5432),
            encode(parts.db_database.as_deref().unwrap_or("zoudb")),
        )
    }
}

/// A switch that can be set by a flag or by a variable with any of the usual words.
fn switch(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Ok(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Ok(false),
        _ => Err("expected one of true, false, yes, no, on, off, 1, 0".into()),
    }
}

/// What is kept in mind between requests.
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
    /// E-mail of the administrator made on the first start.
    #[arg(long, env = "DAILIES_ADMIN_EMAIL", default_value = "admin@example.com")]
    pub admin_email: String,
    /// Password of that administrator; one is made up and printed when it is missing.
    #[arg(long, env = "DAILIES_ADMIN_PASSWORD", hide_env_values = true)]
    pub admin_password: Option<String>,
    /// Key that signs tokens; made and kept in the data folder when it is missing.
    #[arg(long, env = "SECRET_KEY", hide_env_values = true)]
    pub secret_key: Option<String>,
    /// Largest body in bytes; 0 for no limit.
    #[arg(long, env = "MAX_CONTENT_LENGTH", default_value_t = 10 * 1024 * 1024 * 1024, hide = true)]
    pub max_content_length: u64,
    /// Records on a page when the client does not say.
    #[arg(long, env = "NB_RECORDS_PER_PAGE", default_value_t = 100, hide = true)]
    pub nb_records_per_page: u64,
    /// Seconds for which clients may keep files.
    #[arg(long, env = "CLIENT_CACHE_MAX_AGE", default_value_t = 604_800, hide = true)]
    pub client_cache_max_age: u64,
    /// Days after which links of shared playlists expire that name no end; 0 for never.
    #[arg(long, env = "DAILIES_SHARE_LINK_DAYS", default_value_t = 0, hide = true)]
    pub share_link_days: u32,
    /// Origins that browsers may call from, separated by semicolons.
    #[arg(long, env = "CORS_ALLOWED_ORIGINS", value_delimiter = ';', hide = true)]
    pub cors_allowed_origins: Vec<String>,
    /// Public host name, with the port where it is not the usual one.
    #[arg(long, env = "DOMAIN_NAME", default_value = "localhost:8080", hide = true)]
    pub domain_name: String,
    /// Public protocol.
    #[arg(long, env = "DOMAIN_PROTOCOL", default_value = "https", hide = true)]
    pub domain_protocol: String,
    /// Highest bitrate of movies in high definition, in megabits a second; it counts where a production asks for none.
    #[arg(long, env = "MOVIE_HIGHDEF_BITRATE", default_value_t = 28, hide = true)]
    pub movie_highdef_bitrate: i32,
    /// Bitrate of movies in low definition where a production asks for none, in megabits a second.
    #[arg(long, env = "MOVIE_LOWDEF_BITRATE", default_value_t = 6, hide = true)]
    pub movie_lowdef_bitrate: i32,
    /// Whether the studio runs this server itself.
    #[arg(long, env = "IS_SELF_HOSTED", default_value = "true", value_parser = switch, action = ArgAction::Set, hide = true)]
    pub is_self_hosted: bool,
    /// Most persons that may be active, bots and guests aside.
    #[arg(long, env = "USER_LIMIT", default_value_t = 100, hide = true)]
    pub user_limit: u64,
    /// Time zone of new persons.
    #[arg(long, env = "DEFAULT_TIMEZONE", default_value = "Europe/Paris", hide = true)]
    pub default_timezone: String,
    /// Locale of new persons.
    #[arg(long, env = "DEFAULT_LOCALE", default_value = "en_US", hide = true)]
    pub default_locale: String,
    /// E-mails, separated by semicolons, of persons that others can't deactivate, delete or change the role of.
    #[arg(long, env = "PROTECTED_ACCOUNTS", value_delimiter = ';', hide = true)]
    pub protected_accounts: Vec<String>,
    /// What is cached between requests: `simple`, `redis` or `null`. Changes that other servers make are seen within three
    /// seconds; with Redis, which `KV_HOST` alone switches on too, they are seen at once; with `null` nothing is cached.
    #[arg(long, env = "CACHE_TYPE", ignore_case = true, hide = true)]
    pub cache_type: Option<CacheType>,
    /// Most bytes of listings that are kept as they were sent, for as long as nothing changes that they show; 0 for none. They
    /// are kept compressed, apart for each person.
    #[arg(long, env = "DAILIES_CACHE_MEMORY", default_value_t = 64 * 1024 * 1024, hide = true)]
    pub cache_memory: u64,
    /// Host of the Redis server that joins several servers on one database; `localhost` when `CACHE_TYPE` is `redis`.
    #[arg(long, env = "KV_HOST", hide = true)]
    pub kv_host: Option<String>,
    /// Port of the Redis server.
    #[arg(long, env = "KV_PORT", default_value_t = 6379, hide = true)]
    pub kv_port: u16,
    /// Password of the Redis server.
    #[arg(long, env = "KV_PASSWORD", hide = true, hide_env_values = true)]
    pub kv_password: Option<String>,
    #[command(flatten)]
    pub connections: ConnectionSettings,
    #[command(flatten)]
    pub sign_in: SignInSettings,
    #[command(flatten)]
    pub oidc: OidcSettings,
    #[command(flatten)]
    pub saml: SamlSettings,
    #[command(flatten)]
    pub ldap: LdapSettings,
    #[command(flatten)]
    pub mail: MailSettings,
    #[command(flatten)]
    pub files: FileSettings,
    #[command(flatten)]
    pub jobs: JobSettings,
    #[command(flatten)]
    pub chats: ChatSettings,
    /// Token in `crisp_token` of `/config`.
    #[arg(long, env = "CRISP_TOKEN", default_value = "", hide = true)]
    pub crisp_token: String,
    /// Token for `/admin/config/check`, which is not there without one.
    #[arg(long, env = "ADMIN_TOKEN", hide = true, hide_env_values = true)]
    pub admin_token: Option<String>,
    #[command(flatten)]
    pub ui_reports: UiReportSettings,
    /// Addresses, separated by semicolons, of proxies whose `X-Real-IP` header is believed.
    #[arg(long, env = "DAILIES_TRUSTED_PROXIES", value_delimiter = ';', hide = true)]
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Addresses, separated by semicolons, that may read `/metrics` and `/status/resources` besides this very machine; `all` is
    /// everybody.
    #[arg(long, env = "DAILIES_MONITORS", value_delimiter = ';', hide = true)]
    pub monitors: Vec<Monitor>,
}

/// Where web clients report their errors to; the server only tells them.
#[derive(Args, Clone, Debug)]
pub struct UiReportSettings {
    /// Whether web clients report errors.
    #[arg(long, env = "SENTRY_KITSU_ENABLED", default_value = "false", value_parser = switch, action = ArgAction::Set, hide = true)]
    pub sentry_kitsu_enabled: bool,
    /// Address that they report to.
    #[arg(long, env = "SENTRY_KITSU_DSN", default_value = "", hide = true)]
    pub sentry_kitsu_dsn: String,
    /// Share of the errors that they report, from 0 to 1.
    #[arg(long, env = "SENTRY_KITSU_SR", default_value_t = 0.1, hide = true)]
    pub sentry_kitsu_sr: f64,
}

impl Settings {
    /// Host of the Redis server, if there is one.
    #[must_use]
    pub fn redis_host(&self) -> Option<&str> {
        let host = self.kv_host.as_deref().filter(|host| !host.is_empty());
        host.or_else(|| (self.cache_type == Some(CacheType::Redis)).then_some("localhost"))
    }

    /// Where browsers find the studio, such as `https://kitsu.example.org`.
    #[must_use]
    pub fn public_address(&self) -> String {
        format!("{}://{}", self.domain_protocol, self.domain_name)
    }
}

/// Settings of connections: how many there may be, and how long they may be silent.
#[derive(Args, Clone, Debug)]
pub struct ConnectionSettings {
    /// Most connections of one address, trusted proxies aside; 0 for no limit.
    #[arg(long, env = "DAILIES_CONNECTIONS_PER_ADDRESS", default_value_t = 1000, hide = true)]
    pub connections_per_address: usize,
    /// Seconds that the heading of a request may take.
    #[arg(long, env = "DAILIES_HEAD_TIMEOUT", default_value_t = 15, hide = true)]
    pub head_timeout: u64,
    /// Seconds for which nothing of a body may come.
    #[arg(long, env = "DAILIES_BODY_TIMEOUT", default_value_t = 30, hide = true)]
    pub body_timeout: u64,
    /// Seconds between two requests of a connection.
    #[arg(long, env = "DAILIES_IDLE_TIMEOUT", default_value_t = 120, hide = true)]
    pub idle_timeout: u64,
    /// Seconds for which nothing of an answer may be taken.
    #[arg(long, env = "DAILIES_WRITE_TIMEOUT", default_value_t = 120, hide = true)]
    pub write_timeout: u64,
}

/// Settings of signing in.
#[derive(Args, Clone, Debug)]
pub struct SignInSettings {
    /// How passwords are checked.
    #[arg(long, env = "AUTH_STRATEGY", default_value = "auth_local_classic", hide = true)]
    pub auth_strategy: String,
    /// Least characters of a password.
    #[arg(long, env = "MIN_PASSWORD_LENGTH", default_value_t = 8, hide = true)]
    pub min_password_length: usize,
    /// Whether everybody must have a second factor.
    #[arg(long, env = "ENFORCE_2FA", default_value = "false", value_parser = switch, action = ArgAction::Set, hide = true)]
    pub enforce_2fa: bool,
    /// E-mails, separated by commas, of persons who need no second factor.
    #[arg(long, env = "2FA_EXEMPT_USERS", value_delimiter = ',', hide = true)]
    pub two_factor_exempt_users: Vec<String>,
    /// Most sign-ins that one address may try in a minute; 0 for no limit.
    #[arg(long, env = "DAILIES_SIGN_IN_RATE", default_value_t = 120, hide = true)]
    pub sign_in_rate: u32,
}

impl SignInSettings {
    /// How long an access token is good.
    pub const ACCESS_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);
    /// How long a refresh token is good.
    pub const REFRESH_LIFETIME: Duration = Duration::from_secs(15 * 24 * 3600);

    /// Whether people sign in with passwords that this server keeps.
    #[must_use]
    pub fn keeps_passwords(&self) -> bool {
        self.auth_strategy == "auth_local_classic"
    }
}

/// Settings of e-mails.
#[derive(Args, Clone, Debug)]
pub struct MailSettings {
    /// Whether e-mails are sent.
    #[arg(long, env = "MAIL_ENABLED", default_value = "true", value_parser = switch, action = ArgAction::Set, hide = true)]
    pub mail_enabled: bool,
    /// Host of the mail server.
    #[arg(long, env = "MAIL_SERVER", default_value = "localhost", hide = true)]
    pub mail_server: String,
    /// Port of the mail server.
    #[arg(long, env = "MAIL_PORT", default_value_t = 25, hide = true)]
    pub mail_port: u16,
    /// User of the mail server.
    #[arg(long, env = "MAIL_USERNAME", default_value = "", hide = true)]
    pub mail_username: String,
    /// Password of that user.
    #[arg(long, env = "MAIL_PASSWORD", default_value = "", hide = true, hide_env_values = true)]
    pub mail_password: String,
    /// Whether the connection turns to TLS after it is made.
    #[arg(long, env = "MAIL_USE_TLS", default_value = "false", value_parser = switch, action = ArgAction::Set, hide = true)]
    pub mail_use_tls: bool,
    /// Whether the connection is TLS from the start.
    #[arg(long, env = "MAIL_USE_SSL", default_value = "false", value_parser = switch, action = ArgAction::Set, hide = true)]
    pub mail_use_ssl: bool,
    /// Address that e-mails come from.
    #[arg(long, env = "MAIL_DEFAULT_SENDER", default_value = "no-reply@your-studio.com", hide = true)]
    pub mail_default_sender: String,
}

/// Settings of messages to chat services.
#[derive(Args, Clone, Debug)]
pub struct ChatSettings {
    /// Hosts, separated by semicolons, that a webhook may lead to though they are not on the public network.
    #[arg(long, env = "DAILIES_CHAT_HOSTS", value_delimiter = ';', hide = true)]
    pub chat_hosts: Vec<String>,
    /// Where Slack is asked.
    #[arg(long, env = "DAILIES_SLACK_ADDRESS", default_value = "https://slack.com/api", hide = true)]
    pub slack_address: String,
    /// Where Discord is asked.
    #[arg(long, env = "DAILIES_DISCORD_ADDRESS", default_value = "https://discord.com/api/v10", hide = true)]
    pub discord_address: String,
}

/// Settings of work in the background.
#[derive(Args, Clone, Debug)]
pub struct JobSettings {
    /// Whether the answer to an upload of a movie comes before the movie is looked into.
    #[arg(long, env = "ENABLE_JOB_QUEUE", default_value = "false", value_parser = switch, action = ArgAction::Set, hide = true)]
    pub enable_job_queue: bool,
    /// Whether such work is given to a Nomad cluster. This server always does it by itself, and says so when it starts.
    #[arg(long, env = "ENABLE_JOB_QUEUE_REMOTE", default_value = "false", value_parser = switch, action = ArgAction::Set, hide = true)]
    pub enable_job_queue_remote: bool,
    /// Seconds that one such job may take.
    #[arg(long, env = "JOB_QUEUE_TIMEOUT", default_value_t = 3600, hide = true)]
    pub job_queue_timeout: u64,
}

/// Settings of stored files and pictures.
#[derive(Args, Clone, Debug)]
pub struct FileSettings {
    /// Folder of stored files; without it, `previews` in the data folder.
    #[arg(long, env = "PREVIEW_FOLDER", hide = true)]
    pub preview_folder: Option<PathBuf>,
    /// Folder of files on their way, such as uploads that come in; without it, where the system has temporary files.
    #[arg(long, env = "TMP_DIR", hide = true)]
    pub tmp_dir: Option<PathBuf>,
    /// Where files are kept: `local` or `s3`.
    #[arg(long, env = "FS_BACKEND", default_value = "local", hide = true)]
    pub fs_backend: String,
    /// What the names of the buckets start with.
    #[arg(long, env = "FS_BUCKET_PREFIX", default_value = "", hide = true)]
    pub fs_bucket_prefix: String,
    /// Region of the object storage.
    #[arg(long, env = "FS_S3_REGION", hide = true)]
    pub fs_s3_region: Option<String>,
    /// Address of the object storage.
    #[arg(long, env = "FS_S3_ENDPOINT", hide = true)]
    pub fs_s3_endpoint: Option<String>,
    /// Access key of the object storage.
    #[arg(long, env = "FS_S3_ACCESS_KEY", hide = true)]
    pub fs_s3_access_key: Option<String>,
    /// Secret key of the object storage.
    #[arg(long, env = "FS_S3_SECRET_KEY", hide = true, hide_env_values = true)]
    pub fs_s3_secret_key: Option<String>,
    /// Whether missing buckets are made.
    #[arg(long, env = "FS_S3_CREATE_BUCKET", default_value = "false", value_parser = switch, action = ArgAction::Set, hide = true)]
    pub fs_s3_create_bucket: bool,
    /// Most pixels of a picture that is taken.
    #[arg(long, env = "MAX_IMAGE_PIXELS", default_value_t = 400_000_000, hide = true)]
    pub max_image_pixels: u64,
    /// Megabytes (of 2^20 bytes) that all pictures that are being decoded may take together. One picture may take half of it, an
    /// avatar or the thumbnail of an attached file a fifth, a background in HDR three quarters.
    #[arg(long, env = "DAILIES_PICTURE_MEMORY", default_value_t = 512, value_parser = clap::value_parser!(u32).range(16..), hide = true)]
    pub picture_memory: u32,
    /// Whether movies are kept as they were sent beside what is made of them.
    #[arg(long, env = "PREVIEW_SAVE_SOURCE_FILE", default_value = "false", value_parser = switch, action = ArgAction::Set, hide = true)]
    pub preview_save_source_file: bool,
    /// Whether movies are stored as they were sent, and nothing is made of them but pictures.
    #[arg(long, env = "SKIP_NORMALIZATION_FULL", default_value = "false", value_parser = switch, action = ArgAction::Set, hide = true)]
    pub skip_normalization_full: bool,
    /// Whether movies are made in low definition alone.
    #[arg(long, env = "SKIP_NORMALIZATION_HIGHDEF", default_value = "false", value_parser = switch, action = ArgAction::Set, hide = true)]
    pub skip_normalization_highdef: bool,
    /// Whether stored files go when their rows do.
    #[arg(long, env = "REMOVE_FILES", default_value = "false", value_parser = switch, action = ArgAction::Set, hide = true)]
    pub remove_files: bool,
}
