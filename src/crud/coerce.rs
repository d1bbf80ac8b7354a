//! Brings JSON values into the types of columns, as clients of a database that casts are used to.

use std::borrow::Cow;

use chrono::{NaiveDate, NaiveDateTime};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::{parse_id, parse_moment};
use entity::facts::{Column, Default as ColumnDefault, Kind};
use sea_orm::Value as SqlValue;
use sea_orm::sea_query::ArrayType;
use serde_json::Value;

use crate::database::null;

/// 400: a field that has to hold something is null or not there.
#[must_use]
pub fn missing(field: &str) -> Failure {
    Failure::record(format!("A required field is missing: {field}."))
}

/// 400: the value of a field can't be read as what its column holds.
#[must_use]
pub fn wrong_format(field: &str) -> Failure {
    Failure::record(format!("One of the provided values has an invalid format: {field}."))
}

/// The value of a column from the value of a body. `creating` says that null stands for the default.
///
/// # Errors
/// 400 when the value has no meaning for the column, or is null where something is needed.
pub fn coerce(column: &Column, value: &Value, creating: bool) -> Result<Option<SqlValue>, Failure> {
    if value.is_null() {
        return match column.default {
            ColumnDefault::None if !column.nullable => Err(missing(column.name)),
            ColumnDefault::None => Ok(Some(null(column.kind))),
            _ if creating => Ok(None),
            _ if column.nullable => Ok(Some(null(column.kind))),
            _ => Err(missing(column.name)),
        };
    }
    if column.name == "fps" {
        require_frame_rate(column.name, value)?;
    }
    typed(column, value).map(Some).ok_or_else(|| wrong_format(column.name))
}

/// Refuses a frame rate that is no positive number; it may come as text. An empty text stands for none.
///
/// # Errors
/// 400 that names the field.
pub fn require_frame_rate(field: &str, value: &Value) -> Result<(), Failure> {
    let rate = match value {
        Value::Null => return Ok(()),
        Value::String(text) if text.trim().is_empty() => return Ok(()),
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.as_f64(),
        _ => None,
    };
    match rate.filter(|rate: &f64| rate.is_finite() && *rate > 0.0) {
        Some(_) => Ok(()),
        None => Err(Failure::parameter(format!(
            "{field}: a frame rate is a number above 0, such as 24 or 23.976."
        ))),
    }
}

fn typed(column: &Column, value: &Value) -> Option<SqlValue> {
    Some(match column.kind {
        Kind::Uuid => parse_id(value.as_str()?)?.into(),
        Kind::Text { max } => {
            let text = text(column, value)?;
            let known = column.choices.is_empty() || column.choices.contains(&text.as_ref());
            (known && max.is_none_or(|max| text.chars().count() <= usize::from(max)) && !text.contains('\0'))
                .then_some(text.into_owned())?
                .into()
        }
        Kind::Bool => value.as_bool()?.into(),
        Kind::Integer => i32::try_from(whole(value)?).ok()?.into(),
        Kind::BigInteger => whole(value)?.into(),
        Kind::Float => number(value)?.into(),
        Kind::DateTime => moment(value.as_str()?)?.into(),
        Kind::Date => day(value.as_str()?)?.into(),
        Kind::Json => {
            // PostgreSQL can't hold this character in JSON.
            if value.to_string().contains("\\u0000") {
                return None;
            }
            SqlValue::Json(Some(Box::new(value.clone())))
        }
        Kind::Bytes => value.as_str()?.as_bytes().to_vec().into(),
        Kind::TextArray => {
            let items = value.as_array()?.iter();
            let items = items.map(|item| {
                item.as_str()
                    .filter(|item| column.choices.is_empty() || column.choices.contains(item))
            });
            list(ArrayType::String, items.map(|item| item.map(SqlValue::from)))?
        }
        Kind::JsonArray => list(
            ArrayType::Json,
            value
                .as_array()?
                .iter()
                .map(|item| Some(SqlValue::Json(Some(Box::new(item.clone()))))),
        )?,
        Kind::BytesArray => list(
            ArrayType::Bytes,
            value
                .as_array()?
                .iter()
                .map(|item| item.as_str().map(|text| text.as_bytes().to_vec().into())),
        )?,
    })
}

fn list(kind: ArrayType, items: impl Iterator<Item = Option<SqlValue>>) -> Option<SqlValue> {
    let items: Option<Vec<SqlValue>> = items.collect();
    Some(SqlValue::Array(kind, Some(Box::new(items?))))
}

