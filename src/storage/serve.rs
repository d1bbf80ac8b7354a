//! Answers a download: conditional requests, ranges and cache headers over a stored file.
//!
//! The headers are read and written with the crate `headers`. What goes further was compared: `StaticFileRequest` of poem 3.1
//! answers with a path of the disk or with bytes in memory, and `ServeDir` of tower-http 0.6 with a folder, while a stored
//! file may come from an object store, as a stream whose size and tag are known before.

use std::{
    ops::Range,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use poem::{
    Body, Response,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
            IF_MODIFIED_SINCE, IF_NONE_MATCH, RANGE,
        },
    },
    web::headers::{ETag, Expires, HeaderMapExt, IfModifiedSince, IfNoneMatch, IfRange, LastModified},
};

use super::{Disposition, FileKey, FileMeta, Storage, StorageError, StoredFile};

const OCTET_STREAM: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// Time that a client may keep a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// Kept by the client alone, for that many seconds.
    Private(u32),
    /// Asked again every time.
    NoCache,
}

/// Way in which a stored file is presented to the client.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// Media type; one that cannot be a header value becomes `application/octet-stream`.
    pub content_type: &'a str,
    /// Shown or saved, and under which name.
    pub disposition: Disposition<'a>,
    /// Time that the client may keep it.
    pub cache: Cache,
    /// `Last-Modified`; the time of the stored file when absent.
    pub last_modified: Option<DateTime<Utc>>,
    /// A file of another size counts as absent, being an incomplete or foreign copy.
    pub expected_size: Option<u64>,
}

/// Reason why a download has no content.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// None of the files is stored: 404.
    #[error("no such file in the store")]
    Missing,
    /// The requested range lies outside of the file, or is more than one range: 416.
    #[error("the requested range lies outside of the file")]
    RangeNotSatisfiable,
    /// The store failed: 500.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Part of an existing file that a request asks for.
#[derive(Debug, PartialEq, Eq)]
enum WantedBytes {
    Whole,
    Part(Range<u64>),
    Nothing,
}

/// Answers a request for the first of the files that is stored: 200, 206 or 304, with the
/// content as a stream.
///
/// # Errors
/// [`ServeError::Missing`] when none is stored, [`ServeError::RangeNotSatisfiable`] when the
/// range cannot be given, [`ServeError::Storage`] when the store fails.
pub async fn serve(
    storage: &Storage,
    keys: &[FileKey],
    request: &HeaderMap,
    delivery: &Delivery<'_>,
) -> Result<Response, ServeError> {
    // Only these need the size or the tag before the content is opened: other requests spare
    // an object store one round trip.
    let conditional = [RANGE, IF_NONE_MATCH, IF_MODIFIED_SINCE]
        .iter()
        .any(|name| request.contains_key(name));
    for key in keys {
        let mut range = None;
        if conditional {
            let Some(meta) = storage.head(key).await? else {
                continue;
            };
            if !delivery.accepts(&meta) {
                continue;
            }
            match wanted(request, &meta, delivery)? {
                WantedBytes::Nothing => return Ok(not_modified(&meta, delivery)),
                WantedBytes::Part(part) => range = Some(part),
                WantedBytes::Whole => {}
            }
        }
        let partial = range.is_some();
        match storage.get(key, range).await? {
            Some(file) if delivery.accepts(&file.meta) => {
                return Ok(content(file, partial, delivery));
            }
            _ => {}
        }
    }
    Err(ServeError::Missing)
}

impl Delivery<'_> {
    fn accepts(&self, meta: &FileMeta) -> bool {
        self.expected_size.is_none_or(|size| size == meta.size)
    }

    fn last_modified(&self, meta: &FileMeta) -> SystemTime {
        http_time(self.last_modified.unwrap_or(meta.modified))
    }
}

