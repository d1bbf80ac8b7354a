//! `dailies dump` and `dailies restore`: nothing of a server is lost on the way into a file and out of it, be it of the same
//! kind of database or of the other one.

mod comparison;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use chrono::NaiveDateTime;
use dailies::database::Sql;
use dailies::dumps::{dump, restore, tables};
use entity::facts::{Column, Default, Kind, Table};
use harness::rows::execute;
use harness::{Growth, Installation, On, Place, Studio, TestServer, id, picture};
use rstest::rstest;
use sea_orm::sea_query::ArrayType;
use sea_orm::{DbBackend, Value};
use serde_json::json;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use self::comparison::{alike, as_json, assert_alike, members};

/// A value that shows when something of it is lost.
fn telling(column: &Column) -> Option<Value> {
    let json = || json!({"b": [1, 2.5, "\u{fc}\"\\\n"], "a": null, "long": 12_345_678_901_234_567_u64});
    let list = |kind, items: Vec<Value>| Some(Value::Array(kind, Some(Box::new(items))));
    match column.kind {
        _ if column.is_reference() || !column.choices.is_empty() || !column.nullable => None,
        Kind::Text { max } => Some(
            "\u{fc}\"\\'\n\t{"
                .chars()
                .take(max.map_or(8, usize::from))
                .collect::<String>()
                .into(),
        ),
        Kind::Bool => Some((column.default == Default::Bool(false)).into()),
        Kind::Integer => Some((-7).into()),
        Kind::BigInteger => Some(9_007_199_254_740_993_i64.into()),
        Kind::Float => Some((0.1 + 0.2).into()),
        Kind::DateTime => Some(
            "2024-02-29T23:59:59.000123"
                .parse::<NaiveDateTime>()
                .expect("a moment")
                .into(),
        ),
        Kind::Date => Some(chrono::NaiveDate::from_ymd_opt(2024, 2, 29).expect("a day").into()),
        Kind::Json => Some(json().into()),
        Kind::Bytes => Some(Value::Bytes(Some(b"a h\xc3\xa4sh".to_vec()))),
        Kind::TextArray => list(ArrayType::String, vec!["a,\"b".into(), "".into()]),
        Kind::JsonArray => list(ArrayType::Json, vec![json().into()]),
        Kind::BytesArray => list(ArrayType::Bytes, vec![Value::Bytes(Some(b"code".to_vec()))]),
        Kind::Uuid => None,
    }
}

/// Gives one row of each table a telling value in every column that may be null.
async fn tell(studio: &Studio, table: &'static Table) {
    let database = &studio.server.app.database;
    let key = table.primary_key[0];
    let others = if table.name == "person" {
        "WHERE email LIKE 'sue%'"
    } else {
        ""
    };
    for (column, value) in table
        .columns
        .iter()
        .filter_map(|column| Some((column, telling(column)?)))
    {
        let mut sql = Sql::new(format!("UPDATE \"{}\" SET \"{}\" = ", table.name, column.name));
        sql.bind(value).push(&format!(
            " WHERE \"{key}\" = (SELECT \"{key}\" FROM \"{}\" {others} ORDER BY 1 LIMIT 1)",
            table.name
        ));
        // Where a column must be unique, or its check says no, the value stays.
        let _refused = execute(database, &sql).await;
    }
}

/// Rows of the tables that are no entities.
async fn own_rows(studio: &Studio) {
    let moment = || Value::from("2024-02-29T23:59:59.000123".parse::<NaiveDateTime>().expect("a moment"));
    let database = &studio.server.app.database;
    let person = Value::from(studio.admin_id);
    for (text, values) in [
        (
            "INSERT INTO dailies_identity (provider, issuer, subject, person_id, created_at) VALUES ('oidc', 'i', 's', $1, $2)",
            vec![person, moment()],
        ),
        (
            "INSERT INTO dailies_store (key, value, expires_at) VALUES ('a key', 'a value', $1)",
            vec![moment()],
        ),
        (
            "INSERT INTO dailies_job (id, kind, payload, state, attempts, run_at, created_at, updated_at) VALUES ($1, 'none', $2, 'failed', 3, $3, $3, $3)",
            vec![uuid::Uuid::new_v4().into(), json!({"a": 1}).into(), moment()],
        ),
    ] {
        execute(database, &Sql::with(text, values)).await.expect("a row");
    }
}

