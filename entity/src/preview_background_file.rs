//! One picture that 3D previews can be lit with.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "preview_background_file")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub name: String,
    #[sea_orm(default_value = false)]
    pub archived: Option<bool>,
    #[sea_orm(default_value = false)]
    pub is_default: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(250))")]
    pub original_name: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(6))")]
    pub extension: Option<String>,
    /// In bytes.
    #[sea_orm(default_value = 0)]
    pub file_size: Option<i64>,
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
