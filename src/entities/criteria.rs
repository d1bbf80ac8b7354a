//! Query parameters of the plain listings as conditions on entities: columns by equality, the name whatever the case of its
//! letters, and relations by an id.

use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use entity::facts::Table;

use super::rows::RELATIONS;
use crate::crud::{add_column, invalid_id};
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
            let id = parse_id(value).ok_or_else(|| invalid_id(name, value))?;
            sql.push(&format!(" AND e.id IN (SELECT {own} FROM {table} WHERE {other} = "))
                .bind(id)
                .push(")");
        }
    }
    Ok(())
}

/// Adds a condition for every parameter that names a column of a table.
///
/// # Errors
/// 400 for a value that the column can't have.
pub(super) fn add_columns(
    sql: &mut Sql,
    alias: &str,
    table: &Table,
    query: &Query,
    save_for: &[&str],
) -> Result<(), Failure> {
    for (key, value) in query.pairs().filter(|(key, _)| !save_for.contains(key)) {
        if let Some(column) = table.column(key) {
            add_column(sql, alias, column, value)?;
        }
    }
    Ok(())
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
        assert_eq!(
            text,
            " AND \u{4}e.\"name\"\u{5}$1\u{6} AND e.\"canceled\" = $2 AND e.\"nb_frames\" IN ($3, $4)"
        );
        assert_eq!(
            conditions("parent_id=[]").expect("conditions"),
            " AND e.\"parent_id\" IN (NULL)"
        );
    }

    #[test]
    fn values_must_fit_their_columns() {
        for query in [
            "project_id=undefined",
            "canceled=maybe",
            "nb_frames=abc",
            "ready_for=[",
            "entities_out=x",
        ] {
            assert!(conditions(query).is_err(), "{query}");
        }
    }
}
