//! Records of a table as the JSON objects that clients know: columns, keys from elsewhere, and the name of the type.

use dailies_definitions::payload::Json;
use entity::facts::{Kind, Table};
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use super::{Database, Field, RowWriter, SelectList, SelectedColumn, Sql, stream_array, write_text};

/// Columns that a query selects first, and how that becomes a JSON object.
#[derive(Clone, Debug)]
pub struct RecordWriter {
    /// SQL of each selected value, which is called like its key.
    columns: Vec<String>,
    rows: RowWriter,
    /// `,"type":"Task"`
    tail: Vec<u8>,
}

impl RecordWriter {
    /// All columns of a table, which the query calls `alias`, and the type.
    #[must_use]
    pub fn new(table: &'static Table, alias: &str, type_name: &str) -> Self {
        Self::of(table, alias, type_name, |_| true)
    }

    /// Some columns of a table, and the type.
    #[must_use]
    pub fn of(table: &'static Table, alias: &str, type_name: &str, keep: impl Fn(&str) -> bool) -> Self {
        let columns = table.columns.iter().filter(|column| keep(column.name));
        Self::select(
            columns.map(|column| (format!("{alias}.\"{}\"", column.name), Field::from(column))),
            Some(type_name),
        )
    }

    /// Any keys, each with its SQL, and the type unless it is among them.
    #[must_use]
    pub fn select(keys: impl IntoIterator<Item = (String, Field)>, type_name: Option<&str>) -> Self {
        let (columns, fields): (Vec<String>, Vec<Field>) = keys
            .into_iter()
            .map(|(sql, field)| (called(sql, &field.key), field))
            .unzip();
        let mut tail = Vec::new();
        if let Some(type_name) = type_name {
            tail.extend_from_slice(if fields.is_empty() { b"\"type\":" } else { b",\"type\":" });
            write_text(&mut tail, type_name);
        }
        Self {
            columns,
            rows: RowWriter::new(fields),
            tail,
        }
    }

    /// Adds keys: SQL, name and what it holds.
    #[must_use]
    pub fn with(mut self, keys: &[(&str, &str, Kind)]) -> Self {
        for (sql, key, kind) in keys {
            self.columns.push(called((*sql).to_owned(), key));
            self.rows.push(Field::new(*key, *kind));
        }
        self
    }

    /// Columns that the query selects first. Each column is called like the key that is made of it.
    #[must_use]
    pub fn columns(&self) -> String {
        self.columns.join(", ")
    }

    /// Columns for a list.
    pub(super) fn selected(&self) -> impl Iterator<Item = String> {
        self.columns.iter().cloned()
    }

    /// Writes the keys alone, without braces and type, of a query whose list of columns has them behind others.
    ///
    /// # Errors
    /// A column does not hold what it should.
    pub fn write_keys(&self, out: &mut Vec<u8>, row: &QueryResult, first: SelectedColumn) -> Result<(), DbErr> {
        self.rows.write_from(out, row, first.0)
    }

    /// Writes the object without its closing brace, so that keys can be added.
    ///
    /// # Errors
    /// A column does not hold what it should.
    pub fn write_open(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        out.push(b'{');
        self.rows.write(out, row)?;
        out.extend_from_slice(&self.tail);
        Ok(())
    }

    /// Writes the object.
    ///
    /// # Errors
    /// A column does not hold what it should.
    pub fn write(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        self.write_open(out, row)?;
        out.push(b'}');
        Ok(())
    }

    /// Answers a list with an object for each row of a query that selects [`RecordWriter::columns`].
    ///
    /// # Errors
    /// The database refuses the query.
    pub async fn list<T>(self, database: &Database, sql: Sql) -> Result<Json<T>, DbErr> {
        Ok(stream_array(database, sql, move |out, row| self.write(out, row))
            .await?
            .into())
    }
}

/// A value by its SQL under the name of its key.
fn called(sql: String, key: &str) -> String {
    let column = sql.rsplit('.').next().unwrap_or_default().trim_matches('"');
    if column == key {
        sql
    } else {
        format!("{sql} AS \"{key}\"")
    }
}

/// Writes a record that another one carries: a table which a query joins, and whose columns it selects behind others.
#[derive(Clone, Debug)]
pub struct NestedWriter {
    /// `,"source_file":`
    key: Vec<u8>,
    /// The first of its columns, and the one that holds its id.
    first: SelectedColumn,
    id: SelectedColumn,
    record: RecordWriter,
}

impl NestedWriter {
    /// A writer of the rows of a table, which the query calls `alias`, under a key. The list gets its columns.
    #[must_use]
    pub fn new(key: &str, table: &'static Table, alias: &str, type_name: &str, list: &mut SelectList) -> Self {
        let record = RecordWriter::new(table, alias, type_name);
        let first = list.add_record(&record);
        let id = table
            .columns
            .iter()
            .position(|column| column.name == "id")
            .unwrap_or_default();
        Self {
            key: format!(",\"{key}\":").into_bytes(),
            first,
            id: SelectedColumn(first.0 + id),
            record,
        }
    }

    /// Number of bytes that are written before the object.
    #[must_use]
    pub fn key_width(&self) -> usize {
        self.key.len()
    }

    /// Writes the key with the object, and says so; nothing where the row carries none.
    ///
    /// # Errors
    /// A column does not hold what it should.
    pub fn write_found(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<bool, DbErr> {
        if self.id.read::<Option<Uuid>>(row)?.is_none() {
            return Ok(false);
        }
        out.extend_from_slice(&self.key);
        out.push(b'{');
        self.record.write_keys(out, row, self.first)?;
        out.extend_from_slice(&self.record.tail);
        out.push(b'}');
        Ok(true)
    }

    /// Writes the key with the object, or null where the row carries none.
    ///
    /// # Errors
    /// A column does not hold what it should.
    pub fn write(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        if !self.write_found(out, row)? {
            out.extend_from_slice(&self.key);
            out.extend_from_slice(b"null");
        }
        Ok(())
    }
}
