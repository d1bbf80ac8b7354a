//! One column of metadata that a production adds to its entities, to its tasks or to itself.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "metadata_descriptor")]
pub struct Model {
    pub project_id: Uuid,
    /// Kind of records that get the column: `Asset`, `Shot`, `Task`, `Project`…
    #[sea_orm(column_type = "String(StringLen::N(60))")]
    pub entity_type: String,
    /// Limits a column of tasks to one task type.
    pub task_type_id: Option<Uuid>,
    #[sea_orm(column_type = "String(StringLen::N(120))")]
    pub name: String,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub data_type: Option<String>,
    /// Key of the value in the `data` of the rows.
    #[sea_orm(column_type = "String(StringLen::N(120))")]
    pub field_name: String,
    /// Values that can be picked.
    #[sea_orm(column_type = "JsonBinary")]
    pub choices: Option<Json>,
    /// True if clients see it.
    #[sea_orm(default_value = false)]
    pub for_client: Option<bool>,
    /// Place among the columns of the same kind, from 1.
    pub position: Option<i32>,
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
pub static TABLE: Table = Table::new(|| {
    Definition::of::<Entity>().choices(
        Column::DataType,
        &[
            "string",
            "number",
            "list",
            "taglist",
            "boolean",
            "checklist",
            "date",
            "url",
            "textarea",
            "person",
        ],
    )
});
