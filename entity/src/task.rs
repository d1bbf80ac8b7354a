//! One piece of work to do on an entity.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    #[sea_orm(default_value = 0)]
    pub priority: Option<i32>,
    /// From 1 to 5.
    #[sea_orm(default_value = 3)]
    pub difficulty: i32,
    /// Time spent so far, in minutes.
    #[sea_orm(column_type = "Double", default_value = 0.0)]
    pub duration: Option<f64>,
    /// In minutes.
    #[sea_orm(column_type = "Double", default_value = 0.0)]
    pub estimation: Option<f64>,
    /// In percent.
    #[sea_orm(default_value = 0)]
    pub completion_rate: Option<i32>,
    /// Number of times that it went into a retake.
    #[sea_orm(default_value = 0)]
    pub retake_count: Option<i32>,
    #[sea_orm(default_value = 0)]
    pub sort_order: Option<i32>,
    /// Planned start.
    pub start_date: Option<DateTime>,
    /// Planned end.
    pub due_date: Option<DateTime>,
    /// Beginning of the work.
    pub real_start_date: Option<DateTime>,
    /// Moment at which a review was asked for.
    pub end_date: Option<DateTime>,
    /// Moment at which it was finished.
    pub done_date: Option<DateTime>,
    pub last_comment_date: Option<DateTime>,
    /// Number of the cast assets that are ready for this task.
    #[sea_orm(default_value = 0)]
    pub nb_assets_ready: Option<i32>,
    /// Values of the metadata columns, by field name.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    #[sea_orm(default_value = 0)]
    pub nb_drawings: Option<i32>,
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    /// Latest preview; not a foreign key, since the preview also points to the task.
    pub last_preview_file_id: Option<Uuid>,
    pub project_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub task_status_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    /// Person who assigned it.
    pub assigner_id: Option<Uuid>,
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
    #[sea_orm(
        belongs_to = "super::task_status::Entity",
        from = "Column::TaskStatusId",
        to = "super::task_status::Column::Id"
    )]
    TaskStatus,
    #[sea_orm(
        belongs_to = "super::entity::Entity",
        from = "Column::EntityId",
        to = "super::entity::Column::Id"
    )]
    Entity,
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::AssignerId",
        to = "super::person::Column::Id"
    )]
    Assigner,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| Definition::of::<Entity>().names(Column::LastPreviewFileId, &["preview_file"]));
