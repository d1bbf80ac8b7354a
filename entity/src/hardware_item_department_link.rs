//! One model of hardware that a department works with.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, ID, Kind, Table, UPDATED_AT, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hardware_item_department_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub department_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub hardware_item_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::department::Entity", from = "Column::DepartmentId", to = "super::department::Column::Id")]
    Department,
    #[sea_orm(belongs_to = "super::hardware_item::Entity", from = "Column::HardwareItemId", to = "super::hardware_item::Column::Id")]
    HardwareItem,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "hardware_item_department_link",
    columns: &[
        required("department_id", Kind::Uuid).references("department"),
        required("hardware_item_id", Kind::Uuid).references("hardware_item"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["department_id", "hardware_item_id", "id"],
};
