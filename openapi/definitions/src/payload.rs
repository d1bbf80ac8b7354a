//! Answers of handlers: JSON of a schema of the contract, another kind of content, or nothing.

use std::marker::PhantomData;

use bytes::Bytes;
use futures::Stream;
use poem::http::{HeaderName, HeaderValue, StatusCode, header};
use poem::{Body, Response};
use serde::Serialize;

/// A Rust type that stands for a schema of the contract.
pub trait Schema {
    /// Name of the schema.
    const NAME: &'static str;
}

/// JSON that follows the schema `T`. It is text from the start: rows of the database are written into it directly.
pub struct Json<T> {
    body: Body,
    headers: Vec<(HeaderName, HeaderValue)>,
    schema: PhantomData<fn() -> T>,
}

impl<T> Json<T> {
    /// JSON that was written elsewhere and is known to follow the schema.
    pub fn written(text: impl Into<Bytes>) -> Self {
        Self {
            body: Body::from(text.into()),
            headers: Vec::new(),
            schema: PhantomData,
        }
    }

    /// JSON that is written while it is sent.
    pub fn streamed(parts: impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static) -> Self {
        Self {
            body: Body::from_bytes_stream(parts),
            headers: Vec::new(),
            schema: PhantomData,
        }
    }

    /// The same text, known to follow another schema too.
    #[must_use]
    pub fn retyped<U>(self) -> Json<U> {
        Json {
            body: self.body,
            headers: self.headers,
            schema: PhantomData,
        }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn into_response(self, status: u16) -> Response {
        let status = StatusCode::from_u16(status).unwrap_or_default();
        let mut response = Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, "application/json")
            .body(self.body);
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

impl<T: Serialize> Json<T> {
    /// Writes a value.
    ///
    /// # Errors
    /// The value can't be written as JSON.
    pub fn of(value: &T) -> Result<Self, serde_json::Error> {
        Ok(Self::written(serde_json::to_vec(value)?))
    }
}

/// An answer without content.
#[derive(Clone, Copy, Debug)]
pub struct NoContent;

impl NoContent {
    pub(crate) fn into_response(self, status: u16) -> Response {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::NO_CONTENT);
        Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
            .finish()
    }
}

/// An answer of any other kind: a file, a table, a redirection. It brings its own status and headers.
pub struct Media(Response);

impl Media {
    /// An answer that is complete.
    #[must_use]
    pub fn new(response: Response) -> Self {
        Self(response)
    }

    /// Content of a media type, with status 200.
    pub fn content(media_type: &str, body: impl Into<Body>) -> Self {
        Self(Response::builder().header(header::CONTENT_TYPE, media_type).body(body))
    }

    pub(crate) fn into_response(self, _status: u16) -> Response {
        self.0
    }
}
