//! Movies of all kinds that cameras and programs make: each ends as a movie that players play, or is called broken.

use std::process::Command;

use image::RgbImage;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::processing::preview;
use harness::{On, Studio, movie};

/// Size in high and in low definition, for productions of 640 by 360 pixels.
pub const SIZES: [(&str, (i64, i64)); 2] = [("originals", (640, 360)), ("low", (1280, 720))];

/// Makes a movie, or an animated picture, with the program ffmpeg.
pub fn made(name: &str, arguments: &str) -> Vec<u8> {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join(name);
    let mut command = Command::new("ffmpeg");
    let done = command
        .args(["-v", "error"])
        .args(arguments.split_whitespace())
        .arg(&path)
        .status()
        .expect("ffmpeg");
    assert!(done.success(), "{name}");
    std::fs::read(path).expect("a movie")
}

/// Streams of a movie by the word of ffprobe: that of its pictures, and that of its sound.
pub fn streams(content: &[u8]) -> (Value, Value) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("movie.mp4");
    std::fs::write(&path, content).expect("a file");
    let mut command = Command::new("ffprobe");
    let output = command
        .args(["-v", "error", "-count_frames", "-show_streams", "-of", "json"])
        .arg(&path)
        .output()
        .expect("ffprobe");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let of = |kind: &str| {
        report["streams"]
            .as_array()
            .expect("streams")
            .iter()
            .find(|stream| stream["codec_type"] == kind)
            .cloned()
    };
    (of("video").unwrap_or_default(), of("audio").unwrap_or_default())
}

/// A QuickTime movie that is to be shown turned, by the sine and cosine of the angle.
fn turned(mut content: Vec<u8>, (sine, cosine): (i32, i32)) -> Vec<u8> {
    let header = content.windows(4).position(|word| word == b"tkhd").expect("a track");
    let (one, last) = (1 << 16, 1 << 30);
    let matrix = [cosine * one, sine * one, 0, -sine * one, cosine * one, 0, 0, 0, last];
    // After the name of the box stand 40 bytes about the track, then this matrix.
    for (place, number) in content[header + 44..].chunks_exact_mut(4).zip(matrix) {
        place.copy_from_slice(&number.to_be_bytes());
    }
    content
}

/// A studio whose production has this size and rate.
pub async fn studio(on: On, rate: &str) -> Studio {
    let studio = Studio::open(on).await;
    resize(&studio, rate).await;
    studio
}

/// Gives the production this size and rate.
pub async fn resize(studio: &Studio, rate: &str) {
    let path = format!("/data/projects/{}", studio.project_id);
    studio
        .admin
        .put(&path, json!({"resolution": "640x360", "fps": rate}))
        .await
        .expect(200);
}

/// Sends a movie as a new preview, and answers its record.
async fn sent(studio: &Studio, name: &str, content: &[u8]) -> (Uuid, Value) {
    let id = preview(studio).await;
    let record = studio
        .admin
        .send_file(&format!("/pictures/preview-files/{id}"), name, content)
        .await
        .expect(201);
    (id, record)
}

/// Asserts that a preview plays: its codecs, sizes and rate, and how many frames it has.
async fn plays(studio: &Studio, id: Uuid, what: &str, rate: f64, frames: i64) {
    for (place, size) in SIZES {
        let content = studio
            .admin
            .get(&format!("/movies/{place}/preview-files/{id}.mp4"))
            .await;
        let (video, audio) = streams(&content.bytes);
        assert_eq!(
            (&video["codec_name"], &video["pix_fmt"], &audio["codec_name"]),
            (&json!("h264"), &json!("yuv420p"), &json!("aac")),
            "{what}"
        );
        assert_eq!(
            (video["width"].as_i64(), video["height"].as_i64()),
            (Some(size.0), Some(size.1)),
            "{what}"
        );
        let count: i64 = video["nb_read_frames"]
            .as_str()
            .and_then(|count| count.parse().ok())
            .expect("a count");
        assert_eq!(count, frames, "frames of {what} in {place}");
        let (over, under) = video["r_frame_rate"]
            .as_str()
            .and_then(|text| text.split_once('/'))
            .expect("a rate");
        let found = over.parse::<f64>().expect("a number") / under.parse::<f64>().expect("a number");
        assert!(
            (found - rate).abs() < 0.001,
            "{what}: {place} has {found} frames in a second"
        );
    }
}

