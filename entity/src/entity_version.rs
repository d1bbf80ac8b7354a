//! One former state of a shot or an edit.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "entity_version")]
pub struct Model {
    /// Name of the entity before the change.
    #[sea_orm(column_type = "String(StringLen::N(160))")]
    pub name: String,
    /// Metadata of the entity as it was written at that moment.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    pub entity_id: Option<Uuid>,
    /// Who made the change.
    pub person_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::entity::Entity", from = "Column::EntityId", to = "super::entity::Column::Id")]
    Entity,
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::PersonId", to = "super::person::Column::Id")]
    Person,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "entity_version",
    columns: &[
        required("name", Kind::text(160)),
        optional("data", Kind::Json),
        optional("entity_id", Kind::Uuid).references("entity"),
        optional("person_id", Kind::Uuid).references("person"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
