//! Kinds of work, such as Modeling or Animation.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::Table;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::crud::{Record, Resource};
use crate::database::{self, Sql};
use crate::events::Work;
use crate::readiness;

/// The collection `/data/task-types`.
pub struct TaskTypes;

#[async_trait]
impl Resource for TaskTypes {
    fn table(&self) -> &'static Table {
        &entity::task_type::TABLE
    }

    fn type_name(&self) -> &'static str {
        "TaskType"
    }

    async fn check(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let Some(name) = body.get("name").and_then(Value::as_str) else {
            return Ok(());
        };
        // Two of one name may be there from of old; each can be changed all the same.
        if record.is_some_and(|record| record.text("name") == Some(name)) {
            return Ok(());
        }
        let itself = record.map_or(Uuid::nil(), |record| record.id);
        let sql = Sql::with(
            "SELECT for_entity FROM task_type WHERE name = $1 AND id <> $2 LIMIT 1",
            [name.into(), itself.into()],
        );
        match database::row(&**work, &sql).await? {
            Some(twin) => {
                let kind: Option<String> = twin.try_get("", "for_entity")?;
                let kind = kind.unwrap_or_else(|| "all entities".into());
                Err(Failure::parameter(format!(
                    "A task type with similar name already exists: {name}, for {kind}"
                )))
            }
            None => Ok(()),
        }
    }

    /// A task type that is for other entities has another part in the pipelines of the productions that use it.
    async fn after_update(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        before: &Record,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        if body
            .get("for_entity")
            .is_some_and(|kind| Some(kind) != before.values.get("for_entity"))
        {
            let sql = Sql::with(
                "SELECT project_id FROM project_task_type_link WHERE task_type_id = $1",
                [before.id.into()],
            );
            for row in database::rows(&**work, &sql).await? {
                readiness::pipeline_changed(work, row.try_get("", "project_id")?).await?;
            }
        }
        Ok(())
    }

    /// With `force`, schedule items and productions let go of the task type first.
    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        query: &Query,
    ) -> Result<(), Failure> {
        let force = query.flag("force")?.unwrap_or_default();
        let mut users = Vec::new();
        for (table, name) in [
            ("schedule_item", "schedule items"),
            ("project_task_type_link", "projects"),
        ] {
            let condition = format!("FROM {table} WHERE task_type_id = $1");
            if force {
                database::execute(&**work, &Sql::with(format!("DELETE {condition}"), [record.id.into()])).await?;
            } else if database::row(
                &**work,
                &Sql::with(format!("SELECT 1 {condition} LIMIT 1"), [record.id.into()]),
            )
            .await?
            .is_some()
            {
                users.push(name);
            }
        }
        if !users.is_empty() {
            let message = format!(
                "Task type is attached to {}. Re-issue the request with force=true to detach.",
                users.join(" and ")
            );
            return Err(Failure::parameter(message));
        }
        self.remove_row(work, record).await?;
        self.emit_change(work, "delete", record.id, record).await
    }
}
