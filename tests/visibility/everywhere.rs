//! Metadata values and task types that are kept from clients and vendors: no address of the contract tells them.

use dailies::database::Sql;
use dailies_definitions::access::Role;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use harness::rows::{execute, insert_column, leave_column_to};
use harness::{Client, Growth, On, Studio, contract};

/// Rows of each table around the same records.
const ROWS: usize = 3;

/// Kinds of records that have metadata columns.
const KINDS: [&str; 7] = ["Asset", "Shot", "Sequence", "Episode", "Edit", "Task", "Project"];

/// Values of a column that is kept from clients and vendors, and of one that is not.
const SECRET: &str = "twelve-thousand-sheep";
const OPEN: &str = "calm-as-a-meadow";

/// A studio with records of every kind, a vendor who works on all of them, and an artist who is a client of the production.
async fn grown(studio: &Studio) -> Growth<'_> {
    let mut growth = Growth::of(studio).await;
    growth.to(ROWS).await;
    let database = &studio.server.app.database;
    let work =
        "INSERT INTO task_person_link (task_id, person_id) SELECT t.id, p.id FROM task t JOIN person p ON p.id = $1";
    for role in [Role::Vendor, Role::Client] {
        execute(database, &Sql::with(work, [studio.member_id(role).into()]))
            .await
            .expect("work");
    }
    let place = "UPDATE project_person_link SET role = 'client' WHERE project_id = $1 AND person_id = $2";
    let artist = studio.member_id(Role::Artist);
    execute(database, &Sql::with(place, [studio.project_id.into(), artist.into()]))
        .await
        .expect("a role");
    growth
}

/// Ways to ask an operation: with what its address needs alone, and with one more parameter each.
async fn ways(studio: &Studio, growth: &Growth<'_>, path: &str, operation: &Value) -> Vec<String> {
    let Some(plain) = growth.address(path, operation).await else {
        return Vec::new();
    };
    let joint = if plain.contains('?') { '&' } else { '?' };
    let mut ways = vec![plain.clone()];
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let value = match name {
            "project_id" => studio.project_id.to_string(),
            "page" => "1".to_owned(),
            "relations" => "true".to_owned(),
            _ => continue,
        };
        if parameter["in"] == "query" && parameter["required"] != true {
            ways.push(format!("{plain}{joint}{name}={value}"));
        }
    }
    ways
}

/// Every address of the contract that reads, with records of the studio.
async fn readings(studio: &Studio, growth: &Growth<'_>) -> Vec<String> {
    let mut addresses = Vec::new();
    for (path, item) in contract()["paths"].as_object().expect("paths") {
        let operation = &item["get"];
        // Some of these change something: signing out, for one.
        let reads = !path.starts_with("/auth") && !path.starts_with("/actions") && !path.contains("test-event");
        if reads && !operation.is_null() {
            addresses.extend(ways(studio, growth, path, operation).await);
        }
    }
    addresses
}

