//! Description of an archive in itself, in its member `manifest.json`.

use entity::facts::{Column, Kind};
use serde::{Deserialize, Serialize};

/// Name of the member.
pub(super) const MANIFEST: &str = "manifest.json";
/// The form of the archive that this release writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 1;

/// Contents of an archive.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// Release of Dailies that made it.
    pub(super) version: String,
    /// Moment at which it was begun, in UTC.
    pub(super) made_at: String,
    /// The database that it was made of: `sqlite` or `postgresql`.
    pub(super) database: String,
    /// Migrations of that database.
    pub(super) migrations: Vec<String>,
    pub(super) tables: Vec<TablePart>,
    /// None in a dump without the stored files.
    pub(super) files: Option<FilesPart>,
    /// Tables and columns that are not Dailies' own, which are left out.
    pub(super) left_out: Vec<String>,
}

/// The member of a table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TablePart {
    pub(super) name: String,
    pub(super) member: String,
    pub(super) columns: Vec<ColumnPart>,
    pub(super) rows: u64,
    pub(super) sha256: String,
}

/// Names of the tables that have rows, with how many.
pub(super) fn filled(tables: Vec<TablePart>) -> Vec<(String, u64)> {
    let filled = tables.into_iter().filter(|part| part.rows > 0);
    filled.map(|part| (part.name, part.rows)).collect()
}

/// A column of a table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ColumnPart {
    pub(super) name: String,
    pub(super) kind: Word,
}

/// The member that lists the stored files: a line for each, a [`StoredPart`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FilesPart {
    pub(super) member: String,
    pub(super) count: u64,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// A stored file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredPart {
    /// Its key in the store; its member is in the folder `files` by that name.
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl StoredPart {
    pub(super) fn member(name: &str) -> String {
        format!("files/{name}")
    }
}

/// Kind of the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    Uuid,
    Text,
    Boolean,
    Integer,
    Float,
    Moment,
    Date,
    Json,
    Bytes,
    TextList,
    JsonList,
    BytesList,
}

impl From<&Column> for ColumnPart {
    fn from(column: &Column) -> Self {
        let kind = match column.kind {
            Kind::Uuid => Word::Uuid,
            Kind::Text { .. } => Word::Text,
            Kind::Bool => Word::Boolean,
            Kind::Integer | Kind::BigInteger => Word::Integer,
            Kind::Float => Word::Float,
            Kind::DateTime => Word::Moment,
            Kind::Date => Word::Date,
            Kind::Json => Word::Json,
            Kind::Bytes => Word::Bytes,
            Kind::TextArray => Word::TextList,
            Kind::JsonArray => Word::JsonList,
            Kind::BytesArray => Word::BytesList,
        };
        Self {
            name: column.name.to_owned(),
            kind,
        }
    }
}
