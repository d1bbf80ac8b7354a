//! The main preview of an entity, which stands for it in lists, and the last preview of a task.

use dailies_definitions::failure::Failure;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::database::{self, Sql};
use crate::events::{Work, payload};

/// Kinds of entities that have events of their own; all others are assets.
const KINDS: [&str; 6] = ["shot", "scene", "sequence", "episode", "edit", "concept"];

/// Shows the entity by that preview, and tells of it, unless it is shown by it already. The caller commits.
///
/// # Errors
/// 404 when there is no such entity.
pub async fn set_main_preview(work: &mut Work<'_>, entity_id: Uuid, preview_id: Uuid) -> Result<(), Failure> {
    let EntityFacts { project_id, kind, preview_id: before } = entity_facts(&**work, entity_id).await?;
    if before == Some(preview_id) {
        return Ok(());
    }
    let values = vec![("preview_file_id", preview_id.into())];
    database::update(&**work, &entity::entity::TABLE, entity_id, values).await?;
    let about = payload([("entity_id", entity_id), ("preview_file_id", preview_id)]);
    work.emit_in(project_id, "preview-file:set-main", about);
    work.emit_in(project_id, format!("{kind}:update"), payload([(format!("{kind}_id").as_str(), entity_id)]));
    Ok(())
}

/// Facts of an entity about its main preview.
struct EntityFacts {
    project_id: Uuid,
    /// Prefix of its events.
    kind: &'static str,
    preview_id: Option<Uuid>,
}

async fn entity_facts(connection: &impl ConnectionTrait, entity_id: Uuid) -> Result<EntityFacts, Failure> {
    let sql = Sql::with(
        "SELECT e.project_id, e.preview_file_id, k.name FROM entity e JOIN entity_type k ON k.id = e.entity_type_id WHERE e.id = $1",
        [entity_id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let name = row.try_get::<String>("", "name")?.to_lowercase();
    let kind = KINDS.into_iter().find(|kind| *kind == name).unwrap_or("asset");
    Ok(EntityFacts { project_id: row.try_get("", "project_id")?, kind, preview_id: row.try_get("", "preview_file_id")? })
}

/// Makes a preview the last one of its task, and the main one of the entity in productions that set it by themselves.
///
/// # Errors
/// The database does not answer.
pub(super) async fn set_last_preview(work: &mut Work<'_>, task_id: Uuid, preview_id: Uuid) -> Result<(), Failure> {
    let values = vec![("last_preview_file_id", preview_id.into())];
    database::update(&**work, &entity::task::TABLE, task_id, values).await?;
    let sql = Sql::with(
        "SELECT t.entity_id FROM task t JOIN project p ON p.id = t.project_id WHERE t.id = $1 AND p.is_set_preview_automated = true",
        [task_id.into()],
    );
    if let Some(entity_id) = database::read_value::<Option<Uuid>>(&**work, &sql).await?.flatten() {
        set_main_preview(work, entity_id, preview_id).await?;
    }
    Ok(())
}

/// The preview that stands for a task: the first one of its last revision.
///
/// # Errors
/// The database does not answer.
pub async fn last_of_task(connection: &impl ConnectionTrait, task_id: Uuid) -> Result<Option<Uuid>, Failure> {
    let sql = Sql::with(
        "SELECT id FROM preview_file WHERE task_id = $1 ORDER BY COALESCE(revision, 0) DESC, created_at, position, id LIMIT 1",
        [task_id.into()],
    );
    Ok(database::read_value(connection, &sql).await?)
}
