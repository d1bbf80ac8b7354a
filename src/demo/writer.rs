//! Writes many rows, in transactions short enough for a server that works on the same database.

use entity::facts::Table;
use sea_orm::{DbErr, Value};

use crate::database::{self, Database, Transaction};
use crate::progress::Progress;

/// Columns of a row.
pub type Row = Vec<(&'static str, Value)>;

/// Rows of a transaction.
const ROWS: usize = 3000;

/// Placeholders of a statement. SQLite looks each of them up among all others, so that many small
/// statements are much faster than a few large ones.
const PLACEHOLDERS: usize = 1000;

/// Stores the rows of a transaction.
async fn store(table: &'static Table, rows: &[Row], at_once: usize) -> Result<(), DbErr> {
    let transaction = Transaction::current()?;
    for some in rows.chunks(at_once) {
        database::insert_many(&transaction, table, some.to_vec()).await?;
    }
    transaction.finish();
    Ok(())
}

/// Writes rows, and tells how far it is.
pub struct Writer<'a> {
    pub database: &'a Database,
    pub progress: &'a Progress,
}

impl Writer<'_> {
    /// Writes rows of a table.
    ///
    /// # Errors
    /// The database refuses a row. What went before it is stored.
    pub async fn write(
        &self,
        part: &'static str,
        table: &'static Table,
        rows: impl ExactSizeIterator<Item = Row>,
    ) -> Result<(), DbErr> {
        self.progress.part(part, rows.len());
        let at_once = (PLACEHOLDERS / table.columns.len()).max(1);
        let mut rows = rows.peekable();
        while rows.peek().is_some() {
            let portion: Vec<Row> = rows.by_ref().take(ROWS).collect();
            self.database.transact(|| store(table, &portion, at_once)).await?;
            self.progress.done(portion.len());
        }
        Ok(())
    }
}
