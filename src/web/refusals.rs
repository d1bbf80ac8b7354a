//! Answers to what can't be read as a request. The HTTP library only sends a status then; clients are told in the usual
//! JSON what is wrong.

use poem::http::StatusCode;
use serde_json::json;

/// Statuses that the library sends without words, and the words.
const REFUSALS: [(StatusCode, &str); 3] = [
    (StatusCode::BAD_REQUEST, "The request can't be read as HTTP."),
    (
        StatusCode::URI_TOO_LONG,
        "The address with its query may have at most 65,000 bytes.",
    ),
    (
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The address and the headers may have at most 128 kB together, and there may be at most 100 headers.",
    ),
];

/// An answer on its way.
pub(super) struct RefusalAnswer {
    bytes: Vec<u8>,
    written: usize,
}

impl RefusalAnswer {
    /// The answer instead of these bytes, if they are one without words to what is no request.
    pub(super) fn instead_of(bytes: &[u8]) -> Option<Self> {
        let code: u16 = std::str::from_utf8(bytes.strip_prefix(b"HTTP/1.1 ")?.get(..3)?)
            .ok()?
            .parse()
            .ok()?;
        let (status, message) = REFUSALS.iter().find(|(status, _)| status.as_u16() == code)?;
        let heading = std::str::from_utf8(bytes.strip_suffix(b"\r\n\r\n")?).ok()?;
        heading
            .lines()
            .any(|line| line.eq_ignore_ascii_case("content-length: 0"))
            .then(|| Self::new(*status, message))
    }

    /// An answer that closes the connection.
    pub(super) fn new(status: StatusCode, message: &str) -> Self {
        let body = json!({"error": true, "message": message}).to_string();
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        Self {
            bytes: text.into_bytes(),
            written: 0,
        }
    }

    /// Bytes that are still to be written.
    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    /// Counts what was written, and says whether that was all.
    pub(super) fn advance(&mut self, written: usize) -> bool {
        self.written += written;
        self.written >= self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_without_words_are_replaced() {
        let told = RefusalAnswer::instead_of(
            b"HTTP/1.1 414 URI Too Long\r\nconnection: close\r\ncontent-length: 0\r\ndate: now\r\n\r\n",
        )
        .unwrap();
        let text = String::from_utf8(told.bytes).unwrap();
        assert!(
            text.starts_with("HTTP/1.1 414 URI Too Long\r\n") && text.ends_with(r#"bytes."}"#),
            "{text}"
        );
        for other in [
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 10\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\nHTTP/1.1",
            "HTTP/1.1 4",
            "",
        ] {
            assert!(RefusalAnswer::instead_of(other.as_bytes()).is_none(), "{other}");
        }
    }
}
