//! Tells content that is there as a whole from content that is still being made, without waiting for the latter.

use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use poem::http::{StatusCode, header};
use poem::{Body, Response};

use super::unchanging::Unchanging;
use crate::conditional::{AnswerKeeper, KeptAnswer};

/// The content of an answer.
pub(super) enum Content {
    /// All of it.
    Whole(Bytes),
    /// Body that comes part by part.
    Streamed(Body),
}

impl Content {
    /// Looks at a body. Waits for the first part, and for no other.
    pub(super) async fn of(body: Body) -> Self {
        let mut parts = Box::pin(body.into_bytes_stream());
        let first = match parts.next().await {
            None => return Self::Whole(Bytes::new()),
            Some(first) => first,
        };
        match (first, parts.next().now_or_never()) {
            (Ok(bytes), Some(None)) => Self::Whole(bytes),
            (first, Some(second)) => {
                let begun = stream::once(async { first }).chain(stream::iter(second));
                Self::Streamed(Body::from_bytes_stream(begun.chain(parts)))
            }
            (first, None) => {
                let begun = stream::once(async { first });
                Self::Streamed(Body::from_bytes_stream(begun.chain(parts)))
            }
        }
    }
}

/// Takes the content out of an answer, as HEAD wants it. Its length stays where it is known
/// without making all of it.
pub(super) async fn without_body(mut response: Response) -> Response {
    let body = response.take_body();
    let bare = matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    // A kept answer has no body yet; and nobody makes all of one to keep it.
    let kept = response.extensions_mut().remove::<KeptAnswer>();
    response.extensions_mut().remove::<AnswerKeeper>();
    response.extensions_mut().remove::<Unchanging>();
    if let Some(media) = kept.iter().find_map(|kept| kept.forms.first()?.media.clone()) {
        response.headers_mut().insert(header::CONTENT_TYPE, media);
    }
    if !bare
        && kept.is_none()
        && !response.headers().contains_key(header::CONTENT_LENGTH)
        && let Content::Whole(bytes) = Content::of(body).await
    {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, bytes.len().into());
    }
    response
}

impl From<Content> for Body {
    fn from(content: Content) -> Self {
        match content {
            Content::Whole(bytes) => bytes.into(),
            Content::Streamed(body) => body,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[tokio::test]
    async fn tells_whole_from_streamed() {
        assert!(matches!(Content::of(Body::empty()).await, Content::Whole(bytes) if bytes.is_empty()));
        assert!(matches!(Content::of("abc".into()).await, Content::Whole(bytes) if bytes == "abc"));

        let parts = stream::iter(["a", "b", "c"].map(Ok::<_, io::Error>));
        let Content::Streamed(body) = Content::of(Body::from_bytes_stream(parts)).await else {
            panic!("several parts are no whole");
        };
        assert_eq!(body.into_string().await.unwrap(), "abc");
    }

    #[tokio::test]
    async fn does_not_wait_for_the_second_part() {
        let parts = stream::iter(["a"].map(Ok::<_, io::Error>)).chain(stream::pending());
        let found = Content::of(Body::from_bytes_stream(parts)).now_or_never();
        assert!(matches!(found, Some(Content::Streamed(_))));
    }
}
