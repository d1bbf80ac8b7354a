//! One preview published along with a comment.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

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
    #[sea_orm(
        belongs_to = "super::comment::Entity",
        from = "Column::Comment",
        to = "super::comment::Column::Id"
    )]
    Comment,
    #[sea_orm(
        belongs_to = "super::preview_file::Entity",
        from = "Column::PreviewFile",
        to = "super::preview_file::Column::Id"
    )]
    PreviewFile,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
