//! `dailies pull` and `dailies push`: what one server has, another one has afterwards.

mod work;

use std::collections::BTreeMap;
use std::time::Duration;

use dailies::database::{Database, Sql};
use harness::rows::number;
use harness::{Client, Ended, Installation, On, Studio, TestServer, id, picture};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use self::work::Work;

/// Collections whose rows are compared one by one. The others have rows that a copy can't have the same, or none.
const COLLECTIONS: [&str; 34] = [
    "asset-instances",
    "attachment-files",
    "budget-entries",
    "budgets",
    "chat-messages",
    "chats",
    "comments",
    "custom-actions",
    "day-offs",
    "departments",
    "entities",
    "entity-links",
    "entity-types",
    "metadata-descriptors",
    "milestones",
    "news",
    "notifications",
    "output-files",
    "persons",
    "playlists",
    "preview-files",
    "production-schedule-version-task-links",
    "production-schedule-versions",
    "projects",
    "salary-scales",
    "schedule-items",
    "search-filters",
    "status-automations",
    "studios",
    "subscriptions",
    "task-status",
    "tasks",
    "time-spents",
    "working-files",
];

/// Rows of a collection by their ids.
async fn rows(client: &Client, collection: &str) -> BTreeMap<String, Value> {
    let listed = client
        .get(&format!("/data/{collection}?relations=true"))
        .await
        .expect(200);
    let listed = listed
        .as_array()
        .unwrap_or_else(|| panic!("{collection} is no list: {listed}"))
        .clone();
    listed
        .into_iter()
        .map(|row| (row["id"].as_str().expect("an id").to_owned(), sorted(row)))
        .collect()
}

/// The row with lists of ids in one order.
fn sorted(mut row: Value) -> Value {
    for value in row.as_object_mut().into_iter().flat_map(|row| row.values_mut()) {
        if let Value::Array(items) = value
            && items.iter().all(Value::is_string)
        {
            items.sort_by_key(ToString::to_string);
        }
    }
    row
}

/// A list of records by their ids, in which they have no order; anything else as it is.
fn named(value: Value) -> BTreeMap<String, Value> {
    match value {
        Value::Array(rows) => rows
            .into_iter()
            .map(|row| (row["id"].to_string(), sorted(row)))
            .collect(),
        other => sorted(other)
            .as_object()
            .cloned()
            .unwrap_or_default()
            .into_iter()
            .collect(),
    }
}

async fn assert_same(there: &Client, here: &Client) {
    let mut different = Vec::new();
    for collection in COLLECTIONS {
        let (source, copy) = (rows(there, collection).await, rows(here, collection).await);
        for (id, row) in &source {
            if copy.get(id) != Some(row) {
                different.push(format!(
                    "{collection} {id}:\n{row}\n{}",
                    copy.get(id).unwrap_or(&Value::Null)
                ));
            }
        }
        assert_eq!(source.len(), copy.len(), "{collection}");
    }
    let projects: Vec<String> = rows(there, "projects").await.into_keys().collect();
    for path in projects
        .iter()
        .flat_map(|id| [format!("/data/projects/{id}"), format!("/data/projects/{id}/team")])
    {
        let (source, copy) = (there.get(&path).await.expect(200), here.get(&path).await.expect(200));
        assert_eq!(named(source), named(copy), "{path}");
    }
    assert!(
        different.is_empty(),
        "{} differ\n{}",
        different.len(),
        different[..different.len().min(5)].join("\n")
    );
}

/// The answer to a call that is to succeed.
async fn post(client: &Client, path: &str, body: Value) -> Value {
    let answer = client
        .send(Method::POST, path, Some(body).filter(|body| !body.is_null()))
        .await;
    assert!(answer.status < 300, "{path}: {answer:?}");
    answer.json
}

/// The id of a record that is made.
async fn made(client: &Client, path: &str, body: Value) -> Uuid {
    id(&post(client, path, body).await)
}

