//! Rows of an archive on their way into a table.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use sea_orm::{DbBackend, Value};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::DumpError;
use super::manifest::{ColumnPart, TablePart, Word};
use crate::database::{self, Sql, Transaction};

/// Bytes of lines that one statement on PostgreSQL stores.
const STATEMENT_BYTES: usize = 1024 * 1024;
/// Placeholders of one statement on SQLite.
const PLACEHOLDERS: usize = 1000;

/// Storer of the rows of one table.
pub(super) struct Loader<'a> {
    table: &'a str,
    columns: &'a [ColumnPart],
    /// `INSERT INTO … (…)`.
    head: String,
    /// Types of the columns on PostgreSQL, in their order.
    types: Vec<String>,
}

impl<'a> Loader<'a> {
    /// One for a table whose columns have these types on this database.
    ///
    /// # Errors
    /// The database has no such column.
    pub(super) fn new(part: &'a TablePart, types: &HashMap<(String, String), String>) -> Result<Self, DumpError> {
        let kind = |column: &ColumnPart| {
            let place = (part.name.clone(), column.name.clone());
            types
                .get(&place)
                .cloned()
                .ok_or_else(|| DumpError::NoDump(format!("the database has no column {}.{}", part.name, column.name)))
        };
        let types = part.columns.iter().map(kind).collect::<Result<_, _>>()?;
        let names: Vec<String> = part
            .columns
            .iter()
            .map(|column| format!("\"{}\"", column.name))
            .collect();
        let head = format!("INSERT INTO \"{}\" ({})", part.name, names.join(", "));
        Ok(Self {
            table: &part.name,
            columns: &part.columns,
            head,
            types,
        })
    }

    /// Stores every row of a member.
    ///
    /// # Errors
    /// The database refuses a row, or the member can't be read.
    pub(super) async fn load(&self, transaction: &Transaction, content: impl Read) -> Result<(), DumpError> {
        let mut content = BufReader::new(content);
        let postgres = sea_orm::ConnectionTrait::get_database_backend(transaction) == DbBackend::Postgres;
        let most = (PLACEHOLDERS / self.columns.len().max(1)).max(1);
        let (mut lines, mut bytes): (Vec<String>, usize) = (Vec::new(), 0);
        loop {
            let mut line = String::new();
            let ended = content.read_line(&mut line)? == 0;
            if !ended {
                bytes += line.len();
                lines.push(line);
            }
            let enough = if postgres {
                bytes >= STATEMENT_BYTES
            } else {
                lines.len() >= most
            };
            if !lines.is_empty() && (ended || enough) {
                let sql = if postgres {
                    self.text(&lines)
                } else {
                    self.values(&lines)?
                };
                let refused = |error| DumpError::Table {
                    table: self.table.to_owned(),
                    error,
                };
                database::execute(transaction, &sql).await.map_err(refused)?;
                lines.clear();
                bytes = 0;
            }
            if ended {
                return Ok(());
            }
        }
    }

    /// The statement that lets PostgreSQL take the lines apart.
    fn text(&self, lines: &[String]) -> Sql {
        let values: Vec<String> = self
            .columns
            .iter()
            .zip(&self.types)
            .map(|(column, kind)| format!("CAST(r.\"{}\" AS {kind})", column.name))
            .collect();
        let fields: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                format!(
                    "\"{}\" {}",
                    column.name,
                    if column.kind.is_list() { "text[]" } else { "text" }
                )
            })
            .collect();
        let text = format!(
            "{} SELECT {} FROM json_to_recordset(CAST(CAST($1 AS text) AS json)) AS r({})",
            self.head,
            values.join(", "),
            fields.join(", ")
        );
        Sql::with(text, [format!("[{}]", lines.join(",")).into()])
    }

    /// The statement that gives SQLite each value.
    fn values(&self, lines: &[String]) -> Result<Sql, DumpError> {
        let wrong = |error: serde_json::Error| DumpError::Damaged(format!("a row of {}: {error}", self.table));
        let mut sql = Sql::new(format!("{} VALUES ", self.head));
        for (at, line) in lines.iter().enumerate() {
            let row: HashMap<&str, &RawValue> = serde_json::from_str(line).map_err(wrong)?;
            let value = |column: &ColumnPart| {
                value(
                    column.kind,
                    row.get(column.name.as_str()).map_or("null", |raw| raw.get()),
                )
            };
            let values = self
                .columns
                .iter()
                .map(value)
                .collect::<Result<Vec<_>, _>>()
                .map_err(wrong)?;
            if at > 0 {
                sql.push(", ");
            }
            sql.bind_list(values);
        }
        Ok(sql)
    }
}

