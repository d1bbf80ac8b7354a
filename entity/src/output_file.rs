//! One file, or numbered set of files, that a task delivered to the next ones.

use sea_orm::entity::prelude::*;

use crate::facts::{Definition, Table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "output_file")]
pub struct Model {
    /// Id of the record in ShotGrid that the row was imported from.
    pub shotgun_id: Option<i32>,
    #[sea_orm(column_type = "String(StringLen::N(250))")]
    pub name: String,
    #[sea_orm(default_value = false)]
    pub canceled: bool,
    /// In bytes.
    pub size: Option<i32>,
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub checksum: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub description: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub comment: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(10))")]
    pub extension: Option<String>,
    /// Counts from 1 for the same entity, output type, task type and name.
    pub revision: i32,
    /// Flavour of the deliverable, such as a file format.
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub representation: Option<String>,
    /// Fineness of detail; null where nobody says.
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub quality: Option<String>,
    /// Number of numbered files that the path stands for.
    #[sea_orm(default_value = 1)]
    pub nb_elements: Option<i32>,
    /// Program that wrote it.
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub source: Option<String>,
    #[sea_orm(column_type = "String(StringLen::N(400))")]
    pub path: Option<String>,
    /// Free metadata.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Option<Json>,
    pub file_status_id: Uuid,
    /// Entity that it shows; for an asset instance, its asset.
    pub entity_id: Option<Uuid>,
    pub asset_instance_id: Option<Uuid>,
    pub output_type_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub person_id: Option<Uuid>,
    /// Working file that it was made from.
    pub source_file_id: Option<Uuid>,
    /// Shot or scene that the asset instance was delivered for.
    pub temporal_entity_id: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::file_status::Entity",
        from = "Column::FileStatusId",
        to = "super::file_status::Column::Id"
    )]
    FileStatus,
    #[sea_orm(
        belongs_to = "super::entity::Entity",
        from = "Column::EntityId",
        to = "super::entity::Column::Id"
    )]
    Entity,
    #[sea_orm(
        belongs_to = "super::asset_instance::Entity",
        from = "Column::AssetInstanceId",
        to = "super::asset_instance::Column::Id"
    )]
    AssetInstance,
    #[sea_orm(
        belongs_to = "super::output_type::Entity",
        from = "Column::OutputTypeId",
        to = "super::output_type::Column::Id"
    )]
    OutputType,
    #[sea_orm(
        belongs_to = "super::task_type::Entity",
        from = "Column::TaskTypeId",
        to = "super::task_type::Column::Id"
    )]
    TaskType,
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::PersonId",
        to = "super::person::Column::Id"
    )]
    Person,
    #[sea_orm(
        belongs_to = "super::working_file::Entity",
        from = "Column::SourceFileId",
        to = "super::working_file::Column::Id"
    )]
    SourceFile,
    #[sea_orm(
        belongs_to = "super::entity::Entity",
        from = "Column::TemporalEntityId",
        to = "super::entity::Column::Id"
    )]
    TemporalEntity,
}

impl ActiveModelBehavior for ActiveModel {}

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| Definition::of::<Entity>().choices(Column::Quality, &["low", "mid", "high"]));