/// The body of an answer, where it is one with success.
async fn read(client: &Client, address: &str) -> Option<String> {
    let response = client
        .request(Method::GET, address)
        .send()
        .await
        .expect("the server answers");
    let status = response.status();
    let bytes = response.bytes().await.expect("the whole answer");
    assert!(!status.is_server_error(), "GET {address} answered {status}");
    status
        .is_success()
        .then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// Gives the production two columns for records of every kind: one that clients and vendors see, and one that they don't.
async fn add_columns(studio: &Studio) {
    let database = &studio.server.app.database;
    let department = studio.named("departments", "Modeling").await;
    for kind in KINDS {
        for (field, is_open) in [("budget", false), ("mood", true)] {
            let column = insert_column(database, studio.project_id, kind, (field, field), is_open)
                .await
                .expect("a column");
            if !is_open {
                leave_column_to(database, column, department)
                    .await
                    .expect("a department");
            }
        }
    }
    let data = json!({"budget": SECRET, "mood": OPEN});
    let with_columns = "entity_type_id IN (SELECT k.id FROM entity_type k WHERE k.name IN ('Character', 'Shot', 'Sequence', 'Episode', 'Edit'))";
    for (table, condition) in [
        ("entity", with_columns),
        ("entity_version", "1 = 1"),
        ("task", "project_id IN (SELECT d.project_id FROM metadata_descriptor d)"),
        ("project", "1 = 1"),
    ] {
        let sql = Sql::new(format!("UPDATE {table} SET data = '{data}' WHERE {condition}"));
        execute(database, &sql).await.expect("values");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn values_that_are_not_for_clients_or_vendors_reach_them_nowhere(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let growth = grown(&studio).await;
    add_columns(&studio).await;
    let manager = studio.member(Role::Manager);
    let others = [
        ("a client", studio.member(Role::Client)),
        ("an artist who is a client there", studio.member(Role::Artist)),
        ("a vendor", studio.member(Role::Vendor)),
    ];
    let (mut kept, mut shown, mut told) = (0, 0, Vec::new());
    for address in readings(&studio, &growth).await {
        let team = read(&manager, &address).await.unwrap_or_default();
        kept += usize::from(team.contains(SECRET));
        for (who, client) in &others {
            let seen = read(client, &address).await.unwrap_or_default();
            shown += usize::from(seen.contains(OPEN));
            if seen.contains(SECRET) {
                told.push(format!("GET {address} for {who}"));
            }
        }
    }
    assert!(told.is_empty(), "{} answers tell it:\n{}", told.len(), told.join("\n"));
    assert!(
        kept > 25 && shown > 40,
        "the team sees it at {kept} addresses, others see what is for them at {shown}"
    );
}

/// Lists of the task types of something: the answer is a list of them, and the address names what has them.
fn is_list_of_task_types(path: &str, operation: &Value) -> bool {
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    path.contains('{') && schema["items"]["$ref"] == "#/components/schemas/TaskType"
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn task_types_that_are_kept_from_clients_are_in_no_list_of_theirs(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let growth = grown(&studio).await;
    let mut addresses = Vec::new();
    for (path, item) in contract()["paths"].as_object().expect("paths") {
        if is_list_of_task_types(path, &item["get"]) {
            addresses.extend(growth.address(path, &item["get"]).await);
        }
    }
    let [manager, client, vendor] = [Role::Manager, Role::Client, Role::Vendor].map(|role| studio.member(role));
    let amount = async |client: &Client, address: &str| {
        let list: Option<Vec<Value>> = read(client, address)
            .await
            .map(|text| serde_json::from_str(&text).expect("a list"));
        list.map(|list| list.len())
    };
    let mut lists = Vec::new();
    for address in addresses {
        if amount(&client, &address).await.is_some_and(|amount| amount > 0) {
            let others = [amount(&manager, &address).await, amount(&vendor, &address).await];
            lists.push((address, others));
        }
    }
    assert!(lists.len() > 9, "clients find task types in few lists: {lists:?}");
    let sql = Sql::with(
        "UPDATE project_task_type_link SET is_client_visible = $1",
        [false.into()],
    );
    execute(&studio.server.app.database, &sql).await.expect("a change");
    for (address, others) in lists {
        assert_eq!(amount(&client, &address).await, Some(0), "GET {address} for clients");
        let now = [amount(&manager, &address).await, amount(&vendor, &address).await];
        assert_eq!(now, others, "GET {address} for others");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_left_the_team_finds_no_work_there(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let growth = grown(&studio).await;
    let vendor = studio.member(Role::Vendor);
    let mut lists = Vec::new();
    for (path, item) in contract()["paths"].as_object().expect("paths") {
        if !path.starts_with("/data/user/") || item["get"].is_null() {
            continue;
        }
        let Some(address) = growth.address(path, &item["get"]).await else {
            continue;
        };
        let rows = read(&vendor, &address).await.unwrap_or_default();
        if names_production(&rows, studio.project_id) {
            lists.push(address);
        }
    }
    assert!(lists.len() > 8, "the work of a vendor is in few lists: {lists:?}");
    let sql = Sql::with(
        "DELETE FROM project_person_link WHERE person_id = $1",
        [studio.member_id(Role::Vendor).into()],
    );
    execute(&studio.server.app.database, &sql)
        .await
        .expect("somebody leaves");
    for address in lists {
        let rows = read(&vendor, &address).await.unwrap_or_default();
        assert!(!names_production(&rows, studio.project_id), "GET {address}: {rows}");
    }
}

/// True if a list of records has one of a production.
fn names_production(rows: &str, project_id: Uuid) -> bool {
    rows.starts_with('[') && rows.contains(&format!("\"project_id\":\"{project_id}\""))
}
