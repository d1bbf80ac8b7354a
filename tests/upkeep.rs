//! `dailies upkeep`: a dry run changes nothing, and the other one what the dry run said.

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use chrono::TimeDelta;
use dailies::database::{Database, Sql, now, read_values};
use rstest::rstest;
use sea_orm::Value;
use serde_json::json;
use uuid::Uuid;

use harness::rows::{execute, number};
use harness::{Ended, Installation, On, picture};

/// A database with a server behind it, and a connection of its own.
async fn prepared(on: On) -> (Installation, Database) {
    let studio = Installation::new(on, &[]).await;
    let server = studio.serve().await;
    let admin = server.admin().await;
    for name in ["Grooming", "Matte", "Paint"] {
        admin
            .post("/data/departments", json!({"name": name, "color": "#000000"}))
            .await
            .expect(201);
    }
    server.kill().await;
    let database = Database::connect(&studio.database_url, 2).await.expect("a connection");
    (studio, database)
}

async fn count(database: &Database, table: &str) -> i64 {
    number(database, &Sql::new(format!("SELECT COUNT(*) FROM {table}"))).await
}

async fn upkeep(studio: &Installation, arguments: &[&str]) -> Ended {
    let ended = studio.run("upkeep", arguments).await;
    assert!(ended.success, "{ended:?}");
    assert_eq!(
        ended.printed.contains("dry run"),
        arguments.contains(&"--dry-run"),
        "{ended:?}"
    );
    ended
}

/// The two numbers of a line of the table.
fn line(ended: &Ended, what: &str) -> (u64, u64) {
    let line = ended
        .printed
        .lines()
        .find(|line| line.starts_with(what))
        .unwrap_or_else(|| panic!("{what} is not in {ended:?}"));
    let numbers: Vec<u64> = line[what.len()..]
        .split_whitespace()
        .map(|number| number.parse().expect("a number"))
        .collect();
    (numbers[0], numbers[1])
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn old_rows_go_and_younger_ones_stay(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, database) = prepared(on).await;
    let events = count(&database, "api_event").await;
    assert!(events >= 3);
    for (days, offset) in [(91, 0), (89, 1)] {
        let text = format!(
            "UPDATE api_event SET created_at = $1 WHERE id = (SELECT id FROM api_event ORDER BY id LIMIT 1 OFFSET {offset})"
        );
        execute(&database, &Sql::with(text, [(now() - TimeDelta::days(days)).into()]))
            .await
            .expect("an older event");
    }
    execute(
        &database,
        &Sql::with(
            "UPDATE login_log SET created_at = $1",
            [(now() - TimeDelta::days(400)).into()],
        ),
    )
    .await
    .expect("older sign-ins");
    let departments = count(&database, "department").await;
    let dry = upkeep(&studio, &["events", "--dry-run"]).await;
    assert_eq!(line(&dry, "event log"), (events.unsigned_abs(), 1));
    assert_eq!(line(&dry, "sign-ins"), (1, 1));
    assert_eq!(
        (count(&database, "api_event").await, count(&database, "login_log").await),
        (events, 1)
    );
    upkeep(&studio, &["events"]).await;
    assert_eq!(
        (count(&database, "api_event").await, count(&database, "login_log").await),
        (events - 1, 0)
    );
    upkeep(&studio, &["remove-old-data", "--days", "88"]).await;
    assert_eq!(count(&database, "api_event").await, events - 2);
    assert_eq!(count(&database, "department").await, departments);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_goes(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, database) = prepared(on).await;
    execute(&database, &Sql::new("DELETE FROM dailies_store"))
        .await
        .expect("an empty store");
    for (key, hours) in [("over", -1), ("valid", 1)] {
        let values = [Value::from(key), (now() + TimeDelta::hours(hours)).into()];
        execute(
            &database,
            &Sql::with(
                "INSERT INTO dailies_store (key, value, expires_at) VALUES ($1, 'x', $2)",
                values,
            ),
        )
        .await
        .expect("a fact");
    }
    let dry = upkeep(&studio, &["expired", "--dry-run"]).await;
    assert_eq!(line(&dry, "tokens, codes and counters"), (2, 1));
    assert_eq!(count(&database, "dailies_store").await, 2);
    upkeep(&studio, &["expired"]).await;
    assert_eq!(count(&database, "dailies_store WHERE key = 'valid'").await, 1);
    assert_eq!(count(&database, "dailies_store").await, 1);
}

