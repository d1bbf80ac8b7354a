//! Files that steps of the work hand on.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;
use serde_json::{Map, Value};

use crate::access::Reach;
use crate::access::entities::relation;
use crate::access::records::{RecordSubject, require_other_than_vendor, require_record};
use crate::app::App;
use crate::crud::rules::{files_of, one_of};
use crate::crud::{AskedUpdate, Nested, Record, Resource, missing};
use crate::database::Sql;
use crate::events::Work;

/// The collection `/data/output-files`.
pub struct OutputFiles;

static NESTED: [Nested; 1] = [Nested {
    key: "source_file",
    column: "source_file_id",
    table: &entity::working_file::TABLE,
    type_name: "WorkingFile",
}];

#[async_trait]
impl Resource for OutputFiles {
    fn table(&self) -> &'static Table {
        &entity::output_file::TABLE
    }

    fn type_name(&self) -> &'static str {
        "OutputFile"
    }

    fn nested(&self) -> &'static [Nested] {
        &NESTED
    }

    fn accepted(&self) -> &'static [&'static str] {
        &["source_file"]
    }

    async fn may_list(&self, app: &App, caller: &Caller, _rule: RecordRule, _query: &Query) -> Result<(), Failure> {
        require_other_than_vendor(&app.database, caller).await
    }

    async fn visible(&self, app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        files_of(sql, &Reach::open_teams(&app.database, caller).await?);
        Ok(())
    }

    fn subject(&self, record: &Record) -> RecordSubject {
        RecordSubject::Entity(record.id_of("entity_id"))
    }

    /// Managers of the production, and whoever works on what the file is for.
    async fn may_update(&self, work: &Work<'_>, caller: &Caller, update: &AskedUpdate<'_>) -> Result<(), Failure> {
        let AskedUpdate { rule, record, .. } = *update;
        let entity_id = record.id_of("entity_id");
        let manages = match entity_id {
            Some(id) => relation(&**work, caller, id).await?.role.is_manager(),
            None => caller.is_admin(),
        };
        let worked_on = record.id_of("temporal_entity_id").or(entity_id);
        if manages {
            Ok(())
        } else {
            require_record(&**work, caller, rule, RecordSubject::Entity(worked_on)).await
        }
    }

    /// A new file belongs to an entity.
    async fn check(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        one_of(body, "quality", &["low", "mid", "high"], true)?;
        match (record, body.get("entity_id")) {
            (None, None | Some(Value::Null)) => Err(missing("entity_id")),
            _ => Ok(()),
        }
    }
}
