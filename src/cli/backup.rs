//! `backup`: a copy of the embedded database that is whole, taken while the server runs.

use std::path::Path;

use super::{CommandResult, connect, require_database};
use crate::config::DataArgs;
use crate::database::Sql;
use crate::dumps::NewFile;

/// Reason why no copy is made.
#[derive(Debug, thiserror::Error)]
enum BackupRefusal {
    #[error("this copies the embedded database only; use `dailies dump` or pg_dump for PostgreSQL")]
    NotEmbedded,
    #[error("the name of the folder is not UTF-8")]
    Name,
}

pub(super) async fn run(data: &DataArgs, file: &Path) -> CommandResult {
    if !data.is_embedded() {
        return Err(BackupRefusal::NotEmbedded.into());
    }
    require_database(data)?;
    let copy = NewFile::beside(file)?;
    let database = connect(data).await?;
    let target = copy.path().to_str().ok_or(BackupRefusal::Name)?;
    database.change(&Sql::with("VACUUM INTO $1", [target.into()])).await?;
    database.close().await;
    copy.keep()?;
    println!("{} holds the database.", file.display());
    Ok(())
}
