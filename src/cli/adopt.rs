//! `adopt`: takes over a database that the reference server made.

use super::{CommandResult, connect};
use crate::config::DataArgs;
use crate::database::{Database, Sql};
use migration::State;

pub(super) async fn run(data: &DataArgs, dry_run: bool) -> CommandResult {
    let database = connect(data).await?;
    match migration::state(database.read()).await? {
        State::ReferenceWithoutBaseline => {}
        State::Current | State::Behind => {
            println!("This database is taken over already.");
            if !dry_run {
                migration::up(database.read()).await?;
            }
            return Ok(());
        }
        State::Empty => return Err("this database is empty; `dailies serve` makes what it needs".into()),
        State::Foreign => return Err("this database belongs to another program, or to a newer release of Dailies".into()),
    }
    let found = migration::differences(database.read()).await?;
    for sentence in &found.additional {
        println!("kept as it is: {sentence}");
    }
    if !found.missing.is_empty() {
        for sentence in &found.missing {
            println!("in the way: {sentence}");
        }
        return Err("the schema is not the one that this release takes over; nothing was changed".into());
    }
    println!("The schema fits.");
    count(&database).await?;
    if dry_run {
        println!("Nothing was changed.");
        return Ok(());
    }
    migration::record_baseline(database.read()).await?;
    migration::up(database.read()).await?;
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
        let row = database.row(&Sql::new(format!("SELECT COUNT(*) FROM {table}"))).await?;
        let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
        println!("{count:>9} {name}");
    }
    Ok(())
}
