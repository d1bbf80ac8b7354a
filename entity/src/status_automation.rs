//! One rule that reacts to a task reaching a status.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "status_automation")]
pub struct Model {
    /// Kind of entity that the rule is for; `asset` for any asset.
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub entity_type: Option<String>,
    pub in_task_type_id: Option<Uuid>,
    pub in_task_status_id: Option<Uuid>,
    /// What is changed: the status of a task, or what the asset is ready for.
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub out_field_type: String,
    pub out_task_type_id: Option<Uuid>,
    pub out_task_status_id: Option<Uuid>,
    /// Whether the last previews are copied to the changed task.
    pub import_last_revision: Option<bool>,
    pub archived: Option<bool>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::task_type::Entity", from = "Column::InTaskTypeId", to = "super::task_type::Column::Id")]
    InTaskType,
    #[sea_orm(belongs_to = "super::task_status::Entity", from = "Column::InTaskStatusId", to = "super::task_status::Column::Id")]
    InTaskStatus,
    #[sea_orm(belongs_to = "super::task_type::Entity", from = "Column::OutTaskTypeId", to = "super::task_type::Column::Id")]
    OutTaskType,
    #[sea_orm(belongs_to = "super::task_status::Entity", from = "Column::OutTaskStatusId", to = "super::task_status::Column::Id")]
    OutTaskStatus,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "status_automation",
    columns: &[
        optional("entity_type", Kind::text(40)).default(Default::Text("asset")),
        optional("in_task_type_id", Kind::Uuid).references("task_type"),
        optional("in_task_status_id", Kind::Uuid).references("task_status"),
        required("out_field_type", Kind::text(255)).default(Default::Text("status")).choices(&["status", "ready_for"]),
        optional("out_task_type_id", Kind::Uuid).references("task_type"),
        optional("out_task_status_id", Kind::Uuid).references("task_status"),
        optional("import_last_revision", Kind::Bool).default(Default::Bool(false)),
        optional("archived", Kind::Bool).default(Default::Bool(false)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
