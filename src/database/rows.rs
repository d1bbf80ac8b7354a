//! Writes rows of the database as JSON, from the bytes of the database to the bytes of the answer.

use std::fmt::Display;

use chrono::{Datelike, NaiveDate};
use entity::facts::{Column, Default as ColumnDefault, Kind};
use sea_orm::sqlx::postgres::PgRow;
use sea_orm::sqlx::sqlite::{SqliteRow, SqliteValueRef};
use sea_orm::sqlx::{ColumnIndex, Decode, Row, Sqlite, ValueRef};
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

/// One key of a JSON object, taken from a column of a query.
#[derive(Clone, Debug)]
pub struct Field {
    pub key: String,
    pub kind: Kind,
    /// True if null, which older rows hold, stands for an empty list.
    pub is_list: bool,
}

impl Field {
    /// A key with what its column holds.
    pub fn new(key: impl Into<String>, kind: Kind) -> Self {
        Self {
            key: key.into(),
            kind,
            is_list: false,
        }
    }
}

impl From<&Column> for Field {
    fn from(column: &Column) -> Self {
        Self {
            is_list: column.default == ColumnDefault::EmptyList,
            ..Self::new(column.name, column.kind)
        }
    }
}

/// Writes the columns of a row, in their order, as the keys of a JSON object.
#[derive(Clone, Debug)]
pub struct RowWriter {
    /// `"key":` with what follows it, and whether null is an empty list.
    fields: Vec<(Vec<u8>, Kind, bool)>,
}

impl RowWriter {
    /// A writer for a query that selects exactly these fields first.
    pub fn new(fields: impl IntoIterator<Item = Field>) -> Self {
        let mut writer = Self { fields: Vec::new() };
        for field in fields {
            writer.push(field);
        }
        writer
    }

    /// Adds a field behind the others.
    pub fn push(&mut self, field: Field) {
        self.fields
            .push((format!("\"{}\":", field.key).into_bytes(), field.kind, field.is_list));
    }

    /// Writes `"a":1,"b":2`, without the braces around.
    ///
    /// # Errors
    /// A column does not hold what it should.
    pub fn write(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        self.write_from(out, row, 0)
    }

    /// The same for a query that selects these fields behind others.
    pub(super) fn write_from(&self, out: &mut Vec<u8>, row: &QueryResult, first: usize) -> Result<(), DbErr> {
        for (index, (key, kind, is_list)) in self.fields.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key);
            let begin = out.len();
            write_value(out, row, first + index, *kind)?;
            if *is_list && out.ends_with(b"null") && out.len() == begin + 4 {
                out.truncate(begin);
                out.extend_from_slice(b"[]");
            }
        }
        Ok(())
    }
}

/// Writes the column of that name as JSON.
///
/// # Errors
/// The query has no such column, or it does not hold what it should.
pub fn write_column(out: &mut Vec<u8>, row: &QueryResult, name: &str, kind: Kind) -> Result<(), DbErr> {
    if let Some(row) = row.try_as_pg_row() {
        write_postgres(out, row, name.index(row).map_err(problem)?, kind)
    } else if let Some(row) = row.try_as_sqlite_row() {
        write_sqlite(out, row, name.index(row).map_err(problem)?, kind)
    } else {
        Err(unknown_row())
    }
}

/// Writes the column at that place as JSON.
pub(super) fn write_value(out: &mut Vec<u8>, row: &QueryResult, index: usize, kind: Kind) -> Result<(), DbErr> {
    if let Some(row) = row.try_as_pg_row() {
        write_postgres(out, row, index, kind)
    } else if let Some(row) = row.try_as_sqlite_row() {
        write_sqlite(out, row, index, kind)
    } else {
        Err(unknown_row())
    }
}

fn unknown_row() -> DbErr {
    DbErr::Type("a row of neither SQLite nor PostgreSQL".into())
}

/// Error of a value that can't be read.
pub(super) fn problem(error: impl Display) -> DbErr {
    DbErr::Type(error.to_string())
}

pub(super) fn broken(what: &str) -> DbErr {
    DbErr::Type(format!("a column does not hold {what}"))
}

