//! One department mentioned in a comment.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "comment_department_mentions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub comment: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub department: Uuid,
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
        belongs_to = "super::department::Entity",
        from = "Column::Department",
        to = "super::department::Column::Id"
    )]
    Department,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
