//! Rows of one table on their way in, some new, some there already.

use std::collections::{BTreeMap, HashSet};

use dailies_definitions::failure::Failure;
use entity::facts::{Column, Default as ColumnDefault, Table};
use sea_orm::Value as SqlValue;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::crud::coerce;
use crate::database::{self, BATCH, Sql, value_of};
use crate::events::Work;

/// Columns with what they are set to.
pub(super) type ColumnValues = Vec<(&'static str, SqlValue)>;

/// Tables whose rows come later than those that refer to them, or never. What is not here of them is left out.
const LATER: [&str; 6] = [
    "chat_message",
    "output_file",
    "preview_background_file",
    "preview_file",
    "production_schedule_version",
    "search_filter_group",
];

/// A row on its way in.
#[derive(Debug)]
pub(super) struct Incoming {
    /// Id of the row that is there already, which an import may change.
    pub(super) stored: Option<Uuid>,
    /// The id that it comes to have.
    pub(super) id: Uuid,
    /// Its name in messages: its place in the body.
    pub(super) place: usize,
    pub(super) columns: ColumnValues,
}

impl Incoming {
    /// Takes over what a later record of the same body says.
    pub(super) fn extend(&mut self, columns: ColumnValues) {
        self.columns.retain(|(name, _)| value_of(&columns, name).is_none());
        self.columns.extend(columns);
    }

    fn reference(&self, column: &str) -> Option<Uuid> {
        match value_of(&self.columns, column) {
            Some(SqlValue::Uuid(id)) => *id,
            _ => None,
        }
    }
}

/// The value of one column, from that of a record.
///
/// # Errors
/// 400 that names the place and the field, when the value has no meaning for the column.
pub(super) fn read_value(
    column: &Column,
    value: &Value,
    place: usize,
    field: &str,
    is_new: bool,
) -> Result<Option<SqlValue>, Failure> {
    coerce(column, value, is_new).map_err(|_| {
        let message = if value.is_null() {
            "Input should not be null"
        } else {
            "Input should be what its column holds"
        };
        wrong(place, field, message)
    })
}

/// The columns of a table that a row names; other keys are passed over.
///
/// # Errors
/// 400 that names the place and the field, when a value has no meaning for its column.
pub(super) fn read_columns(
    table: &'static Table,
    row: &Map<String, Value>,
    place: usize,
    is_new: bool,
) -> Result<ColumnValues, Failure> {
    let mut columns = ColumnValues::new();
    for column in &table.columns {
        let Some(value) = row.get(column.name) else { continue };
        columns.extend(read_value(column, value, place, column.name, is_new)?.map(|value| (column.name, value)));
    }
    Ok(columns)
}

/// 400 about a field of a record of a body.
pub(super) fn wrong(place: usize, field: &str, message: &str) -> Failure {
    Failure::field(format!("{place}.{field}"), message)
}

/// Stores rows: new ones with the usual values for what they leave out, and of the others what they name. Rows that refer to
/// each other may come in any order.
///
/// # Errors
/// 400 that names the place and the field of a row that lacks something, or refers to what is not here.
pub(super) async fn store(work: &Work<'_>, table: &'static Table, mut rows: Vec<Incoming>) -> Result<(), Failure> {
    require_references(work, table, &mut rows).await?;
    let (known, new): (Vec<Incoming>, Vec<Incoming>) = rows.into_iter().partition(|row| row.stored.is_some());
    for row in &new {
        require_columns(table, row)?;
    }
    let new = referred_first(table, new).into_iter().map(|row| row.columns).collect();
    database::insert_many(&**work, table, new).await?;
    // Rows that name the same columns are changed together. Those of one program all do.
    let mut alike: BTreeMap<Vec<&'static str>, Vec<(Uuid, ColumnValues)>> = BTreeMap::new();
    for Incoming { stored, columns, .. } in known {
        let names = columns.iter().map(|(name, _)| *name).collect();
        alike.entry(names).or_default().extend(stored.map(|id| (id, columns)));
    }
    for rows in alike.into_values() {
        database::update_many(&**work, table, rows).await?;
    }
    Ok(())
}

/// Refuses a new row that lacks what it needs.
fn require_columns(table: &Table, row: &Incoming) -> Result<(), Failure> {
    let needed = |column: &&Column| !column.nullable && column.default == ColumnDefault::None;
    match table
        .columns
        .iter()
        .filter(needed)
        .find(|column| value_of(&row.columns, column.name).is_none())
    {
        Some(column) => Err(wrong(row.place, column.name, "Field required")),
        None => Ok(()),
    }
}

/// Refuses rows that refer to what is not here and does not come with them, or leaves the reference out where that may come
/// later.
async fn require_references(work: &Work<'_>, table: &'static Table, rows: &mut [Incoming]) -> Result<(), Failure> {
    for column in table.columns.iter().filter(|column| column.is_reference()) {
        let mut unknown: HashSet<Uuid> = rows.iter().filter_map(|row| row.reference(column.name)).collect();
        if column.targets().contains(&table.name) {
            for row in rows.iter() {
                unknown.remove(&row.id);
            }
        }
        for target in column.targets() {
            let ids: Vec<Uuid> = unknown.iter().copied().collect();
            for id in existing(work, target, &ids).await? {
                unknown.remove(&id);
            }
        }
        if unknown.is_empty() {
            continue;
        }
        let may_come_later = column.nullable && column.targets().iter().all(|target| LATER.contains(target));
        for row in rows
            .iter_mut()
            .filter(|row| row.reference(column.name).is_some_and(|id| unknown.contains(&id)))
        {
            if !may_come_later {
                return Err(wrong(row.place, column.name, "Input should name a record that exists"));
            }
            row.columns.retain(|(name, _)| *name != column.name);
        }
    }
    Ok(())
}

/// Those of the ids that a table has.
///
/// # Errors
/// The database does not answer.
pub(super) async fn existing(work: &Work<'_>, table: &str, ids: &[Uuid]) -> Result<HashSet<Uuid>, Failure> {
    let mut found = HashSet::new();
    for ids in ids.chunks(BATCH) {
        found.extend(
            database::ids(
                &**work,
                &Sql::of_ids(format!("SELECT id FROM \"{table}\" WHERE id = ANY($1)"), ids),
            )
            .await?,
        );
    }
    Ok(found)
}

/// New rows in an order in which each comes after those of the same table that it refers to.
fn referred_first(table: &'static Table, mut waiting: Vec<Incoming>) -> Vec<Incoming> {
    let columns: Vec<&str> = table
        .columns
        .iter()
        .filter(|column| column.references == Some(table.name))
        .map(|column| column.name)
        .collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let open: HashSet<Uuid> = waiting.iter().map(|row| row.id).collect();
        let waits = |row: &Incoming| {
            columns
                .iter()
                .filter_map(|column| row.reference(column))
                .any(|id| id != row.id && open.contains(&id))
        };
        let (later, ready): (Vec<Incoming>, Vec<Incoming>) = waiting.into_iter().partition(waits);
        let stuck = ready.is_empty();
        ordered.extend(ready);
        waiting = later;
        if stuck {
            // Rows that refer to each other in a circle are for the database to judge.
            ordered.append(&mut waiting);
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(id: u128, parent: Option<u128>) -> Incoming {
        let columns = vec![
            ("id", Uuid::from_u128(id).into()),
            ("parent_id", parent.map(Uuid::from_u128).into()),
        ];
        Incoming {
            stored: None,
            id: Uuid::from_u128(id),
            place: 0,
            columns,
        }
    }

    #[test]
    fn parents_come_before_children() {
        let rows = vec![
            row(3, Some(2)),
            row(2, Some(1)),
            row(4, Some(9)),
            row(1, None),
            row(5, Some(5)),
        ];
        let order: Vec<u128> = referred_first(&entity::entity::TABLE, rows)
            .iter()
            .map(|row| row.id.as_u128())
            .collect();
        assert_eq!(order, [4, 1, 5, 2, 3]);
        let circle = referred_first(&entity::entity::TABLE, vec![row(1, Some(2)), row(2, Some(1))]);
        assert_eq!(circle.len(), 2);
    }

    #[test]
    fn keys_that_are_no_columns_are_passed_over() {
        let row = json!({"id": Uuid::nil(), "date": "2026-06-01", "color": "red"});
        let columns =
            read_columns(&entity::milestone::TABLE, row.as_object().expect("an object"), 0, true).expect("columns");
        let mut names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        assert_eq!(names, ["date", "id"]);
        let row = json!({"date": "in June"});
        assert!(read_columns(&entity::milestone::TABLE, row.as_object().expect("an object"), 0, true).is_err());
    }

    #[test]
    fn what_comes_later_in_a_body_counts() {
        let mut first = row(1, None);
        first.extend(vec![("parent_id", Uuid::from_u128(7).into())]);
        assert_eq!(first.reference("parent_id"), Some(Uuid::from_u128(7)));
        assert_eq!(first.columns.len(), 2);
    }
}
