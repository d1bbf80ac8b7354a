//! Query parameters of lists as conditions on columns and relations.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use entity::facts::{Column, Kind};
use sea_orm::Value as SqlValue;
use serde_json::Value;

use super::Resource;
use super::coerce::coerce;
use crate::database::Sql;

/// Parameters that are no filters.
const CONTROLS: [&str; 4] = ["page", "limit", "relations", "fields"];

/// Adds a condition for each filter, with `AND` before it. The row is called `t`.
///
/// # Errors
/// 400 for a filter on what the caller does not see in the records: the answer would tell it all the same.
pub(super) fn add_filters(
    sql: &mut Sql,
    resource: &dyn Resource,
    caller: &Caller,
    query: &Query,
) -> Result<(), Failure> {
    let shape = resource.shape(caller, false);
    for (key, value) in query.pairs().filter(|(key, _)| !CONTROLS.contains(key)) {
        if resource.special_filter(sql, caller, query, key, value)? {
            continue;
        }
        let relation = resource.relations().iter().find(|relation| relation.name == key);
        // A column may be shown under another key.
        let renamed = format!("t.\"{key}\"");
        let seen = shape.columns.iter().any(|column| column.name == key)
            || shape.relations.iter().any(|relation| relation.name == key)
            || shape.extras.iter().any(|extra| extra.expression == renamed);
        if !seen && (relation.is_some() || resource.table().column(key).is_some()) {
            return Err(Failure::parameter(format!("Filtering on {key} is not allowed.")));
        }
        if let Some(column) = resource.table().column(key) {
            add_column(sql, "t", column, value)?;
        } else if let Some(relation) = relation {
            let id = parse_id(value).ok_or_else(|| invalid_id(key, value))?;
            sql.push(&format!(
                " AND t.id IN (SELECT \"{}\" FROM \"{}\" WHERE \"{}\" = ",
                relation.own, relation.table.name, relation.other
            ));
            sql.bind(id).push(")");
        }
    }
    Ok(())
}

/// Adds the condition that a column of the row `alias` is equal to a value or to one of a list, or that a name is equal to
/// it whatever the case of its letters, with `AND` before it. In a name, `%` stands for any characters or none.
///
/// # Errors
/// 400 for a value that the column can't have.
pub fn add_column(sql: &mut Sql, alias: &str, column: &Column, value: &str) -> Result<(), Failure> {
    let name = format!("{alias}.\"{}\"", column.name);
    if column.name == "name" {
        if value.contains('\0') {
            sql.push(" AND 1 = 0");
        } else {
            sql.push(" AND ").like_text(&name, value);
        }
        return Ok(());
    }
    if value.starts_with('[') {
        let malformed = || Failure::parameter(format!("Malformed list filter for field {}.", column.name));
        let items: Vec<Value> = serde_json::from_str(value).map_err(|_| malformed())?;
        let mut values = Vec::new();
        for item in items.iter().filter(|item| !item.is_null()) {
            let text = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
            values.push(filter_value(column, &text)?);
        }
        let values: Vec<SqlValue> = values.into_iter().flatten().collect();
        sql.push(&format!(" AND {name} IN ")).bind_list(values);
        return Ok(());
    }
    match filter_value(column, value)? {
        Some(value) => sql.push(&format!(" AND {name} = ")).bind(value),
        None => sql.push(" AND 1 = 0"),
    };
    Ok(())
}

/// The value to compare a column with; none when nothing can be equal to it.
fn filter_value(column: &Column, text: &str) -> Result<Option<SqlValue>, Failure> {
    match column.kind {
        Kind::Uuid => parse_id(text)
            .map(|id| Some(id.into()))
            .ok_or_else(|| invalid_id(column.name, text)),
        Kind::Bool => match text.to_ascii_lowercase().as_str() {
            "y" | "yes" | "t" | "true" | "on" | "1" => Ok(Some(true.into())),
            "n" | "no" | "f" | "false" | "off" | "0" => Ok(Some(false.into())),
            _ => Err(Failure::parameter(format!(
                "Invalid boolean value for {}: {text}",
                column.name
            ))),
        },
        Kind::Text { .. } if text.contains('\0') => Ok(None),
        Kind::Text { .. } => Ok(Some(text.into())),
        Kind::Integer | Kind::BigInteger | Kind::Float | Kind::Date | Kind::DateTime => {
            coerce(column, &Value::from(text), false).map_err(|_| invalid_format(column.name))
        }
        // Whole documents are not compared.
        Kind::Json | Kind::Bytes | Kind::TextArray | Kind::JsonArray | Kind::BytesArray => Ok(None),
    }
}

/// 400 for a parameter whose text is no identifier.
pub fn invalid_id(name: &str, text: &str) -> Failure {
    Failure::parameter(format!("Invalid UUID value for {name}: {text}"))
}

/// 400 for a parameter whose text is no number, or no day or moment, where its column holds one.
fn invalid_format(name: &str) -> Failure {
    Failure::refused("One of the provided values has an invalid format.").naming(name)
}
