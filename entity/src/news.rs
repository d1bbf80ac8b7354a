//! One entry of the news feed of a production.

use sea_orm::entity::prelude::*;

use crate::facts::{CREATED_AT, Default, ID, Kind, Table, UPDATED_AT, optional, required};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "news")]
pub struct Model {
    /// Whether the status of the task changed.
    pub change: bool,
    pub author_id: Uuid,
    pub comment_id: Option<Uuid>,
    pub task_id: Uuid,
    pub preview_file_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::AuthorId", to = "super::person::Column::Id")]
    Author,
    #[sea_orm(belongs_to = "super::comment::Entity", from = "Column::CommentId", to = "super::comment::Column::Id")]
    Comment,
    #[sea_orm(belongs_to = "super::task::Entity", from = "Column::TaskId", to = "super::task::Column::Id")]
    Task,
    #[sea_orm(belongs_to = "super::preview_file::Entity", from = "Column::PreviewFileId", to = "super::preview_file::Column::Id")]
    PreviewFile,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the generic handlers need to know of the table.
pub const TABLE: Table = Table {
    name: "news",
    columns: &[
        required("change", Kind::Bool).default(Default::Bool(false)),
        required("author_id", Kind::Uuid).references("person"),
        optional("comment_id", Kind::Uuid).references("comment"),
        required("task_id", Kind::Uuid).references("task"),
        optional("preview_file_id", Kind::Uuid).references("preview_file"),
        ID,
        CREATED_AT,
        UPDATED_AT,
    ],
    primary_key: &["id"],
};
