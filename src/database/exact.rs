//! Writes rows of the database as JSON from which the very same rows can be made again, on either database: moments keep
//! their microseconds, and JSON is a text, so that it stays as it is stored.

use entity::facts::{Column, Kind};
use sea_orm::sqlx::{Row, ValueRef, postgres::PgRow, sqlite::SqliteRow};
use sea_orm::{DbErr, QueryResult};
use serde_json::value::RawValue;

use super::rows::{
    POSTGRES_EPOCH, broken, decoded, each_postgres_item, integer, problem, write_datetime, write_postgres_bytes,
    write_sqlite, write_text,
};

/// Writes whole rows of a query, in the order of its columns.
#[derive(Clone, Debug)]
pub struct ExactWriter {
    /// `"key":` with what follows it.
    fields: Vec<(String, Kind)>,
}

impl ExactWriter {
    /// A writer for a query that selects exactly these columns.
    pub fn new<'a>(columns: impl IntoIterator<Item = &'a Column>) -> Self {
        Self {
            fields: columns
                .into_iter()
                .map(|column| (format!("\"{}\":", column.name), column.kind))
                .collect(),
        }
    }

    /// Writes a row as one JSON object.
    ///
    /// # Errors
    /// A column does not hold what it should.
    pub fn write(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        out.push(b'{');
        for (index, (key, kind)) in self.fields.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key.as_bytes());
            match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
                (Some(row), _) => postgres(out, row, index, *kind)?,
                (_, Some(row)) => sqlite(out, row, index, *kind)?,
                _ => return Err(broken("a value of SQLite or PostgreSQL")),
            }
        }
        out.push(b'}');
        Ok(())
    }
}

