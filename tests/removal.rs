//! A production that is deleted by force leaves nothing behind, takes nothing of others along, and goes as a whole or not
//! at all; so does an entity. Every table that can hold something of a production is filled first, whatever tables there are.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use dailies::app::App;
use dailies::database::{self, Sql};
use dailies::storage::{Bucket, FileKey};
use entity::TABLES;
use entity::facts::{Default as ColumnDefault, Kind, Table};
use rstest::rstest;
use sea_orm::Value;
use serde_json::json;
use uuid::Uuid;

use harness::rows;
use harness::{On, Studio, wait_until};

/// Columns that hold the id of a row without a foreign key, and the table of that row.
const UNWRITTEN: [(&str, &str, &str); 4] = [
    ("chat", "object_id", "entity"),
    ("comment", "object_id", "task"),
    ("schedule_item", "object_id", "entity"),
    ("task", "last_preview_file_id", "preview_file"),
];

/// Tables and columns that refer to another table.
fn references(table: &'static Table) -> Vec<(&'static str, &'static str)> {
    let written = table
        .columns
        .iter()
        .filter_map(|column| Some((column.name, column.references?)));
    let unwritten = UNWRITTEN
        .iter()
        .filter(|(name, ..)| *name == table.name)
        .map(|(_, column, target)| (*column, *target));
    written.chain(unwritten).collect()
}

/// The tables whose rows can belong to a production, itself among them.
fn tables_of_productions() -> HashSet<&'static str> {
    let mut found = HashSet::from(["project"]);
    loop {
        let more: Vec<&str> = TABLES
            .iter()
            .filter(|table| references(table).iter().any(|(_, target)| found.contains(target)))
            .map(|table| table.name)
            .collect();
        let known = found.len();
        found.extend(more);
        if found.len() == known {
            return found;
        }
    }
}

/// Something to put into a column that must not be empty.
fn filling(table: &'static Table, name: &'static str, mark: &str) -> Option<Value> {
    let column = table.column(name).expect("a column");
    if column.nullable || column.default != ColumnDefault::None {
        return None;
    }
    Some(match column.kind {
        Kind::Text { max } => match column.choices.first() {
            Some(choice) => Value::from(*choice),
            None => format!("{mark} {}", table.name)
                .chars()
                .take(max.unwrap_or(80).into())
                .collect::<String>()
                .into(),
        },
        Kind::Uuid => Uuid::new_v4().into(),
        Kind::Bool => false.into(),
        Kind::Integer => 1.into(),
        Kind::BigInteger => 1_i64.into(),
        Kind::Float => 1.0.into(),
        Kind::DateTime => database::now().into(),
        Kind::Date => database::now().date().into(),
        Kind::Json => Value::Json(Some(Box::new(json!({})))),
        kind => database::null(kind),
    })
}

/// The tables that a filled production needs: its own, and what they refer to.
fn tables_to_fill() -> Vec<&'static Table> {
    let mut wanted = tables_of_productions();
    loop {
        let more: Vec<&str> = wanted
            .iter()
            .filter_map(|name| Table::find(name))
            .flat_map(references)
            .map(|(_, target)| target)
            .collect();
        let known = wanted.len();
        wanted.extend(more);
        if wanted.len() == known {
            return TABLES
                .iter()
                .copied()
                .filter(|table| wanted.contains(table.name))
                .collect();
        }
    }
}

