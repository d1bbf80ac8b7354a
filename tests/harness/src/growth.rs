//! A studio that grows: any number of rows in every table, most of them around the same few records.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use dailies::database::Sql;
use entity::TABLES;
use entity::facts::{Column, Default, Kind, Table};
use reqwest::Method;
use sea_orm::Value;
use serde_json::json;
use uuid::Uuid;

use super::rows::{insert, insert_ignoring_duplicates};
use super::{Studio, contract};

/// Kinds of entities: the word for one, the name of its type, and what it is part of.
pub const ENTITIES: [(&str, &str, Option<&str>); 8] = [
    ("episode", "Episode", None),
    ("sequence", "Sequence", Some("episode")),
    ("shot", "Shot", Some("sequence")),
    ("asset", "Character", None),
    ("edit", "Edit", Some("episode")),
    ("scene", "Scene", Some("sequence")),
    ("concept_folder", "ConceptFolder", None),
    ("concept", "Concept", Some("concept_folder")),
];

/// Columns whose records are of another kind than the usual one of their table.
const KINDS: [(&str, &str, &str); 6] = [
    ("entity_link", "entity_out_id", "asset"),
    ("entity_concept_link", "entity_in_id", "concept"),
    ("asset_instance", "asset_id", "asset"),
    ("asset_instance", "scene_id", "scene"),
    ("task_type_asset_type_link", "asset_type_id", "asset_type"),
    ("project_asset_type_link", "asset_type_id", "asset_type"),
];

/// Tables that are filled in another way, or that nothing lists.
const ELSEWHERE: [&str; 2] = ["entity", "data_import_error"];

type Row = Vec<(&'static str, Value)>;

/// The records that everything hangs on, and the others.
pub struct Growth<'a> {
    studio: &'a Studio,
    /// One record of each table, and of each kind of entities.
    base: HashMap<&'static str, Uuid>,
    made: HashMap<&'static str, Vec<Uuid>>,
    /// Rows of each kind so far.
    size: usize,
}

impl<'a> Growth<'a> {
    /// Makes the records that everything hangs on.
    pub async fn of(studio: &'a Studio) -> Self {
        let mut base = HashMap::from([("project", studio.project_id), ("person", studio.admin_id)]);
        let seeded = [
            ("project_status", "project-status", "Open"),
            ("task_type", "task-types", "Animation"),
            ("task_status", "task-status", "Todo"),
            ("department", "departments", "Animation"),
            ("asset_type", "entity-types", "Character"),
        ];
        for (word, collection, name) in seeded {
            base.insert(word, studio.named(collection, name).await);
        }
        base.insert("entity_type", base["asset_type"]);
        Self {
            studio,
            base,
            made: HashMap::new(),
            size: 0,
        }
    }

    /// The record that a path parameter names, such as `shot_id`.
    pub fn of_parameter(&self, name: &str) -> Option<Uuid> {
        self.base.get(name.strip_suffix("_id")?).copied()
    }

