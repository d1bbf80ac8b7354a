//! Version of all that the database holds: another one as soon as anything was stored, by whatever program. It costs
//! next to nothing, and says nothing of what changed.
//!
//! On PostgreSQL it is the snapshot of a statement, which names the transactions that it sees: whatever changes a row has a number
//! there, and is seen by everybody before its sender is answered. The same numbers come again where a backup takes the place of
//! the data, or after a crash, so the start of that server and its last checkpoint are parts of it. A copy that follows another
//! server has no such snapshot, so there it is the moment, which is never the same. It is text of a statement that goes on to read something else. SQLite
//! counts what other connections store in the file, so a connection of its own, which writes nothing, looks.

use sea_orm::{DbBackend, DbErr, QueryResult, Statement};

use super::Database;
use super::connection::Connection;

/// SQL of the version, as text, within a statement of PostgreSQL.
///
/// Volatile functions stand in queries of their own, so that a condition on it is looked at once, and not for each row.
pub const SNAPSHOT: &str = "CASE WHEN (SELECT pg_is_in_recovery()) THEN CAST(statement_timestamp() AS text) \
     ELSE CAST(pg_current_snapshot() AS text) || '@' || CAST(pg_postmaster_start_time() AS text) \
     || '@' || (SELECT CAST(checkpoint_lsn AS text) FROM pg_control_checkpoint()) END";

/// Version of a SQLite file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// Each connection counts for itself.
    connection: u64,
    changes: i64,
}

/// Connection that looks at the version of a SQLite file, and at nothing else.
#[derive(Debug, Default)]
pub(super) struct Lookout {
    connection: Option<Connection>,
    number: u64,
}

impl Lookout {
    /// Lets go of the connection.
    pub(super) fn close(&mut self) {
        self.connection = None;
    }
}

impl Database {
    /// Version of the SQLite file. There is none of a database in memory, which has one connection.
    ///
    /// # Errors
    /// The file can't be read.
    pub async fn file_version(&self) -> Result<Option<FileVersion>, DbErr> {
        if !self.connections.is_to_a_file() {
            return Ok(None);
        }
        let mut lookout = self.lookout.lock().await;
        let Lookout { connection, number } = &mut *lookout;
        let looking = match connection {
            Some(known) => known,
            none => {
                *number += 1;
                none.insert(self.connections.separate().await?)
            }
        };
        let sql = Statement::from_string(DbBackend::Sqlite, "PRAGMA data_version");
        let counted = looking.row(sql).await.and_then(|row| read_changes(row.as_ref()));
        let connection = *number;
        match counted {
            Ok(changes) => Ok(Some(FileVersion { connection, changes })),
            Err(error) => {
                lookout.close();
                Err(error)
            }
        }
    }
}

fn read_changes(row: Option<&QueryResult>) -> Result<i64, DbErr> {
    row.ok_or_else(|| DbErr::RecordNotFound("the version of the file".into()))?
        .try_get("", "data_version")
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::database::Sql;

    #[tokio::test]
    async fn whatever_is_stored_makes_another_version() {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}/a.db", folder.path().display());
        let (database, other) = (
            Database::connect(&url, 2).await.unwrap(),
            Database::connect(&url, 1).await.unwrap(),
        );
        let mut last = database.file_version().await.unwrap();
        assert!(last.is_some() && database.file_version().await.unwrap() == last);
        for (writer, text) in [
            (&database, "CREATE TABLE letter (name text)"),
            (&other, "INSERT INTO letter VALUES ('a')"),
            (&database, "UPDATE letter SET name = 'b'"),
        ] {
            writer.change(&Sql::new(text)).await.unwrap();
            let now = database.file_version().await.unwrap();
            assert_ne!(now, last, "{text}");
            let _rows = database.rows(&Sql::new("SELECT name FROM letter")).await.unwrap();
            assert_eq!(database.file_version().await.unwrap(), now, "reading changes nothing");
            last = now;
        }
        let memory = Database::connect("sqlite::memory:", 1).await.unwrap();
        assert_eq!(memory.file_version().await.unwrap(), None);
    }
}
