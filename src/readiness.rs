//! How many of the assets cast in a shot are ready for each of its tasks.

use std::collections::HashSet;

use dailies_definitions::failure::Failure;
use serde_json::{Map, json};
use uuid::Uuid;

use crate::database::{self, BATCH, Sql};
use crate::events::Work;

/// Counts again for every shot that casts the asset.
///
/// # Errors
/// The database refuses.
pub async fn asset_changed(work: &mut Work<'_>, asset_id: Uuid) -> Result<(), Failure> {
    assets_changed(work, &[asset_id]).await
}

/// Counts again for every shot that casts one of these assets.
///
/// # Errors
/// The database refuses.
pub async fn assets_changed(work: &mut Work<'_>, assets: &[Uuid]) -> Result<(), Failure> {
    let mut shots = HashSet::new();
    for assets in assets.chunks(BATCH) {
        let mut sql = Sql::new(
            "SELECT DISTINCT s.id FROM entity_link l JOIN entity s ON s.id = l.entity_in_id JOIN entity_type k ON k.id = s.entity_type_id \
             WHERE k.name = 'Shot' AND l.entity_out_id",
        );
        sql.among(assets);
        shots.extend(database::ids(&**work, &sql).await?);
    }
    let mut shots: Vec<Uuid> = shots.into_iter().collect();
    shots.sort_unstable();
    shots_changed(work, &shots).await
}

/// Counts again for the tasks of these shots, and announces each figure.
///
/// An asset is ready for a task when it is shared by another production, or when the task type that it is ready for
/// comes at or after the task's own in the order of the production. Canceled assets are never ready.
///
/// # Errors
/// The database refuses.
pub async fn shots_changed(work: &mut Work<'_>, shots: &[Uuid]) -> Result<(), Failure> {
    for shots in shots.chunks(BATCH) {
        let mut sql = Sql::new(
            "UPDATE task SET nb_assets_ready = (SELECT COUNT(*) FROM entity_link l JOIN entity a ON a.id = l.entity_out_id \
             LEFT JOIN task_type rt ON rt.id = a.ready_for AND rt.for_entity = 'Shot' \
             LEFT JOIN project_task_type_link rl ON rl.project_id = task.project_id AND rl.task_type_id = rt.id \
             LEFT JOIN task_type ot ON ot.id = task.task_type_id AND ot.for_entity = 'Shot' \
             LEFT JOIN project_task_type_link ol ON ol.project_id = task.project_id AND ol.task_type_id = ot.id \
             WHERE l.entity_in_id = task.entity_id AND COALESCE(a.canceled, ",
        );
        sql.bind(false).push(") = ").bind(false);
        sql.push(" AND ((a.is_shared = ").bind(true);
        sql.push(
            " AND a.project_id <> task.project_id) OR (a.ready_for IS NOT NULL \
             AND COALESCE(ol.priority, 0) <= CASE WHEN COALESCE(rl.priority, 0) = 0 THEN -1 ELSE rl.priority END))) WHERE entity_id",
        );
        sql.among(shots);
        database::execute(&**work, &sql).await?;
        let mut sql = Sql::new("SELECT id, nb_assets_ready, project_id FROM task WHERE entity_id");
        sql.among(shots).push(" ORDER BY created_at, id");
        for row in database::rows(&**work, &sql).await? {
            let mut payload = Map::new();
            payload.insert("task_id".into(), json!(row.try_get_by_index::<Uuid>(0)?));
            payload.insert("nb_assets_ready".into(), json!(row.try_get_by_index::<Option<i32>>(1)?.unwrap_or_default()));
            let project_id: Option<Uuid> = row.try_get_by_index(2)?;
            work.announce_in(project_id, "task:update-casting-stats", payload);
        }
    }
    Ok(())
}
