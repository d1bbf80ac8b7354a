//! One rule that reacts to a task reaching a status.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "status_automation")]
pub struct Model {
    /// Kind of entity that the rule is for; `asset` for any asset.
    #[sea_orm(column_type = "String(StringLen::N(40))", default_value = "asset")]
    pub entity_type: Option<String>,
    pub in_task_type_id: Option<Uuid>,
    pub in_task_status_id: Option<Uuid>,
    /// Effect: the status of a task, or the readiness of the asset.
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "status")]
    pub out_field_type: String,
    pub out_task_type_id: Option<Uuid>,
    pub out_task_status_id: Option<Uuid>,
    /// True if the last previews are copied to the changed task.
    #[sea_orm(default_value = false)]
    pub import_last_revision: Option<bool>,
    #[sea_orm(default_value = false)]
    pub archived: Option<bool>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::task_type::Entity",
        from = "Column::InTaskTypeId",
        to = "super::task_type::Column::Id"
    )]
    InTaskType,
    #[sea_orm(
        belongs_to = "super::task_status::Entity",
        from = "Column::InTaskStatusId",
        to = "super::task_status::Column::Id"
    )]
    InTaskStatus,
    #[sea_orm(
        belongs_to = "super::task_type::Entity",
        from = "Column::OutTaskTypeId",
        to = "super::task_type::Column::Id"
    )]
    OutTaskType,
    #[sea_orm(
        belongs_to = "super::task_status::Entity",
        from = "Column::OutTaskStatusId",
        to = "super::task_status::Column::Id"
    )]
    OutTaskStatus,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table =
    Table::new(|| Definition::of::<Entity>().choices(Column::OutFieldType, &["status", "ready_for"]));