/// A studio with rows of most kinds, made as people make them, a picture of a person, and one of a preview.
async fn full(on: On) -> (Studio, Uuid) {
    let studio = Studio::open(on).await;
    let avatar = format!("/pictures/thumbnails/persons/{}", studio.admin_id);
    assert!(studio.admin.send_file(&avatar, "me.png", &picture()).await.status < 300);
    let work = Work::of(&studio).await;
    work.plan(&studio).await;
    work.file(&studio).await;
    let preview = work.discuss(&studio).await;
    // Another production, which has nothing to do with the first.
    let admin = &studio.admin;
    let silk = made(
        admin,
        "/data/projects",
        json!({"name": "Silk", "production_type": "short"}),
    )
    .await;
    let asset = made(
        admin,
        &format!("/data/projects/{silk}/asset-types/{}/assets/new", work.asset_type),
        json!({"name": "Moth"}),
    )
    .await;
    let task = work.task(&studio, silk, asset, work.modeling).await;
    post(
        admin,
        &format!("/actions/tasks/{task}/comment"),
        json!({"task_status_id": work.status, "comment": "It flies."}),
    )
    .await;
    (studio, preview)
}

/// An installation without anything, on the other kind of database. Its server makes no administrator: everybody comes from
/// the other one.
async fn empty(on: On) -> Installation {
    let mut copy = Installation::on_database("", &[]);
    copy.database_url = match on {
        On::Sqlite => TestServer::empty_database().await,
        On::Postgres => format!("sqlite://{}", copy.data().join("dailies.db").display()),
    };
    copy
}

