//! Query parameters of the plain listings as conditions on entities: columns by equality, the name by likeness, and
//! relations by an id.

use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use entity::facts::{Column, Kind, Table};
use sea_orm::Value as SqlValue;
use serde_json::Value;

use super::rows::RELATIONS;
use crate::crud::coerce;
use crate::database::Sql;

/// Adds a condition on the entities `e` for every parameter that names a column or relation, each with `AND` before it,
/// save for those that the listing sees to itself. Other parameters mean nothing here.
///
/// # Errors
/// 400 for a value that the column can't have.
pub(super) fn add(sql: &mut Sql, query: &Query, save_for: &[&str]) -> Result<(), Failure> {
    add_columns(sql, "e", &entity::entity::TABLE, query, save_for)?;
    for (name, table, own, other) in RELATIONS {
        if let Some(value) = query.get(name) {
            let id = parse_id(value).ok_or_else(|| invalid_id(value))?;
            sql.push(&format!(" AND e.id IN (SELECT {own} FROM {table} WHERE {other} = ")).bind(id).push(")");
        }
    }
    Ok(())
}

/// Adds a condition for every parameter that names a column of a table.
///
/// # Errors
/// 400 for a value that the column can't have.
pub(super) fn add_columns(sql: &mut Sql, alias: &str, table: &Table, query: &Query, save_for: &[&str]) -> Result<(), Failure> {
    for (key, value) in query.pairs().filter(|(key, _)| !save_for.contains(key)) {
        if let Some(column) = table.column(key) {
            add_column(sql, &format!("{alias}.\"{key}\""), column, value)?;
        }
    }
    Ok(())
}

fn add_column(sql: &mut Sql, name: &str, column: &Column, value: &str) -> Result<(), Failure> {
    if column.name == "name" {
        // Only `%` and `_` are wildcards: a backslash stands for itself.
        let pattern = value.replace('\\', "\\\\").replace('\0', "");
        sql.push(&format!(" AND LOWER({name}) LIKE LOWER(")).bind(pattern).push(") ESCAPE '\\'");
        return Ok(());
    }
    let values = if value.starts_with('[') {
        let items: Vec<Value> =
            serde_json::from_str(value).map_err(|_| Failure::parameter(format!("Malformed list filter for field {}.", column.name)))?;
        let texts = items.iter().filter(|item| !item.is_null()).map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
        texts.map(|text| read(column, &text)).collect::<Result<Vec<_>, _>>()?
    } else {
        vec![read(column, value)?]
    };
    sql.push(&format!(" AND {name} IN ")).bind_list(values.into_iter().flatten());
    Ok(())
}

/// The value to compare a column with; none when nothing can be equal to it.
fn read(column: &Column, text: &str) -> Result<Option<SqlValue>, Failure> {
    match column.kind {
        Kind::Uuid => parse_id(text).map(|id| Some(id.into())).ok_or_else(|| invalid_id(text)),
        Kind::Bool => match text.to_ascii_lowercase().as_str() {
            "y" | "yes" | "t" | "true" | "on" | "1" => Ok(Some(true.into())),
            "n" | "no" | "f" | "false" | "off" | "0" => Ok(Some(false.into())),
            _ => Err(Failure::parameter(format!("Invalid boolean value: {text}"))),
        },
        Kind::Text { .. } => Ok((!text.contains('\0')).then(|| text.into())),
        // Whole documents are not compared.
        Kind::Json | Kind::Bytes | Kind::TextArray | Kind::JsonArray | Kind::BytesArray => Ok(None),
        _ => coerce(column, &text.into(), false).map_err(|_| Failure::refused("One of the ID sent in parameter is not properly formatted.")),
    }
}

fn invalid_id(text: &str) -> Failure {
    Failure::parameter(format!("Invalid UUID value: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(query: &str) -> Result<String, Failure> {
        let mut sql = Sql::default();
        add(&mut sql, &Query::parse(query), &["id"])?;
        Ok(sql.text().to_owned())
    }

    #[test]
    fn only_columns_and_relations_filter() {
        let text = conditions("page=1&foo=2&id=3&name=tree%25&canceled=no&nb_frames=[1,2]").expect("conditions");
        assert_eq!(text, " AND LOWER(e.\"name\") LIKE LOWER($1) ESCAPE '\\' AND e.\"canceled\" IN ($2) AND e.\"nb_frames\" IN ($3, $4)");
        assert_eq!(conditions("parent_id=[]").expect("conditions"), " AND e.\"parent_id\" IN (NULL)");
    }

    #[test]
    fn values_must_fit_their_columns() {
        for query in ["project_id=undefined", "canceled=maybe", "nb_frames=abc", "ready_for=[", "entities_out=x"] {
            assert!(conditions(query).is_err(), "{query}");
        }
    }
}
