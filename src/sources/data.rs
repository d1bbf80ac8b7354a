//! Values that an import adds to the free data of rows.

use std::collections::HashMap;

use dailies_definitions::failure::Failure;
use entity::facts::Table;
use sea_orm::FromQueryResult;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::database::{self, BATCH, Sql};
use crate::events::Work;

#[derive(FromQueryResult)]
struct StoredData {
    id: Uuid,
    data: Option<Value>,
}

/// Adds values to the `data` of rows, some to each: to what the row brings along, or else to what is stored.
///
/// # Errors
/// The database does not answer.
pub(super) async fn add(
    work: &Work<'_>,
    table: &'static Table,
    rows: &mut [Map<String, Value>],
    added: Vec<Map<String, Value>>,
    id_of: fn(&Map<String, Value>) -> Option<Uuid>,
) -> Result<(), Failure> {
    let bare = |row: &Map<String, Value>| row.get("data").is_none_or(Value::is_null);
    let asked = rows
        .iter()
        .zip(&added)
        .filter(|(row, added)| bare(row) && !added.is_empty());
    let ids: Vec<Uuid> = asked.filter_map(|(row, _)| id_of(row)).collect();
    let mut stored: HashMap<Uuid, Value> = HashMap::new();
    for ids in ids.chunks(BATCH) {
        let sql = Sql::of_ids(
            format!("SELECT id, data FROM \"{}\" WHERE id = ANY($1)", table.name),
            ids,
        );
        let found = database::read_all::<StoredData>(&**work, &sql).await?;
        stored.extend(found.into_iter().filter_map(|row| Some((row.id, row.data?))));
    }
    for (row, added) in rows.iter_mut().zip(added).filter(|(_, added)| !added.is_empty()) {
        let before = if bare(row) {
            id_of(row).and_then(|id| stored.get(&id).cloned())
        } else {
            row.remove("data")
        };
        let mut data = if let Some(Value::Object(data)) = before {
            data
        } else {
            Map::new()
        };
        data.extend(added);
        row.insert("data".into(), data.into());
    }
    Ok(())
}
