//! One thing to be made: an asset, shot, scene, sequence, episode, edit or concept, told apart by
//! the entity type.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

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
    pub canceled: Option<bool>,
    /// Length of a shot.
    pub nb_frames: Option<i32>,
    /// How many different entities are cast in this one.
    pub nb_entities_out: Option<i32>,
    /// Whether its casting is not decided yet.
    pub is_casting_standby: Option<bool>,
    /// Whether other productions may cast it.
    pub is_shared: bool,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
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
    #[sea_orm(belongs_to = "super::project::Entity", from = "Column::ProjectId", to = "super::project::Column::Id")]
    Project,
    #[sea_orm(belongs_to = "super::entity_type::Entity", from = "Column::EntityTypeId", to = "super::entity_type::Column::Id")]
    EntityType,
    #[sea_orm(belongs_to = "Entity", from = "Column::ParentId", to = "Column::Id")]
    Parent,
    #[sea_orm(belongs_to = "Entity", from = "Column::SourceId", to = "Column::Id")]
    Source,
    #[sea_orm(belongs_to = "super::preview_file::Entity", from = "Column::PreviewFileId", to = "super::preview_file::Column::Id")]
    PreviewFile,
    #[sea_orm(belongs_to = "super::task_type::Entity", from = "Column::ReadyFor", to = "super::task_type::Column::Id")]
    ReadyFor,
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::CreatedBy", to = "super::person::Column::Id")]
    CreatedBy,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "entity",
    columns: &[
        ID,
        required("name", Kind::text(160)),
        optional("code", Kind::text(160)),
        optional("description", Kind::TEXT),
        optional("shotgun_id", Kind::Integer),
        optional("canceled", Kind::Bool).default(Default::Bool(false)),
        optional("nb_frames", Kind::Integer),
        optional("nb_entities_out", Kind::Integer).default(Default::Integer(0)),
        optional("is_casting_standby", Kind::Bool).default(Default::Bool(false)),
        required("is_shared", Kind::Bool).default(Default::Bool(false)),
        required("status", Kind::text(255)).default(Default::Text("running")).choices(&["standby", "running", "complete", "canceled"]),
        required("project_id", Kind::Uuid).references("project"),
        required("entity_type_id", Kind::Uuid).references("entity_type"),
        optional("parent_id", Kind::Uuid).references("entity"),
        optional("source_id", Kind::Uuid).references("entity"),
        optional("preview_file_id", Kind::Uuid).references("preview_file"),
        optional("data", Kind::Json),
        optional("ready_for", Kind::Uuid).references("task_type"),
        optional("created_by", Kind::Uuid).references("person"),
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
