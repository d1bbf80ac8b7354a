//! One set of settings that new productions can start from.

use sea_orm::entity::prelude::*;

use crate::facts::{Default, Definition, Table};
use crate::project::PRODUCTION_STYLES;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_template")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(10))", default_value = "25")]
    pub fps: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(10))", default_value = "16:9")]
    pub ratio: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(12))", default_value = "1920x1080")]
    pub resolution: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(20))", default_value = "short")]
    pub production_type: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "2d3d")]
    pub production_style: String,
    #[sea_orm(default_value = 0)]
    pub max_retakes: Option<i32>,
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
    #[sea_orm(default_value = false)]
    pub is_set_preview_automated: Option<bool>,
    #[sea_orm(default_value = false)]
    pub is_publish_default_for_artists: Option<bool>,
    #[sea_orm(default_value = false)]
    pub is_single_preview_per_revision: Option<bool>,
    #[sea_orm(default_value = false)]
    pub is_frame_in_numbering: Option<bool>,
    #[sea_orm(default_value = 0)]
    pub revision_padding: i32,
    #[sea_orm(column_type = "String(StringLen::N(80))", default_value = "assets")]
    pub homepage: Option<String>,
    /// Megabits a second; null for what the server is set up with.
    pub hd_bitrate_compression: Option<i32>,
    /// Megabits a second; null for what the server is set up with.
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

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| {
    Definition::of::<Entity>()
        .choices(Column::ProductionStyle, PRODUCTION_STYLES)
        .default(Column::MetadataDescriptors, Default::EmptyList)
});
