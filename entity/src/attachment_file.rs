//! One file attached to a comment, to a reply or to a chat message.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment_file")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(250))")]
    pub name: Option<String>,
    /// In bytes.
    #[sea_orm(default_value = 1)]
    pub size: Option<i64>,
    #[sea_orm(column_type = "String(StringLen::N(6))")]
    pub extension: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub mimetype: Option<String>,
    pub comment_id: Option<Uuid>,
    /// Reply of the comment that the file came with; replies live in `comment.replies`.
    pub reply_id: Option<Uuid>,
    pub chat_message_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::comment::Entity",
        from = "Column::CommentId",
        to = "super::comment::Column::Id"
    )]
    Comment,
    #[sea_orm(
        belongs_to = "super::chat_message::Entity",
        from = "Column::ChatMessageId",
        to = "super::chat_message::Column::Id"
    )]
    ChatMessage,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
