//! States of a task, such as Todo or Done.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::Table;
use sea_orm::Value as SqlValue;
use uuid::Uuid;

use crate::crud::{Changes, Record, Resource};
use crate::database::{self, Sql};
use crate::events::Work;

/// The collection `/data/task-status`.
pub struct TaskStatus;

#[async_trait]
impl Resource for TaskStatus {
    fn table(&self) -> &'static Table {
        &entity::task_status::TABLE
    }

    fn type_name(&self) -> &'static str {
        "TaskStatus"
    }

    /// One status is the default of concepts, and one that of everything else.
    async fn before_write(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        if changes.get("is_default") != Some(&SqlValue::Bool(Some(true))) {
            return Ok(());
        }
        let for_concept = match changes.get("for_concept") {
            Some(SqlValue::Bool(Some(yes))) => *yes,
            _ => record.is_some_and(|record| record.flag("for_concept")),
        };
        let itself = record.map_or(Uuid::nil(), |record| record.id);
        let sql = Sql::with(
            "UPDATE task_status SET is_default = $1 WHERE is_default = $2 AND COALESCE(for_concept, $1) = $3 AND id <> $4",
            [false.into(), true.into(), for_concept.into(), itself.into()],
        );
        database::execute(&**work, &sql).await?;
        Ok(())
    }
}
