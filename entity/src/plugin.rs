//! One installed extension of the server.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plugin")]
pub struct Model {
    /// Name that the plugin gives itself, not the id of the row.
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub plugin_id: String,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(50))")]
    pub version: String,
    #[sea_orm(column_type = "String(StringLen::N(200))")]
    pub maintainer_name: String,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub maintainer_email: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub website: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub license: String,
    /// State of the tables of the plugin.
    #[sea_orm(column_type = "String(StringLen::N(12))")]
    pub revision: Option<String>,
    /// True if it adds a page to productions.
    #[sea_orm(default_value = false)]
    pub frontend_project_enabled: Option<bool>,
    /// True if it adds a page to the studio.
    #[sea_orm(default_value = false)]
    pub frontend_studio_enabled: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub icon: Option<String>,
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
