//! Differences between the two databases: JSON that a statement puts together, so that what belongs to a record is a
//! value of its row. Each of those functions gives an expression of SQL; a query selects it as [`Kind::Json`]. And
//! texts that are compared without regard to letter case.

use std::cmp::Ordering;

use entity::arrays::TextArray;
use entity::facts::{Default as ColumnDefault, Kind, Table};
use sea_orm::sqlx::{Column, Row};
use sea_orm::{DbBackend, DbErr, QueryResult};

use super::Sql;
use super::rows::write_value;

/// Name of the collation by which SQLite compares texts without regard to letter case. Every connection brings it along, and
/// no index is made by it, so that other programs can read the file.
pub(super) const NOCASE: &str = "dailies_nocase";

/// The order of texts in small letters. SQLite by itself knows the letters of ASCII only.
pub(super) fn compare_nocase(one: &str, other: &str) -> Ordering {
    if one.is_ascii() && other.is_ascii() {
        return one
            .bytes()
            .map(|byte| byte.to_ascii_lowercase())
            .cmp(other.bytes().map(|byte| byte.to_ascii_lowercase()));
    }
    one.to_lowercase().cmp(&other.to_lowercase())
}

/// Texts that stand before, between and behind two texts that are to be equal in small letters. PostgreSQL takes the
/// rules of ICU, because those of the database may know ASCII only.
pub(super) fn same_text(backend: DbBackend) -> [&'static str; 3] {
    match backend {
        DbBackend::Postgres => ["LOWER(", " COLLATE \"und-x-icu\") = LOWER(", " COLLATE \"und-x-icu\")"],
        _ => ["", " = ", " COLLATE dailies_nocase"],
    }
}

/// Texts that stand before, between and behind a text and the pattern that it is to be like.
pub(super) fn like_text(backend: DbBackend) -> [&'static str; 3] {
    match backend {
        DbBackend::Postgres => [
            "LOWER(",
            " COLLATE \"und-x-icu\") LIKE LOWER(",
            " COLLATE \"und-x-icu\")",
        ],
        _ => ["", " GLOB ", ""],
    }
}

/// A pattern as the database reads it. `%` stands for any characters or none, everything else for itself. SQLite is given both
/// forms of each letter.
pub(super) fn like_pattern(pattern: &str, backend: DbBackend) -> String {
    let mut text = String::with_capacity(pattern.len());
    for letter in pattern.chars() {
        match (backend, letter) {
            (DbBackend::Postgres, '_' | '\\') => text.extend(['\\', letter]),
            (DbBackend::Postgres, _) => text.push(letter),
            (_, '%') => text.push('*'),
            (_, '*' | '?' | '[') => text.extend(['[', letter, ']']),
            _ => {
                let small = only(letter.to_lowercase()).unwrap_or(letter);
                let capital = only(letter.to_uppercase()).unwrap_or(letter);
                if small == capital {
                    text.push(letter);
                } else {
                    text.extend(['[', letter, small, capital, ']']);
                }
            }
        }
    }
    text
}

/// The one letter; none where there are several.
fn only(mut letters: impl Iterator<Item = char>) -> Option<char> {
    let letter = letters.next();
    if letters.next().is_none() { letter } else { None }
}

/// A key of a JSON object that the database writes: the SQL of its value, its name, and what it holds.
#[derive(Clone, Debug)]
pub struct JsonKey {
    pub sql: String,
    pub name: String,
    pub kind: Kind,
}

impl JsonKey {
    /// A key with the SQL of its value.
    pub fn new(sql: impl Into<String>, name: impl Into<String>, kind: Kind) -> Self {
        Self {
            sql: sql.into(),
            name: name.into(),
            kind,
        }
    }

    /// The type of a record, which is the same text in each.
    #[must_use]
    pub fn of_type(type_name: &str) -> Self {
        Self::new(format!("'{type_name}'"), "type", Kind::Text { max: None })
    }

