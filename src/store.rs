//! Short-lived facts by key: revoked tokens, reset tokens, counters. They are kept in the database, so they survive a
//! restart and every server sees them; Redis takes their place where it is configured.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::DbErr;

use crate::database::{self, Database, Sql};

/// Keeps values until they expire.
#[derive(Clone)]
pub struct Store {
    place: Place,
}

#[derive(Clone)]
enum Place {
    Database(Database),
    Redis(redis::aio::ConnectionManager),
}

/// Why the store can't answer. A check that needs it must fail then, never pass.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Redis(#[from] redis::RedisError),
}

/// What keys start with in a Redis that others use too.
const PREFIX: &str = "dailies:";

impl Store {
    /// A store in the database.
    #[must_use]
    pub fn in_database(database: Database) -> Self {
        Self { place: Place::Database(database) }
    }

    /// A store in Redis.
    #[must_use]
    pub fn in_redis(connection: redis::aio::ConnectionManager) -> Self {
        Self { place: Place::Redis(connection) }
    }

    /// Keeps a value for some time, in place of an earlier one.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn put(&self, key: &str, value: &str, lifetime: Duration) -> Result<(), StoreError> {
        match &self.place {
            Place::Database(database) => {
                let expires = database::now() + TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX);
                let sql = Sql::with(
                    "INSERT INTO dailies_store (key, value, expires_at) VALUES ($1, $2, $3) \
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
                    [key.into(), value.into(), expires.into()],
                );
                database::execute(database.read(), &sql).await?;
            }
            Place::Redis(connection) => {
                let mut command = redis::cmd("SET");
                command.arg(format!("{PREFIX}{key}")).arg(value).arg("PX").arg(u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX));
                command.query_async::<()>(&mut connection.clone()).await?;
            }
        }
        Ok(())
    }

    /// The value of a key, unless it has expired.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn get(&self, key: &str) -> Result<Option<String>, StoreError> {
        match &self.place {
            Place::Database(database) => {
                let sql = Sql::with(
                    "SELECT value FROM dailies_store WHERE key = $1 AND (expires_at IS NULL OR expires_at > $2)",
                    [key.into(), database::now().into()],
                );
                Ok(database.row(&sql).await?.map(|row| row.try_get_by_index(0)).transpose()?)
            }
            Place::Redis(connection) => {
                let mut command = redis::cmd("GET");
                Ok(command.arg(format!("{PREFIX}{key}")).query_async(&mut connection.clone()).await?)
            }
        }
    }

    /// Takes a value out: of several who try at once, one gets it.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn take(&self, key: &str) -> Result<Option<String>, StoreError> {
        match &self.place {
            Place::Database(database) => {
                let sql = Sql::with(
                    "DELETE FROM dailies_store WHERE key = $1 AND (expires_at IS NULL OR expires_at > $2) RETURNING value",
                    [key.into(), database::now().into()],
                );
                Ok(database.row(&sql).await?.map(|row| row.try_get_by_index(0)).transpose()?)
            }
            Place::Redis(connection) => {
                let mut command = redis::cmd("GETDEL");
                Ok(command.arg(format!("{PREFIX}{key}")).query_async(&mut connection.clone()).await?)
            }
        }
    }

    /// Removes what has expired. Redis does that by itself.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        if let Place::Database(database) = &self.place {
            let sql = Sql::with("DELETE FROM dailies_store WHERE expires_at <= $1", [database::now().into()]);
            database::execute(database.read(), &sql).await?;
        }
        Ok(())
    }
}
