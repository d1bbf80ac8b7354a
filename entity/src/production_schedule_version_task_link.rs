//! The dates and estimation of one task in one version of the schedule.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "production_schedule_version_task_link")]
pub struct Model {
    pub production_schedule_version_id: Uuid,
    pub task_id: Uuid,
    pub start_date: Option<DateTime>,
    pub due_date: Option<DateTime>,
    /// In minutes.
    #[sea_orm(column_type = "Double")]
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
    #[sea_orm(belongs_to = "super::task::Entity", from = "Column::TaskId", to = "super::task::Column::Id", on_delete = "Cascade")]
    Task,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "production_schedule_version_task_link",
    columns: &[
        required("production_schedule_version_id", Kind::Uuid).references("production_schedule_version"),
        required("task_id", Kind::Uuid).references("task"),
        optional("start_date", Kind::DateTime),
        optional("due_date", Kind::DateTime),
        optional("estimation", Kind::Float).default(Default::Float(0.0)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