impl Word {
    fn is_list(self) -> bool {
        matches!(self, Self::TextList | Self::JsonList | Self::BytesList)
    }
}

/// A value as SQLite stores it, from its JSON.
fn value(kind: Word, json: &str) -> Result<Value, serde_json::Error> {
    let text = || serde_json::from_str::<Option<String>>(json);
    Ok(match kind {
        Word::Uuid => Value::Uuid(serde_json::from_str(json)?),
        Word::Boolean => Value::Bool(serde_json::from_str(json)?),
        Word::Integer => Value::BigInt(serde_json::from_str(json)?),
        Word::Float => Value::Double(number(json)),
        Word::Text | Word::Date | Word::Json => Value::String(text()?),
        Word::Moment => Value::String(text()?.map(|moment| moment.replacen('T', " ", 1))),
        Word::Bytes => Value::Bytes(text()?.map(|digits| bytes(&digits))),
        Word::TextList => Value::String(list::<String>(json)?.map(|items| join(items.iter().map(|item| quoted(item))))),
        Word::JsonList => Value::String(list::<String>(json)?.map(|items| join(items.into_iter()))),
        Word::BytesList => {
            let texts =
                |items: Vec<String>| join(items.iter().map(|item| quoted(&String::from_utf8_lossy(&bytes(item)))));
            Value::String(list::<String>(json)?.map(texts))
        }
    })
}

/// The items of a list. SQLite keeps none that are null, which stand for no item.
fn list<'a, T: Deserialize<'a>>(json: &'a str) -> Result<Option<Vec<T>>, serde_json::Error> {
    Ok(serde_json::from_str::<Option<Vec<Option<T>>>>(json)?.map(|items| items.into_iter().flatten().collect()))
}

fn join(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The very number that was written. SQLite has none of those that are words.
fn number(json: &str) -> Option<f64> {
    json.trim_matches('"')
        .parse()
        .ok()
        .filter(|number: &f64| !number.is_nan())
}

/// Bytes from two digits each, behind `\x`.
fn bytes(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits
        .trim_start_matches("\\x")
        .chars()
        .filter_map(|digit| digit.to_digit(16)?.try_into().ok())
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_that_were_written() {
        let stored = |kind, json| value(kind, json).expect("a value");
        assert_eq!(stored(Word::Float, "0.1"), Value::Double(Some(0.1)));
        assert_eq!(stored(Word::Float, "null"), Value::Double(None));
        assert_eq!(stored(Word::Float, "\"NaN\""), Value::Double(None));
        assert_eq!(
            stored(Word::Moment, "\"2026-03-01T10:00:00.000123\""),
            Value::String(Some("2026-03-01 10:00:00.000123".into()))
        );
        assert_eq!(
            stored(Word::Json, r#""{\"a\": 1}""#),
            Value::String(Some(r#"{"a": 1}"#.into()))
        );
        assert_eq!(stored(Word::Bytes, r#""\\x00ff""#), Value::Bytes(Some(vec![0, 255])));
        assert_eq!(
            stored(Word::TextList, r#"["a\"b",null]"#),
            Value::String(Some(r#"["a\"b"]"#.into()))
        );
        assert_eq!(
            stored(Word::JsonList, r#"["{\"a\": 1}","2"]"#),
            Value::String(Some(r#"[{"a": 1},2]"#.into()))
        );
        assert_eq!(
            stored(Word::BytesList, r#"["\\x6162"]"#),
            Value::String(Some(r#"["ab"]"#.into()))
        );
        assert!(value(Word::Boolean, "1").is_err());
    }
}