/// A server on what a dump holds.
async fn restored(on: On, file: &Path, copy: &Path) -> TestServer {
    let place = Place::empty(on).await;
    let database = place.database().await;
    let report = restore(&database, Some(&place.storage().await), file, false)
        .await
        .expect("a restored database");
    assert!(report.rows.len() > 70, "{report:?}");
    dump(&database, Some(&place.storage().await), copy)
        .await
        .expect("another dump");
    database.close().await;
    TestServer::start_at(place).await
}

/// A studio with rows in every table, and the addresses of all that can be read of it.
async fn full(on: On) -> (Studio, Vec<String>) {
    let studio = Studio::open(on).await;
    let mut growth = Growth::of(&studio).await;
    growth.to(3).await;
    let mut addresses = growth.lasting_addresses().await;
    for table in entity::TABLES {
        tell(&studio, table).await;
    }
    own_rows(&studio).await;
    let avatar = format!("/pictures/thumbnails/persons/{}", studio.admin_id);
    assert!(studio.admin.send_file(&avatar, "me.png", &picture()).await.status < 300);
    addresses.push(format!("{avatar}.png"));
    (studio, addresses)
}

#[rstest]
#[case(On::Sqlite, On::Postgres)]
#[case(On::Postgres, On::Sqlite)]
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_server_answers_as_before(#[case] on: On, #[case] other: On) {
    let (mut studio, addresses) = full(on).await;
    studio.server.stop_workers().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    // Some lists make what is missing in them when they are read.
    studio.admin.answers(&addresses).await;
    let before = studio.admin.answers(&addresses).await;
    let succeeded = before.values().filter(|(status, _)| *status == 200).count();
    assert!(
        succeeded * 10 > before.len() * 7,
        "only {succeeded} of {} are answered",
        before.len()
    );
    let dumped = dump(
        &studio.server.app.database,
        Some(&studio.server.app.storage),
        &file("first.zip"),
    )
    .await
    .expect("a dump");
    assert!(
        dumped.left_out.is_empty() && dumped.files.is_some_and(|(count, _)| count > 0),
        "{dumped:?}"
    );
    let first = members(&file("first.zip"));
    assert_eq!(first.len(), tables().len());
    let empty: Vec<&String> = first
        .iter()
        .filter(|(_, lines)| lines.is_empty())
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        empty,
        ["tables/data_import_error.jsonl"],
        "tables that this test says nothing of"
    );

    let same = restored(on, &file("first.zip"), &file("same.zip")).await;
    assert_alike(&first, &members(&file("same.zip")), "rows of the same kind of database");
    let again = same.as_person(studio.admin_id).answers(&addresses).await;
    assert_alike(
        &as_json(&before),
        &as_json(&again),
        "answers on the same kind of database",
    );
    drop(same);

    let moved = restored(other, &file("first.zip"), &file("moved.zip")).await;
    let second = members(&file("moved.zip"));
    assert_alike(&alike(&first), &alike(&second), "rows of the other kind of database");
    let there = moved.as_person(studio.admin_id).answers(&addresses).await;
    assert_alike(
        &as_json(&before),
        &as_json(&there),
        "answers on the other kind of database",
    );
    drop(moved);

    let back = restored(on, &file("moved.zip"), &file("back.zip")).await;
    assert_alike(&second, &members(&file("back.zip")), "rows that came back");
    let again = back.as_person(studio.admin_id).answers(&addresses).await;
    assert_alike(&as_json(&there), &as_json(&again), "answers after the way back");
}

/// A dump has all that the database has, but for what it keeps of itself.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn no_table_and_no_column_is_forgotten(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let database = &studio.server.app.database;
    let text = match on {
        On::Postgres => {
            "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        }
        On::Sqlite => {
            "SELECT m.name || '.' || p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'"
        }
    };
    let rows = database.rows(&Sql::new(text)).await.expect("columns");
    let there: BTreeSet<String> = rows
        .iter()
        .map(|row| row.try_get_by_index(0).expect("a name"))
        .collect();
    let dumped = tables().into_iter().flat_map(|table| {
        table
            .columns
            .into_iter()
            .map(move |column| format!("{}.{}", table.name, column.name))
    });
    let dumped: BTreeSet<String> = dumped.collect();
    let ours = |name: &String| {
        !["seaql_migrations.", "sqlite_", "dailies_mark."]
            .iter()
            .any(|start| name.starts_with(start))
    };
    let forgotten: Vec<&String> = there
        .iter()
        .filter(|name| ours(name) && !dumped.contains(*name))
        .collect();
    assert!(forgotten.is_empty(), "these are not dumped: {forgotten:?}");
    assert!(dumped.is_subset(&there));
    assert_eq!(database.backend() == DbBackend::Postgres, matches!(on, On::Postgres));
}

