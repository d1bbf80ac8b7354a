//! Rows of tasks, and of what belongs to them, written as JSON.

use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::access::task_mask::TaskMask;
use crate::database::json::records;
use crate::database::{BATCH, Links, RecordWriter, Sql};

/// A writer of tasks, which the query calls `t`.
#[must_use]
pub fn task_writer() -> RecordWriter {
    RecordWriter::new(&entity::task::TABLE, "t", "Task")
}

/// Adds the condition that the task `t` is one of a shot in an episode, with `AND` before it.
pub(super) fn restrict_to_episode(sql: &mut Sql, episode_id: Uuid) {
    sql.push(" AND t.entity_id IN (SELECT s.id FROM entity s JOIN entity q ON q.id = s.parent_id WHERE q.parent_id = ")
        .bind(episode_id)
        .push(")");
}

/// Assignees of the tasks of a condition, which starts with `FROM` and calls the task `t`.
///
/// # Errors
/// The database refuses the query.
pub async fn assignees(connection: &impl ConnectionTrait, condition: &Sql) -> Result<Links, DbErr> {
    let mut sql = condition.clone().before("WITH chosen AS MATERIALIZED (SELECT t.id ");
    sql.push(
        ") SELECT a.task_id AS owner, a.person_id AS item FROM chosen JOIN task_person_link a ON a.task_id = chosen.id",
    );
    Links::load(connection, &sql).await
}

/// Tasks as JSON objects without what the mask leaves out, in the order of the ids; unknown ones are left out.
///
/// # Errors
/// The database does not answer.
pub async fn tasks(
    connection: &impl ConnectionTrait,
    mask: &TaskMask,
    ids: &[Uuid],
    with_assignees: bool,
) -> Result<Vec<Vec<u8>>, DbErr> {
    let mut found = records(connection, &entity::task::TABLE, "Task", ids).await?;
    if with_assignees {
        let mut lists = Links::default();
        for ids in ids.chunks(BATCH) {
            let mut condition = Sql::new("FROM task t WHERE t.id");
            condition.among(ids);
            lists.append(assignees(connection, &condition).await?);
        }
        for (id, text) in &mut found {
            text.pop();
            lists.write_key(text, "assignees", *id);
            text.push(b'}');
        }
    }
    found.values_mut().for_each(|text| mask.apply(text, 0));
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// One task as a JSON object, with its assignees, and without what the mask leaves out.
///
/// # Errors
/// 404 when it is not there.
pub async fn task(connection: &impl ConnectionTrait, mask: &TaskMask, id: Uuid) -> Result<Vec<u8>, Failure> {
    tasks(connection, mask, &[id], true)
        .await?
        .pop()
        .ok_or_else(Failure::not_found)
}
