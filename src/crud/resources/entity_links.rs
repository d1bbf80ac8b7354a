//! Casting rows as they are stored. Casting has routes of its own, which keep its statistics right.

use entity::facts::Table;

use crate::crud::resource::Resource;

pub(super) struct EntityLinks;

impl Resource for EntityLinks {
    fn table(&self) -> &'static Table {
        &entity::entity_link::TABLE
    }

    fn type_name(&self) -> &'static str {
        "EntityLink"
    }
}
