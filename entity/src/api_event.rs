//! One change that was announced to clients, kept so that they can catch up on what they missed.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_event")]
pub struct Model {
    /// Subject and verb, such as `task:update`.
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    /// Who caused the change.
    pub user_id: Option<Uuid>,
    pub project_id: Option<Uuid>,
    /// What was announced.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::UserId", to = "super::person::Column::Id")]
    User,
    #[sea_orm(belongs_to = "super::project::Entity", from = "Column::ProjectId", to = "super::project::Column::Id")]
    Project,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "api_event",
    columns: &[
        required("name", Kind::text(80)),
        optional("user_id", Kind::Uuid).references("person"),
        optional("project_id", Kind::Uuid).references("project"),
        optional("data", Kind::Json),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
