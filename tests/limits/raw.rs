//! Requests byte by byte, which no client would send.

use std::time::Duration;

use harness::Checker;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Operation;

/// Answer to bytes that no HTTP library wrote.
pub(super) struct Raw {
    pub status: u16,
    pub headers: String,
    body: Vec<u8>,
}

pub(super) async fn send_raw(url: &str, bytes: &[u8]) -> Raw {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://"))
        .await
        .expect("a connection");
    stream.write_all(bytes).await.expect("a listener");
    read_raw(&mut stream).await
}

/// The answer on a connection that is closed after it.
pub(super) async fn read_raw(stream: &mut TcpStream) -> Raw {
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), reading)
        .await
        .expect("an answer in time")
        .expect("an answer");
    let end = answer
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {}", String::from_utf8_lossy(&answer)));
    let headers = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let status = headers
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .expect("a status");
    Raw {
        status,
        headers,
        body: answer[end + 4..].to_vec(),
    }
}

impl Raw {
    /// The message in the body, which is empty where there is none.
    pub fn message(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["message"].as_str().unwrap_or_default().to_owned()
    }

    /// The answer is one that the contract has for the operation.
    #[track_caller]
    pub fn is_documented(&self, operation: &Operation) {
        let problem = Checker::get().problem(
            &operation.method,
            &operation.address,
            "",
            self.status,
            "application/json",
            &self.body,
        );
        assert_eq!(problem, None, "{}", operation.name());
    }
}

pub(super) fn head(operation: &Operation, headers: &str) -> String {
    format!(
        "{} {} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n{headers}\r\n",
        operation.method, operation.address
    )
}
