//! One state that a production can be in, such as open or closed.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, ID, Kind, Table, UPDATED_AT, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_status")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub name: String,
    /// Hexadecimal, such as `#22D160`.
    #[sea_orm(column_type = "String(StringLen::N(7))")]
    pub color: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "project_status",
    columns: &[required("name", Kind::text(20)), required("color", Kind::text(7)), ID, CREATED_AT, UPDATED_AT],
    primary_key: &["id"],
};
