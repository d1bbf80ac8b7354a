//! Traces of calls in the database: the rows of a sample, new rows, how many rows each table has more, and the events.
//! Ids, moments and the mark of the sample are replaced by what they stand for, so that two samples can be compared.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use chrono::{NaiveDate, NaiveDateTime, Utc};
use dailies::database::{self, Database, Sql};
use entity::TABLES;
use entity::facts::{Kind, Table};
use sea_orm::DbBackend;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::sample::Sample;

/// Tables and columns with values that are made up anew each time.
const RANDOM: [(&str, &str); 7] = [
    ("person", "password"),
    ("person", "totp_secret"),
    ("person", "email_otp_secret"),
    ("person", "otp_recovery_codes"),
    ("person", "jti"),
    ("playlist_share_link", "token"),
    ("preview_file", "name"),
];

/// A moment before calls, and how many rows there were.
pub struct Before {
    moment: NaiveDateTime,
    counts: BTreeMap<String, i64>,
}

/// Stored rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Rows that a table has more.
    more: BTreeMap<String, i64>,
    /// Events by name.
    pub events: BTreeMap<String, i64>,
    /// The rows of the sample, by label.
    rows: BTreeMap<String, Value>,
    /// New rows by table, in a fixed order.
    new: BTreeMap<String, Vec<Value>>,
}

impl Before {
    /// The database as it is now.
    pub async fn look(database: &Database) -> Self {
        Self {
            moment: database::now(),
            counts: counts(database).await,
        }
    }

    /// Changes since then.
    pub async fn state(&self, database: &Database, sample: &Sample) -> State {
        let labels = sample.labels();
        let terms = Terms {
            sample,
            labels: &labels,
        };
        let mut state = State::default();
        let now = counts(database).await;
        state.more = now
            .iter()
            .map(|(name, count)| (name.clone(), count - self.counts[name]))
            .filter(|(_, more)| *more != 0)
            .collect();
        let mut events = Sql::new("SELECT name, COUNT(*) AS count FROM api_event WHERE created_at >= ");
        events.bind(self.moment).push(" GROUP BY name");
        for row in database.rows(&events).await.expect("events") {
            let name: String = row.try_get("", "name").expect("a name");
            state.events.insert(
                name.replace(&sample.mark, "*"),
                row.try_get("", "count").expect("a number"),
            );
        }
        for (table, row) in rows(database, sample).await {
            let label = row["id"]
                .as_str()
                .and_then(|id| labels.get(&Uuid::parse_str(id).ok()?))
                .expect("a record of the sample");
            state.rows.insert(label.clone(), terms.row(table, &row));
        }
        for table in TABLES
            .iter()
            .filter(|table| state.more.contains_key(table.name) && table.column("created_at").is_some())
        {
            let mut new = new_rows(database, table, self.moment, &labels).await;
            new = new.iter().map(|row| terms.row(table, row)).collect();
            new.sort_by_key(Value::to_string);
            state.new.insert(table.name.to_owned(), new);
        }
        state
    }
}

impl State {
    /// True if nothing was stored, by the state of a sample that nothing happened to.
    pub fn is_like(&self, untouched: &State) -> bool {
        self.more.is_empty() && self.events.is_empty() && self.rows == untouched.rows
    }

    /// True if every row is as it was in an earlier state of the same sample, save for the log of events.
    pub fn keeps_rows_of(&self, earlier: &State) -> bool {
        self.rows == earlier.rows && self.more.keys().all(|table| table == "api_event")
    }

    /// The same, whatever the new rows of a table hold.
    pub fn without_rows_of(mut self, table: &str) -> Self {
        self.new.remove(table);
        self
    }

    /// Differences from the expected state, in words.
    pub fn differences(&self, expected: &State) -> Vec<String> {
        let mut found = Vec::new();
        number_differences("rows of", &self.more, &expected.more, &mut found);
        number_differences("events", &self.events, &expected.events, &mut found);
        for (label, wanted) in &expected.rows {
            match self.rows.get(label) {
                Some(row) => found.extend(column_differences(label, row, wanted)),
                None => found.push(format!("the {label} is gone")),
            }
        }
        found.extend(
            self.rows
                .keys()
                .filter(|label| !expected.rows.contains_key(*label))
                .map(|label| format!("the {label} is still there")),
        );
        let same_number = |table: &String| self.more.get(table) == expected.more.get(table);
        for (table, wanted) in expected.new.iter().filter(|(table, _)| same_number(table)) {
            let rows = self.new.get(table).map(Vec::as_slice).unwrap_or_default();
            let other = rows.iter().zip(wanted).find(|(row, wanted)| row != wanted);
            found.extend(
                other
                    .map(|(row, wanted)| column_differences(&format!("new {table}"), row, wanted))
                    .unwrap_or_default(),
            );
        }
        found
    }
}

fn number_differences(
    what: &str,
    found: &BTreeMap<String, i64>,
    expected: &BTreeMap<String, i64>,
    into: &mut Vec<String>,
) {
    let mut names: Vec<&String> = found.keys().chain(expected.keys()).collect();
    names.sort();
    names.dedup();
    let number = |of: &BTreeMap<String, i64>, name: &String| of.get(name).copied().unwrap_or_default();
    let differing = names
        .into_iter()
        .filter(|name| number(found, name) != number(expected, name));
    into.extend(differing.map(|name| {
        format!(
            "{what} {name}: {} instead of {}",
            number(found, name),
            number(expected, name)
        )
    }));
}

