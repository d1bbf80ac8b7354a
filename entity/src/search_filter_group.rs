//! One folder of saved searches.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "search_filter_group")]
pub struct Model {
    /// Page that the folder belongs to, such as `asset` or `todo`.
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub list_type: String,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub entity_type: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(200))")]
    pub name: String,
    /// Hexadecimal, such as `#22D160`.
    #[sea_orm(column_type = "String(StringLen::N(8))")]
    pub color: String,
    /// Whether the team of the production sees it.
    pub is_shared: bool,
    pub person_id: Option<Uuid>,
    pub project_id: Option<Uuid>,
    /// Limits it to one department.
    pub department_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::PersonId", to = "super::person::Column::Id")]
    Person,
    #[sea_orm(belongs_to = "super::project::Entity", from = "Column::ProjectId", to = "super::project::Column::Id")]
    Project,
    #[sea_orm(belongs_to = "super::department::Entity", from = "Column::DepartmentId", to = "super::department::Column::Id")]
    Department,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "search_filter_group",
    columns: &[
        required("list_type", Kind::text(80)),
        optional("entity_type", Kind::text(80)),
        required("name", Kind::text(200)).default(Default::Text("")),
        required("color", Kind::text(8)).default(Default::Text("")),
        required("is_shared", Kind::Bool).default(Default::Bool(false)),
        optional("person_id", Kind::Uuid).references("person"),
        optional("project_id", Kind::Uuid).references("project"),
        optional("department_id", Kind::Uuid).references("department"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