/// A stored picture of nobody, that was written some hours ago.
fn stray(studio: &Installation, hours: u64) -> PathBuf {
    let id = Uuid::new_v4().to_string();
    let folder = studio
        .data()
        .join("previews/pictures/thumbnails")
        .join(&id[..3])
        .join(&id[3..6]);
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(id);
    std::fs::write(&path, b"a picture").expect("a file");
    let modified = SystemTime::now() - Duration::from_secs(hours * 3600);
    File::options()
        .write(true)
        .open(&path)
        .expect("a file")
        .set_modified(modified)
        .expect("an older file");
    path
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn files_of_nobody_go(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, _) = prepared(on).await;
    let (old, young) = (stray(&studio, 48), stray(&studio, 1));
    std::fs::remove_file(&young).expect("a file");
    // As long as there is nothing else, it may be the wrong database.
    let refused = studio.run("upkeep", &["files"]).await;
    assert!(
        !refused.success && refused.complained.contains("--all") && old.exists(),
        "{refused:?}"
    );
    let server = studio.serve().await;
    let admin = server.admin().await;
    let person = admin.get("/auth/authenticated").await.expect(200)["user"]["id"]
        .as_str()
        .map(str::to_owned)
        .expect("an id");
    let avatar = format!("/pictures/thumbnails/persons/{person}");
    assert!(admin.send_file(&avatar, "me.png", &picture()).await.status < 300);
    let young = stray(&studio, 1);
    let dry = upkeep(&studio, &["files", "--dry-run"]).await;
    assert_eq!(line(&dry, "pictures/thumbnails"), (3, 1));
    assert!(old.exists());
    upkeep(&studio, &["files"]).await;
    assert!(!old.exists() && young.exists());
    upkeep(&studio, &["files", "--older-than", "0"]).await;
    assert!(!young.exists());
    admin.get(&format!("{avatar}.png")).await.expect(200);
}

/// Figures of all tasks and entities.
async fn figures(database: &Database) -> Vec<String> {
    let text = "SELECT CAST(id AS text) || ' ' || COALESCE(CAST(nb_entities_out AS text), '0') FROM entity UNION ALL \
                SELECT CAST(id AS text) || ' ' || COALESCE(CAST(nb_assets_ready AS text), '0') || ' ' || retake_count || ' ' \
                || COALESCE(CAST(duration AS text), '') || ' ' || COALESCE(CAST(last_comment_date AS text), '') || ' ' \
                || COALESCE(CAST(real_start_date AS text), '') || ' ' || COALESCE(CAST(task_status_id AS text), '') FROM task ORDER BY 1";
    let text = if database.backend() == sea_orm::DbBackend::Sqlite {
        text.replace("CAST(id AS text)", "hex(id)")
            .replace("CAST(task_status_id AS text)", "hex(task_status_id)")
    } else {
        text.to_owned()
    };
    read_values(database, &Sql::new(text)).await.expect("figures")
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn figures_are_worked_out_anew(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Installation::new(on, &[]).await;
    assert!(studio.run("demo", &["--size", "small"]).await.success);
    let database = Database::connect(&studio.database_url, 2).await.expect("a connection");
    upkeep(&studio, &["figures"]).await;
    let right = figures(&database).await;
    let again = upkeep(&studio, &["figures", "--dry-run"]).await;
    for what in [
        "assets that entities cast",
        "assets ready for tasks",
        "dates and counts of tasks",
        "time spent on tasks",
    ] {
        assert_eq!(line(&again, what).1, 0, "{again:?}");
    }
    for text in [
        "UPDATE entity SET nb_entities_out = 99 WHERE nb_entities_out > 0",
        "UPDATE task SET nb_assets_ready = 99 WHERE entity_id IN (SELECT l.entity_in_id FROM entity_link l \
         JOIN entity e ON e.id = l.entity_in_id JOIN entity_type k ON k.id = e.entity_type_id WHERE k.name = 'Shot')",
        "UPDATE task SET retake_count = 99, last_comment_date = NULL WHERE last_comment_date IS NOT NULL",
        "UPDATE task SET duration = 99.5 WHERE duration > 0",
    ] {
        assert!(
            execute(&database, &Sql::new(text)).await.expect("a change") > 0,
            "{text}"
        );
    }
    let wrong = figures(&database).await;
    let dry = upkeep(&studio, &["figures", "--dry-run"]).await;
    for what in [
        "assets that entities cast",
        "assets ready for tasks",
        "dates and counts of tasks",
        "time spent on tasks",
    ] {
        assert!(line(&dry, what).1 > 0, "{dry:?}");
    }
    assert_eq!(figures(&database).await, wrong);
    let unknown = studio.run("upkeep", &["figures", "--production", "Nowhere"]).await;
    assert!(
        !unknown.success && unknown.complained.contains("no production named Nowhere"),
        "{unknown:?}"
    );
    let done = upkeep(&studio, &["figures"]).await;
    assert_eq!(
        line(&done, "dates and counts of tasks"),
        line(&dry, "dates and counts of tasks")
    );
    assert_eq!(figures(&database).await, right);
}
