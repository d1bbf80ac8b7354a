//! Columns of a query with many rows. Each is asked for once, while the statement is written, and then read from every row
//! without its name being looked up. Nobody counts columns: whoever adds one keeps what reads it.

use std::fmt;

use entity::facts::Kind;
use sea_orm::{DbErr, QueryResult, TryGetable};

use super::RecordWriter;
use super::rows::write_value;

/// A column of a query, as the list of its columns gave it.
#[derive(Clone, Copy, Debug)]
pub struct SelectedColumn(pub(super) usize);

impl SelectedColumn {
    /// Its value in a row.
    ///
    /// # Errors
    /// The column does not hold what it should.
    pub fn read<T: TryGetable>(self, row: &QueryResult) -> Result<T, DbErr> {
        row.try_get_by_index(self.0)
    }

    /// Writes its value in a row as JSON.
    ///
    /// # Errors
    /// The column does not hold what it should.
    pub fn write(self, out: &mut Vec<u8>, row: &QueryResult, kind: Kind) -> Result<(), DbErr> {
        write_value(out, row, self.0, kind)
    }
}

/// Columns that a query selects, in its order.
#[derive(Clone, Debug, Default)]
pub struct SelectList(Vec<String>);

impl SelectList {
    /// A list that begins with the columns of a record, as its writer wants them.
    #[must_use]
    pub fn of_record(record: &RecordWriter) -> Self {
        let mut list = Self::default();
        list.add_record(record);
        list
    }

    /// Adds a column by its SQL.
    pub fn add(&mut self, sql: impl Into<String>) -> SelectedColumn {
        self.0.push(sql.into());
        SelectedColumn(self.0.len() - 1)
    }

    /// Adds the columns of a record, and gives the first of them.
    pub fn add_record(&mut self, record: &RecordWriter) -> SelectedColumn {
        let first = SelectedColumn(self.0.len());
        self.0.extend(record.selected());
        first
    }
}

impl fmt::Display for SelectList {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Database, Field, Sql};

    #[tokio::test]
    async fn columns_are_read_by_what_added_them() -> Result<(), DbErr> {
        let number = |sql: &str, key: &str| (sql.to_owned(), Field::new(key, Kind::Integer));
        let record = RecordWriter::select([number("1", "one"), number("2", "two")], None);
        let mut list = SelectList::default();
        let before = list.add("'before'");
        let first = list.add_record(&record);
        let after = list.add("'after'");
        let database = Database::connect("sqlite::memory:", 1).await?;
        let row = database
            .row(&Sql::new(format!("SELECT {list}")))
            .await?
            .ok_or_else(|| DbErr::RecordNotFound("the row".into()))?;
        assert_eq!(
            (before.read::<String>(&row)?, after.read::<String>(&row)?),
            ("before".to_owned(), "after".to_owned())
        );
        let mut out = Vec::new();
        record.write_keys(&mut out, &row, first)?;
        assert_eq!(String::from_utf8(out).as_deref(), Ok("\"one\":1,\"two\":2"));
        Ok(())
    }
}
