//! Types of entities: the asset types of the studio, and the seven types that shots, sequences, episodes, edits, scenes
//! and concepts have.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::Table;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::crud::{Record, Relation, Resource};
use crate::database::{self, Sql};
use crate::events::Work;
use crate::vocabulary::kinds::is_built_in;

/// The collection `/data/entity-types`.
pub struct EntityTypes;

static RELATIONS: [Relation; 1] = [Relation::links(
    "task_types",
    &entity::task_type_asset_type_link::TABLE,
    "asset_type_id",
    "task_type_id",
)];

#[async_trait]
impl Resource for EntityTypes {
    fn table(&self) -> &'static Table {
        &entity::entity_type::TABLE
    }

    fn type_name(&self) -> &'static str {
        "EntityType"
    }

    fn event_prefix(&self) -> String {
        "asset-type".into()
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    fn update_answers_relations(&self) -> bool {
        true
    }

    async fn check(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let name = body.get("name");
        if let Some(record) = record {
            let stored = record.text("name").unwrap_or_default();
            if is_built_in(stored) && name.is_some_and(|name| name.as_str() != Some(stored)) {
                return Err(Failure::parameter(format!("The entity type {stored} can't be renamed.")).naming("name"));
            }
        }
        // Two of one name may be there from of old; each can be changed all the same.
        let name = name
            .and_then(Value::as_str)
            .filter(|name| record.is_none_or(|record| record.text("name") != Some(*name)));
        let Some(name) = name else { return Ok(()) };
        let mut sql = Sql::new("SELECT name FROM entity_type WHERE ");
        sql.same_text("name", name)
            .push(" AND id <> ")
            .bind(record.map_or(Uuid::nil(), |record| record.id))
            .push(" ORDER BY name LIMIT 1");
        match database::row(&**work, &sql).await? {
            Some(twin) => {
                let twin: String = twin.try_get("", "name")?;
                Err(Failure::parameter(format!(
                    "Entity type with this name already exists: {twin}"
                )))
            }
            None => Ok(()),
        }
    }

    /// The seven types that are no asset types stay: shots and the like can't be without them.
    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        _query: &Query,
    ) -> Result<(), Failure> {
        let name = record.text("name").unwrap_or_default();
        if is_built_in(name) {
            return Err(Failure::parameter(format!("The entity type {name} can't be deleted.")));
        }
        self.remove_row(work, record).await?;
        self.emit_change(work, "delete", record.id, record).await
    }
}
