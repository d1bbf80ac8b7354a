//! Persons who are told of what happens on a task.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::access::{ProjectRole, join_place, place_columns, read_place};
use crate::database::{self, BATCH, Sql};

/// Somebody who is told of what happens on a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub person_id: Uuid,
    /// Role of the person in the production of the task.
    pub place: ProjectRole,
}

/// For each task: its assignees, those who follow it, and those who follow its task type in the parent of its entity.
///
/// # Errors
/// The database does not answer.
pub async fn of_tasks(
    connection: &impl ConnectionTrait,
    tasks: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Recipient>>, DbErr> {
    let mut found: HashMap<Uuid, Vec<Recipient>> = HashMap::new();
    for tasks in tasks.chunks(BATCH) {
        let mut sql = Sql::new("WITH chosen AS (SELECT id, project_id, entity_id, task_type_id FROM task WHERE id IN ");
        sql.bind_list(tasks.iter().copied())
            .push(") SELECT u.task_id, u.person_id, ");
        sql.push(&place_columns("recipient", "a", "l")).push(
            " FROM (\
             SELECT c.id AS task_id, w.person_id, c.project_id FROM chosen c JOIN task_person_link w ON w.task_id = c.id \
             UNION SELECT c.id, w.person_id, c.project_id FROM chosen c JOIN subscription w ON w.task_id = c.id \
             UNION SELECT c.id, w.person_id, c.project_id FROM chosen c JOIN entity e ON e.id = c.entity_id \
             JOIN subscription w ON w.entity_id = e.parent_id AND w.task_type_id = c.task_type_id) u \
             JOIN person a ON a.id = u.person_id ",
        );
        sql.push(&join_place("l", "u.project_id", "u.person_id"))
            .push(" ORDER BY u.task_id, a.created_at, a.id");
        for row in database::rows(connection, &sql).await? {
            let recipient = Recipient {
                person_id: row.try_get("", "person_id")?,
                place: read_place(&row, "recipient")?,
            };
            found.entry(row.try_get("", "task_id")?).or_default().push(recipient);
        }
    }
    Ok(found)
}

/// Persons who do a task of the entity that a task is about, by the ids of that task and of the person.
///
/// # Errors
/// The database does not answer.
pub async fn workers(connection: &impl ConnectionTrait, tasks: &[Uuid]) -> Result<HashSet<(Uuid, Uuid)>, DbErr> {
    let mut found = HashSet::new();
    for tasks in tasks.chunks(BATCH) {
        let mut sql = Sql::new(
            "SELECT t.id AS task_id, w.person_id FROM task t JOIN task o ON o.entity_id = t.entity_id \
             JOIN task_person_link w ON w.task_id = o.id WHERE t.id IN ",
        );
        sql.bind_list(tasks.iter().copied());
        for row in database::rows(connection, &sql).await? {
            found.insert((row.try_get("", "task_id")?, row.try_get("", "person_id")?));
        }
    }
    Ok(found)
}
