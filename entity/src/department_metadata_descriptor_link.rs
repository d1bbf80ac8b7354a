//! One department that a metadata column is reserved for.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "department_metadata_descriptor_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub metadata_descriptor_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub department_id: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::metadata_descriptor::Entity",
        from = "Column::MetadataDescriptorId",
        to = "super::metadata_descriptor::Column::Id"
    )]
    MetadataDescriptor,
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
