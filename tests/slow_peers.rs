//! Peers that are slow, silent, or many: each is given up after a while, and others are answered all the same.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use harness::{On, TestServer};

const SECOND: Duration = Duration::from_secs(1);

async fn server(more: &[&str]) -> TestServer {
    let flags = ["--head-timeout", "1", "--body-timeout", "1", "--idle-timeout", "3"];
    TestServer::start_with(On::Sqlite, &[&flags, more].concat()).await
}

async fn connect(server: &TestServer) -> TcpStream {
    TcpStream::connect(server.url.trim_start_matches("http://"))
        .await
        .expect("a connection")
}

/// The rest that the server sends before it closes the connection, and the time until then.
async fn until_closed(stream: &mut TcpStream) -> (String, Duration) {
    let started = Instant::now();
    let mut answer = Vec::new();
    let ended = timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
    let _reset = ended.expect("a server that closes the connection");
    (String::from_utf8_lossy(&answer).into_owned(), started.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_and_half_a_heading_end_a_connection() {
    let server = server(&[]).await;
    for begun in ["", "G", "GET / HTT", "GET / HTTP/1.1\r\nhost: x\r\nx-half"] {
        let mut stream = connect(&server).await;
        stream.write_all(begun.as_bytes()).await.expect("a listener");
        let (answer, after) = until_closed(&mut stream).await;
        assert_eq!(answer, "", "{begun}");
        assert!(after >= SECOND / 2 && after < 3 * SECOND, "{begun}: {after:?}");
    }
    // A byte now and then is no progress: the time is that of the whole heading.
    let mut stream = connect(&server).await;
    let started = Instant::now();
    for byte in b"GET /status HTTP/1.1" {
        if stream.write_all(&[*byte]).await.is_err() {
            break;
        }
        sleep(SECOND / 5).await;
    }
    assert!(started.elapsed() < 4 * SECOND || until_closed(&mut stream).await.0.is_empty());
    assert!(started.elapsed() < 6 * SECOND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_kept_between_requests_for_a_while() {
    let server = server(&[]).await;
    let mut stream = connect(&server).await;
    for pause in [SECOND / 10, 2 * SECOND] {
        stream
            .write_all(b"GET /status HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .expect("a listener");
        let mut answer = [0; 4096];
        let length = stream.read(&mut answer).await.expect("an answer");
        assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
        sleep(pause).await;
    }
    let (answer, after) = until_closed(&mut stream).await;
    assert_eq!(answer, "");
    assert!(after < 3 * SECOND, "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_stop_are_answered_and_those_that_go_on_are_read() {
    let server = server(&[]).await;
    let head = "POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 39\r\n\r\n";
    let mut stream = connect(&server).await;
    stream
        .write_all(format!("{head}{{\"email\"").as_bytes())
        .await
        .expect("a listener");
    let (answer, after) = until_closed(&mut stream).await;
    assert!(
        answer.starts_with("HTTP/1.1 408") && after < 5 * SECOND,
        "{after:?} {answer}"
    );
    let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap_or_default()).expect("JSON");
    assert_eq!(body["error"], true);

    let mut stream = connect(&server).await;
    stream.write_all(head.as_bytes()).await.expect("a listener");
    for part in [r#"{"email": ""#, r#"a@b.c", "pas"#, r#"sword": "12345"}"#] {
        sleep(SECOND * 7 / 10).await;
        stream.write_all(part.as_bytes()).await.expect("a listener");
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 400");
}

#[tokio::test(flavor = "multi_thread")]
async fn crowds_of_one_address_have_so_many_places() {
    let server = server(&["--connections-per-address", "5"]).await;
    let mut crowd = Vec::new();
    for _ in 0..5 {
        crowd.push(connect(&server).await);
    }
    sleep(SECOND / 10).await;
    let mut late = connect(&server).await;
    let (answer, _) = until_closed(&mut late).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 503 Service Unavailable"),
        "{answer}"
    );
    // All of them are silent, so that their places are soon free.
    sleep(2 * SECOND).await;
    server.nobody().get("/status").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_slow_peers_keep_nobody_out() {
    let server = server(&[]).await;
    let mut crowd = Vec::new();
    for _ in 0..300 {
        let mut stream = connect(&server).await;
        stream.write_all(b"GET /da").await.expect("a listener");
        crowd.push(stream);
    }
    let started = Instant::now();
    server.nobody().get("/status").await.expect(200);
    // Others of the crowd would be waited for much longer; a busy machine may take a moment itself.
    assert!(started.elapsed() < 5 * SECOND);
    sleep(2 * SECOND).await;
    for stream in &mut crowd {
        assert_eq!(until_closed(stream).await.0, "");
    }
}

/// An early answer reaches who is still sending.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_early_hears_why() {
    let server = server(&[]).await;
    let request = server
        .nobody()
        .http
        .post(format!("{}/auth/login", server.url))
        .header("content-type", "application/json");
    let answer = request.body("x".repeat(5_000_000)).send().await.expect("an answer");
    assert_eq!(answer.status(), 413);
}
