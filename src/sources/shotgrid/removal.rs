//! Records that are gone in ShotGrid. What nothing else refers to goes here, too, with its own links.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::query::Query;
use dailies_definitions::rules::Collection;
use dailies_definitions::schemas::ShotgunRemoval;
use entity::TABLES;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::RecordKind;
use super::lookups::by_number;
use crate::app::App;
use crate::crud::{self, Record};
use crate::database::{self, BATCH, Sql};
use crate::events::{Work, payload};
use crate::readiness::counts::Touched;
use crate::tasks::removal::emit_task_delete;
use crate::vocabulary::kinds::EntityKind;

/// Links of an entity that are those of another one: what casts it refers to it.
const CAST: (&str, &str) = ("entity_link", "entity_out_id");
/// Rows that go with the tasks of an asset.
const ASSIGNMENT: (&str, &str) = ("task_person_link", "task_id");
/// Rows that go with an asset.
const TASK: (&str, &str) = ("task", "entity_id");

#[derive(FromQueryResult)]
struct RemovedTask {
    id: Uuid,
    task_type_id: Option<Uuid>,
    project_id: Option<Uuid>,
}

/// Removes what has a number in ShotGrid, unless something else refers to it, and says whether it is gone.
///
/// # Errors
/// 403 for a protected account, 400 for the last administrator.
pub(in crate::sources) async fn remove(
    app: &App,
    caller: &Caller,
    kind: &RecordKind,
    number: i32,
) -> Result<Json<ShotgunRemoval>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let found = by_number(&work, kind.table(), kind.condition().as_deref(), &[number])
        .await?
        .remove(&number);
    let success = match found {
        Some(id) => remove_row(&mut work, caller, kind, id).await?,
        None => true,
    };
    work.finish().await?;
    Ok(Json::of(&ShotgunRemoval {
        removed_instance_id: found,
        success,
    })?)
}

/// Says whether the row is gone.
async fn remove_row(work: &mut Work<'_>, caller: &Caller, kind: &RecordKind, id: Uuid) -> Result<bool, Failure> {
    if kind.entity == Some(EntityKind::Asset) {
        return remove_asset(work, kind, id).await;
    }
    if is_referred_to(work, kind, &[id], &[]).await? {
        return Ok(false);
    }
    let record = crud::record(&**work, kind.resource(), id).await?;
    let touched = match kind.entity {
        Some(_) => Touched::by(&**work, &[id]).await?,
        None => Touched::default(),
    };
    match kind.collection {
        Collection::Persons => kind.resource().remove(work, caller, &record, &Query::default()).await?,
        Collection::Tasks => {
            kind.resource().remove_row(work, &record).await?;
            emit_task_delete(
                work,
                id,
                record.id_of("entity_id"),
                record.id_of("task_type_id"),
                record.id_of("project_id"),
            );
        }
        _ => kind.resource().remove_row(work, &record).await?,
    }
    touched.restore(work).await?;
    Ok(true)
}

/// An asset goes with its tasks. One that files were made for is given up instead.
async fn remove_asset(work: &mut Work<'_>, kind: &RecordKind, id: Uuid) -> Result<bool, Failure> {
    let record = crud::record(&**work, kind.resource(), id).await?;
    let sql = Sql::with(
        "SELECT 1 FROM working_file w JOIN task t ON t.id = w.task_id WHERE t.entity_id = $1 LIMIT 1",
        [id.into()],
    );
    if database::row(&**work, &sql).await?.is_some() {
        database::update(&**work, kind.table(), id, vec![("canceled", true.into())]).await?;
        tell_of_asset(work, &record);
        Touched::by(&**work, &[id]).await?.settle(work).await?;
        return Ok(true);
    }
    let sql = Sql::with(
        "SELECT id, task_type_id, project_id FROM task WHERE entity_id = $1 ORDER BY created_at, id",
        [id.into()],
    );
    let tasks: Vec<RemovedTask> = database::read_all(&**work, &sql).await?;
    let ids: Vec<Uuid> = tasks.iter().map(|task| task.id).collect();
    if is_referred_to(work, &super::TASKS, &ids, &[ASSIGNMENT]).await?
        || is_referred_to(work, kind, &[id], &[TASK]).await?
    {
        return Ok(false);
    }
    for text in [
        "DELETE FROM task_person_link WHERE task_id IN (SELECT id FROM task WHERE entity_id = $1)",
        "DELETE FROM task WHERE entity_id = $1",
    ] {
        database::execute(&**work, &Sql::with(text, [id.into()])).await?;
    }
    for RemovedTask {
        id: task_id,
        task_type_id,
        project_id,
    } in tasks
    {
        emit_task_delete(work, task_id, Some(id), task_type_id, project_id);
    }
    kind.resource().remove_row(work, &record).await?;
    tell_of_asset(work, &record);
    Ok(true)
}

fn tell_of_asset(work: &mut Work<'_>, record: &Record) {
    work.emit_in(
        record.id_of("project_id"),
        "asset:delete",
        payload([("asset_id", record.id)]),
    );
}

/// True if a row of any table refers to one of these. Their own links do not count, nor what is named beside them.
async fn is_referred_to(
    work: &Work<'_>,
    kind: &RecordKind,
    ids: &[Uuid],
    besides: &[(&str, &str)],
) -> Result<bool, Failure> {
    let links = kind.resource().relations().iter().filter(|relation| relation.links);
    let own: Vec<(&str, &str)> = links
        .map(|relation| (relation.table.name, relation.own))
        .filter(|place| *place != CAST)
        .collect();
    let mut searches = Vec::new();
    for (table, column) in TABLES
        .iter()
        .flat_map(|table| table.columns.iter().map(move |column| (table.name, column)))
    {
        let place = (table, column.name);
        if column.targets().contains(&kind.table().name) && !own.contains(&place) && !besides.contains(&place) {
            searches.push(format!(
                "SELECT 1 AS one FROM \"{table}\" WHERE \"{}\" = ANY($1)",
                column.name
            ));
        }
    }
    if searches.is_empty() {
        return Ok(false);
    }
    let text = format!("{} LIMIT 1", searches.join(" UNION ALL "));
    for ids in ids.chunks(BATCH) {
        if database::row(&**work, &Sql::of_ids(text.as_str(), ids))
            .await?
            .is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}
