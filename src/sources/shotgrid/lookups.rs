//! Meaning of fields of records among the rows that are here: the production of a name, the person of a number and the
//! like. Each lookup is a query for all records together.

use std::collections::{BTreeMap, HashMap};

use dailies_definitions::failure::Failure;
use entity::facts::{Column, Kind as ColumnKind, Table};
use sea_orm::{QueryResult, Value as SqlValue};
use serde_json::{Value, json};
use uuid::Uuid;

use super::reading::at;
use super::{NUMBER, Record};
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::sources::batch::{ColumnValues, read_value, wrong};
use crate::vocabulary::kinds::{BUILT_IN_NAMES, EntityKind};

/// Values that one query looks for: SQLite looks every placeholder up among all others.
const PORTION: usize = 1000;

/// Meaning of a field.
pub(super) struct Lookup {
    /// Its name in the description of a kind.
    pub(super) name: &'static str,
    pub(super) table: &'static Table,
    /// The column that holds what the field says.
    pub(super) column: &'static str,
    pub(super) only: Only,
    pub(super) keys: Keys,
    /// Way of making what is missing, where it is made.
    pub(super) make: Option<Make>,
}

/// Rows of a table that count.
#[derive(Clone, Copy)]
pub(super) enum Only {
    All,
    /// Entities of a kind.
    Of(EntityKind),
    /// Entity types of assets.
    AssetTypes,
}

impl Only {
    fn condition(self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Of(kind) => Some(kind.condition("t.entity_type_id")),
            Self::AssetTypes => Some(format!("t.name NOT IN {BUILT_IN_NAMES}")),
        }
    }
}

/// Place where a record says what is looked for.
pub(super) enum Keys {
    /// A field within others.
    At(&'static str),
    /// The `id` of each item of a list.
    Each(&'static str),
    /// The `id` of the first item of a list.
    First(&'static str),
    /// A value that is worked out from the record.
    Derived(fn(&Record) -> Option<Value>),
}

/// Way of making a row that is missing.
pub(super) struct Make {
    /// Columns besides the one that is looked at.
    pub(super) columns: fn() -> ColumnValues,
    /// The event that tells of it, and the key of the id in it.
    pub(super) event: Option<(&'static str, &'static str)>,
}

impl Keys {
    fn of(&self, record: &Record) -> Vec<Value> {
        let items = |field: &str| {
            record
                .get(field)
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default()
                .iter()
        };
        let number = |item: &Value| item.get("id").filter(|id| !id.is_null()).cloned();
        match self {
            Self::At(path) => at(record, path).cloned().into_iter().collect(),
            Self::Each(field) => items(field).filter_map(number).collect(),
            Self::First(field) => items(field).take(1).filter_map(number).collect(),
            Self::Derived(derive) => derive(record).into_iter().collect(),
        }
    }

    fn field(&self) -> &'static str {
        match self {
            Self::At(field) | Self::Each(field) | Self::First(field) => field,
            Self::Derived(_) => "",
        }
    }
}

/// Rows that were found for the records of a body.
pub(super) struct KnownRows {
    lookups: &'static [Lookup],
    /// Ids by what was looked for, for each lookup.
    found: HashMap<&'static str, HashMap<String, Uuid>>,
}

impl KnownRows {
    /// Looks up all that the records name, and makes what is missing where the lookup says so.
    ///
    /// # Errors
    /// 400 that names the place of a record whose value has no place here.
    pub(super) async fn load(
        work: &mut Work<'_>,
        lookups: &'static [Lookup],
        records: &[(usize, &Record)],
    ) -> Result<Self, Failure> {
        let mut found = HashMap::new();
        for lookup in lookups {
            let mut wanted: BTreeMap<String, (usize, Value)> = BTreeMap::new();
            for (place, record) in records {
                for key in lookup.keys.of(record) {
                    wanted.entry(word(&key)).or_insert((*place, key));
                }
            }
            found.insert(lookup.name, lookup.find(work, wanted).await?);
        }
        Ok(Self { lookups, found })
    }

    /// The ids that a lookup gives for a record.
    pub(super) fn find<'a>(&'a self, lookup: &str, record: &Record) -> impl Iterator<Item = Uuid> + use<'a> {
        let ids = self.found.get(lookup);
        let keys = self
            .lookup(lookup)
            .map(|lookup| lookup.keys.of(record))
            .unwrap_or_default();
        keys.into_iter().filter_map(move |key| ids?.get(&word(&key)).copied())
    }

    /// Number of rows that a record names.
    pub(super) fn asked(&self, lookup: &str, record: &Record) -> usize {
        self.lookup(lookup).map_or(0, |lookup| lookup.keys.of(record).len())
    }

    fn lookup(&self, name: &str) -> Option<&'static Lookup> {
        self.lookups.iter().find(|lookup| lookup.name == name)
    }
}

impl Lookup {
    async fn find(
        &self,
        work: &mut Work<'_>,
        wanted: BTreeMap<String, (usize, Value)>,
    ) -> Result<HashMap<String, Uuid>, Failure> {
        let Some(column) = self.table.column(self.column) else {
            return Ok(HashMap::new());
        };
        let mut found = self.stored(work, column, &wanted).await?;
        if let Some(make) = &self.make {
            let missing: Vec<(String, (usize, Value))> =
                wanted.into_iter().filter(|(key, _)| !found.contains_key(key)).collect();
            found.extend(self.make_rows(work, make, column, missing).await?);
        }
        Ok(found)
    }

