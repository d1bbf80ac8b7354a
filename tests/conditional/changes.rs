//! Whatever changes, by other programs too: while the tag of an answer is the same, so is the answer.

use std::collections::BTreeMap;

use dailies::database::Sql;
use entity::TABLES;
use entity::facts::{Column, Kind, Table};
use futures::{StreamExt, stream};
use migration::marks::{UNMARKED, marked};
use rstest::rstest;
use sea_orm::Value;
use uuid::Uuid;

use super::{Answered, addresses, ask};
use harness::rows::execute;
use harness::{Growth, On, Studio};

/// Rows of each table, before and after it grows.
const FEW: usize = 3;
const MORE: usize = 5;
/// Tables that are changed between two looks at everything.
const PART: usize = 6;
/// Calls at once.
const TOGETHER: usize = 8;

/// Columns that are left alone: by these kinds are told apart, and people are let in.
const LEFT_ALONE: [(&str, &str); 8] = [
    ("entity_type", "name"),
    ("project_status", "name"),
    ("person", "active"),
    ("person", "is_bot"),
    ("person", "email"),
    ("person", "timezone"),
    ("person", "locale"),
    ("person", "role"),
];

/// The answers by their addresses.
type Answers = BTreeMap<String, Answered>;

async fn look(studio: &Studio, addresses: &[String]) -> Answers {
    let calls = addresses
        .iter()
        .map(|address| async move { (address.clone(), ask(&studio.admin, address, None).await) });
    stream::iter(calls)
        .buffer_unordered(TOGETHER)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect()
}

/// Answers that changed though their tags did not, and how many tags changed.
fn compare(before: &Answers, after: &Answers) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    let mut moved = 0;
    for (address, was) in before {
        let is = &after[address];
        moved += usize::from(was.tag != is.tag);
        if was.tag.is_some() && was.tag == is.tag && was != is {
            wrong.push(address.clone());
        }
    }
    (wrong, moved)
}

/// A new value for every row of a column, where it is a simple one.
fn value(table: &Table, column: &Column, round: i32) -> Option<Value> {
    if column.is_reference()
        || !column.choices.is_empty()
        || table.primary_key.contains(&column.name)
        || LEFT_ALONE.contains(&(table.name, column.name))
    {
        return None;
    }
    match column.kind {
        Kind::Text { max } if max.is_none_or(|max| max > 20) => Some(format!("changed {round}").into()),
        Kind::Integer => Some((7 + round).into()),
        Kind::Float => Some((7.5 + f64::from(round)).into()),
        Kind::Bool => Some((round % 2 == 0).into()),
        _ => None,
    }
}

