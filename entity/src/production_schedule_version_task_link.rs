//! The dates and estimation of one task in one version of the schedule.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "production_schedule_version_task_link")]
pub struct Model {
    pub production_schedule_version_id: Uuid,
    pub task_id: Uuid,
    pub start_date: Option<DateTime>,
    pub due_date: Option<DateTime>,
    /// In minutes.
    #[sea_orm(column_type = "Double", default_value = 0.0)]
    pub estimation: Option<f64>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::production_schedule_version::Entity",
        from = "Column::ProductionScheduleVersionId",
        to = "super::production_schedule_version::Column::Id",
        on_delete = "Cascade"
    )]
    ProductionScheduleVersion,
    #[sea_orm(
        belongs_to = "super::task::Entity",
        from = "Column::TaskId",
        to = "super::task::Column::Id",
        on_delete = "Cascade"
    )]
    Task,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
