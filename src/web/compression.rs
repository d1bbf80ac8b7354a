//! Compresses text on its way out, in the coding that the client likes best. The coding itself is done by poem.
//!
//! Two middlewares were compared. That of poem 3.1 knows zstd by a misspelt name only, compresses pictures, parts and what is
//! a few bytes long, and unpacks bodies of requests without a limit. That of tower-http 0.6 has one quality for all codings,
//! and leaves the strong tag of the plain bytes on the compressed ones.

use std::cmp::Ordering;

use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use poem::web::{Compress, CompressionAlgo, CompressionLevel};
use poem::{IntoResponse, Response};

use super::content::Content;
use super::kept;
use super::unchanging::{ContentKey, Unchanging};
use crate::conditional::{AnswerKeeper, KeptAnswer};

/// Below this many bytes the work is not worth what it saves.
const LEAST: usize = 1024;

/// The codings, best first: where a client likes several equally, the fastest for its size wins.
const CODINGS: [(&str, CompressionAlgo); 3] = [
    ("zstd", CompressionAlgo::ZSTD),
    ("br", CompressionAlgo::BR),
    ("gzip", CompressionAlgo::GZIP),
];

/// The coding for a client that accepts these, from its `Accept-Encoding`.
pub(super) fn negotiate(headers: &HeaderMap) -> Option<CompressionAlgo> {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let accepted: Vec<(String, f32)> = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|item| {
            let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = parameters
                .trim()
                .strip_prefix("q=")
                .map_or(Some(1.0), |q| q.parse().ok());
            (name.trim().to_ascii_lowercase(), weight.unwrap_or(0.0))
        })
        .collect();
    let weight = |name: &str| accepted.iter().find(|(known, _)| known == name).map(|(_, q)| *q);
    let plain = weight("identity").unwrap_or(0.0);
    // Whoever accepts anything without naming it is sure to know gzip only.
    let any = |name: &str| weight("*").filter(|_| name == "gzip");
    let weighed = CODINGS.iter().filter_map(|(name, coding)| {
        let weight = weight(name).or_else(|| any(name))?;
        (weight > 0.0 && weight >= plain).then_some((weight, *coding))
    });
    let best = weighed.reduce(|best, other| match other.0.total_cmp(&best.0) {
        Ordering::Greater => other,
        Ordering::Less | Ordering::Equal => best,
    });
    best.map(|(_, coding)| coding)
}

/// Compresses an answer, unless it is small, no text, part of something, or compressed already. A kept one is taken from
/// memory, and one that is to be kept is kept as it is sent.
///
/// A streamed answer is compressed part by part while it is sent.
pub(super) async fn compress(coding: Option<CompressionAlgo>, mut response: Response) -> Response {
    if let Some(found) = response.extensions_mut().remove::<KeptAnswer>() {
        kept::recall(found, kept::coding(coding), LEAST, &mut response);
        if response.headers().contains_key(header::CONTENT_ENCODING) {
            vary(response.headers_mut());
            weaken_tag(response.headers_mut());
            return response;
        }
    }
    let keeper = response.extensions_mut().remove::<AnswerKeeper>();
    let unchanging = response.extensions_mut().remove::<Unchanging>();
    let media = response.headers().get(header::CONTENT_TYPE).cloned();
    if !suits(&response) {
        return response;
    }
    vary(response.headers_mut());
    let length = response.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let small = length.is_some_and(|length| length < LEAST);
    let coding = coding.filter(|_| !small);
    if coding.is_none() && keeper.is_none() {
        return response;
    }
    if let Some(key) = coding.and_then(|coding| ContentKey::of(unchanging, &response, length, coding)) {
        weaken_tag(response.headers_mut());
        return key.compressed(response).await;
    }
    let content = Content::of(response.take_body()).await;
    let small = matches!(&content, Content::Whole(bytes) if bytes.len() < LEAST);
    let Some(coding) = coding.filter(|_| !small) else {
        let content = match keeper {
            Some(keeper) => kept::keep_plain(keeper, media, content).await,
            None => content,
        };
        response.set_body(content);
        return response;
    };
    response.set_body(content);
    weaken_tag(response.headers_mut());
    let mut response = encode(coding, response);
    if let Some(keeper) = keeper {
        let body = response.take_body();
        response.set_body(kept::keep(keeper, kept::coding(Some(coding)), media, body));
    }
    response
}

/// The response with its content in a coding.
pub(super) fn encode(coding: CompressionAlgo, response: Response) -> Response {
    let level = match coding {
        // The default of brotli is too slow for answers that are made anew each time.
        CompressionAlgo::BR => CompressionLevel::Precise(4),
        _ => CompressionLevel::Default,
    };
    Compress::new(response, coding).with_quality(level).into_response()
}

/// States that the answer depends on which codings the client accepts.
fn vary(headers: &mut HeaderMap) {
    headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
}

fn suits(response: &Response) -> bool {
    const PARTS: [header::HeaderName; 3] = [header::CONTENT_ENCODING, header::CONTENT_RANGE, header::ACCEPT_RANGES];
    let headers = response.headers();
    let status = response.status();
    let partial = matches!(status, StatusCode::NO_CONTENT | StatusCode::PARTIAL_CONTENT);
    status != StatusCode::NOT_MODIFIED
        && !status.is_informational()
        && !partial
        && !PARTS.iter().any(|name| headers.contains_key(name))
        && headers.get(header::CONTENT_TYPE).is_some_and(is_text)
}