    /// The address of an operation, with records of the studio for its parameters.
    pub async fn address(&self, path: &str, operation: &serde_json::Value) -> Option<String> {
        let mut address = path.to_owned();
        let mut query = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str()?;
            let required = parameter["required"].as_bool().unwrap_or_default();
            let known = match self.of_parameter(name) {
                Some(id) => Some(id.to_string()),
                None if name == "instance_id" => {
                    let list = self
                        .studio
                        .admin
                        .request(Method::GET, &path.replace("/{instance_id}", "?page=1&limit=1"))
                        .send()
                        .await
                        .ok()?;
                    let list: serde_json::Value = serde_json::from_slice(&list.bytes().await.ok()?).ok()?;
                    list["data"][0]["id"].as_str().map(str::to_owned)
                }
                None if parameter["schema"]["format"] == "uuid" => None,
                None => parameter["example"]
                    .as_str()
                    .map(str::to_owned)
                    .or_else(|| parameter["example"].as_i64().map(|number| number.to_string())),
            };
            match (parameter["in"].as_str()?, required) {
                ("path", _) => address = address.replace(&format!("{{{name}}}"), &known?),
                ("query", true) => query.push(format!("{name}={}", known?)),
                _ => {}
            }
        }
        if !query.is_empty() {
            address = format!("{address}?{}", query.join("&"));
        }
        Some(address)
    }

    /// The addresses of all that can be read of the studio, and lasts: not what tells of this very moment, nor the log, which
    /// grows by itself.
    pub async fn lasting_addresses(&self) -> Vec<String> {
        let mut addresses = Vec::new();
        for (path, item) in contract()["paths"].as_object().expect("paths") {
            let operation = &item["get"];
            let reads = ["/data", "/export", "/pictures", "/movies"]
                .iter()
                .any(|start| path.starts_with(start));
            let lasting = !path.contains("login-logs") && !path.contains("/events");
            if reads && lasting && !operation.is_null() {
                addresses.extend(self.address(path, operation).await);
            }
        }
        addresses
    }

    /// Adds rows to every table until there are so many of each kind.
    pub async fn to(&mut self, size: usize) {
        let range = self.size..size;
        for (word, type_name, parent) in ENTITIES {
            let type_id = self.entity_type(type_name).await;
            let rows = range.clone().map(|at| {
                let parent = parent.map(|word| self.base[word]);
                vec![
                    ("id", Uuid::new_v4().into()),
                    ("name", format!("{word} {at}").into()),
                    ("entity_type_id", type_id.into()),
                    ("project_id", self.studio.project_id.into()),
                    ("parent_id", parent.into()),
                ]
            });
            self.store(&entity::entity::TABLE, word, rows.collect()).await;
        }
        self.base.insert("entity", self.base["shot"]);
        let shots = self.made["shot"].clone();
        self.made.insert("entity", shots);
        let mut left: Vec<&'static Table> = TABLES
            .iter()
            .copied()
            .filter(|table| !ELSEWHERE.contains(&table.name))
            .collect();
        while !left.is_empty() {
            // Where tables refer to each other, one of them goes without.
            let place = left
                .iter()
                .position(|table| self.is_ready(table, true))
                .or_else(|| left.iter().position(|table| self.is_ready(table, false)));
            let table = left.remove(place.expect("a table that waits for no other one"));
            let rows = range.clone().flat_map(|at| self.rows(table, at)).collect();
            self.store(table, table.name, rows).await;
        }
        self.size = size;
    }

    /// The entity type of that name, which is made where the base data lacks it.
    async fn entity_type(&self, name: &str) -> Uuid {
        let database = &self.studio.server.app.database;
        let known = Sql::with("SELECT id FROM entity_type WHERE name = $1", [name.into()]);
        match database.row(&known).await.expect("the entity types") {
            Some(row) => row.try_get_by_index(0).expect("an id"),
            None => insert(database, &entity::entity_type::TABLE, vec![("name", name.into())])
                .await
                .expect("an entity type"),
        }
    }

    /// True if the records are there that rows of a table refer to: all of them, or only those that they must have.
    fn is_ready(&self, table: &Table, all: bool) -> bool {
        let task = table.name != "comment" || self.base.contains_key("task");
        task && table.columns.iter().all(|column| {
            column.references.is_none()
                || (column.nullable && !all)
                || word(table, column) == table.name
                || self.base.contains_key(word(table, column))
        })
    }

    /// Rows of one number: one around the base records, and one for each reference that goes to another record.
    fn rows(&self, table: &'static Table, at: usize) -> Vec<Row> {
        let references: Vec<&Column> = table
            .columns
            .iter()
            .filter(|column| column.references.is_some())
            .collect();
        let others = references.iter().filter_map(|column| {
            let other = self.made.get(word(table, column))?.get(at)?;
            Some((column.name, *other))
        });
        let mut rows = vec![self.row(table, at, 0, None)];
        rows.extend(
            others
                .enumerate()
                .map(|(variant, other)| self.row(table, at, variant + 1, Some(other))),
        );
        if table.name == "task" {
            rows.extend(
                ENTITIES.iter().enumerate().map(|(variant, (word, ..))| {
                    self.row(table, at, variant + 20, Some(("entity_id", self.base[word])))
                }),
            );
        }
        rows
    }

    fn row(&self, table: &'static Table, at: usize, variant: usize, other: Option<(&str, Uuid)>) -> Row {
        let value = |column: &Column| match other {
            Some((name, id)) if name == column.name => Some(id.into()),
            _ if column.references.is_some() => self.base.get(word(table, column)).map(|id| (*id).into()),
            _ if column.name == "object_id" => self
                .base
                .get(if table.name == "comment" { "task" } else { "entity" })
                .map(|id| (*id).into()),
            _ => plain(table, column, at, variant),
        };
        table
            .columns
            .iter()
            .filter_map(|column| Some((column.name, value(column)?)))
            .collect()
    }

    /// Stores rows, but for those that are there already.
    async fn store(&mut self, table: &'static Table, word: &'static str, rows: Vec<Row>) {
        let connection = &self.studio.server.app.database;
        let ids: Vec<Uuid> = rows
            .iter()
            .filter_map(|row| row.iter().find(|(name, _)| *name == "id"))
            .filter_map(|(_, value)| id(value))
            .collect();
        insert_ignoring_duplicates(connection, table, rows)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", table.name));
        if ids.is_empty() {
            return;
        }
        let mut sql = Sql::new(format!("SELECT id FROM \"{}\" WHERE id IN ", table.name));
        sql.bind_list(ids.iter().copied());
        let stored = self.studio.server.app.database.rows(&sql).await.expect("the ids");
        let stored: Vec<Uuid> = stored
            .iter()
            .map(|row| row.try_get_by_index(0).expect("an id"))
            .collect();
        let made = self.made.entry(word).or_default();
        made.extend(ids.iter().filter(|id| stored.contains(id)));
        if let Some(first) = made.first() {
            self.base.entry(word).or_insert(*first);
        }
    }
}

