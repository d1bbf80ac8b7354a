//! One preview published along with a comment.

use sea_orm::entity::prelude::*;

use crate::facts::{Kind, Table, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "comment_preview_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub comment: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub preview_file: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::comment::Entity", from = "Column::Comment", to = "super::comment::Column::Id")]
    Comment,
    #[sea_orm(belongs_to = "super::preview_file::Entity", from = "Column::PreviewFile", to = "super::preview_file::Column::Id")]
    PreviewFile,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "comment_preview_link",
    columns: &[required("comment", Kind::Uuid).references("comment"), required("preview_file", Kind::Uuid).references("preview_file")],
    primary_key: &["comment", "preview_file"],
};
