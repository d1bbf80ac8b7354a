//! One link that opens a playlist to people without an account.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "playlist_share_link")]
pub struct Model {
    /// Secret part of the address.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub token: String,
    pub playlist_id: Uuid,
    pub created_by: Uuid,
    pub expiration_date: Option<DateTime>,
    #[sea_orm(default_value = true)]
    pub is_active: bool,
    #[sea_orm(default_value = true)]
    pub can_comment: bool,
    /// Hash of the password that visitors must give, if any.
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub password: Option<String>,
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
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::CreatedBy",
        to = "super::person::Column::Id"
    )]
    CreatedBy,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
