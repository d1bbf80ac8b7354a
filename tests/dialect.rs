//! JSON that the database puts together is the JSON that the server writes from rows, for every table.

use std::collections::BTreeSet;

use dailies::database::dialect::{JsonKey, json_list, json_of};
use dailies::database::{RecordWriter, Sql};
use entity::TABLES;
use entity::facts::{Column, Kind, Table};
use rstest::rstest;
use sea_orm::Value as SqlValue;
use sea_orm::sea_query::ArrayType;
use serde_json::{Value, json};
use uuid::Uuid;

use harness::rows::insert_many;
use harness::{On, TestServer};

/// Text with everything that JSON has to escape.
const TEXT: &str = "a\"b\\c\n\t\u{1}é\u{2028}";

/// Kinds of values that some table must have shown.
const KINDS: [&str; 9] = [
    "Uuid",
    "Text",
    "Bool",
    "Integer",
    "BigInteger",
    "Float",
    "DateTime",
    "Date",
    "Json",
];

/// A row with a value in every column that refers to nothing, or with as few values as there may be.
fn row(table: &Table, at: usize, full: bool) -> Vec<(&'static str, SqlValue)> {
    let wanted =
        |column: &&Column| column.references.is_none() && (!column.nullable || (full && !column.is_reference()));
    table
        .columns
        .iter()
        .filter(wanted)
        .filter_map(|column| Some((column.name, value(column, at)?)))
        .collect()
}

fn value(column: &Column, at: usize) -> Option<SqlValue> {
    let moment = || chrono::NaiveDate::from_ymd_opt(2026, 3, 2)?.and_hms_micro_opt(9, 5, 7, 123_456);
    Some(match column.kind {
        Kind::Uuid => Uuid::from_u128(at as u128 + 1).into(),
        Kind::Text { .. } if !column.choices.is_empty() => column.choices[0].into(),
        Kind::Text { max } => format!("{at}{TEXT}")
            .chars()
            .take(max.map_or(200, usize::from))
            .collect::<String>()
            .into(),
        Kind::Bool => (at == 0).into(),
        Kind::Integer => 3.into(),
        Kind::BigInteger => 5_000_000_000_i64.into(),
        Kind::Float => [10.0, 0.1, -2.5e20, 1e15, 1.0 / 3.0]
            .get(at)
            .copied()
            .unwrap_or_default()
            .into(),
        Kind::DateTime => moment()?.into(),
        Kind::Date => moment()?.date().into(),
        Kind::Json => [json!({"a\"b": [1, 2.50, null, TEXT]}), json!([]), json!("text")]
            .get(at)
            .cloned()
            .unwrap_or(Value::Null)
            .into(),
        Kind::TextArray => SqlValue::Array(ArrayType::String, Some(Box::new(vec![TEXT.into(), "b".into()]))),
        Kind::JsonArray | Kind::BytesArray | Kind::Bytes => return None,
    })
}

async fn written_by_the_database(server: &TestServer, table: &'static Table) -> Value {
    let database = &server.app.database;
    let keys: Vec<JsonKey> = JsonKey::columns(table, "r")
        .chain([JsonKey::of_type("Record")])
        .collect();
    let list = json_list(
        database.backend(),
        &keys,
        &format!("\"{}\" r", table.name),
        "r.created_at, r.id",
    );
    let row = database
        .row(&Sql::new(format!("SELECT {list} AS list")))
        .await
        .expect("a list")
        .expect("a row");
    serde_json::from_slice(&json_of(&row, "list").expect("JSON"))
        .unwrap_or_else(|error| panic!("{}: {error}", table.name))
}

async fn written_by_the_server(server: &TestServer, table: &'static Table) -> Value {
    let writer = RecordWriter::new(table, "r", "Record");
    let sql = Sql::new(format!(
        "SELECT {} FROM \"{}\" r ORDER BY r.created_at, r.id",
        writer.columns(),
        table.name
    ));
    let mut list = Vec::new();
    for row in server.app.database.rows(&sql).await.expect("rows") {
        let mut out = Vec::new();
        writer.write(&mut out, &row).expect("an object");
        list.push(serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{}: {error}", table.name)));
    }
    Value::Array(list)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn rows_read_the_same_from_the_database_and_from_the_server(#[values(On::Sqlite, On::Postgres)] on: On) {
    let server = TestServer::start(on).await;
    let mut kinds = BTreeSet::new();
    for table in TABLES
        .iter()
        .filter(|table| table.column("id").is_some() && table.column("created_at").is_some())
    {
        if table
            .columns
            .iter()
            .all(|column| column.references.is_none() || column.nullable)
        {
            for at in 0..4 {
                // A second row of the same may not be allowed.
                insert_many(&server.app.database, table, vec![row(table, at, at < 3)])
                    .await
                    .ok();
            }
        }
        let list = written_by_the_database(&server, table).await;
        assert_eq!(list, written_by_the_server(&server, table).await, "{}", table.name);
        for column in &table.columns {
            let found = list
                .as_array()
                .is_some_and(|rows| rows.iter().any(|row| !row[column.name].is_null()));
            kinds.extend(found.then(|| {
                format!("{:?}", column.kind)
                    .chars()
                    .take_while(char::is_ascii_alphabetic)
                    .collect::<String>()
            }));
        }
    }
    let missing: Vec<&str> = KINDS.into_iter().filter(|kind| !kinds.contains(*kind)).collect();
    assert!(missing.is_empty(), "no value was compared of {missing:?}");
}
