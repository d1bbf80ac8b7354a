//! Who is told of what happens on a task.

use std::collections::HashMap;

use dailies_definitions::access::Role;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::database::{self, Sql};
use crate::tasks::rows::BATCH;
use crate::tasks::standing::role_in;

/// Somebody who is told of what happens on a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub person_id: Uuid,
    /// Role in the production of the task.
    pub role: Role,
}

/// For each task: its assignees, those who follow it, and those who follow its task type in the parent of its entity.
///
/// # Errors
/// The database does not answer.
pub async fn of_tasks(connection: &impl ConnectionTrait, tasks: &[Uuid]) -> Result<HashMap<Uuid, Vec<Recipient>>, DbErr> {
    let mut found: HashMap<Uuid, Vec<Recipient>> = HashMap::new();
    for tasks in tasks.chunks(BATCH) {
        let mut sql = Sql::new("WITH chosen AS (SELECT id, project_id, entity_id, task_type_id FROM task WHERE id IN ");
        sql.bind_list(tasks.iter().copied()).push(
            ") SELECT u.task_id, u.person_id, a.role, l.person_id, l.role FROM (\
             SELECT c.id AS task_id, w.person_id, c.project_id FROM chosen c JOIN task_person_link w ON w.task_id = c.id \
             UNION SELECT c.id, w.person_id, c.project_id FROM chosen c JOIN subscription w ON w.task_id = c.id \
             UNION SELECT c.id, w.person_id, c.project_id FROM chosen c JOIN entity e ON e.id = c.entity_id \
             JOIN subscription w ON w.entity_id = e.parent_id AND w.task_type_id = c.task_type_id) u \
             JOIN person a ON a.id = u.person_id \
             LEFT JOIN project_person_link l ON l.project_id = u.project_id AND l.person_id = u.person_id \
             ORDER BY u.task_id, a.created_at, a.id",
        );
        for row in database::rows(connection, &sql).await? {
            let global = Role::from_code(&row.try_get_by_index::<String>(2)?);
            let in_team = row.try_get_by_index::<Option<Uuid>>(3)?.is_some();
            let own: Option<String> = row.try_get_by_index(4)?;
            let recipient = Recipient { person_id: row.try_get_by_index(1)?, role: role_in(global, in_team, own.as_deref()).role };
            found.entry(row.try_get_by_index(0)?).or_default().push(recipient);
        }
    }
    Ok(found)
}
