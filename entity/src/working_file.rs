//! One revision of a file that an artist works in.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "working_file")]
pub struct Model {
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    #[sea_orm(column_type = "String(StringLen::N(250))")]
    pub name: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub comment: Option<String>,
    /// Counts from 1 for the same task and name.
    pub revision: Option<i32>,
    /// In bytes.
    pub size: Option<i32>,
    pub checksum: Option<i32>,
    #[sea_orm(column_type = "String(StringLen::N(400))")]
    pub path: Option<String>,
    /// Outcome of its last review.
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "neutral")]
    pub validation_status: String,
    /// Free metadata.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    pub task_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    pub person_id: Option<Uuid>,
    pub software_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::task::Entity",
        from = "Column::TaskId",
        to = "super::task::Column::Id"
    )]
    Task,
    #[sea_orm(
        belongs_to = "super::entity::Entity",
        from = "Column::EntityId",
        to = "super::entity::Column::Id"
    )]
    Entity,
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::PersonId",
        to = "super::person::Column::Id"
    )]
    Person,
    #[sea_orm(
        belongs_to = "super::software::Entity",
        from = "Column::SoftwareId",
        to = "super::software::Column::Id"
    )]
    Software,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table =
    Table::new(|| Definition::of::<Entity>().choices(Column::ValidationStatus, &["validated", "rejected", "neutral"]));
