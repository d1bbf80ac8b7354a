//! Columns that are hidden from some people: no filter tells of them, and no other answer.

use dailies::database::Sql;
use dailies_definitions::access::Role;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::accounts::email_of;
use crate::roles::{Operation, fill, fixtures, operations};
use harness::rows::execute;
use harness::{On, Studio, contract};

/// Lists of the CRUD pattern, by their paths.
fn lists() -> Vec<String> {
    let paths = contract()["paths"].as_object().expect("paths");
    let is_list = |path: &&String| {
        let one = paths.get(&format!("{path}/{{instance_id}}"));
        path.starts_with("/data/") && !path.contains('{') && one.is_some_and(|one| one.get("delete").is_some())
    };
    paths
        .iter()
        .filter(|(_, item)| item.get("get").is_some())
        .map(|(path, _)| path)
        .filter(is_list)
        .cloned()
        .collect()
}

/// A value as a query has it, where a list can be filtered by it.
fn filter_by(key: &str, value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        _ => return None,
    };
    Some(
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair(key, &text)
            .finish(),
    )
}

/// A list of records, whose keys differ by who asks, is filtered by the keys that are there, and by no other.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn filters_do_not_tell_what_records_hide(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let _fixtures = fixtures(&studio).await;
    let database = &studio.server.app.database;
    for (table, values) in [
        ("person", "phone = '555', daily_salary = 7"),
        ("organisation", "chat_token_slack = 'xoxb'"),
    ] {
        execute(database, &Sql::new(format!("UPDATE {table} SET {values}")))
            .await
            .expect("rows");
    }
    let (mut lists_seen, mut keys_seen) = (0, 0);
    for path in lists() {
        let all = studio.admin.get(&path).await;
        let Some(whole) = all
            .json
            .as_array()
            .and_then(|rows| rows.last())
            .and_then(Value::as_object)
            .cloned()
        else {
            continue;
        };
        lists_seen += 1;
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
            for client in [studio.member(role), studio.stranger(role)] {
                let seen = client.get(&path).await;
                let own = &client.get("/auth/authenticated").await.json["user"]["id"];
                if *own == whole["id"] {
                    continue;
                }
                let Some(row) = seen
                    .json
                    .as_array()
                    .and_then(|rows| rows.first())
                    .and_then(Value::as_object)
                else {
                    continue;
                };
                for (key, value) in whole.iter().filter(|(key, _)| !row.contains_key(*key)) {
                    // Everybody leaves visitors out.
                    if path == "/data/persons" && key == "is_guest" {
                        continue;
                    }
                    let Some(filter) = filter_by(key, value) else { continue };
                    // What a list leaves out, the record itself may show.
                    let record = client
                        .get(&format!("{path}/{}", whole["id"].as_str().unwrap_or_default()))
                        .await;
                    if record.json.get(key) == Some(value) {
                        continue;
                    }
                    keys_seen += 1;
                    let right = client.get(&format!("{path}?{filter}")).await;
                    let wrong = client
                        .get(&format!("{path}?{}", filter_by(key, &json!("0")).expect("a filter")))
                        .await;
                    let told = right.status != 400 && (right.status, &right.json) != (wrong.status, &wrong.json);
                    assert!(!told, "{} learns {key} by {path}?{filter}: {right:?}", role.code());
                }
            }
        }
    }
    assert!(
        lists_seen > 10 && keys_seen > 100,
        "{lists_seen} lists, {keys_seen} keys"
    );
    // Everybody finds themself by their address, and those who see addresses find others.
    let (artist, other) = (studio.member_id(Role::Artist), studio.member_id(Role::Client));
    for (client, person, found) in [
        (studio.member(Role::Artist), artist, 1),
        (studio.member(Role::Artist), other, 0),
        (studio.member(Role::Manager), other, 1),
        (studio.admin.clone(), other, 1),
    ] {
        let address = format!("/data/persons?email={}", email_of(&studio, person).await.to_uppercase());
        assert_eq!(
            client.get(&address).await.expect(200).as_array().map(Vec::len),
            Some(found)
        );
    }
    studio
        .member(Role::Artist)
        .get("/data/persons?email=[\"ada.admin@example.com\"]")
        .await
        .expect(400);
}

/// Nothing that is read shows what others are paid.
#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn salaries_are_for_administrators(#[values(On::Sqlite, On::Postgres)] on: On) {
    const PAID: &str = "98765";
    let studio = Studio::open(on).await;
    let mut values = fixtures(&studio).await;
    let database = &studio.server.app.database;
    studio.admin.get("/data/salary-scales").await.expect(200);
    for table in ["person SET daily_salary", "salary_scale SET salary"] {
        execute(database, &Sql::new(format!("UPDATE {table} = {PAID}")))
            .await
            .expect("rows");
    }
    let task = values["task_id"];
    studio
        .admin
        .put(
            "/actions/persons/x/assign"
                .replace('x', &studio.admin_id.to_string())
                .as_str(),
            json!({"task_ids": [task]}),
        )
        .await
        .expect(200);
    values.insert("instance_id", studio.admin_id);
    let reads: Vec<Operation> = operations()
        .into_iter()
        .filter(|operation| operation.method == Method::GET && operation.rule != "public")
        .collect();
    let mut shown = 0;
    for operation in reads
        .iter()
        .filter(|operation| !operation.path.starts_with("/auth/") && !operation.path.contains("test-event"))
    {
        let path = fill(&operation.path, &values);
        shown += usize::from(String::from_utf8_lossy(&studio.admin.get(&path).await.bytes).contains(PAID));
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
            for client in [studio.member(role), studio.stranger(role)] {
                let answer = client.get(&path).await;
                assert!(
                    !String::from_utf8_lossy(&answer.bytes).contains(PAID),
                    "{} reads a salary at {path}",
                    role.code()
                );
            }
        }
    }
    assert!(shown >= 5, "administrators see salaries at {shown} addresses");
}
