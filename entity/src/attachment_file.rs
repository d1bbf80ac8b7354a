//! One file attached to a comment, to a reply or to a chat message.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment_file")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(250))")]
    pub name: Option<String>,
    /// In bytes.
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
    #[sea_orm(belongs_to = "super::comment::Entity", from = "Column::CommentId", to = "super::comment::Column::Id")]
    Comment,
    #[sea_orm(belongs_to = "super::chat_message::Entity", from = "Column::ChatMessageId", to = "super::chat_message::Column::Id")]
    ChatMessage,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "attachment_file",
    columns: &[
        optional("name", Kind::text(250)),
        optional("size", Kind::BigInteger).default(Default::Integer(1)),
        optional("extension", Kind::text(6)),
        optional("mimetype", Kind::text(255)),
        optional("comment_id", Kind::Uuid).references("comment"),
        optional("reply_id", Kind::Uuid),
        optional("chat_message_id", Kind::Uuid).references("chat_message"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
