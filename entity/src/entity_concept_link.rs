//! One entity that a concept is about.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, ID, Kind, Table, UPDATED_AT, required};

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
    #[sea_orm(belongs_to = "super::entity::Entity", from = "Column::EntityInId", to = "super::entity::Column::Id")]
    EntityIn,
    #[sea_orm(belongs_to = "super::entity::Entity", from = "Column::EntityOutId", to = "super::entity::Column::Id")]
    EntityOut,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "entity_concept_link",
    columns: &[
        required("entity_in_id", Kind::Uuid).references("entity"),
        required("entity_out_id", Kind::Uuid).references("entity"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["entity_in_id", "entity_out_id", "id"],
};
