//! The usual salary for a position and seniority in a department.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "salary_scale")]
pub struct Model {
    pub department_id: Uuid,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub position: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub seniority: Option<String>,
    /// For one day.
    pub salary: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::department::Entity", from = "Column::DepartmentId", to = "super::department::Column::Id", on_delete = "Cascade")]
    Department,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "salary_scale",
    columns: &[
        required("department_id", Kind::Uuid).references("department"),
        optional("position", Kind::text(255)).default(Default::Text("artist")).choices(&["supervisor", "lead", "artist"]),
        optional("seniority", Kind::text(255)).default(Default::Text("mid")).choices(&["senior", "mid", "junior"]),
        required("salary", Kind::Integer).default(Default::Integer(0)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
