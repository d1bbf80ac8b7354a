//! The conversation about one entity.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "chat")]
pub struct Model {
    /// The entity that is talked about.
    pub object_id: Uuid,
    /// Always `entity` so far.
    #[sea_orm(column_type = "String(StringLen::N(80))", default_value = "entity")]
    pub object_type: String,
    /// Moment of the latest message.
    pub last_message: Option<DateTime>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| Definition::of::<Entity>().names(Column::ObjectId, &["entity"]));
