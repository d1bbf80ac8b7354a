//! Movies that are built of playlists: parts of any kind in the order of the playlist, and what is told on the way.

use std::path::Path;
use std::process::Command;

use dailies::database::Sql;
use dailies::storage::{Bucket, FileKey};
use harness::rows::execute;
use harness::{Answer, Listener, On, Studio, TestServer, id};
use image::{ImageFormat, Rgb, RgbImage};
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::colours::{coded, is_coded};
use crate::movies::{made, resize, streams, studio};
use crate::playlists::ended_build;
use crate::processing::preview;
use crate::programs::{ENDLESS, given_up, has_ended, program};

/// Red pictures with a tone, at 24 frames in a second.
const RED: &str = "-f lavfi -i color=red:size=320x180:rate=24:duration=1 -f lavfi -i sine=frequency=440:duration=1 \
    -c:v mpeg4 -c:a aac -ac 2 -ar 48000";
/// Green pictures, higher than they are wide and without sound, at 29.97 frames in a second.
const GREEN: &str = "-f lavfi -i color=lime:size=180x320:rate=30000/1001:duration=1 -c:v mpeg4";

/// Sends a file as a new preview, as it is, and answers an entry that shows it.
async fn entry(studio: &Studio, name: &str, content: &[u8], normalize: bool) -> Value {
    let preview = preview(studio).await;
    let path = format!("/pictures/preview-files/{preview}?normalize={normalize}");
    let record = studio.admin.send_file(&path, name, content).await.expect(201);
    assert_eq!(record["status"], "ready", "{name}");
    let task = format!("/data/tasks/{}", record["task_id"].as_str().expect("a task"));
    let task = studio.admin.get(&task).await.expect(200);
    json!({"entity_id": task["entity_id"], "preview_file_id": preview})
}

async fn playlist(studio: &Studio, name: &str, shots: &[&Value]) -> Uuid {
    let playlist = json!({"name": name, "project_id": studio.project_id, "shots": shots});
    id(&studio.admin.post("/data/playlists", playlist).await.expect(201))
}

/// Begins to build a movie, and waits for the end. Answers the address of the build, and its record.
async fn ended(studio: &Studio, playlist: Uuid, query: &str) -> (String, Value) {
    let build = format!("/data/playlists/{playlist}/build/mp4{query}");
    let begun = studio.admin.get(&build).await.expect(200);
    let job = format!("/data/playlists/{playlist}/jobs/{}", id(&begun));
    let record = ended_build(&studio.admin, &job).await;
    (job, record)
}

/// Builds a movie, and answers the record of the build and the movie.
async fn built(studio: &Studio, playlist: Uuid, query: &str) -> (Value, Answer) {
    let (job, ended) = ended(studio, playlist, query).await;
    assert_eq!(ended["status"], "succeeded", "{ended}");
    (ended, studio.admin.get(&format!("{job}/build/mp4")).await)
}

