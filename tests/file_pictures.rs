//! Pictures of files that are stored as they are, and of pictures that are no usual ones.

use std::io::Cursor;
use std::time::Duration;

use dailies::pictures::{Document, DocumentPage};
use dailies::storage::{Bucket, FileKey};
use image::codecs::hdr::HdrEncoder;
use image::{DynamicImage, ImageFormat, Rgb, Rgb32FImage, RgbImage, Rgba, Rgba32FImage, RgbaImage};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::movies::made;
use crate::processing::{break_off, preview, processed};
use harness::{Listener, On, Studio, TestServer, id, wait_until};

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut content = Cursor::new(Vec::new());
    picture.write_to(&mut content, format).expect("a picture");
    content.into_inner()
}

/// An animation of 64 by 48 pixels that is red, and then blue.
fn animation(name: &str) -> Vec<u8> {
    let colour = |name: &str| format!("-f lavfi -i color={name}:size=64x48:rate=2:duration=1");
    made(
        name,
        &format!("{} {} -filter_complex [0][1]concat=n=2", colour("red"), colour("blue")),
    )
}

/// Light of half of white in red, much more of it in green, and none in blue, half of which shows through.
fn exr() -> Vec<u8> {
    let light = Rgba32FImage::from_pixel(64, 48, Rgba([0.25, 4.0, 0.0, 0.5]));
    encoded(&light.into(), ImageFormat::OpenExr)
}

/// The same light without alpha.
fn radiance() -> Vec<u8> {
    let light = Rgb32FImage::from_pixel(64, 48, Rgb([0.5, 8.0, 0.0]));
    let light: Vec<_> = light.pixels().copied().collect();
    let mut content = Vec::new();
    HdrEncoder::new(&mut content).encode(&light, 64, 48).expect("a picture");
    content
}

/// A Photoshop file with a flat picture in one colour.
pub fn photoshop(colour: [u8; 3]) -> Vec<u8> {
    let mut content = b"8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0\0\x30\0\0\0\x40\0\x08\0\x03".to_vec();
    // Neither colours, nor facts, nor layers; and rows that are not packed.
    content.extend([0; 14]);
    content.extend(colour.iter().flat_map(|value| [*value; 64 * 48]));
    content
}

async fn pixels(studio: &Studio, size: &str, preview: Uuid) -> RgbaImage {
    let path = format!("/pictures/{size}/preview-files/{preview}.png");
    let answer = studio.admin.get(&path).await;
    assert_eq!(answer.status, 200, "{path}");
    image::load_from_memory_with_format(&answer.bytes, ImageFormat::Png)
        .expect("a picture")
        .into_rgba8()
}

async fn sent(studio: &Studio, name: &str, content: &[u8]) -> Value {
    let path = format!("/pictures/preview-files/{}", preview(studio).await);
    studio.admin.send_file(&path, name, content).await.expect(201)
}

