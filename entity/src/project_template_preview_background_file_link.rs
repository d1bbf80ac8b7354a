//! One preview background that a project template hands over.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_template_preview_background_file_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_template_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub preview_background_file_id: Uuid,
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
        belongs_to = "super::preview_background_file::Entity",
        from = "Column::PreviewBackgroundFileId",
        to = "super::preview_background_file::Column::Id"
    )]
    PreviewBackgroundFile,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
