//! One task type that an asset type needs; an asset type without any takes all of them.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task_type_asset_type_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub asset_type_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_type_id: Uuid,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::entity_type::Entity",
        from = "Column::AssetTypeId",
        to = "super::entity_type::Column::Id"
    )]
    AssetType,
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
