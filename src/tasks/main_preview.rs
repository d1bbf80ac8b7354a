//! Shows entities by the last previews of their tasks.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::access::data_mask::DataMask;
use crate::access::tasks::{self, PRESENT, TaskRelation};
use crate::app::App;
use crate::database::json::{array, records};
use crate::events::Work;
use crate::previews::main_preview::{last_of_task, set_main_preview, with_status};

fn require(relation: &TaskRelation) -> Result<Uuid, Failure> {
    relation.require(&PRESENT)?;
    relation.entity_id.ok_or_else(Failure::not_found)
}

/// Shows the entity of a task by the task's last preview, and gives the entity as JSON.
///
/// # Errors
/// 403 for clients, 400 for a task without previews.
pub async fn of_task(app: &App, caller: &Caller, task_id: Uuid) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let entity_id = require(&tasks::relation(&*work, caller, task_id).await?)?;
    let preview = last_of_task(&*work, task_id).await?;
    let preview =
        preview.ok_or_else(|| Failure::parameter("This task has no preview file to set as the main preview."))?;
    set_main_preview(&mut work, entity_id, preview).await?;
    let text = entities(&*work, caller, &[entity_id])
        .await?
        .pop()
        .ok_or_else(Failure::not_found)?;
    let text = with_status(&*work, entity_id, text).await?;
    work.finish().await?;
    Ok(text)
}

/// Shows the entities of tasks by the tasks' last previews, and gives the entities as JSON.
///
/// # Errors
/// 404 for an unknown task, 403 for one that the caller may not change; nothing changes then.
pub async fn of_tasks(app: &App, caller: &Caller, wanted: &[Uuid]) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let relations = tasks::relations(&*work, caller, wanted).await?;
    let mut shown = Vec::with_capacity(wanted.len());
    for task_id in wanted {
        let relation = relations
            .get(task_id)
            .ok_or_else(|| Failure::not_found().naming("task_ids"))?;
        let entity_id = require(relation)?;
        if let Some(preview) = last_of_task(&*work, *task_id).await? {
            set_main_preview(&mut work, entity_id, preview).await?;
            shown.push(entity_id);
        }
    }
    let texts = entities(&*work, caller, &shown).await?;
    work.finish().await?;
    Ok(array(texts.iter().map(Vec::as_slice)))
}

/// Entities as the caller sees them.
async fn entities(connection: &impl ConnectionTrait, caller: &Caller, ids: &[Uuid]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut found = records(connection, &entity::entity::TABLE, "Entity", ids).await?;
    if let Some(mask) = DataMask::of(connection, caller).await? {
        found.values_mut().for_each(|text| mask.apply(text, 0));
    }
    Ok(ids.iter().filter_map(|id| found.get(id).cloned()).collect())
}
