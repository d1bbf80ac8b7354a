//! The revisions that the reference system records of its schema, from release 1.0.67 to release 1.0.97.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use serde::Deserialize;

use crate::catalogue::{Catalogue, Column, ForeignKey, Index, Table, Unique, reference};

/// The oldest revision whose schema is taken over: that of release 1.0.67.
pub const OLDEST: &str = "b7d419c25e08";

/// The newest revision whose schema is taken over: that of release 1.0.97.
pub const NEWEST: &str = "b8e3d1f6a2c9";

/// A step of the schema of the reference system.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Revision {
    pub name: String,
    /// The revisions that it follows; two where branches meet.
    pub after: Vec<String>,
    /// Tables that it makes.
    pub tables: BTreeMap<String, Table>,
    /// Columns that it adds to tables.
    pub columns: BTreeMap<String, Vec<Column>>,
    /// Values of columns that it adds in the rows that are there, by table and column; null where nothing is said.
    pub fill: BTreeMap<String, String>,
    /// Foreign keys that it adds, or gives another rule of deletion.
    pub foreign_keys: BTreeMap<String, Vec<ForeignKey>>,
    /// Unique constraints that it adds.
    pub unique: BTreeMap<String, Vec<Unique>>,
    /// Indexes that it adds.
    pub indexes: BTreeMap<String, Vec<Index>>,
    /// Statements that change rows.
    pub rows: Vec<String>,
}

/// All revisions whose schema is taken over, each behind those that it follows.
///
/// # Errors
/// Never in a tested build: the list is part of the program.
pub fn revisions() -> Result<Vec<Revision>, DbErr> {
    serde_json::from_str(include_str!("schema/revisions.json")).map_err(|error| DbErr::Json(error.to_string()))
}

/// The schema of a database at these revisions, of which there are several while branches of the chain have not met.
///
/// # Errors
/// Never in a tested build: the revisions are part of the program.
pub fn schema_at(recorded: &[String]) -> Result<Catalogue, DbErr> {
    let known = revisions()?;
    let done = done(&known, recorded);
    let mut schema = reference()?;
    for revision in known.into_iter().filter(|revision| done.contains(&revision.name)) {
        revision.apply(&mut schema);
    }
    Ok(schema)
}

/// These revisions, and all that came before them.
pub(crate) fn done(known: &[Revision], recorded: &[String]) -> BTreeSet<String> {
    let mut done: BTreeSet<String> = recorded.iter().cloned().collect();
    for revision in known.iter().rev().filter(|revision| !revision.after.is_empty()) {
        if done.contains(&revision.name) {
            done.extend(revision.after.iter().cloned());
        }
    }
    done
}

impl Revision {
    fn apply(self, schema: &mut Catalogue) {
        schema.tables.extend(self.tables);
        for (name, columns) in self.columns {
            schema.tables.entry(name).or_default().columns.extend(columns);
        }
        for (name, keys) in self.foreign_keys {
            let table = schema.tables.entry(name).or_default();
            table
                .foreign_keys
                .retain(|old| keys.iter().all(|key| key.column != old.column));
            table.foreign_keys.extend(keys);
        }
        for (name, unique) in self.unique {
            schema.tables.entry(name).or_default().unique.extend(unique);
        }
        for (name, indexes) in self.indexes {
            schema.tables.entry(name).or_default().indexes.extend(indexes);
        }
    }
}

/// Reads which revisions a PostgreSQL database says that it has. None where nothing is recorded.
///
/// # Errors
/// The database cannot be read or is not PostgreSQL.
pub async fn recorded(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let ask = |sql: &str| Statement::from_string(DbBackend::Postgres, sql);
    let table = db
        .query_one_raw(ask("SELECT to_regclass('alembic_version') IS NOT NULL AS there"))
        .await?;
    if !table
        .map(|row| row.try_get::<bool>("", "there"))
        .transpose()?
        .unwrap_or_default()
    {
        return Ok(Vec::new());
    }
    let rows = db
        .query_all_raw(ask("SELECT version_num::text AS name FROM alembic_version ORDER BY 1"))
        .await?;
    rows.iter().map(|row| row.try_get("", "name")).collect()
}
