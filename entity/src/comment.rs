//! One comment on a task, which also carries the status that the task took with it.

use sea_orm::entity::prelude::*;

use crate::arrays::TextArray;
use crate::facts::{Default, Definition, Table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "comment")]
pub struct Model {
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    /// The task that is commented on.
    pub object_id: Uuid,
    /// Always `Task` so far.
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub object_type: String,
    #[sea_orm(column_type = "Text")]
    pub text: Option<String>,
    /// Free metadata.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    /// List of replies, oldest first.
    #[sea_orm(column_type = "JsonBinary")]
    pub replies: Option<Json>,
    /// List of `{text, checked}` items.
    #[sea_orm(column_type = "JsonBinary")]
    pub checklist: Option<Json>,
    pub pinned: Option<bool>,
    /// True if clients may read it.
    #[sea_orm(default_value = false)]
    pub for_client: Option<bool>,
    /// Web addresses given along with the text.
    pub links: Option<TextArray>,
    /// Status that the task took.
    pub task_status_id: Option<Uuid>,
    /// The author.
    pub person_id: Uuid,
    /// Person who changed the text last.
    pub editor_id: Option<Uuid>,
    /// Former place of the preview, now in `comment_preview_link`.
    pub preview_file_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::task_status::Entity",
        from = "Column::TaskStatusId",
        to = "super::task_status::Column::Id"
    )]
    TaskStatus,
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::PersonId",
        to = "super::person::Column::Id"
    )]
    Person,
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::EditorId",
        to = "super::person::Column::Id"
    )]
    Editor,
    #[sea_orm(
        belongs_to = "super::preview_file::Entity",
        from = "Column::PreviewFileId",
        to = "super::preview_file::Column::Id"
    )]
    PreviewFile,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| {
    Definition::of::<Entity>()
        .default(Column::Replies, Default::EmptyList)
        .default(Column::Checklist, Default::EmptyList)
        .names(Column::ObjectId, &["task"])
});