fn postgres(out: &mut Vec<u8>, row: &PgRow, index: usize, kind: Kind) -> Result<(), DbErr> {
    let value = row.try_get_raw(index).map_err(problem)?;
    if value.is_null() {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    postgres_value(out, value.as_bytes().map_err(problem)?, kind)
}

/// One value in the binary format of PostgreSQL.
fn postgres_value(out: &mut Vec<u8>, bytes: &[u8], kind: Kind) -> Result<(), DbErr> {
    match kind {
        Kind::Float => {
            let number = f64::from_be_bytes(bytes.try_into().map_err(|_| broken("a number"))?);
            write_number(out, number);
            Ok(())
        }
        Kind::DateTime => {
            let micros = integer(bytes)?;
            write_datetime(out, micros.div_euclid(1_000_000) + POSTGRES_EPOCH);
            write_fraction(out, micros.rem_euclid(1_000_000));
            Ok(())
        }
        Kind::Json => {
            let text = bytes.strip_prefix(&[1]).unwrap_or(bytes);
            write_text(out, std::str::from_utf8(text).map_err(|_| broken("text"))?);
            Ok(())
        }
        Kind::Bytes => {
            write_hex(out, bytes);
            Ok(())
        }
        Kind::TextArray => postgres_items(out, bytes, Kind::Text { max: None }),
        Kind::JsonArray => postgres_items(out, bytes, Kind::Json),
        Kind::BytesArray => postgres_items(out, bytes, Kind::Bytes),
        Kind::Uuid | Kind::Text { .. } | Kind::Bool | Kind::Integer | Kind::BigInteger | Kind::Date => {
            write_postgres_bytes(out, bytes, kind)
        }
    }
}

fn postgres_items(out: &mut Vec<u8>, bytes: &[u8], kind: Kind) -> Result<(), DbErr> {
    out.push(b'[');
    let begin = out.len();
    each_postgres_item(bytes, |bytes| {
        if out.len() > begin {
            out.push(b',');
        }
        match bytes {
            Some(bytes) => postgres_value(out, bytes, kind),
            None => {
                out.extend_from_slice(b"null");
                Ok(())
            }
        }
    })?;
    out.push(b']');
    Ok(())
}

fn sqlite(out: &mut Vec<u8>, row: &SqliteRow, index: usize, kind: Kind) -> Result<(), DbErr> {
    let value = row.try_get_raw(index).map_err(problem)?;
    if value.is_null() {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    match kind {
        Kind::Float => write_number(out, decoded::<f64>(value)?),
        Kind::DateTime => {
            // Stored as `2026-03-01 10:00:00.123456`, with as many digits as it needs.
            let text = decoded::<&str>(value)?;
            write_text(out, &text.replacen(' ', "T", 1));
        }
        Kind::Json => write_text(out, decoded::<&str>(value)?),
        Kind::Bytes => write_hex(out, decoded::<&[u8]>(value)?),
        Kind::TextArray => out.extend_from_slice(decoded::<&str>(value)?.as_bytes()),
        Kind::JsonArray => {
            let text = decoded::<&str>(value)?;
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(problem)?;
            list(out, &items, |out, item| write_text(out, item.get()));
        }
        Kind::BytesArray => {
            let text = decoded::<&str>(value)?;
            let items: Vec<Option<String>> = serde_json::from_str(text).map_err(problem)?;
            list(out, &items, |out, item| match item {
                Some(item) => write_hex(out, item.as_bytes()),
                None => out.extend_from_slice(b"null"),
            });
        }
        Kind::Uuid | Kind::Text { .. } | Kind::Bool | Kind::Integer | Kind::BigInteger | Kind::Date => {
            write_sqlite(out, row, index, kind)?
        }
    }
    Ok(())
}

fn list<T>(out: &mut Vec<u8>, items: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// Numbers in the fewest digits that mean the same number; what JSON has no number for is a word.
fn write_number(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(number).as_bytes());
    } else {
        let word = if number.is_nan() {
            "\"NaN\""
        } else if number > 0.0 {
            "\"Infinity\""
        } else {
            "\"-Infinity\""
        };
        out.extend_from_slice(word.as_bytes());
    }
}

/// Adds the part of a second to a moment that was written, in as many digits as SQLite keeps.
fn write_fraction(out: &mut Vec<u8>, micros: i64) {
    if micros > 0 {
        out.pop();
        let digits = if micros % 1000 == 0 {
            format!(".{:03}\"", micros / 1000)
        } else {
            format!(".{micros:06}\"")
        };
        out.extend_from_slice(digits.as_bytes());
    }
}

/// Bytes as PostgreSQL writes them: two digits each, behind `\x`.
fn write_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(b"\"\\\\x");
    out.extend(
        bytes
            .iter()
            .flat_map(|byte| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
    );
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(bytes: &[u8], kind: Kind) -> String {
        let mut out = Vec::new();
        postgres_value(&mut out, bytes, kind).expect("a value");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn moments_keep_their_microseconds() {
        for (micros, text) in [
            (0, "\"2000-01-01T00:00:00\""),
            (1, "\"2000-01-01T00:00:00.000001\""),
            (120_000, "\"2000-01-01T00:00:00.120\""),
            (-1, "\"1999-12-31T23:59:59.999999\""),
        ] {
            assert_eq!(written(&i64::to_be_bytes(micros), Kind::DateTime), text);
        }
    }

    #[test]
    fn what_json_has_no_number_for_is_a_word() {
        for (number, text) in [
            (f64::NAN, "\"NaN\""),
            (f64::NEG_INFINITY, "\"-Infinity\""),
            (0.1, "0.1"),
            (2.0, "2.0"),
        ] {
            assert_eq!(written(&number.to_be_bytes(), Kind::Float), text);
        }
    }

    #[test]
    fn json_and_bytes_are_texts() {
        assert_eq!(written(b"\x01{\"a\": 1}", Kind::Json), r#""{\"a\": 1}""#);
        assert_eq!(written(&[0, 255], Kind::Bytes), r#""\\x00ff""#);
    }

    #[test]
    fn lists_keep_what_they_lack() {
        let mut bytes = vec![0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1];
        bytes.extend([0, 0, 0, 1, b'a', 255, 255, 255, 255]);
        assert_eq!(written(&bytes, Kind::TextArray), r#"["a",null]"#);
    }
}
