//! One absence of a person, from its first to its last day.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "day_off")]
pub struct Model {
    /// First day.
    pub date: Date,
    /// Last day, included.
    pub end_date: Date,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    pub person_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::PersonId", to = "super::person::Column::Id")]
    Person,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "day_off",
    columns: &[
        required("date", Kind::Date),
        required("end_date", Kind::Date),
        optional("description", Kind::TEXT),
        optional("person_id", Kind::Uuid).references("person"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
