//! Metadata columns of productions. Productions have routes of their own for them, which keep the stored values right.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;
use serde_json::{Map, Value};

use crate::access::{Reach, metadata};
use crate::app::App;
use crate::crud::{Record, Relation, Resource};
use crate::database::Sql;
use crate::events::Work;

/// The collection `/data/metadata-descriptors`.
pub struct MetadataDescriptors;

static RELATIONS: [Relation; 1] = [Relation::links(
    "departments",
    &entity::department_metadata_descriptor_link::TABLE,
    "metadata_descriptor_id",
    "department_id",
)];

#[async_trait]
impl Resource for MetadataDescriptors {
    fn table(&self) -> &'static Table {
        &entity::metadata_descriptor::TABLE
    }

    fn type_name(&self) -> &'static str {
        "MetadataDescriptor"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    fn lists_relations(&self, query: &Query) -> bool {
        query.is_empty()
    }

    /// Those of the open productions that the caller sees there.
    async fn visible(&self, app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        metadata::restrict(sql, &Reach::open_teams(&app.database, caller).await?, "t");
        Ok(())
    }

    async fn may_read(&self, app: &App, caller: &Caller, _rule: RecordRule, record: &Record) -> Result<(), Failure> {
        metadata::column_reader(&app.database, caller, record.id).await
    }

    async fn check(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let Some(given) = body
            .get("data_type")
            .filter(|given| record.is_none_or(|record| record.values.get("data_type") != Some(*given)))
        else {
            return Ok(());
        };
        let known = self
            .table()
            .column("data_type")
            .is_some_and(|column| given.as_str().is_some_and(|given| column.choices.contains(&given)));
        if known {
            Ok(())
        } else {
            Err(Failure::parameter("Invalid data_type"))
        }
    }
}
