//! The studio itself with its general settings; there is one row.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    /// Length of a working day, which turns minutes into days.
    #[sea_orm(column_type = "Double")]
    pub hours_by_day: f64,
    pub has_avatar: Option<bool>,
    /// Whether downloads keep the name of the uploaded file.
    pub use_original_file_name: Option<bool>,
    pub timesheets_locked: Option<bool>,
    pub format_duration_in_hours: Option<bool>,
    pub hd_by_default: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub chat_token_slack: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub chat_webhook_mattermost: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub chat_token_discord: Option<String>,
    pub dark_theme_by_default: Option<bool>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "organisation",
    columns: &[
        required("name", Kind::text(80)),
        required("hours_by_day", Kind::Float).default(Default::Float(8.0)),
        optional("has_avatar", Kind::Bool).default(Default::Bool(false)),
        optional("use_original_file_name", Kind::Bool).default(Default::Bool(false)),
        optional("timesheets_locked", Kind::Bool).default(Default::Bool(false)),
        optional("format_duration_in_hours", Kind::Bool).default(Default::Bool(false)),
        optional("hd_by_default", Kind::Bool).default(Default::Bool(false)),
        optional("chat_token_slack", Kind::text(80)).default(Default::Text("")),
        optional("chat_webhook_mattermost", Kind::text(80)).default(Default::Text("")),
        optional("chat_token_discord", Kind::text(80)).default(Default::Text("")),
        optional("dark_theme_by_default", Kind::Bool).default(Default::Bool(false)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
