//! The files of previews: what is made of them in the background, and what becomes of them when the server ends on the way.

use std::time::Duration;

use dailies::database::{Sql, now};
use dailies::storage::{Bucket, FileKey};
use dailies_definitions::access::Role;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use harness::rows::execute;
use harness::{Answer, Client, Listener, On, Studio, TestServer, movie, picture, wait_for};

/// A preview without a file yet, on a comment.
pub async fn preview(studio: &Studio) -> Uuid {
    let admin = &studio.admin;
    let task_type = studio.named("task-types", "Modeling").await;
    let status = studio.named("task-status", "Todo").await;
    let asset = admin.make_asset(studio.project_id, &Uuid::new_v4().to_string()).await;
    let task = admin.make_task_on(asset, task_type, status).await;
    let comment = admin.make_comment(task, status, "").await;
    admin.make_preview(task, comment).await
}

/// Waits until a preview is no longer being processed.
pub async fn processed(client: &Client, preview: Uuid) -> Value {
    let path = format!("/data/preview-files/{preview}");
    let look = async || {
        let record = client.get(&path).await.expect(200);
        if record["status"] == "processing" {
            return Err(record);
        }
        Ok(record)
    };
    wait_for(Duration::from_secs(60), "the preview is processed", look).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn movies_are_looked_into_after_the_answer(#[values(On::Sqlite, On::Postgres)] on: On) {
    let mut studio = Studio::open_with(on, &["--enable-job-queue", "true"]).await;
    let first = preview(&studio).await;
    let path = |id: Uuid| format!("/pictures/preview-files/{id}");
    let sent = studio
        .admin
        .send_file(&path(first), "shot.v1.mp4", &movie())
        .await
        .expect(201);
    assert_eq!(
        (&sent["status"], &sent["original_name"], &sent["extension"]),
        (&json!("processing"), &json!("shot.v1"), &json!("mp4"))
    );
    let again = studio.admin.send_file(&path(first), "other.mp4", &movie()).await;
    assert_eq!(again.status, 400);
    let record = processed(&studio.admin, first).await;
    assert_eq!(
        (&record["status"], &record["width"], &record["height"]),
        (&json!("ready"), &json!(1920), &json!(1080))
    );
    assert_eq!(
        (&record["duration"], &record["data"]["original_width"]),
        (&json!(1.0), &json!(320))
    );
    for place in ["movies/originals", "movies/low", "movies/lowdef"] {
        let content = studio.admin.get(&format!("/{place}/preview-files/{first}.mp4")).await;
        assert_eq!((content.status, &content.bytes[4..8]), (200, &b"ftyp"[..]), "{place}");
    }
    assert_eq!(
        studio
            .admin
            .get(&format!("/movies/source/preview-files/{first}.mp4"))
            .await
            .status,
        404
    );
    assert_eq!(
        studio
            .admin
            .get(&format!("/movies/tiles/preview-files/{first}.png"))
            .await
            .status,
        200
    );
    assert_eq!(
        studio
            .admin
            .get(&format!("/pictures/thumbnails/preview-files/{first}.png"))
            .await
            .status,
        200
    );
    let task = studio
        .admin
        .get(&format!("/data/tasks/{}", record["task_id"].as_str().expect("a task")))
        .await
        .expect(200);
    assert_eq!(task["last_preview_file_id"], json!(first));

    let waited = preview(&studio).await;
    let sent = studio
        .admin
        .send_file(&format!("{}?no_job=true", path(waited)), "shot.mp4", &movie())
        .await
        .expect(201);
    assert_eq!(sent["status"], "ready");
    let broken = preview(&studio).await;
    studio
        .admin
        .send_file(&path(broken), "shot.mp4", b"no movie")
        .await
        .expect(201);
    assert_eq!(processed(&studio.admin, broken).await["status"], "broken");

    // Jobs that wait when the server ends are done by the next one.
    let late = preview(&studio).await;
    studio
        .admin
        .send_file(&path(late), "shot.mp4", &movie())
        .await
        .expect(201);
    studio.server = TestServer::start_at(studio.server.stop().await).await;
    assert_eq!(
        processed(&studio.server.as_person(studio.admin_id), late).await["status"],
        "ready"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_progress_of_a_movie_is_told_and_not_kept(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let preview = preview(&studio).await;
    let listener = Listener::open(&studio.admin).await;
    let sent = studio
        .admin
        .send_file(&format!("/pictures/preview-files/{preview}"), "shot.mp4", &movie())
        .await
        .expect(201);
    let mut heard = listener.until("preview-file:add-file").await;
    let ready = heard
        .iter()
        .position(|(name, _)| name == "preview-file:update")
        .expect("an end");
    heard.truncate(ready);
    heard.retain(|(name, _)| name == "preview-file:progress");
    assert!(!heard.is_empty(), "nothing is told");
    let percents: Vec<i64> = heard
        .iter()
        .map(|(_, told)| told["progress"].as_i64().expect("a number"))
        .collect();
    assert!(
        percents.is_sorted() && percents.iter().all(|percent| (0..=100).contains(percent)),
        "{percents:?}"
    );
    assert!(percents.last() > Some(&50), "{percents:?}");
    let expected = json!({"preview_file_id": preview, "task_id": sent["task_id"], "progress": percents[0], "project_id": studio.project_id});
    assert_eq!(heard[0].1, expected);
    let kept = studio.admin.get("/data/events/last?limit=1000").await.expect(200);
    assert!(
        kept.as_array()
            .expect("events")
            .iter()
            .all(|event| event["name"] != "preview-file:progress")
    );
}

/// Asks for something as a program that would rather have JSON than a picture.
async fn as_json(client: &Client, path: &str) -> Answer {
    let request = client
        .request(Method::GET, path)
        .header("accept", "application/json, image/png;q=0.5");
    client.finish(Method::GET, path, request).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_worked_on_after_the_answer_too(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open_with(on, &["--enable-job-queue", "true"]).await;
    let admin = &studio.admin;
    let waiting = preview(&studio).await;
    let thumbnail = format!("/pictures/thumbnails/preview-files/{waiting}.png");
    for path in [
        &thumbnail,
        &format!("/pictures/originals/preview-files/{waiting}.png"),
        &format!("/pictures/originals/preview-files/{waiting}/download"),
        &format!("/movies/low/preview-files/{waiting}.mp4"),
        &format!("/movies/tiles/preview-files/{waiting}.png"),
    ] {
        let told = admin.get(path).await;
        assert_eq!(told.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(told.message(404), "Preview file was not found.", "{path}");
        let told = as_json(admin, path).await;
        assert_eq!(
            (told.header("cache-control"), told.header("retry-after")),
            (Some("no-store"), Some("5")),
            "{path}"
        );
        assert_eq!(
            told.expect(202),
            json!({"status": "processing", "preview_file_id": waiting}),
            "{path}"
        );
    }
    assert_eq!(as_json(&studio.stranger(Role::Artist), &thumbnail).await.status, 403);
    assert_eq!(as_json(&studio.server.nobody(), &thumbnail).await.status, 401);

    let sent = admin
        .send_file(&format!("/pictures/preview-files/{waiting}"), "look.v1.png", &picture())
        .await
        .expect(201);
    assert_eq!(
        (&sent["status"], &sent["extension"], &sent["original_name"]),
        (&json!("processing"), &json!("png"), &json!("look.v1"))
    );
    let record = processed(admin, waiting).await;
    assert_eq!(
        (&record["status"], &record["width"], &record["height"]),
        (&json!("ready"), &sent["width"], &sent["height"])
    );
    assert_eq!(admin.get(&thumbnail).await.status, 200);
    assert_eq!(as_json(admin, &thumbnail).await.status, 200, "a picture is a picture");
    let kept = studio
        .server
        .app
        .storage
        .download(
            &FileKey::new(Bucket::Pictures, "source", waiting),
            &std::env::temp_dir().join("none"),
        )
        .await;
    assert!(
        matches!(kept, Ok(false)),
        "what was sent goes once the pictures are made"
    );

    let at_once = preview(&studio).await;
    let sent = admin
        .send_file(
            &format!("/pictures/preview-files/{at_once}?no_job=true"),
            "look.png",
            &picture(),
        )
        .await
        .expect(201);
    assert_eq!(sent["status"], "ready");
    let wrong = preview(&studio).await;
    let told = admin
        .send_file(&format!("/pictures/preview-files/{wrong}"), "look.png", b"no picture")
        .await;
    assert_eq!(told.message(400), "Uploaded file is not a readable picture.");
    assert_eq!(admin.get(&format!("/data/preview-files/{wrong}")).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_and_movies_may_wait_for_others() {
    let studio = Studio::open_with(
        On::Sqlite,
        &["--media-max-concurrent-requests", "1", "--media-slot-wait-timeout", "1"],
    )
    .await;
    let admin = &studio.admin;
    let shown = preview(&studio).await;
    admin
        .send_file(&format!("/pictures/preview-files/{shown}"), "look.png", &picture())
        .await
        .expect(201);
    let path = format!("/pictures/thumbnails/preview-files/{shown}.png");
    let places = studio.server.app.media.clone().expect("a limit");
    let taken = places.acquire_owned().await.expect("a place");
    let told = admin.get(&path).await;
    assert_eq!(
        (told.header("retry-after"), told.header("cache-control")),
        (Some("5"), Some("no-store"))
    );
    assert_eq!(told.message(503), "Too many media requests, retry later.");
    assert_eq!(
        studio.server.nobody().get(&path).await.status,
        401,
        "who may not see it does not wait"
    );
    admin.get("/data/task-types").await.expect(200);
    drop(taken);
    for _ in 0..3 {
        assert_eq!(admin.get(&path).await.status, 200, "each gives its place back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_say_which_movies_are_kept() {
    for (flag, there) in [
        (
            "--preview-save-source-file",
            ["previews", "lowdef", "source"].as_slice(),
        ),
        ("--skip-normalization-highdef", &["lowdef"]),
        ("--skip-normalization-full", &["previews"]),
    ] {
        let studio = Studio::open_with(On::Sqlite, &["--enable-job-queue", "true", flag, "true"]).await;
        let id = preview(&studio).await;
        studio
            .admin
            .send_file(&format!("/pictures/preview-files/{id}"), "shot.mp4", &movie())
            .await
            .expect(201);
        assert_eq!(processed(&studio.admin, id).await["status"], "ready", "{flag}");
        // A file that was stored to be processed is removed a moment after the preview is ready.
        tokio::time::sleep(Duration::from_millis(300)).await;
        for prefix in ["previews", "lowdef", "source"] {
            let key = FileKey::new(Bucket::Movies, prefix, id);
            let found = studio
                .server
                .app
                .storage
                .get(&key, None)
                .await
                .expect("a store")
                .is_some();
            assert_eq!(found, there.contains(&prefix), "{flag}: {prefix}");
        }
    }
}

/// Leaves a preview as a server does that is killed while it stores the file.
pub async fn break_off(studio: &Studio, kind: &str, extension: &str) -> Uuid {
    let id = preview(studio).await;
    let connection = &studio.server.app.database;
    let sql = Sql::with(
        "UPDATE preview_file SET original_name = 'half' WHERE id = $1",
        [id.into()],
    );
    execute(connection, &sql).await.expect("a claim");
    let job = json!({"preview_id": id, "author_id": studio.admin_id, "kind": kind, "extension": extension, "announced": false});
    let sql = Sql::with(
        "INSERT INTO dailies_job (id, kind, payload, state, attempts, run_at, locked_until, created_at, updated_at) \
         VALUES ($1, 'preview-processing', $2, 'running', 1, $3, $3, $3, $3)",
        [Uuid::new_v4().into(), job.into(), now().into()],
    );
    execute(connection, &sql).await.expect("a job");
    id
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_was_storing_is_finished_or_free_again(#[values(On::Sqlite, On::Postgres)] on: On) {
    let mut studio = Studio::open(on).await;
    // The workers must not be faster than the kill.
    studio.server.stop_workers().await;
    let stored = break_off(&studio, "picture", "png").await;
    studio
        .server
        .app
        .storage
        .put(&FileKey::new(Bucket::Pictures, "original", stored), picture().into())
        .await
        .expect("a file");
    // An earlier release stored movies that waited where players look for them.
    let early = break_off(&studio, "movie", "mp4").await;
    studio
        .server
        .app
        .storage
        .put(&FileKey::new(Bucket::Movies, "previews", early), movie().into())
        .await
        .expect("a file");
    let generic = break_off(&studio, "generic", "zip").await;
    studio
        .server
        .app
        .storage
        .put(
            &FileKey::new(Bucket::Files, "previews", generic),
            b"a zip".as_slice().into(),
        )
        .await
        .expect("a file");
    let lost = break_off(&studio, "picture", "png").await;
    studio.server = TestServer::start_at(studio.server.kill()).await;
    studio.admin = studio.server.as_person(studio.admin_id);
    let record = processed(&studio.admin, stored).await;
    assert_eq!(
        (&record["status"], &record["width"], &record["extension"]),
        (&json!("ready"), &json!(300), &json!("png"))
    );
    for size in ["thumbnails", "thumbnails-square", "previews", "originals"] {
        let path = format!("/pictures/{size}/preview-files/{stored}.png");
        assert_eq!(studio.admin.get(&path).await.status, 200, "{path}");
    }
    let record = processed(&studio.admin, early).await;
    assert_eq!((&record["status"], &record["width"]), (&json!("ready"), &json!(1920)));
    let record = processed(&studio.admin, generic).await;
    assert_eq!((&record["status"], &record["file_size"]), (&json!("ready"), &json!(5)));
    let path = format!("/pictures/preview-files/{lost}");
    let send = async || {
        let answer = studio.admin.send_file(&path, "again.png", &picture()).await;
        if answer.status == 201 {
            return Ok(answer.json);
        }
        Err((answer.status, answer.json))
    };
    let sent = wait_for(Duration::from_secs(30), "the file can be sent again", send).await;
    assert_eq!(sent["status"], "ready");
}