    /// The columns of a table, which the query calls `alias`.
    pub fn columns(table: &'static Table, alias: &str) -> impl Iterator<Item = Self> {
        table.columns.iter().map(move |column| {
            let sql = format!("{alias}.\"{}\"", column.name);
            // As records are written elsewhere: no list is an empty one.
            let is_list = column.default == ColumnDefault::EmptyList && column.kind == Kind::Json;
            let sql = if is_list {
                format!("COALESCE(CASE WHEN CAST({sql} AS text) <> 'null' THEN {sql} END, '[]')")
            } else {
                sql
            };
            Self::new(sql, column.name, column.kind)
        })
    }
}

/// The objects of a query as one JSON list. `from` is the query behind its `FROM`, `order` what it is ordered by.
#[must_use]
pub fn json_list(backend: DbBackend, keys: &[JsonKey], from: &str, order: &str) -> String {
    match backend {
        DbBackend::Postgres => {
            let columns: Vec<String> = keys
                .iter()
                .map(|key| format!("{} AS \"{}\"", postgres(key), key.name))
                .collect();
            let rows = format!("SELECT {} FROM {from} ORDER BY {order}", columns.join(", "));
            format!("(SELECT COALESCE(json_agg(row_to_json(o)), '[]') FROM ({rows}) o)")
        }
        _ => sqlite_list(&sqlite_object(keys), from, order),
    }
}

/// The values of a query as one JSON list: the SQL of each, and what it holds.
#[must_use]
pub fn json_values(backend: DbBackend, (sql, kind): (&str, Kind), from: &str, order: &str) -> String {
    let value = JsonKey::new(sql, "", kind);
    match backend {
        DbBackend::Postgres => format!(
            "(SELECT COALESCE(json_agg({} ORDER BY {order}), '[]') FROM {from})",
            postgres(&value)
        ),
        _ => sqlite_list(&sqlite(&value), from, order),
    }
}

/// The ids of a query as one JSON list, in their order.
#[must_use]
pub fn json_ids(backend: DbBackend, id: &str, from: &str) -> String {
    json_values(backend, (id, Kind::Uuid), from, id)
}

/// The values of a query as one JSON object: the SQL of each key, which is an id or a text, and of its value.
#[must_use]
pub fn json_map(backend: DbBackend, key: (&str, Kind), value: (&str, Kind), from: &str) -> String {
    let value = JsonKey::new(value.0, "", value.1);
    match backend {
        DbBackend::Postgres => format!(
            "(SELECT COALESCE(json_object_agg({key}, {} ORDER BY {key}), '{{}}') FROM {from})",
            postgres(&value),
            key = key.0
        ),
        _ => {
            let text = sqlite(&JsonKey::new(key.0, "", key.1));
            format!(
                "(SELECT '{{' || COALESCE(group_concat({text} || ':' || {}, ',' ORDER BY {}), '') || '}}' FROM {from})",
                sqlite(&value),
                key.0
            )
        }
    }
}

/// One JSON object, whose keys are of the rows of the query around it.
#[must_use]
pub fn json_object(backend: DbBackend, keys: &[JsonKey]) -> String {
    match backend {
        DbBackend::Postgres => {
            let columns: Vec<String> = keys
                .iter()
                .map(|key| format!("{} AS \"{}\"", postgres(key), key.name))
                .collect();
            format!("(SELECT row_to_json(o) FROM (SELECT {}) o)", columns.join(", "))
        }
        _ => sqlite_object(keys),
    }
}

/// The items of a column that holds a JSON list, as rows of a query.
pub struct JsonItems<Id> {
    /// Tables that the query reads them from.
    pub from: String,
    /// Order of them.
    pub place: &'static str,
    /// SQL of the id that an item holds under a key; null where it holds none.
    pub id: Id,
}

