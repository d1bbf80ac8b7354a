//! A statement that is put together from text and values. Both databases take its placeholders (`$1`, `$2`, …).

use std::fmt::Write;

use sea_orm::sea_query::ArrayType;
use sea_orm::{DbBackend, Statement, Value};
use uuid::Uuid;

use super::dialect::{like_pattern, like_text, same_text};

/// Characters around the two sides of a comparison of texts, until it is known which database reads them. No statement holds
/// them otherwise.
const MARKS: [&str; 3] = ["\u{1}", "\u{2}", "\u{3}"];
/// The same for a text and a pattern.
const PATTERN_MARKS: [&str; 3] = ["\u{4}", "\u{5}", "\u{6}"];
/// Bytes of the longest pattern that is looked for. No name is that long, and SQLite reads no patterns that are much longer.
const LONGEST_PATTERN: usize = 2000;

/// Text of a statement with the values of its placeholders.
#[derive(Clone, Debug, Default)]
pub struct Sql {
    text: String,
    values: Vec<Value>,
    /// Places of the values that are patterns.
    patterns: Vec<usize>,
}

impl Sql {
    /// Starts a statement.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            values: Vec::new(),
            patterns: Vec::new(),
        }
    }

    /// Starts a statement whose text already holds `$1`, `$2`, … for these values.
    pub fn with(text: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Self {
        Self {
            text: text.into(),
            values: values.into_iter().collect(),
            patterns: Vec::new(),
        }
    }

    /// Starts a statement whose text names these ids as ` = ANY($1)`, however many they are and how often it does.
    pub fn of_ids(text: impl Into<String>, ids: &[Uuid]) -> Self {
        Self {
            text: text.into(),
            values: vec![array(ids)],
            patterns: Vec::new(),
        }
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

    /// Adds the condition that a text equals another one whatever the case of its letters, in every script and on both
    /// databases alike. Nothing in the text has a meaning of its own.
    pub fn same_text(&mut self, column: &str, value: impl Into<Value>) -> &mut Self {
        self.push(MARKS[0])
            .push(column)
            .push(MARKS[1])
            .bind(value)
            .push(MARKS[2])
    }

    /// Adds the condition that a text is like a pattern whatever the case of its letters: `%` stands for any characters or none,
    /// and nothing else in it has a meaning of its own. A pattern that is longer than every name is like none.
    pub fn like_text(&mut self, column: &str, pattern: &str) -> &mut Self {
        if !pattern.contains('%') {
            return self.same_text(column, pattern);
        }
        if pattern.len() > LONGEST_PATTERN {
            return self.push("1 = 0");
        }
        self.patterns.push(self.values.len());
        self.push(PATTERN_MARKS[0])
            .push(column)
            .push(PATTERN_MARKS[1])
            .bind(pattern)
            .push(PATTERN_MARKS[2])
    }

    /// Takes a value in, and gives the placeholder that stands for it in text that is still to be put together.
    #[must_use]
    pub fn slot(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Takes the values of another piece in, and gives its text with the placeholders that stand for them here.
    #[must_use]
    pub fn embed(&mut self, piece: &Self) -> String {
        let before = self.values.len();
        self.values.extend(piece.values.iter().cloned());
        self.patterns.extend(piece.patterns.iter().map(|at| before + at));
        let mut parts = piece.text.split('$');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.len() - part.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
            let (number, rest) = part.split_at(digits);
            match number.parse::<usize>() {
                Ok(number) => text.push_str(&format!("${}{rest}", before + number)),
                Err(_) => text.push_str(&format!("${part}")),
            }
        }
        text
    }

    /// Adds the condition that what stands before is one of these ids, however many they are: the text is always the same,
    /// so that the database knows the statement already.
    pub fn among(&mut self, ids: &[Uuid]) -> &mut Self {
        self.values.push(array(ids));
        let _ = write!(self.text, " = ANY(${})", self.values.len());
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
        let mut text = self.text.clone();
        if backend == DbBackend::Sqlite {
            for (at, _) in self
                .values
                .iter()
                .enumerate()
                .filter(|(_, value)| matches!(value, Value::Array(ArrayType::Uuid, _)))
            {
                let place = at + 1;
                text = text.replace(
                    &format!(" = ANY(${place})"),
                    &format!(" IN (SELECT unhex(value) FROM json_each(${place}))"),
                );
            }
        }
        for (marks, written) in [(MARKS, same_text(backend)), (PATTERN_MARKS, like_text(backend))] {
            if text.contains(marks[0]) {
                for (mark, written) in marks.iter().zip(written) {
                    text = text.replace(mark, written);
                }
            }
        }
        let values = self.values.iter().enumerate().map(|(at, value)| match value {
            Value::String(Some(pattern)) if self.patterns.contains(&at) => Value::from(like_pattern(pattern, backend)),
            value => fit(value.clone(), backend),
        });
        Statement::from_sql_and_values(backend, text, values)
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
        Value::Uuid(Some(id)) => id.simple().to_string().into(),
        Value::Json(Some(json)) => *json,
        Value::Bytes(Some(bytes)) => String::from_utf8_lossy(&bytes).into(),
        _ => serde_json::Value::Null,
    }
}

/// Ids as one value.
fn array(ids: &[Uuid]) -> Value {
    Value::Array(
        ArrayType::Uuid,
        Some(Box::new(ids.iter().map(|id| Value::Uuid(Some(*id))).collect())),
    )
}

#[cfg(test)]
mod tests {
    use sea_orm::{DbBackend, Value};
    use uuid::Uuid;

    use super::Sql;

    #[test]
    fn many_ids_are_one_value() {
        let mut sql = Sql::new("SELECT 1 WHERE a");
        sql.among(&[Uuid::from_u128(1), Uuid::from_u128(2)])
            .push(" AND b")
            .among(&[]);
        assert_eq!(
            sql.statement(DbBackend::Postgres).sql,
            "SELECT 1 WHERE a = ANY($1) AND b = ANY($2)"
        );
        let statement = sql.statement(DbBackend::Sqlite);
        assert_eq!(
            statement.sql,
            "SELECT 1 WHERE a IN (SELECT unhex(value) FROM json_each($1)) AND b IN (SELECT unhex(value) FROM json_each($2))"
        );
        assert_eq!(statement.values.map(|values| values.0.len()), Some(2));
    }

    #[test]
    fn texts_are_compared_by_the_means_of_each_database() {
        let mut sql = Sql::new("SELECT 1 WHERE ");
        sql.same_text("t.name", "Hero").push(" AND b");
        let written = |backend| sql.statement(backend).sql;
        assert_eq!(
            written(DbBackend::Sqlite),
            "SELECT 1 WHERE t.name = $1 COLLATE dailies_nocase AND b"
        );
        assert_eq!(
            written(DbBackend::Postgres),
            "SELECT 1 WHERE LOWER(t.name COLLATE \"und-x-icu\") = LOWER($1 COLLATE \"und-x-icu\") AND b"
        );
    }

    #[test]
    fn patterns_are_read_by_the_means_of_each_database() {
        let mut piece = Sql::default();
        piece.like_text("t.name", "h_%");
        let mut sql = Sql::new("SELECT 1 WHERE a = ");
        sql.bind("%_").push(" AND ");
        let text = sql.embed(&piece);
        sql.push(&text);
        let statement = sql.statement(DbBackend::Sqlite);
        assert_eq!(statement.sql, "SELECT 1 WHERE a = $1 AND t.name GLOB $2");
        assert_eq!(
            statement.values.map(|values| values.0),
            Some(vec![Value::from("%_"), Value::from("[hhH]_*")])
        );
        let statement = sql.statement(DbBackend::Postgres);
        assert_eq!(
            statement.sql,
            "SELECT 1 WHERE a = $1 AND LOWER(t.name COLLATE \"und-x-icu\") LIKE LOWER($2 COLLATE \"und-x-icu\")"
        );
        assert_eq!(
            statement.values.map(|values| values.0),
            Some(vec![Value::from("%_"), Value::from("h\\_%")])
        );
        let mut long = Sql::default();
        assert_eq!(long.like_text("t.name", &"%".repeat(2001)).text(), "1 = 0");
        let mut plain = Sql::default();
        plain.like_text("t.name", "h_");
        assert_eq!(
            plain.statement(DbBackend::Sqlite).sql,
            "t.name = $1 COLLATE dailies_nocase"
        );
    }

    #[test]
    fn values_get_numbered_places() {
        let mut sql = Sql::new("SELECT 1 WHERE a = ");
        sql.bind("x")
            .push(" AND b IN ")
            .bind_list([1, 2])
            .push(" AND c IN ")
            .bind_list(Vec::<i32>::new());
        assert_eq!(sql.text(), "SELECT 1 WHERE a = $1 AND b IN ($2, $3) AND c IN (NULL)");
    }

    #[test]
    fn pieces_get_the_next_places() {
        let mut sql = Sql::new("SELECT 1 WHERE a = ");
        sql.bind("x");
        let piece = Sql::with(
            "b = $1 AND c = $2 AND d = data -> '$.e' AND f = $1",
            ["y".into(), "z".into()],
        );
        let text = sql.embed(&piece);
        assert_eq!(text, "b = $2 AND c = $3 AND d = data -> '$.e' AND f = $2");
        assert_eq!(sql.slot("w"), "$4");
    }
}
