//! Programs of others that look into movies and documents: what the server does without them, and the limits that it puts on them.

use std::process::Command;
use std::time::{Duration, Instant};

use dailies::database::Sql;
use futures::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::processing::{preview, processed};
use harness::rows::execute;
use harness::{Client, Installation, On, Studio, TestServer, id, movie, picture, wait_for, wait_until};

/// Flags of a server that has none of them.
const NOWHERE: [&str; 6] = [
    "--ffmpeg",
    "/nowhere/ffmpeg",
    "--ffprobe",
    "/nowhere/ffprobe",
    "--pdftoppm",
    "/nowhere/pdftoppm",
];

/// Makes a program of the lines of a shell script, in which FOLDER is that folder, and gives its path.
pub fn program(folder: &TempDir, name: &str, script: &str) -> String {
    let path = folder.path().join(name);
    let script = format!("#!/bin/sh\n{script}\n").replace("FOLDER", folder.path().to_str().expect("UTF-8"));
    // Another process writes it: nobody can run a file that this one may have open.
    let written = Command::new("sh")
        .args(["-c", "printf '%s' \"$1\" > \"$0\" && chmod 755 \"$0\""])
        .arg(&path)
        .arg(script)
        .status();
    assert!(written.expect("a shell").success());
    path.to_str().expect("UTF-8").to_owned()
}

