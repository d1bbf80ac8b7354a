//! One picture, movie, model or document that shows the state of a task.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "preview_file")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(250))")]
    pub name: Option<String>,
    /// Name of the uploaded file, without its extension.
    #[sea_orm(column_type = "String(StringLen::N(250))")]
    pub original_name: Option<String>,
    /// Counts from 1 within the task.
    #[sea_orm(default_value = 1)]
    pub revision: Option<i32>,
    /// Place among the previews of the same revision, from 1.
    #[sea_orm(default_value = 1)]
    pub position: Option<i32>,
    /// Of the stored file: `mp4` for movies, `png` for pictures.
    #[sea_orm(column_type = "String(StringLen::N(6))")]
    pub extension: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(400))")]
    pub path: Option<String>,
    /// Program that published it.
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub source: Option<String>,
    /// In bytes.
    #[sea_orm(default_value = 0)]
    pub file_size: Option<i64>,
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "processing")]
    pub status: String,
    #[sea_orm(column_type = "String(StringLen::N(255))", default_value = "neutral")]
    pub validation_status: String,
    /// Drawings on the preview, by time or frame.
    #[sea_orm(column_type = "JsonBinary")]
    pub annotations: Option<Json>,
    /// In pixels, zero until it is processed.
    #[sea_orm(default_value = 0)]
    pub width: Option<i32>,
    /// In pixels, zero until it is processed.
    #[sea_orm(default_value = 0)]
    pub height: Option<i32>,
    /// In seconds.
    #[sea_orm(column_type = "Double", default_value = 0.0)]
    pub duration: Option<f64>,
    /// Facts on the uploaded file, such as its size before it was converted.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    pub token_in: Option<i32>,
    pub token_out: Option<i32>,
    pub task_id: Option<Uuid>,
    /// Person who published it.
    pub person_id: Option<Uuid>,
    pub source_file_id: Option<Uuid>,
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    #[sea_orm(default_value = false)]
    pub is_movie: Option<bool>,
    /// Address that an imported preview came from.
    #[sea_orm(column_type = "String(StringLen::N(600))")]
    pub url: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(600))")]
    pub uploaded_movie_url: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(150))")]
    pub uploaded_movie_name: Option<String>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::task::Entity",
        from = "Column::TaskId",
        to = "super::task::Column::Id"
    )]
    Task,
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::PersonId",
        to = "super::person::Column::Id"
    )]
    Person,
    #[sea_orm(
        belongs_to = "super::output_file::Entity",
        from = "Column::SourceFileId",
        to = "super::output_file::Column::Id"
    )]
    SourceFile,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| {
    Definition::of::<Entity>()
        .choices(Column::Status, &["processing", "ready", "broken", "missing"])
        .choices(Column::ValidationStatus, &["validated", "rejected", "neutral"])
});
