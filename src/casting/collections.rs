//! Lines of castings as they are stored. What follows from them is counted again whichever way they change.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::Table;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::references::production_of;
use crate::crud::{Record, Resource, record};
use crate::events::{Work, payload};
use crate::readiness::counts::Touched;

/// The collection `/data/entity-links`.
pub struct EntityLinks;

/// The entity that a line belongs to.
fn container(record: &Record) -> Vec<Uuid> {
    record.id_of("entity_in_id").into_iter().collect()
}

#[async_trait]
impl Resource for EntityLinks {
    fn table(&self) -> &'static Table {
        &entity::entity_link::TABLE
    }

    fn type_name(&self) -> &'static str {
        "EntityLink"
    }

    async fn after_update(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        before: &Record,
        _body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let stored = record(&**work, self, before.id).await?;
        if ["entity_in_id", "entity_out_id"]
            .iter()
            .any(|key| stored.values.get(*key) != before.values.get(*key))
        {
            let containers = [container(before), container(&stored)].concat();
            Touched::links_of(&**work, &containers).await?.settle(work).await?;
        }
        Ok(())
    }

    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        _query: &Query,
    ) -> Result<(), Failure> {
        self.remove_row(work, record).await?;
        self.emit_change(work, "delete", record.id, record).await?;
        Touched::links_of(&**work, &container(record)).await?.settle(work).await
    }

    /// A new line is told of before what follows from it.
    async fn emit_change(
        &self,
        work: &mut Work<'_>,
        what: &'static str,
        id: Uuid,
        record: &Record,
    ) -> Result<(), Failure> {
        let project_id = production_of(&**work, self.table(), id, &record.values).await?;
        work.emit_in(
            project_id,
            format!("entity-link:{what}"),
            payload([("entity_link_id", id)]),
        );
        if what == "new" {
            Touched::links_of(&**work, &container(record))
                .await?
                .settle(work)
                .await?;
        }
        Ok(())
    }
}
