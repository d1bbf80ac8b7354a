//! Writes rows of any table, with the defaults that the schema of the reference leaves to the server.

use std::collections::HashSet;

use chrono::{NaiveDateTime, SubsecRound, Utc};
use entity::facts::{Column, Default as ColumnDefault, Kind, Table};
use sea_orm::sea_query::ArrayType;
use sea_orm::{DbBackend, DbErr, Value};
use uuid::Uuid;

use super::{Sql, Writes, execute};

/// Placeholders of one statement: few enough for both databases, and SQLite looks every one up among all others.
const PLACEHOLDERS: usize = 1000;

/// The current time in UTC, to the microsecond, which is what both databases keep.
#[must_use]
pub fn now() -> NaiveDateTime {
    super::depends_on_more();
    Utc::now().naive_utc().trunc_subsecs(6)
}

/// A null of the type of a column.
#[must_use]
pub fn null(kind: Kind) -> Value {
    match kind {
        Kind::Uuid => Value::Uuid(None),
        Kind::Text { .. } => Value::String(None),
        Kind::Bool => Value::Bool(None),
        Kind::Integer => Value::Int(None),
        Kind::BigInteger => Value::BigInt(None),
        Kind::Float => Value::Double(None),
        Kind::DateTime => Value::ChronoDateTime(None),
        Kind::Date => Value::ChronoDate(None),
        Kind::Json => Value::Json(None),
        Kind::Bytes => Value::Bytes(None),
        Kind::TextArray => Value::Array(ArrayType::String, None),
        Kind::JsonArray => Value::Array(ArrayType::Json, None),
        Kind::BytesArray => Value::Array(ArrayType::Bytes, None),
    }
}

/// Value of a column when nobody says.
fn default(column: &Column, moment: NaiveDateTime) -> Value {
    match column.default {
        ColumnDefault::None | ColumnDefault::Timezone | ColumnDefault::Locale => null(column.kind),
        ColumnDefault::Bool(yes) => yes.into(),
        ColumnDefault::Integer(number) => match column.kind {
            Kind::BigInteger => number.into(),
            _ => i32::try_from(number).unwrap_or_default().into(),
        },
        ColumnDefault::Float(number) => number.into(),
        ColumnDefault::Text(text) => text.into(),
        ColumnDefault::EmptyList => Value::Json(Some(Box::new(serde_json::json!([])))),
        ColumnDefault::TextList(items) => Value::Array(
            ArrayType::String,
            Some(Box::new(items.iter().map(|item| Value::from(*item)).collect())),
        ),
        ColumnDefault::NewUuid => Uuid::new_v4().into(),
        ColumnDefault::Now => moment.into(),
    }
}

