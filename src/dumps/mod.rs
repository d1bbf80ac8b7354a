//! Everything that a server keeps in one file, a zip archive, which either database can be made from again.
//!
//! The archive holds a member of JSON lines for each table, the stored files if they are wanted, and a manifest with the
//! number and the sum of everything. What a member looks like is said by the columns of its table ([`tables`]) and by
//! [`ExactWriter`](crate::database::ExactWriter): a row read from it is the row that was written, whichever database it came
//! from.

mod archive;
mod loading;
mod manifest;
mod new_file;
mod restoring;
mod stored;
mod summed;
mod tables;
mod writing;

use std::io;
use std::path::PathBuf;

use sea_orm::DbErr;

use crate::server::StartError;
use crate::storage::StorageError;

pub use self::new_file::NewFile;
pub use self::restoring::{Restored, restore};
pub use self::tables::tables;
pub use self::writing::{Dumped, dump};

/// Reason why nothing is dumped or restored.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the file storage can't be used: {0}")]
    Storage(#[from] StorageError),
    #[error("{0} exists already, and is left as it is")]
    Exists(PathBuf),
    #[error("there is no database at {0}")]
    NoDatabase(PathBuf),
    #[error("the database is not at the schema of this release; start `dailies serve` once, and dump then")]
    NotCurrent,
    #[error("a newer release of Dailies has worked on the database: use that one; nothing was changed")]
    NewerDatabase,
    #[error("the file can't be written or read: {0}")]
    File(#[from] io::Error),
    #[error("this is no dump of Dailies: {0}")]
    NoDump(String),
    #[error("the dump is damaged, and nothing was changed: {0}")]
    Damaged(String),
    #[error("this dump was made by a newer release ({0}) of Dailies")]
    Newer(String),
    #[error("this dump was made by an older release ({0}) of Dailies: restore it into an empty database")]
    Older(String),
    #[error("the database is not empty: {0} holds rows. Give --replace to remove everything in it first")]
    NotEmpty(String),
    #[error("the database belongs to another program, or was not adopted yet; nothing was changed")]
    Foreign,
    #[error("the table {table}: {error}")]
    Table { table: String, error: DbErr },
    #[error("the stored file {0} is in the archive, but not in its list")]
    Unlisted(String),
}

impl From<zip::result::ZipError> for DumpError {
    fn from(error: zip::result::ZipError) -> Self {
        match error {
            zip::result::ZipError::Io(error) => Self::File(error),
            other => Self::NoDump(other.to_string()),
        }
    }
}
