//! Senders who hang up before the answer.

use std::time::Duration;

use harness::{On, files, wait_for, wait_until};
use image::ImageFormat;
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Desk, picture};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_hangs_up_leaves_nothing(#[values(On::Sqlite, On::Postgres)] on: On) {
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
                let comes_in = async || !files(&desk.studio.temporary()).is_empty();
                wait_until(
                    Duration::from_secs(10),
                    &format!("a part for {path} comes in"),
                    comes_in,
                )
                .await;
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
#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_after_the_last_byte_leaves_a_whole_file_or_none(#[values(On::Sqlite, On::Postgres)] on: On) {
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
    let record = format!("/data/preview-files/{preview}");
    let look = async || {
        let record = desk.admin.get(&record).await.expect(200);
        let stored = desk.studio.stored().len();
        let on_its_way = files(&desk.studio.temporary());
        let found = (record["status"] == "ready", record["original_name"] == "a", stored);
        if on_its_way.is_empty() && [(true, true, 4), (false, false, 0)].contains(&found) {
            return Ok(());
        }
        Err((record, stored, on_its_way))
    };
    wait_for(Duration::from_secs(30), "the file is whole, or gone", look).await;
}
