//! `restore`: makes a database, and the stored files, from an archive.

use std::collections::HashMap;
use std::path::Path;

use migration::State;
use sea_orm::{DbBackend, FromQueryResult};

use super::archive::{check, member, open};
use super::loading::Loader;
use super::manifest::{Manifest, filled};
use super::tables::{present, tables};
use super::{DumpError, stored};
use crate::database::{self, Database, Sql, Transaction};
use crate::progress::Progress;
use crate::storage::Storage;

/// Contents that were brought back.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Release that the dump was made by.
    pub version: String,
    pub made_at: String,
    pub database: String,
    /// Tables that have rows, with how many.
    pub rows: Vec<(String, u64)>,
    /// Number of stored files and their bytes, where the dump has them and they were wanted.
    pub files: Option<(u64, u64)>,
}

/// Makes everything in the database from a dump, and the stored files, if there is a storage to put them into. All rows come
/// in one transaction, once every sum was found right; files follow after it.
///
/// # Errors
/// The dump is damaged or of another release, the database holds rows already and is not to be replaced, or one of them fails.
pub async fn restore(
    database: &Database,
    storage: Option<&Storage>,
    file: &Path,
    replace: bool,
) -> Result<Restored, DumpError> {
    let (mut archive, manifest) = open(file)?;
    let all = migration::names();
    if !all.starts_with(&manifest.migrations) {
        return Err(DumpError::Newer(manifest.version));
    }
    check(&mut archive, &manifest, storage.is_some())?;
    let is_older = manifest.migrations.len() < all.len();
    make_schema(database, &manifest, is_older).await?;
    if !replace && let Some(table) = filled_table(database).await? {
        return Err(DumpError::NotEmpty(table));
    }
    database.transact(|| load(database, file, &manifest)).await?;
    if is_older {
        migration::up(&database.schema_connection().await?).await?;
    }
    database.analyze().await?;
    if let (Some(files), Some(storage)) = (&manifest.files, storage) {
        stored::restore(&mut archive, files, storage).await?;
    }
    let files = manifest
        .files
        .filter(|_| storage.is_some())
        .map(|files| (files.count, files.bytes));
    Ok(Restored {
        version: manifest.version,
        made_at: manifest.made_at,
        database: manifest.database,
        rows: filled(manifest.tables),
        files,
    })
}

/// Brings the database to the schema that the dump was made of. Nothing is done to one that an older dump does not fit in.
async fn make_schema(database: &Database, manifest: &Manifest, is_older: bool) -> Result<(), DumpError> {
    match migration::state(database).await? {
        State::Empty => {
            let migrations = u32::try_from(manifest.migrations.len()).unwrap_or(u32::MAX);
            migration::up_to(&database.schema_connection().await?, migrations).await?;
        }
        State::Newer => return Err(DumpError::NewerDatabase),
        State::Foreign | State::ReferenceWithoutBaseline => return Err(DumpError::Foreign),
        State::Current | State::Behind if is_older => return Err(DumpError::Older(manifest.version.clone())),
        State::Behind => migration::up(&database.schema_connection().await?).await?,
        State::Current => {}
    }
    Ok(())
}

/// A table that has rows.
async fn filled_table(database: &Database) -> Result<Option<String>, DumpError> {
    let known: Vec<String> = known(database).await?;
    let looks = known
        .iter()
        .map(|name| format!("SELECT '{name}' AS name WHERE EXISTS (SELECT 1 FROM \"{name}\")"));
    let sql = Sql::new(looks.collect::<Vec<_>>().join(" UNION ALL "));
    Ok(database::read_value(database, &sql).await?)
}

/// Those tables of this release that the database has.
async fn known(database: &Database) -> Result<Vec<String>, DumpError> {
    let present = present(database).await?;
    let ours = tables().into_iter().map(|table| table.name.to_owned());
    Ok(ours
        .filter(|name| present.iter().any(|column| column.table_name == *name))
        .collect())
}

/// Puts the rows of a dump in place of all that are there.
async fn load(database: &Database, file: &Path, manifest: &Manifest) -> Result<(), DumpError> {
    let (mut archive, _) = open(file)?;
    let transaction = Transaction::current()?;
    let known = known(database).await?;
    let keys = loosen(database, &transaction, &known).await?;
    empty(database, &transaction, &known).await?;
    let types: HashMap<(String, String), String> = present(database)
        .await?
        .into_iter()
        .map(|column| ((column.table_name, column.column_name), column.kind))
        .collect();
    let progress = Progress::start(manifest.tables.len());
    progress.part("Tables", manifest.tables.len());
    for part in &manifest.tables {
        Loader::new(part, &types)?
            .load(&transaction, member(&mut archive, &part.member)?)
            .await?;
        progress.done(1);
    }
    progress.finish();
    for key in keys {
        let sql = Sql::new(format!(
            "ALTER TABLE {} ADD CONSTRAINT \"{}\" {}",
            key.table_name, key.name, key.definition
        ));
        database::execute(&transaction, &sql)
            .await
            .map_err(|error| DumpError::Table {
                table: key.table_name,
                error,
            })?;
    }
    transaction.finish();
    Ok(())
}

/// A foreign key.
#[derive(Debug, FromQueryResult)]
struct ForeignKey {
    table_name: String,
    name: String,
    definition: String,
}

/// Lets rows come before those that they refer to, since tables refer to each other in circles: PostgreSQL gives the foreign
/// keys up until all rows are there, SQLite looks at them when the transaction ends.
async fn loosen(
    database: &Database,
    transaction: &Transaction,
    known: &[String],
) -> Result<Vec<ForeignKey>, DumpError> {
    if database.backend() == DbBackend::Sqlite {
        database::execute(transaction, &Sql::new("PRAGMA defer_foreign_keys = ON")).await?;
        return Ok(Vec::new());
    }
    let sql = Sql::new(
        "SELECT CAST(c.relname AS text) AS table_name, CAST(k.conname AS text) AS name, pg_get_constraintdef(k.oid) AS definition \
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE k.contype = 'f' AND n.nspname = current_schema() ORDER BY k.oid",
    );
    let mut keys: Vec<ForeignKey> = database::read_all(transaction, &sql).await?;
    keys.retain(|key| known.contains(&key.table_name));
    for key in &mut keys {
        key.table_name = format!("\"{}\"", key.table_name);
        database::execute(
            transaction,
            &Sql::new(format!(
                "ALTER TABLE {} DROP CONSTRAINT \"{}\"",
                key.table_name, key.name
            )),
        )
        .await?;
    }
    Ok(keys)
}

/// Removes every row.
async fn empty(database: &Database, transaction: &Transaction, known: &[String]) -> Result<(), DumpError> {
    if database.backend() == DbBackend::Postgres {
        // If a table of another program refers to one of these, this fails and removes nothing.
        let names: Vec<String> = known.iter().map(|name| format!("\"{name}\"")).collect();
        database::execute(transaction, &Sql::new(format!("TRUNCATE {}", names.join(", ")))).await?;
        return Ok(());
    }
    for name in known {
        database::execute(transaction, &Sql::new(format!("DELETE FROM \"{name}\""))).await?;
    }
    Ok(())
}
