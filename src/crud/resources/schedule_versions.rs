//! Drafts of the schedules of productions, and what they say of tasks.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use entity::facts::Table;
use serde_json::{Map, Value};

use super::rules::{PLANNERS_NOT, given_id, in_team, manages, manages_given_project, plans_asked_project, project_of};
use crate::access::require_manager;
use crate::app::App;
use crate::crud::resource::{Record, Relation, Resource, only_admin};
use crate::database::Sql;
use crate::events::Work;

pub(super) struct ScheduleVersions;

#[async_trait]
impl Resource for ScheduleVersions {
    fn table(&self) -> &'static Table {
        &entity::production_schedule_version::TABLE
    }

    fn type_name(&self) -> &'static str {
        "ProductionScheduleVersion"
    }

    async fn may_list(&self, app: &App, caller: &Caller, query: &Query) -> Result<(), Failure> {
        plans_asked_project(app, caller, query).await
    }

    async fn may_read(&self, app: &App, caller: &Caller, record: &Record) -> Result<(), Failure> {
        in_team(app.database.read(), caller, record.id_of("project_id"), &PLANNERS_NOT).await
    }

    async fn may_create(&self, app: &App, caller: &Caller, body: &Map<String, Value>) -> Result<(), Failure> {
        manages_given_project(app, caller, body).await
    }

    async fn may_update(&self, work: &Work<'_>, caller: &Caller, record: &Record, _body: &Map<String, Value>) -> Result<(), Failure> {
        manages(&**work, caller, record).await
    }
}

pub(super) struct ScheduleVersionTaskLinks;

static RELATIONS: [Relation; 1] = [Relation::links(
    "assignees",
    &entity::production_schedule_version_task_link_person_link::TABLE,
    "production_schedule_version_task_link_id",
    "person_id",
)];

async fn may_change(work: &Work<'_>, caller: &Caller, record: &Record) -> Result<(), Failure> {
    match project_of(&**work, "task", record.id_of("task_id")).await? {
        Some(project_id) => require_manager(&**work, caller, project_id).await.map(|_| ()),
        None => only_admin(caller),
    }
}

#[async_trait]
impl Resource for ScheduleVersionTaskLinks {
    fn table(&self) -> &'static Table {
        &entity::production_schedule_version_task_link::TABLE
    }

    fn type_name(&self) -> &'static str {
        "ProductionScheduleVersionTaskLink"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    fn protected(&self) -> &'static [&'static str] {
        &["task_id", "production_schedule_version_id"]
    }

    /// Whoever is let in for a production sees what belongs to it, and nothing else.
    fn special_filter(&self, sql: &mut Sql, _query: &Query, key: &str, value: &str) -> Result<bool, Failure> {
        if key != "project_id" {
            return Ok(false);
        }
        let project_id = parse_id(value).ok_or_else(|| Failure::parameter(format!("Invalid UUID value: {value}")))?;
        sql.push(" AND t.production_schedule_version_id IN (SELECT v.id FROM production_schedule_version v WHERE v.project_id = ");
        sql.bind(project_id).push(")");
        Ok(true)
    }

    async fn may_list(&self, app: &App, caller: &Caller, query: &Query) -> Result<(), Failure> {
        plans_asked_project(app, caller, query).await
    }

    async fn may_read(&self, app: &App, caller: &Caller, record: &Record) -> Result<(), Failure> {
        let connection = app.database.read();
        let project_id = project_of(connection, "task", record.id_of("task_id")).await?;
        in_team(connection, caller, project_id, &PLANNERS_NOT).await
    }

    async fn may_create(&self, app: &App, caller: &Caller, body: &Map<String, Value>) -> Result<(), Failure> {
        let connection = app.database.read();
        let version_id = given_id(body, "production_schedule_version_id")?;
        let task_id = given_id(body, "task_id")?;
        let of_version = project_of(connection, "production_schedule_version", Some(version_id)).await?;
        let of_task = project_of(connection, "task", Some(task_id)).await?;
        let Some(project_id) = of_version.filter(|project_id| of_task == Some(*project_id)) else {
            return Err(Failure::parameter("The task and the production schedule version must be in the same project."));
        };
        require_manager(connection, caller, project_id).await.map(|_| ())
    }

    async fn may_update(&self, work: &Work<'_>, caller: &Caller, record: &Record, _body: &Map<String, Value>) -> Result<(), Failure> {
        may_change(work, caller, record).await
    }

    async fn may_delete(&self, work: &Work<'_>, caller: &Caller, record: &Record) -> Result<(), Failure> {
        may_change(work, caller, record).await
    }
}
