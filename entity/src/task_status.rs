//! One state that tasks can be in, with what it means for the work.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task_status")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub name: String,
    #[sea_orm(default_value = false)]
    pub archived: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(10))")]
    pub short_name: String,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    /// Hexadecimal, such as `#22D160`.
    #[sea_orm(column_type = "String(StringLen::N(7))")]
    pub color: String,
    /// Place in the lists, from 1.
    #[sea_orm(default_value = 1)]
    pub priority: Option<i32>,
    /// True if it ends the work.
    #[sea_orm(default_value = false)]
    pub is_done: Option<bool>,
    /// True if artists may set it.
    #[sea_orm(default_value = true)]
    pub is_artist_allowed: Option<bool>,
    /// True if clients may set it.
    #[sea_orm(default_value = true)]
    pub is_client_allowed: Option<bool>,
    /// True if it sends the work back.
    #[sea_orm(default_value = false)]
    pub is_retake: Option<bool>,
    /// True if it asks for a review.
    #[sea_orm(default_value = false)]
    pub is_feedback_request: Option<bool>,
    /// True if new tasks start with it.
    #[sea_orm(default_value = false)]
    pub is_default: Option<bool>,
    /// True if it starts the work.
    #[sea_orm(default_value = false)]
    pub is_wip: Option<bool>,
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    /// True if it is for tasks of concepts.
    #[sea_orm(default_value = false)]
    pub for_concept: Option<bool>,
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
