//! The schema of the database, its migrations, and the check of a database made by the reference
//! system.
//!
//! Migrations only go up: each release reads the schema of the one before, and a backup is the way
//! back.

mod adoption;
mod catalogue;
mod differences;
mod m20261121_000001_reference_schema;
mod m20261121_000002_dailies_additions;
mod m20261128_000003_page_indexes;
mod m20261129_000004_newer_release;
mod m20261129_000010_identities;
mod m20261129_000020_marks;
pub mod marks;
mod revision;
mod statements;

use std::collections::HashSet;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, EntityTrait, Set,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait, seaql_migrations};

pub use adoption::{Plan, plan, statements_to};
pub use catalogue::{Catalogue, Check, Column, ForeignKey, Index, OnDelete, Table, Unique, reference};
pub use differences::{Differences, compare};
pub use revision::{NEWEST, OLDEST, Revision, recorded, revisions, schema_at};

/// Name of the migration that makes the schema of the reference system.
pub const BASELINE: &str = "m20261121_000001_reference_schema";

/// Key of the PostgreSQL lock that keeps two servers from migrating at once; the number has no
/// meaning.
const LOCK: i64 = 7_232_464_105_519_284;

/// All migrations, in order.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_reference_schema::Migration),
            Box::new(m20261121_000002_dailies_additions::Migration),
            Box::new(m20261128_000003_page_indexes::Migration),
            Box::new(m20261129_000004_newer_release::Migration),
            Box::new(m20261129_000010_identities::Migration),
            Box::new(m20261129_000020_marks::Migration),
        ]
    }
}

/// Stage that a database is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No tables at all.
    Empty,
    /// All migrations of this release are done, and no others.
    Current,
    /// Some migrations of this release are still to be done.
    Behind,
    /// Made by the reference system, and not taken over yet.
    ReferenceWithoutBaseline,
    /// Changed by a newer release of this program.
    Newer,
    /// Tables of another program.
    Foreign,
}

/// Finds out how far a database is, without changing it.
///
/// # Errors
/// The database cannot be read.
pub async fn state(db: &impl ConnectionTrait) -> Result<State, DbErr> {
    let mut tables = tables(db).await?;
    let mut applied = HashSet::new();
    if tables.remove("seaql_migrations") {
        let rows = seaql_migrations::Entity::find().all(db).await?;
        applied.extend(rows.into_iter().map(|row| row.version));
    }
    let known: HashSet<String> = Migrator::migrations()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect();

    Ok(if !applied.is_subset(&known) && applied.contains(BASELINE) {
        State::Newer
    } else if !applied.is_subset(&known) {
        State::Foreign
    } else if applied == known {
        State::Current
    } else if applied.contains(BASELINE) {
        State::Behind
    } else if tables.is_empty() {
        State::Empty
    } else if tables.contains("person") && tables.contains("project") {
        State::ReferenceWithoutBaseline
    } else {
        State::Foreign
    })
}

/// Brings a database to the schema of this release, all or nothing.
///
/// # Errors
/// The database cannot be changed, or it belongs to another program or to a newer release,
/// or it was made by the reference system: that one must be taken over knowingly, see
/// [`take_over`].
pub async fn up(db: &DatabaseConnection) -> Result<(), DbErr> {
    let transaction = begin_alone(db).await?;
    match state(&transaction).await? {
        State::Empty | State::Behind => Migrator::up(&transaction, None).await?,
        State::Current => {}
        State::ReferenceWithoutBaseline => {
            return Err(refusal("it was made by another server and must be adopted first"));
        }
        State::Newer => return Err(refusal("a newer release has worked on it")),
        State::Foreign => return Err(refusal("it belongs to another program")),
    }
    transaction.commit().await
}

/// Names of all migrations of this release, in order.
#[must_use]
pub fn names() -> Vec<String> {
    Migrator::migrations()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect()
}

/// Brings an empty database to the schema that the first migrations of this release make, all or nothing.
///
/// # Errors
/// The database is not empty, or cannot be changed.
pub async fn up_to(db: &DatabaseConnection, migrations: u32) -> Result<(), DbErr> {
    let transaction = begin_alone(db).await?;
    if state(&transaction).await? != State::Empty {
        return Err(refusal("it is not empty"));
    }
    Migrator::up(&transaction, Some(migrations)).await?;
    transaction.commit().await
}

/// Takes over a database that the reference system made: records its schema as the baseline, and adds what this release
/// has on top, all or nothing. Brings a database that was taken over already to this release.
///
/// The fit of the schema itself is for [`plan`] to say. The revision that the reference system recorded stays.
///
/// # Errors
/// The database cannot be changed, or was not made by the reference system.
pub async fn take_over(db: &DatabaseConnection) -> Result<(), DbErr> {
    let transaction = begin_alone(db).await?;
    match state(&transaction).await? {
        State::ReferenceWithoutBaseline => record_baseline(&transaction).await?,
        State::Current | State::Behind => {}
        State::Empty | State::Newer | State::Foreign => {
            return Err(refusal("it does not hold the tables of the reference system"));
        }
    }
    Migrator::up(&transaction, None).await?;
    transaction.commit().await
}

/// Makes a PostgreSQL database that was taken over what the migrations of the newest release of the reference system would
/// have made of it, and records that revision, all or nothing: that release finds nothing to add any more, which is there
/// already, and later ones go on from it. Says which revisions were recorded before.
///
/// # Errors
/// The database cannot be changed, or was not taken over by this release.
pub async fn give_back(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let transaction = begin_alone(db).await?;
    let before = recorded(&transaction).await?;
    if state(&transaction).await? != State::Current || before.is_empty() {
        return Err(refusal("it was not taken over from another server by this release"));
    }
    for statement in statements_to(&transaction, NEWEST).await? {
        transaction.execute_unprepared(&statement).await?;
    }
    transaction
        .execute_unprepared(&format!(
            "DELETE FROM alembic_version; INSERT INTO alembic_version VALUES ('{NEWEST}')"
        ))
        .await?;
    transaction.commit().await?;
    Ok(before)
}

async fn record_baseline(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    Migrator::install(transaction).await?;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    seaql_migrations::Entity::insert(seaql_migrations::ActiveModel {
        version: Set(BASELINE.to_owned()),
        applied_at: Set(i64::try_from(now).unwrap_or_default()),
    })
    .exec(transaction)
    .await?;
    Ok(())
}

/// Starts a transaction that no other migration runs next to.
async fn begin_alone(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let transaction = db
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?;
    if transaction.get_database_backend() == DbBackend::Postgres {
        transaction
            .execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})"))
            .await?;
    }
    Ok(transaction)
}

/// Names of the tables in the database, without those of the database itself or its extensions.
async fn tables(db: &impl ConnectionTrait) -> Result<HashSet<String>, DbErr> {
    let backend = db.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => catalogue::TABLES,
        DbBackend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        other => return Err(unsupported(other)),
    };
    db.query_all_raw(Statement::from_string(backend, sql))
        .await?
        .iter()
        .map(|row| row.try_get("", "name"))
        .collect()
}

fn refusal(reason: &str) -> DbErr {
    DbErr::Migration(format!("The database was left alone: {reason}."))
}

fn unsupported(backend: DbBackend) -> DbErr {
    DbErr::BackendNotSupported {
        db: backend.as_str(),
        ctx: "migrations",
    }
}
