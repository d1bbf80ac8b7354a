//! Rows of another instance and records of ShotGrid, by the thousand.

use dailies_definitions::access::Role;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use harness::{On, Studio};

/// Rows that come in one body, and in a larger one.
const ROWS: [usize; 2] = [200, 2_000];
/// Statements of a call that do not depend on the number of rows: looking up, comparing and checking.
const FEW: u64 = 60;
/// Rows that are written with one statement, at least.
const TOGETHER: u64 = 8;

/// Calls, and checks that the number of statements follows from the portions in which rows are written.
async fn import(studio: &Studio, path: &str, rows: &[Value]) -> Value {
    let before = studio.server.app.database.statements();
    let began = std::time::Instant::now();
    let answer = studio.admin.post(path, json!(rows)).await.expect(200);
    let count = studio.server.app.database.statements() - before;
    println!(
        "{path}: {} rows in {:?}, {count} statements",
        rows.len(),
        began.elapsed()
    );
    let most = FEW + u64::try_from(rows.len()).expect("a number") / TOGETHER;
    assert!(count <= most, "{path}: {count} statements for {} rows", rows.len());
    assert_eq!(answer.as_array().map(Vec::len), Some(rows.len()), "{path}");
    answer
}

fn with(row: &Value, more: &Value) -> Value {
    let mut row = row.clone();
    row.as_object_mut()
        .expect("a row")
        .extend(more.as_object().expect("more").clone());
    row
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn many_rows_take_few_statements(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let animation = studio.named("task-types", "Animation").await;
    let todo = studio.named("task-status", "Todo").await;
    let artist = studio.member_id(Role::Artist);
    for count in ROWS {
        let sequence = Uuid::new_v4();
        let shots: Vec<Uuid> = (1..count).map(|_| Uuid::new_v4()).collect();
        let shot = |(number, id): (usize, &Uuid)| json!({"id": id, "type": "Shot", "name": format!("SH{number}"), "project_id": studio.project_id, "parent_id": sequence, "data": {"a": number}});
        let mut entities: Vec<Value> = shots.iter().enumerate().map(shot).collect();
        // What all others refer to comes last.
        entities.push(
            json!({"id": sequence, "type": "Sequence", "name": format!("SQ{count}"), "project_id": studio.project_id}),
        );
        let tasks: Vec<Value> = shots
            .iter()
            .map(|shot| {
                json!({
                    "id": Uuid::new_v4(), "name": "main", "entity_id": shot, "project_id": studio.project_id, "task_type_id": animation,
                    "task_status_id": todo, "assignees": [artist],
                })
            })
            .collect();
        for _ in 0..2 {
            import(&studio, "/import/kitsu/entities", &entities).await;
            import(&studio, "/import/kitsu/tasks", &tasks).await;
        }
        let comments: Vec<Value> = tasks
            .iter()
            .map(|task| {
                let more = json!({"object_id": task["id"], "object_type": "Task", "person_id": artist, "text": "Fine.", "mentions": [artist]});
                with(&json!({"id": Uuid::new_v4()}), &more)
            })
            .collect();
        import(&studio, "/import/kitsu/comments?silent=true", &comments).await;
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn many_records_take_few_statements(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let project = json!({"id": 1, "name": "Wool", "type": "Project"});
    import(
        &studio,
        "/import/shotgun/projects",
        &[json!({"id": 1, "name": "Wool", "sg_status": "Open"})],
    )
    .await;
    import(
        &studio,
        "/import/shotgun/steps",
        &[json!({"id": 1, "code": "Animation", "entity_type": "Shot"})],
    )
    .await;
    let person =
        json!({"id": 1, "firstname": "Ada", "lastname": "Lovelace", "email": "ada@example.org", "login": "ada"});
    import(&studio, "/import/shotgun/persons", &[person]).await;
    for count in ROWS {
        let asset = |number: usize| json!({"id": number, "code": format!("Tree {number}"), "description": null, "project": project, "sg_asset_type": format!("Type {}", number % 50)});
        let shot = |number: usize| {
            json!({
                "id": number, "code": format!("SH{number}"), "project": project, "sg_cut_in": 1, "sg_cut_duration": 9,
                "assets": [{"id": number + 1, "type": "Asset"}],
            })
        };
        let task = |number: usize| {
            json!({
                "id": number, "cached_display_name": "Animation", "project": project, "step": {"id": 1}, "entity": {"type": "Shot", "id": number},
                "sg_status_list": "todo", "created_by": {"id": 1}, "start_date": null, "due_date": null, "sg_sort_order": 1, "duration": null,
                "task_assignees": [{"id": 1}],
            })
        };
        for _ in 0..2 {
            import(
                &studio,
                "/import/shotgun/assets",
                &(0..count).map(asset).collect::<Vec<_>>(),
            )
            .await;
            import(
                &studio,
                "/import/shotgun/shots",
                &(0..count).map(shot).collect::<Vec<_>>(),
            )
            .await;
            import(
                &studio,
                "/import/shotgun/tasks",
                &(0..count).map(task).collect::<Vec<_>>(),
            )
            .await;
        }
    }
}
