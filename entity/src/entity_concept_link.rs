//! One entity that a concept is about.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "entity_concept_link")]
pub struct Model {
    /// The concept.
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_in_id: Uuid,
    /// The entity that it is about.
    #[sea_orm(primary_key, auto_increment = false)]
    pub entity_out_id: Uuid,
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
