//! Operations that the oldest clients ask for.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{
    OldFileTreeName, OldFolder, OldPathRequest, OldPublication, OldPublished, OutputFileAdd, Project,
    WorkingFileLocation, WorkingFilePathRequest,
};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::owner::Owner;
use super::{defaults, outputs, paths, trees, working};
use crate::access::require_manager;
use crate::access::tasks::{PRESENT, READ, require};
use crate::app::App;
use crate::database::{self, Sql};
use crate::events::Work;

/// Gives a production a tree.
pub(super) async fn set_tree(app: &App, caller: &Caller, body: OldFileTreeName) -> Result<Json<Project>, Failure> {
    require_manager(&app.database, caller, body.project_id).await?;
    trees::set(app, caller, body.project_id, &body.tree_name).await
}

fn asked(body: OldPathRequest) -> WorkingFilePathRequest {
    WorkingFilePathRequest {
        name: None,
        mode: body.mode,
        software_id: None,
        comment: body.comment,
        revision: body.version,
        sep: body.sep,
        separator: None,
    }
}

/// The folder of a task's working files.
pub(super) async fn folder(app: &App, caller: &Caller, body: OldPathRequest) -> Result<Json<OldFolder>, Failure> {
    let task_id = body.task_id;
    require(&app.database, caller, task_id, &READ).await?;
    Ok(Json::of(&OldFolder {
        path: working::folder(app, caller, task_id, &asked(body)).await?,
    })?)
}

/// The path of a working file.
pub(super) async fn file(
    app: &App,
    caller: &Caller,
    body: OldPathRequest,
) -> Result<Json<WorkingFileLocation>, Failure> {
    let task_id = body.task_id;
    require(&app.database, caller, task_id, &READ).await?;
    working::path(app, caller, task_id, asked(body)).await
}

#[derive(FromQueryResult)]
struct Source {
    working_file_id: Uuid,
    entity_id: Option<Uuid>,
    task_type_id: Option<Uuid>,
    project_id: Option<Uuid>,
}

/// Publishes a working file as geometry of the same revision.
pub(super) async fn publish(app: &App, caller: &Caller, body: OldPublication) -> Result<Json<OldPublished>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    require(&*work, caller, body.task_id, &PRESENT).await?;
    let sql = Sql::with(
        "SELECT w.id AS working_file_id, t.entity_id, t.task_type_id, t.project_id FROM working_file w JOIN task t ON t.id = w.task_id \
         WHERE w.task_id = $1 AND w.revision = $2 ORDER BY w.created_at DESC, w.id LIMIT 1",
        [body.task_id.into(), body.working_file_revision.into()],
    );
    let source: Source = database::read_one(&*work, &sql).await?.ok_or_else(Failure::not_found)?;
    let (Some(id), Some(project_id)) = (source.entity_id, source.project_id) else {
        return Err(Failure::not_found());
    };
    let task_type_id = source
        .task_type_id
        .ok_or_else(|| paths::refusal("The task has no task type.").naming("task_id"))?;
    let file = OutputFileAdd {
        output_type_id: defaults::geometry(&mut work).await?.id,
        task_type_id,
        name: None,
        mode: None,
        person_id: None,
        working_file_id: Some(source.working_file_id),
        comment: body.comment,
        revision: Some(body.working_file_revision),
        extension: None,
        representation: None,
        nb_elements: None,
        sep: body.sep,
        file_status_id: None,
    };
    let entered = outputs::enter(&mut work, caller, Owner::Entity { id, project_id }, file).await?;
    work.finish().await?;
    Ok(Json::of(&OldPublished { path: entered.path })?)
}
