//! Rows that were written many at once. Whether what they refer to is of their production is asked of the database once they
//! are there, for all of them together: whoever wrote them gives the change up when it is not.

use std::collections::HashMap;

use dailies_definitions::failure::Failure;
use entity::belonging::Belonging;
use entity::facts::{Column, Table};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult};
use uuid::Uuid;

use super::way::{LISTS, RowPlace, SHARED};
use super::{bound, elsewhere, query};
use crate::database::dialect::{JsonItems, json_items};
use crate::database::{self, BATCH, Sql};

#[derive(FromQueryResult)]
struct RelatedRow {
    id: Uuid,
    project_id: Option<Uuid>,
}

/// The productions that stored rows of a table belong to, by their ids.
///
/// # Errors
/// The database does not answer.
pub async fn productions(
    connection: &impl ConnectionTrait,
    table: &'static Table,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Option<Uuid>>, DbErr> {
    let mut found = HashMap::with_capacity(ids.len());
    let text = format!(
        "SELECT r.id AS id, {} AS project_id FROM \"{}\" r WHERE r.id = ANY($1)",
        RowPlace::outermost(table).production(),
        table.name
    );
    for ids in ids.chunks(BATCH) {
        let rows: Vec<RelatedRow> = database::read_all(connection, &Sql::of_ids(text.as_str(), ids)).await?;
        found.extend(rows.into_iter().map(|row| (row.id, row.project_id)));
    }
    Ok(found)
}

/// Checks rows that were just written: `places` are tables with the column that holds one of the ids, namely that of the rows
/// and those that link them. `before` has the productions of those that were there already, by the ids that they have now.
/// Gives the productions of all of them.
///
/// # Errors
/// 400 when one refers to another production than its own, or left the production of what refers to it.
pub async fn require_many(
    connection: &impl ConnectionTrait,
    table: &'static Table,
    places: &[(&'static Table, &'static str)],
    ids: &[Uuid],
    before: &HashMap<Uuid, Option<Uuid>>,
) -> Result<HashMap<Uuid, Option<Uuid>>, Failure> {
    let backend = connection.get_database_backend();
    let searches: Vec<String> = places
        .iter()
        .flat_map(|(table, own)| searches(backend, table, own))
        .collect();
    if !searches.is_empty() {
        let text = format!("{} LIMIT 1", searches.join(" UNION ALL "));
        for ids in ids.chunks(BATCH) {
            if let Some(field) = database::read_value::<String>(connection, &Sql::of_ids(text.as_str(), ids)).await? {
                return Err(elsewhere(&field));
            }
        }
    }
    let after = productions(connection, table, ids).await?;
    let moved = before
        .iter()
        .filter(|(id, project_id)| project_id.is_some() && after.get(*id) != Some(*project_id));
    let moved: Vec<Uuid> = moved.map(|(id, _)| *id).collect();
    for ids in moved.chunks(BATCH) {
        if query::is_referred_to(connection, table, ids).await? {
            return Err(bound(table));
        }
    }
    Ok(after)
}

/// Queries that each give the name of a column of a table, for every row of it that refers to another production there.
fn searches(backend: DbBackend, table: &'static Table, own: &str) -> Vec<String> {
    let place = RowPlace::outermost(table);
    let (name, home) = (table.name, place.production());
    let mut found = Vec::new();
    for (column, target) in table
        .columns
        .iter()
        .filter_map(|column| Some((column, bound_target(column)?)))
    {
        let Some(way) = place.way(column.name) else { continue };
        let column = column.name;
        let shared = unless_shared(
            table,
            column,
            &format!(
                "EXISTS (SELECT 1 FROM \"{}\" ra WHERE ra.id = r.\"{column}\" AND ",
                target.name
            ),
            target,
            ")",
        );
        found.push(format!(
            "SELECT '{column}' AS field FROM \"{name}\" r WHERE r.\"{own}\" = ANY($1) AND {home} <> {way}{shared}"
        ));
    }
    for (_, column, keys) in LISTS.iter().filter(|(of, ..)| *of == name) {
        for (keys, tables) in *keys {
            for target in tables.iter().filter_map(|name| Table::find(name)) {
                let list = format!("r.\"{column}\"");
                let JsonItems { from, id, .. } = json_items(backend, &list);
                let ids: Vec<String> = keys.iter().map(|key| id(key)).collect();
                let id = if let [id] = ids.as_slice() {
                    id.clone()
                } else {
                    format!("COALESCE({})", ids.join(", "))
                };
                let other = RowPlace::next(target).production();
                let shared = unless_shared(table, column, "(", target, ")");
                found.push(format!(
                    "SELECT '{column}' AS field FROM \"{name}\" r CROSS JOIN {from} JOIN \"{}\" ra ON ra.id = {id} \
                     WHERE r.\"{own}\" = ANY($1) AND {home} <> {other}{shared}",
                    target.name
                ));
            }
        }
    }
    found
}

/// The table whose rows a column means, where these belong to productions.
fn bound_target(column: &Column) -> Option<&'static Table> {
    let target = Table::find(column.targets().first()?)?;
    (!Belonging::is_of_studio(target)).then_some(target)
}

/// The condition that what a column means is not shared, where it may be.
fn unless_shared(table: &Table, column: &str, before: &str, target: &'static Table, after: &str) -> String {
    if SHARED.contains(&(table.name, column)) {
        format!(" AND NOT {before}{}{after}", RowPlace::next(target).shared())
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bound_reference_is_searched() {
        let columns = |table: &'static Table| {
            searches(DbBackend::Sqlite, table, "id")
                .iter()
                .map(|text| text.split('\'').nth(1).map(str::to_owned))
                .collect::<Vec<_>>()
        };
        let some = |names: &[&str]| names.iter().map(|name| Some((*name).to_owned())).collect::<Vec<_>>();
        assert_eq!(
            columns(&entity::news::TABLE),
            some(&["comment_id", "task_id", "preview_file_id"])
        );
        assert_eq!(columns(&entity::department::TABLE), some(&[]));
        assert_eq!(
            columns(&entity::playlist::TABLE),
            some(&["project_id", "episode_id", "shots", "shots"])
        );
        let cast = searches(DbBackend::Postgres, &entity::entity_link::TABLE, "entity_in_id");
        assert!(
            cast[1].ends_with(
                "AND NOT EXISTS (SELECT 1 FROM \"entity\" ra WHERE ra.id = r.\"entity_out_id\" AND ra.is_shared)"
            ),
            "{}",
            cast[1]
        );
    }
}
