//! One kind of entity: a type of asset, or one of the fixed kinds (Shot, Sequence, Episode, Edit,
//! Scene, Concept).

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "entity_type")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(30))")]
    pub name: String,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub short_name: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    #[sea_orm(default_value = false)]
    pub archived: Option<bool>,
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
