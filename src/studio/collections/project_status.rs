//! Statuses of productions. Two of them have a meaning for the server, which finds them by their names.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::Table;
use serde_json::{Map, Value};

use crate::crud::{Record, Resource};
use crate::events::Work;

/// The collection `/data/project-status`.
pub struct ProjectStatus;

/// Names that stay: productions are worked on while they are open.
const FIXED: [&str; 2] = ["Open", "Closed"];

fn fixed(record: &Record) -> Option<&str> {
    record.text("name").filter(|name| FIXED.contains(name))
}

#[async_trait]
impl Resource for ProjectStatus {
    fn table(&self) -> &'static Table {
        &entity::project_status::TABLE
    }

    fn type_name(&self) -> &'static str {
        "ProjectStatus"
    }

    async fn check(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        match record.and_then(fixed) {
            Some(name) if body.get("name").and_then(Value::as_str).is_some_and(|new| new != name) => {
                Err(Failure::parameter(format!(
                    "name: the status {name} can't be renamed, because productions are found by it."
                )))
            }
            _ => Ok(()),
        }
    }

    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        _query: &Query,
    ) -> Result<(), Failure> {
        if let Some(name) = fixed(record) {
            return Err(Failure::parameter(format!(
                "The status {name} can't be deleted, because productions are found by it."
            )));
        }
        self.remove_row(work, record).await?;
        self.emit_change(work, "delete", record.id, record).await
    }
}
