//! One piece of work to do on an entity.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    pub priority: Option<i32>,
    /// From 1 to 5.
    pub difficulty: i32,
    /// Time spent so far, in minutes.
    #[sea_orm(column_type = "Double")]
    pub duration: Option<f64>,
    /// In minutes.
    #[sea_orm(column_type = "Double")]
    pub estimation: Option<f64>,
    /// In percent.
    pub completion_rate: Option<i32>,
    /// How many times it went into a retake.
    pub retake_count: Option<i32>,
    pub sort_order: Option<i32>,
    /// Planned start.
    pub start_date: Option<DateTime>,
    /// Planned end.
    pub due_date: Option<DateTime>,
    /// When the work began.
    pub real_start_date: Option<DateTime>,
    /// When a review was asked for.
    pub end_date: Option<DateTime>,
    /// When it was finished.
    pub done_date: Option<DateTime>,
    pub last_comment_date: Option<DateTime>,
    /// How many of the cast assets are ready for this task.
    pub nb_assets_ready: Option<i32>,
    /// Values of the metadata columns, by field name.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    pub nb_drawings: Option<i32>,
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    /// Latest preview; not a foreign key, since the preview also points to the task.
    pub last_preview_file_id: Option<Uuid>,
    pub project_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub task_status_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    /// Who assigned it.
    pub assigner_id: Option<Uuid>,
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
    #[sea_orm(belongs_to = "super::task_status::Entity", from = "Column::TaskStatusId", to = "super::task_status::Column::Id")]
    TaskStatus,
    #[sea_orm(belongs_to = "super::entity::Entity", from = "Column::EntityId", to = "super::entity::Column::Id")]
    Entity,
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::AssignerId", to = "super::person::Column::Id")]
    Assigner,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "task",
    columns: &[
        required("name", Kind::text(80)),
        optional("description", Kind::TEXT),
        optional("priority", Kind::Integer).default(Default::Integer(0)),
        required("difficulty", Kind::Integer).default(Default::Integer(3)),
        optional("duration", Kind::Float).default(Default::Float(0.0)),
        optional("estimation", Kind::Float).default(Default::Float(0.0)),
        optional("completion_rate", Kind::Integer).default(Default::Integer(0)),
        optional("retake_count", Kind::Integer).default(Default::Integer(0)),
        optional("sort_order", Kind::Integer).default(Default::Integer(0)),
        optional("start_date", Kind::DateTime),
        optional("due_date", Kind::DateTime),
        optional("real_start_date", Kind::DateTime),
        optional("end_date", Kind::DateTime),
        optional("done_date", Kind::DateTime),
        optional("last_comment_date", Kind::DateTime),
        optional("nb_assets_ready", Kind::Integer).default(Default::Integer(0)),
        optional("data", Kind::Json),
        optional("nb_drawings", Kind::Integer).default(Default::Integer(0)),
        optional("shotgun_id", Kind::Integer),
        optional("last_preview_file_id", Kind::Uuid).names(&["preview_file"]),
        optional("project_id", Kind::Uuid).references("project"),
        optional("task_type_id", Kind::Uuid).references("task_type"),
        optional("task_status_id", Kind::Uuid).references("task_status"),
        optional("entity_id", Kind::Uuid).references("entity"),
        optional("assigner_id", Kind::Uuid).references("person"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
