//! One department mentioned in a comment.

use sea_orm::entity::prelude::*;

use crate::facts::{Kind, Table, required};

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
    #[sea_orm(belongs_to = "super::comment::Entity", from = "Column::Comment", to = "super::comment::Column::Id")]
    Comment,
    #[sea_orm(belongs_to = "super::department::Entity", from = "Column::Department", to = "super::department::Column::Id")]
    Department,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "comment_department_mentions",
    columns: &[required("comment", Kind::Uuid).references("comment"), required("department", Kind::Uuid).references("department")],
    primary_key: &["comment", "department"],
};
