//! Settings of the data folder and the database.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

/// Settings of the data. Every command takes these.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Database")]
pub struct DataArgs {
    /// Folder of everything that the server keeps: the embedded database, the secret key, files.
    #[arg(long, env = "DAILIES_DATA_DIR", default_value = "./data", global = true)]
    pub data_dir: PathBuf,
    /// Database: `sqlite://path` or `postgres://user:password@host:port/name`. Without it, the DB_* variables count; without
    /// those, it is the embedded database in the data folder.
    #[arg(long, env = "DATABASE_URL", global = true, hide_env_values = true)]
    pub database_url: Option<String>,
    #[command(flatten)]
    pub parts: DatabaseParts,
}

/// The variables that name a PostgreSQL server part by part.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Database")]
pub struct DatabaseParts {
    /// Host of the PostgreSQL server; `localhost` when only the name of the database is given.
    #[arg(long, env = "DB_HOST", global = true)]
    pub db_host: Option<String>,
    /// Port of the PostgreSQL server; 5432 unless it is given.
    #[arg(long, env = "DB_PORT", global = true)]
    pub db_port: Option<u16>,
    /// User of the PostgreSQL server; `postgres` unless it is given.
    #[arg(long, env = "DB_USERNAME", global = true)]
    pub db_username: Option<String>,
    /// Password of that user.
    #[arg(long, env = "DB_PASSWORD", global = true, hide_env_values = true)]
    pub db_password: Option<String>,
    /// Name of the database; `zoudb` when only the host is given.
    #[arg(long, env = "DB_DATABASE", global = true)]
    pub db_database: Option<String>,
    /// Most connections that are kept open; four for each processor, and at least eight, unless it is given.
    #[arg(long, env = "DB_POOL_SIZE", global = true)]
    pub db_pool_size: Option<u32>,
}

impl DataArgs {
    /// Most connections to the database that are kept open. More than a few for each processor would wait for one another.
    #[must_use]
    pub fn pool_size(&self) -> u32 {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.parts
            .db_pool_size
            .unwrap_or_else(|| u32::try_from(processors * 4).unwrap_or(u32::MAX).max(8))
    }

    /// True if the database is the embedded one, in a file of its own.
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
        Some(path)
            .filter(|path| !path.is_empty() && *path != ":memory:")
            .map(PathBuf::from)
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
        let encode = |text: &str| {
            url::form_urlencoded::byte_serialize(text.as_bytes())
                .collect::<String>()
                .replace('+', "%20")
        };
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
