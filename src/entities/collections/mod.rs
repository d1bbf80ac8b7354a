//! Collections of entities, as they are stored.

mod asset_instances;
mod entities;
mod entity_types;

pub use asset_instances::AssetInstances;
pub use entities::Entities;
pub use entity_types::EntityTypes;
