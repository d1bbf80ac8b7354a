//! Rules that react when a task gets a status.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::Table;

use crate::crud::{Record, Resource};
use crate::database::{self, Sql};
use crate::events::Work;

/// The collection `/data/status-automations`.
pub struct StatusAutomations;

#[async_trait]
impl Resource for StatusAutomations {
    fn table(&self) -> &'static Table {
        &entity::status_automation::TABLE
    }

    fn type_name(&self) -> &'static str {
        "StatusAutomation"
    }

    /// A rule that a production uses stays.
    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        _query: &Query,
    ) -> Result<(), Failure> {
        let sql = Sql::with(
            "SELECT 1 FROM project_status_automation_link WHERE status_automation_id = $1 LIMIT 1",
            [record.id.into()],
        );
        if database::row(&**work, &sql).await?.is_some() {
            return Err(Failure::record("This automation is used in a project."));
        }
        self.remove_row(work, record).await?;
        self.emit_change(work, "delete", record.id, record).await
    }
}