async fn pull(copy: &Installation, from: &Client, arguments: &[&str]) -> Ended {
    let token = from.token.clone().expect("a token");
    let mut all = vec!["--from", &from.url];
    all.extend(arguments);
    let ended = copy.run_with(&[("SYNC_TOKEN", &token)], "pull", &all).await;
    assert!(ended.success, "{ended:?}");
    ended
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_the_same_rows_and_files(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, preview) = full(on).await;
    let copy = empty(on).await;
    let done = pull(&copy, &studio.admin, &[]).await;
    for word in ["differs", "refused", "not offered", "not fetched"] {
        assert!(!done.printed.contains(word), "{}", done.printed);
    }
    assert!(!copy.data().join("pull.json").exists());
    let server = copy.serve().await;
    let here = server.again(&studio.admin);
    assert_same(&studio.admin, &here).await;
    for path in [
        format!("/pictures/thumbnails/persons/{}.png", studio.admin_id),
        format!("/pictures/originals/preview-files/{preview}.png"),
        format!("/pictures/thumbnails-square/preview-files/{preview}.png"),
    ] {
        assert_eq!(
            here.get(&path).await.bytes,
            studio.admin.get(&path).await.bytes,
            "{path}"
        );
    }
    server.kill().await;

    // A second copy brings what has changed, and nothing twice.
    let place = made(&studio.admin, "/data/studios", json!({"name": "Paris", "color": ""})).await;
    let verified = pull(&copy, &studio.admin, &["--verify"]).await;
    assert_eq!(verified.printed.matches("differs").count(), 1, "{}", verified.printed);
    let again = pull(&copy, &studio.admin, &[]).await;
    assert!(
        !again.printed.contains("differs") && again.printed.contains("0 files"),
        "{}",
        again.printed
    );
    let server = copy.serve().await;
    server
        .again(&studio.admin)
        .get(&format!("/data/studios/{place}"))
        .await
        .expect(200);
    assert_same(&studio.admin, &server.again(&studio.admin)).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_goes_on_where_it_stopped(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, _) = full(on).await;
    let copy = empty(on).await;
    let token = studio.admin.token.clone().expect("a token");
    let mut broken = copy.begin(&[("SYNC_TOKEN", &token)], "pull", &["--from", &studio.server.url]);
    let stage = || async {
        let text = tokio::fs::read(copy.data().join("pull.json")).await.ok()?;
        serde_json::from_slice::<Value>(&text).ok()?["stage"].as_u64()
    };
    for _ in 0..24_000 {
        if stage().await.is_some_and(|stage| stage >= 10) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    broken.kill().await.expect("a copy on its way");
    assert!(
        stage().await.is_some_and(|stage| stage >= 10),
        "it was to be broken off in the middle"
    );
    let done = pull(&copy, &studio.admin, &[]).await;
    assert!(
        done.printed.contains("went on") && !done.printed.contains("differs"),
        "{}",
        done.printed
    );
    let server = copy.serve().await;
    assert_same(&studio.admin, &server.again(&studio.admin)).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_production_comes_alone(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, preview) = full(on).await;
    let copy = empty(on).await;
    let token = studio.admin.token.as_deref().unwrap_or_default();
    let refused = copy
        .run_with(
            &[("SYNC_TOKEN", token)],
            "pull",
            &["--from", &studio.server.url, "--production", "Nowhere"],
        )
        .await;
    assert!(
        !refused.success && refused.complained.contains("Nowhere"),
        "{refused:?}"
    );
    let done = pull(&copy, &studio.admin, &["--production", "Wool"]).await;
    assert!(
        !done.printed.contains("differs") && !done.printed.contains("refused"),
        "{}",
        done.printed
    );
    let database = Database::connect(&copy.database_url, 1).await.expect("a connection");
    let count = async |table: &str| number(&database, &Sql::new(format!("SELECT COUNT(*) FROM {table}"))).await;
    assert_eq!(count("project").await, 1);
    assert!(count("task").await > 0 && count("comment").await > 0 && count("person").await > 3);
    database.close().await;
    let server = copy.serve().await;
    let path = format!("/pictures/originals/preview-files/{preview}.png");
    let here = server.again(&studio.admin);
    assert_eq!(here.get(&path).await.bytes, studio.admin.get(&path).await.bytes);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_production_goes_to_another_server(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, preview) = full(on).await;
    let copy = empty(on).await;
    pull(&copy, &studio.admin, &["--without-files"]).await;
    let server = copy.serve().await;
    let there = server.again(&studio.admin);
    let path = format!("/data/projects/{}", studio.project_id);
    there
        .put(
            &path,
            json!({"project_status_id": there.named("project-status", "Closed").await}),
        )
        .await
        .expect(200);
    assert_eq!(there.delete(&format!("{path}?force=true")).await.status, 204);
    let before = rows(&studio.admin, "tasks").await;
    assert!(rows(&there, "tasks").await.len() < before.len());
    let token = studio.admin.token.clone().expect("a token");
    let push = async |option: &str| {
        let commands = studio.server.commands();
        let arguments = ["--to", server.url.as_str(), "--production", "Wool", option];
        commands.run_with(&[("SYNC_TOKEN", &token)], "push", &arguments).await
    };
    let lacking = rows(&there, "tasks").await.len();
    let looked = push("--verify").await;
    assert!(looked.success && looked.printed.contains("differs"), "{looked:?}");
    assert_eq!(rows(&there, "tasks").await.len(), lacking, "nothing was pushed");
    let done = push("--without-files").await;
    assert!(done.success && !done.printed.contains("refused"), "{done:?}");
    assert_eq!(
        rows(&there, "tasks").await.keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>()
    );
    for collection in ["entities", "comments", "entity-links", "playlists"] {
        let (here, pushed) = (rows(&studio.admin, collection).await, rows(&there, collection).await);
        assert_eq!(
            here.keys().collect::<Vec<_>>(),
            pushed.keys().collect::<Vec<_>>(),
            "{collection}"
        );
    }
    // A second time nothing is there twice.
    assert!(push("--without-files").await.success);
    assert_eq!(
        rows(&there, "comments").await.len(),
        rows(&studio.admin, "comments").await.len()
    );
    there.get(&format!("/data/preview-files/{preview}")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_out_of_reach_is_told_with_the_reason() {
    let copy = empty(On::Sqlite).await;
    let refused = copy
        .run_with(&[("SYNC_TOKEN", "a token")], "pull", &["--from", "http://127.0.0.1:1"])
        .await;
    assert!(
        !refused.success && refused.complained.contains("Connection refused"),
        "{refused:?}"
    );
}