fn write_postgres(out: &mut Vec<u8>, row: &PgRow, index: usize, kind: Kind) -> Result<(), DbErr> {
    let value = row.try_get_raw(index).map_err(problem)?;
    if value.is_null() {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    let bytes = value.as_bytes().map_err(problem)?;
    match kind {
        Kind::TextArray | Kind::JsonArray | Kind::BytesArray => write_postgres_array(out, bytes, kind),
        _ => write_postgres_bytes(out, bytes, kind),
    }
}

/// One value in the binary format of PostgreSQL.
pub(super) fn write_postgres_bytes(out: &mut Vec<u8>, bytes: &[u8], kind: Kind) -> Result<(), DbErr> {
    match kind {
        Kind::Uuid => write_uuid(out, Uuid::from_slice(bytes).map_err(|_| broken("an identifier"))?),
        Kind::Text { .. } | Kind::Bytes => write_text(out, std::str::from_utf8(bytes).map_err(|_| broken("text"))?),
        Kind::Bool => out.extend_from_slice(if bytes == [1] { b"true" } else { b"false" }),
        Kind::Integer | Kind::BigInteger => write_integer(out, integer(bytes)?),
        Kind::Float => {
            let number = match bytes.len() {
                8 => f64::from_be_bytes(bytes.try_into().map_err(|_| broken("a number"))?),
                4 => f64::from(f32::from_be_bytes(bytes.try_into().map_err(|_| broken("a number"))?)),
                _ => return Err(broken("a number")),
            };
            write_float(out, number);
        }
        Kind::DateTime => {
            let micros = integer(bytes)?;
            let seconds = micros.div_euclid(1_000_000) + POSTGRES_EPOCH;
            write_datetime(out, seconds);
        }
        Kind::Date => {
            let days = i32::from_be_bytes(bytes.try_into().map_err(|_| broken("a date"))?);
            out.push(b'"');
            write_days(out, i64::from(days) + POSTGRES_EPOCH / 86_400);
            out.push(b'"');
        }
        // The binary format of jsonb is its text behind a version number; that of json is the text alone.
        Kind::Json => out.extend_from_slice(bytes.strip_prefix(&[1]).unwrap_or(bytes)),
        Kind::TextArray | Kind::JsonArray | Kind::BytesArray => return Err(broken("a flat value")),
    }
    Ok(())
}

/// Seconds from 1970 to 2000, where the time of PostgreSQL begins.
pub(super) const POSTGRES_EPOCH: i64 = 946_684_800;

pub(super) fn integer(bytes: &[u8]) -> Result<i64, DbErr> {
    match bytes.len() {
        2 => Ok(i64::from(i16::from_be_bytes(
            bytes.try_into().map_err(|_| broken("a whole number"))?,
        ))),
        4 => Ok(i64::from(i32::from_be_bytes(
            bytes.try_into().map_err(|_| broken("a whole number"))?,
        ))),
        8 => Ok(i64::from_be_bytes(
            bytes.try_into().map_err(|_| broken("a whole number"))?,
        )),
        _ => Err(broken("a whole number")),
    }
}

fn write_postgres_array(out: &mut Vec<u8>, bytes: &[u8], kind: Kind) -> Result<(), DbErr> {
    let item = match kind {
        Kind::JsonArray => Kind::Json,
        Kind::BytesArray => Kind::Bytes,
        _ => Kind::Text { max: None },
    };
    out.push(b'[');
    let begin = out.len();
    each_postgres_item(bytes, |bytes| {
        // Null stands for no item: clients are promised texts and objects.
        let Some(bytes) = bytes else { return Ok(()) };
        if out.len() > begin {
            out.push(b',');
        }
        write_postgres_bytes(out, bytes, item)
    })?;
    out.push(b']');
    Ok(())
}

/// Hands the items of an array of one dimension over, null as none: dimensions, flags, item type, length, lower bound, then
/// each item behind its length.
pub(super) fn each_postgres_item(
    bytes: &[u8],
    mut take: impl FnMut(Option<&[u8]>) -> Result<(), DbErr>,
) -> Result<(), DbErr> {
    let word = |at: usize| {
        bytes
            .get(at..at + 4)
            .and_then(|word| word.try_into().ok())
            .map(i32::from_be_bytes)
            .ok_or_else(|| broken("an array"))
    };
    if word(0)? <= 0 {
        return Ok(());
    }
    let mut at = 20;
    for _ in 0..word(12)? {
        let length = word(at)?;
        at += 4;
        let Ok(length) = usize::try_from(length) else {
            take(None)?;
            continue;
        };
        take(Some(bytes.get(at..at + length).ok_or_else(|| broken("an array"))?))?;
        at += length;
    }
    Ok(())
}

/// A value of SQLite that is not null.
pub(super) fn decoded<'r, T: Decode<'r, Sqlite>>(value: SqliteValueRef<'r>) -> Result<T, DbErr> {
    T::decode(value).map_err(problem)
}

pub(super) fn write_sqlite(out: &mut Vec<u8>, row: &SqliteRow, index: usize, kind: Kind) -> Result<(), DbErr> {
    let value = row.try_get_raw(index).map_err(problem)?;
    if value.is_null() {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    match kind {
        Kind::Uuid => write_uuid(out, decoded::<Uuid>(value)?),
        Kind::Bool => {
            let yes = decoded::<i64>(value)? != 0;
            out.extend_from_slice(if yes { b"true" } else { b"false" });
        }
        Kind::Integer | Kind::BigInteger => write_integer(out, decoded::<i64>(value)?),
        Kind::Float => write_float(out, decoded::<f64>(value)?),
        Kind::Bytes => {
            let bytes = decoded::<&[u8]>(value)?;
            write_text(out, std::str::from_utf8(bytes).map_err(|_| broken("text"))?);
        }
        Kind::Text { .. } | Kind::Date => write_text(out, decoded::<&str>(value)?),
        Kind::DateTime => {
            // Stored as `2026-03-01 10:00:00.123456`; the fraction is cut.
            let text = decoded::<&str>(value)?;
            out.push(b'"');
            out.extend(text.bytes().take(19).map(|byte| if byte == b' ' { b'T' } else { byte }));
            out.push(b'"');
        }
        Kind::Json | Kind::TextArray | Kind::JsonArray | Kind::BytesArray => {
            out.extend_from_slice(decoded::<&str>(value)?.as_bytes());
        }
    }
    Ok(())
}

/// Writes an identifier as JSON.
pub fn write_uuid(out: &mut Vec<u8>, id: Uuid) {
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    out.push(b'"');
    out.extend_from_slice(id.as_hyphenated().encode_lower(&mut text).as_bytes());
    out.push(b'"');
}

/// Writes text as JSON.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if !matches!(byte, b'"' | b'\\' | 0..=0x1f) {
            continue;
        }
        out.extend_from_slice(&bytes[start..at]);
        start = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
        }
    }
    out.extend_from_slice(&bytes[start..]);
    out.push(b'"');
}

