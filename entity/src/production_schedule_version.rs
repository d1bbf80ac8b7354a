//! One version of the schedule of a production, kept next to the running one.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "production_schedule_version")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    pub project_id: Uuid,
    /// Version that it was copied from.
    pub production_schedule_from: Option<Uuid>,
    #[sea_orm(default_value = false)]
    pub locked: Option<bool>,
    #[sea_orm(default_value = false)]
    pub canceled: Option<bool>,
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
        to = "super::project::Column::Id",
        on_delete = "Cascade"
    )]
    Project,
    #[sea_orm(belongs_to = "Entity", from = "Column::ProductionScheduleFrom", to = "Column::Id")]
    ProductionScheduleFrom,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
