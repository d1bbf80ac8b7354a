//! One notification in the inbox of a person.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub struct Model {
    pub read: bool,
    /// Whether the status of the task changed.
    pub change: bool,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub r#type: String,
    /// Who is notified.
    pub person_id: Uuid,
    /// Who caused it.
    pub author_id: Uuid,
    pub comment_id: Option<Uuid>,
    pub task_id: Option<Uuid>,
    pub playlist_id: Option<Uuid>,
    /// Reply within the comment; replies live in `comment.replies`.
    pub reply_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::PersonId", to = "super::person::Column::Id")]
    Person,
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::AuthorId", to = "super::person::Column::Id")]
    Author,
    #[sea_orm(belongs_to = "super::comment::Entity", from = "Column::CommentId", to = "super::comment::Column::Id")]
    Comment,
    #[sea_orm(belongs_to = "super::task::Entity", from = "Column::TaskId", to = "super::task::Column::Id")]
    Task,
    #[sea_orm(belongs_to = "super::playlist::Entity", from = "Column::PlaylistId", to = "super::playlist::Column::Id")]
    Playlist,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "notification",
    columns: &[
        required("read", Kind::Bool).default(Default::Bool(false)),
        required("change", Kind::Bool).default(Default::Bool(false)),
        required("type", Kind::text(255)).choices(&["comment", "mention", "assignation", "reply", "reply-mention", "playlist-ready"]),
        required("person_id", Kind::Uuid).references("person"),
        required("author_id", Kind::Uuid).references("person"),
        optional("comment_id", Kind::Uuid).references("comment"),
        optional("task_id", Kind::Uuid).references("task"),
        optional("playlist_id", Kind::Uuid).references("playlist"),
        optional("reply_id", Kind::Uuid),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