/// Changes every row of a table, past the server. What a rule of the database forbids stays as it is.
async fn change(studio: &Studio, table: &'static Table, round: i32) {
    for column in &table.columns {
        let Some(value) = value(table, column, round) else {
            continue;
        };
        let sql = Sql::with(
            format!("UPDATE \"{}\" SET \"{}\" = $1", table.name, column.name),
            [value],
        );
        let _unless_forbidden = execute(&studio.server.app.database, &sql).await;
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn no_change_goes_unseen(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open_with(on, &["--cache-type", "null"]).await;
    let mut growth = Growth::of(&studio).await;
    growth.to(FEW).await;
    let addresses = addresses(&studio, &growth).await;
    // Some lists make what is missing in them when they are read first.
    look(&studio, &addresses).await;
    let mut before = look(&studio, &addresses).await;
    assert!(before.values().filter(|answer| answer.tag.is_some()).count() > 100);
    let again = look(&studio, &addresses).await;
    assert_eq!(compare(&before, &again), (Vec::new(), 0), "nothing changed");
    let mut wrong = Vec::new();
    let mut moved = 0;
    for (round, tables) in TABLES.chunks(PART).enumerate() {
        for table in tables {
            change(&studio, table, i32::try_from(round).unwrap_or_default()).await;
        }
        let after = look(&studio, &addresses).await;
        let (unseen, seen) = compare(&before, &after);
        wrong.extend(unseen.into_iter().map(|address| {
            format!(
                "{address} after a change of {:?}",
                tables.iter().map(|table| table.name).collect::<Vec<_>>()
            )
        }));
        moved += seen;
        before = after;
    }
    assert!(moved > addresses.len(), "only {moved} tags changed");
    growth.to(MORE).await;
    let after = look(&studio, &addresses).await;
    let (unseen, seen) = compare(&before, &after);
    wrong.extend(
        unseen
            .into_iter()
            .map(|address| format!("{address} after rows were added")),
    );
    assert!(
        seen * 10 > addresses.len() * 9,
        "only {seen} of {} tags changed with new rows",
        addresses.len()
    );
    for table in [
        "task_person_link",
        "subscription",
        "entity_link",
        "project_person_link",
        "notification",
        "search_filter",
    ] {
        execute(&studio.server.app.database, &Sql::new(format!("DELETE FROM {table}")))
            .await
            .expect("rows that go");
    }
    let (unseen, _) = compare(&after, &look(&studio, &addresses).await);
    wrong.extend(
        unseen
            .into_iter()
            .map(|address| format!("{address} after rows were removed")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn work_elsewhere_leaves_a_production_alone(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let elsewhere = studio
        .admin
        .post(
            "/data/projects",
            serde_json::json!({"name": "Felt", "production_type": "short"}),
        )
        .await
        .expect(201);
    let board = format!("/data/tasks?project_id={}", studio.project_id);
    let before = ask(&studio.admin, &board, None).await;
    let task_type = studio.named("task-types", "Modeling").await;
    let entity_type = studio.named("entity-types", "Character").await;
    let database = &studio.server.app.database;
    let project: Uuid = harness::id(&elsewhere);
    for sql in [
        Sql::with(
            "INSERT INTO entity (id, name, project_id, entity_type_id, is_shared, status) VALUES ($1, 'Ewe', $2, $3, $4, 'running')",
            [
                Uuid::from_u128(5).into(),
                project.into(),
                entity_type.into(),
                false.into(),
            ],
        ),
        Sql::with(
            "INSERT INTO task (id, name, project_id, task_type_id, entity_id, difficulty) VALUES ($1, 'main', $2, $3, $4, 3)",
            [
                Uuid::from_u128(6).into(),
                project.into(),
                task_type.into(),
                Uuid::from_u128(5).into(),
            ],
        ),
        Sql::with(
            "INSERT INTO task_person_link (task_id, person_id) VALUES ($1, $2)",
            [Uuid::from_u128(6).into(), studio.admin_id.into()],
        ),
        Sql::with(
            "UPDATE task SET priority = 2 WHERE id = $1",
            [Uuid::from_u128(6).into()],
        ),
    ] {
        execute(database, &sql).await.expect("work elsewhere");
    }
    assert_eq!(ask(&studio.admin, &board, before.tag.as_deref()).await.status, 304);
    // What moves from there to here is seen in both.
    let other = format!("/data/tasks?project_id={project}");
    let there = ask(&studio.admin, &other, None).await;
    let moved = Sql::with(
        "UPDATE task SET project_id = $1 WHERE id = $2",
        [studio.project_id.into(), Uuid::from_u128(6).into()],
    );
    execute(database, &moved).await.expect("a move");
    assert_eq!(ask(&studio.admin, &board, before.tag.as_deref()).await.status, 200);
    assert_eq!(ask(&studio.admin, &other, there.tag.as_deref()).await.status, 200);
}

#[test]
fn every_table_has_marks_or_is_named_among_those_without() {
    let mut stated: Vec<&str> = marked()
        .map(|marked| marked.table)
        .chain(UNMARKED.iter().copied())
        .collect();
    stated.sort_unstable();
    let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    assert_eq!(stated, names);
}
