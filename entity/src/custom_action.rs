//! One menu entry of the studio that sends the current selection to a web address.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "custom_action")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    #[sea_orm(column_type = "String(StringLen::N(400))")]
    pub url: Option<String>,
    /// Place where the entry is offered: `all`, or one kind of entity.
    #[sea_orm(column_type = "String(StringLen::N(40))", default_value = "all")]
    pub entity_type: Option<String>,
    /// True if it is called in the background instead of in a new tab.
    #[sea_orm(default_value = false)]
    pub is_ajax: Option<bool>,
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
