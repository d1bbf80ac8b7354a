//! The order of an answer is stated by its query: whatever plan the database takes, the answer is the same, byte by byte.
//! A tag promises the same bytes, and pages leave nothing out.

use std::collections::BTreeSet;

use dailies::database::Sql;
use dailies_definitions::access::Role;
use futures::future::join_all;
use harness::rows::execute;
use harness::{Answers, Client, Growth, On, Studio, TestServer};
use tokio::sync::Barrier;

/// Rows of each table around the same records. Their ids are random, so that no index has them as they came.
const ROWS: usize = 6;

/// Ways of PostgreSQL to read: by indexes and loops, by whole tables and hashes, and by sorting and merging.
const PLANS: [&[&str]; 3] = [
    &["seqscan", "hashjoin", "mergejoin", "hashagg"],
    &[
        "indexscan",
        "indexonlyscan",
        "bitmapscan",
        "nestloop",
        "mergejoin",
        "sort",
    ],
    &["hashjoin", "nestloop", "seqscan", "hashagg"],
];

/// Connections that the server of a test has.
const CONNECTIONS: usize = 8;

/// Addresses that are answered otherwise than before.
fn differing(before: &Answers, after: &Answers) -> BTreeSet<String> {
    let differs = |(address, was): (&String, &(u16, Vec<u8>))| (after[address] != *was).then(|| address.clone());
    before.iter().filter_map(differs).collect()
}

/// A studio with rows in every table, where no work is done beside.
async fn full(on: On) -> (Studio, Vec<String>) {
    let mut studio = Studio::open_with(on, &["--cache-type", "null"]).await;
    let mut growth = Growth::of(&studio).await;
    growth.to(ROWS).await;
    // Lists that ask for something of it find it: news that tell of a status, and work that is done, shared or to be checked.
    for text in [
        "UPDATE comment SET task_status_id = (SELECT s.id FROM task_status s WHERE s.id >= comment.id ORDER BY s.id LIMIT 1) \
         WHERE EXISTS (SELECT 1 FROM task_status s WHERE s.id >= comment.id)",
        "UPDATE news SET change = true",
        "UPDATE task_status SET is_feedback_request = true, is_done = (name <> 'Todo')",
        "UPDATE task SET done_date = created_at",
        "UPDATE entity SET is_shared = true",
    ] {
        execute(&studio.server.app.database, &Sql::new(text))
            .await
            .expect("rows that are asked for");
    }
    let addresses = growth.lasting_addresses().await;
    studio.server.stop_workers().await;
    (studio, addresses)
}

/// Answers of people before anything is changed, none of which differs from call to call.
async fn settled(clients: &[Client], addresses: &[String]) -> Vec<Answers> {
    let mut settled = Vec::new();
    for client in clients {
        // Some lists make what is missing in them when they are read first.
        client.answers(addresses).await;
        let before = client.answers(addresses).await;
        let moving = differing(&before, &client.answers(addresses).await);
        assert!(moving.is_empty(), "{moving:#?}");
        let answered = before.values().filter(|(status, _)| *status == 200).count();
        assert!(answered > 100, "only {answered} of {} are answered", before.len());
        settled.push(before);
    }
    settled
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_answers_the_same_by_every_plan() {
    let (studio, addresses) = full(On::Postgres).await;
    let clients = [studio.admin.clone(), studio.member(Role::Artist)];
    let before = settled(&clients, &addresses).await;
    let mut wrong = BTreeSet::new();
    for plan in PLANS {
        let ways: String = plan.iter().map(|way| format!("%20-c%20enable_{way}=off")).collect();
        // What is switched off costs so much that every plan would be compiled.
        let mut server = studio.server.beside_with(&format!("?options=-c%20jit=off{ways}")).await;
        server.stop_workers().await;
        for (client, before) in clients.iter().zip(&before) {
            wrong.extend(differing(before, &client.at(&server).answers(&addresses).await));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_are_the_same_however_their_rows_lie() {
    let (studio, _) = full(On::Postgres).await;
    let project = studio.project_id;
    let addresses = [
        format!("/data/tasks/open-tasks/burndown?project_id={project}"),
        format!("/data/persons/{}/time-spents/year/2026", studio.admin_id),
    ];
    let database = &studio.server.app.database;
    // A number as large as this swallows each 1 that is added to it, but not the sum of several.
    let first =
        format!("SELECT id FROM task WHERE project_id = '{project}' AND entity_id IS NOT NULL ORDER BY id LIMIT 1");
    for text in [
        format!("UPDATE task SET estimation = CASE WHEN id = ({first}) THEN 1e16 ELSE 1 END"),
        "UPDATE time_spent SET duration = CASE WHEN date = '2026-03-02' THEN 1e16 ELSE 1 END".to_owned(),
    ] {
        execute(database, &Sql::new(text)).await.expect("minutes");
    }
    let mut seen = Vec::new();
    for direction in ["ASC", "DESC"] {
        for (table, column) in [("task", "estimation"), ("time_spent", "duration")] {
            let name = format!("{table}_{direction}").to_lowercase();
            for text in [
                format!("CREATE INDEX {name} ON {table} ({column} {direction})"),
                format!("CLUSTER {table} USING {name}"),
            ] {
                execute(database, &Sql::new(text)).await.expect("rows in another order");
            }
        }
        seen.push(studio.admin.answers(&addresses).await);
    }
    assert!(seen.iter().flat_map(Answers::values).all(|(status, _)| *status == 200));
    let differing = differing(&seen[0], &seen[1]);
    assert!(differing.is_empty(), "{differing:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_answers_the_same_with_rows_in_reverse() {
    let (studio, addresses) = full(On::Sqlite).await;
    let clients = [studio.admin.clone(), studio.member(Role::Artist)];
    let before = settled(&clients, &addresses).await;
    let database = &studio.server.app.database;
    let all = Barrier::new(CONNECTIONS);
    let reverse = || {
        database.keeping(async {
            let pragma = Sql::new("PRAGMA reverse_unordered_selects = ON");
            database.rows(&pragma).await.expect("rows in reverse");
            all.wait().await;
        })
    };
    join_all((0..CONNECTIONS).map(|_| reverse())).await;
    let mut wrong = BTreeSet::new();
    for (client, before) in clients.iter().zip(&before) {
        wrong.extend(differing(before, &client.answers(&addresses).await));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_plans_as_the_server_wants_unless_somebody_has_said_otherwise() {
    let settings = async |server: &TestServer| -> String {
        let sql = Sql::new("SELECT current_setting('jit') || ' ' || current_setting('random_page_cost')");
        let row = server.app.database.row(&sql).await.expect("an answer").expect("a row");
        row.try_get_by_index(0).expect("the settings")
    };
    let server = TestServer::start(On::Postgres).await;
    assert_eq!(settings(&server).await, "off 1.1");
    let other = server
        .beside_with("?options=-c%20jit=on%20-c%20random_page_cost=4")
        .await;
    assert_eq!(settings(&other).await, "on 4");
}
