//! One change that was announced to clients, kept so that they can catch up on what they missed.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_event")]
pub struct Model {
    /// Subject and verb, such as `task:update`.
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    /// Person who caused the change.
    pub user_id: Option<Uuid>,
    pub project_id: Option<Uuid>,
    /// Content of the event.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::UserId",
        to = "super::person::Column::Id"
    )]
    User,
    #[sea_orm(
        belongs_to = "super::project::Entity",
        from = "Column::ProjectId",
        to = "super::project::Column::Id"
    )]
    Project,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
