//! Whoever loses a right loses what was kept for them, at once, whatever program took it.

use dailies::database::Sql;
use dailies_definitions::access::Role;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use super::{ask, grown};
use harness::rows::execute;
use harness::{Client, On, Studio};

/// Asks twice for each of these, which is kept then.
async fn keep(client: &Client, addresses: &[String]) {
    for address in addresses.iter().chain(addresses) {
        assert_eq!(ask(client, address, None).await.status, 200, "{address}");
    }
}

async fn refused(client: &Client, addresses: &[String]) {
    for address in addresses {
        assert_eq!(ask(client, address, None).await.status, 403, "{address}");
    }
}

/// Records of the production, and a list of it.
fn of_production(studio: &Studio, task: Uuid, shot: Uuid) -> Vec<String> {
    vec![
        format!("/data/tasks/{task}"),
        format!("/data/tasks/{task}/full"),
        format!("/data/tasks/{task}/comments"),
        format!("/data/shots/{shot}"),
        format!("/data/entities/{shot}"),
        format!("/data/projects/{}/shots", studio.project_id),
        format!("/data/projects/{}/task-type-softwares", studio.project_id),
        format!("/data/projects/{}/day-offs", studio.project_id),
        format!("/data/shots/{shot}/asset-instances"),
        format!("/data/shots/{shot}/asset-types"),
        format!("/data/shots/{shot}/versions"),
        format!("/data/shots/{shot}/preview-files"),
        format!("/data/entities/{shot}/preview-files"),
        format!("/data/entities/{shot}/output-files"),
        format!("/data/entities/{shot}/time-spents"),
        format!("/data/entities/{shot}/chat/messages"),
        format!("/data/tasks/{task}/working-files"),
        format!("/data/tasks/{task}/working-files/last-revisions"),
    ]
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_the_team_is_told_nothing_more(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let growth = grown(&studio).await;
    let id = |name: &str| growth.of_parameter(name).expect("a record");
    let addresses = of_production(&studio, id("task_id"), id("shot_id"));
    let (artist, database) = (studio.member(Role::Artist), &studio.server.app.database);
    keep(&artist, &addresses).await;
    let artist_id = studio.member_id(Role::Artist);
    let leave = Sql::with(
        "DELETE FROM project_person_link WHERE person_id = $1",
        [artist_id.into()],
    );
    execute(database, &leave).await.expect("an artist who leaves");
    refused(&artist, &addresses).await;
    let come_back = Sql::with(
        "INSERT INTO project_person_link (project_id, person_id) VALUES ($1, $2)",
        [studio.project_id.into(), artist_id.into()],
    );
    execute(database, &come_back).await.expect("an artist who comes back");
    keep(&artist, &addresses).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_longer_assigned_is_told_nothing_more(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let growth = grown(&studio).await;
    let id = |name: &str| growth.of_parameter(name).expect("a record");
    let (task, shot) = (id("task_id"), id("shot_id"));
    let addresses = [
        format!("/data/tasks/{task}"),
        format!("/data/tasks/{task}/full"),
        format!("/data/tasks/{task}/working-files"),
        format!("/data/entities/{shot}/working-files"),
        format!("/data/entities/{shot}/preview-files"),
    ];
    let (vendor, database) = (studio.member(Role::Vendor), &studio.server.app.database);
    let vendor_id = studio.member_id(Role::Vendor);
    let assign = Sql::with(
        "INSERT INTO task_person_link (task_id, person_id) VALUES ($1, $2)",
        [task.into(), vendor_id.into()],
    );
    execute(database, &assign).await.expect("work for a vendor");
    keep(&vendor, &addresses).await;
    let unassign = Sql::with("DELETE FROM task_person_link WHERE person_id = $1", [vendor_id.into()]);
    execute(database, &unassign).await.expect("a vendor without work");
    refused(&vendor, &addresses).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_gets_another_role_has_it_at_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let (artist, database) = (studio.member(Role::Artist), &studio.server.app.database);
    let (reading, writing) = ("/data/salary-scales", "/data/departments");
    let id = studio.member_id(Role::Artist);
    for (role, read, written) in [("user", 403, 403), ("admin", 200, 201), ("user", 403, 403)] {
        let change = Sql::with("UPDATE person SET role = $1 WHERE id = $2", [role.into(), id.into()]);
        execute(database, &change).await.expect("another role");
        assert_eq!(artist.get(reading).await.status, read, "{role} reads");
        let department = json!({"name": format!("Cloth {}", Uuid::new_v4()), "color": "#5f626a"});
        assert_eq!(artist.post(writing, department).await.status, written, "{role} writes");
    }
    let leave = Sql::with("UPDATE person SET active = false WHERE id = $1", [id.into()]);
    execute(database, &leave).await.expect("somebody who leaves");
    assert_eq!(artist.get("/data/departments").await.status, 401);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_joins_a_department_is_in_it_at_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let (vendor, database) = (studio.member(Role::Vendor), &studio.server.app.database);
    let department = studio.named("departments", "Modeling").await;
    let address = format!("/data/projects/{}/metadata-descriptors", studio.project_id);
    let column = json!({"name": "Layer", "entity_type": "Asset", "data_type": "string", "departments": [department]});
    studio.admin.post(&address, column).await.expect(201);
    let person = studio.member_id(Role::Vendor);
    let join = "INSERT INTO department_link (person_id, department_id) VALUES ($1, $2)";
    let leave = "DELETE FROM department_link WHERE person_id = $1 AND department_id = $2";
    for (text, columns) in [(leave, 0), (join, 1), (leave, 0), (join, 1)] {
        let change = Sql::with(text, [person.into(), department.into()]);
        execute(database, &change).await.expect(text);
        for _ in 0..2 {
            let listed = vendor.get(&address).await.expect(200);
            assert_eq!(listed.as_array().map(Vec::len), Some(columns), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn triggers_that_were_switched_off_for_a_while_are_noticed() {
    let studio = Studio::open(On::Postgres).await;
    let growth = grown(&studio).await;
    let database = &studio.server.app.database;
    let address = format!("/data/shots/{}", growth.of_parameter("shot_id").expect("a shot"));
    let before = ask(&studio.admin, &address, None).await;
    // As a program does that loads rows in bulk.
    for text in [
        "ALTER TABLE entity DISABLE TRIGGER USER",
        "UPDATE entity SET description = 'Loaded in bulk'",
        "ALTER TABLE entity ENABLE TRIGGER USER",
    ] {
        execute(database, &Sql::new(text)).await.expect(text);
    }
    let after = ask(&studio.admin, &address, before.tag.as_deref()).await;
    assert_eq!(after.status, 200);
    assert_ne!(after.bytes, before.bytes);
}