    /// Rows that are here, by what was looked for.
    async fn stored(
        &self,
        work: &Work<'_>,
        column: &Column,
        wanted: &BTreeMap<String, (usize, Value)>,
    ) -> Result<HashMap<String, Uuid>, Failure> {
        let mut values = Vec::with_capacity(wanted.len());
        for (place, key) in wanted.values() {
            match read_value(column, key, *place, self.keys.field(), false) {
                Ok(value) => values.extend(value),
                // There is no row with a value that its column can't hold.
                Err(_) if self.make.is_none() => {}
                Err(refusal) => return Err(refusal),
            }
        }
        let condition = self.only.condition();
        let mut found = HashMap::with_capacity(wanted.len());
        for row in rows_with(work, self.table, self.column, condition.as_deref(), values, &[]).await? {
            let key = match column.kind {
                ColumnKind::Integer => row.try_get::<i32>("", self.column)?.to_string(),
                _ => row.try_get::<String>("", self.column)?,
            };
            found.entry(key).or_insert(row.try_get("", "id")?);
        }
        Ok(found)
    }

    /// Makes the rows that are missing, and gives them by what was looked for.
    async fn make_rows(
        &self,
        work: &mut Work<'_>,
        make: &Make,
        column: &Column,
        missing: Vec<(String, (usize, Value))>,
    ) -> Result<HashMap<String, Uuid>, Failure> {
        let mut made = HashMap::with_capacity(missing.len());
        let mut rows = Vec::with_capacity(missing.len());
        for (key, (place, value)) in missing {
            if matches!(self.only, Only::AssetTypes) && EntityKind::BUILT_IN.iter().any(|kind| kind.type_name() == key)
            {
                return Err(wrong(place, self.keys.field(), "Input should name a type of assets"));
            }
            let id = Uuid::new_v4();
            let mut columns = (make.columns)();
            columns.push(("id", id.into()));
            columns
                .extend(read_value(column, &value, place, self.keys.field(), true)?.map(|value| (column.name, value)));
            rows.push(columns);
            if let Some((event, about)) = make.event {
                work.emit_of_studio(self.table, event, payload([(about, id)]));
            }
            made.insert(key, id);
        }
        database::insert_many(&**work, self.table, rows).await?;
        Ok(made)
    }
}

/// Text of the value that is looked for.
fn word(key: &Value) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}

/// Rows of a table one of whose columns holds one of the values, the oldest first: with their id, that column, and others. The
/// table is called `t` in the condition.
///
/// # Errors
/// The database does not answer.
pub(super) async fn rows_with(
    work: &Work<'_>,
    table: &'static Table,
    column: &str,
    condition: Option<&str>,
    values: Vec<SqlValue>,
    others: &[&str],
) -> Result<Vec<QueryResult>, Failure> {
    let names = std::iter::once(&column).chain(others).filter(|name| **name != "id");
    let selected: String = names.map(|name| format!(", t.\"{name}\"")).collect();
    let mut found = Vec::new();
    for values in values.chunks(PORTION) {
        let mut sql = Sql::new(format!(
            "SELECT t.id{selected} FROM \"{}\" t WHERE t.\"{column}\" IN ",
            table.name
        ));
        sql.bind_list(values.iter().cloned());
        if let Some(condition) = condition {
            sql.push(" AND ").push(condition);
        }
        sql.push(" ORDER BY t.created_at, t.id");
        found.extend(database::rows(&**work, &sql).await?);
    }
    Ok(found)
}

/// Ids of the rows of a table by the numbers of their records in ShotGrid.
///
/// # Errors
/// The database does not answer.
pub(super) async fn by_number(
    work: &Work<'_>,
    table: &'static Table,
    condition: Option<&str>,
    numbers: &[i32],
) -> Result<HashMap<i32, Uuid>, Failure> {
    let mut found = HashMap::with_capacity(numbers.len());
    for row in rows_with(
        work,
        table,
        NUMBER,
        condition,
        numbers.iter().map(|number| (*number).into()).collect(),
        &[],
    )
    .await?
    {
        found
            .entry(row.try_get::<i32>("", NUMBER)?)
            .or_insert(row.try_get("", "id")?);
    }
    Ok(found)
}

/// The kind of records that a field within others names, and their number, where it is that kind.
pub(super) fn number_of(record: &Record, field: &str, kind: EntityKind) -> Option<Value> {
    (at(record, &format!("{field}.type")) == Some(&json!(kind.type_name())))
        .then(|| at(record, &format!("{field}.id")).cloned())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let record = json!({"project": {"id": 1}, "assets": [{"id": 3}, {"name": "?"}, {"id": 4}], "entity": {"type": "Shot", "id": 9}});
        record.as_object().cloned().expect("an object")
    }

    #[test]
    fn records_say_what_they_look_for() {
        assert_eq!(Keys::At("project.id").of(&record()), [1]);
        assert_eq!(Keys::Each("assets").of(&record()), [3, 4]);
        assert_eq!(Keys::First("assets").of(&record()), [3]);
        assert!(Keys::First("scenes").of(&record()).is_empty());
        assert_eq!(number_of(&record(), "entity", EntityKind::Shot), Some(json!(9)));
        assert_eq!(number_of(&record(), "entity", EntityKind::Asset), None);
    }
}
