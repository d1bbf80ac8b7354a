//! Faults of files that are sent: each is answered as the contract says, and nothing of it is kept. No record, no
//! stored file, and no temporary file is left, whether the sender waits for the answer or hangs up.

use std::io::{Cursor, Write};
use std::time::Duration;

use dailies::database::{Database, Sql};
use image::{DynamicImage, ImageFormat, RgbImage};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use harness::{Client, Installation, MadeTask, On, Program, files, id};

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
        let comment = json!({"task_status_id": status, "comment": ""});
        let comment = id(&admin
            .post(&format!("/actions/tasks/{task}/comment"), comment)
            .await
            .expect(201));
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
        let path = format!("/actions/tasks/{}/comments/{}/add-preview", self.task, self.comment);
        id(&self.admin.post(&path, json!({})).await.expect(201))
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
            let row = database
                .row(&Sql::new(format!("SELECT COUNT(*) FROM {rows}")))
                .await
                .expect("an answer")
                .expect("a row");
            found.push(row.try_get_by_index(0).expect("a number"));
        }
        let claimed = "SELECT COUNT(*) FROM preview_file WHERE original_name IS NOT NULL OR status <> 'processing'";
        let row = database
            .row(&Sql::new(claimed))
            .await
            .expect("an answer")
            .expect("a row");
        found.push(row.try_get_by_index(0).expect("a number"));
        database.close().await;
        found
    }

    /// No file is left, and the rows are those from before. What follows an answer may take a moment.
    async fn nothing_is_kept(&self, before: &[i64], what: &str) {
        for attempt in 0.. {
            let (stored, temporary, rows) = (self.studio.stored(), files(&self.studio.temporary()), self.rows().await);
            if stored.is_empty() && temporary.is_empty() && rows == before {
                return;
            }
            assert!(
                attempt < 100,
                "{what}: {stored:?} {temporary:?} {rows:?} instead of {before:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
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

fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum: u32, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

/// A PNG file of one pixel, of whose header and first chunks this is made.
fn png(width: u32, height: u32, chunk: Option<(&[u8; 4], &[u8])>) -> Vec<u8> {
    let mut content = picture(1, 1, ImageFormat::Png);
    content[16..20].copy_from_slice(&width.to_be_bytes());
    content[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = checksum(&content[12..29]);
    content[29..33].copy_from_slice(&sum.to_be_bytes());
    if let Some((kind, data)) = chunk {
        let named = [kind.as_slice(), data].concat();
        let length = u32::try_from(data.len()).expect("a length").to_be_bytes();
        content.splice(
            33..33,
            [length.as_slice(), &named, &checksum(&named).to_be_bytes()].concat(),
        );
    }
    content
}

/// A colour profile that is half a megabyte on the way, and half a gigabyte in memory.
fn growing_profile() -> Vec<u8> {
    let mut chunk = b"profile\0\0".to_vec();
    let mut writer = flate2::write::ZlibEncoder::new(&mut chunk, flate2::Compression::best());
    for _ in 0..512 {
        writer.write_all(&vec![0; 1 << 20]).expect("memory");
    }
    writer.finish().expect("memory");
    chunk
}

/// A JPEG whose frame header tells of more pixels than there are.
fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut content = picture(8, 8, ImageFormat::Jpeg);
    let frame = content
        .windows(2)
        .position(|bytes| bytes == [0xFF, 0xC0])
        .expect("a frame");
    content[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    content[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    content
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_what_they_should_be_are_refused(#[case] on: On) {
    let desk = Desk::open(on).await;
    let before = desk.rows().await;
    let large = format!("more than {PIXELS} pixels");
    let unreadable = "not a readable picture";
    let half = picture(900, 900, ImageFormat::Png);
    let cases: Vec<(&str, &str, Vec<u8>, &str)> = vec![
        (
            "an extension that nobody knows",
            "sheep.exe",
            picture(4, 4, ImageFormat::Png),
            "Wrong file format, extension: exe",
        ),
        (
            "a name without an extension",
            "sheep",
            picture(4, 4, ImageFormat::Png),
            "Wrong file format, extension: sheep",
        ),
        (
            "an extension after the extension",
            "sheep.png.sh",
            picture(4, 4, ImageFormat::Png),
            "Wrong file format, extension: sh",
        ),
        ("nothing as a picture", "sheep.png", Vec::new(), "The file is empty."),
        ("nothing as a movie", "sheep.mp4", Vec::new(), "is empty"),
        (
            "nothing as a file of any kind",
            "sheep.zip",
            Vec::new(),
            "The file is empty.",
        ),
        ("a text", "sheep.png", b"Baa, baa, black sheep".to_vec(), unreadable),
        (
            "a signature alone",
            "sheep.png",
            b"\x89PNG\r\n\x1a\n".to_vec(),
            unreadable,
        ),
        (
            "a page",
            "sheep.jpg",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>".to_vec(),
            unreadable,
        ),
        (
            "the beginning of a picture",
            "sheep.png",
            half[..50].to_vec(),
            unreadable,
        ),
        (
            "a header of many pixels",
            "sheep.png",
            png(60_000, 60_000, None),
            &large,
        ),
        (
            "a header of all pixels",
            "sheep.png",
            png(u32::MAX >> 1, u32::MAX >> 1, None),
            "",
        ),
        ("a header of no pixels", "sheep.png", png(0, 0, None), unreadable),
        (
            "another kind of picture of many pixels",
            "sheep.jpeg",
            jpeg(65_500, 65_500),
            &large,
        ),
        (
            "one row too many",
            "sheep.png",
            picture(1000, 1001, ImageFormat::Png),
            &large,
        ),
        (
            "much of nothing",
            "sheep.png",
            picture(20_000, 6000, ImageFormat::Png),
            &large,
        ),
    ];
    for (what, name, content, message) in cases {
        let preview = desk.preview().await;
        let answer = desk
            .admin
            .send_file(&format!("/pictures/preview-files/{preview}"), name, &content)
            .await;
        assert_eq!(answer.status, 400, "{what}: {answer:?}");
        let told = answer.json["message"].as_str().unwrap_or_default();
        assert!(!told.is_empty() && told.contains(message), "{what}: {told}");
        assert!(desk.gone(preview).await, "{what}");
        desk.nothing_is_kept(&before, what).await;
    }

    // A profile of that size is no reason to refuse a picture, but is not looked at.
    let preview = desk.preview().await;
    let growing = png(1, 1, Some((b"iCCP", &growing_profile())));
    desk.admin
        .send_file(&format!("/pictures/preview-files/{preview}"), "sheep.png", &growing)
        .await
        .expect(201);
    desk.admin
        .delete(&format!("/data/preview-files/{preview}?force=true"))
        .await
        .expect(204);
    desk.nothing_is_kept(&before, "a colour profile that grows").await;
    desk.took_little_memory();
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn forms_without_a_file_or_with_too_much_are_refused(#[case] on: On) {
    let desk = Desk::open(on).await;
    // A form without the file leaves the preview for the next attempt.
    let preview = desk.preview().await;
    let with_preview = desk.rows().await;
    let path = format!("/pictures/preview-files/{preview}");
    assert_eq!(
        desk.admin.post(&path, json!({})).await.message(400),
        "File not provided."
    );
    let request = desk
        .admin
        .request(Method::POST, &path)
        .header("content-type", "multipart/form-data; boundary=limit");
    let other =
        "--limit\r\ncontent-disposition: form-data; name=\"other\"; filename=\"a.png\"\r\n\r\nx\r\n--limit--\r\n";
    assert_eq!(
        desk.admin
            .finish(Method::POST, &path, request.body(other))
            .await
            .message(400),
        "File not provided."
    );
    desk.nothing_is_kept(&with_preview, "no file").await;
    for broken in [
        "",
        "no form",
        "--limit\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nhalf of a fi",
    ] {
        let request = desk
            .admin
            .request(Method::POST, &path)
            .header("content-type", "multipart/form-data; boundary=limit");
        let answer = desk.admin.finish(Method::POST, &path, request.body(broken)).await;
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
    let request = desk
        .admin
        .request(Method::POST, &path)
        .header("content-type", "multipart/form-data; boundary=limit")
        .body(body);
    let answer = desk.admin.finish(Method::POST, &path, request).await;
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

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_hangs_up_leaves_nothing(#[case] on: On) {
    let desk = Desk::open(on).await;
    let preview = desk.preview().await;
    let before = desk.rows().await;
    let comment = format!("/actions/tasks/{}/comments/{}/add-attachment", desk.task, desk.comment);
    let paths = [
        format!("/pictures/preview-files/{preview}"),
        format!("/pictures/thumbnails/persons/{}", desk.admin_id),
        comment,
    ];
    for path in &paths {
        for length in [0, 1, 200_000, 2_000_000] {
            let address = desk.server.url.trim_start_matches("http://");
            let mut stream = TcpStream::connect(address).await.expect("a connection");
            let token = desk.admin.token.as_deref().unwrap_or_default();
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-type: multipart/form-data; boundary=limit\r\n\
                 content-length: 2500000\r\n\r\n--limit\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.expect("a listener");
            stream.write_all(&vec![7; length]).await.expect("a listener");
            // As long as the sender is there, so is what was sent.
            if length > 100_000 {
                for attempt in 0.. {
                    if !files(&desk.studio.temporary()).is_empty() {
                        break;
                    }
                    assert!(attempt < 100, "nothing of {path} comes in");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            drop(stream);
            desk.nothing_is_kept(&before, &format!("{path} after {length} bytes"))
                .await;
        }
    }

    // Half of the connection goes: the sender wants to hear what became of it.
    let mut stream = TcpStream::connect(desk.server.url.trim_start_matches("http://"))
        .await
        .expect("a connection");
    let token = desk.admin.token.as_deref().unwrap_or_default();
    let path = &paths[0];
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {token}\r\ncontent-type: multipart/form-data; boundary=limit\r\n\
         content-length: 1000\r\n\r\n--limit\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("a listener");
    stream.shutdown().await.expect("a listener");
    let mut answer = Vec::new();
    let _broken = stream.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 2"));
    desk.nothing_is_kept(&before, "half a connection").await;
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_after_the_last_byte_leaves_a_whole_file_or_none(#[case] on: On) {
    let desk = Desk::open(on).await;
    let preview = desk.preview().await;
    let path = format!("/pictures/preview-files/{preview}");
    let token = desk.admin.token.as_deref().unwrap_or_default();
    let content = picture(600, 400, ImageFormat::Png);
    let body = [
        b"--limit\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n".as_slice(),
        &content,
        b"\r\n--limit--\r\n",
    ]
    .concat();
    let mut stream = TcpStream::connect(desk.server.url.trim_start_matches("http://"))
        .await
        .expect("a connection");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {token}\r\ncontent-type: multipart/form-data; boundary=limit\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream
        .write_all(&[head.as_bytes(), &body].concat())
        .await
        .expect("a listener");
    drop(stream);
    for attempt in 0.. {
        let record = desk
            .admin
            .get(&format!("/data/preview-files/{preview}"))
            .await
            .expect(200);
        let (ready, named, stored) = (
            record["status"] == "ready",
            record["original_name"] == "a",
            desk.studio.stored().len(),
        );
        let on_its_way = files(&desk.studio.temporary());
        if on_its_way.is_empty()
            && ((ready, named, stored) == (true, true, 4) || (ready, named, stored) == (false, false, 0))
        {
            break;
        }
        assert!(attempt < 200, "{record} {stored} {on_its_way:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn other_files_are_refused_as_well(#[case] on: On) {
    let desk = Desk::open(on).await;
    let before = desk.rows().await;
    let bomb = png(60_000, 60_000, None);
    let avatars = [
        format!("/pictures/thumbnails/persons/{}", desk.admin_id),
        format!(
            "/pictures/thumbnails/organisations/{}",
            id(&desk.admin.get("/data/organisations").await.expect(200)[0])
        ),
        format!(
            "/pictures/thumbnails/projects/{}",
            id(&desk.admin.get("/data/projects").await.expect(200)[0])
        ),
    ];
    for path in &avatars {
        for content in [b"no picture".as_slice(), b"", &bomb, &jpeg(65_500, 65_500)] {
            assert_eq!(
                desk.admin.send_file(path, "me.png", content).await.status,
                400,
                "{path}"
            );
            desk.nothing_is_kept(&before, path).await;
        }
        assert_eq!(desk.admin.get(&format!("{path}.png")).await.status, 404);
    }

    for (name, content, message) in [
        (
            "sky.png",
            picture(4, 4, ImageFormat::Png),
            "Wrong file format, extension: png",
        ),
        (
            "sky.hdr",
            b"no light".to_vec(),
            "Error while saving preview background file and thumbnail: ",
        ),
        (
            "sky.hdr",
            b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 60000 +X 60000\n".to_vec(),
            "pixels",
        ),
        ("sky.hdr", Vec::new(), "Error while saving"),
    ] {
        let background = desk.background().await;
        let answer = desk
            .admin
            .send_file(
                &format!("/pictures/preview-background-files/{background}"),
                name,
                &content,
            )
            .await;
        let told = answer.message(400);
        assert!(told.contains(message), "{name}: {told}");
        assert_eq!(
            desk.admin
                .get(&format!("/data/preview-background-files/{background}"))
                .await
                .status,
            404,
            "{name}"
        );
        desk.nothing_is_kept(&before, name).await;
    }

    // Of several attached files, one that can't be kept lets none be kept.
    let path = format!("/actions/tasks/{}/comments/{}/add-attachment", desk.task, desk.comment);
    let answer = desk.admin.send_file(&path, "sheep.toolongforit", b"wool").await;
    assert_eq!(answer.status, 400);
    let part = |name: &str| {
        format!("--limit\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\r\nwool\r\n")
    };
    let send = async |body: String| {
        let request = desk
            .admin
            .request(Method::POST, &path)
            .header("content-type", "multipart/form-data; boundary=limit")
            .body(body);
        desk.admin.finish(Method::POST, &path, request).await
    };
    assert_eq!(
        send(format!(
            "{}{}--limit--\r\n",
            part("good.txt"),
            part("sheep.toolongforit")
        ))
        .await
        .status,
        400
    );
    assert_eq!(
        send(format!("{}{}", part("good.txt"), part("half.txt").trim_end()))
            .await
            .status,
        400
    );
    desk.nothing_is_kept(&before, "attached files").await;

    // A comment that comes with such a file is not posted.
    let path = format!("/actions/tasks/{}/comment", desk.task);
    let status = desk.admin.get("/data/task-status?name=Todo").await.expect(200)[0]["id"].clone();
    let field = format!(
        "--limit\r\ncontent-disposition: form-data; name=\"task_status_id\"\r\n\r\n{}\r\n",
        status.as_str().unwrap_or_default()
    );
    let request = desk
        .admin
        .request(Method::POST, &path)
        .header("content-type", "multipart/form-data; boundary=limit");
    let body = format!("{field}{}--limit--\r\n", part("sheep.toolongforit"));
    let answer = desk.admin.finish(Method::POST, &path, request.body(body)).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    desk.nothing_is_kept(&before, "a comment with a file").await;

    // What ends with a movie that nobody can show keeps its record, which says so, and no file.
    let preview = desk.preview().await;
    let sent: Value = desk
        .admin
        .send_file(&format!("/pictures/preview-files/{preview}"), "sheep.mp4", b"no movie")
        .await
        .expect(201);
    assert_eq!(sent["status"], "broken");
    assert_eq!(desk.studio.stored(), Vec::<String>::new());
    assert_eq!(files(&desk.studio.temporary()), Vec::<String>::new());
}
