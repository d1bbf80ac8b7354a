//! `backup`: a copy of the embedded database that is whole, taken while the server runs.

use std::path::Path;

use sea_orm::DbBackend;

use super::{CommandResult, connect};
use crate::config::DataArgs;
use crate::database::{Sql, execute};

pub(super) async fn run(data: &DataArgs, file: &Path) -> CommandResult {
    if file.exists() {
        return Err(format!("{} exists already", file.display()).into());
    }
    let database = connect(data).await?;
    if database.backend() != DbBackend::Sqlite {
        return Err("this backs up the embedded database; use pg_dump for PostgreSQL".into());
    }
    let target = file.to_str().ok_or("the name of the file is not UTF-8")?;
    execute(database.read(), &Sql::with("VACUUM INTO $1", [target.into()])).await?;
    println!("{} holds the database.", file.display());
    Ok(())
}