/// The items of a column, one at a time in a query: they are called `item` there.
#[must_use]
pub fn json_items(backend: DbBackend, column: &str) -> JsonItems<impl Fn(&str) -> String> {
    let from = match backend {
        DbBackend::Postgres => {
            format!(
                "jsonb_array_elements(CASE WHEN jsonb_typeof({column}) = 'array' THEN {column} END) WITH ORDINALITY AS item (value, place)"
            )
        }
        _ => format!("json_each(CASE WHEN json_type({column}) = 'array' THEN {column} ELSE '[]' END) item"),
    };
    let place = if backend == DbBackend::Postgres {
        "item.place"
    } else {
        "item.key"
    };
    let id = move |key: &str| match backend {
        DbBackend::Postgres => {
            let text = format!("item.value ->> '{key}'");
            format!(
                "(CASE WHEN {text} ~* '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$' THEN CAST({text} AS uuid) END)"
            )
        }
        _ => {
            let text = format!("CASE WHEN item.type = 'object' THEN json_extract(item.value, '$.{key}') END");
            format!("(CASE WHEN length({text}) = 36 THEN unhex(replace({text}, '-', '')) END)")
        }
    };
    JsonItems { from, place, id }
}

/// Number of items of a column that holds a JSON list; null where it holds none.
#[must_use]
pub fn json_length(backend: DbBackend, column: &str) -> String {
    match backend {
        DbBackend::Postgres => {
            format!("CAST(CASE WHEN jsonb_typeof({column}) = 'array' THEN jsonb_array_length({column}) END AS bigint)")
        }
        _ => format!("CASE WHEN json_type({column}) = 'array' THEN json_array_length({column}) END"),
    }
}

/// A column that is a list of JSON values as the text of one JSON list, in which long numbers have all their digits.
#[must_use]
pub fn json_text(backend: DbBackend, column: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("COALESCE(CAST(array_to_json({column}) AS text), '[]')"),
        _ => format!("COALESCE({column}, '[]')"),
    }
}

/// Adds the value of such a column to a statement, from the texts of its items.
pub fn bind_json_texts(backend: DbBackend, sql: &mut Sql, items: &[String]) {
    match backend {
        DbBackend::Postgres => sql
            .push("CAST(CAST(")
            .bind(TextArray(items.to_vec()))
            .push(" AS text[]) AS jsonb[])"),
        _ => sql.bind(format!("[{}]", items.join(","))),
    };
}

/// The JSON that a row holds under a name; null where it holds nothing.
///
/// # Errors
/// The row has no such column, or it does not hold JSON.
pub fn json_of(row: &QueryResult, name: &str) -> Result<Vec<u8>, DbErr> {
    let mut out = Vec::with_capacity(256);
    write_value(&mut out, row, position(row, name)?, Kind::Json)?;
    Ok(out)
}

fn position(row: &QueryResult, name: &str) -> Result<usize, DbErr> {
    let found = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
        (Some(row), _) => row.try_column(name).map(Column::ordinal),
        (_, Some(row)) => row.try_column(name).map(Column::ordinal),
        _ => return Err(DbErr::Type("a row of neither SQLite nor PostgreSQL".into())),
    };
    found.map_err(|error| DbErr::Type(error.to_string()))
}

/// SQL of a moment as text, to the microsecond.
#[must_use]
pub fn precise_moment(backend: DbBackend, sql: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("to_char({sql}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"),
        // Stored with as many digits as it needs.
        _ => {
            let digits = format!("CASE WHEN length({sql}) = 19 THEN '.' ELSE '' END || '000000'");
            format!("replace(substr({sql} || {digits}, 1, 26), ' ', 'T')")
        }
    }
}

