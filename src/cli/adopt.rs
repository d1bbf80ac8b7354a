//! `adopt`: takes over a database that the reference server made. `hand-back`: makes one ready for a newer release of it.

use super::{CommandResult, connect};
use crate::config::DataArgs;
use crate::database::{self, Database, Sql};
use migration::{NEWEST, Plan, State};

/// Reason why a database is not taken over.
#[derive(Debug, thiserror::Error)]
enum AdoptionRefusal {
    #[error(
        "the embedded database is always ours. Name the PostgreSQL database to take over with --database-url, or with DB_HOST, DB_DATABASE and so on"
    )]
    Embedded,
    #[error("this database is empty; `dailies serve` makes what it needs")]
    Empty,
    #[error("a newer release of Dailies has worked on this database; nothing was changed")]
    Newer,
    #[error("this database belongs to another program; nothing was changed")]
    Foreign,
    #[error("the schema is not one of those that this release takes over; nothing was changed")]
    Different,
    #[error("this database was not taken over from another server by this release; nothing was changed")]
    NotTakenOver,
}

/// Takes a database over, or only says what that would mean.
pub(super) async fn run(data: &DataArgs, check: bool) -> CommandResult {
    // Whoever connects to an embedded database makes it.
    if data.is_embedded() {
        return Err(AdoptionRefusal::Embedded.into());
    }
    let database = connect(data).await?;
    match migration::state(&database).await? {
        State::ReferenceWithoutBaseline => {}
        State::Current | State::Behind => {
            if !check {
                migration::take_over(&database.schema_connection().await?).await?;
            }
            println!("This database is taken over already.");
            return Ok(());
        }
        State::Empty => return Err(AdoptionRefusal::Empty.into()),
        State::Newer => return Err(AdoptionRefusal::Newer.into()),
        State::Foreign => return Err(AdoptionRefusal::Foreign.into()),
    }
    let plan = migration::plan(&database).await?;
    print_plan(&plan);
    if !plan.found.missing.is_empty() {
        return Err(AdoptionRefusal::Different.into());
    }
    println!("The schema fits.");
    count(&database).await?;
    if check {
        println!("Nothing was changed.");
        return Ok(());
    }
    migration::take_over(&database.schema_connection().await?).await?;
    println!("The database is taken over. `dailies serve` works on it from now on.");
    println!("The release that made it finds what it knows, should it be started on it again.");
    if !plan.is_newest() {
        println!(
            "Before a newer release of that server upgrades this database, run `dailies hand-back`: it would add again what was added now."
        );
    }
    Ok(())
}

/// Prints what was found, and what would be done.
fn print_plan(plan: &Plan) {
    for revision in &plan.recorded {
        println!("The schema is at revision `{revision}`, which stays recorded.");
    }
    for sentence in &plan.found.additional {
        println!("kept as it is: {sentence}");
    }
    for sentence in &plan.found.missing {
        println!("in the way: {sentence}");
    }
    if plan.found.missing.is_empty() {
        for addition in &plan.additions {
            println!("to be added: {addition}");
        }
        println!(
            "to be added: tables and indexes of Dailies, triggers and their functions, whose names begin with `dailies_`, and `seaql_migrations`"
        );
    }
}

/// Makes a database that was taken over ready for a newer release of the server that made it, or only says how.
pub(super) async fn hand_back(data: &DataArgs, check: bool) -> CommandResult {
    if data.is_embedded() {
        return Err(AdoptionRefusal::Embedded.into());
    }
    let database = connect(data).await?;
    let recorded = migration::recorded(&database).await?;
    if migration::state(&database).await? != State::Current || recorded.is_empty() {
        return Err(AdoptionRefusal::NotTakenOver.into());
    }
    for statement in migration::statements_to(&database, NEWEST).await? {
        println!("{statement};");
    }
    println!(
        "The recorded revision becomes `{NEWEST}`, that of release 1.0.97, in place of `{}`.",
        recorded.join("`, `")
    );
    let sql = Sql::new(
        "SELECT COUNT(*) FROM person WHERE password IS NOT NULL AND convert_from(password, 'UTF8') LIKE '$argon2%'",
    );
    let strangers: i64 = database::read_value(&database, &sql).await?.unwrap_or_default();
    if strangers > 0 {
        println!(
            "{strangers} persons have signed in here since. That server cannot check their passwords, so they need new ones."
        );
    }
    if check {
        println!("Nothing was changed.");
        return Ok(());
    }
    migration::give_back(&database.schema_connection().await?).await?;
    println!("Release 1.0.97 can be started on this database, and newer ones can upgrade it.");
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
