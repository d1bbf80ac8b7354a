//! One production.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub code: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    /// Rules that folders and names of files are built by.
    #[sea_orm(column_type = "JsonBinary")]
    pub file_tree: Option<Json>,
    /// Values of the metadata columns, by field name.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    pub has_avatar: Option<bool>,
    /// Frames per second, as text.
    #[sea_orm(column_type = "String(StringLen::N(10))")]
    pub fps: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(10))")]
    pub ratio: Option<String>,
    /// `1920x1080`, or `x1080` for a height only.
    #[sea_orm(column_type = "String(StringLen::N(12))")]
    pub resolution: Option<String>,
    /// Only `tvshow` matters to the server: it has episodes.
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub production_type: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub production_style: String,
    pub start_date: Option<Date>,
    pub end_date: Option<Date>,
    /// Planned work.
    pub man_days: Option<i32>,
    pub nb_episodes: Option<i32>,
    pub episode_span: Option<i32>,
    /// Retakes allowed for a task, zero for any number.
    pub max_retakes: Option<i32>,
    /// Whether clients do not see the comments of other clients.
    pub is_clients_isolated: Option<bool>,
    pub is_preview_download_allowed: Option<bool>,
    /// Whether new previews become the thumbnail of their entity.
    pub is_set_preview_automated: Option<bool>,
    /// Page that the production opens with.
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub homepage: Option<String>,
    pub is_publish_default_for_artists: Option<bool>,
    /// Whether bots can be assigned and log time.
    pub is_bot_collaboration_enabled: Option<bool>,
    pub is_single_preview_per_revision: Option<bool>,
    pub is_frame_in_numbering: Option<bool>,
    /// Digits of a shown revision, zero for no padding.
    pub revision_padding: i32,
    pub hd_bitrate_compression: Option<i32>,
    pub ld_bitrate_compression: Option<i32>,
    pub project_status_id: Option<Uuid>,
    pub default_preview_background_file_id: Option<Uuid>,
    /// Schedule version that the running schedule was taken from.
    pub from_schedule_version_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::project_status::Entity", from = "Column::ProjectStatusId", to = "super::project_status::Column::Id")]
    ProjectStatus,
    #[sea_orm(
        belongs_to = "super::preview_background_file::Entity",
        from = "Column::DefaultPreviewBackgroundFileId",
        to = "super::preview_background_file::Column::Id"
    )]
    DefaultPreviewBackgroundFile,
    #[sea_orm(
        belongs_to = "super::production_schedule_version::Entity",
        from = "Column::FromScheduleVersionId",
        to = "super::production_schedule_version::Column::Id"
    )]
    FromScheduleVersion,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "project",
    columns: &[
        required("name", Kind::text(80)),
        optional("code", Kind::text(80)),
        optional("description", Kind::TEXT),
        optional("shotgun_id", Kind::Integer),
        optional("file_tree", Kind::Json),
        optional("data", Kind::Json),
        optional("has_avatar", Kind::Bool).default(Default::Bool(false)),
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
        optional("start_date", Kind::Date),
        optional("end_date", Kind::Date),
        optional("man_days", Kind::Integer),
        optional("nb_episodes", Kind::Integer).default(Default::Integer(0)),
        optional("episode_span", Kind::Integer).default(Default::Integer(0)),
        optional("max_retakes", Kind::Integer).default(Default::Integer(0)),
        optional("is_clients_isolated", Kind::Bool).default(Default::Bool(false)),
        optional("is_preview_download_allowed", Kind::Bool).default(Default::Bool(false)),
        optional("is_set_preview_automated", Kind::Bool).default(Default::Bool(false)),
        optional("homepage", Kind::text(80)).default(Default::Text("assets")),
        optional("is_publish_default_for_artists", Kind::Bool).default(Default::Bool(false)),
        optional("is_bot_collaboration_enabled", Kind::Bool).default(Default::Bool(false)),
        optional("is_single_preview_per_revision", Kind::Bool).default(Default::Bool(false)),
        optional("is_frame_in_numbering", Kind::Bool).default(Default::Bool(false)),
        required("revision_padding", Kind::Integer).default(Default::Integer(0)),
        optional("hd_bitrate_compression", Kind::Integer).default(Default::Integer(28)),
        optional("ld_bitrate_compression", Kind::Integer).default(Default::Integer(6)),
        optional("project_status_id", Kind::Uuid).references("project_status"),
        optional("default_preview_background_file_id", Kind::Uuid).references("preview_background_file"),
        optional("from_schedule_version_id", Kind::Uuid).references("production_schedule_version"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
