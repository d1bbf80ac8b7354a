//! Migrations on real databases: SQLite in memory, and a temporary PostgreSQL server.

mod postgres;
mod sqlite;

use entity::facts::{Kind, Table};
use entity::person;
use migration::Catalogue;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, QueryResult, Set, Statement};
use uuid::Uuid;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Tables that clients page through, each with the columns of one production, person, task or entity that pages are
/// narrowed to where that may leave thousands of rows.
const PAGED: [(&str, &[&str]); 15] = [
    ("api_event", &[]),
    ("attachment_file", &[]),
    ("comment", &[]),
    ("entity", &["project_id"]),
    ("entity_link", &[]),
    ("news", &[]),
    ("notification", &["person_id"]),
    ("output_file", &[]),
    ("person", &[]),
    ("playlist", &[]),
    ("preview_file", &[]),
    ("subscription", &[]),
    ("task", &["project_id"]),
    ("time_spent", &["person_id"]),
    ("working_file", &[]),
];

/// The queries of the ids of a first page: of each of these tables, and narrowed to each of these columns.
fn pages() -> impl Iterator<Item = String> {
    let query = |table: &str, condition: String| {
        format!(
            "SELECT t.id FROM \"{table}\" t WHERE 1 = 1{condition} ORDER BY t.updated_at DESC, t.created_at DESC, t.id LIMIT 100"
        )
    };
    PAGED.into_iter().flat_map(move |(table, columns)| {
        let narrowed = columns.iter().map(move |column| {
            query(
                table,
                format!(" AND t.\"{column}\" = (SELECT id FROM \"{table}\" LIMIT 1)"),
            )
        });
        [query(table, String::new())].into_iter().chain(narrowed)
    })
}

async fn rows(db: &DatabaseConnection, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.query_all_raw(statement).await
}

/// Reads no rows, but all columns, of every table.
async fn select_everything(db: &DatabaseConnection) -> Result<(), DbErr> {
    for table in entity::TABLES {
        let columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
        let sql = format!("SELECT {} FROM {} LIMIT 0", columns.join(", "), table.name);
        rows(db, &sql).await?;
    }
    Ok(())
}

/// A person with all that the database demands.
fn ada() -> person::ActiveModel {
    person::ActiveModel {
        id: Set(Uuid::new_v4()),
        first_name: Set("Ada".to_owned()),
        last_name: Set("Lovelace".to_owned()),
        contract_type: Set("open-ended".to_owned()),
        role: Set("user".to_owned()),
        is_bot: Set(false),
        is_guest: Set(false),
        ..Default::default()
    }
}

/// The PostgreSQL type of a column, or the start of it where the facts leave the length open.
fn postgres_type(kind: Kind) -> String {
    match kind {
        Kind::Uuid => "uuid",
        Kind::Text { max: Some(max) } => return format!("character varying({max})"),
        Kind::Text { max: None } => "text",
        Kind::Bool => "boolean",
        Kind::Integer => "integer",
        Kind::BigInteger => "bigint",
        Kind::Float => "double precision",
        Kind::DateTime => "timestamp without time zone",
        Kind::Date => "date",
        Kind::Json => "jsonb",
        Kind::Bytes => "bytea",
        Kind::TextArray => "character varying",
        Kind::JsonArray => "jsonb[]",
        Kind::BytesArray => "bytea[]",
    }
    .to_owned()
}

/// The schema of the newest release that is taken over.
fn newest() -> Result<Catalogue, DbErr> {
    migration::schema_at(&[migration::NEWEST.to_owned()])
}

#[test]
fn entities_agree_with_the_newest_release() -> Outcome {
    let newest = newest()?;
    let names: Vec<_> = entity::TABLES.iter().map(|table| table.name).collect();
    assert!(newest.tables.keys().eq(&names));
    for (name, expected) in &newest.tables {
        let table = Table::find(name).expect("checked above");
        assert_eq!(table.primary_key, expected.primary_key, "{name}");
        assert_eq!(table.columns.len(), expected.columns.len(), "{name}");
        let key = |column: &str| {
            expected
                .foreign_keys
                .iter()
                .find(|key| key.column == column)
                .map(|key| key.references.as_str())
        };
        for column in &table.columns {
            let place = format!("{name}.{}", column.name);
            let expected = expected
                .columns
                .iter()
                .find(|expected| expected.name == column.name)
                .expect(&place);
            assert_eq!(column.nullable, expected.nullable, "{place}");
            match newest.enums.get(&expected.kind) {
                Some(labels) => assert_eq!(column.choices, labels, "{place}"),
                None => assert!(expected.kind.starts_with(&postgres_type(column.kind)), "{place}"),
            }
            // A preview account belongs to its production otherwise than a record does.
            if place != "person.preview_project_id" {
                assert_eq!(column.references, key(column.name), "{place}");
            }
        }
    }
    Ok(())
}

#[test]
fn revisions_follow_each_other() -> Outcome {
    let revisions = migration::revisions()?;
    assert_eq!(
        revisions.first().map(|revision| revision.name.as_str()),
        Some(migration::OLDEST)
    );
    assert_eq!(
        revisions.last().map(|revision| revision.name.as_str()),
        Some(migration::NEWEST)
    );
    for (at, revision) in revisions.iter().enumerate() {
        let before: Vec<_> = revisions[..at].iter().map(|revision| &revision.name).collect();
        assert!(
            revision.after.iter().all(|name| before.contains(&name)),
            "{}",
            revision.name
        );
        assert_eq!(revision.after.is_empty(), at == 0, "{}", revision.name);
    }
    let branches = ["e1a7c3d9b5f2", "888d74d1cbc4"].map(str::to_owned);
    assert_eq!(
        migration::schema_at(&branches)?,
        migration::schema_at(&["e8c8e1e2744a".to_owned()])?,
        "two branches meet"
    );
    assert_eq!(
        migration::schema_at(&[migration::OLDEST.to_owned()])?,
        migration::reference()?
    );
    Ok(())
}
