//! The conversation about one entity.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "chat")]
pub struct Model {
    /// The entity that is talked about.
    pub object_id: Uuid,
    /// Always `entity` so far.
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub object_type: String,
    /// When the latest message was posted.
    pub last_message: Option<DateTime>,
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
    name: "chat",
    columns: &[
        required("object_id", Kind::Uuid).names(&["entity"]),
        required("object_type", Kind::text(80)).default(Default::Text("entity")),
        optional("last_message", Kind::DateTime),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
