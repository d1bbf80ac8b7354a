//! Schedules with many readers and many tasks.

use dailies::database::{self, Sql};
use dailies_definitions::access::Role;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use harness::rows;
use harness::{On, Studio, id};

/// Tasks in the production; more than any statement takes one by one.
const TASKS: usize = 3_000;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn first_readers_at_the_same_time_make_one_bar(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let asset_type = studio.named("entity-types", "Character").await;
    let modeling = studio.named("task-types", "Modeling").await;
    let asset = json!({"name": "Sheep", "project_id": studio.project_id, "entity_type_id": asset_type});
    let asset = id(&studio.admin.post("/data/entities", asset).await.expect(201));
    studio
        .admin
        .post("/data/tasks", json!({"entity_id": asset, "task_type_id": modeling}))
        .await
        .expect(201);
    let reader = studio.member(Role::Manager);
    let paths = ["task-types".to_owned(), format!("{modeling}/asset-types")];
    let reads = paths.iter().cycle().take(16).map(|path| {
        let (reader, path) = (
            reader.clone(),
            format!("/data/projects/{}/schedule-items/{path}", studio.project_id),
        );
        async move { reader.get(&path).await.expect(200) }
    });
    let answers = futures::future::join_all(reads).await;
    for (at, answer) in answers.iter().enumerate() {
        assert_eq!(answer, &answers[at % paths.len()]);
        assert_eq!(answer.as_array().map(Vec::len), Some(1));
    }
    let bars = studio
        .admin
        .get(&format!("/data/projects/{}/schedule-items", studio.project_id))
        .await
        .expect(200);
    assert_eq!(bars.as_array().map(Vec::len), Some(2));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn versions_of_long_schedules_are_copied_and_applied(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let database = &studio.server.app.database;
    let (modeling, artist) = (
        studio.named("task-types", "Modeling").await,
        studio.member_id(Role::Artist),
    );
    let asset_type = studio.named("entity-types", "Character").await;
    let day = database::now();
    let (mut assets, mut tasks, mut assignments) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..TASKS {
        let (asset, task) = (Uuid::new_v4(), Uuid::new_v4());
        assets.push(vec![
            ("id", asset.into()),
            ("name", format!("Sheep {number}").into()),
            ("project_id", studio.project_id.into()),
            ("entity_type_id", asset_type.into()),
        ]);
        tasks.push(vec![
            ("id", task.into()),
            ("name", "main".into()),
            ("project_id", studio.project_id.into()),
            ("task_type_id", modeling.into()),
            ("entity_id", asset.into()),
            ("start_date", day.into()),
            ("estimation", 480.0.into()),
        ]);
        assignments.push(vec![("task_id", task.into()), ("person_id", artist.into())]);
    }
    rows::insert_many(database, &entity::entity::TABLE, assets)
        .await
        .expect("assets");
    rows::insert_many(database, &entity::task::TABLE, tasks)
        .await
        .expect("tasks");
    rows::insert_many(database, &entity::task_person_link::TABLE, assignments)
        .await
        .expect("assignments");
    let mut versions = Vec::new();
    for name in ["Plan A", "Plan B"] {
        let values = vec![("name", name.into()), ("project_id", studio.project_id.into())];
        versions.push(
            rows::insert(database, &entity::production_schedule_version::TABLE, values)
                .await
                .expect("a version"),
        );
    }
    let [first, second] = versions[..] else {
        panic!("two versions")
    };
    let manager = studio.member(Role::Manager);
    let path = |version: Uuid, action: &str| format!("/actions/production-schedule-versions/{version}/{action}");
    for _ in 0..2 {
        let filled = manager
            .post(&path(first, "set-task-links-from-production"), json!({}))
            .await
            .expect(200);
        assert_eq!(filled["task_link_count"], TASKS);
    }
    let later = Sql::new("UPDATE production_schedule_version_task_link SET estimation = 960.0");
    rows::execute(database, &later).await.expect("a plan");
    let source = json!({"production_schedule_version_id": first});
    let filled = manager
        .post(&path(second, "set-task-links-from-production-schedule-version"), source)
        .await
        .expect(200);
    assert_eq!(filled["task_link_count"], TASKS);
    let links = manager
        .get(&format!(
            "/data/production-schedule-versions/{second}/task-links?relations=true"
        ))
        .await
        .expect(200);
    let links = links.as_array().expect("links");
    let ids: std::collections::HashSet<Uuid> = links.iter().map(id).collect();
    assert_eq!((links.len(), ids.len()), (TASKS, TASKS));
    assert!(ids.iter().all(|id| id.get_version_num() == 4));
    assert!(
        links
            .iter()
            .all(|link| link["assignees"] == json!([artist]) && link["estimation"] == 960.0)
    );
    let applied = manager
        .post(&path(second, "apply-to-production"), json!({}))
        .await
        .expect(200);
    assert_eq!(applied["task_count"], TASKS);
    let count = Sql::new("SELECT COUNT(*) FROM task WHERE estimation = 960.0");
    assert_eq!(usize::try_from(rows::number(database, &count).await).ok(), Some(TASKS));
    let told = Sql::new("SELECT COUNT(*) FROM api_event WHERE name = 'task:update'");
    assert_eq!(usize::try_from(rows::number(database, &told).await).ok(), Some(TASKS));
}
