//! One copy of an asset placed in a scene, or inside another asset.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "asset_instance")]
pub struct Model {
    pub asset_id: Uuid,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: Option<String>,
    pub number: Option<i32>,
    #[sea_orm(column_type = "String(StringLen::N(200))")]
    pub description: Option<String>,
    #[sea_orm(default_value = true)]
    pub active: Option<bool>,
    /// Free metadata.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    /// Scene that holds the instance; empty inside another asset.
    pub scene_id: Option<Uuid>,
    /// Asset that holds the instance; empty in a scene.
    pub target_asset_id: Option<Uuid>,
    /// Former way of naming the holder; no longer written.
    pub entity_id: Option<Uuid>,
    /// Former way of naming the kind of holder; no longer written.
    pub entity_type_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::entity::Entity",
        from = "Column::AssetId",
        to = "super::entity::Column::Id"
    )]
    Asset,
    #[sea_orm(
        belongs_to = "super::entity::Entity",
        from = "Column::SceneId",
        to = "super::entity::Column::Id"
    )]
    Scene,
    #[sea_orm(
        belongs_to = "super::entity::Entity",
        from = "Column::TargetAssetId",
        to = "super::entity::Column::Id"
    )]
    TargetAsset,
    #[sea_orm(
        belongs_to = "super::entity::Entity",
        from = "Column::EntityId",
        to = "super::entity::Column::Id"
    )]
    Entity,
    #[sea_orm(
        belongs_to = "super::entity_type::Entity",
        from = "Column::EntityTypeId",
        to = "super::entity_type::Column::Id"
    )]
    EntityType,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
