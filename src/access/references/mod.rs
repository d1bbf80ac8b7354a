//! References: what a body may name. The row that is meant exists, belongs to the same production or is shared with it, and
//! the caller reads it; so no row ever refers to two productions.
//!
//! The entities say which columns are references, and [`Belonging`] how the rows of a table belong to a production. A column of
//! ids that is in neither fails a test.

mod many;
mod query;
#[cfg(test)]
mod tests;
mod way;

use std::collections::HashSet;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use entity::belonging::Belonging;
use entity::facts::{Column, Table};
use sea_orm::{ConnectionTrait, DbErr, Value as SqlValue};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use self::many::{productions, require_many};

use self::query::ReferencedRow;
use self::way::{LISTS, SHARED};

/// Reference that a field of a body makes.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Key of the body.
    field: &'static str,
    /// The rows are in one of these tables.
    tables: Vec<&'static str>,
    ids: Vec<Uuid>,
    /// True if what another production shares may be named too.
    shares: bool,
    /// True if what does not exist is left out, and not refused.
    lenient: bool,
    /// True if the row is only needed to know its production.
    silent: bool,
    /// The table and columns that hold what is named already, which needs no check.
    held: Option<HeldReference>,
}

/// Rows of a table that name one record in a column, and in another one what it refers to.
#[derive(Clone, Copy, Debug)]
struct HeldReference {
    table: &'static str,
    own: &'static str,
    other: &'static str,
    record: Uuid,
}

/// A relation to many that a body sets.
#[derive(Clone, Copy, Debug)]
pub struct BodyRelation<'a> {
    /// Key of the body.
    pub field: &'static str,
    pub table: &'static Table,
    /// Column that holds the id of the record.
    pub own: &'static str,
    /// Column that holds the id of what is related: `id` where the rows are records of their own.
    pub other: &'static str,
    pub ids: &'a [Uuid],
}

/// A row that is about to be written.
#[derive(Clone, Copy, Debug)]
pub struct RowChange<'a> {
    pub table: &'static Table,
    /// None for a new one.
    pub id: Option<Uuid>,
    /// Columns that are known of the stored row, by name; empty for a new one.
    pub stored: &'a Map<String, Value>,
    /// Columns that come to hold something else.
    pub columns: &'a [(&'static str, SqlValue)],
    pub relations: &'a [BodyRelation<'a>],
}

impl Reference {
    /// Reference that the column of a table makes.
    fn of_column(table: &Table, column: &'static Column, id: Uuid) -> Self {
        let shares = SHARED.contains(&(table.name, column.name));
        let tables = column.targets().to_vec();
        Self {
            field: column.name,
            tables,
            ids: vec![id],
            shares,
            lenient: false,
            silent: false,
            held: None,
        }
    }

    /// The row that a row belongs by.
    fn home(column: &'static Column, id: Uuid) -> Self {
        let tables = column.targets().to_vec();
        Self {
            field: column.name,
            tables,
            ids: vec![id],
            shares: false,
            lenient: true,
            silent: true,
            held: None,
        }
    }

    fn of_relation(related: &BodyRelation<'_>, record: Option<Uuid>) -> Self {
        let BodyRelation {
            field,
            table,
            own,
            other,
            ids,
        } = *related;
        let tables = match table.column(other).map(Column::targets) {
            Some(targets) if !targets.is_empty() => targets.to_vec(),
            _ => vec![table.name],
        };
        let held = record.map(|record| HeldReference {
            table: table.name,
            own,
            other,
            record,
        });
        Self {
            field,
            tables,
            ids: ids.to_vec(),
            shares: SHARED.contains(&(table.name, other)),
            lenient: true,
            silent: false,
            held,
        }
    }
}

impl RowChange<'_> {
    fn changed(&self, column: &str) -> Option<Option<Uuid>> {
        let (_, value) = self.columns.iter().find(|(name, _)| *name == column)?;
        match value {
            SqlValue::Uuid(id) => Some(*id),
            _ => Some(None),
        }
    }

    fn before(&self, column: &str) -> Option<Uuid> {
        self.stored.get(column).and_then(Value::as_str).and_then(parse_id)
    }

    fn after(&self, column: &str) -> Option<Uuid> {
        self.changed(column).unwrap_or_else(|| self.before(column))
    }

    /// The column that the row belongs by, with what it holds.
    fn home(&self, holds: impl Fn(&str) -> Option<Uuid>) -> Option<(&'static Column, Uuid)> {
        let Belonging::By(columns) = Belonging::of(self.table.name) else {
            return None;
        };
        columns
            .iter()
            .find_map(|name| Some((self.table.column(name)?, holds(name)?)))
    }

    /// True if the row comes to belong by something else.
    fn moves(&self) -> bool {
        let place = |(column, id): (&'static Column, Uuid)| (column.name, id);
        self.id.is_some()
            && self.home(|column| self.before(column)).map(place) != self.home(|column| self.after(column)).map(place)
    }

    /// All that has to be looked at: what changes, or everything when the row moves.
    fn references(&self) -> Vec<Reference> {
        let moves = self.moves();
        let mut found: Vec<Reference> = Vec::new();
        for column in self.table.columns.iter().filter(|column| column.is_reference()) {
            let id = if moves {
                self.after(column.name)
            } else {
                self.changed(column.name).flatten()
            };
            found.extend(id.map(|id| Reference::of_column(self.table, column, id)));
        }
        for (_, name, keys) in LISTS.iter().filter(|(table, ..)| *table == self.table.name) {
            let Some((_, SqlValue::Json(Some(list)))) = self.columns.iter().find(|(column, _)| column == name) else {
                continue;
            };
            let known = self.stored.get(*name).unwrap_or(&Value::Null);
            for (keys, tables) in *keys {
                let had = listed(known, keys);
                let ids: Vec<Uuid> = listed(list, keys).into_iter().filter(|id| !had.contains(id)).collect();
                let shares = SHARED.contains(&(self.table.name, *name));
                found.push(Reference {
                    field: name,
                    tables: tables.to_vec(),
                    ids,
                    shares,
                    lenient: false,
                    silent: false,
                    held: None,
                });
            }
        }
        found.extend(
            self.relations
                .iter()
                .map(|related| Reference::of_relation(related, self.id)),
        );
        found.retain(|reference| !reference.ids.is_empty());
        // Unknown ones are left out anyway.
        found.retain(|reference| {
            !reference.lenient
                || reference
                    .tables
                    .iter()
                    .any(|table| Belonging::of(table) != Belonging::Studio)
        });
        found
    }
}

