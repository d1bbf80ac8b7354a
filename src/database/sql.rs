//! A statement that is put together from text and values. Both databases take its placeholders (`$1`, `$2`, …).

use std::fmt::Write;

use sea_orm::sea_query::ArrayType;
use sea_orm::{DbBackend, Statement, Value};

/// Text of a statement with the values of its placeholders.
#[derive(Clone, Debug, Default)]
pub struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// Starts a statement.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: Vec::new() }
    }

    /// Starts a statement whose text already holds `$1`, `$2`, … for these values.
    pub fn with(text: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Self {
        Self { text: text.into(), values: values.into_iter().collect() }
    }

    /// Adds text.
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a placeholder for a value.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let _ = write!(self.text, "${}", self.values.len());
        self
    }

    /// Adds placeholders for several values, with commas between them, in round brackets. No value gives a list that
    /// nothing is in.
    pub fn bind_list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        self.text.push('(');
        let start = self.text.len();
        for value in values {
            if self.text.len() > start {
                self.text.push_str(", ");
            }
            self.bind(value);
        }
        if self.text.len() == start {
            self.text.push_str("NULL");
        }
        self.text.push(')');
        self
    }

    /// The same statement with text before it. The text holds no placeholders.
    #[must_use]
    pub fn before(mut self, text: &str) -> Self {
        self.text.insert_str(0, text);
        self
    }

    /// The text so far.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn statement(&self, backend: DbBackend) -> Statement {
        let values = self.values.iter().cloned().map(|value| fit(value, backend));
        Statement::from_sql_and_values(backend, self.text.clone(), values)
    }
}

/// SQLite has no arrays: there they are text that holds a JSON list.
fn fit(value: Value, backend: DbBackend) -> Value {
    match (backend, value) {
        (DbBackend::Sqlite, Value::Array(ArrayType::Json, None) | Value::Array(_, None)) => Value::String(None),
        (DbBackend::Sqlite, Value::Array(_, Some(items))) => {
            let items: Vec<serde_json::Value> = items.into_iter().map(item).collect();
            Value::String(Some(serde_json::Value::from(items).to_string()))
        }
        (_, value) => value,
    }
}

fn item(value: Value) -> serde_json::Value {
    match value {
        Value::String(Some(text)) => text.into(),
        Value::Json(Some(json)) => *json,
        Value::Bytes(Some(bytes)) => String::from_utf8_lossy(&bytes).into(),
        _ => serde_json::Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::Sql;

    #[test]
    fn values_get_numbered_places() {
        let mut sql = Sql::new("SELECT 1 WHERE a = ");
        sql.bind("x").push(" AND b IN ").bind_list([1, 2]).push(" AND c IN ").bind_list(Vec::<i32>::new());
        assert_eq!(sql.text(), "SELECT 1 WHERE a = $1 AND b IN ($2, $3) AND c IN (NULL)");
    }
}
