//! A server that is killed under load, twenty times in a row: what it answered is there, what it had not answered is there
//! as a whole or not at all, and what it had begun goes on. Nobody repairs anything.

use std::collections::HashSet;
use std::io::Cursor;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dailies::database::{self, Database, Sql};
use rand::Rng;
use reqwest::{Method, RequestBuilder};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use harness::rows::number;
use harness::{Client, Installation, On, PostOffice, Program, files, id, wait_for, wait_until};

const KILLS: usize = 20;
/// Those who write at the same time, of each kind.
const WRITERS: usize = 2;
/// Time that broken off jobs may take until they are done: as long as a claim lasts, and some more.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answer to a write.
#[derive(Clone, Debug)]
enum Written {
    Comment(Uuid),
    Task(Uuid),
    Person(Uuid),
    Preview(Uuid),
    Attachment(Uuid),
    /// An invitation to that address.
    Invitation(String),
}

/// Subjects that the writers write about.
#[derive(Clone)]
struct Ground {
    project: Uuid,
    asset: Uuid,
    task: Uuid,
    task_type: Uuid,
    status: Uuid,
    picture: Vec<u8>,
    written: Arc<Mutex<Vec<Written>>>,
}

impl Ground {
    async fn prepare(admin: &Client) -> Self {
        let task_type = admin.named("task-types", "Modeling").await;
        let status = admin.named("task-status", "Todo").await;
        let project = id(&admin
            .post("/data/projects", json!({"name": "Wool", "production_type": "short"}))
            .await
            .expect(201));
        let asset = admin.make_asset(project, "Sheep").await;
        let mut picture = Cursor::new(Vec::new());
        image::RgbImage::new(60, 2)
            .write_to(&mut picture, image::ImageFormat::Png)
            .expect("a picture");
        let mut ground = Self {
            project,
            asset,
            task: Uuid::nil(),
            task_type,
            status,
            picture: picture.into_inner(),
            written: Arc::default(),
        };
        ground.task = id(&admin.post("/data/tasks", ground.task()).await.expect(201));
        ground
    }

    fn task(&self) -> Value {
        let name = Uuid::new_v4().to_string();
        json!({"name": name, "task_type_id": self.task_type, "entity_id": self.asset, "project_id": self.project, "task_status_id": self.status})
    }

    fn note(&self, written: Written) {
        self.written.lock().expect("the notes").push(written);
    }

    fn written(&self) -> Vec<Written> {
        self.written.lock().expect("the notes").clone()
    }
}

