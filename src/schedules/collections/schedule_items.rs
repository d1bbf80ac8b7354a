//! Bars of the schedules of productions.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;
use sea_orm::Value as SqlValue;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::tasks;
use crate::app::App;
use crate::crud::rules::{asks_given_project, round};
use crate::crud::{AskedUpdate, Changes, Record, Resource};
use crate::database::{self, Sql};
use crate::events::Work;

/// The collection `/data/schedule-items`.
pub struct ScheduleItems;

/// Subject of a bar.
const SUBJECT: [&str; 3] = ["project_id", "task_type_id", "object_id"];

#[async_trait]
impl Resource for ScheduleItems {
    fn table(&self) -> &'static Table {
        &entity::schedule_item::TABLE
    }

    fn type_name(&self) -> &'static str {
        "ScheduleItem"
    }

    async fn may_create(
        &self,
        app: &App,
        caller: &Caller,
        rule: RecordRule,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        if caller.is_admin() {
            Ok(())
        } else {
            asks_given_project(app, caller, rule, body).await
        }
    }

    /// Managers of the production, and supervisors of the task type.
    async fn may_update(&self, work: &Work<'_>, caller: &Caller, update: &AskedUpdate<'_>) -> Result<(), Failure> {
        let record = update.record;
        let project_id = record.id_of("project_id");
        tasks::require_lead_of_type(&**work, caller, project_id, record.id_of("task_type_id")).await
    }

    /// Clients send back the text that stands in a field; only a number is meant as a change.
    async fn check(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        if record.is_some() && body.get("man_days").is_some_and(Value::is_string) {
            body.remove("man_days");
        }
        round(body, "man_days");
        Ok(())
    }

    /// There is one bar for each part of a production, also where the part is nothing in particular.
    async fn before_write(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        let before = |column: &str| record.and_then(|record| record.id_of(column));
        let now = SUBJECT.map(|column| match changes.get(column) {
            Some(SqlValue::Uuid(id)) => *id,
            _ => before(column),
        });
        if record.is_some() && now == SUBJECT.map(before) {
            return Ok(());
        }
        let mut sql = Sql::new("SELECT 1 FROM schedule_item WHERE id <> ");
        sql.bind(record.map_or(Uuid::nil(), |record| record.id));
        for (column, id) in SUBJECT.iter().zip(now) {
            sql.push(&format!(" AND {column} "));
            match id {
                Some(id) => sql.push("= ").bind(id),
                None => sql.push("IS NULL"),
            };
        }
        if database::row(&**work, &sql).await?.is_some() {
            return Err(Failure::parameter("A similar schedule item already exists").naming("task_type_id"));
        }
        Ok(())
    }
}