/// Sends a file as a new preview, and answers its record.
async fn sent(studio: &Studio, name: &str, content: &[u8]) -> Value {
    let path = format!("/pictures/preview-files/{}", preview(studio).await);
    studio.admin.send_file(&path, name, content).await.expect(201)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn without_programs_movies_are_stored_as_they_are_sent(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open_with(on, &NOWHERE).await;
    let admin = &studio.admin;
    let told = studio.server.nobody().get("/status").await.expect(200);
    assert_eq!(
        (&told["movie-tools-up"], &told["document-tools-up"]),
        (&json!(false), &json!(false))
    );
    let content = movie();
    let record = sent(&studio, "shot.mp4", &content).await;
    let id = id(&record);
    assert_eq!(
        (
            &record["status"],
            &record["extension"],
            &record["file_size"],
            &record["width"]
        ),
        (&json!("ready"), &json!("mp4"), &json!(content.len()), &json!(0))
    );
    for path in [
        format!("/movies/originals/preview-files/{id}.mp4"),
        format!("/movies/low/preview-files/{id}.mp4"),
        format!("/movies/originals/preview-files/{id}/download"),
        format!("/pictures/originals/preview-files/{id}/download"),
    ] {
        let answer = admin.get(&path).await;
        assert!(answer.status == 200 && answer.bytes == content, "{path}");
    }
    for path in [
        format!("/pictures/thumbnails/preview-files/{id}.png"),
        format!("/movies/tiles/preview-files/{id}.png"),
    ] {
        assert_eq!(admin.get(&path).await.status, 404, "{path}");
    }
    for what in ["extract-frame?frame_number=1", "extract-tile"] {
        let refused = admin.get(&format!("/actions/preview-files/{id}/{what}")).await;
        assert!(refused.message(503).contains("is not installed"), "{what}");
    }

    let task = admin
        .get(&format!("/data/tasks/{}", record["task_id"].as_str().expect("a task")))
        .await
        .expect(200);
    let playlist = json!({"name": "Monday", "project_id": studio.project_id, "shots": [{"entity_id": task["entity_id"], "preview_file_id": id}]});
    let playlist = harness::id(&admin.post("/data/playlists", playlist).await.expect(201));
    let refused = admin.get(&format!("/data/playlists/{playlist}/build/mp4")).await;
    assert_eq!(
        refused.message(503),
        "The program ffmpeg is not installed on this server."
    );
    let builds = admin
        .get(&format!("/data/projects/{}/build-jobs", studio.project_id))
        .await;
    assert_eq!(builds.expect(200), json!([]), "nothing is begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_says_which_programs_are_missing() {
    let studio = Installation::new(On::Sqlite, &NOWHERE).await;
    let _server = studio.serve().await;
    for beginning in [
        "the programs ffmpeg and ffprobe are not installed",
        "the program pdftoppm is not installed",
    ] {
        let says = |line: &Value| {
            line["fields"]["message"]
                .as_str()
                .is_some_and(|message| message.starts_with(beginning))
        };
        studio.logged(says).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn encoders_are_limited_in_number_threads_and_memory() {
    let folder = TempDir::new().expect("a folder");
    let ffmpeg = program(
        &folder,
        "encoder",
        r#"case "$*" in *-progress*)
            mkdir FOLDER/busy || touch FOLDER/overlap
            sleep 0.5
            echo "$*" > FOLDER/arguments
            ulimit -v > FOLDER/memory
            env > FOLDER/environment
            ffmpeg "$@"
            code=$?
            rmdir FOLDER/busy
            exit $code;;
        esac
        exec ffmpeg "$@""#,
    );
    let flags = [
        "--ffmpeg",
        &ffmpeg,
        "--encoders",
        "1",
        "--encoder-threads",
        "3",
        "--program-memory",
        "5000",
    ];
    let studio = Studio::open_with(On::Sqlite, &flags).await;
    let content = movie();
    let sent = tokio::join!(sent(&studio, "one.mp4", &content), sent(&studio, "other.mp4", &content));
    assert_eq!(
        (&sent.0["status"], &sent.1["status"]),
        (&json!("ready"), &json!("ready"))
    );
    let noted = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a note");
    assert!(!folder.path().join("overlap").exists(), "two at once");
    assert!(noted("arguments").contains("-threads 3 "), "{}", noted("arguments"));
    assert!(
        !noted("environment").contains("CARGO") && noted("environment").contains("PATH="),
        "{}",
        noted("environment")
    );
    if cfg!(target_os = "linux") {
        assert_eq!(noted("memory").trim(), "5120000", "in KiB");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_takes_too_long_is_ended() {
    let folder = TempDir::new().expect("a folder");
    let ffprobe = program(&folder, "prober", "exec sleep 60");
    let studio = Studio::open_with(On::Sqlite, &["--ffprobe", &ffprobe, "--program-timeout", "1"]).await;
    let begun = Instant::now();
    assert_eq!(sent(&studio, "shot.mp4", &movie()).await["status"], "broken");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// Status of the request for a thumbnail.
async fn thumbnail(client: &Client, record: &Value) -> u16 {
    let path = format!("/pictures/thumbnails/preview-files/{}.png", id(record));
    client.get(&path).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_for_documents_has_the_same_limits() {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("page"), picture()).expect("a picture");
    let script = r#"[ "$1" = -v ] && exit 0
        sleep 0.3
        for last; do :; done
        cp FOLDER/page "$last.png"
        ulimit -v > FOLDER/memory
        env > FOLDER/environment"#;
    let quick = program(&folder, "quick", script);
    let slow = program(&folder, "slow", "exec sleep 60");
    let broken = program(&folder, "broken", "echo 'no such page' >&2; exit 1");
    let content = b"%PDF-1.4 of which the program knows what to make";
    for (pdftoppm, drawn) in [(quick, 200), (slow, 404), (broken, 404)] {
        let flags = [
            "--pdftoppm",
            &pdftoppm,
            "--program-timeout",
            "5",
            "--program-memory",
            "200",
        ];
        let studio = Studio::open_with(On::Sqlite, &flags).await;
        let record = sent(&studio, "notes.pdf", content).await;
        assert_eq!(
            (&record["status"], &record["extension"]),
            (&json!("ready"), &json!("pdf"))
        );
        assert_eq!(thumbnail(&studio.admin, &record).await, drawn, "{pdftoppm}");
    }
    let noted = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a note");
    assert!(!noted("environment").contains("CARGO"), "{}", noted("environment"));
    if cfg!(target_os = "linux") {
        assert_eq!(noted("memory").trim(), "204800", "in KiB");
    }
}

/// Notes in a folder its id, and goes on for a minute.
pub const ENDLESS: &str = "echo $$ > FOLDER/id; exec sleep 60";

/// Waits until a program that has noted its id is gone.
pub async fn has_ended(folder: &TempDir) {
    let id = std::fs::read_to_string(folder.path().join("id")).expect("a note");
    let is_gone = async || {
        let mut command = Command::new("sh");
        let asked = command.args(["-c", "kill -0 \"$0\" 2> /dev/null", id.trim()]).status();
        !asked.expect("a shell").success()
    };
    wait_until(Duration::from_secs(30), "the program is gone", is_gone).await;
}

/// Waits until the only job of a kind is given up, and gives the reason.
pub async fn given_up(studio: &Studio, kind: &str) -> String {
    let sql = Sql::with(
        "SELECT last_error FROM dailies_job WHERE state = 'dead' AND kind = $1",
        [kind.into()],
    );
    let look = async || {
        let row = studio.server.app.database.row(&sql).await.expect("the queue");
        row.ok_or("no such job")
    };
    let row = wait_for(Duration::from_secs(30), &format!("a job of {kind} is given up"), look).await;
    row.try_get("", "last_error").expect("a reason")
}

/// News of the status of a preview, the latest first.
async fn told(studio: &Studio, preview: &Value) -> Vec<Value> {
    let events = studio
        .admin
        .get("/data/events/last?name=preview-file:update")
        .await
        .expect(200);
    let events = events.as_array().expect("events").iter();
    let about = events.filter(|event| event["data"]["preview_file_id"] == preview["id"]);
    about.map(|event| event["data"]["status"].clone()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_encoder_that_takes_too_long_is_ended(#[values(On::Sqlite, On::Postgres)] on: On) {
    let folder = TempDir::new().expect("a folder");
    let script = format!("case \"$*\" in *-progress*) {ENDLESS};; esac\nexec ffmpeg \"$@\"");
    let ffmpeg = program(&folder, "encoder", &script);
    let studio = Studio::open_with(on, &["--ffmpeg", &ffmpeg, "--job-queue-timeout", "3"]).await;
    let record = sent(&studio, "shot.mp4", &movie()).await;
    assert_eq!(record["status"], "broken");
    has_ended(&folder).await;
    assert_eq!(told(&studio, &record).await[0], "broken");
    assert_eq!(thumbnail(&studio.admin, &record).await, 404);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_takes_too_long_ends_with_its_program(#[values(On::Sqlite, On::Postgres)] on: On) {
    let folder = TempDir::new().expect("a folder");
    let script = format!("case \"$*\" in *-show_streams*) {ENDLESS};; esac\nexec ffprobe \"$@\"");
    let ffprobe = program(&folder, "prober", &script);
    let flags = [
        "--ffprobe",
        &ffprobe,
        "--enable-job-queue",
        "true",
        "--job-queue-timeout",
        "2",
    ];
    let mut studio = Studio::open_with(on, &flags).await;
    studio.server.stop_workers().await;
    let record = sent(&studio, "shot.mp4", &movie()).await;
    assert_eq!(record["status"], "processing");
    // It was tried in vain before, so that this is the last time.
    let tried = Sql::new("UPDATE dailies_job SET attempts = 3 WHERE kind = 'preview-processing' AND state = 'queued'");
    let changed = execute(&studio.server.app.database, &tried).await;
    assert_eq!(changed.expect("the queue"), 1);
    studio.server = TestServer::start_at(studio.server.kill()).await;
    studio.admin = studio.server.as_person(studio.admin_id);
    assert_eq!(processed(&studio.admin, id(&record)).await["status"], "broken");
    has_ended(&folder).await;
    assert_eq!(told(&studio, &record).await, ["broken", "processing"]);
    assert_eq!(given_up(&studio, "preview-processing").await, "it took too long");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_document_is_drawn_at_once_however_many_come() {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("page"), picture()).expect("a picture");
    let script = r#"[ "$1" = -v ] && exit 0
        mkdir FOLDER/busy || touch FOLDER/overlap
        sleep 0.1
        for last; do :; done
        cp FOLDER/page "$last.png"
        rmdir FOLDER/busy"#;
    let pdftoppm = program(&folder, "drawer", script);
    let studio = Studio::open_with(On::Sqlite, &["--pdftoppm", &pdftoppm]).await;
    let sending = (0..6).map(|_| sent(&studio, "notes.pdf", b"%PDF-1.4 of which the program makes a page"));
    for record in join_all(sending).await {
        assert_eq!(record["status"], "ready");
        assert_eq!(thumbnail(&studio.admin, &record).await, 200);
    }
    assert!(!folder.path().join("overlap").exists(), "two at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_frames_are_taken_at_once_however_many_are_wanted() {
    let folder = TempDir::new().expect("a folder");
    // Each of two programs has a folder; a third one finds none.
    let script = r#"[ "$1" = -version ] && exec ffprobe "$@"
        if mkdir FOLDER/one; then place=one; elif mkdir FOLDER/two; then place=two; else touch FOLDER/overlap; fi
        sleep 0.1
        ffprobe "$@"
        code=$?
        [ -n "$place" ] && rmdir "FOLDER/$place"
        exit $code"#;
    let ffprobe = program(&folder, "prober", script);
    let studio = Studio::open_with(On::Sqlite, &["--ffprobe", &ffprobe]).await;
    let content = movie();
    let sending = (0..6).map(|_| async {
        let path = format!("/pictures/preview-files/{}?normalize=false", preview(&studio).await);
        studio.admin.send_file(&path, "shot.mp4", &content).await.expect(201)
    });
    for record in join_all(sending).await {
        assert_eq!(record["status"], "ready");
        assert_eq!(thumbnail(&studio.admin, &record).await, 200);
    }
    assert!(!folder.path().join("overlap").exists(), "three at once");
}
