//! One set of settings that new productions can start from.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_template")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(10))")]
    pub fps: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(10))")]
    pub ratio: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(12))")]
    pub resolution: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub production_type: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub production_style: String,
    pub max_retakes: Option<i32>,
    pub is_clients_isolated: Option<bool>,
    pub is_preview_download_allowed: Option<bool>,
    pub is_set_preview_automated: Option<bool>,
    pub is_publish_default_for_artists: Option<bool>,
    pub is_single_preview_per_revision: Option<bool>,
    pub is_frame_in_numbering: Option<bool>,
    pub revision_padding: i32,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub homepage: Option<String>,
    pub hd_bitrate_compression: Option<i32>,
    pub ld_bitrate_compression: Option<i32>,
    #[sea_orm(column_type = "JsonBinary")]
    pub file_tree: Option<Json>,
    /// Metadata that new productions start with.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    /// Descriptions of the metadata columns that new productions get.
    #[sea_orm(column_type = "JsonBinary")]
    pub metadata_descriptors: Option<Json>,
    pub default_preview_background_file_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::preview_background_file::Entity",
        from = "Column::DefaultPreviewBackgroundFileId",
        to = "super::preview_background_file::Column::Id"
    )]
    DefaultPreviewBackgroundFile,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "project_template",
    columns: &[
        required("name", Kind::text(80)),
        optional("description", Kind::TEXT),
        optional("fps", Kind::text(10)).default(Default::Text("25")),
        optional("ratio", Kind::text(10)).default(Default::Text("16:9")),
        optional("resolution", Kind::text(12)).default(Default::Text("1920x1080")),
        optional("production_type", Kind::text(20)).default(Default::Text("short")),
        required("production_style", Kind::text(255)).default(Default::Text("2d3d")).choices(&[
            "2d",
            "2dpaper",
            "3d",
            "2d3d",
            "ar",
            "vfx",
            "stop-motion",
            "motion-design",
            "archviz",
            "commercial",
            "catalog",
            "immersive",
            "nft",
            "video-game",
            "vr",
        ]),
        optional("max_retakes", Kind::Integer).default(Default::Integer(0)),
        optional("is_clients_isolated", Kind::Bool).default(Default::Bool(false)),
        optional("is_preview_download_allowed", Kind::Bool).default(Default::Bool(false)),
        optional("is_set_preview_automated", Kind::Bool).default(Default::Bool(false)),
        optional("is_publish_default_for_artists", Kind::Bool).default(Default::Bool(false)),
        optional("is_single_preview_per_revision", Kind::Bool).default(Default::Bool(false)),
        optional("is_frame_in_numbering", Kind::Bool).default(Default::Bool(false)),
        required("revision_padding", Kind::Integer).default(Default::Integer(0)),
        optional("homepage", Kind::text(80)).default(Default::Text("assets")),
        optional("hd_bitrate_compression", Kind::Integer).default(Default::Integer(28)),
        optional("ld_bitrate_compression", Kind::Integer).default(Default::Integer(6)),
        optional("file_tree", Kind::Json),
        optional("data", Kind::Json),
        optional("metadata_descriptors", Kind::Json).default(Default::EmptyList),
        optional("default_preview_background_file_id", Kind::Uuid).references("preview_background_file"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
