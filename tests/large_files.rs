//! Files that are larger than the memory that a server may take for them.

use bytes::Bytes;
use futures::{StreamExt, stream};
use reqwest::Method;
use reqwest::header::{CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use serde_json::json;

use harness::{Client, Installation, MadeTask, On, id};

const CHUNK: usize = 1 << 20;
/// Size of the file, in chunks.
const CHUNKS: u64 = 300;
/// Memory that it may take beyond what the server had before, in MiB.
const GROWTH: u64 = 60;

/// A part of the file that is unlike the others.
fn chunk(number: u64) -> Bytes {
    number.to_be_bytes().repeat(CHUNK / 8).into()
}

/// Sends the file as a form, while it is made.
async fn send(client: &Client, path: &str) -> u16 {
    let head = "--limit\r\ncontent-disposition: form-data; name=\"file\"; filename=\"scene.wool\"\r\n\r\n";
    let parts = stream::iter([Bytes::from(head)])
        .chain(stream::iter(0..CHUNKS).map(chunk))
        .chain(stream::iter(["\r\n--limit--\r\n".into()]));
    let body = reqwest::Body::wrap_stream(parts.map(Ok::<_, std::convert::Infallible>));
    let request = client.form(path, body);
    request.send().await.expect("an answer").status().as_u16()
}

/// Reads a download from a byte on, up to an end, and compares it with what was sent. Answers what tells this content from others.
async fn read(client: &Client, path: &str, from: u64, until: u64, known: Option<&str>) -> String {
    let mut request = client.request(Method::GET, path);
    if let Some(known) = known {
        request = request.header(RANGE, format!("bytes={from}-")).header(IF_RANGE, known);
    }
    let mut answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), if known.is_some() { 206 } else { 200 });
    if known.is_some() {
        let whole = CHUNKS * CHUNK as u64;
        assert_eq!(
            answer.headers()[CONTENT_RANGE],
            format!("bytes {from}-{}/{whole}", whole - 1)
        );
    }
    let tag = answer.headers()[ETAG].to_str().expect("a tag").to_owned();
    let mut place = from;
    while place < until
        && let Some(mut bytes) = answer.chunk().await.expect("more of it")
    {
        while !bytes.is_empty() {
            let within = place as usize % CHUNK;
            let part = bytes.split_to(bytes.len().min(CHUNK - within));
            assert!(
                part == chunk(place / CHUNK as u64)[within..within + part.len()],
                "byte {place} and those after it are others"
            );
            place += part.len() as u64;
        }
    }
    assert!(place >= until, "it ends after {place} bytes");
    tag
}

#[tokio::test(flavor = "multi_thread")]
async fn large_files_go_through_little_memory() {
    let studio = Installation::new(On::Sqlite, &[]).await;
    let server = studio.serve().await;
    let admin = server.admin().await;
    let MadeTask { project, task, .. } = admin.make_task().await;
    admin
        .post(
            &format!("/actions/projects/{project}/set-file-tree"),
            json!({"tree_name": "simple"}),
        )
        .await
        .expect(200);
    let file = id(&admin
        .post(
            &format!("/data/tasks/{task}/working-files/new"),
            json!({"name": "main"}),
        )
        .await
        .expect(201));
    let path = format!("/data/working-files/{file}/file");

    let before = server.most_memory();
    assert_eq!(send(&admin, &path).await, 201);
    let whole = CHUNKS * CHUNK as u64;
    let broken_off = whole / 3;
    let tag = read(&admin, &path, 0, broken_off, None).await;
    // Who was cut off goes on where it stopped, for as long as the file is the same.
    read(&admin, &path, broken_off, whole, Some(&tag)).await;
    let answer = admin
        .request(Method::GET, &path)
        .header(RANGE, "bytes=5-")
        .header(IF_RANGE, "\"another\"")
        .send()
        .await
        .expect("an answer");
    assert_eq!((answer.status().as_u16(), answer.content_length()), (200, Some(whole)));
    drop(answer);
    let growth = server.most_memory() - before;
    assert!(growth <= GROWTH, "{growth} MiB more for a file of {CHUNKS} MiB");
}
