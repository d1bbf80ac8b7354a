//! One date in the schedule of a production that everyone works towards.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "milestone")]
pub struct Model {
    pub date: Option<Date>,
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub name: String,
    pub project_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
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
pub static TABLE: Table = Table::of::<Entity>();
