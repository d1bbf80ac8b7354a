//! Works out anew how far tasks are, from all of their comments and the time spent on them.

use std::collections::HashMap;

use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::progress::{self, Progress, StatusStep};
use super::statuses;
use crate::database::{self, BATCH, Sql, Writes};
use crate::events::{Work, payload};

/// State of a task before and after.
#[derive(Clone, Debug)]
pub struct Recomputed {
    pub task_id: Uuid,
    pub project_id: Option<Uuid>,
    /// Status before.
    pub previous: Option<Uuid>,
    /// Status now.
    pub current: Option<Uuid>,
}

/// Works tasks out anew, and tells of each with `task:update`. A task without comments gets the default status, which is
/// made when there is none; one whose comments have no status keeps its own.
///
/// # Errors
/// The database refuses.
pub async fn recompute(work: &mut Work<'_>, tasks: &[Uuid]) -> Result<Vec<Recomputed>, Failure> {
    let known = statuses::all(&**work).await?;
    let mut done = Vec::with_capacity(tasks.len());
    let mut stored = Vec::with_capacity(tasks.len());
    let mut defaults: HashMap<bool, Uuid> = HashMap::new();
    for tasks in tasks.chunks(BATCH) {
        let mut steps = steps(&**work, tasks).await?;
        let mut sql = Sql::new(
            "SELECT t.id, t.project_id, t.task_status_id, k.name FROM task t LEFT JOIN entity e ON e.id = t.entity_id \
             LEFT JOIN entity_type k ON k.id = e.entity_type_id WHERE t.id",
        );
        sql.among(tasks);
        let rows = database::rows(&**work, &sql).await?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in &rows {
            let places: (Option<Uuid>, Option<Uuid>) =
                (row.try_get("", "project_id")?, row.try_get("", "task_status_id")?);
            let kind: Option<String> = row.try_get("", "name")?;
            found.insert(row.try_get::<Uuid>("", "id")?, (places, kind));
        }
        for task_id in tasks {
            let Some(((project_id, previous), kind)) = found.remove(task_id) else {
                continue;
            };
            let steps = steps.remove(task_id).unwrap_or_default();
            let mut task = Progress::of(&steps, &known);
            if task.task_status_id.is_none() && !steps.is_empty() {
                task.task_status_id = previous;
            }
            if task.task_status_id.is_none() {
                task.task_status_id =
                    Some(default_status(work, &mut defaults, kind.as_deref() == Some("Concept")).await?);
            }
            done.push(Recomputed {
                task_id: *task_id,
                project_id,
                previous,
                current: task.task_status_id,
            });
            stored.push((*task_id, task));
            work.emit_in(project_id, "task:update", payload([("task_id", *task_id)]));
        }
        sum_durations(&**work, tasks).await?;
    }
    progress::store(work, &stored).await?;
    Ok(done)
}

async fn default_status(
    work: &mut Work<'_>,
    defaults: &mut HashMap<bool, Uuid>,
    for_concept: bool,
) -> Result<Uuid, Failure> {
    if let Some(id) = defaults.get(&for_concept) {
        return Ok(*id);
    }
    let id = statuses::default_status(work, for_concept).await?;
    defaults.insert(for_concept, id);
    Ok(id)
}

/// The comments of tasks, each from the oldest to the newest.
///
/// # Errors
/// The database does not answer.
pub async fn steps(connection: &impl ConnectionTrait, tasks: &[Uuid]) -> Result<HashMap<Uuid, Vec<StatusStep>>, DbErr> {
    let mut found: HashMap<Uuid, Vec<StatusStep>> = HashMap::new();
    for tasks in tasks.chunks(BATCH) {
        let mut sql = Sql::new(
            "SELECT object_id, created_at, task_status_id FROM comment WHERE created_at IS NOT NULL AND object_id",
        );
        sql.among(tasks).push(" ORDER BY created_at, id");
        for row in database::rows(connection, &sql).await? {
            let step = StatusStep {
                at: row.try_get("", "created_at")?,
                task_status_id: row.try_get("", "task_status_id")?,
            };
            found.entry(row.try_get("", "object_id")?).or_default().push(step);
        }
    }
    Ok(found)
}

/// Makes the durations of tasks the sums of the time spent on them. At most [`BATCH`] tasks.
///
/// # Errors
/// The database refuses.
pub async fn sum_durations(connection: &impl Writes, tasks: &[Uuid]) -> Result<(), DbErr> {
    let mut sql = Sql::new(
        "UPDATE task SET duration = COALESCE((SELECT SUM(s.duration) FROM time_spent s WHERE s.task_id = task.id), 0.0)",
    );
    sql.push(", updated_at = ")
        .bind(database::now())
        .push(" WHERE id")
        .among(tasks);
    database::execute(connection, &sql).await?;
    Ok(())
}

/// Tells that tasks have another status than before, on behalf of the author of the comment that made or undid it.
pub fn tell_changed(work: &mut Work<'_>, task: &Recomputed, author: Uuid) {
    if task.previous != task.current {
        let mut change = payload([("task_id", task.task_id), ("person_id", author)]);
        change.insert("new_task_status_id".into(), serde_json::json!(task.current));
        change.insert("previous_task_status_id".into(), serde_json::json!(task.previous));
        work.emit_signed(task.project_id, "task:status-changed", change);
    }
}
