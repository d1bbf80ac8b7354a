//! Limits of bodies: what is too large, or leads nowhere, is not read.

use harness::{Installation, On, Studio, TestServer, files};
use reqwest::Method;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::raw::{head, read_raw, send_raw};
use super::{FILES, Operation, TOO_LARGE};

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_announced_as_too_large_are_not_waited_for() {
    let server = TestServer::start_with(On::Sqlite, &["--max-content-length", &FILES.to_string()]).await;
    let mut tried = 0;
    for operation in Operation::all() {
        let Some(limit) = operation.limit() else { continue };
        assert!(
            limit <= 16_000_000 && (!operation.is_public() || limit <= 64_000),
            "{}",
            operation.name()
        );
        let limit = if operation.takes_files() {
            FILES
        } else {
            limit.min(FILES)
        };
        let headers = format!("content-type: application/json\r\ncontent-length: {}\r\n", limit + 1);
        let answer = send_raw(&server.url, head(&operation, &headers).as_bytes()).await;
        assert_eq!(
            (answer.status, answer.message().as_str()),
            (413, TOO_LARGE),
            "{}",
            operation.name()
        );
        answer.is_documented(&operation);
        tried += 1;
    }
    assert!(tried > 150, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_not_announced_are_counted() {
    let studio = Studio::open(On::Sqlite).await;
    let mut tried = 0;
    for operation in Operation::all() {
        let creates = operation.method == "POST"
            && operation
                .address
                .strip_prefix("/data/")
                .is_some_and(|rest| !rest.contains('/'));
        let Some(limit) = operation.limit().filter(|_| operation.is_public() || creates) else {
            continue;
        };
        let limit = usize::try_from(limit).expect("a size");
        let parts: Vec<Result<Vec<u8>, std::io::Error>> = vec![
            Ok(b"{\"a\": \"".to_vec()),
            Ok(vec![b'a'; limit / 2]),
            Ok(vec![b'b'; limit / 2]),
            Ok(b"\"}".to_vec()),
        ];
        let method: Method = operation.method.parse().expect("a method");
        let request = studio
            .admin
            .request(method.clone(), &operation.address)
            .header("content-type", "application/json");
        let request = request.body(reqwest::Body::wrap_stream(futures::stream::iter(parts)));
        assert_eq!(
            studio
                .admin
                .finish(method, &operation.address, request)
                .await
                .message(413),
            TOO_LARGE,
            "{}",
            operation.name()
        );
        tried += 1;
    }
    assert!(tried > 40, "{tried}");
}

/// A client that goes on with the connection would have its next call broken off.
#[tokio::test(flavor = "multi_thread")]
async fn what_leads_nowhere_waits_for_no_body_and_says_that_it_ends() {
    let server = TestServer::start(On::Sqlite).await;
    for (method, path, status) in [("POST", "/data/nothing", 404), ("PATCH", "/data/departments", 405)] {
        let heading = |headers: &str| format!("{method} {path} HTTP/1.1\r\nhost: here\r\n{headers}\r\n");
        let answer = send_raw(
            &server.url,
            heading("content-type: application/json\r\ncontent-length: 5000\r\n").as_bytes(),
        )
        .await;
        assert_eq!(answer.status, status);
        assert!(answer.headers.contains("connection: close"), "{}", answer.headers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_with_files_leave_nothing_where_they_are_not_taken() {
    let studio = Installation::new(On::Sqlite, &[]).await;
    let server = studio.serve().await;
    let admin = server.admin().await;
    let token = admin.token.as_deref().expect("a token");
    let part = format!(
        "--limit\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n{}",
        "x".repeat(20_000)
    );
    for operation in Operation::all().iter().filter(|operation| operation.limit().is_some()) {
        // Callers who may not send files: all where the operation takes none, and strangers everywhere.
        let tokens: &[Option<&str>] = if operation.takes_files() {
            &[None]
        } else {
            &[None, Some(token)]
        };
        for token in tokens {
            let token = token
                .map(|token| format!("authorization: Bearer {token}\r\n"))
                .unwrap_or_default();
            let headers =
                format!("{token}content-type: multipart/form-data; boundary=limit\r\ncontent-length: 50000\r\n");
            let mut stream = TcpStream::connect(server.url.trim_start_matches("http://"))
                .await
                .expect("a connection");
            stream
                .write_all(format!("{}{part}", head(operation, &headers)).as_bytes())
                .await
                .expect("a listener");
            let answer = read_raw(&mut stream).await;
            assert!(
                (400..500).contains(&answer.status),
                "{} answers {}",
                operation.name(),
                answer.status
            );
            assert_eq!(files(&studio.temporary()), Vec::<String>::new(), "{}", operation.name());
            if operation.is_public() {
                assert_eq!(
                    (answer.status, answer.message().as_str()),
                    (400, "Validation error."),
                    "{}",
                    operation.name()
                );
            }
            answer.is_documented(operation);
        }
    }
}
