//! Keeps a request within bounds: the size of its body, and a handler that panics or whose client goes away.

use std::any::Any;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dailies_definitions::call::too_large;
use dailies_definitions::failure::Failure;
use futures::{FutureExt, TryStreamExt};
use poem::endpoint::BoxEndpoint;
use poem::error::ReadBodyError;
use poem::http::{StatusCode, header};
use poem::{Body, Endpoint, IntoResponse, Request, Response};
use tracing::Instrument;

/// What a request may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Largest body in bytes; 0 for no limit.
    pub(super) body: u64,
}

impl Limits {
    /// Calls a route.
    ///
    /// Whatever may change something runs to its end even when the client hangs up: what is
    /// stored and what is announced must not part. Reading stops with the client.
    pub(super) async fn call(self, endpoint: Arc<BoxEndpoint<'static>>, mut request: Request) -> Response {
        let Some(broken) = self.watch(&mut request) else {
            return too_large().into_response();
        };
        let changes = !request.method().is_safe();
        let answer = async move { endpoint.call(request).await };
        let answer = AssertUnwindSafe(answer).catch_unwind().in_current_span();
        let outcome = if changes {
            match tokio::spawn(answer).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    tracing::warn!(%error, "a request was broken off");
                    return broken_off();
                }
            }
        } else {
            answer.await
        };
        let response = match outcome {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => error.into_response(),
            Err(panic) => {
                tracing::error!(panic = told(panic.as_ref()), "a handler panicked");
                return internal_error();
            }
        };
        let failed = response.status().is_client_error() || response.status().is_server_error();
        if failed && broken.load(Ordering::Relaxed) {
            // The handler only knows that the body broke off; the client is told why.
            return too_large().into_response();
        }
        response
    }

    /// Makes the body break off where it grows too large, which the given flag tells. `None`
    /// when the client says beforehand that it is.
    fn watch(self, request: &mut Request) -> Option<Arc<AtomicBool>> {
        let broken = Arc::new(AtomicBool::new(false));
        if self.body == 0 {
            return Some(broken);
        }
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > self.body) {
            return None;
        }
        let body = request.take_body();
        if body.is_empty() {
            return Some(broken);
        }
        let (flag, read) = (Arc::clone(&broken), AtomicU64::new(0));
        let parts = body.into_bytes_stream().and_then(move |part| {
            let size = part.len() as u64;
            let fits = read.fetch_add(size, Ordering::Relaxed) + size <= self.body;
            if !fits {
                flag.store(true, Ordering::Relaxed);
            }
            let part = fits.then_some(part);
            async { part.ok_or_else(|| io::Error::other(ReadBodyError::PayloadTooLarge)) }
        });
        request.set_body(Body::from_bytes_stream(parts));
        Some(broken)
    }
}

fn internal_error() -> Response {
    Failure::Fault("panic".into()).into_response()
}

fn broken_off() -> Response {
    Failure::plain(StatusCode::SERVICE_UNAVAILABLE, "The server is stopping.").into_response()
}

fn told(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use poem::EndpointExt;
    use poem::endpoint::make;
    use poem::http::Method;
    use serde_json::{Value, json};

    use super::*;

    fn reader() -> Arc<BoxEndpoint<'static>> {
        let endpoint = make(|mut request: Request| async move {
            match request.take_body().into_bytes().await {
                Ok(bytes) => Ok::<_, poem::Error>(bytes.len().to_string().into_response()),
                Err(_) => Ok(Failure::refused("broken").into_response()),
            }
        });
        Arc::new(endpoint.boxed())
    }

    async fn send(body: Body, announced: Option<u64>) -> (StatusCode, String) {
        let mut request = Request::builder().method(Method::POST);
        if let Some(length) = announced {
            request = request.header(header::CONTENT_LENGTH, length);
        }
        let response = Limits { body: 5 }.call(reader(), request.body(body)).await;
        (response.status(), response.into_body().into_string().await.unwrap())
    }

    #[tokio::test]
    async fn counts_bodies_that_are_announced_and_those_that_are_not() {
        let parts = |parts: &'static [&'static str]| {
            let parts = parts.iter().map(|part| Ok::<_, io::Error>(*part));
            Body::from_bytes_stream(stream::iter(parts))
        };
        assert_eq!(send(Body::empty(), None).await, (StatusCode::OK, "0".into()));
        assert_eq!(send("12345".into(), Some(5)).await, (StatusCode::OK, "5".into()));
        assert_eq!(send(parts(&["123", "45"]), None).await, (StatusCode::OK, "5".into()));
        let refused = [send("123456".into(), Some(6)).await, send("123456".into(), None).await, send(parts(&["123", "456"]), None).await];
        for (status, body) in refused {
            assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["error"], json!(true));
        }
        let long = Limits { body: 0 };
        let request = Request::builder().method(Method::POST).body("123456");
        assert_eq!(long.call(reader(), request).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn turns_a_panic_into_an_answer() {
        let endpoint = make(|request: Request| async move {
            assert_eq!(request.method(), Method::PUT, "a panic on purpose");
            assert_ne!(request.method(), Method::PUT, "a panic on purpose");
            Ok::<_, poem::Error>(())
        });
        let endpoint = Arc::new(endpoint.map_to_response().boxed());
        for method in [Method::GET, Method::PUT] {
            let request = Request::builder().method(method).finish();
            let response = Limits { body: 5 }.call(Arc::clone(&endpoint), request).await;
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let body: Value = serde_json::from_slice(&response.into_body().into_vec().await.unwrap()).unwrap();
            assert_eq!(body, json!({"error": true, "message": "Internal server error."}));
        }
    }

    #[tokio::test]
    async fn finishes_a_change_whose_client_went_away() {
        let done = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&done);
        let endpoint = make(move |_| {
            let flag = Arc::clone(&flag);
            async move {
                tokio::task::yield_now().await;
                flag.store(true, Ordering::Relaxed);
                Ok::<_, poem::Error>(())
            }
        });
        let endpoint = Arc::new(endpoint.map_to_response().boxed());
        let request = Request::builder().method(Method::POST).finish();
        let call = Limits { body: 0 }.call(endpoint, request);
        assert!(Box::pin(call).now_or_never().is_none());
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(done.load(Ordering::Relaxed));
    }
}
