//! Knowledge about one stored file of a preview.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};
use crate::stored_file::BUCKETS;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "preview_file_storage_state")]
pub struct Model {
    pub preview_file_id: Uuid,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub bucket: String,
    /// Part that the file has in the preview, such as `thumbnails`.
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub prefix: String,
    /// State of the file: there, known to be missing, or impossible to make.
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub state: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
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
        .choices(Column::Bucket, BUCKETS)
        .choices(Column::State, &["ok", "missing", "failed"])
});
