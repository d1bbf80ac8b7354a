//! One column of metadata that a production adds to its entities, to its tasks or to itself.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "metadata_descriptor")]
pub struct Model {
    pub project_id: Uuid,
    /// What gets the column: `Asset`, `Shot`, `Task`, `Project`…
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
    /// Whether clients see it.
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
    #[sea_orm(belongs_to = "super::project::Entity", from = "Column::ProjectId", to = "super::project::Column::Id")]
    Project,
    #[sea_orm(belongs_to = "super::task_type::Entity", from = "Column::TaskTypeId", to = "super::task_type::Column::Id")]
    TaskType,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "metadata_descriptor",
    columns: &[
        required("project_id", Kind::Uuid).references("project"),
        required("entity_type", Kind::text(60)),
        optional("task_type_id", Kind::Uuid).references("task_type"),
        required("name", Kind::text(120)),
        optional("data_type", Kind::text(255)).choices(&[
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
        ]),
        required("field_name", Kind::text(120)),
        optional("choices", Kind::Json),
        optional("for_client", Kind::Bool).default(Default::Bool(false)),
        optional("position", Kind::Integer),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