fn is_text(media_type: &HeaderValue) -> bool {
    let media_type = media_type.to_str().unwrap_or_default();
    let media_type = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match media_type.split_once('/') {
        // Events are to arrive one by one.
        Some(("text", kind)) => kind != "event-stream",
        Some(("application", kind)) => {
            matches!(kind, "json" | "javascript" | "xml" | "yaml" | "wasm") || kind.ends_with("+json")
        }
        _ => false,
    }
}

/// Bytes that differ with the coding are no longer equal byte by byte.
fn weaken_tag(headers: &mut HeaderMap) {
    let strong = headers
        .get(header::ETAG)
        .filter(|tag| tag.as_bytes().starts_with(b"\""));
    let weak = strong.map(|tag| HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat()));
    if let Some(Ok(weak)) = weak {
        headers.insert(header::ETAG, weak);
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures::{FutureExt, StreamExt, stream};
    use poem::Body;

    use super::*;

    fn chosen(accepted: &str) -> Option<CompressionAlgo> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_str(accepted).unwrap());
        negotiate(&headers)
    }

    #[test]
    fn the_coding_is_the_one_that_accept_encoding_likes_best() {
        use CompressionAlgo::{BR, GZIP, ZSTD};
        assert_eq!(negotiate(&HeaderMap::new()), None);
        assert_eq!(chosen("gzip, deflate, br, zstd"), Some(ZSTD));
        assert_eq!(chosen("gzip, deflate, br"), Some(BR));
        assert_eq!(chosen("gzip;q=1.0, br; q=0.5"), Some(GZIP));
        assert_eq!(chosen("GZIP"), Some(GZIP));
        assert_eq!(chosen("*"), Some(GZIP));
        assert_eq!(chosen("gzip;q=0, *"), None);
        assert_eq!(chosen("gzip;q=0.5, identity"), None);
        assert_eq!(chosen("identity;q=0.5, gzip"), Some(GZIP));
        assert_eq!(chosen("deflate, identity"), None);
        assert_eq!(chosen("gzip;q=zero"), None);
    }

    async fn sent(media_type: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
        let mut response = Response::builder().content_type(media_type);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        compress(Some(CompressionAlgo::GZIP), response.body(body)).await
    }

    #[tokio::test]
    async fn compresses_text_that_is_long_enough() {
        let long = "a".repeat(5000);
        let response = sent("application/json", &[("etag", "\"x\"")], long.clone()).await;
        assert_eq!(response.headers()["content-encoding"], "gzip");
        assert_eq!(response.headers()["vary"], "Accept-Encoding");
        assert_eq!(response.headers()["etag"], "W/\"x\"");
        assert!(response.into_body().into_vec().await.unwrap().len() < 500);

        for (media_type, headers, body) in [
            ("application/json", &[][..], "short".to_owned()),
            ("image/png", &[], long.clone()),
            ("application/zip", &[], long.clone()),
            ("video/mp4", &[], long.clone()),
            ("text/event-stream", &[], long.clone()),
            ("text/csv", &[("accept-ranges", "bytes")], long.clone()),
            ("text/csv", &[("content-encoding", "br")], long.clone()),
        ] {
            let response = sent(media_type, headers, body.clone()).await;
            assert_ne!(response.header("content-encoding"), Some("gzip"), "{media_type}");
            assert_eq!(response.into_body().into_string().await.unwrap(), body);
        }
        let mut partial = Response::builder().content_type("text/plain").body(long);
        partial.set_status(StatusCode::PARTIAL_CONTENT);
        let partial = compress(Some(CompressionAlgo::GZIP), partial).await;
        assert_eq!(partial.header("content-encoding"), None);
    }

    #[tokio::test]
    async fn unchanging_content_is_compressed_once() {
        let answer = |tag: &'static str, text: &str| {
            let response = Response::builder().content_type("text/html").header("etag", tag);
            let mut response = response.body(text.repeat(5000));
            response.set_data(Unchanging("a page".into()));
            response
        };
        let packed = async |response: Response| {
            assert_eq!(response.headers()["content-encoding"], "gzip");
            response.into_body().into_bytes().await.unwrap()
        };
        let sent = async |tag, text| packed(compress(Some(CompressionAlgo::GZIP), answer(tag, text)).await).await;
        let first = sent("\"1\"", "a").await;
        assert_eq!(sent("\"1\"", "b").await, first, "what was kept");
        assert_ne!(sent("\"2\"", "b").await, first, "another tag");
        let plain = compress(None, answer("\"1\"", "c")).await;
        assert_eq!(plain.into_body().into_string().await.unwrap(), "c".repeat(5000));
        let bare = crate::web::content::without_body(answer("\"3\"", "d")).await;
        compress(Some(CompressionAlgo::GZIP), bare).await;
        assert_eq!(sent("\"3\"", "a").await, first, "HEAD keeps nothing");
    }

    #[tokio::test]
    async fn does_not_collect_a_stream() {
        let part = Ok::<_, io::Error>("a".repeat(100));
        let endless = stream::iter([part]).chain(stream::pending());
        let body = Body::from_bytes_stream(endless);
        let response = sent("application/json", &[], body).now_or_never();
        assert_eq!(response.unwrap().headers()["content-encoding"], "gzip");
    }
}