async fn has_thumbnail(studio: &Studio, record: &Value) -> bool {
    let path = format!("/pictures/thumbnails/preview-files/{}.png", id(record));
    studio.admin.get(&path).await.status == 200
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn files_that_hold_a_picture_are_shown(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let admin = &studio.admin;
    let other = sent(&studio, "wool.zip", b"not to be seen").await;
    for (name, content, colour) in [
        ("sheep.gif", animation("sheep.gif"), [255, 0, 0, 255]),
        ("light.EXR", exr(), [188, 255, 0, 128]),
        ("sky.hdr", radiance(), [188, 255, 0, 255]),
        ("sheep.psd", photoshop([200, 100, 50]), [200, 100, 50, 255]),
    ] {
        let record = sent(&studio, name, &content).await;
        let (preview, extension) = (id(&record), name[name.len() - 3..].to_lowercase());
        let same = |key: &str| assert_eq!(record[key], other[key], "{name}: {key}");
        for key in ["status", "width", "height", "duration", "data", "position"] {
            same(key);
        }
        assert_eq!(
            (&record["extension"], &record["file_size"]),
            (&json!(extension), &json!(content.len())),
            "{name}"
        );
        for (size, width, height) in [
            ("originals", 64, 48),
            ("previews", 1200, 900),
            ("thumbnails", 150, 100),
            ("thumbnails-square", 100, 100),
        ] {
            let shown = pixels(&studio, size, preview).await;
            assert_eq!(shown.dimensions(), (width, height), "{name}: {size}");
            let Rgba(found) = *shown.get_pixel(width / 2, height / 2);
            let near = found
                .iter()
                .zip(colour)
                .all(|(found, wanted)| found.abs_diff(wanted) <= 3);
            assert!(near, "{name}: {size} is {found:?}");
        }
        for path in [
            format!("/pictures/originals/preview-files/{preview}.{extension}"),
            format!("/pictures/originals/preview-files/{preview}/download"),
        ] {
            assert_eq!(admin.get(&path).await.bytes, content, "{path} is as it was sent");
        }
        let task = record["task_id"].as_str().expect("a task");
        let task = admin.get(&format!("/data/tasks/{task}")).await.expect(200);
        assert_eq!(task["last_preview_file_id"], Value::Null, "{name}");
        admin
            .delete(&format!("/data/preview-files/{preview}?force=true"))
            .await
            .expect(204);
        let storage = &studio.server.app.storage;
        for prefix in ["original", "previews", "thumbnails", "thumbnails-square"] {
            let key = FileKey::new(Bucket::Pictures, prefix, preview);
            assert!(
                !storage.exists(&key).await.expect("a store"),
                "{name}: {prefix} is left"
            );
        }
    }
    for (name, content) in [
        ("light.exr", &exr()[..200]),
        ("sheep.gif", &b"no picture"[..]),
        ("sheep.psd", &photoshop([0; 3])[..40]),
        ("notes.pdf", &b"no document"[..]),
    ] {
        let record = sent(&studio, name, content).await;
        assert_eq!(record["status"], "ready", "{name}");
        assert!(!has_thumbnail(&studio, &record).await, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_of_a_document_is_shown_where_there_is_a_program_for_it() {
    let studio = Studio::open(On::Sqlite).await;
    let mut document = Document::new("Notes").expect("a document");
    for colour in [[0, 128, 0], [0, 0, 255]] {
        let page = RgbImage::from_pixel(800, 400, Rgb(colour));
        document.add(&page, &DocumentPage::default()).expect("a page");
    }
    let content = document.finish().expect("a document");
    let record = sent(&studio, "notes.pdf", &content).await;
    assert_eq!(
        (&record["status"], &record["extension"]),
        (&json!("ready"), &json!("pdf"))
    );
    let told = studio.server.nobody().get("/status").await.expect(200);
    let can = told["document-tools-up"].as_bool().expect("a word");
    assert_eq!(has_thumbnail(&studio, &record).await, can);
    if can {
        let page = pixels(&studio, "originals", id(&record)).await;
        assert_eq!(page.width(), 2400);
        let [red, green, blue, _] = page.get_pixel(1200, page.height() / 2).0;
        assert!(
            red < 10 && green.abs_diff(128) < 10 && blue < 10,
            "{red} {green} {blue}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_pictures_become_png() {
    let studio = Studio::open(On::Sqlite).await;
    let deep = RgbImage::from_pixel(64, 48, Rgb([200, 100, 50]));
    let deep = DynamicImage::from(deep).into_rgb16();
    for (name, content, colour) in [
        (
            "deep.tiff",
            encoded(&deep.clone().into(), ImageFormat::Tiff),
            [200, 100, 50],
        ),
        ("deep.png", encoded(&deep.into(), ImageFormat::Png), [200, 100, 50]),
        ("sheep.apng", animation("sheep.apng"), [255, 0, 0]),
    ] {
        let record = sent(&studio, name, &content).await;
        assert_eq!(
            (&record["status"], &record["extension"], &record["width"]),
            (&json!("ready"), &json!("png"), &json!(64)),
            "{name}"
        );
        let Rgba(found) = *pixels(&studio, "originals", id(&record)).await.get_pixel(30, 20);
        assert!(
            found
                .iter()
                .zip(colour)
                .all(|(found, wanted)| found.abs_diff(wanted) <= 3),
            "{name} is {found:?}"
        );
        let path = format!("/pictures/originals/preview-files/{}.png", id(&record));
        let stored = studio.admin.get(&path).await.bytes;
        let stored = image::load_from_memory(&stored).expect("a picture");
        let bits = stored.color().bits_per_pixel() / u16::from(stored.color().channel_count());
        assert_eq!(bits, if name.starts_with("deep") { 16 } else { 8 }, "{name}");
    }
}

#[rstest]
#[case("3072", true)]
#[case("3071", false)]
#[tokio::test(flavor = "multi_thread")]
async fn the_most_pixels_are_those_of_the_settings_whatever_holds_them(#[case] most: &str, #[case] fits: bool) {
    let studio = Studio::open_with(On::Sqlite, &["--max-image-pixels", most]).await;
    for (name, content) in [
        ("sheep.gif", animation("sheep.gif")),
        ("light.exr", exr()),
        ("sky.hdr", radiance()),
        ("sheep.psd", photoshop([200, 100, 50])),
    ] {
        let record = sent(&studio, name, &content).await;
        assert_eq!(record["status"], "ready", "{name}");
        assert_eq!(has_thumbnail(&studio, &record).await, fits, "{name}");
    }
    let path = format!("/pictures/preview-files/{}", preview(&studio).await);
    let plain = encoded(&RgbImage::new(64, 48).into(), ImageFormat::Png);
    let answer = studio.admin.send_file(&path, "sheep.png", &plain).await;
    if fits {
        assert_eq!(answer.expect(201)["status"], "ready");
    } else {
        let message = answer.message(400);
        assert!(
            message.starts_with("The picture has more than 3071 pixels"),
            "{message}"
        );
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_files_may_come_after_the_answer(#[values(On::Sqlite, On::Postgres)] on: On) {
    let mut studio = Studio::open_with(on, &["--enable-job-queue", "true"]).await;
    let listener = Listener::open(&studio.admin).await;
    let record = sent(&studio, "sheep.psd", &photoshop([1, 2, 3])).await;
    assert_eq!(record["status"], "ready");
    let mut heard = Vec::new();
    let told = |heard: &[(String, Value)]| {
        let ready = json!({"preview_file_id": record["id"], "status": "ready", "project_id": studio.project_id});
        let told = heard
            .iter()
            .filter(|(name, told)| name == "preview-file:update" && *told == ready);
        told.count()
    };
    // When the file is there, and when its pictures are.
    while told(&heard) < 2 {
        heard.extend(listener.until("preview-file:update").await);
    }
    assert!(has_thumbnail(&studio, &record).await);

    // A server that was killed while it stored a file leaves its pictures to the next one.
    studio.server.stop_workers().await;
    let late = break_off(&studio, "generic", "psd").await;
    let key = FileKey::new(Bucket::Files, "previews", late);
    let stored = studio.server.app.storage.put(&key, photoshop([1, 2, 3]).into()).await;
    stored.expect("a file");
    studio.server = TestServer::start_at(studio.server.kill()).await;
    studio.admin = studio.server.as_person(studio.admin_id);
    let record = processed(&studio.admin, late).await;
    assert_eq!(
        (&record["status"], &record["extension"]),
        (&json!("ready"), &json!("psd"))
    );
    let is_shown = async || has_thumbnail(&studio, &record).await;
    wait_until(Duration::from_secs(30), "there is a thumbnail", is_shown).await;
}