/// The first frame of a preview.
pub async fn frame(studio: &Studio, id: Uuid) -> RgbImage {
    let content = studio
        .admin
        .get(&format!("/pictures/originals/preview-files/{id}.png"))
        .await;
    image::load_from_memory(&content.bytes).expect("a picture").into_rgb8()
}

/// Kinds of movies of 24 frames in a second, for a production of 25: names, how ffmpeg makes them, and how many frames they
/// become. TEST stands for one second of pictures.
const KINDS: [(&str, &str, i64); 20] = [
    ("silent, odd-sized.mkv", "TEST=161x91 -c:v ffv1", 25),
    (
        "sound.mov",
        "TEST=160x90 -f lavfi -i sine=frequency=440:duration=1 -c:v mpeg4 -c:a aac",
        25,
    ),
    (
        "many channels.mov",
        "TEST=160x90 -f lavfi -i anullsrc=cl=7.1:d=1 -c:v mpeg4 -c:a pcm_s16le -t 1",
        25,
    ),
    ("ten bits.mp4", "TEST=160x90 -c:v libx264 -pix_fmt yuv420p10le", 25),
    ("ten bits.mkv", "TEST=160x90 -c:v ffv1 -pix_fmt yuv422p10le", 25),
    ("colours.mkv", "TEST=160x90 -c:v ffv1 -pix_fmt gbrp", 25),
    (
        "high dynamic range.mp4",
        "TEST=160x90 -c:v libx265 -pix_fmt yuv420p10le -tag:v hvc1 -x265-params \
         log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
        25,
    ),
    (
        "hybrid log gamma.mkv",
        "TEST=160x90 -c:v ffv1 -pix_fmt yuv420p10le -color_trc arib-std-b67 -color_primaries bt2020 -colorspace bt2020nc",
        25,
    ),
    (
        "web.webm",
        "TEST=160x90 -c:v libvpx-vp9 -pix_fmt yuv420p -deadline realtime -cpu-used 8",
        25,
    ),
    ("matroska.mkv", "TEST=160x90 -c:v libx264 -preset ultrafast", 25),
    ("edited.mov", "TEST=160x90 -c:v prores_ks -profile:v 3", 25),
    (
        "edited with transparency.mov",
        "TEST=160x90 -c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le",
        25,
    ),
    ("old.avi", "TEST=160x90 -c:v mpeg4", 25),
    ("old.wmv", "TEST=160x90 -c:v wmv2", 25),
    ("telephone.m4v", "TEST=160x90 -c:v libx264 -f mp4", 25),
    ("clock.mov", "TEST=160x90 -c:v mpeg4 -timecode 01:00:00:00", 25),
    ("single frame.mov", "TEST=160x90 -frames:v 1 -c:v mpeg4", 1),
    (
        "a flash.mov",
        "-f lavfi -i testsrc=size=160x90:rate=120 -frames:v 1 -c:v mpeg4",
        1,
    ),
    (
        "fast.mov",
        "-f lavfi -i testsrc=size=160x90:rate=60:duration=2 -c:v mpeg4",
        50,
    ),
    (
        "uneven.mkv",
        "-f lavfi -i testsrc=size=160x90:rate=24:duration=2,select=lt(n\\,5)+gt(n\\,30) -fps_mode vfr -c:v ffv1",
        50,
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn movies_of_all_kinds_become_alike() {
    let studio = studio(On::Sqlite, "25").await;
    for (name, arguments, frames) in KINDS {
        let test = "-f lavfi -i testsrc=rate=24:duration=1:size";
        let content = made(name, &arguments.replacen("TEST", test, 1));
        let (id, record) = sent(&studio, name, &content).await;
        assert_eq!(
            (&record["status"], &record["width"], &record["height"]),
            (&json!("ready"), &json!(640), &json!(360)),
            "{name}"
        );
        assert_eq!(
            record["data"]["original_height"],
            if name.contains("odd") { 91 } else { 90 },
            "{name}"
        );
        plays(&studio, id, name, 25.0, frames).await;
        // Something is to be seen.
        assert!(
            frame(&studio, id)
                .await
                .pixels()
                .any(|pixel| pixel.0[0].abs_diff(pixel.0[2]) > 60),
            "{name}"
        );
    }
    // As it was sent, when somebody asks for that.
    let id = preview(&studio).await;
    let content = movie();
    let record = studio
        .admin
        .send_file(
            &format!("/pictures/preview-files/{id}?normalize=false"),
            "shot.mp4",
            &content,
        )
        .await
        .expect(201);
    assert_eq!(
        (&record["status"], &record["width"], &record["file_size"]),
        (&json!("ready"), &json!(320), &json!(content.len()))
    );
    for (place, _) in SIZES {
        assert_eq!(
            studio
                .admin
                .get(&format!("/movies/{place}/preview-files/{id}.mp4"))
                .await
                .bytes,
            content
        );
    }
    assert_eq!(
        studio
            .admin
            .get(&format!("/movies/tiles/preview-files/{id}.png"))
            .await
            .status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_frame_is_lost_at_the_rate_of_the_production() {
    let studio = studio(On::Sqlite, "25").await;
    for (written, exact, frames) in [
        ("23.976", "24000/1001", 48),
        ("24", "24", 48),
        ("25", "25", 50),
        ("29.97", "30000/1001", 60),
        ("30", "30", 60),
        ("59.94", "60000/1001", 120),
    ] {
        resize(&studio, written).await;
        // Each frame is a little lighter than the one before.
        let source = format!(
            "-f lavfi -i color=black:size=160x90:rate={exact},geq=lum=16+N:cb=128:cr=128 -frames:v {frames} -c:v ffv1"
        );
        let (id, record) = sent(&studio, "steps.mkv", &made("steps.mkv", &source)).await;
        assert_eq!(record["status"], "ready", "{written}");
        plays(&studio, id, written, written.parse().expect("a number"), frames).await;
        let mut last = None;
        for number in [1, 2, 3, frames / 2, frames / 2 + 1, frames - 1, frames] {
            let answer = studio
                .admin
                .get(&format!(
                    "/actions/preview-files/{id}/extract-frame?frame_number={number}"
                ))
                .await;
            assert_eq!(answer.status, 200, "frame {number} at {written}");
            let picture = image::load_from_memory(&answer.bytes).expect("a picture").into_rgb8();
            let light = f64::from(picture.get_pixel(320, 180).0[1]) * 219.0 / 255.0;
            assert!(
                (light - (number - 1) as f64).abs() < 1.0,
                "frame {number} at {written} is as light as frame {light}"
            );
            assert!(
                last.replace(light).is_none_or(|last| last < light),
                "frame {number} at {written} is the one before"
            );
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn movies_are_as_large_as_their_bitrates_let_them_be(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = studio(on, "25").await;
    let noise = made(
        "noise.mkv",
        "-f lavfi -i testsrc=size=320x180:rate=25:duration=1,noise=alls=80:allf=t -c:v ffv1",
    );
    let size = async || {
        let (_, record) = sent(&studio, "noise.mkv", &noise).await;
        assert_eq!(record["status"], "ready");
        record["file_size"].as_i64().expect("a size")
    };
    let of_server = size().await;
    let production = format!("/data/projects/{}", studio.project_id);
    studio
        .admin
        .put(
            &production,
            json!({"hd_bitrate_compression": 2, "ld_bitrate_compression": 1}),
        )
        .await
        .expect(200);
    let of_production = size().await;
    let link = json!({"task_type_id": studio.named("task-types", "Modeling").await, "hd_bitrate_compression": 1});
    studio
        .admin
        .post(&format!("{production}/settings/task-types"), link)
        .await
        .expect(201);
    let of_task_type = size().await;
    assert!(of_server > 4 * of_production, "{of_server} and {of_production} bytes");
    assert!(
        3 * of_production > 5 * of_task_type,
        "{of_production} and {of_task_type} bytes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shape_is_the_one_that_is_shown() {
    let studio = studio(On::Sqlite, "25").await;
    let red = "-f lavfi -i color=red:size=160x90:rate=25:duration=0.2";
    let plain = made("plain.mov", &format!("{red} -c:v mpeg4"));
    // Where the picture reaches an edge: on the left, and at the top.
    for (name, content, edges) in [
        ("plain.mov", plain.clone(), (true, true)),
        ("turned.mov", turned(plain.clone(), (1, 0)), (false, true)),
        ("upside down.mov", turned(plain, (0, -1)), (true, true)),
        (
            "wide pixels.mov",
            made("wide.mov", &format!("{red} -vf setsar=2 -c:v mpeg4")),
            (true, false),
        ),
        (
            "narrow pixels.mkv",
            made("narrow.mkv", &format!("{red} -vf setsar=1/2 -c:v ffv1")),
            (false, true),
        ),
    ] {
        let (id, record) = sent(&studio, name, &content).await;
        assert_eq!(
            (&record["status"], &record["width"], &record["height"]),
            (&json!("ready"), &json!(640), &json!(360)),
            "{name}"
        );
        let picture = frame(&studio, id).await;
        let is_red = |x, y| picture.get_pixel(x, y).0[0] > 200;
        assert_eq!(
            (is_red(320, 180), (is_red(8, 180), is_red(320, 8))),
            (true, edges),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_movie_is_broken() {
    let studio = studio(On::Sqlite, "25").await;
    let whole = movie();
    let sound = made("sound.mp4", "-f lavfi -i sine=frequency=440:duration=1 -c:a aac");
    let secret = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(secret.path(), movie()).expect("a file");
    let elsewhere = format!(
        "#EXTM3U\n#EXTINF:1,\nfile://{0}\n#EXT-X-ENDLIST\n",
        secret.path().display()
    );
    let listed = format!("ffconcat version 1.0\nfile '{}'\n", secret.path().display());
    // Nobody may call an address that a file names.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/movie.mp4", listener.local_addr().expect("an address"));
    let of_web = format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n");
    let listed_of_web = format!("ffconcat version 1.0\nfile '{address}'\n");
    let described = format!(
        "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" mediaPresentationDuration=\"PT1S\"><Period>\
         <AdaptationSet mimeType=\"video/mp4\"><Representation id=\"1\"><BaseURL>{address}</BaseURL></Representation></AdaptationSet></Period></MPD>"
    );
    for (name, content) in [
        ("words.mp4", b"no movie".as_slice()),
        ("cut off.mp4", &whole[..whole.len() / 2]),
        ("sound alone.mp4", &sound[..]),
        ("zeros.mov", &[0; 100_000][..]),
        ("a playlist.mp4", elsewhere.as_bytes()),
        ("a list.mkv", listed.as_bytes()),
        ("a playlist of the web.mp4", of_web.as_bytes()),
        ("a list of the web.mkv", listed_of_web.as_bytes()),
        ("a description.mov", described.as_bytes()),
    ] {
        let (id, record) = sent(&studio, name, content).await;
        assert_eq!(record["status"], "broken", "{name}");
        assert_eq!(
            studio
                .admin
                .get(&format!("/pictures/thumbnails/preview-files/{id}.png"))
                .await
                .status,
            404,
            "{name}"
        );
    }
    listener.set_nonblocking(true).expect("a listener");
    assert!(listener.accept().is_err(), "somebody called");
    let id = preview(&studio).await;
    let answer = studio
        .admin
        .send_file(&format!("/pictures/preview-files/{id}"), "empty.mp4", b"")
        .await;
    assert_eq!(answer.status, 400);
}