/// Puts one row into each table that is not in `rows` yet, with all its references, and adds its id.
async fn fill(app: &App, rows: &mut HashMap<&'static str, Uuid>, mark: &str) {
    let mut waiting: Vec<&'static Table> = tables_to_fill()
        .into_iter()
        .filter(|table| !rows.contains_key(table.name))
        .collect();
    let mut made = Vec::new();
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut later = Vec::new();
        for table in waiting {
            let required = |name: &str| table.column(name).is_some_and(|column| !column.nullable);
            if references(table)
                .iter()
                .any(|(column, target)| required(column) && !rows.contains_key(target))
            {
                later.push(table);
                continue;
            }
            let mut values: Vec<(&'static str, Value)> = Vec::new();
            for column in &table.columns {
                let target = references(table)
                    .into_iter()
                    .find(|(name, _)| *name == column.name)
                    .and_then(|(_, target)| rows.get(target));
                match target {
                    Some(id) => values.push((column.name, (*id).into())),
                    None => values.extend(filling(table, column.name, mark).map(|value| (column.name, value))),
                }
            }
            let id = rows::insert(&app.database, table, values)
                .await
                .unwrap_or_else(|error| panic!("{}: {error}", table.name));
            rows.insert(table.name, id);
            made.push(table);
        }
        assert!(
            later.len() < before,
            "these tables wait for each other: {:?}",
            later.iter().map(|table| table.name).collect::<Vec<_>>()
        );
        waiting = later;
    }
    // References to rows that did not exist yet when a row was made.
    for table in made.into_iter().filter(|table| table.column("id").is_some()) {
        let values = references(table)
            .into_iter()
            .map(|(column, target)| (column, rows[target].into()))
            .collect::<Vec<_>>();
        rows::update(&app.database, table, rows[table.name], values)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", table.name));
    }
}

/// The columns of all tables that hold one of these ids.
async fn places_of(app: &App, ids: &[Uuid]) -> Vec<String> {
    let mut found = Vec::new();
    for table in TABLES {
        for column in table.columns.iter().filter(|column| column.kind == Kind::Uuid) {
            let mut sql = Sql::new(format!(
                "SELECT COUNT(*) FROM \"{}\" WHERE \"{}\" IN ",
                table.name, column.name
            ));
            sql.bind_list(ids.iter().copied());
            if rows::number(&app.database, &sql).await > 0 {
                found.push(format!("{}.{}", table.name, column.name));
            }
        }
    }
    found
}

/// Events about a production, in order, by those of the last events that name it.
async fn last_events(app: &App, project_id: Uuid) -> Vec<String> {
    let sql = Sql::new("SELECT name, data FROM api_event ORDER BY created_at DESC LIMIT 20");
    let rows = app.database.rows(&sql).await.expect("the log");
    let named = rows.iter().filter(|row| {
        let data: serde_json::Value = row.try_get("", "data").expect("a payload");
        data["project_id"] == project_id.to_string()
    });
    let mut last: Vec<String> = named
        .take(4)
        .map(|row| row.try_get("", "name").expect("a name"))
        .collect();
    last.reverse();
    last
}

