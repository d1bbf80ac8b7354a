//! One installed extension of the server.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

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
    /// Whether it adds a page to productions.
    pub frontend_project_enabled: Option<bool>,
    /// Whether it adds a page to the studio.
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

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "plugin",
    columns: &[
        required("plugin_id", Kind::text(80)),
        required("name", Kind::text(80)),
        optional("description", Kind::TEXT),
        required("version", Kind::text(50)),
        required("maintainer_name", Kind::text(200)),
        optional("maintainer_email", Kind::text(255)),
        optional("website", Kind::TEXT),
        required("license", Kind::text(80)),
        optional("revision", Kind::text(12)),
        optional("frontend_project_enabled", Kind::Bool).default(Default::Bool(false)),
        optional("frontend_studio_enabled", Kind::Bool).default(Default::Bool(false)),
        optional("icon", Kind::text(255)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
