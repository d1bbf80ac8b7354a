//! The search keeps what it looks through, and never answers what is no longer true.

use dailies::database::Sql;
use dailies_definitions::access::Role;
use rstest::rstest;
use serde_json::json;

use harness::rows::execute;
use harness::{Client, On, Studio, id};

/// Searches that are made to find out what one costs: what the server does beside is counted, too.
const SEARCHES: usize = 5;

/// Names of the assets that are found.
async fn found(client: &Client, query: &str) -> Vec<String> {
    let body = json!({"query": query, "limit": 10, "index_names": ["assets"]});
    let answer = client.post("/data/search", body).await.expect(200);
    let assets = answer["assets"].as_array().expect("a list");
    assets
        .iter()
        .map(|asset| asset["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_index_follows_every_change_of_what_it_finds(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let database = &studio.server.app.database;
    let manager = studio.member(Role::Manager);
    let character = studio.named("entity-types", "Character").await;
    let path = format!(
        "/data/projects/{}/asset-types/{character}/assets/new",
        studio.project_id
    );
    let asset = manager
        .post(
            &path,
            json!({"name": "Zeppelin", "description": "Above the fog", "data": {}}),
        )
        .await
        .expect(201);
    let asset = id(&asset);

    let before = database.statements();
    assert_eq!(found(&manager, "zepelin").await, ["Zeppelin"]);
    let first = database.statements() - before;
    let mut later = u64::MAX;
    for _ in 0..SEARCHES {
        let before = database.statements();
        assert_eq!(found(&manager, "zeppelin").await, ["Zeppelin"]);
        later = later.min(database.statements() - before);
    }
    assert!(later < first, "{later} statements, and {first} at first");

    // Other programs write into the database, too.
    let rename = Sql::with("UPDATE entity SET name = 'Balloon' WHERE id = $1", [asset.into()]);
    execute(database, &rename).await.expect("a change");
    assert_eq!(found(&manager, "zeppelin").await, [""; 0]);
    assert_eq!(found(&manager, "balloon").await, ["Balloon"]);
    let rename = Sql::with(
        "UPDATE entity_type SET name = 'Vessel' WHERE id = $1",
        [character.into()],
    );
    execute(database, &rename).await.expect("a change");
    assert_eq!(found(&manager, "vessel balloon").await, ["Balloon"]);

    // What is kept is narrowed for whoever asks.
    assert_eq!(found(&studio.member(Role::Vendor), "balloon").await, [""; 0]);
    assert_eq!(found(&studio.stranger(Role::Manager), "balloon").await, [""; 0]);
    assert_eq!(found(&studio.admin, "balloon").await, ["Balloon"]);

    let closed = studio.named("project-status", "Closed").await;
    let path = format!("/data/projects/{}", studio.project_id);
    let body = json!({"project_status_id": closed});
    studio.admin.put(&path, body).await.expect(200);
    assert_eq!(found(&studio.admin, "balloon").await, [""; 0]);
    assert_eq!(found(&manager, "balloon").await, [""; 0]);
}
