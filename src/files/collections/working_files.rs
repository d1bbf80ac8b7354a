//! Files that people work in.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;
use serde_json::{Map, Value};

use crate::access::Reach;
use crate::access::records::{RecordSubject, require_other_than_vendor};
use crate::app::App;
use crate::crud::rules::{files_of, one_of};
use crate::crud::{Record, Relation, Resource};
use crate::database::Sql;
use crate::events::Work;

/// The collection `/data/working-files`.
pub struct WorkingFiles;

static RELATIONS: [Relation; 1] = [Relation::belongings(
    "outputs",
    &entity::output_file::TABLE,
    "source_file_id",
)];

#[async_trait]
impl Resource for WorkingFiles {
    fn table(&self) -> &'static Table {
        &entity::working_file::TABLE
    }

    fn type_name(&self) -> &'static str {
        "WorkingFile"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    /// The output says which file it was made from.
    fn protected(&self) -> &'static [&'static str] {
        &["outputs"]
    }

    fn always_reads_relations(&self) -> bool {
        true
    }

    async fn may_list(&self, app: &App, caller: &Caller, _rule: RecordRule, _query: &Query) -> Result<(), Failure> {
        require_other_than_vendor(&app.database, caller).await
    }

    async fn visible(&self, app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        files_of(sql, &Reach::teams(&app.database, caller).await?);
        Ok(())
    }

    async fn check(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        _record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        one_of(body, "validation_status", &["validated", "rejected", "neutral"], false)
    }

    fn subject(&self, record: &Record) -> RecordSubject {
        RecordSubject::Task(record.id_of("task_id"))
    }
}