/// A value in the form that answers have, where that of PostgreSQL itself is another one.
fn postgres(JsonKey { sql, kind, .. }: &JsonKey) -> String {
    match kind {
        Kind::DateTime => format!("to_char({sql}, 'YYYY-MM-DD\"T\"HH24:MI:SS')"),
        // A whole number shows a fraction, too; what JSON can't say is null.
        Kind::Float => {
            let (finite, whole) = (
                format!("{sql} < 'Infinity' AND {sql} > '-Infinity'"),
                format!("ABS({sql}) < 1e15 AND {sql} = TRUNC({sql})"),
            );
            format!(
                "CAST(CASE WHEN {finite} THEN CAST({sql} AS text) || CASE WHEN {whole} THEN '.0' ELSE '' END END AS json)"
            )
        }
        Kind::Bytes => format!("convert_from({sql}, 'UTF8')"),
        // Null stands for no item.
        Kind::TextArray => format!("array_remove({sql}, NULL)"),
        Kind::BytesArray => {
            format!("(SELECT array_agg(convert_from(i, 'UTF8')) FROM unnest({sql}) i WHERE i IS NOT NULL)")
        }
        Kind::JsonArray => format!("(SELECT json_agg(i) FROM unnest({sql}) i WHERE i IS NOT NULL)"),
        Kind::Uuid | Kind::Text { .. } | Kind::Bool | Kind::Integer | Kind::BigInteger | Kind::Date | Kind::Json => {
            sql.clone()
        }
    }
}

/// A value as JSON text.
fn sqlite(JsonKey { sql, kind, .. }: &JsonKey) -> String {
    match kind {
        Kind::Uuid => format!("CASE WHEN {sql} IS NULL THEN 'null' ELSE {} END", sqlite_uuid(sql)),
        Kind::Bool => format!("CASE WHEN {sql} THEN 'true' WHEN NOT {sql} THEN 'false' ELSE 'null' END"),
        Kind::DateTime => format!("COALESCE('\"' || replace(substr({sql}, 1, 19), ' ', 'T') || '\"', 'null')"),
        Kind::Json | Kind::TextArray | Kind::JsonArray | Kind::BytesArray => format!("COALESCE({sql}, 'null')"),
        Kind::Bytes => format!("json_quote(CAST({sql} AS text))"),
        Kind::Text { .. } | Kind::Integer | Kind::BigInteger | Kind::Float | Kind::Date => format!("json_quote({sql})"),
    }
}

/// An identifier that is not null, which is stored as sixteen bytes, as JSON text.
fn sqlite_uuid(sql: &str) -> String {
    let part = |first: u8, length: u8| format!("substr(hex({sql}), {first}, {length})");
    let parts = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(" || '-' || ");
    format!("'\"' || lower({parts}) || '\"'")
}

fn sqlite_object(keys: &[JsonKey]) -> String {
    let mut text = String::from("'{' || ");
    for (at, key) in keys.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        text.push_str(&format!("'{comma}\"{}\":' || {} || ", key.name, sqlite(key)));
    }
    text.push_str("'}'");
    text
}

fn sqlite_list(item: &str, from: &str, order: &str) -> String {
    format!("(SELECT '[' || COALESCE(group_concat({item}, ',' ORDER BY {order}), '') || ']' FROM {from})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_every_script_have_a_small_form() {
        for (one, other) in [
            ("Hero_1", "hERO_1"),
            ("\u{c9}T\u{c9}", "\u{e9}t\u{e9}"),
            ("\u{416}", "\u{436}"),
        ] {
            assert_eq!(compare_nocase(one, other), Ordering::Equal);
        }
        assert_ne!(compare_nocase("hero_1", "heroX1"), Ordering::Equal);
        assert!(same_text(DbBackend::Sqlite).concat().ends_with(NOCASE));
    }

    #[test]
    fn only_the_percent_sign_is_a_pattern() {
        assert_eq!(
            like_pattern("\u{e9}_1%[a]*?\\\u{df}", DbBackend::Sqlite),
            "[\u{e9}\u{e9}\u{c9}]_1*[[][aaA]][*][?]\\\u{df}"
        );
        assert_eq!(
            like_pattern("\u{e9}_1%[a]*?\\", DbBackend::Postgres),
            "\u{e9}\\_1%[a]*?\\\\"
        );
    }
}
