//! One line of a budget: a hired or still open position and what it costs over some months.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};
use crate::person::{POSITIONS, SENIORITIES};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "budget_entry")]
pub struct Model {
    pub budget_id: Uuid,
    pub department_id: Uuid,
    /// Empty while the position is open.
    pub person_id: Option<Uuid>,
    pub start_date: Date,
    pub months_duration: i32,
    #[sea_orm(column_type = "Double")]
    pub daily_salary: f64,
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "artist")]
    pub position: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "mid")]
    pub seniority: Option<String>,
    /// Numbers by month, such as `{"2024-01": 5}`, where the line departs from its plan.
    #[sea_orm(column_type = "JsonBinary")]
    pub exceptions: Option<Json>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::budget::Entity",
        from = "Column::BudgetId",
        to = "super::budget::Column::Id"
    )]
    Budget,
    #[sea_orm(
        belongs_to = "super::department::Entity",
        from = "Column::DepartmentId",
        to = "super::department::Column::Id"
    )]
    Department,
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::PersonId",
        to = "super::person::Column::Id"
    )]
    Person,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| {
    Definition::of::<Entity>()
        .choices(Column::Position, POSITIONS)
        .choices(Column::Seniority, SENIORITIES)
});
