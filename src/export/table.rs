//! A table as a file: lines of cells with semicolons between them, sent while the rows are read.

use chrono::{NaiveDate, NaiveDateTime};
use csv::{Terminator, WriterBuilder};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use poem::http::header;
use poem::{Body, Response};
use sea_orm::{DbBackend, DbErr, QueryResult};

use super::cells::guarded;
use crate::database::{Database, SelectList, SelectedColumn, Sql, stream_lines};
use crate::storage::Disposition;

/// The text of a cell, from a column of a row.
type Cell = fn(&QueryResult, SelectedColumn) -> Result<String, DbErr>;

/// A column of a table: its heading, the SQL of its values, and how they become cells.
#[derive(Clone, Copy)]
pub(super) struct Column {
    heading: &'static str,
    sql: &'static str,
    cell: Cell,
}

impl Column {
    /// True if it has that heading.
    pub(super) fn is(&self, heading: &str) -> bool {
        self.heading == heading
    }

    /// A column of texts.
    pub(super) const fn text(heading: &'static str, sql: &'static str) -> Self {
        Self {
            heading,
            sql,
            cell: text,
        }
    }

    /// A column of whole numbers.
    pub(super) const fn integer(heading: &'static str, sql: &'static str) -> Self {
        Self {
            heading,
            sql,
            cell: integer,
        }
    }

    /// A column of numbers, always with a fraction.
    pub(super) const fn number(heading: &'static str, sql: &'static str) -> Self {
        Self {
            heading,
            sql,
            cell: number,
        }
    }

    /// A column of days.
    pub(super) const fn day(heading: &'static str, sql: &'static str) -> Self {
        Self {
            heading,
            sql,
            cell: day,
        }
    }

    /// A column of the days of moments.
    pub(super) const fn day_of(heading: &'static str, sql: &'static str) -> Self {
        Self {
            heading,
            sql,
            cell: day_of,
        }
    }
}

/// A table to send: the end of its file's name, and its first lines.
pub(super) struct Table {
    /// The name without `kitsu_` before it and `.csv` behind it.
    pub(super) name: String,
    pub(super) media_type: &'static str,
    pub(super) headings: Vec<String>,
    /// Lines before the headings.
    pub(super) before: Vec<Vec<String>>,
}

impl Table {
    /// Sends a table of the whole studio, with a line for each row of `from`, which is a query from `FROM` on.
    ///
    /// # Errors
    /// The database refuses the query.
    pub(super) async fn of_studio(
        database: &Database,
        name: &str,
        columns: &[Column],
        from: Sql,
    ) -> Result<Media, Failure> {
        let headings = columns.iter().map(|column| column.heading.to_owned()).collect();
        let table = Self {
            name: name.to_owned(),
            media_type: "text/csv; charset=utf-8",
            headings,
            before: Vec::new(),
        };
        let mut list = SelectList::default();
        let cells: Vec<(Cell, SelectedColumn)> = columns
            .iter()
            .map(|column| (column.cell, list.add(column.sql)))
            .collect();
        let sql = from.before(&format!("SELECT {list} "));
        table
            .send(database, sql, move |row| {
                cells.iter().map(|(cell, column)| cell(row, *column)).collect()
            })
            .await
    }

    /// A table of one production.
    pub(super) fn of_production(project_name: &str, name: &str, headings: Vec<String>) -> Self {
        Self {
            name: file_name(&format!("{project_name} {name}")),
            media_type: "text/csv",
            headings,
            before: Vec::new(),
        }
    }

    /// Sends a line for each row of the query; `cells` takes the row apart.
    ///
    /// # Errors
    /// The database refuses the query.
    pub(super) async fn send<F>(self, database: &Database, sql: Sql, cells: F) -> Result<Media, Failure>
    where
        F: Fn(&QueryResult) -> Result<Vec<String>, DbErr> + Send + 'static,
    {
        let mut first = Vec::new();
        for line in self.before.iter().chain([&self.headings]) {
            write_line(&mut first, line)?;
            first.push(b'\n');
        }
        let sent = stream_lines(database, sql, &first, move |out, row| write_line(out, &cells(row)?)).await?;
        let disposition = Disposition::Attachment(&format!("kitsu_{}.csv", self.name)).header();
        let response = Response::builder()
            .header(header::CONTENT_TYPE, self.media_type)
            .header(header::CONTENT_DISPOSITION, disposition);
        Ok(Media::new(response.body(Body::from(sent))))
    }
}

/// Writes one line up to its carriage return; whoever sends lines adds the line feed.
fn write_line(out: &mut Vec<u8>, cells: &[String]) -> Result<(), DbErr> {
    let mut writer = WriterBuilder::new()
        .delimiter(b';')
        .terminator(Terminator::Any(b'\r'))
        .buffer_capacity(1024)
        .from_writer(out);
    writer
        .write_record(cells.iter().map(|cell| guarded(cell).into_owned()))
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    writer.flush().map_err(|error| DbErr::Custom(error.to_string()))
}

/// Letters of the Latin alphabet in lower case and digits, with underscores for what is between them.
fn file_name(name: &str) -> String {
    let ascii = deunicode::deunicode(name).to_ascii_lowercase();
    let words: Vec<&str> = ascii
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.join("_")
}

/// Text of a column, empty for null.
pub(super) fn text(row: &QueryResult, column: SelectedColumn) -> Result<String, DbErr> {
    Ok(column.read::<Option<String>>(row)?.unwrap_or_default())
}

/// A whole number of a column.
pub(super) fn integer(row: &QueryResult, column: SelectedColumn) -> Result<String, DbErr> {
    Ok(column
        .read::<Option<i32>>(row)?
        .map(|number| number.to_string())
        .unwrap_or_default())
}

/// A number of a column, always with a fraction.
fn number(row: &QueryResult, column: SelectedColumn) -> Result<String, DbErr> {
    Ok(column
        .read::<Option<f64>>(row)?
        .map(|number| format!("{number:?}"))
        .unwrap_or_default())
}

/// The day of a column that holds a moment.
fn day_of(row: &QueryResult, column: SelectedColumn) -> Result<String, DbErr> {
    Ok(column
        .read::<Option<NaiveDateTime>>(row)?
        .map(|moment| moment.date().to_string())
        .unwrap_or_default())
}

/// The day of a column.
fn day(row: &QueryResult, column: SelectedColumn) -> Result<String, DbErr> {
    Ok(column
        .read::<Option<NaiveDate>>(row)?
        .map(|day| day.to_string())
        .unwrap_or_default())
}

/// `ORDER BY` these texts, letter by letter as their codes go, which is the same on both databases. Rows without a text
/// come first.
pub(super) fn order_by(backend: DbBackend, texts: &[&str]) -> String {
    let by_code = match backend {
        DbBackend::Postgres => "COLLATE \"C\" NULLS FIRST",
        _ => "COLLATE BINARY NULLS FIRST",
    };
    let texts: Vec<String> = texts.iter().map(|text| format!("{text} {by_code}")).collect();
    format!(" ORDER BY {}", texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_quoted_where_it_is_needed() {
        let mut out = Vec::new();
        write_line(
            &mut out,
            &["a;b".into(), "say \"hi\"".into(), String::new(), "é".into()],
        )
        .expect("a line");
        assert_eq!(
            String::from_utf8(out).expect("UTF-8"),
            "\"a;b\";\"say \"\"hi\"\"\";;é\r"
        );
    }

    #[test]
    fn files_have_plain_names() {
        assert_eq!(
            file_name("Cosmos Laundromat: Été assets"),
            "cosmos_laundromat_ete_assets"
        );
    }
}
