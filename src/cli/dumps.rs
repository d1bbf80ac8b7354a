//! `dump` and `restore`: everything in one file.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{CommandResult, connect, environment, require_database};
use crate::config::DataArgs;
use crate::dumps;
use crate::server::storage_settings;
use crate::storage::Storage;

/// Arguments of `dump`.
#[derive(Args)]
pub(super) struct DumpArgs {
    /// File to write; it must not exist.
    file: PathBuf,
    /// Leave the stored files out: previews, avatars, attachments and so on.
    #[arg(long)]
    without_files: bool,
}

/// Arguments of `restore`.
#[derive(Args)]
pub(super) struct RestoreArgs {
    /// File that `dump` wrote.
    file: PathBuf,
    /// Leave the stored files of the dump where they are.
    #[arg(long)]
    without_files: bool,
    /// Remove everything that the database holds first. Stored files stay until others take their place.
    #[arg(long)]
    replace: bool,
}

async fn storage(data: &DataArgs, without_files: bool) -> Result<Option<Storage>, Box<dyn std::error::Error>> {
    if without_files {
        return Ok(None);
    }
    Ok(Some(Storage::open(&storage_settings(data, &environment())?).await?))
}

pub(super) async fn dump(data: &DataArgs, args: &DumpArgs) -> CommandResult {
    require_database(data)?;
    let database = connect(data).await?;
    let storage = storage(data, args.without_files).await?;
    let dumped = dumps::dump(&database, storage.as_ref(), &args.file).await?;
    database.close().await;
    print_counts(&dumped.rows, dumped.files);
    for name in &dumped.left_out {
        println!("left out, for it is not Dailies' own: {name}");
    }
    println!("{} holds all of it.", args.file.display());
    Ok(())
}

pub(super) async fn restore(data: &DataArgs, args: &RestoreArgs) -> CommandResult {
    require(&args.file)?;
    let database = connect(data).await?;
    let storage = storage(data, args.without_files).await?;
    let restored = dumps::restore(&database, storage.as_ref(), &args.file, args.replace).await?;
    database.close().await;
    print_counts(&restored.rows, restored.files);
    println!(
        "All of it is back, from a dump of {} (UTC) by Dailies {} on {}.",
        restored.made_at, restored.version, restored.database
    );
    Ok(())
}

/// Says that a file is missing before anything is made.
fn require(file: &Path) -> Result<(), std::io::Error> {
    std::fs::File::open(file)
        .map(|_| ())
        .map_err(|error| std::io::Error::new(error.kind(), format!("{}: {error}", file.display())))
}

/// The table of what was moved.
fn print_counts(rows: &[(String, u64)], files: Option<(u64, u64)>) {
    let width = rows
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or_default()
        .max("stored files".len());
    for (name, count) in rows {
        println!("{name:width$} {count:>10}");
    }
    match files {
        Some((count, bytes)) => println!(
            "{:width$} {count:>10} ({:.1} MB)",
            "stored files",
            bytes as f64 / 1_000_000.0
        ),
        None => println!("{:width$} {:>10}", "stored files", "left out"),
    }
}
