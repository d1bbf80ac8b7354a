//! Content that is the same for everybody as long as its tag is the same: the contract, and pages with what belongs to them. It
//! is compressed once, however many ask for it, since whoever has no account may ask for it as often as they like.

use std::sync::LazyLock;

use bytes::Bytes;
use dailies_definitions::failure::Failure;
use moka::future::Cache;
use poem::http::{HeaderValue, header};
use poem::web::CompressionAlgo;
use poem::{IntoResponse, Response};

use super::compression::encode;

/// Bytes of compressed content that is kept.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// Longest content that is compressed as a whole; a longer one is compressed each time, while it is sent.
const LONGEST: usize = 16 * 1024 * 1024;

/// Content by its place, tag and coding.
static COMPRESSED: LazyLock<Cache<ContentKey, Bytes>> = LazyLock::new(|| {
    let weight = |_: &ContentKey, content: &Bytes| u32::try_from(content.len()).unwrap_or(u32::MAX);
    Cache::builder().max_capacity(MOST_BYTES).weigher(weight).build()
});

/// Place of unchanging content, in the extensions of a response that has a tag.
#[derive(Clone, Debug)]
pub(super) struct Unchanging(pub String);

/// Key of compressed content.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ContentKey {
    place: String,
    tag: HeaderValue,
    coding: CompressionAlgo,
}

impl ContentKey {
    /// The key of the content of a response, of which so many bytes are known to come; nothing where it is not to be kept.
    pub(super) fn of(
        content: Option<Unchanging>,
        response: &Response,
        length: Option<usize>,
        coding: CompressionAlgo,
    ) -> Option<Self> {
        let tag = response.headers().get(header::ETAG)?.clone();
        let place = content.filter(|_| length.is_none_or(|length| length <= LONGEST))?.0;
        Some(Self { place, tag, coding })
    }

    /// The response with its content compressed: as it was kept, or else to be kept.
    pub(super) async fn compressed(self, mut response: Response) -> Response {
        let coding = self.coding;
        let plain = Response::builder().body(response.take_body());
        let made = async { encode(coding, plain).into_body().into_bytes().await };
        match COMPRESSED.try_get_with(self, made).await {
            Ok(content) => {
                let name = HeaderValue::from_static(name(coding));
                response.headers_mut().insert(header::CONTENT_ENCODING, name);
                response.headers_mut().remove(header::CONTENT_LENGTH);
                response.set_body(content);
                response
            }
            Err(error) => {
                tracing::error!(%error, "content can't be compressed");
                Failure::Fault(error.to_string().into()).into_response()
            }
        }
    }
}

fn name(coding: CompressionAlgo) -> &'static str {
    match coding {
        CompressionAlgo::BR => "br",
        CompressionAlgo::DEFLATE => "deflate",
        CompressionAlgo::GZIP => "gzip",
        CompressionAlgo::ZSTD => "zstd",
    }
}
