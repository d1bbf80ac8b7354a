//! One kind of deliverable, such as a cache or a render.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, ID, Kind, Table, UPDATED_AT, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "output_type")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub name: String,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub short_name: String,
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
    name: "output_type",
    columns: &[required("name", Kind::text(40)), required("short_name", Kind::text(20)), ID, CREATED_AT, UPDATED_AT],
    primary_key: &["id"],
};
