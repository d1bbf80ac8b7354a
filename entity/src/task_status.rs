//! One state that tasks can be in, with what it means for the work.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task_status")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub name: String,
    pub archived: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(10))")]
    pub short_name: String,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    /// Hexadecimal, such as `#22D160`.
    #[sea_orm(column_type = "String(StringLen::N(7))")]
    pub color: String,
    /// Place in the lists, from 1.
    pub priority: Option<i32>,
    /// Whether it ends the work.
    pub is_done: Option<bool>,
    /// Whether artists may set it.
    pub is_artist_allowed: Option<bool>,
    /// Whether clients may set it.
    pub is_client_allowed: Option<bool>,
    /// Whether it sends the work back.
    pub is_retake: Option<bool>,
    /// Whether it asks for a review.
    pub is_feedback_request: Option<bool>,
    /// Whether new tasks start with it.
    pub is_default: Option<bool>,
    /// Whether it starts the work.
    pub is_wip: Option<bool>,
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    /// Whether it is for tasks of concepts.
    pub for_concept: Option<bool>,
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
    name: "task_status",
    columns: &[
        required("name", Kind::text(40)),
        optional("archived", Kind::Bool).default(Default::Bool(false)),
        required("short_name", Kind::text(10)),
        optional("description", Kind::TEXT),
        required("color", Kind::text(7)),
        optional("priority", Kind::Integer).default(Default::Integer(1)),
        optional("is_done", Kind::Bool).default(Default::Bool(false)),
        optional("is_artist_allowed", Kind::Bool).default(Default::Bool(true)),
        optional("is_client_allowed", Kind::Bool).default(Default::Bool(true)),
        optional("is_retake", Kind::Bool).default(Default::Bool(false)),
        optional("is_feedback_request", Kind::Bool).default(Default::Bool(false)),
        optional("is_default", Kind::Bool).default(Default::Bool(false)),
        optional("is_wip", Kind::Bool).default(Default::Bool(false)),
        optional("shotgun_id", Kind::Integer),
        optional("for_concept", Kind::Bool).default(Default::Bool(false)),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
