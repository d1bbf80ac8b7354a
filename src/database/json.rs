//! Parts of answers: records, lists of ids and keys as JSON.

use std::collections::HashMap;

use entity::facts::{Kind, Table};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{BATCH, RecordWriter, Sql};

/// Text of any length.
pub const TEXT: Kind = Kind::Text { max: None };

/// The record with that id as a JSON object, or nothing when there is none.
///
/// # Errors
/// The database does not answer.
pub async fn record(
    connection: &impl ConnectionTrait,
    table: &'static Table,
    type_name: &str,
    id: Uuid,
) -> Result<Option<Vec<u8>>, DbErr> {
    Ok(records(connection, table, type_name, &[id]).await?.remove(&id))
}

/// The records with these ids as JSON objects.
///
/// # Errors
/// The database does not answer.
pub async fn records(
    connection: &impl ConnectionTrait,
    table: &'static Table,
    type_name: &str,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<u8>>, DbErr> {
    let writer = RecordWriter::new(table, "r", type_name);
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let mut sql = Sql::new(format!(
            "SELECT {} FROM \"{}\" r WHERE r.id",
            writer.columns(),
            table.name
        ));
        sql.among(ids);
        for row in super::rows(connection, &sql).await? {
            let mut out = Vec::with_capacity(512);
            writer.write(&mut out, &row)?;
            found.insert(row.try_get("", "id")?, out);
        }
    }
    Ok(found)
}

/// Writes `,"key":[…]` with the list of an id.
pub fn write_list(out: &mut Vec<u8>, key: &str, lists: &HashMap<Uuid, Vec<u8>>, id: Uuid) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":[");
    out.extend_from_slice(lists.get(&id).map_or(&[][..], Vec::as_slice));
    out.push(b']');
}

/// Writes `,"key":` and what follows, or null.
pub fn write_key(out: &mut Vec<u8>, key: &str, value: Option<&[u8]>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
    out.extend_from_slice(value.unwrap_or(b"null"));
}

/// A list of JSON values.
#[must_use]
pub fn array<'a>(items: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = vec![b'['];
    for item in items {
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(item);
    }
    out.push(b']');
    out
}
