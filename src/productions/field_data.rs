//! The values of metadata columns, which are kept in the `data` of what the columns are for.

use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbBackend};
use uuid::Uuid;

use crate::database::{self, Sql};
use crate::events::Work;
use crate::vocabulary::kinds::EntityKind;

/// Purpose of a metadata column, in some productions.
pub(super) struct ColumnPlace<'a> {
    pub entity_type: &'a str,
    /// Of a column for tasks.
    pub task_type_id: Option<Uuid>,
    pub projects: &'a [Uuid],
}

impl ColumnPlace<'_> {
    fn table(&self) -> &'static str {
        match self.entity_type {
            "Project" => "project",
            "Task" => "task",
            _ => "entity",
        }
    }

    /// Adds the condition on the rows of the table.
    fn add_condition(&self, sql: &mut Sql) {
        let column = if self.entity_type == "Project" {
            "id"
        } else {
            "project_id"
        };
        sql.push(&format!(" AND {column} IN "))
            .bind_list(self.projects.iter().copied());
        match self.entity_type {
            "Project" => {}
            "Task" => {
                sql.push(" AND task_type_id = ").bind(self.task_type_id);
            }
            kind => {
                sql.push(" AND ")
                    .push(&EntityKind::of_type(kind).condition("entity_type_id"));
            }
        }
    }
}

/// Moves the values from one key to another. What was under the new key goes; nulls are not moved.
///
/// # Errors
/// The database does not answer.
pub(super) async fn rename(work: &Work<'_>, place: &ColumnPlace<'_>, old: &str, new: &str) -> Result<(), Failure> {
    let mut sql = start(place);
    if work.get_database_backend() == DbBackend::Postgres {
        sql.push("CASE WHEN data -> ")
            .bind(old)
            .push(" = 'null'::jsonb THEN data - ")
            .bind(old);
        sql.push(" ELSE (data - ")
            .bind(old)
            .push(") || jsonb_build_object(")
            .bind(new)
            .push(", data -> ")
            .bind(old)
            .push(") END");
    } else {
        let (old, new) = (path(old), path(new));
        sql.push("CASE WHEN json_type(data, ")
            .bind(old.clone())
            .push(") = 'null' THEN json_remove(data, ")
            .bind(old.clone());
        sql.push(") ELSE json_set(json_remove(data, ")
            .bind(old.clone())
            .push("), ")
            .bind(new);
        sql.push(", json(data -> ").bind(old).push(")) END");
    }
    finish(work, place, sql, old).await
}

/// Removes the values under a key.
///
/// # Errors
/// The database does not answer.
pub(super) async fn strip(work: &Work<'_>, place: &ColumnPlace<'_>, key: &str) -> Result<(), Failure> {
    let mut sql = start(place);
    if work.get_database_backend() == DbBackend::Postgres {
        sql.push("data - ").bind(key);
    } else {
        sql.push("json_remove(data, ").bind(path(key)).push(")");
    }
    finish(work, place, sql, key).await
}

fn start(place: &ColumnPlace<'_>) -> Sql {
    let mut sql = Sql::new(format!("UPDATE {} SET updated_at = ", place.table()));
    sql.bind(database::now()).push(", data = ");
    sql
}

/// Rows without the key are left alone.
async fn finish(work: &Work<'_>, place: &ColumnPlace<'_>, mut sql: Sql, key: &str) -> Result<(), Failure> {
    if work.get_database_backend() == DbBackend::Postgres {
        sql.push(" WHERE jsonb_typeof(data) = 'object' AND data -> ")
            .bind(key)
            .push(" IS NOT NULL");
    } else {
        sql.push(" WHERE json_type(data, ")
            .bind(path(key))
            .push(") IS NOT NULL");
    }
    place.add_condition(&mut sql);
    database::execute(&**work, &sql).await?;
    Ok(())
}

/// The path of a key in the JSON functions of SQLite.
fn path(key: &str) -> String {
    format!("$.{}", serde_json::Value::from(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_quote_their_keys() {
        assert_eq!(path("delivery_code"), "$.\"delivery_code\"");
        assert_eq!(path("a.b"), "$.\"a.b\"");
    }

    #[test]
    fn what_a_column_is_for_names_the_table() {
        for (entity_type, table) in [
            ("Asset", "entity"),
            ("Shot", "entity"),
            ("Task", "task"),
            ("Project", "project"),
        ] {
            assert_eq!(
                ColumnPlace {
                    entity_type,
                    task_type_id: None,
                    projects: &[]
                }
                .table(),
                table
            );
        }
    }
}
