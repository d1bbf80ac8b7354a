//! `dump`: writes the archive.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use migration::State;
use sea_orm::{DbBackend, DbErr};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::manifest::{FORMAT, MANIFEST, Manifest, TablePart, filled};
use super::summed::Summed;
use super::tables::{Table, beside, present, tables};
use super::{DumpError, NewFile, stored};
use crate::database::{Database, ExactWriter, Sql, now};
use crate::progress::Progress;
use crate::storage::Storage;

/// An archive on its way to the disk.
pub(super) type Archive = ZipWriter<BufWriter<File>>;

/// Contents of a dump.
#[derive(Clone, Debug)]
pub struct Dumped {
    /// Tables that have rows, with how many.
    pub rows: Vec<(String, u64)>,
    /// Number of stored files and their bytes, unless they are left out.
    pub files: Option<(u64, u64)>,
    /// Tables and columns that are not Dailies' own, and objects in the storage that it did not store.
    pub left_out: Vec<String>,
}

/// A member whose bytes shrink when they are compressed.
pub(super) fn compressed() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .large_file(true)
        .unix_permissions(0o600)
}

/// Writes everything that the database holds into a file, and the stored files, if there is a storage to take them from.
/// Servers may work on meanwhile: the rows are those of one moment, and files that were stored later do no harm.
///
/// # Errors
/// The file exists, or can't be written; the database is not at the schema of this release, or does not answer; a stored
/// file can't be read.
pub async fn dump(database: &Database, storage: Option<&Storage>, file: &Path) -> Result<Dumped, DumpError> {
    let target = NewFile::beside(file)?;
    match migration::state(database).await? {
        State::Current => {}
        State::Newer => return Err(DumpError::NewerDatabase),
        State::Empty | State::Behind | State::ReferenceWithoutBaseline | State::Foreign => {
            return Err(DumpError::NotCurrent);
        }
    }
    let tables = tables();
    let made_at = now().format("%Y-%m-%dT%H:%M:%S").to_string();
    let mut archive = ZipWriter::new(BufWriter::new(target.open()?));
    let mut left_out: Vec<String> = beside(&tables, &present(database).await?).into_iter().collect();
    let parts = write_tables(database, &mut archive, &tables).await?;
    let files = match storage {
        Some(storage) => {
            let (part, strange) = stored::write(storage, &mut archive).await?;
            left_out.extend(strange);
            Some(part)
        }
        None => None,
    };
    let kind = match database.backend() {
        DbBackend::Postgres => "postgresql",
        _ => "sqlite",
    };
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at,
        database: kind.to_owned(),
        migrations: migration::names(),
        tables: parts,
        files,
        left_out: left_out.clone(),
    };
    archive.start_file(MANIFEST, compressed())?;
    archive.write_all(&serde_json::to_vec_pretty(&manifest).map_err(std::io::Error::from)?)?;
    archive.finish()?.flush()?;
    target.keep()?;
    Ok(Dumped {
        rows: filled(manifest.tables),
        files: manifest.files.map(|part| (part.count, part.bytes)),
        left_out,
    })
}

/// Writes the rows of all tables, as they are at one moment.
async fn write_tables(
    database: &Database,
    archive: &mut Archive,
    tables: &[Table],
) -> Result<Vec<TablePart>, DumpError> {
    let progress = Progress::start(tables.len());
    progress.part("Tables", tables.len());
    let mut parts = Vec::with_capacity(tables.len());
    let write = async {
        for table in tables {
            parts.push(write_table(database, archive, table).await?);
            progress.done(1);
        }
        Ok::<_, DumpError>(())
    };
    database.at_one_moment(write).await?;
    progress.finish();
    Ok(parts)
}

/// Writes the rows of a table as a member, a line for each.
async fn write_table(database: &Database, archive: &mut Archive, table: &Table) -> Result<TablePart, DumpError> {
    let member = format!("tables/{}.jsonl", table.name);
    archive.start_file(&member, compressed())?;
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| format!("\"{}\"", column.name))
        .collect();
    // The order of the rows in the file of the database is kept: it decides where nothing else does.
    let place = if database.backend() == DbBackend::Postgres {
        "ctid"
    } else {
        "rowid"
    };
    let sql = Sql::new(format!(
        "SELECT {} FROM \"{}\" ORDER BY {place}",
        columns.join(", "),
        table.name
    ));
    let writer = ExactWriter::new(&table.columns);
    let mut out = Summed::new(archive);
    let (mut rows, mut line) = (0, Vec::new());
    let result = database
        .each_row(&sql, |row| {
            line.clear();
            writer.write(&mut line, row)?;
            line.push(b'\n');
            rows += 1;
            out.write_all(&line).map_err(|error| DbErr::Custom(error.to_string()))
        })
        .await;
    result.map_err(|error| DumpError::Table {
        table: table.name.to_owned(),
        error,
    })?;
    let columns = table.columns.iter().map(Into::into).collect();
    Ok(TablePart {
        name: table.name.to_owned(),
        member,
        columns,
        rows,
        sha256: out.sum(),
    })
}
