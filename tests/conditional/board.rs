//! A board that many people work on: nothing is lost among writers at once, and whoever looks sees the latest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dailies::database::Sql;
use futures::future::join_all;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use super::ask;
use harness::rows::insert_many;
use harness::{On, Studio};

/// Assets of a board that is sent in many parts.
const ASSETS: usize = 600;
/// People who work at once, and what each of them changes.
const WRITERS: usize = 20;
const CHANGES: usize = 6;

/// Makes assets with a task each, and gives the tasks.
async fn assets(studio: &Studio, count: usize) -> Vec<Uuid> {
    let entity_type = studio.named("entity-types", "Character").await;
    let task_type = studio.named("task-types", "Modeling").await;
    let status = studio.named("task-status", "Todo").await;
    let database = &studio.server.app.database;
    let ids: Vec<(Uuid, Uuid)> = (0..count).map(|_| (Uuid::new_v4(), Uuid::new_v4())).collect();
    let entities = ids.iter().enumerate().map(|(at, (id, _))| {
        vec![
            ("id", (*id).into()),
            ("name", format!("Asset {at}").into()),
            ("description", "A sheep with a long story. ".repeat(8).into()),
            ("project_id", studio.project_id.into()),
            ("entity_type_id", entity_type.into()),
        ]
    });
    insert_many(database, &entity::entity::TABLE, entities.collect())
        .await
        .expect("assets");
    let tasks = ids.iter().map(|(entity, id)| {
        vec![
            ("id", (*id).into()),
            ("name", "main".into()),
            ("project_id", studio.project_id.into()),
            ("entity_id", (*entity).into()),
            ("task_type_id", task_type.into()),
            ("task_status_id", status.into()),
        ]
    });
    insert_many(database, &entity::task::TABLE, tasks.collect())
        .await
        .expect("tasks");
    ids.into_iter().map(|(_, task)| task).collect()
}

/// The address of a board that is sent in many parts.
pub async fn large(studio: &Studio) -> String {
    assets(studio, ASSETS).await;
    format!("/data/assets/with-tasks?project_id={}", studio.project_id)
}

/// Rows of marks of the tasks of a production, and their sum.
async fn marks(studio: &Studio) -> (i64, i64) {
    let sql = Sql::with(
        "SELECT COUNT(*), CAST(COALESCE(SUM(amount), 0) AS bigint) FROM dailies_mark WHERE subject = 'task' AND project_id = $1",
        [studio.project_id.into()],
    );
    let row = studio
        .server
        .app
        .database
        .row(&sql)
        .await
        .expect("marks")
        .expect("a row");
    (
        row.try_get_by_index(0).expect("a number"),
        row.try_get_by_index(1).expect("a number"),
    )
}

/// Adds marks up, as a running server does from time to time.
async fn add_up(studio: &Studio) {
    let app = &studio.server.app;
    app.conditional.sweep(&app.database).await.expect("marks are added up");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_among_writers(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Arc::new(Studio::open(on).await);
    let tasks = assets(&studio, WRITERS).await;
    let board = format!("/data/assets/with-tasks?project_id={}", studio.project_id);
    let done = Arc::new(AtomicBool::new(false));
    // Meanwhile marks are added up, and somebody looks.
    let adder = {
        let (studio, done, board) = (Arc::clone(&studio), Arc::clone(&done), board.clone());
        tokio::spawn(async move {
            let mut last = marks(&studio).await.1;
            while !done.load(Ordering::Relaxed) {
                add_up(&studio).await;
                let sum = marks(&studio).await.1;
                assert!(sum >= last, "marks never fall");
                last = sum;
                ask(&studio.admin, &board, None).await;
            }
        })
    };
    let writers = tasks.iter().map(|task| {
        let (admin, path) = (studio.admin.clone(), format!("/data/tasks/{task}"));
        tokio::spawn(async move {
            for change in 0..CHANGES {
                admin.put(&path, json!({"estimation": 60 + change})).await.expect(200);
            }
        })
    });
    join_all(writers)
        .await
        .into_iter()
        .for_each(|writer| writer.expect("a writer"));
    done.store(true, Ordering::Relaxed);
    adder.await.expect("marks that never fall");
    let (_, sum) = marks(&studio).await;
    let latest = ask(&studio.admin, &board, None).await;
    let text = String::from_utf8(latest.bytes.clone()).expect("UTF-8");
    assert_eq!(
        text.matches(&format!("\"estimation\":{}.0", 60 + CHANGES - 1)).count(),
        WRITERS,
        "{text}"
    );
    // Adding up changes no mark, and so no tag.
    add_up(&studio).await;
    assert_eq!(marks(&studio).await, (1, sum));
    assert_eq!(ask(&studio.admin, &board, latest.tag.as_deref()).await.status, 304);
}
