//! Consequences of castings: how many of the assets cast in a shot are ready for each of its tasks, and what is
//! counted.

pub mod counts;
pub mod episodes;

use dailies_definitions::failure::Failure;
use sea_orm::FromQueryResult;
use serde_json::json;
use uuid::Uuid;

use crate::database::{self, BATCH, Sql};
use crate::events::{Work, payload};
use crate::vocabulary::kinds::EntityKind;

/// The figure of a task that changed.
#[derive(FromQueryResult)]
struct Figure {
    id: Uuid,
    nb_assets_ready: Option<i32>,
    project_id: Option<Uuid>,
}

/// Counts again for every shot of a production that casts something: its order of task types is another one.
///
/// # Errors
/// The database refuses.
pub async fn pipeline_changed(work: &mut Work<'_>, project_id: Uuid) -> Result<(), Failure> {
    let shot = EntityKind::Shot.condition("s.entity_type_id");
    let text = format!(
        "SELECT DISTINCT s.id FROM entity s JOIN entity_link l ON l.entity_in_id = s.id WHERE {shot} AND s.project_id = $1"
    );
    let mut shots = Vec::new();
    for row in database::rows(&**work, &Sql::with(text, [project_id.into()])).await? {
        shots.push(row.try_get("", "id")?);
    }
    shots_changed(work, &shots).await
}

/// Counts for tasks that came from elsewhere, with the others of their shots.
///
/// # Errors
/// The database refuses.
pub async fn tasks_came(work: &mut Work<'_>, tasks: &[Uuid]) -> Result<(), Failure> {
    let mut entities: Vec<Uuid> = Vec::new();
    for tasks in tasks.chunks(BATCH) {
        let mut sql = Sql::new("SELECT DISTINCT entity_id FROM task WHERE entity_id IS NOT NULL AND id");
        sql.among(tasks);
        entities.extend(database::read_values::<Uuid>(&**work, &sql).await?);
    }
    shots_changed(work, &entities).await
}

/// Counts again for the tasks of those of the entities that are shots, and announces the figures that changed.
///
/// An asset is ready for a task when it is shared by another production, or when the task type that it is ready for
/// comes at or after the task's own in the order of the production. Canceled assets are never ready.
///
/// # Errors
/// The database refuses.
pub async fn shots_changed(work: &mut Work<'_>, entities: &[Uuid]) -> Result<(), Failure> {
    for entities in entities.chunks(BATCH) {
        let mut changed: Vec<Figure> = database::read_all(&**work, &recount(entities)).await?;
        changed.sort_unstable_by_key(|figure| figure.id);
        for Figure {
            id,
            nb_assets_ready,
            project_id,
        } in changed
        {
            let mut told = payload([("task_id", id)]);
            told.insert("nb_assets_ready".into(), json!(nb_assets_ready.unwrap_or_default()));
            work.announce_in(project_id, "task:update-casting-stats", told);
        }
    }
    Ok(())
}

fn recount(entities: &[Uuid]) -> Sql {
    let shot = EntityKind::Shot.condition("s.entity_type_id");
    let mut sql = Sql::new(
        "WITH fresh AS (SELECT t.id AS task_id, (SELECT COUNT(*) FROM entity_link l JOIN entity a ON a.id = l.entity_out_id \
         LEFT JOIN task_type rt ON rt.id = a.ready_for AND rt.for_entity = 'Shot' \
         LEFT JOIN project_task_type_link rl ON rl.project_id = t.project_id AND rl.task_type_id = rt.id \
         LEFT JOIN task_type ot ON ot.id = t.task_type_id AND ot.for_entity = 'Shot' \
         LEFT JOIN project_task_type_link ol ON ol.project_id = t.project_id AND ol.task_type_id = ot.id \
         WHERE l.entity_in_id = t.entity_id AND COALESCE(a.canceled, ",
    );
    sql.bind(false).push(") = ").bind(false);
    sql.push(" AND ((a.is_shared = ").bind(true);
    sql.push(
        " AND a.project_id <> t.project_id) OR (a.ready_for IS NOT NULL \
         AND COALESCE(ol.priority, 0) <= CASE WHEN COALESCE(rl.priority, 0) = 0 THEN -1 ELSE rl.priority END))) AS figure \
         FROM task t JOIN entity s ON s.id = t.entity_id WHERE ",
    );
    sql.push(&shot).push(" AND s.id").among(entities);
    sql.push(
        ") UPDATE task SET nb_assets_ready = fresh.figure FROM fresh WHERE task.id = fresh.task_id \
         AND COALESCE(task.nb_assets_ready, -1) <> fresh.figure RETURNING task.id, task.nb_assets_ready, task.project_id",
    );
    sql
}
