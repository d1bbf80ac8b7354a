//! The crafts of the studio.

use entity::facts::Table;

use crate::crud::resource::Resource;

pub(super) struct Departments;

impl Resource for Departments {
    fn table(&self) -> &'static Table {
        &entity::department::TABLE
    }

    fn type_name(&self) -> &'static str {
        "Department"
    }
}
