//! Settings of productions for the task types, the statuses and the team that they use: order, boards, roles. The collection of
//! productions has the ids of these alone.

use std::collections::HashMap;

use entity::arrays::TextArray;
use sea_orm::{DbErr, Value as SqlValue};
use serde_json::Value;
use uuid::Uuid;

use super::remote::Remote;
use super::{PullError, scope};
use crate::app::App;
use crate::database::{self, Sql, Transaction};
use crate::events::transact;

/// Brings them for the productions that are here.
///
/// # Errors
/// The other instance or the database does not answer.
pub(super) async fn bring(app: &App, remote: &Remote, production: Option<Uuid>) -> Result<(), PullError> {
    let sql = match production {
        Some(id) => Sql::with(
            format!("SELECT id FROM project WHERE {}", scope::belongs("project")),
            [id.into()],
        ),
        None => Sql::new("SELECT id FROM project ORDER BY id"),
    };
    let ids: Vec<Uuid> = database::read_values(&app.database, &sql).await?;
    // Older instances tell it of open productions only, in their list.
    let open = optional(remote, "/data/projects/open").await?;
    let id_of = |row: &Value| row["id"].as_str().and_then(|id| id.parse().ok());
    let mut open: HashMap<Uuid, Value> = open
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|row| Some((id_of(row)?, row.clone())))
        .collect();
    for id in ids {
        let details = match open.remove(&id) {
            Some(details) => details,
            None => optional(remote, &format!("/data/projects/{id}")).await?,
        };
        let team = optional(remote, &format!("/data/projects/{id}/team")).await?;
        transact(app, || store(id, &details, &team)).await?;
    }
    Ok(())
}

/// JSON at a path; null where nothing is.
async fn optional(remote: &Remote, path: &str) -> Result<Value, PullError> {
    match remote.json(path, &[]).await {
        Err(error) if error.is_missing() => Ok(Value::Null),
        found => Ok(found?),
    }
}

/// A column of a link with what it is set to.
type LinkColumns = Vec<(&'static str, SqlValue)>;

async fn store(project: Uuid, details: &Value, team: &Value) -> Result<(), DbErr> {
    let transaction = Transaction::current()?;
    for (id, columns) in task_types(details) {
        change(
            &transaction,
            ("project_task_type_link", "task_type_id"),
            (project, id),
            columns,
        )
        .await?;
    }
    for (id, columns) in statuses(details) {
        change(
            &transaction,
            ("project_task_status_link", "task_status_id"),
            (project, id),
            columns,
        )
        .await?;
    }
    for member in team.as_array().into_iter().flatten() {
        let Some(id) = member["id"].as_str().and_then(|id| id.parse().ok()) else {
            continue;
        };
        if let Some(role) = member.get("project_role") {
            change(
                &transaction,
                ("project_person_link", "person_id"),
                (project, id),
                vec![("role", text(role))],
            )
            .await?;
        }
    }
    transaction.finish();
    Ok(())
}

fn task_types(details: &Value) -> Vec<(Uuid, LinkColumns)> {
    let links = &details["task_type_links"];
    if links.is_object() {
        let columns = |link: &Value| {
            vec![
                ("priority", number(&link["priority"])),
                ("hd_bitrate_compression", number(&link["hd_bitrate_compression"])),
                ("ld_bitrate_compression", number(&link["ld_bitrate_compression"])),
                ("is_client_visible", truth(&link["is_client_visible"])),
            ]
        };
        return entries(links, columns);
    }
    entries(&details["task_types_priority"], |priority| {
        vec![("priority", number(priority))]
    })
}

fn statuses(details: &Value) -> Vec<(Uuid, LinkColumns)> {
    entries(&details["task_statuses_link"], |link| {
        let roles = link["roles_for_board"].as_array();
        let roles = roles.map(|roles| {
            TextArray(
                roles
                    .iter()
                    .filter_map(|role| role.as_str().map(str::to_owned))
                    .collect(),
            )
        });
        let mut columns = vec![
            ("priority", number(&link["priority"])),
            ("roles_for_board", roles.into()),
        ];
        if link.get("is_client_allowed").is_some() {
            columns.push(("is_client_allowed", truth(&link["is_client_allowed"])));
        }
        columns
    })
}

fn entries(map: &Value, columns: impl Fn(&Value) -> LinkColumns) -> Vec<(Uuid, LinkColumns)> {
    map.as_object()
        .into_iter()
        .flatten()
        .filter_map(|(id, value)| Some((id.parse().ok()?, columns(value))))
        .collect()
}

fn number(value: &Value) -> SqlValue {
    SqlValue::Int(value.as_i64().and_then(|number| number.try_into().ok()))
}

fn truth(value: &Value) -> SqlValue {
    SqlValue::Bool(value.as_bool())
}

fn text(value: &Value) -> SqlValue {
    SqlValue::String(value.as_str().map(str::to_owned))
}

async fn change(
    transaction: &Transaction,
    (table, other): (&str, &str),
    (project, id): (Uuid, Uuid),
    columns: LinkColumns,
) -> Result<(), DbErr> {
    let mut sql = Sql::new(format!("UPDATE {table} SET "));
    for (at, (name, value)) in columns.into_iter().enumerate() {
        sql.push(if at > 0 { ", " } else { "" })
            .push(name)
            .push(" = ")
            .bind(value);
    }
    sql.push(" WHERE project_id = ")
        .bind(project)
        .push(&format!(" AND {other} = "))
        .bind(id);
    database::execute(transaction, &sql).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn newer_and_older_instances_say_it_in_different_ways() {
        let id = Uuid::from_u128(1).to_string();
        let newer = json!({"task_type_links": {id.as_str(): {"priority": 3, "is_client_visible": false}}, "task_types_priority": {id.as_str(): 3}});
        assert_eq!(task_types(&newer)[0].1.len(), 4);
        let older = json!({"task_types_priority": {id.as_str(): 3, "none": 1}});
        assert_eq!(task_types(&older), [(Uuid::from_u128(1), vec![("priority", 3.into())])]);
        assert!(task_types(&json!(null)).is_empty());
        let boards = json!({"task_statuses_link": {id.as_str(): {"priority": null, "roles_for_board": ["user"]}}});
        assert_eq!(statuses(&boards)[0].1.len(), 2);
    }
}
