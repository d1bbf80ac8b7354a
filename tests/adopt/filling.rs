//! A row for each table that has none.

use dailies::database::Database;
use entity::facts::{Default, Table};
use migration::{Catalogue, Column};
use sea_orm::ConnectionTrait;

/// Puts a row into every table of the reference server that has none, with something in each of its columns.
pub async fn fill(database: &Database) {
    let catalogue = Catalogue::read(database).await.expect("the schema");
    let mut waiting: Vec<&String> = catalogue
        .tables
        .keys()
        .filter(|name| Table::find(name).is_some())
        .collect();
    waiting.retain(|name| !["alembic_version", "seaql_migrations"].contains(&name.as_str()));
    let count = waiting.len();
    for turn in 0.. {
        assert!(turn < count, "these wait for each other: {waiting:?}");
        let pending: Vec<String> = waiting.iter().map(|name| (*name).clone()).collect();
        let mut left = Vec::new();
        for name in waiting {
            let table = &catalogue.tables[name];
            let target = |column: &Column| {
                table
                    .foreign_keys
                    .iter()
                    .find(|key| key.column == column.name)
                    .map(|key| key.references.as_str())
            };
            let needs = |column: &&Column| {
                target(column).is_some_and(|to| to != name && pending.iter().any(|other| other == to))
            };
            if table
                .columns
                .iter()
                .filter(|column| !column.nullable)
                .any(|column| needs(&column))
            {
                left.push(name);
                continue;
            }
            let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            let values: Vec<String> = table
                .columns
                .iter()
                .map(|column| value(&catalogue, name, column, target(column), count + turn))
                .collect();
            let sql = format!(
                "INSERT INTO {name} ({}) SELECT {} WHERE NOT EXISTS (SELECT FROM {name})",
                names.join(", "),
                values.join(", ")
            );
            database
                .schema_connection()
                .await
                .expect("a connection")
                .execute_unprepared(&sql)
                .await
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        if left.is_empty() {
            return;
        }
        waiting = left;
    }
}

/// Value of a column, in SQL.
fn value(catalogue: &Catalogue, table: &str, column: &Column, target: Option<&str>, at: usize) -> String {
    let fact = Table::find(table)
        .and_then(|table| table.column(&column.name))
        .expect("a column of an entity");
    let named = target.or(fact.names.first().copied());
    match (column.name.as_str(), column.kind.as_str()) {
        // Whatever belongs to itself belongs to nothing.
        (_, "uuid") if named == Some(table) => "NULL".into(),
        ("id", "uuid") => format!("md5('{table} {at}')::uuid"),
        (_, "uuid") => named.map_or_else(
            || "md5('nothing')::uuid".into(),
            |other| format!("(SELECT id FROM {other} ORDER BY id LIMIT 1)"),
        ),
        ("color", _) => "'#aabbcc'".into(),
        ("email", _) => "'somebody@studio.example'".into(),
        ("list_type", _) => "'asset'".into(),
        ("for_entity", _) if table == "playlist" => "'asset'".into(),
        ("entity_type" | "for_entity", _) => "'Asset'".into(),
        ("object_type", _) => "'Task'".into(),
        ("shots" | "choices" | "annotations" | "secondary_extensions", "jsonb") => "'[]'".into(),
        (_, "jsonb") if fact.default == Default::EmptyList => "'[]'".into(),
        (_, "jsonb") => "'{}'".into(),
        (_, "boolean") => "false".into(),
        (_, "integer" | "bigint") => "1".into(),
        (_, "double precision") => "1.5".into(),
        (_, "date") => "'2026-01-05'".into(),
        (_, "timestamp without time zone") => "'2026-01-05 10:00:00.25'".into(),
        (_, "bytea") => "'bytes'".into(),
        (_, kind) if kind.ends_with("[]") => "'{}'".into(),
        (_, kind) => match (catalogue.enums.get(kind), fact.choices.first()) {
            (Some(labels), _) => format!("'{}'", labels[0]),
            (None, Some(choice)) => format!("'{choice}'"),
            (None, None) => "'é'".into(),
        },
    }
}
