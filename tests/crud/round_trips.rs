//! Records that were read, in the form of their collection or in another one, can be sent back as they are.

use rstest::rstest;
use serde_json::Value;

use harness::{Growth, On, Studio, contract, id};

/// Columns about a change itself: when it was, and by whom.
const OF_THE_CHANGE: [&str; 2] = ["updated_at", "editor_id"];

/// A record without what a change says of itself, and without the order of its lists of ids.
fn settled(record: &Value) -> Value {
    let mut record = record.clone();
    let keys = record.as_object_mut().expect("a record");
    keys.retain(|key, _| !OF_THE_CHANGE.contains(&key.as_str()));
    for list in keys.values_mut().filter_map(Value::as_array_mut) {
        list.sort_by_key(Value::to_string);
    }
    record
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_can_be_sent_back(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    Growth::of(&studio).await.to(2).await;
    let admin = &studio.admin;
    let (mut sent, mut refused) = (Vec::new(), Vec::new());
    for (path, item) in contract()["paths"].as_object().expect("paths") {
        let Some(collection) = path
            .strip_suffix("/{instance_id}")
            .filter(|_| item["put"].is_object() && item["put"]["deprecated"] != true)
        else {
            continue;
        };
        // The log is only added to.
        if collection == "/data/events" {
            continue;
        }
        let listed = admin.get(&format!("{collection}?relations=true")).await.expect(200);
        let listed = listed.as_array().expect("a list");
        assert!(!listed.is_empty(), "{collection} has nothing in it");
        for record in listed.iter().take(4) {
            let address = format!("{collection}/{}", id(record));
            let before = admin.get(&address).await.expect(200);
            for body in [record, &before] {
                let answer = admin.put(&address, body.clone()).await;
                if answer.status != 200 {
                    refused.push(format!("{address}: {} {body}", String::from_utf8_lossy(&answer.bytes)));
                }
            }
            let after = admin.get(&address).await.expect(200);
            assert_eq!(settled(&after), settled(&before), "{address}");
        }
        sent.push(collection);
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert_eq!(sent.len(), 45, "{sent:?}");
}

/// Addresses that answer a record, or a list of records, in another form than the collection that takes it back.
const OTHER_FORMS: [(&str, &str); 14] = [
    ("/data/assets/{asset_id}", "entities"),
    ("/data/concepts/{concept_id}", "entities"),
    ("/data/edits/{edit_id}", "entities"),
    ("/data/episodes/{episode_id}", "entities"),
    ("/data/scenes/{scene_id}", "entities"),
    ("/data/sequences/{sequence_id}", "entities"),
    ("/data/shots/{shot_id}", "entities"),
    ("/data/tasks/{task_id}/full", "tasks"),
    ("/data/assets/with-tasks", "entities"),
    ("/data/concepts/with-tasks", "entities"),
    ("/data/edits/with-tasks", "entities"),
    ("/data/episodes/with-tasks", "entities"),
    ("/data/sequences/with-tasks", "entities"),
    ("/data/shots/with-tasks", "entities"),
];

/// A record without empty values, which some forms answer in place of others.
fn filled(record: &Value) -> Value {
    let mut record = settled(record);
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(keys) => keys.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        _ => false,
    };
    let keys = record.as_object_mut().expect("a record");
    keys.retain(|_, value| !is_empty(value));
    record
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_elsewhere_can_be_sent_back(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let mut growth = Growth::of(&studio).await;
    growth.to(2).await;
    let admin = &studio.admin;
    let mut problems = Vec::new();
    for (path, collection) in OTHER_FORMS {
        let address = growth.address(path, &contract()["paths"][path]["get"]).await;
        let mut address = address.unwrap_or_else(|| panic!("{path} needs what is not known"));
        if path.ends_with("with-tasks") {
            address = format!("{path}?project_id={}", studio.project_id);
        }
        let read = admin.get(&address).await.expect(200);
        let rows = match read {
            Value::Array(rows) => rows,
            row => vec![row],
        };
        assert!(!rows.is_empty(), "{path} answers nothing");
        let nested = rows
            .iter()
            .flat_map(|row| row["tasks"].as_array().into_iter().flatten());
        let nested: Vec<(&str, Value)> = nested.map(|task| ("tasks", task.clone())).take(4).collect();
        let rows = rows.iter().take(4).map(|row| (collection, row.clone())).chain(nested);
        for (collection, row) in rows {
            let home = format!("/data/{collection}/{}", id(&row));
            let before = admin.get(&home).await.expect(200);
            let answer = admin.put(&home, row.clone()).await;
            if answer.status != 200 {
                problems.push(format!("{path}: {} {row}", String::from_utf8_lossy(&answer.bytes)));
            }
            let after = admin.get(&home).await.expect(200);
            if filled(&after) != filled(&before) {
                problems.push(format!("{path}: {after} is not {before}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
