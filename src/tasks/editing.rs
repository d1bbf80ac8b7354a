//! Small changes of tasks: how urgent they are, and that work on one has begun.

use std::collections::HashMap;

use dailies_definitions::access::{Caller, TaskActor};
use dailies_definitions::failure::Failure;
use serde_json::json;
use uuid::Uuid;

use super::rows;
use crate::access::task_mask::TaskMask;
use crate::access::tasks::{LEAD, TaskRelation, relations};
use crate::app::App;
use crate::database::json;
use crate::database::{self, Sql};
use crate::events::{Work, payload};

/// Sets the priority of those of the tasks that the caller may change, and gives them as JSON. What has it already stays as
/// it is.
///
/// # Errors
/// The database refuses.
pub async fn set_priority(app: &App, caller: &Caller, tasks: &[Uuid], priority: i32) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let mut found: HashMap<Uuid, TaskRelation> = relations(&*work, caller, tasks).await?;
    let known: Vec<TaskRelation> = tasks.iter().filter_map(|id| found.remove(id)).collect();
    let allowed: Vec<&TaskRelation> = known.iter().filter(|task| task.allows(&LEAD)).collect();
    let ids: Vec<Uuid> = allowed.iter().map(|task| task.task_id).collect();
    let mut sql = Sql::new("UPDATE task SET priority = ");
    sql.bind(priority)
        .push(", updated_at = ")
        .bind(database::now())
        .push(" WHERE id")
        .among(&ids);
    sql.push(" AND (priority IS NULL OR priority <> ")
        .bind(priority)
        .push(") RETURNING id");
    let changed = database::ids(&*work, &sql).await?;
    for task in allowed.iter().filter(|task| changed.contains(&task.task_id)) {
        work.emit_in(task.project_id, "task:update", payload([("task_id", task.task_id)]));
    }
    let texts = rows::tasks(&*work, &TaskMask::in_teams(&*work, caller).await?, &ids, false).await?;
    work.finish().await?;
    Ok(json::array(texts.iter().map(Vec::as_slice)))
}

/// Gives a task the first status of its production that says that work is going on, and the task as JSON.
///
/// # Errors
/// 400 when there is no such status.
pub async fn start(app: &App, access: &TaskActor, task_id: Uuid) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, access).await?;
    let project_id = access.project_id();
    let sql = Sql::with(
        "SELECT s.id FROM task_status s LEFT JOIN project_task_status_link l ON l.task_status_id = s.id AND l.project_id = $1 \
         WHERE s.is_wip = $2 AND COALESCE(s.archived, false) = $3 \
         ORDER BY CASE WHEN l.project_id IS NULL THEN 1 ELSE 0 END, COALESCE(l.priority, s.priority, 0), s.name LIMIT 1",
        [project_id.into(), true.into(), false.into()],
    );
    let row = database::row(&*work, &sql).await?;
    let status: Uuid = row
        .ok_or_else(|| Failure::parameter("No task status says that work is going on."))?
        .try_get("", "id")?;
    let sql = Sql::with(
        "SELECT task_status_id, real_start_date FROM task WHERE id = $1",
        [task_id.into()],
    );
    let row = database::row(&*work, &sql).await?.ok_or_else(Failure::not_found)?;
    let previous: Option<Uuid> = row.try_get("", "task_status_id")?;
    let began: Option<chrono::NaiveDateTime> = row.try_get("", "real_start_date")?;
    if previous != Some(status) || began.is_none() {
        let values = vec![
            ("task_status_id", status.into()),
            ("real_start_date", began.unwrap_or_else(database::now).into()),
        ];
        database::update(&*work, &entity::task::TABLE, task_id, values).await?;
        work.emit_in(project_id, "task:update", payload([("task_id", task_id)]));
    }
    if previous != Some(status) {
        let mut change = payload([
            ("task_id", task_id),
            ("new_task_status_id", status),
            ("person_id", access.person.id),
        ]);
        change.insert("previous_task_status_id".into(), json!(previous));
        work.emit_signed(project_id, "task:status-changed", change);
    }
    let text = rows::task(&*work, &TaskMask::in_teams(&*work, access).await?, task_id).await?;
    work.finish().await?;
    Ok(text)
}
