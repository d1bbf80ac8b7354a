//! Appearances of assets in scenes and in other assets.

use async_trait::async_trait;
use entity::facts::Table;

use crate::access::records::RecordSubject;
use crate::crud::{Record, Relation, Resource};

/// The collection `/data/asset-instances`.
pub struct AssetInstances;

static RELATIONS: [Relation; 1] = [Relation::links(
    "shots",
    &entity::asset_instance_link::TABLE,
    "asset_instance_id",
    "entity_id",
)];

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

    fn subject(&self, record: &Record) -> RecordSubject {
        RecordSubject::Entity(record.id_of("asset_id"))
    }
}
