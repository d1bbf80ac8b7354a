//! Finds the rows that references mean: one query for all of them.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::TABLES;
use entity::belonging::Belonging;
use entity::facts::{Column, Table};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use uuid::Uuid;

use super::way::RowPlace;
use super::{HeldReference, Reference};
use crate::database::{self, Sql};

/// A row that a reference means.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReferencedRow {
    /// Place of the reference among those that were asked for.
    pub(super) reference: usize,
    pub(super) id: Uuid,
    /// The production that it belongs to.
    pub(super) project_id: Option<Uuid>,
    /// True if other productions may use it.
    pub(super) shared: bool,
    /// True if the caller reads it.
    pub(super) readable: bool,
    /// True if the record refers to it already.
    pub(super) held: bool,
}

#[derive(FromQueryResult)]
struct ReferenceRow {
    reference: i64,
    id: Uuid,
    project_id: Option<Uuid>,
    shared: bool,
    readable: bool,
    held: bool,
}

/// The rows that exist of those that are meant.
pub(super) async fn find(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    references: &[Reference],
) -> Result<Vec<ReferencedRow>, Failure> {
    let mut sql = Sql::default();
    for (at, reference) in references.iter().enumerate() {
        for table in reference.tables.iter().filter_map(|name| Table::find(name)) {
            if !sql.text().is_empty() {
                sql.push(" UNION ALL ");
            }
            push_rows(&mut sql, caller, at, reference, table);
        }
    }
    let rows: Vec<ReferenceRow> = database::read_all(connection, &sql).await?;
    let found = rows.into_iter().map(|row| -> Result<ReferencedRow, Failure> {
        let ReferenceRow {
            reference,
            id,
            project_id,
            shared,
            readable,
            held,
        } = row;
        Ok(ReferencedRow {
            reference: usize::try_from(reference)?,
            id,
            project_id,
            shared,
            readable,
            held,
        })
    });
    found.collect()
}

/// Appends the rows of a table that a reference means, with what [`ReferencedRow`] says of them.
fn push_rows(sql: &mut Sql, caller: &Caller, at: usize, reference: &Reference, table: &'static Table) {
    let place = RowPlace::outermost(table);
    let (production, shared) = (place.production(), place.shared());
    sql.push(&format!(
        "SELECT CAST({at} AS bigint) AS reference, r.id AS id, {production} AS project_id, {shared} AS shared, "
    ));
    if caller.is_admin() || reference.silent {
        sql.push("true");
    } else {
        place.readable(sql, &caller.person);
    }
    sql.push(" AS readable, ");
    match reference.held {
        Some(HeldReference {
            table,
            own,
            other,
            record,
        }) => {
            sql.push(&format!(
                "EXISTS (SELECT 1 FROM \"{table}\" h WHERE h.\"{other}\" = r.id AND h.\"{own}\" = "
            ))
            .bind(record)
            .push(")");
        }
        None => {
            sql.push("false");
        }
    }
    sql.push(&format!(" AS held FROM \"{}\" r WHERE r.id", table.name))
        .among(&reference.ids);
}

/// The production of the row that a column means.
pub(super) async fn production(
    connection: &impl ConnectionTrait,
    column: &'static Column,
    id: Uuid,
) -> Result<Option<Uuid>, DbErr> {
    let Some(table) = column.targets().first().and_then(|name| Table::find(name)) else {
        return Ok(None);
    };
    let sql = Sql::with(
        format!(
            "SELECT {} FROM \"{}\" r WHERE r.id = $1",
            RowPlace::outermost(table).production(),
            table.name
        ),
        [id.into()],
    );
    Ok(database::read_value(connection, &sql).await?.flatten())
}

/// True if a row of a production refers to one of these.
pub(super) async fn is_referred_to(
    connection: &impl ConnectionTrait,
    table: &Table,
    ids: &[Uuid],
) -> Result<bool, DbErr> {
    let mut sql = Sql::default();
    let bound = TABLES
        .iter()
        .filter(|other| !matches!(Belonging::of(other.name), Belonging::Studio));
    for (other, column) in bound.flat_map(|other| other.columns.iter().map(move |column| (other, column))) {
        if column.targets().contains(&table.name) {
            let joint = if sql.text().is_empty() { "" } else { " UNION ALL " };
            sql.push(&format!(
                "{joint}SELECT 1 AS one FROM \"{}\" r WHERE r.\"{}\"",
                other.name, column.name
            ))
            .among(ids);
        }
    }
    if sql.text().is_empty() {
        return Ok(false);
    }
    sql.push(" LIMIT 1");
    Ok(database::row(connection, &sql).await?.is_some())
}
