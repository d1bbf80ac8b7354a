//! Files that are not what their names say, and pictures that would take all memory.

use std::io::Write;

use harness::{On, files, id};
use image::ImageFormat;
use rstest::rstest;
use serde_json::Value;

use super::{Desk, PIXELS, picture};

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

/// Files that are refused as previews: what is wrong, the name, the content, and what the refusal says.
fn wrong_files(too_large: &str) -> Vec<(&'static str, &'static str, Vec<u8>, &str)> {
    let unreadable = "not a readable picture";
    let half = picture(900, 900, ImageFormat::Png);
    vec![
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
            too_large,
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
            too_large,
        ),
        (
            "one row too many",
            "sheep.png",
            picture(1000, 1001, ImageFormat::Png),
            too_large,
        ),
        (
            "much of nothing",
            "sheep.png",
            picture(20_000, 6000, ImageFormat::Png),
            too_large,
        ),
    ]
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_what_they_should_be_are_refused(#[values(On::Sqlite, On::Postgres)] on: On) {
    let desk = Desk::open(on).await;
    let before = desk.rows().await;
    let too_large = format!("more than {PIXELS} pixels");
    for (what, name, content, message) in wrong_files(&too_large) {
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

/// Sends what is no picture as pictures of persons, the studio and productions.
async fn avatars_are_refused(desk: &Desk, before: &[i64]) {
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
            desk.nothing_is_kept(before, path).await;
        }
        assert_eq!(desk.admin.get(&format!("{path}.png")).await.status, 404);
    }
}

/// Sends what is no light of a scene as backgrounds.
async fn backgrounds_are_refused(desk: &Desk, before: &[i64]) {
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
        desk.nothing_is_kept(before, name).await;
    }
}

/// Attaches files of which one can't be kept, to a comment that is there and to a new one.
async fn attached_files_are_refused(desk: &Desk, before: &[i64]) {
    // Of several attached files, one that can't be kept lets none be kept.
    let path = format!("/actions/tasks/{}/comments/{}/add-attachment", desk.task, desk.comment);
    desk.admin
        .send_file(&path, "sheep.toolongforit", b"wool")
        .await
        .expect(400);
    let part = |name: &str| {
        format!("--limit\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\r\nwool\r\n")
    };
    let good = part("good.txt");
    for form in [
        format!("{good}{}--limit--\r\n", part("sheep.toolongforit")),
        format!("{good}{}", part("half.txt").trim_end()),
    ] {
        desk.admin.send_form(&path, form).await.expect(400);
    }
    desk.nothing_is_kept(before, "attached files").await;

    // A comment that comes with such a file is not posted.
    let path = format!("/actions/tasks/{}/comment", desk.task);
    let status = desk.admin.get("/data/task-status?name=Todo").await.expect(200)[0]["id"].clone();
    let field = format!(
        "--limit\r\ncontent-disposition: form-data; name=\"task_status_id\"\r\n\r\n{}\r\n",
        status.as_str().unwrap_or_default()
    );
    let body = format!("{field}{}--limit--\r\n", part("sheep.toolongforit"));
    desk.admin.send_form(&path, body).await.expect(400);
    desk.nothing_is_kept(before, "a comment with a file").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn other_files_are_refused_as_well(#[values(On::Sqlite, On::Postgres)] on: On) {
    let desk = Desk::open(on).await;
    let before = desk.rows().await;
    avatars_are_refused(&desk, &before).await;
    backgrounds_are_refused(&desk, &before).await;
    attached_files_are_refused(&desk, &before).await;

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
