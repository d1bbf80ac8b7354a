//! Rows that a record means although they do not have its number: those of the same name in the same place, and the like.

use std::collections::HashMap;

use dailies_definitions::failure::Failure;
use entity::facts::Kind as ColumnKind;
use sea_orm::Value as SqlValue;
use uuid::Uuid;

use super::RecordKind;
use super::lookups::rows_with;
use crate::database::value_of;
use crate::events::Work;
use crate::sources::batch::ColumnValues;

/// Columns that make a row the one that is meant, besides its number.
#[derive(Clone, Copy)]
pub(super) struct Natural {
    /// Columns that hold the same; nothing where there are none. Rows are looked for by the first.
    pub(super) columns: &'static [&'static str],
    /// True if such a row gets the number. Otherwise the record is left out.
    pub(super) adopts: bool,
}

/// Rows by what makes them the one that is meant.
pub(super) struct Alike {
    columns: &'static [&'static str],
    ids: HashMap<Vec<String>, Uuid>,
}

impl Alike {
    /// Reads the rows that records may mean.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn load(work: &Work<'_>, kind: &RecordKind, records: &[&ColumnValues]) -> Result<Self, Failure> {
        let columns = kind.natural.columns;
        let mut alike = Self {
            columns,
            ids: HashMap::new(),
        };
        let Some((first, others)) = columns.split_first() else {
            return Ok(alike);
        };
        let mut values: Vec<SqlValue> = records
            .iter()
            .filter_map(|record| value_of(record, first))
            .filter(|value| !word(value).is_empty())
            .cloned()
            .collect();
        values.sort_by_key(word);
        values.dedup();
        let condition = kind.condition();
        for row in rows_with(work, kind.table(), first, condition.as_deref(), values, others).await? {
            let mut key = Vec::with_capacity(columns.len());
            for name in columns {
                let is_id = kind
                    .table()
                    .column(name)
                    .is_some_and(|column| column.kind == ColumnKind::Uuid);
                let id = if is_id {
                    row.try_get::<Option<Uuid>>("", name)?.map(|id| id.to_string())
                } else {
                    row.try_get("", name)?
                };
                key.push(id.unwrap_or_default());
            }
            alike.ids.entry(key).or_insert(row.try_get("", "id")?);
        }
        Ok(alike)
    }

    /// The row that a record means, which may get further columns when it is new.
    pub(super) fn find(&self, record: &ColumnValues, beginning: &ColumnValues) -> Option<Uuid> {
        let value = |name: &str| {
            value_of(record, name)
                .or_else(|| value_of(beginning, name))
                .map(word)
                .unwrap_or_default()
        };
        self.first_of(record)?;
        self.ids
            .get(&self.columns.iter().map(|name| value(name)).collect::<Vec<_>>())
            .copied()
    }

    /// Notes a new row.
    pub(super) fn add(&mut self, row: &ColumnValues, id: Uuid) {
        if self.first_of(row).is_some() {
            let key = self
                .columns
                .iter()
                .map(|name| value_of(row, name).map(word).unwrap_or_default())
                .collect();
            self.ids.entry(key).or_insert(id);
        }
    }

    /// Text that rows are looked for by, where it says something.
    fn first_of(&self, row: &ColumnValues) -> Option<String> {
        value_of(row, self.columns.first()?)
            .map(word)
            .filter(|word| !word.is_empty())
    }
}

/// Value of a column, as text; nothing for null.
fn word(value: &SqlValue) -> String {
    match value {
        SqlValue::Uuid(Some(id)) => id.to_string(),
        SqlValue::String(Some(text)) => text.clone(),
        _ => String::new(),
    }
}
