//! One production.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};

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
    #[sea_orm(default_value = false)]
    pub has_avatar: Option<bool>,
    /// Frames per second, as text.
    #[sea_orm(column_type = "String(StringLen::N(10))", default_value = "25")]
    pub fps: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(10))", default_value = "16:9")]
    pub ratio: Option<String>,
    /// `1920x1080`, or `x1080` for a height only.
    #[sea_orm(column_type = "String(StringLen::N(12))", default_value = "1920x1080")]
    pub resolution: Option<String>,
    /// Only `tvshow` matters to the server: it has episodes.
    #[sea_orm(column_type = "String(StringLen::N(20))", default_value = "short")]
    pub production_type: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "2d3d")]
    pub production_style: String,
    pub start_date: Option<Date>,
    pub end_date: Option<Date>,
    /// Planned work.
    pub man_days: Option<i32>,
    #[sea_orm(default_value = 0)]
    pub nb_episodes: Option<i32>,
    #[sea_orm(default_value = 0)]
    pub episode_span: Option<i32>,
    /// Retakes allowed for a task, zero for any number.
    #[sea_orm(default_value = 0)]
    pub max_retakes: Option<i32>,
    /// True if clients do not see the comments of other clients.
    #[sea_orm(default_value = false)]
    pub is_clients_isolated: Option<bool>,
    /// True if clients see figures of episodes.
    #[sea_orm(default_value = true)]
    pub is_client_stats_visible: Option<bool>,
    /// True if clients are offered the list of tasks.
    #[sea_orm(default_value = true)]
    pub is_client_task_list_visible: Option<bool>,
    /// True if clients are offered the panel of a task.
    #[sea_orm(default_value = true)]
    pub is_client_task_panel_visible: Option<bool>,
    #[sea_orm(default_value = false)]
    pub is_preview_download_allowed: Option<bool>,
    /// True if new previews become the thumbnail of their entity.
    #[sea_orm(default_value = false)]
    pub is_set_preview_automated: Option<bool>,
    /// Page that the production opens with.
    #[sea_orm(column_type = "String(StringLen::N(80))", default_value = "assets")]
    pub homepage: Option<String>,
    #[sea_orm(default_value = false)]
    pub is_publish_default_for_artists: Option<bool>,
    /// True if bots can be assigned and log time.
    #[sea_orm(default_value = false)]
    pub is_bot_collaboration_enabled: Option<bool>,
    #[sea_orm(default_value = false)]
    pub is_single_preview_per_revision: Option<bool>,
    #[sea_orm(default_value = false)]
    pub is_frame_in_numbering: Option<bool>,
    /// Digits of a shown revision, zero for no padding.
    #[sea_orm(default_value = 0)]
    pub revision_padding: i32,
    /// Megabits a second; null for what the server is set up with.
    pub hd_bitrate_compression: Option<i32>,
    /// Megabits a second; null for what the server is set up with.
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
    #[sea_orm(
        belongs_to = "super::project_status::Entity",
        from = "Column::ProjectStatusId",
        to = "super::project_status::Column::Id"
    )]
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

/// Ways in which a production is made.
pub const PRODUCTION_STYLES: &[&str] = &[
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
];

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| Definition::of::<Entity>().choices(Column::ProductionStyle, PRODUCTION_STYLES));
