//! One bar of the schedule of a production: a task type, or an entity or asset type within it.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, ID, Kind, Table, UPDATED_AT, optional};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "schedule_item")]
pub struct Model {
    pub start_date: Option<Date>,
    pub end_date: Option<Date>,
    /// Planned work.
    pub man_days: Option<i32>,
    pub project_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    /// Entity or asset type that the bar is for; empty for the bar of the task type.
    pub object_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::project::Entity", from = "Column::ProjectId", to = "super::project::Column::Id")]
    Project,
    #[sea_orm(belongs_to = "super::task_type::Entity", from = "Column::TaskTypeId", to = "super::task_type::Column::Id")]
    TaskType,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "schedule_item",
    columns: &[
        optional("start_date", Kind::Date),
        optional("end_date", Kind::Date),
        optional("man_days", Kind::Integer),
        optional("project_id", Kind::Uuid).references("project"),
        optional("task_type_id", Kind::Uuid).references("task_type"),
        optional("object_id", Kind::Uuid).names(&["entity", "entity_type"]),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
