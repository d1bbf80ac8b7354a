//! One bar of the schedule of a production: a task type, or an entity or asset type within it.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};

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
    #[sea_orm(
        belongs_to = "super::project::Entity",
        from = "Column::ProjectId",
        to = "super::project::Column::Id"
    )]
    Project,
    #[sea_orm(
        belongs_to = "super::task_type::Entity",
        from = "Column::TaskTypeId",
        to = "super::task_type::Column::Id"
    )]
    TaskType,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| Definition::of::<Entity>().names(Column::ObjectId, &["entity", "entity_type"]));
