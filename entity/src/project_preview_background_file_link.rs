//! One preview background that a production offers.

use sea_orm::entity::prelude::*;

use crate::facts::{Kind, Table, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_preview_background_file_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub preview_background_file_id: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::project::Entity", from = "Column::ProjectId", to = "super::project::Column::Id")]
    Project,
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
    name: "project_preview_background_file_link",
    columns: &[
        required("project_id", Kind::Uuid).references("project"),
        required("preview_background_file_id", Kind::Uuid).references("preview_background_file"),
    ],
    primary_key: &["project_id", "preview_background_file_id"],
};
