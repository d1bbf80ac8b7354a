//! One model of hardware that the studio owns or rents.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hardware_item")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub name: String,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub short_name: String,
    pub archived: Option<bool>,
    /// For one piece.
    pub monthly_cost: Option<i32>,
    /// Pieces in stock.
    pub inventory_amount: Option<i32>,
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
    name: "hardware_item",
    columns: &[
        required("name", Kind::text(40)),
        required("short_name", Kind::text(20)),
        optional("archived", Kind::Bool).default(Default::Bool(false)),
        optional("monthly_cost", Kind::Integer).default(Default::Integer(0)),
        optional("inventory_amount", Kind::Integer).default(Default::Integer(0)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
