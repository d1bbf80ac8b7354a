//! One saved search of a person.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "search_filter")]
pub struct Model {
    /// Page that the search belongs to, such as `asset` or `todo`.
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub list_type: String,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub entity_type: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(200))")]
    pub name: String,
    /// What is typed in the search field.
    #[sea_orm(column_type = "String(StringLen::N(500))")]
    pub search_query: String,
    /// Whether the team of the production sees it.
    pub is_shared: bool,
    /// Limits it to one department.
    pub department_id: Option<Uuid>,
    pub search_filter_group_id: Option<Uuid>,
    pub person_id: Option<Uuid>,
    pub project_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::department::Entity", from = "Column::DepartmentId", to = "super::department::Column::Id")]
    Department,
    #[sea_orm(belongs_to = "super::search_filter_group::Entity", from = "Column::SearchFilterGroupId", to = "super::search_filter_group::Column::Id")]
    SearchFilterGroup,
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::PersonId", to = "super::person::Column::Id")]
    Person,
    #[sea_orm(belongs_to = "super::project::Entity", from = "Column::ProjectId", to = "super::project::Column::Id")]
    Project,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "search_filter",
    columns: &[
        required("list_type", Kind::text(80)),
        optional("entity_type", Kind::text(80)),
        required("name", Kind::text(200)).default(Default::Text("")),
        required("search_query", Kind::text(500)).default(Default::Text("")),
        required("is_shared", Kind::Bool).default(Default::Bool(false)),
        optional("department_id", Kind::Uuid).references("department"),
        optional("search_filter_group_id", Kind::Uuid).references("search_filter_group"),
        optional("person_id", Kind::Uuid).references("person"),
        optional("project_id", Kind::Uuid).references("project"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
