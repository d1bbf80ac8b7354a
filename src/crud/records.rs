//! Records as they are stored, and the bodies that change them.

use std::collections::HashMap;

use dailies_definitions::query::parse_id;
use dailies_definitions::rules::RecordRule;
use sea_orm::Value as SqlValue;
use serde_json::{Map, Value};
use uuid::Uuid;

/// A record as it is stored, for the rules that look at it.
#[derive(Clone, Debug)]
pub struct Record {
    pub id: Uuid,
    /// Every column, by name.
    pub values: Map<String, Value>,
}

impl Record {
    /// A column that holds an identifier.
    #[must_use]
    pub fn id_of(&self, column: &str) -> Option<Uuid> {
        self.values.get(column).and_then(Value::as_str).and_then(parse_id)
    }

    /// A column that holds text.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&str> {
        self.values.get(column).and_then(Value::as_str)
    }

    /// A column that holds a yes or no.
    #[must_use]
    pub fn flag(&self, column: &str) -> bool {
        self.values.get(column).and_then(Value::as_bool).unwrap_or_default()
    }
}

/// Contents of a body, once it has been brought into the types of the columns.
#[derive(Debug, Default)]
pub struct Changes {
    pub columns: Vec<(&'static str, SqlValue)>,
    /// New sets of related ids.
    pub relations: HashMap<&'static str, Vec<Uuid>>,
}

impl Changes {
    /// Sets a column, in place of what the body says.
    pub fn set(&mut self, column: &'static str, value: impl Into<SqlValue>) {
        self.columns.retain(|(name, _)| *name != column);
        self.columns.push((column, value.into()));
    }

    /// New value of a column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&SqlValue> {
        crate::database::value_of(&self.columns, column)
    }
}

/// Update that somebody asks for, where the contract names a rule about records.
#[derive(Clone, Copy, Debug)]
pub struct AskedUpdate<'a> {
    pub rule: RecordRule,
    /// The record as it is stored.
    pub record: &'a Record,
    pub body: &'a Map<String, Value>,
}

/// Record that was written just now.
#[derive(Clone, Copy, Debug)]
pub struct WrittenRecord<'a> {
    pub id: Uuid,
    /// The body that was sent.
    pub body: &'a Map<String, Value>,
    /// True if the record is new.
    pub created: bool,
}
