//! One notification in the inbox of a person.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub struct Model {
    #[sea_orm(default_value = false)]
    pub read: bool,
    /// True if the status of the task changed.
    #[sea_orm(default_value = false)]
    pub change: bool,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub r#type: String,
    /// Person who is notified.
    pub person_id: Uuid,
    /// Person who caused it.
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
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::PersonId",
        to = "super::person::Column::Id"
    )]
    Person,
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::AuthorId",
        to = "super::person::Column::Id"
    )]
    Author,
    #[sea_orm(
        belongs_to = "super::comment::Entity",
        from = "Column::CommentId",
        to = "super::comment::Column::Id"
    )]
    Comment,
    #[sea_orm(
        belongs_to = "super::task::Entity",
        from = "Column::TaskId",
        to = "super::task::Column::Id"
    )]
    Task,
    #[sea_orm(
        belongs_to = "super::playlist::Entity",
        from = "Column::PlaylistId",
        to = "super::playlist::Column::Id"
    )]
    Playlist,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| {
    Definition::of::<Entity>().choices(
        Column::Type,
        &[
            "comment",
            "mention",
            "assignation",
            "reply",
            "reply-mention",
            "playlist-ready",
        ],
    )
});
