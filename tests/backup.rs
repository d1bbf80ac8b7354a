//! `dailies backup`: copies of the embedded database that are made while the server works, and can be worked with.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dailies::database::{Database, Sql, read_value, read_values};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use harness::{Client, Installation, On, files, id};

/// Writes departments until told to stop, and notes those that were answered.
async fn write(client: Client, stop: Arc<AtomicBool>, answered: Arc<std::sync::Mutex<Vec<Uuid>>>) {
    while !stop.load(Ordering::Relaxed) {
        let department = json!({"name": Uuid::new_v4(), "color": "#123456"});
        let department = id(&client.post("/data/departments", department).await.expect(201));
        answered.lock().expect("the notes").push(department);
    }
}

async fn departments(copy: &Path) -> Vec<Uuid> {
    let database = Database::connect(&format!("sqlite://{}?mode=ro&immutable=1", copy.display()), 1)
        .await
        .expect("a copy that opens");
    let checked: Option<String> = read_value(&database, &Sql::new("PRAGMA integrity_check"))
        .await
        .expect("an answer");
    assert_eq!(checked.as_deref(), Some("ok"));
    let found = read_values(&database, &Sql::new("SELECT id FROM department")).await;
    database.close().await;
    found.expect("the departments")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_under_load_is_whole() {
    let studio = Installation::new(On::Sqlite, &[]).await;
    let server = studio.serve().await;
    let admin = server.admin().await;
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::default());
    let mut writers = JoinSet::new();
    for _ in 0..4 {
        writers.spawn(write(admin.clone(), stop.clone(), Arc::clone(&answered)));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("monday.db");
    for round in 0..5 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let copy = folder.path().join(format!("{round}.db"));
        let before: Vec<Uuid> = answered.lock().expect("the notes").clone();
        let made = studio.run("backup", &[copy.to_str().expect("a name")]).await;
        assert!(made.success && made.printed.contains("holds the database"), "{made:?}");
        let after = answered.lock().expect("the notes").len();
        assert!(after > before.len(), "writing goes on meanwhile");
        let found = departments(&copy).await;
        assert!(
            !before.is_empty() && before.iter().all(|department| found.contains(department)),
            "round {round}"
        );
        assert_eq!(
            std::fs::metadata(&copy).expect("a file").permissions().mode() & 0o777,
            0o600,
            "it holds hashes of passwords"
        );
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = writers.join_next().await {
        ended.expect("a writer that was refused nothing");
    }

    // The last copy is the one to go on with somewhere else.
    assert!(studio.run("backup", &[copy.to_str().expect("a name")]).await.success);
    server.kill().await;
    let other = Installation::new(On::Sqlite, &[]).await;
    std::fs::create_dir_all(other.data()).expect("a folder");
    std::fs::copy(&copy, other.data().join("dailies.db")).expect("a copy");
    let server = other.serve().await;
    let admin = server.admin().await;
    let answered = answered.lock().expect("the notes").clone();
    let listed = admin.get("/data/departments").await.expect(200);
    let listed: Vec<Uuid> = listed.as_array().expect("a list").iter().map(id).collect();
    assert!(answered.iter().all(|department| listed.contains(department)));
    admin
        .post("/data/departments", json!({"name": "Grooming", "color": "#000000"}))
        .await
        .expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_not_overwritten() {
    let studio = Installation::new(On::Sqlite, &[]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();

    // Without a database there is nothing to copy, and none is made.
    let refused = studio.run("backup", &[&path("none.db")]).await;
    assert!(
        !refused.success && refused.complained.contains("there is no database at"),
        "{refused:?}"
    );
    assert!(!studio.data().exists());

    studio.serve().await.kill().await;
    std::fs::write(path("kept"), b"kept").expect("a file");
    std::os::unix::fs::symlink(path("nowhere"), path("link")).expect("a link");
    std::fs::create_dir(path("folder")).expect("a folder");
    for name in ["kept", "link", "folder"] {
        let refused = studio.run("backup", &[&path(name)]).await;
        assert!(
            !refused.success && refused.complained.contains("exists already"),
            "{refused:?}"
        );
    }
    let refused = studio.run("backup", &[&path("missing/copy.db")]).await;
    assert!(
        !refused.success && refused.complained.starts_with("dailies: "),
        "{refused:?}"
    );
    assert_eq!(std::fs::read(path("kept")).expect("a file"), b"kept");
    let database = studio.data().join("dailies.db").display().to_string();
    assert!(!studio.run("backup", &[&database]).await.success);
    assert_eq!(files(folder.path()), ["kept", "link"], "nothing else is left");

    // What the killed server wrote last is in its log only.
    assert!(studio.run("backup", &[&path("copy.db")]).await.success);
    assert!(departments(Path::new(&path("copy.db"))).await.len() > 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_has_a_tool_of_its_own() {
    let studio = Installation::new(On::Postgres, &[]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.db");
    let refused = studio.run("backup", &[copy.to_str().expect("a name")]).await;
    assert!(
        !refused.success && refused.complained.contains("pg_dump"),
        "{refused:?}"
    );
    assert!(!copy.exists());
}
