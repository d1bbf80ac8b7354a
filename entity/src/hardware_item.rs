//! One model of hardware that the studio owns or rents.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hardware_item")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub name: String,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub short_name: String,
    #[sea_orm(default_value = false)]
    pub archived: Option<bool>,
    /// For one piece.
    #[sea_orm(default_value = 0)]
    pub monthly_cost: Option<i32>,
    /// Pieces in stock.
    #[sea_orm(default_value = 0)]
    pub inventory_amount: Option<i32>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
