//! Short-lived facts by key: revoked tokens, reset tokens, counters. They are kept in the database, so they survive a
//! restart and every server sees them, whether or not there is a Redis, or it forgets.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::DbErr;

use crate::database::{self, Database, Sql};

/// Keeps values until they expire.
#[derive(Clone)]
pub struct Store {
    database: Database,
}

/// Reason why the store can't answer. A check that needs it must fail then, never pass.
pub type StoreError = DbErr;

impl Store {
    /// A store in the database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Keeps a value for some time, in place of an earlier one.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn put(&self, key: &str, value: &str, lifetime: Duration) -> Result<(), StoreError> {
        let expires = database::now() + TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX);
        let sql = Sql::with(
            "INSERT INTO dailies_store (key, value, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
            [key.into(), value.into(), expires.into()],
        );
        self.database.change(&sql).await?;
        Ok(())
    }

    /// The value of a key, unless it has expired.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn get(&self, key: &str) -> Result<Option<String>, StoreError> {
        let sql = Sql::with(
            "SELECT value FROM dailies_store WHERE key = $1 AND (expires_at IS NULL OR expires_at > $2)",
            [key.into(), database::now().into()],
        );
        database::read_value(&self.database, &sql).await
    }

    /// Takes a value out: of several who try at once, one gets it.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn take(&self, key: &str) -> Result<Option<String>, StoreError> {
        let sql = Sql::with(
            "DELETE FROM dailies_store WHERE key = $1 AND (expires_at IS NULL OR expires_at > $2) RETURNING value",
            [key.into(), database::now().into()],
        );
        self.database
            .change_returning(&sql)
            .await?
            .first()
            .map(|row| row.try_get("", "value"))
            .transpose()
    }

    /// Counts one more under a key, for some time from the first one on, and says whether that is no more than so many; what is too
    /// much is not counted. Of several who count at once, each is counted.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn count(&self, key: &str, most: i32, lifetime: Duration) -> Result<bool, StoreError> {
        let now = database::now();
        let expires = now + TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX);
        let sql = Sql::with(
            "INSERT INTO dailies_store AS s (key, value, expires_at) VALUES ($1, '1', $2) ON CONFLICT (key) DO UPDATE SET \
             value = CASE WHEN s.expires_at <= $3 THEN '1' ELSE CAST(CAST(s.value AS integer) + 1 AS text) END, \
             expires_at = CASE WHEN s.expires_at <= $3 THEN excluded.expires_at ELSE s.expires_at END \
             WHERE s.expires_at <= $3 OR CAST(s.value AS integer) < $4 RETURNING key",
            [key.into(), expires.into(), now.into(), most.into()],
        );
        Ok(!self.database.change_returning(&sql).await?.is_empty())
    }

    /// Takes one back that was counted under a key.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn uncount(&self, key: &str) -> Result<(), StoreError> {
        let sql = Sql::with(
            "UPDATE dailies_store SET value = CAST(CAST(value AS integer) - 1 AS text) WHERE key = $1 AND CAST(value AS integer) > 0",
            [key.into()],
        );
        self.database.change(&sql).await?;
        Ok(())
    }

    /// Removes what has expired.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let sql = Sql::with(
            "DELETE FROM dailies_store WHERE expires_at <= $1",
            [database::now().into()],
        );
        self.database.change(&sql).await?;
        Ok(())
    }
}
