//! Previews as JSON, straight from their rows.

use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use crate::database::{self, Field, RowWriter, Sql, write_uuid};

/// Writes whole records of previews, for queries that select [`columns`] first.
#[derive(Clone, Debug)]
pub struct PreviewWriter(RowWriter);

/// The columns of a whole record, for a row called `p`, in the order that [`PreviewWriter`] reads them in.
#[must_use]
pub fn columns() -> String {
    let names: Vec<String> = entity::preview_file::TABLE
        .columns
        .iter()
        .map(|column| format!("p.\"{}\"", column.name))
        .collect();
    names.join(", ")
}

impl Default for PreviewWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl PreviewWriter {
    /// A writer of whole records.
    #[must_use]
    pub fn new() -> Self {
        Self(RowWriter::new(
            entity::preview_file::TABLE.columns.iter().map(Field::from),
        ))
    }

    /// Writes a record without its closing brace, so that keys can follow.
    ///
    /// # Errors
    /// A column does not hold what it should.
    pub fn write_open(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        out.push(b'{');
        self.0.write(out, row)?;
        out.extend_from_slice(b",\"type\":\"PreviewFile\"");
        Ok(())
    }

    /// Writes a record.
    ///
    /// # Errors
    /// A column does not hold what it should.
    pub fn write(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        self.write_open(out, row)?;
        out.push(b'}');
        Ok(())
    }
}

/// One preview as a JSON object.
///
/// # Errors
/// 404 when there is no such preview.
pub async fn record(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
    let mut out = open_record(connection, id).await?;
    out.push(b'}');
    Ok(out)
}

/// One preview as a JSON object, with the ids of its comments.
///
/// # Errors
/// 404 when there is no such preview.
pub(super) async fn record_with_comments(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
    let mut out = open_record(connection, id).await?;
    out.extend_from_slice(b",\"comments\":[");
    let sql = Sql::with(
        "SELECT comment FROM comment_preview_link WHERE preview_file = $1",
        [id.into()],
    );
    for (at, comment) in database::read_values(connection, &sql).await?.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_uuid(&mut out, comment);
    }
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// The object of a preview without its closing brace.
async fn open_record(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
    let sql = Sql::with(
        format!("SELECT {} FROM preview_file p WHERE p.id = $1", columns()),
        [id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::with_capacity(1024);
    PreviewWriter::new().write_open(&mut out, &row)?;
    Ok(out)
}

/// One entity as a JSON object, without what is related to it.
///
/// # Errors
/// 404 when there is no such entity.
pub(super) async fn entity(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
    let columns = || entity::entity::TABLE.columns.iter();
    let names: Vec<String> = columns().map(|column| format!("\"{}\"", column.name)).collect();
    let sql = Sql::with(
        format!("SELECT {} FROM entity WHERE id = $1", names.join(", ")),
        [id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = vec![b'{'];
    RowWriter::new(columns().map(Field::from)).write(&mut out, &row)?;
    out.extend_from_slice(b",\"type\":\"Entity\"}");
    Ok(out)
}
