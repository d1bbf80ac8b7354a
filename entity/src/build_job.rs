//! One run that assembles a playlist into a movie or an archive.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "build_job")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub status: String,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub job_type: String,
    pub ended_at: Option<DateTime>,
    pub playlist_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::playlist::Entity", from = "Column::PlaylistId", to = "super::playlist::Column::Id")]
    Playlist,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "build_job",
    columns: &[
        required("status", Kind::text(255)).default(Default::Text("running")).choices(&["running", "failed", "succeeded"]),
        required("job_type", Kind::text(255)).default(Default::Text("movie")).choices(&["archive", "movie"]),
        optional("ended_at", Kind::DateTime),
        required("playlist_id", Kind::Uuid).references("playlist"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
