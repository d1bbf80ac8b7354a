//! Settings of the data folder and the database.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::database;

/// Beginnings of the addresses of PostgreSQL, as different tools write them.
const POSTGRESQL: [&str; 3] = ["postgres://", "postgresql://", "postgresql+psycopg://"];

/// Letters of a path that are written with a percent sign in an address.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_')
    .remove(b'~');

/// An address of a database of one of the two kinds.
fn database_address(text: &str) -> Result<String, String> {
    let is_file = text
        .strip_prefix("sqlite:")
        .is_some_and(|path| !path.trim_start_matches('/').is_empty());
    if is_file || POSTGRESQL.iter().any(|beginning| text.starts_with(beginning)) {
        Ok(text.to_owned())
    } else {
        Err("expected sqlite://path or postgres://user:password@host:port/name".into())
    }
}

/// Settings of the data. Every command takes these.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Database")]
pub struct DataArgs {
    /// Folder of everything that the server keeps: the embedded database, the secret key, files.
    #[arg(long, env = "DAILIES_DATA_DIR", default_value = "./data", global = true)]
    pub data_dir: PathBuf,
    /// Database: `sqlite://path` or `postgres://user:password@host:port/name`. Without it, the DB_* variables count; without
    /// those, it is the embedded database in the data folder.
    #[arg(long, env = "DATABASE_URL", global = true, hide_env_values = true, value_parser = database_address)]
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
        database::sqlite_file(&self.url())
    }

    /// The address of the database.
    #[must_use]
    pub fn url(&self) -> String {
        if let Some(url) = &self.database_url {
            return url.clone();
        }
        let parts = &self.parts;
        if parts.db_host.is_none() && parts.db_database.is_none() {
            let file = self.data_dir.join("dailies.db");
            return format!("sqlite://{}", utf8_percent_encode(&file.to_string_lossy(), ENCODED));
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

#[cfg(test)]
mod tests {
    use super::super::parsed;
    use super::*;

    fn read(flags: &[&str]) -> Result<DataArgs, clap::Error> {
        parsed(flags)
    }

    #[test]
    fn folders_may_have_any_name() -> Result<(), clap::Error> {
        let data = read(&["--data-dir", "my studio/100%?#é"])?;
        assert_eq!(data.url(), "sqlite://my%20studio/100%25%3F%23%C3%A9/dailies.db");
        assert_eq!(
            data.embedded_file(),
            Some(PathBuf::from("my studio/100%?#é/dailies.db"))
        );
        Ok(())
    }

    #[test]
    fn addresses_are_those_of_the_two_kinds_of_databases() {
        for good in [
            "sqlite://dailies.db",
            "sqlite:///srv/dailies.db",
            "sqlite::memory:",
            "postgres://ada:sheep@db.example.com/dailies",
            "postgresql://db.example.com/dailies",
            "postgresql+psycopg://db.example.com/dailies",
        ] {
            assert!(read(&["--database-url", good]).is_ok(), "{good}");
        }
        for wrong in [
            "",
            "sqlite:",
            "sqlite://",
            "postgres:",
            "mysql://db.example.com/dailies",
            "dailies.db",
        ] {
            assert!(read(&["--database-url", wrong]).is_err(), "{wrong}");
        }
    }
}
