//! `adopt`: takes over a database that the reference server made.

use super::{CommandResult, connect};
use crate::config::DataArgs;
use crate::database::{self, Database, Sql};
use migration::{REVISION, State};

/// Reason why a database is not taken over.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(
        "the embedded database is always ours. Name the PostgreSQL database to take over with --database-url, or with DB_HOST, DB_DATABASE and so on"
    )]
    Embedded,
    #[error("this database is empty; `dailies serve` makes what it needs")]
    Empty,
    #[error("this database belongs to another program, or to a newer release of Dailies; nothing was changed")]
    Foreign,
    #[error("the schema is not the one that this release takes over; nothing was changed")]
    Different,
}

pub(super) async fn run(data: &DataArgs, dry_run: bool) -> CommandResult {
    // Whoever connects to an embedded database makes it.
    if data.is_embedded() {
        return Err(Refusal::Embedded.into());
    }
    let database = connect(data).await?;
    match migration::state(&database).await? {
        State::ReferenceWithoutBaseline => {}
        State::Current | State::Behind => {
            if !dry_run {
                migration::take_over(&database.schema_connection().await?).await?;
            }
            println!("This database is taken over already.");
            return Ok(());
        }
        State::Empty => return Err(Refusal::Empty.into()),
        State::Foreign => return Err(Refusal::Foreign.into()),
    }
    let mut found = migration::differences(&database).await?;
    let revision = migration::revision(&database).await?;
    if let Some(other) = revision.as_deref().filter(|revision| *revision != REVISION) {
        found.missing.push(format!(
            "The schema is at revision `{other}` instead of `{REVISION}`: bring it there with the release of the server that made it."
        ));
    }
    for sentence in &found.additional {
        println!("kept as it is: {sentence}");
    }
    for sentence in &found.missing {
        println!("in the way: {sentence}");
    }
    if !found.missing.is_empty() {
        return Err(Refusal::Different.into());
    }
    println!("The schema fits.");
    count(&database).await?;
    if dry_run {
        println!("Nothing was changed.");
        return Ok(());
    }
    migration::take_over(&database.schema_connection().await?).await?;
    println!("The database is taken over. `dailies serve` works on it from now on.");
    Ok(())
}

async fn count(database: &Database) -> CommandResult {
    for (table, name) in [
        ("project", "productions"),
        ("person", "persons"),
        ("entity", "entities"),
        ("task", "tasks"),
        ("comment", "comments"),
        ("preview_file", "previews"),
    ] {
        let sql = Sql::new(format!("SELECT COUNT(*) FROM {table}"));
        let count: i64 = database::read_value(database, &sql).await?.unwrap_or_default();
        println!("{count:>9} {name}");
    }
    Ok(())
}
