//! Rows that a record means although they do not have its number: those of the same name in the same place, and the like.

use std::collections::{HashMap, HashSet};

use dailies_definitions::failure::Failure;
use entity::facts::{Kind as ColumnKind, Table};
use sea_orm::Value as SqlValue;
use uuid::Uuid;

use super::RecordKind;
use super::lookups::rows_with;
use crate::database::{self, Sql, value_of};
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
    /// True if they are compared in any letter case.
    any_case: bool,
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
            any_case: !kind.stays.is_empty(),
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
        if alike.any_case {
            values = spellings(work, kind.table(), first, &values).await?;
        }
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
            let key = alike.key(key);
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
        let key = self.key(self.columns.iter().map(|name| value(name)).collect());
        self.ids.get(&key).copied()
    }

    /// Notes a new row.
    pub(super) fn add(&mut self, row: &ColumnValues, id: Uuid) {
        if self.first_of(row).is_some() {
            let key = self
                .columns
                .iter()
                .map(|name| value_of(row, name).map(word).unwrap_or_default())
                .collect();
            self.ids.entry(self.key(key)).or_insert(id);
        }
    }

    /// Form in which texts are compared.
    fn key(&self, mut texts: Vec<String>) -> Vec<String> {
        if self.any_case {
            texts.iter_mut().for_each(|text| *text = text.to_lowercase());
        }
        texts
    }

    /// Text that rows are looked for by, where it says something.
    fn first_of(&self, row: &ColumnValues) -> Option<String> {
        value_of(row, self.columns.first()?)
            .map(word)
            .filter(|word| !word.is_empty())
    }
}

/// The ways in which a table spells texts that are wanted in any letter case.
async fn spellings(
    work: &Work<'_>,
    table: &'static Table,
    column: &str,
    wanted: &[SqlValue],
) -> Result<Vec<SqlValue>, Failure> {
    let wanted: HashSet<String> = wanted.iter().map(|value| word(value).to_lowercase()).collect();
    let sql = Sql::new(format!(
        "SELECT DISTINCT \"{column}\" FROM \"{0}\" WHERE \"{column}\" IS NOT NULL",
        table.name
    ));
    let known: Vec<String> = database::read_values(&**work, &sql).await?;
    let spelled = known.into_iter().filter(|text| wanted.contains(&text.to_lowercase()));
    Ok(spelled.map(SqlValue::from).collect())
}

/// Value of a column, as text; nothing for null.
fn word(value: &SqlValue) -> String {
    match value {
        SqlValue::Uuid(Some(id)) => id.to_string(),
        SqlValue::String(Some(text)) => text.clone(),
        _ => String::new(),
    }
}
