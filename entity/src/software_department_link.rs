//! One program that a department works with.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, ID, Kind, Table, UPDATED_AT, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "software_department_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub department_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub software_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::department::Entity", from = "Column::DepartmentId", to = "super::department::Column::Id")]
    Department,
    #[sea_orm(belongs_to = "super::software::Entity", from = "Column::SoftwareId", to = "super::software::Column::Id")]
    Software,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "software_department_link",
    columns: &[
        required("department_id", Kind::Uuid).references("department"),
        required("software_id", Kind::Uuid).references("software"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["department_id", "software_id", "id"],
};
