//! `backup`: a copy of the embedded database that is whole, taken while the server runs.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{CommandResult, connect};
use crate::config::DataArgs;
use crate::database::Sql;

/// Reason why no copy is made.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("this copies the embedded database only; use pg_dump for PostgreSQL")]
    NotEmbedded,
    #[error("there is no database at {0}")]
    NoDatabase(PathBuf),
    #[error("{0} exists already, and is left as it is")]
    Exists(PathBuf),
    #[error("the name of the folder is not UTF-8")]
    Name,
}

/// The copy is made under a name of its own next to `file`, and gets its name once it is whole and on the disk: what has
/// the name is always a whole copy, which only its owner may read, for it holds the hashes of passwords.
pub(super) async fn run(data: &DataArgs, file: &Path) -> CommandResult {
    if !data.is_embedded() {
        return Err(Refusal::NotEmbedded.into());
    }
    if let Some(source) = data.embedded_file().filter(|source| !source.exists()) {
        return Err(Refusal::NoDatabase(source).into());
    }
    if file.symlink_metadata().is_ok() {
        return Err(Refusal::Exists(file.to_owned()).into());
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let copy = tempfile::NamedTempFile::with_prefix_in(".dailies-backup-", folder)?;
    let database = connect(data).await?;
    let target = copy.path().to_str().ok_or(Refusal::Name)?;
    database.change(&Sql::with("VACUUM INTO $1", [target.into()])).await?;
    database.close().await;
    copy.as_file().sync_all()?;
    copy.persist_noclobber(file).map_err(|error| match error.error.kind() {
        ErrorKind::AlreadyExists => Refusal::Exists(file.to_owned()).into(),
        _ => Box::<dyn std::error::Error>::from(error.error),
    })?;
    println!("{} holds the database.", file.display());
    Ok(())
}
