//! Frames of previews with what was drawn on them, and what is made of them: of pictures here, of movies in `movies`.

mod movies;

use std::io::{Cursor, Read};
use std::time::Duration;

use image::{ImageFormat, Rgb, RgbImage};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use harness::{On, Studio, id};

/// A task with previews.
struct Review {
    studio: Studio,
    task: Uuid,
    comment: Uuid,
}

impl Review {
    async fn open(on: On) -> Self {
        Self::of(Studio::open(on).await).await
    }

    async fn of(studio: Studio) -> Self {
        let admin = &studio.admin;
        let (project, status) = (studio.project_id, studio.named("task-status", "Todo").await);
        let sequence = id(&admin
            .post(&format!("/data/projects/{project}/sequences"), json!({"name": "SQ01"}))
            .await
            .expect(201));
        let shot = json!({"name": "SH010", "sequence_id": sequence});
        let shot = id(&admin
            .post(&format!("/data/projects/{project}/shots"), shot)
            .await
            .expect(201));
        let task_type = studio.named("task-types", "Animation").await;
        let task = admin.make_task_on(shot, task_type, status).await;
        let text = "The sheep is too small. Übergröße, bitte!";
        let comment = admin.make_comment(task, status, text).await;
        Self { studio, task, comment }
    }

    /// A preview, and where it is asked for frames.
    async fn preview(&self, name: &str, content: &[u8]) -> String {
        let preview = self.studio.admin.make_preview(self.task, self.comment).await;
        let sent = self
            .studio
            .admin
            .send_file(&format!("/pictures/preview-files/{preview}"), name, content)
            .await
            .expect(201);
        assert_eq!(sent["status"], "ready");
        format!("/actions/preview-files/{preview}")
    }

    async fn draw(&self, preview: &str, time: f64, objects: Value) {
        let additions = json!({"additions": [{"time": time, "drawing": {"objects": objects}}]});
        self.studio
            .admin
            .put(&format!("{preview}/update-annotations"), additions)
            .await
            .expect(200);
    }

    async fn bytes(&self, path: &str) -> Vec<u8> {
        let answer = self.studio.admin.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.bytes));
        answer.bytes
    }
}

fn decoded(content: &[u8]) -> RgbImage {
    image::load_from_memory_with_format(content, ImageFormat::Png)
        .expect("a picture")
        .into_rgb8()
}

/// A white picture.
fn white() -> Vec<u8> {
    let mut content = Cursor::new(Vec::new());
    RgbImage::from_pixel(1600, 900, Rgb([255; 3]))
        .write_to(&mut content, ImageFormat::Png)
        .expect("a picture");
    content.into_inner()
}

/// A red rectangle over the left half of a sheet of 800 by 450 pixels.
fn rectangle() -> Value {
    json!({"id": Uuid::new_v4(), "type": "rect", "left": 0, "top": 0, "width": 400, "height": 450, "strokeWidth": 0, "fill": "#ff0000",
        "canvasWidth": 800, "canvasHeight": 450})
}