/// The ids that objects of a list hold under any of the keys.
fn listed(list: &Value, keys: &[&str]) -> HashSet<Uuid> {
    let items = list.as_array().into_iter().flatten();
    let ids = items.flat_map(|item| {
        keys.iter()
            .filter_map(move |key| item.get(key)?.as_str().and_then(parse_id))
    });
    ids.collect()
}

/// Checks all that a row comes to refer to, and that it stays in its production as long as others refer to it.
///
/// # Errors
/// 400 naming the field for a row that does not exist or belongs to another production, 403 for one that the caller may
/// not read.
pub async fn require(connection: &impl ConnectionTrait, caller: &Caller, row: &RowChange<'_>) -> Result<(), Failure> {
    let mut references = row.references();
    if references.is_empty() {
        return Ok(());
    }
    let loud = references.len();
    let homes = [
        row.home(|column| row.after(column)),
        row.home(|column| row.before(column)).filter(|_| row.moves()),
    ];
    references.extend(homes.iter().flatten().map(|(column, id)| Reference::home(column, *id)));
    let found = query::find(connection, caller, &references).await?;
    let production = |home: Option<(&'static Column, Uuid)>| match (Belonging::of(row.table.name), home) {
        (Belonging::Itself, _) => row.id,
        (_, Some((column, id))) if column.references == Some("project") => Some(id),
        (_, Some((_, id))) => found
            .iter()
            .find(|found| found.id == id && found.reference >= loud)
            .and_then(|found| found.project_id),
        (_, None) => None,
    };
    let [now, before] = homes.map(production);
    judge(&references[..loud], &found, now)?;
    if before.is_some() && before != now && query::is_referred_to(connection, row.table, row.id.as_slice()).await? {
        return Err(bound(row.table));
    }
    Ok(())
}

/// The production that a stored row belongs to, by the columns that are known of it.
///
/// # Errors
/// The database does not answer.
pub async fn production_of(
    connection: &impl ConnectionTrait,
    table: &'static Table,
    id: Uuid,
    columns: &Map<String, Value>,
) -> Result<Option<Uuid>, DbErr> {
    let row = RowChange {
        table,
        id: Some(id),
        stored: columns,
        columns: &[],
        relations: &[],
    };
    match (Belonging::of(table.name), row.home(|column| row.before(column))) {
        (Belonging::Itself, _) => Ok(Some(id)),
        (_, Some((column, id))) if column.references == Some("project") => Ok(Some(id)),
        (_, Some((column, id))) => query::production(connection, column, id).await,
        (_, None) => Ok(None),
    }
}

/// Says what is wrong with what was found. Where the row belongs to no production, what it names belongs to one at most.
fn judge(references: &[Reference], found: &[ReferencedRow], project_id: Option<Uuid>) -> Result<(), Failure> {
    let mut project_id = project_id;
    for (at, reference) in references.iter().enumerate() {
        for id in &reference.ids {
            let Some(row) = found.iter().find(|row| row.reference == at && row.id == *id) else {
                if reference.lenient {
                    continue;
                }
                return Err(unknown(reference.field));
            };
            if row.held || (reference.shares && row.shared) {
                continue;
            }
            if !row.readable {
                return Err(Failure::forbidden());
            }
            if row.project_id.is_some() && project_id.is_some() && row.project_id != project_id {
                return Err(elsewhere(reference.field));
            }
            project_id = project_id.or(row.project_id);
        }
    }
    Ok(())
}

fn unknown(field: &str) -> Failure {
    Failure::record(format!("'{field}' names a record that does not exist."))
}

fn bound(table: &Table) -> Failure {
    let home = match Belonging::of(table.name) {
        Belonging::By([home, ..]) => *home,
        _ => "project_id",
    };
    Failure::record("Records that refer to this one belong to its production.").naming(home)
}

fn elsewhere(field: &str) -> Failure {
    Failure::record(format!("'{field}' names a record of another production."))
}
