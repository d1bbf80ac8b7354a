//! However many rows a list has, it takes the same number of statements; a single record takes a few, and pages come in the
//! order of an index.

use std::collections::BTreeMap;

use dailies::database::Sql;
use dailies_definitions::access::Role;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use harness::rows::{execute, insert_many};
use harness::{Client, Growth, On, Studio, contract};

/// Rows of each table around the same records.
const FEW: usize = 10;
const MANY: usize = 100;

/// Calls that are counted at most. What the server does beside is counted, too, so the least of several counts.
const CALLS: usize = 6;

/// Statements of one call, when it is answered with success: no more than `enough`, if one of several calls takes so
/// few. Persons and productions that the server keeps in mind are there from a first call.
async fn statements(studio: &Studio, client: &Client, path: &str, enough: Option<u64>) -> Option<u64> {
    let call = || async {
        let response = client
            .request(Method::GET, path)
            .send()
            .await
            .expect("the server answers");
        let status = response.status();
        response.bytes().await.expect("the whole answer");
        assert!(!status.is_server_error(), "GET {path} answered {status}");
        status.is_success()
    };
    if !call().await {
        return None;
    }
    let mut least = u64::MAX;
    for calls in 1..=CALLS {
        let before = studio.server.app.database.statements();
        call().await;
        least = least.min(studio.server.app.database.statements() - before);
        if calls > 1 && enough.is_none_or(|enough| least <= enough) {
            break;
        }
    }
    Some(least)
}

async fn all_statements(
    studio: &Studio,
    client: &Client,
    addresses: &[String],
    few: &BTreeMap<String, u64>,
) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for address in addresses {
        if let Some(count) = statements(studio, client, address, few.get(address).copied()).await {
            counts.insert(address.clone(), count);
        }
    }
    counts
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn more_rows_take_no_more_statements(#[values(On::Sqlite, On::Postgres)] on: On) {
    // With answers kept in memory, no row would be looked at.
    let studio = Studio::open_with(on, &["--cache-type", "null"]).await;
    let mut growth = Growth::of(&studio).await;
    growth.to(FEW).await;
    let mut addresses = Vec::new();
    for (path, item) in contract()["paths"].as_object().expect("paths") {
        let operation = &item["get"];
        // Some of these change something: signing out, for one.
        let reads = !path.starts_with("/auth") && !path.starts_with("/actions");
        if reads
            && !operation.is_null()
            && let Some(address) = growth.address(path, operation).await
        {
            addresses.push(address);
        }
    }
    let clients = [
        ("an administrator", studio.admin.clone()),
        ("a vendor", studio.member(Role::Vendor)),
    ];
    let mut few = Vec::new();
    for (_, client) in &clients {
        few.push(all_statements(&studio, client, &addresses, &BTreeMap::new()).await);
    }
    growth.to(MANY).await;
    let mut worse = Vec::new();
    for ((who, client), few) in clients.iter().zip(&few) {
        let many = all_statements(&studio, client, &addresses, few).await;
        worse.extend(few.iter().filter_map(|(address, before)| {
            let after = many.get(address).filter(|after| *after > before)?;
            Some(format!(
                "GET {address} for {who}: {before} statements for {FEW} rows, {after} for {MANY}"
            ))
        }));
    }
    assert!(worse.is_empty(), "{}", worse.join("\n"));
    let left_out: Vec<&String> = addresses
        .iter()
        .filter(|address| !few[0].contains_key(*address))
        .collect();
    assert!(
        left_out.len() * 5 < addresses.len(),
        "too many are not answered: {left_out:#?}"
    );
}

/// Statements that reading a single record takes at most, access included, once the person who calls is kept in mind; beside
/// the one that tells whether anything changed since an answer was kept.
const ENOUGH: u64 = 3;

/// Operations that are measured beside those of [`is_single`].
const ALSO_SINGLE: [&str; 6] = [
    "/data/user/context",
    "/data/tasks/{task_id}/comments",
    "/data/tasks/{task_id}/previews",
    "/data/persons/{person_id}/day-offs",
    "/data/user/notifications/{notification_id}",
    "/data/projects/{project_id}/team",
];

/// Operations that take more, and how many. The rules on comments, files and instances look at what these belong to; quotas
/// are lists of what was done.
const EXCEPTIONS: [(&str, u64); 13] = [
    ("/data/asset-instances/{instance_id}", 4),
    ("/data/comments/{instance_id}", 4),
    ("/data/persons/{person_id}/day-offs", 4),
    ("/data/output-files/{instance_id}", 4),
    ("/data/output_files/{instance_id}", 4),
    ("/data/preview-files/{instance_id}", 4),
    ("/data/tasks/{task_id}/comments/{comment_id}", 4),
    // Clients and vendors see some of the metadata only.
    ("/data/tasks/{instance_id}", 4),
    ("/data/user/context", 4),
    // Of assets of other productions some previews are shown only, and clients see some of the tasks.
    ("/data/projects/{project_id}/playlists/{playlist_id}", 4),
    ("/data/persons/{person_id}/related-tasks/{task_type_id}", 4),
    ("/data/projects/{project_id}/quotas/{task_type_id}", 4),
    ("/data/projects/{project_id}/quotas/persons/{person_id}", 5),
];

