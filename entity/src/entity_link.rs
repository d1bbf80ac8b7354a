//! One casting: an entity that another one is built from, such as a prop in a shot.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "entity_link")]
pub struct Model {
    /// Thing that is built, such as a shot.
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_in_id: Uuid,
    /// Thing that it is built from, such as a prop.
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_out_id: Uuid,
    /// Free metadata.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    /// Number of times that it appears.
    #[sea_orm(default_value = 1)]
    pub nb_occurences: Option<i32>,
    /// Manner in which it appears, such as `fixed` or `animate`.
    #[sea_orm(column_type = "String(StringLen::N(80))", default_value = "")]
    pub label: Option<String>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::entity::Entity",
        from = "Column::EntityInId",
        to = "super::entity::Column::Id"
    )]
    EntityIn,
    #[sea_orm(
        belongs_to = "super::entity::Entity",
        from = "Column::EntityOutId",
        to = "super::entity::Column::Id"
    )]
    EntityOut,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