/// The ids of what belongs to a production.
fn own(rows: &HashMap<&'static str, Uuid>, of_productions: &HashSet<&'static str>) -> Vec<Uuid> {
    let identified = |name: &str| Table::find(name).is_some_and(|table| table.column("id").is_some());
    rows.iter()
        .filter(|(name, _)| of_productions.contains(**name) && identified(name))
        .map(|(_, id)| *id)
        .collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_removed_production_leaves_nothing_behind(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open_with(on, &["--remove-files", "true"]).await;
    let app = &studio.server.app;
    let of_productions = tables_of_productions();
    assert!(of_productions.len() > 40, "{of_productions:?}");
    let mut wool = HashMap::new();
    fill(app, &mut wool, "Wool").await;
    // A second production in the same studio, which uses what the first one has.
    let mut silk: HashMap<&'static str, Uuid> = wool
        .iter()
        .filter(|(name, _)| !of_productions.contains(**name))
        .map(|(name, id)| (*name, *id))
        .collect();
    fill(app, &mut silk, "Silk").await;
    rows::update(
        &app.database,
        &entity::entity::TABLE,
        silk["entity"],
        vec![("source_id", wool["entity"].into())],
    )
    .await
    .expect("an entity");
    let casting = vec![
        ("entity_in_id", silk["entity"].into()),
        ("entity_out_id", wool["entity"].into()),
    ];
    let casting = rows::insert(&app.database, &entity::entity_link::TABLE, casting)
        .await
        .expect("a casting");
    let (gone, kept) = (own(&wool, &of_productions), own(&silk, &of_productions));
    let before: HashSet<String> = places_of(app, &gone).await.into_iter().collect();
    for table in &of_productions {
        let columns = references(Table::find(table).expect("a table"));
        let (column, _) = columns
            .iter()
            .find(|(_, target)| of_productions.contains(target))
            .expect("a reference");
        assert!(
            *table == "project" || before.contains(&format!("{table}.{column}")),
            "{table} is not filled"
        );
    }
    let kept_before = places_of(app, &kept).await;

    let files_of = |rows: &HashMap<&'static str, Uuid>| {
        [
            FileKey::new(Bucket::Pictures, "thumbnails", rows["project"]),
            FileKey::new(Bucket::Movies, "previews", rows["preview_file"]),
            FileKey::new(Bucket::Files, "attachments", rows["attachment_file"]),
        ]
    };
    for key in files_of(&wool).iter().chain(&files_of(&silk)) {
        app.storage.put(key, "wool".into()).await.expect("a stored file");
    }

    let path = format!("/data/projects/{}?force=true", wool["project"]);
    assert_eq!(
        studio
            .admin
            .delete(&format!("/data/projects/{}", wool["project"]))
            .await
            .status,
        400
    );
    assert_eq!(places_of(app, &gone).await.into_iter().collect::<HashSet<_>>(), before);
    studio.admin.delete(&path).await.expect(204);
    assert_eq!(places_of(app, &gone).await, Vec::<String>::new());
    assert_eq!(
        last_events(app, wool["project"]).await,
        ["task:delete", "build-job:delete", "playlist:delete", "project:delete"]
    );
    assert_eq!(studio.admin.delete(&path).await.status, 404);
    assert_eq!(places_of(app, &kept).await, kept_before);
    for key in &files_of(&wool) {
        let gone = async || !app.storage.exists(key).await.expect("the storage");
        wait_until(Duration::from_secs(10), "the files go too", gone).await;
    }
    for key in &files_of(&silk) {
        assert!(app.storage.exists(key).await.expect("the storage"));
    }
    assert!(places_of(app, &[casting]).await.is_empty());
    for (name, id) in silk
        .iter()
        .filter(|(name, _)| Table::find(name).is_some_and(|table| table.column("id").is_some()))
    {
        assert!(
            places_of(app, &[*id]).await.contains(&format!("{name}.id")),
            "a row of {name} is gone"
        );
    }
}

/// A studio in which a table that the server knows nothing of refers to a row of `table` with the type `kind`, and that row.
/// Its removal, below `path`, is refused at the very end, when all that belongs to it is gone, and takes nothing along.
async fn held_back(on: On, kind: &str, table: &str, path: &str) -> (Studio, Uuid) {
    let studio = Studio::open(on).await;
    let app = &studio.server.app;
    let mut wool = HashMap::new();
    fill(app, &mut wool, "Wool").await;
    let ids = own(&wool, &tables_of_productions());
    let before = places_of(app, &ids).await;
    let id = wool[table];
    for sql in [
        Sql::new(format!("CREATE TABLE stopper (id {kind} REFERENCES {table} (id))")),
        Sql::with("INSERT INTO stopper VALUES ($1)", [id.into()]),
    ] {
        rows::execute(&app.database, &sql).await.expect("a table with a row");
    }
    let answer = studio.admin.delete(&format!("{path}/{id}?force=true")).await;
    assert_eq!(answer.status, 400);
    assert_eq!(places_of(app, &ids).await, before);
    (studio, id)
}

#[rstest]
#[case(On::Sqlite, "BLOB")]
#[case(On::Postgres, "uuid")]
#[tokio::test(flavor = "multi_thread")]
async fn a_production_goes_as_a_whole_or_not_at_all(#[case] on: On, #[case] kind: &str) {
    held_back(on, kind, "project", "/data/projects").await;
}

#[rstest]
#[case(On::Sqlite, "BLOB")]
#[case(On::Postgres, "uuid")]
#[tokio::test(flavor = "multi_thread")]
async fn an_entity_goes_as_a_whole_or_not_at_all(#[case] on: On, #[case] kind: &str) {
    let (studio, entity) = held_back(on, kind, "entity", "/data/assets").await;
    let app = &studio.server.app;
    rows::execute(&app.database, &Sql::new("DELETE FROM stopper"))
        .await
        .expect("no row");
    let path = format!("/data/assets/{entity}?force=true");
    studio.admin.delete(&path).await.expect(204);
    assert_eq!(places_of(app, &[entity]).await, Vec::<String>::new());
}