fn id(value: &Value) -> Option<Uuid> {
    match value {
        Value::Uuid(id) => *id,
        _ => None,
    }
}

/// The table that a column refers to, or the kind of entities.
pub fn word(table: &Table, column: &Column) -> &'static str {
    let kind = KINDS
        .iter()
        .find(|(known, name, _)| *known == table.name && *name == column.name);
    kind.map(|(.., word)| *word).or(column.references).unwrap_or_default()
}

/// The value of a column of a row that is one of many.
fn plain(table: &Table, column: &Column, at: usize, variant: usize) -> Option<Value> {
    match column.name {
        "id" if column.kind == Kind::Uuid => Some(Uuid::new_v4().into()),
        "email" => Some(format!("{at}.{variant}@{}.example", table.name).into()),
        "revision" => Some((i32::try_from(at).unwrap_or_default() + 1).into()),
        _ => {
            let days = if variant == 0 { at } else { 0 };
            let first = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a day");
            let day = first + Days::new(u64::try_from(days).unwrap_or_default());
            plain_value(table, column, day, |max| {
                let text = format!("{}-{at}-{variant}", &table.name[..table.name.len().min(3)]);
                assert!(
                    max.is_none_or(|max| text.len() <= usize::from(max)),
                    "{}.{}",
                    table.name,
                    column.name
                );
                text
            })
        }
    }
}

/// The value of a column that refers to nothing: this day, or a text of so many characters at most. None where the usual value
/// will do.
pub fn plain_value(
    table: &Table,
    column: &Column,
    day: NaiveDate,
    text: impl FnOnce(Option<u16>) -> String,
) -> Option<Value> {
    match (column.name, column.kind) {
        ("object_type", _) => Some(if table.name == "comment" { "Task" } else { "Shot" }.into()),
        ("entity_type", _) => Some("Asset".into()),
        ("list_type", _) => Some("asset".into()),
        ("color", _) => Some("#aabbcc".into()),
        (_, _) if column.nullable || column.default != Default::None => None,
        (_, Kind::Text { .. }) if !column.choices.is_empty() => Some(column.choices[0].into()),
        (_, Kind::Text { max }) => Some(text(max).into()),
        (_, Kind::Date) => Some(day.into()),
        (_, Kind::DateTime) => Some(day.and_hms_opt(10, 0, 0).expect("an hour").into()),
        (_, Kind::Bool) => Some(false.into()),
        (_, Kind::Integer) => Some(1.into()),
        (_, Kind::BigInteger) => Some(1_i64.into()),
        (_, Kind::Float) => Some(60.0.into()),
        (_, Kind::Json) => Some(json!({}).into()),
        _ => None,
    }
}