/// True if a path names one record by its ids: the last part of it is an id, or asks for all of it.
fn is_single(path: &str) -> bool {
    path.contains("_id}") && (path.ends_with("_id}") || path.ends_with("/full"))
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_single_record_takes_few_statements(#[values(On::Sqlite, On::Postgres)] on: On) {
    // Persons are kept in mind, and answers are not.
    let studio = Studio::open_with(on, &["--cache-memory", "0"]).await;
    let mut growth = Growth::of(&studio).await;
    growth.to(FEW).await;
    // Vendors read nothing but what they work on.
    let work = Sql::with(
        "INSERT INTO task_person_link (task_id, person_id) SELECT t.id, p.id FROM task t JOIN person p ON p.id = $1",
        [studio.member_id(Role::Vendor).into()],
    );
    execute(&studio.server.app.database, &work)
        .await
        .expect("work for a vendor");
    let clients = [
        ("an administrator", studio.admin.clone()),
        ("a manager", studio.member(Role::Manager)),
        ("an artist", studio.member(Role::Artist)),
        ("a client", studio.member(Role::Client)),
        ("a vendor", studio.member(Role::Vendor)),
    ];
    let (mut answered, mut worse) = (0, Vec::new());
    for (path, item) in contract()["paths"].as_object().expect("paths") {
        let single = path.starts_with("/data") && (is_single(path) || ALSO_SINGLE.contains(&path.as_str()));
        let Some(operation) = item.get("get").filter(|_| single) else {
            continue;
        };
        let Some(address) = growth.address(path, operation).await else {
            continue;
        };
        let enough = EXCEPTIONS
            .iter()
            .find(|(known, _)| known == path)
            .map_or(ENOUGH, |(_, enough)| *enough);
        // Besides, each looks once at what changed.
        let enough = enough + 1;
        for (who, client) in &clients {
            if let Some(count) = statements(&studio, client, &address, Some(enough)).await {
                answered += 1;
                worse.extend((count > enough).then(|| format!("GET {path} for {who}: {count} statements")));
            }
        }
    }
    assert!(worse.is_empty(), "{}", worse.join("\n"));
    assert!(answered > 100, "only {answered} calls were answered");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_change_takes_one_statement(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let mut growth = Growth::of(&studio).await;
    growth.to(FEW).await;
    let id = |name: &str| growth.of_parameter(name).expect("a record");
    let (project, task, shot) = (studio.project_id, id("task_id"), id("shot_id"));
    let addresses = [
        format!("/data/tasks/{task}"),
        format!("/data/tasks/{task}/full"),
        format!("/data/tasks/{task}/comments"),
        format!("/data/tasks?project_id={project}&page=1"),
        format!("/data/persons/{}", studio.admin_id),
        "/data/task-types".to_owned(),
        "/data/user/context".to_owned(),
        format!("/data/shots/{shot}"),
        format!("/data/shots/with-tasks?project_id={project}"),
        format!("/data/assets/with-tasks?project_id={project}"),
        format!("/data/projects/{project}/shots"),
        format!("/data/projects/{project}/tasks"),
        format!("/data/projects/{project}/sequences/all/casting"),
    ];
    for client in [studio.admin.clone(), studio.member(Role::Artist)] {
        for address in &addresses {
            let count = statements(&studio, &client, address, Some(1)).await;
            assert!(
                count.is_some_and(|count| count <= 1),
                "GET {address}: {count:?} statements"
            );
        }
    }
}

/// Tasks that are worked on at once, and the most statements that each such call takes: portions of events and
/// notifications among them.
const TASKS: usize = 300;
const ENOUGH_FOR_TASKS: u64 = 40;
/// Statements of a call that changes nothing.
const ENOUGH_FOR_NOTHING: u64 = 15;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn work_on_many_tasks_takes_few_statements(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let task_type = studio.named("task-types", "Modeling").await;
    let tasks: Vec<Uuid> = (0..TASKS).map(|_| Uuid::new_v4()).collect();
    let row = |(at, id): (usize, &Uuid)| {
        vec![
            ("id", (*id).into()),
            ("name", format!("task {at}").into()),
            ("project_id", studio.project_id.into()),
            ("task_type_id", task_type.into()),
        ]
    };
    let database = &studio.server.app.database;
    insert_many(
        database,
        &entity::task::TABLE,
        tasks.iter().enumerate().map(row).collect(),
    )
    .await
    .expect("tasks");
    let artist = studio.member_id(Role::Artist);
    let assign = format!("/actions/persons/{artist}/assign");
    let priority = json!({"task_ids": tasks, "priority": 2});
    let clearing = json!({"task_ids": tasks, "person_id": artist});
    let delete = format!("/actions/projects/{}/delete-tasks", studio.project_id);
    for (method, path, body, enough) in [
        (
            Method::PUT,
            assign.as_str(),
            json!({"task_ids": tasks}),
            ENOUGH_FOR_TASKS,
        ),
        (Method::PUT, &assign, json!({"task_ids": tasks}), ENOUGH_FOR_NOTHING),
        (
            Method::PUT,
            "/actions/tasks/set-priority",
            priority.clone(),
            ENOUGH_FOR_TASKS,
        ),
        (Method::PUT, "/actions/tasks/set-priority", priority, ENOUGH_FOR_NOTHING),
        (
            Method::PUT,
            "/actions/tasks/clear-assignation",
            clearing.clone(),
            ENOUGH_FOR_TASKS,
        ),
        (
            Method::PUT,
            "/actions/tasks/clear-assignation",
            clearing,
            ENOUGH_FOR_NOTHING,
        ),
        (Method::POST, &delete, json!(tasks), ENOUGH_FOR_TASKS),
    ] {
        let before = database.statements();
        let answer = studio
            .admin
            .request(method.clone(), path)
            .json(&body)
            .send()
            .await
            .expect("an answer");
        assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
        let count = database.statements() - before;
        assert!(count <= enough, "{method} {path}: {count} statements for {TASKS} tasks");
    }
}
