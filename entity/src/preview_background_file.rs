//! One picture that 3D previews can be lit with.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "preview_background_file")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub name: String,
    pub archived: Option<bool>,
    pub is_default: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(250))")]
    pub original_name: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(6))")]
    pub extension: Option<String>,
    /// In bytes.
    pub file_size: Option<i64>,
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
    name: "preview_background_file",
    columns: &[
        required("name", Kind::text(40)),
        optional("archived", Kind::Bool).default(Default::Bool(false)),
        optional("is_default", Kind::Bool).default(Default::Bool(false)),
        optional("original_name", Kind::text(250)),
        optional("extension", Kind::text(6)),
        optional("file_size", Kind::BigInteger).default(Default::Integer(0)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
