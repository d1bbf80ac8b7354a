//! Faults of files that are sent: each is answered as the contract says, and nothing of it is kept. No record, no
//! stored file, and no temporary file is left, whether the sender waits for the answer or hangs up.

mod hanging_up;
mod pictures;

use std::io::Cursor;
use std::time::Duration;

use dailies::database::{Database, Sql};
use harness::rows::number;
use harness::{Client, Installation, MadeTask, On, Program, files, id, wait_for};
use image::{DynamicImage, ImageFormat, RgbImage};
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

/// The most pixels of a picture in these tests.
const PIXELS: u32 = 1_000_000;

/// The most bytes of a body in these tests.
const BODY: usize = 3_000_000;

/// A server with a task to send previews to.
struct Desk {
    studio: Installation,
    server: Program,
    admin: Client,
    admin_id: Uuid,
    task: Uuid,
    comment: Uuid,
}

impl Desk {
    async fn open(on: On) -> Self {
        let flags = [
            "--max-image-pixels",
            &PIXELS.to_string(),
            "--max-content-length",
            &BODY.to_string(),
        ];
        let studio = Installation::new(on, &flags).await;
        let server = studio.serve().await;
        let admin = server.admin().await;
        let MadeTask { task, status, .. } = admin.make_task().await;
        let comment = admin.make_comment(task, status, "").await;
        let admin_id = id(&admin.get("/auth/authenticated").await.expect(200)["user"]);
        Self {
            studio,
            server,
            admin,
            admin_id,
            task,
            comment,
        }
    }

    /// A preview without a file.
    async fn preview(&self) -> Uuid {
        self.admin.make_preview(self.task, self.comment).await
    }

    async fn background(&self) -> Uuid {
        id(&self
            .admin
            .post(
                "/data/preview-background-files",
                json!({"name": Uuid::new_v4().simple().to_string()}),
            )
            .await
            .expect(201))
    }

    /// Rows of everything that can come with a file, and the jobs.
    async fn rows(&self) -> Vec<i64> {
        let database = Database::connect(&self.studio.database_url, 1)
            .await
            .expect("a connection");
        let mut found = Vec::new();
        for rows in [
            "preview_file",
            "comment_preview_link",
            "preview_background_file",
            "attachment_file",
            "comment",
            "dailies_job",
        ] {
            found.push(number(&database, &Sql::new(format!("SELECT COUNT(*) FROM {rows}"))).await);
        }
        let claimed = "SELECT COUNT(*) FROM preview_file WHERE original_name IS NOT NULL OR status <> 'processing'";
        found.push(number(&database, &Sql::new(claimed)).await);
        database.close().await;
        found
    }

    /// No file is left, and the rows are those from before. What follows an answer may take a moment.
    async fn nothing_is_kept(&self, before: &[i64], what: &str) {
        let look = async || {
            let (stored, temporary, rows) = (self.studio.stored(), files(&self.studio.temporary()), self.rows().await);
            if stored.is_empty() && temporary.is_empty() && rows == before {
                return Ok(());
            }
            Err((stored, temporary, rows))
        };
        let expected = format!("nothing is kept of {what}, and there are {before:?} rows");
        wait_for(Duration::from_secs(20), &expected, look).await;
    }

    /// Nothing that was sent so far took much memory.
    fn took_little_memory(&self) {
        let memory = self.server.most_memory();
        assert!(memory < 400, "{memory} MiB");
    }

    async fn gone(&self, preview: Uuid) -> bool {
        self.admin.get(&format!("/data/preview-files/{preview}")).await.status == 404
    }
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut content = Cursor::new(Vec::new());
    picture.write_to(&mut content, format).expect("a picture");
    content.into_inner()
}

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    encoded(&RgbImage::new(width, height).into(), format)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn forms_without_a_file_or_with_too_much_are_refused(#[values(On::Sqlite, On::Postgres)] on: On) {
    let desk = Desk::open(on).await;
    // A form without the file leaves the preview for the next attempt.
    let preview = desk.preview().await;
    let with_preview = desk.rows().await;
    let path = format!("/pictures/preview-files/{preview}");
    assert_eq!(
        desk.admin.post(&path, json!({})).await.message(400),
        "File not provided."
    );
    let other =
        "--limit\r\ncontent-disposition: form-data; name=\"other\"; filename=\"a.png\"\r\n\r\nx\r\n--limit--\r\n";
    assert_eq!(
        desk.admin.send_form(&path, other).await.message(400),
        "File not provided."
    );
    desk.nothing_is_kept(&with_preview, "no file").await;
    for broken in [
        "",
        "no form",
        "--limit\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nhalf of a fi",
    ] {
        let answer = desk.admin.send_form(&path, broken).await;
        assert_eq!(
            answer.message(400),
            "The form that was sent is broken or incomplete.",
            "{broken:?}"
        );
        desk.nothing_is_kept(&with_preview, "a broken form").await;
    }

    // Too much at once, whether the sender says so before or not.
    let much = vec![0; BODY + 1];
    let answer = desk.admin.send_file(&path, "sheep.zip", &much).await;
    assert_eq!(
        answer.message(413),
        "The data value transmitted exceeds the capacity limit."
    );
    desk.nothing_is_kept(&with_preview, "an announced body").await;
    let head = "--limit\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\r\n";
    let parts = [head.as_bytes().to_vec()]
        .into_iter()
        .chain(much.chunks(100_000).map(<[u8]>::to_vec))
        .map(Ok::<_, std::io::Error>);
    let body = reqwest::Body::wrap_stream(futures::stream::iter(parts.collect::<Vec<_>>()));
    let answer = desk.admin.send_form(&path, body).await;
    assert_eq!(
        answer.message(413),
        "The data value transmitted exceeds the capacity limit."
    );
    desk.nothing_is_kept(&with_preview, "a body without an end").await;

    // The preview still waits.
    desk.took_little_memory();
    let taken = desk
        .admin
        .send_file(&path, "sheep.png", &picture(30, 20, ImageFormat::Png))
        .await
        .expect(201);
    assert_eq!((&taken["status"], &taken["width"]), (&json!("ready"), &json!(30)));
    assert_eq!(desk.studio.stored().len(), 4);
    assert_eq!(files(&desk.studio.temporary()), Vec::<String>::new());
}
