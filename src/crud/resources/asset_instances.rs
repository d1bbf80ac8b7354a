//! Appearances of assets in scenes and in other assets.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use entity::facts::Table;
use serde_json::{Map, Value};

use super::rules::reads_entity;
use crate::app::App;
use crate::crud::resource::{Record, Relation, Resource};
use crate::events::Work;

pub(super) struct AssetInstances;

static RELATIONS: [Relation; 1] = [Relation::links("shots", &entity::asset_instance_link::TABLE, "asset_instance_id", "entity_id")];

#[async_trait]
impl Resource for AssetInstances {
    fn table(&self) -> &'static Table {
        &entity::asset_instance::TABLE
    }

    fn type_name(&self) -> &'static str {
        "AssetInstance"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    fn protected(&self) -> &'static [&'static str] {
        &["number"]
    }

    async fn may_read(&self, app: &App, caller: &Caller, record: &Record) -> Result<(), Failure> {
        reads_entity(app.database.read(), caller, record.id_of("asset_id")).await.map(|_| ())
    }

    /// Whoever reads it, apart from clients.
    async fn may_update(&self, work: &Work<'_>, caller: &Caller, record: &Record, _body: &Map<String, Value>) -> Result<(), Failure> {
        match reads_entity(&**work, caller, record.id_of("asset_id")).await? {
            Role::Client => Err(Failure::forbidden()),
            _ => Ok(()),
        }
    }
}
