//! One record that an import could not take over, kept for a later look.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "data_import_error")]
pub struct Model {
    /// The record as it was received.
    #[sea_orm(column_type = "JsonBinary")]
    pub event_data: Json,
    pub source: Option<ImportSource>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Program or format that an import read from.
#[derive(Copy, Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "import_source_enum")]
pub enum ImportSource {
    #[sea_orm(string_value = "csv")]
    Csv,
    #[sea_orm(string_value = "shotgun")]
    Shotgun,
}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();