/// The time as a header can tell it: in seconds, from 1970 to the year 9000.
fn http_time(time: DateTime<Utc>) -> SystemTime {
    const LAST: i64 = 221_845_392_000;
    let seconds = time.timestamp().clamp(0, LAST).unsigned_abs();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn wanted(request: &HeaderMap, meta: &FileMeta, delivery: &Delivery<'_>) -> Result<WantedBytes, ServeError> {
    let etag = meta.etag.parse::<ETag>().ok();
    let modified = delivery.last_modified(meta);
    // A tag is more exact than a date, so the date only counts without one.
    let fresh = match (request.typed_get::<IfNoneMatch>(), &etag) {
        (Some(known), Some(etag)) => !known.precondition_passes(etag),
        (Some(_), None) => false,
        (None, _) => request
            .typed_get::<IfModifiedSince>()
            .is_some_and(|since| !since.is_modified(modified)),
    };
    if fresh {
        return Ok(WantedBytes::Nothing);
    }
    let stale_part = request
        .typed_get::<IfRange>()
        .is_some_and(|known| known.is_modified(etag.as_ref(), Some(&modified.into())));
    match request.get(RANGE).and_then(|value| value.to_str().ok()) {
        Some(range) if !stale_part => requested_part(range, meta.size),
        _ => Ok(WantedBytes::Whole),
    }
}

/// Reads a `Range` header. Units other than bytes are ignored, as the standard asks.
fn requested_part(header: &str, size: u64) -> Result<WantedBytes, ServeError> {
    let Some((unit, spec)) = header.split_once('=') else {
        return Err(ServeError::RangeNotSatisfiable);
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Ok(WantedBytes::Whole);
    }
    part_of(spec.trim(), size)
        .filter(|part| part.start < part.end)
        .map(WantedBytes::Part)
        .ok_or(ServeError::RangeNotSatisfiable)
}

fn part_of(spec: &str, size: u64) -> Option<Range<u64>> {
    let (first, last) = spec.split_once('-')?;
    let position = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    match (first, last) {
        ("", suffix) => Some(size.saturating_sub(position(suffix)?)..size),
        (first, "") => Some(position(first)?..size),
        (first, last) => {
            let (first, last) = (position(first)?, position(last)?);
            (first <= last).then(|| first..last.saturating_add(1).min(size))
        }
    }
}

fn content(file: StoredFile, partial: bool, delivery: &Delivery<'_>) -> Response {
    let mut response = Response::default();
    let headers = response.headers_mut();
    describe(headers, &file.meta, delivery);
    let content_type = HeaderValue::from_str(delivery.content_type).unwrap_or(OCTET_STREAM);
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let Range { start, end } = file.range;
    headers.insert(CONTENT_LENGTH, HeaderValue::from(end - start));
    if partial {
        let range = format!("bytes {start}-{}/{}", end.saturating_sub(1), file.meta.size);
        insert(headers, CONTENT_RANGE, &range);
        response.set_status(StatusCode::PARTIAL_CONTENT);
    }
    response.set_body(Body::from_bytes_stream(file.into_stream()));
    response
}

fn not_modified(meta: &FileMeta, delivery: &Delivery<'_>) -> Response {
    let mut response = Response::builder().status(StatusCode::NOT_MODIFIED).finish();
    describe(response.headers_mut(), meta, delivery);
    response
}

/// Headers that an answer has with or without content.
fn describe(headers: &mut HeaderMap, meta: &FileMeta, delivery: &Delivery<'_>) {
    insert(headers, ETAG, &meta.etag);
    headers.typed_insert(LastModified::from(delivery.last_modified(meta)));
    insert(headers, CONTENT_DISPOSITION, &delivery.disposition.header());
    match delivery.cache {
        Cache::NoCache => insert(headers, CACHE_CONTROL, "no-cache"),
        Cache::Private(age) => {
            insert(headers, CACHE_CONTROL, &format!("max-age={age}, private"));
            let expires = http_time(Utc::now()) + Duration::from_secs(age.into());
            headers.typed_insert(Expires::from(expires));
        }
    }
}

/// Sets a header, unless the value cannot be one.
fn insert(headers: &mut HeaderMap, name: poem::http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests;
