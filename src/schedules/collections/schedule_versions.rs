//! Drafts of the schedules of productions, and what they say of tasks.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;
use serde_json::{Map, Value};

use crate::access::records::{RecordSubject, require_record};
use crate::app::App;
use crate::crud::rules::{asks_given_project, keep_of_project, plans_asked_project, project_of_given};
use crate::crud::{Record, Relation, Resource};
use crate::database::{self, Sql};
use crate::events::Work;

/// The collection `/data/production-schedule-versions`.
pub struct ScheduleVersions;

/// Columns that name the draft of a version, which stays without it.
const MADE_FROM: [(&str, &str); 2] = [
    ("production_schedule_version", "production_schedule_from"),
    ("project", "from_schedule_version_id"),
];

#[async_trait]
impl Resource for ScheduleVersions {
    fn table(&self) -> &'static Table {
        &entity::production_schedule_version::TABLE
    }

    fn type_name(&self) -> &'static str {
        "ProductionScheduleVersion"
    }

    async fn may_list(&self, app: &App, caller: &Caller, _rule: RecordRule, query: &Query) -> Result<(), Failure> {
        plans_asked_project(app, caller, query).await
    }

    async fn may_create(
        &self,
        app: &App,
        caller: &Caller,
        rule: RecordRule,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        asks_given_project(app, caller, rule, body).await
    }

    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        _query: &Query,
    ) -> Result<(), Failure> {
        for (table, column) in MADE_FROM {
            let text = format!("UPDATE {table} SET {column} = NULL WHERE {column} = $1");
            database::execute(&**work, &Sql::with(text, [record.id.into()])).await?;
        }
        self.remove_row(work, record).await?;
        self.emit_change(work, "delete", record.id, record).await
    }
}

/// The collection `/data/production-schedule-version-task-links`.
pub struct ScheduleVersionTaskLinks;

static RELATIONS: [Relation; 1] = [Relation::links(
    "assignees",
    &entity::production_schedule_version_task_link_person_link::TABLE,
    "production_schedule_version_task_link_id",
    "person_id",
)];

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
    fn special_filter(
        &self,
        sql: &mut Sql,
        _caller: &Caller,
        _query: &Query,
        key: &str,
        value: &str,
    ) -> Result<bool, Failure> {
        let version = ("production_schedule_version_id", "production_schedule_version");
        keep_of_project(sql, (key, value), version)
    }

    async fn may_list(&self, app: &App, caller: &Caller, _rule: RecordRule, query: &Query) -> Result<(), Failure> {
        plans_asked_project(app, caller, query).await
    }

    async fn may_create(
        &self,
        app: &App,
        caller: &Caller,
        rule: RecordRule,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let connection = &app.database;
        let key = "production_schedule_version_id";
        let of_version = project_of_given(connection, "production_schedule_version", body, key).await?;
        let of_task = project_of_given(connection, "task", body, "task_id").await?;
        let Some(project_id) = of_version.filter(|project_id| of_task == Some(*project_id)) else {
            return Err(Failure::parameter(
                "The task and the production schedule version must be in the same project.",
            )
            .naming("task_id"));
        };
        require_record(connection, caller, rule, RecordSubject::Production(Some(project_id))).await
    }

    fn subject(&self, record: &Record) -> RecordSubject {
        RecordSubject::Task(record.id_of("task_id"))
    }
}