/// Bytes that the program ffmpeg makes of a movie, with these options before and after its name.
fn decoded(movie: &[u8], before: &[&str], after: &[&str]) -> Vec<u8> {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("movie.mp4");
    std::fs::write(&path, movie).expect("a file");
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error"]).args(before).arg("-i").arg(&path);
    let output = command.args(after).arg("-").output().expect("ffmpeg");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Pixels of a movie of 640 by 360 pixels at that second, three bytes each.
fn frame(movie: &[u8], second: f64) -> Vec<u8> {
    let frame = ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24"];
    let frame = decoded(movie, &["-ss", &second.to_string()], &frame);
    assert_eq!(frame.len(), 640 * 360 * 3, "a frame at {second}");
    frame
}

/// The pixel of a frame in its middle row, so far from the left.
fn pixel(frame: &[u8], left: usize) -> [u8; 3] {
    let at = (180 * 640 + left) * 3;
    frame[at..at + 3].try_into().expect("a pixel")
}

/// Colour in the middle of a movie at that second, and at its left edge: 0, 1 and 2 are red, green and blue, and none is black.
fn colours(movie: &[u8], second: f64) -> [Option<usize>; 2] {
    let frame = frame(movie, second);
    [320, 8].map(|left| pixel(&frame, left).iter().position(|light| *light > 150))
}

/// Loudness of a movie from one second to another.
fn loudness(movie: &[u8], from: f64, to: f64) -> f64 {
    let samples = decoded(movie, &[], &["-vn", "-ac", "1", "-ar", "8000", "-f", "s16le"]);
    let at = |second: f64| (second * 8000.0) as usize * 2;
    let samples: Vec<f64> = samples[at(from)..at(to)]
        .chunks_exact(2)
        .map(|sample| f64::from(i16::from_le_bytes([sample[0], sample[1]])))
        .collect();
    (samples.iter().map(|sample| sample * sample).sum::<f64>() / samples.len() as f64).sqrt()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn parts_of_all_kinds_follow_each_other(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = studio(on, "25").await;
    let mut blue = std::io::Cursor::new(Vec::new());
    RgbImage::from_pixel(64, 36, Rgb([0, 0, 255]))
        .write_to(&mut blue, ImageFormat::Png)
        .expect("a picture");
    let red = entry(&studio, "red.mp4", &made("red.mp4", RED), false).await;
    let green = entry(&studio, "green.mp4", &made("green.mp4", GREEN), false).await;
    let blue = entry(&studio, "blue.png", &blue.into_inner(), true).await;
    // One is there twice.
    let playlist = playlist(&studio, "Monday", &[&green, &red, &blue, &red]).await;

    let listener = Listener::open(&studio.admin).await;
    let (ended, movie) = built(&studio, playlist, "?full=true&still_duration=0.5").await;
    assert_eq!(ended["message"], Value::Null);
    let movie = movie.bytes;
    let (video, audio) = streams(&movie);
    assert_eq!(
        (
            &video["width"],
            &video["height"],
            &video["r_frame_rate"],
            &audio["codec_name"]
        ),
        (&json!(640), &json!(360), &json!("25/1"), &json!("aac"))
    );
    for stream in [&video, &audio] {
        let seconds: f64 = stream["duration"]
            .as_str()
            .expect("a length")
            .parse()
            .expect("a number");
        assert!(
            (seconds - 3.5).abs() < 0.1,
            "{seconds} seconds of {}",
            stream["codec_type"]
        );
    }
    for (second, expected, is_loud) in [
        (0.5, [Some(1), None], false),
        (1.5, [Some(0), Some(0)], true),
        (2.25, [Some(2), Some(2)], false),
        (3.0, [Some(0), Some(0)], true),
    ] {
        assert_eq!(colours(&movie, second), expected, "at second {second}");
        let loudness = loudness(&movie, second - 0.15, second + 0.15);
        assert!(
            if is_loud { loudness > 500.0 } else { loudness < 50.0 },
            "{loudness} at second {second}"
        );
    }

    let heard = listener.until("build-job:update").await;
    let told: Vec<&Value> = heard
        .iter()
        .filter(|(name, _)| name == "build-job:progress")
        .map(|(_, told)| told)
        .collect();
    let percents: Vec<i64> = told
        .iter()
        .map(|told| told["progress"].as_i64().expect("a number"))
        .collect();
    assert!(
        percents.len() > 1 && percents.is_sorted() && percents.last().is_some_and(|last| (71..=100).contains(last)),
        "{percents:?}"
    );
    let expected = json!({"build_job_id": ended["id"], "playlist_id": playlist, "progress": percents[0], "project_id": studio.project_id});
    assert_eq!(*told[0], expected);
    let kept = studio.admin.get("/data/events/last?limit=1000").await.expect(200);
    assert!(
        kept.as_array()
            .expect("events")
            .iter()
            .all(|event| event["name"] != "build-job:progress")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn movies_of_one_kind_are_joined_as_they_are() {
    let studio = studio(On::Sqlite, "23.976").await;
    let red = entry(&studio, "red.mp4", &made("red.mp4", RED), true).await;
    let green = entry(&studio, "green.mp4", &made("green.mp4", GREEN), true).await;
    let playlist = playlist(&studio, "Monday", &[&red, &green, &red, &green]).await;
    for query in ["", "?full=true"] {
        let (ended, movie) = built(&studio, playlist, query).await;
        assert_eq!(ended["message"], Value::Null, "{query}");
        let (video, _) = streams(&movie.bytes);
        assert_eq!(video["nb_read_frames"], "96", "{query}");
        assert_eq!(video["start_time"], "0.000000", "{query}");
        assert_eq!(video["r_frame_rate"], video["avg_frame_rate"], "{query}");
        assert_eq!(colours(&movie.bytes, 0.5), [Some(0), Some(0)], "{query}");
        assert_eq!(colours(&movie.bytes, 1.5), [Some(1), None], "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_stay_however_the_parts_are_coded() {
    let studio = studio(On::Sqlite, "25").await;
    let movies = coded();
    let mut entries = Vec::new();
    for (name, content) in &movies {
        entries.push(entry(&studio, name, content, false).await);
    }
    let playlist = playlist(&studio, "Monday", &entries.iter().collect::<Vec<_>>()).await;
    let (_, movie) = built(&studio, playlist, "?full=true").await;
    let (video, _) = streams(&movie.bytes);
    assert_eq!(video["color_space"], "bt709");
    for (at, (name, _)) in movies.iter().enumerate() {
        let found = pixel(&frame(&movie.bytes, 0.2 * at as f64 + 0.1), 320);
        assert!(is_coded(found), "{name} became {found:?}");
    }
}

/// Asserts that the movie of a playlist is given up at once, that this is told, and that nothing is left of it. Gives the reason.
async fn refused(studio: &Studio, playlist: Uuid, query: &str) -> String {
    let (job, ended) = ended(studio, playlist, query).await;
    let message = "The movie could not be built: the log of the server tells why.";
    assert_eq!(
        (&ended["status"], &ended["message"], ended["ended_at"].is_string()),
        (&json!("failed"), &json!(message), true)
    );
    let told = studio
        .admin
        .get("/data/events/last?name=build-job:update")
        .await
        .expect(200);
    let expected = json!({"build_job_id": ended["id"], "playlist_id": playlist, "status": "failed", "message": message,
        "project_id": studio.project_id});
    assert_eq!((told.as_array().map(Vec::len), &told[0]["data"]), (Some(1), &expected));
    assert_eq!(studio.admin.get(&format!("{job}/build/mp4")).await.status, 400);
    let key = FileKey::new(Bucket::Movies, "playlists", id(&ended));
    assert!(!studio.server.app.storage.exists(&key).await.expect("an answer"));
    given_up(studio, "playlist-movie").await
}

/// True if the folder is gone in which a file lay that a program has noted.
fn is_cleared(folder: &TempDir, note: &str) -> bool {
    let file = std::fs::read_to_string(folder.path().join(note)).expect("a note");
    !Path::new(file.trim()).parent().expect("a folder").exists()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_clip_that_says_it_is_longer_than_half_a_day_is_refused(#[values(On::Sqlite, On::Postgres)] on: On) {
    let folder = TempDir::new().expect("a folder");
    let script = r#"case "$*" in *-show_entries*)
            for last; do :; done
            echo "${last#file:}" > FOLDER/clip
            echo '{"streams": [{"codec_type": "video", "width": 320, "height": 180}], "format": {"duration": "43200.5"}}'
            exit 0;;
        esac
        exec ffprobe "$@""#;
    let ffprobe = program(&folder, "prober", script);
    let studio = Studio::open_with(on, &["--ffprobe", &ffprobe]).await;
    let red = entry(&studio, "red.mp4", &made("red.mp4", RED), false).await;
    let playlist = playlist(&studio, "Monday", &[&red]).await;
    assert_eq!(
        refused(&studio, playlist, "").await,
        "the file can't be read: it is too long"
    );
    assert!(is_cleared(&folder, "clip"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_grows_too_large_is_refused(#[values(On::Sqlite, On::Postgres)] on: On) {
    let folder = TempDir::new().expect("a folder");
    // A file with nothing in it takes no space, however long it is.
    let script = r#"case "$*" in *"-f mov -y"*)
            for last; do :; done
            echo "${last#file:}" > FOLDER/part
            echo "$*" > FOLDER/arguments
            truncate -s 32000000000 "${last#file:}"
            exit 0;;
        esac
        exec ffmpeg "$@""#;
    let ffmpeg = program(&folder, "encoder", script);
    let studio = Studio::open_with(on, &["--ffmpeg", &ffmpeg]).await;
    let red = entry(&studio, "red.mp4", &made("red.mp4", RED), false).await;
    let playlist = playlist(&studio, "Monday", &[&red, &red]).await;
    let reason = refused(&studio, playlist, "?full=true").await;
    assert_eq!(reason, "the file can't be read: it takes too much space");
    assert!(is_cleared(&folder, "part"));
    let arguments = std::fs::read_to_string(folder.path().join("arguments")).expect("a note");
    assert!(arguments.contains(" -fs 32000000000 "), "{arguments}");
    assert!(
        arguments.trim_end().ends_with("part-0.mov"),
        "the first one is the last"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_takes_too_long_ends_with_its_program(#[values(On::Sqlite, On::Postgres)] on: On) {
    let folder = TempDir::new().expect("a folder");
    let script = format!("case \"$*\" in *-progress*) {ENDLESS};; esac\nexec ffmpeg \"$@\"");
    let ffmpeg = program(&folder, "encoder", &script);
    let mut studio = Studio::open_with(on, &["--ffmpeg", &ffmpeg, "--job-queue-timeout", "2"]).await;
    let red = entry(&studio, "red.mp4", &made("red.mp4", RED), false).await;
    let playlist = playlist(&studio, "Monday", &[&red]).await;
    studio.server.stop_workers().await;
    let build = format!("/data/playlists/{playlist}/build/mp4?full=true");
    let begun = studio.admin.get(&build).await.expect(200);
    // It was tried in vain before, so that this is the last time.
    let tried = Sql::new("UPDATE dailies_job SET attempts = 2 WHERE kind = 'playlist-movie'");
    let changed = execute(&studio.server.app.database, &tried).await;
    assert_eq!(changed.expect("the queue"), 1);
    studio.server = TestServer::start_at(studio.server.kill()).await;
    studio.admin = studio.server.as_person(studio.admin_id);
    let job = format!("/data/playlists/{playlist}/jobs/{}", id(&begun));
    assert_eq!(ended_build(&studio.admin, &job).await["status"], "failed");
    has_ended(&folder).await;
    let reason = given_up(&studio, "playlist-movie").await;
    assert!(["timed out", "it took too long"].contains(&reason.as_str()), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_may_be_larger_than_the_frames_of_movies() {
    // In half of this memory there is room for a frame of 8,388,608 pixels.
    let studio = Studio::open_with(On::Sqlite, &["--picture-memory", "64"]).await;
    resize(&studio, "25").await;
    let still = made(
        "large.png",
        "-f lavfi -i color=blue:size=3000x2900:rate=25 -frames:v 1 -pix_fmt rgb24",
    );
    let blue = entry(&studio, "large.png", &still, true).await;
    let playlist = playlist(&studio, "Monday", &[&blue]).await;
    let (_, movie) = built(&studio, playlist, "?still_duration=0.2").await;
    assert_eq!(colours(&movie.bytes, 0.1), [Some(2), None]);
    for (size, status) in [("3000x2900", "broken"), ("2900x2800", "ready")] {
        let frames = format!("-f lavfi -i color=blue:size={size}:rate=25 -frames:v 2 -c:v ffv1");
        let path = format!("/pictures/preview-files/{}", preview(&studio).await);
        let content = made("large.mkv", &frames);
        let record = studio.admin.send_file(&path, "large.mkv", &content).await.expect(201);
        assert_eq!(record["status"], status, "{size}");
    }
}