/// A text. A frame rate may come as a number, which is how many scripts keep it; elsewhere a number is a mistake.
fn text<'a>(column: &Column, value: &'a Value) -> Option<Cow<'a, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Number(number) if column.name == "fps" => Some(number.to_string().into()),
        _ => None,
    }
}

/// A whole number, from digits too.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let number = number.as_f64()?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the number is whole and within the bounds"
            )]
            (number.fract() == 0.0 && number.abs() < 9.0e15).then_some(number as i64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number| number.is_finite())
}

/// A day; of a moment its day.
fn day(text: &str) -> Option<NaiveDate> {
    moment(text).map(|moment| moment.date())
}

/// A moment in any ISO 8601 form. A zone is dropped, not converted, as clients are used to.
fn moment(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    let bare = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let bare = match bare.char_indices().skip(11).find(|(_, c)| matches!(c, '+' | '-')) {
        Some((at, _)) => &bare[..at],
        None => bare,
    };
    let bare = bare.replacen(' ', "T", 1);
    let bare = if bare.len() == 16 { format!("{bare}:00") } else { bare };
    let in_range = |moment: &NaiveDateTime| (1..=9999).contains(&chrono::Datelike::year(moment));
    parse_moment(&bare).filter(in_range)
}

/// True if text is a date or moment of ISO 8601.
#[must_use]
pub(super) fn is_moment(text: &str) -> bool {
    moment(text).is_some()
}

#[cfg(test)]
mod tests {
    use entity::facts::Table;
    use serde_json::json;

    use super::*;

    fn column(table: &str, name: &str) -> &'static Column {
        Table::find(table)
            .and_then(|table| table.column(name))
            .expect("a column")
    }

    fn read(table: &str, name: &str, value: &Value) -> Option<SqlValue> {
        coerce(column(table, name), value, false).ok().flatten()
    }

    #[test]
    fn digits_become_numbers_but_only_frame_rates_become_text() {
        assert_eq!(read("project", "fps", &json!(24)), Some("24".into()));
        assert_eq!(read("project", "ratio", &json!(2)), None);
        assert_eq!(read("task", "priority", &json!("12")), Some(12.into()));
        assert_eq!(read("task", "priority", &json!(2.0)), Some(2.into()));
        assert_eq!(read("task", "priority", &json!(1.7)), None);
        assert_eq!(read("task", "estimation", &json!("1.5")), Some(1.5.into()));
    }

    #[test]
    fn frame_rates_are_above_zero() {
        for rate in [json!(24), json!("23.976"), json!(""), json!(null)] {
            assert!(require_frame_rate("fps", &rate).is_ok(), "{rate}");
        }
        for rate in [
            json!("abc"),
            json!("0"),
            json!(0),
            json!(-24),
            json!("-24"),
            json!("nan"),
            json!("inf"),
            json!(true),
            json!([]),
        ] {
            assert!(require_frame_rate("fps", &rate).is_err(), "{rate}");
        }
    }

    #[test]
    fn yes_and_no_are_not_words() {
        assert_eq!(read("project", "has_avatar", &json!(true)), Some(true.into()));
        assert_eq!(read("project", "has_avatar", &json!(1)), None);
        assert_eq!(read("project", "has_avatar", &json!("true")), None);
    }

    #[test]
    fn zones_are_dropped() {
        let noon: NaiveDateTime = "2026-03-01T12:00:00".parse().expect("a moment");
        for text in ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00+02:00", "2026-03-01 12:00"] {
            assert_eq!(read("task", "due_date", &json!(text)), Some(noon.into()), "{text}");
        }
        assert_eq!(
            read("project", "start_date", &json!("2026-03-01T12:00:00")),
            Some(noon.date().into())
        );
        assert_eq!(read("project", "start_date", &json!("2026-04-")), None);
    }

    #[test]
    fn codes_and_lengths_are_checked() {
        assert_eq!(read("person", "role", &json!("king")), None);
        assert_eq!(read("department", "color", &json!("#1234567")), None);
    }

    #[test]
    fn null_is_the_default_of_a_new_record() {
        assert!(
            coerce(column("project", "has_avatar"), &Value::Null, true)
                .expect("accepted")
                .is_none()
        );
        assert!(coerce(column("project", "name"), &Value::Null, true).is_err());
    }
}