/// The same archive with one member in another form.
fn changed(file: &Path, target: &Path, member: &str, change: impl Fn(String) -> String) {
    let mut archive = ZipArchive::new(File::open(file).expect("a file")).expect("an archive");
    let mut out = ZipWriter::new(File::create(target).expect("a file"));
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).expect("a member");
        let name = entry.name().expect("a name").into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("its content");
        if name == member {
            content = change(String::from_utf8(content).expect("a text")).into_bytes();
        }
        out.start_file(name, SimpleFileOptions::default()).expect("room");
        out.write_all(&content).expect("room");
    }
    out.finish().expect("an archive");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn commands_move_everything_and_refuse_what_would_lose_something(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Installation::new(on, &[]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    if matches!(on, On::Sqlite) {
        let refused = studio.run("dump", &[&path("none.zip")]).await;
        assert!(
            !refused.success && refused.complained.contains("there is no database at"),
            "{refused:?}"
        );
    }
    let server = studio.serve().await;
    let admin = server.admin().await;
    let person = admin.get("/auth/authenticated").await.expect(200)["user"]["id"]
        .as_str()
        .map(str::to_owned);
    let avatar = format!("/pictures/thumbnails/persons/{}", person.unwrap_or_default());
    assert!(admin.send_file(&avatar, "me.png", &picture()).await.status < 300);
    let department = id(&admin
        .post("/data/departments", json!({"name": "Grooming", "color": "#123456"}))
        .await
        .expect(201));
    // Servers may run on while a dump is made.
    let made = studio.run("dump", &[&path("all.zip")]).await;
    assert!(
        made.success && made.printed.contains("department") && made.printed.contains("stored files"),
        "{made:?}"
    );
    let again = studio.run("dump", &[&path("all.zip")]).await;
    assert!(
        !again.success && again.complained.contains("exists already"),
        "{again:?}"
    );
    let small = studio.run("dump", &[&path("rows.zip"), "--without-files"]).await;
    assert!(small.success && small.printed.contains("left out"), "{small:?}");
    assert_eq!(
        harness::files(folder.path()),
        ["all.zip", "rows.zip"],
        "nothing else is left"
    );

    let other = Installation::new(on, &[]).await;
    let row = |text: String| text.replacen("Grooming", "Matte", 1);
    changed(
        Path::new(&path("all.zip")),
        Path::new(&path("damaged.zip")),
        "tables/department.jsonl",
        row,
    );
    changed(
        Path::new(&path("all.zip")),
        Path::new(&path("newer.zip")),
        "manifest.json",
        |text| text.replacen("\"format\": 1", "\"format\": 2", 1),
    );
    std::fs::write(path("text.zip"), b"a text").expect("a file");
    for (name, why) in [
        ("damaged.zip", "the dump is damaged"),
        ("newer.zip", "newer release"),
        ("text.zip", "no dump of Dailies"),
        ("gone.zip", "gone.zip"),
    ] {
        let refused = other.run("restore", &[&path(name)]).await;
        assert!(
            !refused.success && refused.complained.contains(why),
            "{name}: {refused:?}"
        );
    }
    assert!(other.stored().is_empty());
    let done = other.run("restore", &[&path("all.zip")]).await;
    assert!(done.success && done.printed.contains("All of it is back"), "{done:?}");
    assert_eq!(other.stored(), studio.stored());
    let beside = other.serve().await;
    let same = beside.admin().await;
    assert_eq!(
        same.get(&format!("{avatar}.png")).await.bytes,
        admin.get(&format!("{avatar}.png")).await.bytes
    );
    let place = format!("/data/departments/{department}");
    assert_eq!(same.get(&place).await.bytes, admin.get(&place).await.bytes);
    same.put(&place, json!({"name": "Hair"})).await.expect(200);
    beside.kill().await;

    // What is there is removed only by those who say so, and then all of it.
    let refused = other.run("restore", &[&path("rows.zip")]).await;
    assert!(
        !refused.success && refused.complained.contains("--replace"),
        "{refused:?}"
    );
    let done = other
        .run("restore", &[&path("rows.zip"), "--replace", "--without-files"])
        .await;
    assert!(done.success && done.printed.contains("left out"), "{done:?}");
    let beside = other.serve().await;
    assert_eq!(
        beside.admin().await.get(&place).await.bytes,
        admin.get(&place).await.bytes
    );
}
