//! One status automation that a project template hands over.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_template_status_automation_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_template_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub status_automation_id: Uuid,
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
        belongs_to = "super::status_automation::Entity",
        from = "Column::StatusAutomationId",
        to = "super::status_automation::Column::Id"
    )]
    StatusAutomation,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
