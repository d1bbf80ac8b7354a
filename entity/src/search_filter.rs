//! One saved search of a person.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "search_filter")]
pub struct Model {
    /// Page that the search belongs to, such as `asset` or `todo`.
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub list_type: String,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub entity_type: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(200))", default_value = "")]
    pub name: String,
    /// Text that is typed in the search field.
    #[sea_orm(column_type = "String(StringLen::N(500))", default_value = "")]
    pub search_query: String,
    /// True if the team of the production sees it.
    #[sea_orm(default_value = false)]
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
    #[sea_orm(
        belongs_to = "super::department::Entity",
        from = "Column::DepartmentId",
        to = "super::department::Column::Id"
    )]
    Department,
    #[sea_orm(
        belongs_to = "super::search_filter_group::Entity",
        from = "Column::SearchFilterGroupId",
        to = "super::search_filter_group::Column::Id"
    )]
    SearchFilterGroup,
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::PersonId",
        to = "super::person::Column::Id"
    )]
    Person,
    #[sea_orm(
        belongs_to = "super::project::Entity",
        from = "Column::ProjectId",
        to = "super::project::Column::Id"
    )]
    Project,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
