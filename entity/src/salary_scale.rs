//! The usual salary for a position and seniority in a department.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};
use crate::person::{POSITIONS, SENIORITIES};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "salary_scale")]
pub struct Model {
    pub department_id: Uuid,
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "artist")]
    pub position: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "mid")]
    pub seniority: Option<String>,
    /// For one day.
    #[sea_orm(default_value = 0)]
    pub salary: i32,
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
        to = "super::department::Column::Id",
        on_delete = "Cascade"
    )]
    Department,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| {
    Definition::of::<Entity>()
        .choices(Column::Position, POSITIONS)
        .choices(Column::Seniority, SENIORITIES)
});
