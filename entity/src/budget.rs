//! One revision of the budget of a production.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "budget")]
pub struct Model {
    pub project_id: Option<Uuid>,
    /// Counts from 1 within the production.
    #[sea_orm(default_value = 1)]
    pub revision: i32,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub name: String,
    /// ISO 4217 code.
    #[sea_orm(column_type = "String(StringLen::N(3))")]
    pub currency: Option<String>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
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
