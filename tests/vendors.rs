//! Vendors and the metadata of entities: never a column of departments that are not theirs, wherever it is shown.

use dailies_definitions::access::Role;
use rstest::rstest;
use serde_json::{Value, json};

use harness::rows::{insert_column, insert_many, leave_column_to};
use harness::{On, Studio, id};

/// All values of a key, however deep.
fn values<'a>(found: &'a Value, key: &str) -> Vec<&'a Value> {
    match found {
        Value::Array(items) => items.iter().flat_map(|item| values(item, key)).collect(),
        Value::Object(map) => map
            .iter()
            .flat_map(|(name, value)| {
                [value]
                    .into_iter()
                    .filter(move |_| name == key)
                    .chain(values(value, key))
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn columns_of_other_departments_are_left_out_everywhere(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let admin = &studio.admin;
    let (project, vendor) = (studio.project_id, studio.member_id(Role::Vendor));
    let (asset_type, task_type) = (
        studio.named("entity-types", "Prop").await,
        studio.named("task-types", "Modeling").await,
    );
    let status = studio.named("task-status", "Todo").await;
    let department = studio.named("departments", "Modeling").await;
    let path = format!("/data/projects/{project}/asset-types/{asset_type}/assets/new");
    let data = json!({"price": 12, "mood": "calm"});
    let asset = id(&admin
        .post(&path, json!({"name": "Sheep", "data": data}))
        .await
        .expect(201));
    let task = admin.make_task_on(asset, task_type, status).await;
    let database = &studio.server.app.database;
    for (name, field) in [("Price", "price"), ("Mood", "mood")] {
        let column = insert_column(database, project, "Asset", (name, field), false)
            .await
            .expect("a column");
        if field == "price" {
            leave_column_to(database, column, department)
                .await
                .expect("a department");
        }
    }
    let artist = studio.member_id(Role::Artist);
    let links = [vendor, artist].map(|person| vec![("task_id", task.into()), ("person_id", person.into())]);
    insert_many(database, &entity::task_person_link::TABLE, links.to_vec())
        .await
        .expect("assignees");

    let addresses = [
        ("data", format!("/data/assets/{asset}")),
        ("data", format!("/data/entities/{asset}")),
        ("data", "/data/entities".into()),
        ("data", "/data/entities?page=1".into()),
        ("data", format!("/data/assets?project_id={project}")),
        ("data", format!("/data/assets/with-tasks?project_id={project}")),
        ("data", format!("/data/projects/{project}/assets")),
        (
            "data",
            format!("/data/user/projects/{project}/asset-types/{asset_type}/assets"),
        ),
        ("entity_data", "/data/user/tasks".into()),
        ("entity_data", "/data/tasks/open-tasks".into()),
    ];
    for (key, address) in &addresses {
        let seen = studio.member(Role::Artist).get(address).await.expect(200);
        assert!(values(&seen, key).contains(&&data), "{address}: {seen}");
        let seen = studio.member(Role::Vendor).get(address).await.expect(200);
        let seen = values(&seen, key);
        assert!(
            seen.contains(&&json!({"mood": "calm"})) && !seen.contains(&&data),
            "{address}: {seen:?}"
        );
    }
    for (person, path) in [
        (Role::Vendor, format!("/data/persons/{vendor}/tasks")),
        (Role::Artist, format!("/data/persons/{artist}/tasks")),
    ] {
        let seen = studio.member(person).get(&path).await.expect(200);
        let prices = values(&seen, "entity_data")
            .into_iter()
            .filter(|data| data.get("price").is_some())
            .count();
        assert_eq!(prices, usize::from(person == Role::Artist), "{path}: {seen}");
    }
}