fn column_differences(label: &str, row: &Value, wanted: &Value) -> Vec<String> {
    let columns = wanted
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, value)| row[name.as_str()] != **value);
    columns
        .map(|(name, value)| format!("{label}.{name}: {} instead of {value}", row[name.as_str()]))
        .collect()
}

/// Number of rows of each table, but for the log of events.
async fn counts(database: &Database) -> BTreeMap<String, i64> {
    let tables: Vec<String> = TABLES
        .iter()
        .filter(|table| table.name != "api_event")
        .map(|table| {
            format!(
                "SELECT '{name}' AS name, COUNT(*) AS count FROM \"{name}\"",
                name = table.name
            )
        })
        .collect();
    let rows = database
        .rows(&Sql::new(tables.join(" UNION ALL ")))
        .await
        .expect("counts");
    rows.iter()
        .map(|row| {
            (
                row.try_get("", "name").expect("a name"),
                row.try_get("", "count").expect("a number"),
            )
        })
        .collect()
}

/// The rows of a sample that have ids.
pub async fn rows(database: &Database, sample: &Sample) -> Vec<(&'static Table, Value)> {
    let mut sql = Sql::default();
    for table in TABLES.iter().filter(|table| table.column("id").is_some()) {
        let ids: Vec<Uuid> = sample.of_table(table.name).collect();
        if !ids.is_empty() {
            sql.push(if sql.text().is_empty() { "" } else { " UNION ALL " });
            sql.push(&select(database, table)).push("id IN ").bind_list(ids);
        }
    }
    database.rows(&sql).await.expect("rows").iter().map(read).collect()
}

async fn new_rows(
    database: &Database,
    table: &'static Table,
    since: NaiveDateTime,
    known: &HashMap<Uuid, String>,
) -> Vec<Value> {
    let mut sql = Sql::new(select(database, table));
    sql.push("created_at >= ").bind(since);
    let rows = database.rows(&sql).await.expect("rows");
    let of_sample = |row: &Value| {
        row["id"]
            .as_str()
            .and_then(|id| Uuid::parse_str(id).ok())
            .is_some_and(|id| known.contains_key(&id))
    };
    rows.iter()
        .map(|row| read(row).1)
        .filter(|row| !of_sample(row))
        .collect()
}

/// The beginning of a query of whole rows as JSON, up to its conditions.
fn select(database: &Database, table: &Table) -> String {
    let object = if database.backend() == DbBackend::Postgres {
        "CAST(row_to_json(t) AS text)".to_owned()
    } else {
        let mut object = String::from("json_object(");
        for (at, column) in table.columns.iter().enumerate() {
            let (comma, name) = (if at > 0 { ", " } else { "" }, column.name);
            let _ = match column.kind {
                Kind::Uuid | Kind::Bytes => write!(
                    object,
                    "{comma}'{name}', CASE WHEN \"{name}\" IS NULL THEN NULL ELSE hex(\"{name}\") END"
                ),
                _ => write!(object, "{comma}'{name}', \"{name}\""),
            };
        }
        object + ")"
    };
    format!(
        "SELECT '{name}' AS name, {object} AS record FROM \"{name}\" t WHERE ",
        name = table.name
    )
}

fn read(row: &sea_orm::QueryResult) -> (&'static Table, Value) {
    let name: String = row.try_get("", "name").expect("a name");
    let record: String = row.try_get("", "record").expect("a record");
    (
        Table::find(&name).expect("a table"),
        serde_json::from_str(&record).expect("JSON"),
    )
}

/// Says of values what they stand for.
struct Terms<'a> {
    sample: &'a Sample,
    labels: &'a HashMap<Uuid, String>,
}

impl Terms<'_> {
    fn row(&self, table: &Table, row: &Value) -> Value {
        let columns = table.columns.iter().filter(|column| column.name != "id");
        let value = |name: &str, kind: Kind| match &row[name] {
            Value::Null => Value::Null,
            _ if RANDOM.contains(&(table.name, name)) => json!("something"),
            Value::String(text) if text.ends_with("@guest.kitsu") || text.ends_with("@preview.kitsu.invalid") => {
                json!("a made up address")
            }
            // Each sample has its own.
            _ if name == "shotgun_id" => json!("a number"),
            Value::String(text) if matches!(kind, Kind::Json | Kind::TextArray | Kind::JsonArray) => {
                serde_json::from_str(text).map_or_else(|_| self.text(text), |value| self.value(&value))
            }
            value => self.value(value),
        };
        Value::Object(
            columns
                .map(|column| (column.name.to_owned(), value(column.name, column.kind)))
                .collect(),
        )
    }

    /// A value with its keys in order.
    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(object) => {
                let keys: BTreeMap<String, Value> = object
                    .iter()
                    .map(|(key, value)| (key.clone(), self.value(value)))
                    .collect();
                Value::Object(keys.into_iter().collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    fn text(&self, text: &str) -> Value {
        if matches!(text.len(), 32 | 36)
            && let Ok(id) = Uuid::parse_str(text)
        {
            return json!(self.labels.get(&id).map_or("a new one", String::as_str));
        }
        let moment = text.len() > 10 && text.starts_with(|first: char| first.is_ascii_digit());
        let day = text
            .get(..10)
            .filter(|_| moment)
            .and_then(|day| day.parse::<NaiveDate>().ok());
        if day.is_some_and(|day| (day - Utc::now().date_naive()).num_days().abs() <= 1) {
            return json!("now");
        }
        json!(text.replace(&self.sample.mark, "*"))
    }
}