/// Sends a request, and gives the answer if there is one. Only success counts as an answer, and nothing else may come.
async fn answered(request: RequestBuilder) -> Option<Value> {
    let response = request.send().await.ok()?;
    let status = response.status();
    let text = response.text().await.ok()?;
    assert!(status.is_success(), "{status} {text}");
    Some(serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Writes one thing after the other until nobody answers any more.
async fn write(kind: usize, client: Client, ground: Ground) -> Option<()> {
    let post = async |path: &str, body: Value| answered(client.request(Method::POST, path).json(&body)).await;
    let comment = async || {
        let path = format!("/actions/tasks/{}/comment", ground.task);
        post(&path, json!({"task_status_id": ground.status, "comment": "Baa"}))
            .await
            .map(|comment| id(&comment))
    };
    loop {
        match kind {
            0 => ground.note(Written::Comment(comment().await?)),
            1 => ground.note(Written::Task(id(&post("/data/tasks", ground.task()).await?))),
            2 => {
                let email = format!("{}@studio.example", Uuid::new_v4());
                let person = post(
                    "/data/persons",
                    json!({"first_name": "A", "last_name": "Person", "email": email}),
                )
                .await?;
                ground.note(Written::Person(id(&person)));
                answered(client.request(Method::GET, &format!("/actions/persons/{}/invite", id(&person)))).await?;
                ground.note(Written::Invitation(email));
            }
            3 => {
                let comment = comment().await?;
                let path = format!("/actions/tasks/{}/comments/{comment}/add-preview", ground.task);
                let preview = id(&post(&path, json!({})).await?);
                let path = format!("/pictures/preview-files/{preview}");
                answered(client.upload(&path, "sheep.png", &ground.picture)).await?;
                ground.note(Written::Preview(preview));
            }
            _ => {
                let path = format!(
                    "/actions/tasks/{}/comments/{}/add-attachment",
                    ground.task,
                    comment().await?
                );
                let added = answered(client.upload(&path, "notes.txt", b"About sheep.")).await?;
                ground.note(Written::Attachment(id(&added[0])));
            }
        }
    }
}

/// Kills the server at some moment while everybody writes.
async fn kill_under_load(server: Program, admin: &Client, ground: &Ground) {
    let mut writers = JoinSet::new();
    for kind in 0..5 * WRITERS {
        writers.spawn(write(kind % 5, server.again(admin), ground.clone()));
    }
    // A moment that is counted from the first answer, however long the machine takes to come to it.
    let before = ground.written().len();
    wait_until(PATIENCE, "something is answered", async || {
        ground.written().len() > before
    })
    .await;
    let moment = rand::rng().random_range(0..1000);
    tokio::time::sleep(Duration::from_millis(moment)).await;
    server.kill().await;
    while let Some(ended) = writers.join_next().await {
        ended.expect("a writer that was refused nothing");
    }
}

async fn ids(database: &Database, sql: &str) -> HashSet<Uuid> {
    database::ids(database, &Sql::new(sql)).await.expect("an answer")
}

async fn count(database: &Database, sql: &str) -> i64 {
    number(database, &Sql::new(sql)).await
}

/// Checks that everything that was answered is there, by the database and over HTTP.
async fn nothing_is_lost(studio: &Installation, database: &Database, client: &Client, ground: &Ground, since: usize) {
    let known: Vec<HashSet<Uuid>> = [
        ids(database, "SELECT id FROM comment").await,
        ids(database, "SELECT id FROM task").await,
        ids(database, "SELECT id FROM person").await,
        ids(database, "SELECT id FROM preview_file WHERE status = 'ready'").await,
        ids(database, "SELECT id FROM attachment_file WHERE size = 12").await,
    ]
    .to_vec();
    let stored: HashSet<String> = studio.stored().into_iter().collect();
    let places = |id: &Uuid| {
        let (id, text) = (id.to_string(), id.simple().to_string());
        ["original", "previews", "thumbnails"]
            .map(|kind| format!("pictures/{kind}/{}/{}/{id}", &text[..3], &text[3..6]))
    };
    for (at, written) in ground.written().iter().enumerate() {
        let there = match written {
            Written::Comment(id) => known[0].contains(id),
            Written::Task(id) => known[1].contains(id),
            Written::Person(id) => known[2].contains(id),
            Written::Preview(id) => known[3].contains(id) && places(id).iter().all(|path| stored.contains(path)),
            Written::Attachment(id) => known[4].contains(id),
            Written::Invitation(_) => true,
        };
        assert!(there, "{written:?} is lost");
        if at < since {
            continue;
        }
        match written {
            Written::Preview(id) => {
                for size in ["originals", "previews", "thumbnails", "thumbnails-square"] {
                    client
                        .get(&format!("/pictures/{size}/preview-files/{id}.png"))
                        .await
                        .expect(200);
                }
            }
            Written::Attachment(id) => {
                assert_eq!(
                    client
                        .get(&format!("/data/attachment-files/{id}/file/notes.txt"))
                        .await
                        .bytes,
                    b"About sheep."
                );
            }
            _ => {}
        }
    }
    if let Some(file) = studio.database_url.strip_prefix("sqlite://") {
        let found = Database::connect(&format!("sqlite://{file}"), 1)
            .await
            .expect("a connection");
        let checked: Option<String> = database::read_value(&found, &Sql::new("PRAGMA integrity_check"))
            .await
            .expect("an answer");
        assert_eq!(checked.as_deref(), Some("ok"));
        assert!(
            found
                .rows(&Sql::new("PRAGMA foreign_key_check"))
                .await
                .expect("an answer")
                .is_empty()
        );
        found.close().await;
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_answered_is_lost_when_the_server_is_killed(#[values(On::Sqlite, On::Postgres)] on: On) {
    let office = PostOffice::open().await;
    let flags = office.flags();
    let mut flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    flags.extend(["--user-limit", "100000"]);
    let studio = Installation::new(on, &flags).await;
    let mut server = studio.serve().await;
    let admin = server.admin().await;
    let ground = Ground::prepare(&admin).await;
    let database = Database::connect(&studio.database_url, 2).await.expect("a connection");
    for _ in 0..KILLS {
        let since = ground.written().len();
        kill_under_load(server, &admin, &ground).await;
        server = studio.serve().await;
        nothing_is_lost(&studio, &database, &server.again(&admin), &ground, since).await;
    }

    // What was begun comes to its end: no job is left, and none was given up.
    let jobs = async || match count(&database, "SELECT COUNT(*) FROM dailies_job").await {
        0 => Ok(()),
        left => Err(left),
    };
    wait_for(PATIENCE, "no job is left", jobs).await;
    let taken: HashSet<String> = office.letters().into_iter().map(|letter| letter.to).collect();
    for written in ground.written() {
        if let Written::Invitation(email) = written {
            assert!(taken.contains(&email), "the invitation to {email} was lost");
        }
    }
    // Every preview is done, or waits for its file as if none had been sent.
    let halves = "SELECT COUNT(*) FROM preview_file WHERE (status = 'ready') <> (original_name IS NOT NULL)";
    assert_eq!(count(&database, halves).await, 0);
    nothing_is_lost(&studio, &database, &server.again(&admin), &ground, usize::MAX).await;
    // Of the servers that were killed, nothing is on its way any more.
    assert_eq!(files(&studio.temporary()), Vec::<String>::new());
    let kinds = |kind: fn(&Written) -> bool| ground.written().iter().filter(|written| kind(written)).count();
    println!(
        "{KILLS} kills on {on:?}: {} answers, of them {} previews and {} attachments; none lost",
        ground.written().len(),
        kinds(|written| matches!(written, Written::Preview(_))),
        kinds(|written| matches!(written, Written::Attachment(_)))
    );
    let twice = |line: &Value| line["fields"]["message"] == "there is no transaction in progress";
    assert!(
        !studio.logged(|_| true).await.iter().any(twice),
        "a transaction was ended twice"
    );
    database.close().await;
}
