//! One person who has acknowledged a comment.

use sea_orm::entity::prelude::*;

use crate::facts::{Kind, Table, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "comment_acknoledgments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub comment: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::comment::Entity", from = "Column::Comment", to = "super::comment::Column::Id")]
    Comment,
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::Person", to = "super::person::Column::Id")]
    Person,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "comment_acknoledgments",
    columns: &[required("comment", Kind::Uuid).references("comment"), required("person", Kind::Uuid).references("person")],
    primary_key: &["comment", "person"],
};