fn write_integer(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Numbers with a fraction always show one, whole ones too; what JSON can't say is null.
fn write_float(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(number).as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}

/// Writes seconds since 1970 as a moment in quotes.
pub fn write_datetime(out: &mut Vec<u8>, seconds: i64) {
    out.push(b'"');
    write_days(out, seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    out.push(b'T');
    two_digits(out, second / 3600);
    out.push(b':');
    two_digits(out, second / 60 % 60);
    out.push(b':');
    two_digits(out, second % 60);
    out.push(b'"');
}

fn two_digits(out: &mut Vec<u8>, number: i64) {
    out.push(b'0' + u8::try_from(number / 10 % 10).unwrap_or_default());
    out.push(b'0' + u8::try_from(number % 10).unwrap_or_default());
}

/// Days from the first one that chrono counts to the first of 1970.
const DAYS_TO_1970: i64 = 719_163;

/// Writes days since 1970 as a date of the Gregorian calendar. What lies beyond the years of chrono becomes the last day that
/// it knows.
fn write_days(out: &mut Vec<u8>, days: i64) {
    let date = i32::try_from(days + DAYS_TO_1970)
        .ok()
        .and_then(NaiveDate::from_num_days_from_ce_opt);
    let date = date.unwrap_or(if days < 0 { NaiveDate::MIN } else { NaiveDate::MAX });
    let year = i64::from(date.year());
    if (0..=9999).contains(&year) {
        two_digits(out, year / 100);
        two_digits(out, year % 100);
    } else {
        write_integer(out, year);
    }
    out.push(b'-');
    two_digits(out, date.month().into());
    out.push(b'-');
    two_digits(out, date.day().into());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn moments_follow_the_calendar() {
        for (seconds, text) in [
            (0, "\"1970-01-01T00:00:00\""),
            (951_782_399, "\"2000-02-28T23:59:59\""),
            (951_782_400, "\"2000-02-29T00:00:00\""),
            (4_107_542_400, "\"2100-03-01T00:00:00\""),
            (-1, "\"1969-12-31T23:59:59\""),
        ] {
            assert_eq!(written(|out| write_datetime(out, seconds)), text);
        }
    }

    #[test]
    fn dates_agree_with_chrono() {
        for days in (-200_000..200_000).step_by(37) {
            let day = chrono::NaiveDate::default()
                + chrono::Days::new(u64::try_from(i64::from(days) + 200_000).expect("positive"));
            let day = day - chrono::Days::new(200_000);
            assert_eq!(written(|out| write_days(out, days.into())), day.to_string());
        }
    }

    #[test]
    fn text_is_escaped_as_serde_does() {
        let text = "a\"b\\c\n\t\u{1}\u{7f}é\u{2028}";
        assert_eq!(
            written(|out| write_text(out, text)),
            serde_json::to_string(text).expect("JSON")
        );
    }

    #[test]
    fn numbers_keep_their_kind() {
        assert_eq!(written(|out| write_float(out, 10.0)), "10.0");
        assert_eq!(written(|out| write_float(out, f64::NAN)), "null");
        assert_eq!(written(|out| write_integer(out, -7)), "-7");
    }

    #[test]
    fn arrays_of_postgres_become_lists() {
        let mut bytes = vec![0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 3, 0, 0, 0, 1];
        bytes.extend([0, 0, 0, 1, b'a', 255, 255, 255, 255, 0, 0, 0, 2, b'b', b'"']);
        let mut out = Vec::new();
        write_postgres_array(&mut out, &bytes, Kind::TextArray).expect("an array");
        assert_eq!(out, br#"["a","b\""]"#);
    }
}
