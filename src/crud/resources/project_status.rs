//! States of a production, such as open and closed.

use entity::facts::Table;

use crate::crud::resource::Resource;

pub(super) struct ProjectStatus;

impl Resource for ProjectStatus {
    fn table(&self) -> &'static Table {
        &entity::project_status::TABLE
    }

    fn type_name(&self) -> &'static str {
        "ProjectStatus"
    }
}
