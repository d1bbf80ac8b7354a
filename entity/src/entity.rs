//! One thing to be made: an asset, shot, scene, sequence, episode, edit or concept, told apart by
//! the entity type.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "entity")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(column_type = "String(StringLen::N(160))")]
    pub name: String,
    #[sea_orm(column_type = "String(StringLen::N(160))")]
    pub code: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    #[sea_orm(default_value = false)]
    pub canceled: Option<bool>,
    /// Length of a shot.
    pub nb_frames: Option<i32>,
    /// Number of different entities that are cast in this one.
    #[sea_orm(default_value = 0)]
    pub nb_entities_out: Option<i32>,
    /// True if its casting is not decided yet.
    #[sea_orm(default_value = false)]
    pub is_casting_standby: Option<bool>,
    /// True if other productions may cast it.
    #[sea_orm(default_value = false)]
    pub is_shared: bool,
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "running")]
    pub status: String,
    pub project_id: Uuid,
    pub entity_type_id: Uuid,
    /// Sequence of a shot or scene, episode of a sequence or edit.
    pub parent_id: Option<Uuid>,
    /// Scene that a shot comes from, or main episode of an asset.
    pub source_id: Option<Uuid>,
    /// Its thumbnail.
    pub preview_file_id: Option<Uuid>,
    /// Values of the metadata columns, by field name.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    /// Task type that the asset is ready for in the shots that cast it.
    pub ready_for: Option<Uuid>,
    pub created_by: Option<Uuid>,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
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
        from = "Column::EntityTypeId",
        to = "super::entity_type::Column::Id"
    )]
    EntityType,
    #[sea_orm(belongs_to = "Entity", from = "Column::ParentId", to = "Column::Id")]
    Parent,
    #[sea_orm(belongs_to = "Entity", from = "Column::SourceId", to = "Column::Id")]
    Source,
    #[sea_orm(
        belongs_to = "super::preview_file::Entity",
        from = "Column::PreviewFileId",
        to = "super::preview_file::Column::Id"
    )]
    PreviewFile,
    #[sea_orm(
        belongs_to = "super::task_type::Entity",
        from = "Column::ReadyFor",
        to = "super::task_type::Column::Id"
    )]
    ReadyFor,
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::CreatedBy",
        to = "super::person::Column::Id"
    )]
    CreatedBy,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table =
    Table::new(|| Definition::of::<Entity>().choices(Column::Status, &["standby", "running", "complete", "canceled"]));
