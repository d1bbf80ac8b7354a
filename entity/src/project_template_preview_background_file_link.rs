//! One preview background that a project template hands over.

use sea_orm::entity::prelude::*;

use crate::facts::{Kind, Table, required};

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
    #[sea_orm(belongs_to = "super::project_template::Entity", from = "Column::ProjectTemplateId", to = "super::project_template::Column::Id")]
    ProjectTemplate,
    #[sea_orm(
        belongs_to = "super::preview_background_file::Entity",
        from = "Column::PreviewBackgroundFileId",
        to = "super::preview_background_file::Column::Id"
    )]
    PreviewBackgroundFile,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "project_template_preview_background_file_link",
    columns: &[
        required("project_template_id", Kind::Uuid).references("project_template"),
        required("preview_background_file_id", Kind::Uuid).references("preview_background_file"),
    ],
    primary_key: &["project_template_id", "preview_background_file_id"],
};
