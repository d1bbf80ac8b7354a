//! One ordered selection of previews made for a review.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "playlist")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    /// List of `{entity_id, preview_file_id}` entries, of any kind of entity.
    #[sea_orm(column_type = "JsonBinary")]
    pub shots: Option<Json>,
    pub project_id: Option<Uuid>,
    /// Empty for the main pack, for all assets, and outside of TV shows.
    pub episode_id: Option<Uuid>,
    /// Task type whose latest preview is picked for a new entry.
    pub task_type_id: Option<Uuid>,
    /// Whether clients see it.
    #[sea_orm(default_value = false)]
    pub for_client: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(10))", default_value = "shot")]
    pub for_entity: Option<String>,
    /// Without an episode: whether it holds all assets instead of the main pack.
    #[sea_orm(default_value = false)]
    pub is_for_all: Option<bool>,
    pub created_by: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::project::Entity", from = "Column::ProjectId", to = "super::project::Column::Id")]
    Project,
    #[sea_orm(belongs_to = "super::entity::Entity", from = "Column::EpisodeId", to = "super::entity::Column::Id")]
    Episode,
    #[sea_orm(belongs_to = "super::task_type::Entity", from = "Column::TaskTypeId", to = "super::task_type::Column::Id")]
    TaskType,
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::CreatedBy", to = "super::person::Column::Id")]
    CreatedBy,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
