//! Softwares that a production uses for its task types: a reminder for those who set up their work.

use dailies_definitions::access::{Caller, ProjectMember};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::query::parse_id;
use dailies_definitions::schemas::TaskTypeSoftware;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::settings::emit_project_update;
use crate::access::tasks::require_lead_of_type;
use crate::app::App;
use crate::database::{self, Sql};
use crate::events::Work;

#[derive(FromQueryResult)]
struct SoftwareRow {
    task_type_id: Uuid,
    software_id: Uuid,
}

#[derive(FromQueryResult)]
struct Software {
    archived: Option<bool>,
}

/// The softwares of all task types of a production.
pub(super) async fn list(app: &App, access: &ProjectMember) -> Result<Json<Vec<TaskTypeSoftware>>, Failure> {
    let project_id = access.project_id();
    let sql = Sql::with(
        "SELECT task_type_id, software_id FROM project_task_type_software_link WHERE project_id = $1 ORDER BY task_type_id, software_id",
        [project_id.into()],
    );
    let rows: Vec<SoftwareRow> = database::read_all(&app.database, &sql).await?;
    let rows = rows.into_iter().map(
        |SoftwareRow {
             task_type_id,
             software_id,
         }| TaskTypeSoftware {
            project_id,
            task_type_id,
            software_id,
        },
    );
    Ok(Json::of(&rows.collect())?)
}

/// Notes that a production uses a software for a task type.
pub(super) async fn add(
    app: &App,
    caller: &Caller,
    project_id: Uuid,
    task_type_id: Uuid,
    software: &str,
) -> Result<Json<TaskTypeSoftware>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    require_lead_of_type(&*work, caller, Some(project_id), Some(task_type_id)).await?;
    let wrong = || Failure::parameter("task_type_id and software_id must be valid UUIDs.");
    let software_id = parse_id(software).ok_or_else(wrong)?;
    let sql = Sql::with("SELECT archived FROM software WHERE id = $1", [software_id.into()]);
    let found: Software = database::read_one(&*work, &sql)
        .await?
        .ok_or_else(|| Failure::not_found().naming("software_id"))?;
    let sql = Sql::with(
        "SELECT 1 FROM project_task_type_link WHERE project_id = $1 AND task_type_id = $2",
        [project_id.into(), task_type_id.into()],
    );
    if database::row(&*work, &sql).await?.is_none() {
        return Err(Failure::parameter("The task type is not a task type of the project.").naming("task_type_id"));
    }
    if found.archived.unwrap_or_default() {
        return Err(Failure::parameter("The software is archived.").naming("software_id"));
    }
    if !is_there(&work, project_id, task_type_id, software_id).await? {
        let link = vec![
            ("project_id", project_id.into()),
            ("task_type_id", task_type_id.into()),
            ("software_id", software_id.into()),
        ];
        database::insert(&*work, &entity::project_task_type_software_link::TABLE, link).await?;
        emit_project_update(&mut work, project_id);
    }
    work.finish().await?;
    Ok(Json::of(&TaskTypeSoftware {
        project_id,
        task_type_id,
        software_id,
    })?)
}

async fn is_there(work: &Work<'_>, project_id: Uuid, task_type_id: Uuid, software_id: Uuid) -> Result<bool, Failure> {
    let sql = Sql::with(
        "SELECT 1 FROM project_task_type_software_link WHERE project_id = $1 AND task_type_id = $2 AND software_id = $3",
        [project_id.into(), task_type_id.into(), software_id.into()],
    );
    Ok(database::row(&**work, &sql).await?.is_some())
}

/// Notes that a production no longer uses a software for a task type.
pub(super) async fn remove(
    app: &App,
    caller: &Caller,
    project_id: Uuid,
    task_type_id: Uuid,
    software_id: Uuid,
) -> Result<NoContent, Failure> {
    let mut work = Work::begin(app, caller).await?;
    require_lead_of_type(&*work, caller, Some(project_id), Some(task_type_id)).await?;
    let sql = Sql::with(
        "DELETE FROM project_task_type_software_link WHERE project_id = $1 AND task_type_id = $2 AND software_id = $3",
        [project_id.into(), task_type_id.into(), software_id.into()],
    );
    if database::execute(&*work, &sql).await? > 0 {
        emit_project_update(&mut work, project_id);
    }
    work.finish().await?;
    Ok(NoContent)
}