fn names(archive: &[u8]) -> Vec<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    (0..archive.len())
        .map(|at| {
            archive
                .by_index(at)
                .expect("a file")
                .name()
                .expect("a name")
                .into_owned()
        })
        .collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_given_with_what_was_drawn_on_them(#[values(On::Sqlite, On::Postgres)] on: On) {
    let review = Review::open(on).await;
    let admin = &review.studio.admin;
    let preview = review.preview("sheep.png", &white()).await;
    for what in ["extract-annotated-frames", "extract-annotated-frames-pdf"] {
        assert_eq!(
            admin.get(&format!("{preview}/{what}")).await.message(400),
            "Preview file has no annotations"
        );
    }
    assert_eq!(
        admin
            .get(&format!("{preview}/extract-annotated-frame"))
            .await
            .message(400),
        "No annotation found on picture preview"
    );
    review.draw(&preview, 0.0, json!([rectangle()])).await;
    let text = json!({"id": "t", "type": "i-text", "text": "Wool", "left": 10, "top": 10, "width": 300, "height": 113, "fontSize": 100, "fill": "blue"});
    review.draw(&preview, 1.0, json!([text])).await;

    let drawn = decoded(&review.bytes(&format!("{preview}/extract-annotated-frame")).await);
    assert_eq!(drawn.dimensions(), (1200, 675));
    assert_eq!(
        (drawn.get_pixel(300, 300).0, drawn.get_pixel(900, 300).0),
        ([255, 0, 0], [255; 3])
    );
    let archive = review.bytes(&format!("{preview}/extract-annotated-frames")).await;
    assert_eq!(
        names(&archive),
        [
            "wool_sq01_sh010_animation_v1_frame_1.png",
            "wool_sq01_sh010_animation_v1_frame_2.png"
        ]
    );
    let mut second = Vec::new();
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    archive
        .by_index(1)
        .expect("a file")
        .read_to_end(&mut second)
        .expect("a file");
    assert!(decoded(&second).pixels().any(|pixel| pixel.0 == [0, 0, 255]));
    let document = review.bytes(&format!("{preview}/extract-annotated-frames-pdf")).await;
    assert!(document.starts_with(b"%PDF-") && document.windows(8).any(|bytes| bytes == b"/Count 2"));

    // No frame of a picture, and no picture of all its frames.
    assert_eq!(
        admin
            .get(&format!("{preview}/extract-frame?frame_number=1"))
            .await
            .status,
        404
    );
    assert_eq!(
        admin.get(&format!("{preview}/extract-tile")).await.json["message"],
        "Preview file is not a movie"
    );
    let generic = review.preview("sheep.zip", b"wool").await;
    assert_eq!(
        admin
            .get(&format!("{generic}/extract-annotated-frame?frame_number=1"))
            .await
            .message(400),
        "Cannot extract annotated frame from preview with extension 'zip'"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_stored_is_not_found(#[values(On::Sqlite, On::Postgres)] on: On) {
    let review = Review::open(on).await;
    let preview = review.studio.admin.make_preview(review.task, review.comment).await;
    let preview = format!("/actions/preview-files/{preview}");
    let rectangle = rectangle();
    let drawn = rectangle["id"].clone();
    review.draw(&preview, 0.0, json!([&rectangle])).await;
    for what in [
        "extract-frame",
        "extract-annotated-frame?frame_number=1",
        "extract-annotated-frames",
        "extract-annotated-frames-pdf",
        "extract-tile",
    ] {
        let answer = review.studio.admin.get(&format!("{preview}/{what}")).await;
        assert_eq!(
            (answer.status, &answer.json),
            (404, &json!({"error": "preview file binary is not available"})),
            "{what}"
        );
    }
    // Where nobody drew, that is said first, unless it is known that the file never came.
    let frame = format!("{preview}/extract-annotated-frame?frame_number=9");
    assert_eq!(
        review.studio.admin.get(&frame).await.message(400),
        "No annotation found for frame 9"
    );
    let record = preview.replace("/actions", "/data");
    review
        .studio
        .admin
        .put(&record, json!({"data": {"imported_only": true}}))
        .await
        .expect(200);
    let wiped = json!({"deletions": [{"time": 0.0, "objects": [drawn]}]});
    review
        .studio
        .admin
        .put(&format!("{preview}/update-annotations"), wiped)
        .await
        .expect(200);
    for path in [frame, format!("{preview}/extract-annotated-frames")] {
        let answer = review.studio.admin.get(&path).await;
        assert_eq!(
            (answer.status, &answer.json),
            (404, &json!({"error": "preview file binary is not available"})),
            "{path}"
        );
    }
    // The file comes at last, and the record still says that it was not brought along.
    let place = preview.replace("/actions", "/pictures");
    let sent = review.studio.admin.send_file(&place, "sheep.png", &white()).await;
    assert_eq!(sent.expect(201)["data"], json!({"imported_only": true}));
    assert_eq!(
        review
            .studio
            .admin
            .get(&format!("{preview}/extract-annotated-frame"))
            .await
            .message(400),
        "No annotation found on picture preview"
    );
    review.draw(&preview, 0.0, json!([rectangle])).await;
    review.bytes(&format!("{preview}/extract-annotated-frame")).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_the_pictures_of_others(#[values(On::Sqlite, On::Postgres)] on: On) {
    let review = Review::of(Studio::open_with(on, &["--db-pool-size", "2"]).await).await;
    let preview = review.preview("sheep.png", &white()).await;
    review.draw(&preview, 0.0, json!([rectangle()])).await;
    let admin = &review.studio.admin;
    let pictures = &review.studio.server.app.pictures;
    // Others work on pictures all the time.
    let mut places = Vec::new();
    while let Ok(place) = tokio::time::timeout(Duration::from_millis(100), pictures.place()).await {
        places.push(place);
    }
    let path = format!("{preview}/extract-annotated-frames-pdf");
    let asked: Vec<_> = (0..4)
        .map(|_| {
            let (admin, path) = (admin.clone(), path.clone());
            tokio::spawn(async move { admin.get(&path).await.status })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let address = format!("/data/tasks/{}", review.task);
    let read = tokio::time::timeout(Duration::from_secs(10), admin.get(&address)).await;
    assert_eq!(read.expect("an answer before the pictures are made").status, 200);
    assert!(asked.iter().all(|one| !one.is_finished()), "they have no place");
    drop(places);
    for one in asked {
        assert_eq!(one.await.expect("an answer"), 200);
    }
}
