//! One asset type that a production uses.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_asset_type_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub asset_type_id: Uuid,
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
        belongs_to = "super::entity_type::Entity",
        from = "Column::AssetTypeId",
        to = "super::entity_type::Column::Id"
    )]
    AssetType,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
