//! One task status that a project template hands over.

use sea_orm::entity::prelude::*;

use crate::arrays::TextArray;
use crate::facts::{Default, Definition, Table};
use crate::person::ROLES;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_template_task_status_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_template_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_status_id: Uuid,
    /// Place in the lists of the production.
    pub priority: Option<i32>,
    /// Roles that may use the status on the board.
    pub roles_for_board: Option<TextArray>,
    /// True if clients may set the status; null for what the status itself says.
    pub is_client_allowed: Option<bool>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::project_template::Entity",
        from = "Column::ProjectTemplateId",
        to = "super::project_template::Column::Id"
    )]
    ProjectTemplate,
    #[sea_orm(
        belongs_to = "super::task_status::Entity",
        from = "Column::TaskStatusId",
        to = "super::task_status::Column::Id"
    )]
    TaskStatus,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| {
    Definition::of::<Entity>()
        .default(
            Column::RolesForBoard,
            Default::TextList(&["user", "admin", "supervisor", "manager", "vendor"]),
        )
        .choices(Column::RolesForBoard, ROLES)
});
