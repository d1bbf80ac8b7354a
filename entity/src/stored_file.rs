//! One file that was written to the storage.

use sea_orm::entity::prelude::*;

use crate::facts::{Default, Definition, Table};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stored_file")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub bucket: String,
    /// Prefix and name, joined by a hyphen.
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub key: String,
    #[sea_orm(column_type = "String(StringLen::N(40))")]
    pub prefix: String,
    /// Name, which starts with the id of the record as a rule.
    #[sea_orm(column_type = "String(StringLen::N(200))")]
    pub file_id: String,
    /// In bytes.
    pub size: Option<i64>,
    /// Moment from which nobody needed it any more.
    pub deleted_at: Option<DateTime>,
    /// True if it goes from the storage even where files are kept.
    #[sea_orm(default_value = false)]
    pub purge_forced: bool,
    /// Moment at which it went from the storage.
    pub purged_at: Option<DateTime>,
    #[sea_orm(default_value = 0)]
    pub purge_attempts: i32,
    #[sea_orm(column_type = "Text")]
    pub last_error: Option<String>,
    /// Record of what happened to it last.
    #[sea_orm(column_type = "JsonBinary")]
    pub journal: Json,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Parts of the storage.
pub const BUCKETS: &[&str] = &["pictures", "movies", "files"];

/// The table, described by its entity.
pub static TABLE: Table = Table::new(|| {
    Definition::of::<Entity>()
        .choices(Column::Bucket, BUCKETS)
        .default(Column::Journal, Default::EmptyList)
});
