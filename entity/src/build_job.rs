//! One run that assembles a playlist into a movie or an archive.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "build_job")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "running")]
    pub status: String,
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "movie")]
    pub job_type: String,
    pub ended_at: Option<DateTime>,
    /// Message about the movie, such as why it failed.
    #[sea_orm(column_type = "Text")]
    pub message: Option<String>,
    pub playlist_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::playlist::Entity",
        from = "Column::PlaylistId",
        to = "super::playlist::Column::Id"
    )]
    Playlist,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| {
    Definition::of::<Entity>()
        .choices(Column::Status, &["running", "failed", "succeeded"])
        .choices(Column::JobType, &["archive", "movie"])
});
