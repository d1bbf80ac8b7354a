//! Rows in the form in which another instance takes them over.

use std::collections::HashMap;

use sea_orm::DbErr;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ForeignRow, Source};
use crate::crud::{self, Relation};
use crate::database::{self, Database, Sql};

impl Source {
    /// Rows by their ids, in their order, with their relations. At most [`BATCH`](database::BATCH).
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn rows(self, database: &Database, ids: &[Uuid]) -> Result<Vec<ForeignRow>, DbErr> {
        let mut shape = self.resource.full_shape();
        shape.relations.clear();
        let mut records = crud::rows(database, self.resource, &shape, ids).await?;
        let mut related: Vec<(&str, HashMap<Uuid, Vec<Uuid>>)> = Vec::new();
        for Relation {
            name,
            table,
            own,
            other,
            ..
        } in self.relations()
        {
            let sql = Sql::of_ids(
                format!(
                    "SELECT \"{own}\" AS own, \"{other}\" AS other FROM \"{}\" WHERE \"{own}\" = ANY($1)",
                    table.name
                ),
                ids,
            );
            let mut lists: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
            for row in database::rows(database, &sql).await? {
                lists
                    .entry(row.try_get("", "own")?)
                    .or_default()
                    .push(row.try_get("", "other")?);
            }
            related.push((*name, lists));
        }
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(record) = records.remove(id) else { continue };
            let record: Value = serde_json::from_slice(&record).map_err(|error| DbErr::Json(error.to_string()))?;
            let Value::Object(mut row) = record else { continue };
            for (name, lists) in &mut related {
                row.insert((*name).to_owned(), json!(lists.remove(id).unwrap_or_default()));
            }
            rows.push(row);
        }
        Ok(rows)
    }
}
