//! The studio itself with its general settings; there is one row.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    /// Length of a working day, which turns minutes into days.
    #[sea_orm(column_type = "Double", default_value = 8.0)]
    pub hours_by_day: f64,
    #[sea_orm(default_value = false)]
    pub has_avatar: Option<bool>,
    /// True if downloads keep the name of the uploaded file.
    #[sea_orm(default_value = false)]
    pub use_original_file_name: Option<bool>,
    #[sea_orm(default_value = false)]
    pub timesheets_locked: Option<bool>,
    #[sea_orm(default_value = false)]
    pub format_duration_in_hours: Option<bool>,
    #[sea_orm(default_value = false)]
    pub hd_by_default: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(80))", default_value = "")]
    pub chat_token_slack: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(80))", default_value = "")]
    pub chat_webhook_mattermost: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(80))", default_value = "")]
    pub chat_token_discord: Option<String>,
    #[sea_orm(default_value = false)]
    pub dark_theme_by_default: Option<bool>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
