//! Rows of a table as the JSON objects that clients know: its columns and the name of its type.

use dailies_definitions::payload::Json;
use entity::facts::Table;
use sea_orm::{DbErr, QueryResult};

use crate::database::{Database, Field, RowWriter, Sql, stream_array, write_text};

/// What to select of a table, and how to write it.
pub(crate) struct Model {
    columns: String,
    writer: RowWriter,
    tail: Vec<u8>,
}

impl Model {
    /// All columns of a table, which the query calls `alias`.
    pub(crate) fn new(table: &'static Table, alias: &str, kind: &str) -> Self {
        Self::of(table, alias, kind, |_| true)
    }

    /// Some columns of a table.
    pub(crate) fn of(table: &'static Table, alias: &str, kind: &str, keep: impl Fn(&str) -> bool) -> Self {
        let columns = || table.columns.iter().filter(|column| keep(column.name));
        let names: Vec<String> = columns().map(|column| format!("{alias}.\"{}\"", column.name)).collect();
        let mut tail = b",\"type\":".to_vec();
        write_text(&mut tail, kind);
        Self { columns: names.join(", "), writer: RowWriter::new(columns().map(Field::from)), tail }
    }

    /// The columns to select first.
    pub(crate) fn columns(&self) -> &str {
        &self.columns
    }

    /// Number of columns that it selects; what a query selects besides comes after them.
    pub(crate) fn width(&self) -> usize {
        self.writer.width()
    }

    /// Writes the object without its closing brace, so that keys can be added.
    pub(crate) fn write_open(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        out.push(b'{');
        self.writer.write(out, row)?;
        out.extend_from_slice(&self.tail);
        Ok(())
    }

    /// Writes the object.
    pub(crate) fn write(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        self.write_open(out, row)?;
        out.push(b'}');
        Ok(())
    }

    /// Answers a list with an object for each row of a query that selects [`Model::columns`].
    pub(crate) async fn list<T>(self, database: &Database, sql: Sql) -> Result<Json<T>, DbErr> {
        Ok(stream_array(database, sql, move |out, row| self.write(out, row)).await?.into())
    }
}
