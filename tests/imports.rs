//! Tables as spreadsheets write them, and long ones.

use std::fmt::Write;

use rstest::rstest;
use serde_json::{Value, json};

use harness::{On, Studio};

/// Lines of a long table.
const LINES: usize = 5_000;
/// Statements that a long table may take when all of its lines are new, with their tasks, comments and events, and when
/// all are known: rows are written by the dozen.
const STATEMENTS: [(&str, u64); 2] = [("new", 2_000), ("known", 60)];

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn tables_of_any_spreadsheet_say_the_same(#[case] on: On) {
    let studio = Studio::open(on).await;
    let path = format!("/import/csv/projects/{}/assets", studio.project_id);
    let table = "Type;Name;Description\r\nDécor;Forêt;\"Été; très\r\nvert\"\r\n";
    let utf_16 = |order: fn(u16) -> [u8; 2]| table.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let windows: Vec<u8> = table
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).expect("a letter of Europe"))
        .collect();
    let files = [
        table.as_bytes().to_vec(),
        [&b"\xEF\xBB\xBF"[..], table.as_bytes()].concat(),
        [vec![0xFF, 0xFE], utf_16(u16::to_le_bytes)].concat(),
        [vec![0xFE, 0xFF], utf_16(u16::to_be_bytes)].concat(),
        utf_16(u16::to_le_bytes),
        windows,
    ];
    let first = studio.admin.send_file(&path, "assets.csv", &files[0]).await.expect(201);
    assert_eq!(first[0]["description"], "Été; très\r\nvert");
    for file in &files {
        assert_eq!(
            studio.admin.send_file(&path, "assets.csv", file).await.expect(201),
            first,
            "{file:?}"
        );
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn long_tables_take_few_statements(#[case] on: On) {
    let studio = Studio::open(on).await;
    let project = format!("/data/projects/{}", studio.project_id);
    let modeling = studio.named("task-types", "Modeling").await;
    studio
        .admin
        .post(
            &format!("{project}/settings/task-types"),
            json!({"task_type_id": modeling, "priority": 1}),
        )
        .await
        .expect(201);
    let mut table = "Type,Name,Modeling,Modeling assignations\n".to_owned();
    for number in 0..LINES {
        let _ = writeln!(table, "Prop,Tree {number},done,Tim Team manager");
    }
    let path = format!("/import/csv/projects/{}/assets?update=true", studio.project_id);
    for (what, most) in STATEMENTS {
        let before = studio.server.app.database.statements();
        let began = std::time::Instant::now();
        let answer = studio
            .admin
            .send_file(&path, "assets.csv", table.as_bytes())
            .await
            .expect(201);
        assert_eq!(answer.as_array().map(Vec::len), Some(LINES));
        let count = studio.server.app.database.statements() - before;
        println!(
            "{on:?}: {LINES} {what} lines in {:?}, {count} statements",
            began.elapsed()
        );
        assert!(count <= most, "{count} statements for {LINES} {what} lines");
    }
    let done: Vec<Value> = studio
        .admin
        .get(&format!("/data/tasks?project_id={}", studio.project_id))
        .await
        .expect(200)
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert!(done.len() >= LINES);
}