/// The value of a column among those given.
#[must_use]
pub fn value_of<'a>(values: &'a [(&'static str, Value)], column: &str) -> Option<&'a Value> {
    values.iter().find(|(name, _)| *name == column).map(|(_, value)| value)
}

/// Inserts one row, and gives its id back. Columns that are not named get their defaults.
///
/// # Errors
/// The database refuses the row.
pub async fn insert(
    transaction: &impl Writes,
    table: &'static Table,
    values: Vec<(&'static str, Value)>,
) -> Result<Uuid, DbErr> {
    let id = match value_of(&values, "id") {
        Some(Value::Uuid(Some(id))) => *id,
        _ => Uuid::new_v4(),
    };
    let mut values = values;
    if table.column("id").is_some() && value_of(&values, "id").is_none() {
        values.push(("id", id.into()));
    }
    insert_many(transaction, table, vec![values]).await?;
    Ok(id)
}

/// Inserts several rows at once. A column that a row does not name gets its default.
///
/// # Errors
/// The database refuses a row; none is stored then.
pub async fn insert_many(
    transaction: &impl Writes,
    table: &'static Table,
    rows: Vec<Vec<(&'static str, Value)>>,
) -> Result<(), DbErr> {
    insert_rows(transaction, table, rows, "").await.map(drop)
}

/// Inserts several rows, leaving out those that are there already by the named unique columns, and says how many are new.
///
/// # Errors
/// The database refuses a row for another reason.
pub async fn insert_ignoring_duplicates(
    transaction: &impl Writes,
    table: &'static Table,
    rows: Vec<Vec<(&'static str, Value)>>,
) -> Result<u64, DbErr> {
    insert_rows(transaction, table, rows, " ON CONFLICT DO NOTHING").await
}

async fn insert_rows(
    transaction: &impl Writes,
    table: &'static Table,
    rows: Vec<Vec<(&'static str, Value)>>,
    conflict: &str,
) -> Result<u64, DbErr> {
    let moment = now();
    let mut new = 0;
    let columns = || table.columns.iter();
    let names: Vec<String> = columns().map(|column| format!("\"{}\"", column.name)).collect();
    for rows in rows.chunks((PLACEHOLDERS / names.len().max(1)).max(1)) {
        let mut sql = Sql::new(format!("INSERT INTO \"{}\" ({}) VALUES ", table.name, names.join(", ")));
        for (at, row) in rows.iter().enumerate() {
            if at > 0 {
                sql.push(", ");
            }
            sql.bind_list(columns().map(|column| match value_of(row, column.name) {
                Some(value) => value.clone(),
                None => default(column, moment),
            }));
        }
        sql.push(conflict);
        new += execute(transaction, &sql).await?;
    }
    Ok(new)
}

/// Changes columns of the row with that id, and moves its `updated_at`. Says whether the row is there.
///
/// # Errors
/// The database refuses the change.
pub async fn update(
    transaction: &impl Writes,
    table: &'static Table,
    id: Uuid,
    values: Vec<(&'static str, Value)>,
) -> Result<bool, DbErr> {
    let mut sql = Sql::new(format!("UPDATE \"{}\" SET ", table.name));
    let moved = table.column("updated_at").is_some() && value_of(&values, "updated_at").is_none();
    let moved = moved.then(|| ("updated_at", now().into()));
    for (at, (name, value)) in values.into_iter().chain(moved).enumerate() {
        sql.push(if at > 0 { ", " } else { "" })
            .push(&format!("\"{name}\" = "))
            .bind(value);
    }
    sql.push(" WHERE id = ").bind(id);
    Ok(execute(transaction, &sql).await? > 0)
}

/// As [`update_all_differing`], for one row. Says whether it changed.
///
/// # Errors
/// The database refuses the change.
pub async fn update_differing(
    transaction: &impl Writes,
    table: &'static Table,
    id: Uuid,
    values: Vec<(&'static str, Value)>,
) -> Result<bool, DbErr> {
    Ok(!update_all_differing(transaction, table, &[id], values)
        .await?
        .is_empty())
}

/// Changes columns of the rows with these ids where they hold something else, and moves `updated_at` then. Gives the ids of the rows
/// that changed: what stays as it is is not told.
///
/// # Errors
/// The database refuses the change.
pub async fn update_all_differing(
    transaction: &impl Writes,
    table: &'static Table,
    ids: &[Uuid],
    values: Vec<(&'static str, Value)>,
) -> Result<HashSet<Uuid>, DbErr> {
    if values.is_empty() {
        return Ok(HashSet::new());
    }
    let backend = transaction.get_database_backend();
    let mut sql = Sql::default();
    let slots: Vec<(&'static str, String)> = values
        .into_iter()
        .map(|(name, value)| (name, sql.slot(value)))
        .collect();
    let mut changes: Vec<String> = slots
        .iter()
        .map(|(name, slot)| format!("\"{name}\" = {slot}"))
        .collect();
    if table.column("updated_at").is_some() {
        changes.push(format!("\"updated_at\" = {}", sql.slot(now())));
    }
    let others: Vec<String> = slots
        .iter()
        .map(|(name, slot)| holds_other(backend, table, name, slot))
        .collect();
    sql.push(&format!(
        "UPDATE \"{}\" SET {} WHERE ({}) AND id",
        table.name,
        changes.join(", "),
        others.join(" OR ")
    ))
    .among(ids);
    sql.push(" RETURNING id");
    super::ids(transaction, &sql).await
}

/// SQL condition that a column holds another value than the one of a placeholder.
fn holds_other(backend: DbBackend, table: &Table, name: &str, slot: &str) -> String {
    let cast = match (backend, table.column(name).map(|column| column.kind)) {
        (DbBackend::Postgres, Some(Kind::Json)) => "jsonb",
        (DbBackend::Postgres, Some(Kind::TextArray | Kind::JsonArray | Kind::BytesArray)) => "text",
        _ => return format!("\"{name}\" IS DISTINCT FROM {slot}"),
    };
    format!("CAST(\"{name}\" AS {cast}) IS DISTINCT FROM CAST({slot} AS {cast})")
}

/// Changes columns of several rows, each found by its id, and moves their `updated_at` unless it is among the columns. All of
/// them must name the same columns in the same order.
///
/// # Errors
/// The database refuses a change; none is stored then.
pub async fn update_many(
    transaction: &impl Writes,
    table: &'static Table,
    rows: Vec<(Uuid, Vec<(&'static str, Value)>)>,
) -> Result<(), DbErr> {
    let Some((_, first)) = rows.first() else { return Ok(()) };
    let moved = (table.column("updated_at").is_some() && value_of(first, "updated_at").is_none())
        .then(|| ("updated_at", Value::from(now())));
    let names = first
        .iter()
        .map(|(name, _)| *name)
        .chain(moved.iter().map(|(name, _)| *name));
    let changes: Vec<String> = names
        .enumerate()
        .map(|(at, name)| format!("\"{name}\" = v.column{}", at + 2))
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    for rows in rows.chunks((PLACEHOLDERS / (changes.len() + 1)).max(1)) {
        let mut sql = Sql::new(format!(
            "UPDATE \"{}\" SET {} FROM (VALUES ",
            table.name,
            changes.join(", ")
        ));
        for (at, (id, values)) in rows.iter().enumerate() {
            let values = values.iter().chain(&moved).map(|(_, value)| value.clone());
            sql.push(if at > 0 { ", " } else { "" })
                .bind_list(std::iter::once(Value::from(*id)).chain(values));
        }
        sql.push(&format!(") AS v WHERE \"{}\".id = v.column1", table.name));
        execute(transaction, &sql).await?;
    }
    Ok(())
}
