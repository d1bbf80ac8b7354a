//! Answers from memory, in the coding that the client likes best, and what is kept of those that are made.

use std::io;

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZstdDecoder};
use futures::stream;
use poem::http::{HeaderValue, header};
use poem::web::CompressionAlgo;
use poem::{Body, Response};
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use super::content::Content;
use crate::conditional::{AnswerForm, AnswerKeeper, Coding, KeptAnswer};

/// Most bytes of an answer that is kept as it is.
const MOST_PLAIN_BYTES: usize = 128 * 1024;
/// Bytes that are compressed, or taken out of their coding, in one go.
const PIECE_BYTES: usize = 64 * 1024;

/// The coding of an answer that is compressed, or not.
pub(super) fn coding(algorithm: Option<CompressionAlgo>) -> Coding {
    match algorithm {
        Some(CompressionAlgo::ZSTD) => Coding::Zstd,
        Some(CompressionAlgo::BR) => Coding::Brotli,
        Some(CompressionAlgo::GZIP) => Coding::Gzip,
        Some(CompressionAlgo::DEFLATE) | None => Coding::Plain,
    }
}

fn name(coding: Coding) -> Option<HeaderValue> {
    match coding {
        Coding::Plain => None,
        Coding::Zstd => Some(HeaderValue::from_static("zstd")),
        Coding::Brotli => Some(HeaderValue::from_static("br")),
        Coding::Gzip => Some(HeaderValue::from_static("gzip")),
    }
}

/// Puts a kept answer into a response: as it was sent before in this coding, with the header that says so, or else plain, to
/// be compressed and kept once more. Below so many bytes no answer is compressed.
pub(super) fn recall(kept: KeptAnswer, wanted: Coding, least: usize, response: &mut Response) {
    let KeptAnswer { forms, keeper } = kept;
    let fits = |form: &&AnswerForm| form.coding == wanted || form.coding == Coding::Plain && form.text.len() < least;
    let Some(form) = forms.iter().find(fits).or(forms.first()).cloned() else {
        return;
    };
    let headers = response.headers_mut();
    if let Some(media) = &form.media {
        headers.insert(header::CONTENT_TYPE, media.clone());
    }
    if fits(&&form) {
        if let Some(name) = name(form.coding) {
            headers.insert(header::CONTENT_ENCODING, name);
        }
        response.set_body(form.text);
    } else {
        response.set_body(plain(form));
        // Whoever takes it plain gets it out of its coding each time, which is fast.
        if wanted != Coding::Plain {
            response.set_data(keeper);
        }
    }
}

/// The text of a kept answer without its coding.
fn plain(form: AnswerForm) -> Body {
    let text = io::Cursor::new(form.text);
    let text: Box<dyn AsyncRead + Send + Unpin> = match form.coding {
        Coding::Plain => Box::new(text),
        Coding::Zstd => Box::new(ZstdDecoder::new(text)),
        Coding::Brotli => Box::new(BrotliDecoder::new(text)),
        Coding::Gzip => Box::new(GzipDecoder::new(text)),
    };
    Body::from_bytes_stream(ReaderStream::with_capacity(text, PIECE_BYTES))
}

/// Keeps what is sent plain.
pub(super) async fn keep_plain(keeper: AnswerKeeper, media: Option<HeaderValue>, content: Content) -> Content {
    match content {
        Content::Whole(bytes) if bytes.len() <= MOST_PLAIN_BYTES => {
            keeper.keep(Coding::Plain, media, bytes.clone()).await;
            Content::Whole(bytes)
        }
        Content::Whole(bytes) => {
            let pieces = (0..bytes.len())
                .step_by(PIECE_BYTES)
                .map(move |start| Ok(bytes.slice(start..bytes.len().min(start + PIECE_BYTES))));
            Content::Streamed(Body::from_bytes_stream(keeper.keeping(
                Coding::Plain,
                media,
                stream::iter(pieces),
            )))
        }
        Content::Streamed(body) => Content::Streamed(keep(keeper, Coding::Plain, media, body)),
    }
}

/// Keeps what is sent part by part.
pub(super) fn keep(keeper: AnswerKeeper, coding: Coding, media: Option<HeaderValue>, body: Body) -> Body {
    Body::from_bytes_stream(keeper.keeping(coding, media, body.into_bytes_stream()))
}
