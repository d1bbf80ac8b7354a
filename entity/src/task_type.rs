//! One kind of work, such as animation or compositing.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task_type")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub name: String,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub short_name: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    /// Hexadecimal, such as `#22D160`.
    #[sea_orm(column_type = "String(StringLen::N(7))", default_value = "#FFFFFF")]
    pub color: Option<String>,
    /// Place in the pipeline, from 1.
    #[sea_orm(default_value = 1)]
    pub priority: Option<i32>,
    /// Kind of entity that the work is done on, such as `Asset` or `Shot`.
    #[sea_orm(column_type = "String(StringLen::N(30))", default_value = "Asset")]
    pub for_entity: Option<String>,
    /// True if time can be logged on its tasks.
    #[sea_orm(default_value = true)]
    pub allow_timelog: Option<bool>,
    #[sea_orm(default_value = false)]
    pub archived: Option<bool>,
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    pub department_id: Option<Uuid>,
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
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
