//! Keeps a request within bounds: who may have sent it, the size of its body, the time that the body takes, and a handler
//! that panics or whose client goes away.

use std::any::Any;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use dailies_definitions::call::too_large;
use dailies_definitions::facts::{GUEST_FILES, OperationFacts};
use dailies_definitions::failure::Failure;
use futures::{FutureExt, Stream, StreamExt, stream};
use poem::endpoint::BoxEndpoint;
use poem::error::ReadBodyError;
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use poem::{Body, Endpoint, IntoResponse, Request, Response};
use tokio::time::timeout;
use tracing::Instrument;

use super::pages;
use crate::config::Settings;
use crate::origins::Origins;

/// Limits of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    /// Largest body with files in bytes; 0 for no limit.
    body: u64,
    /// Longest pause in a body.
    patience: Duration,
    /// The pages that may use the cookie.
    origins: Origins,
}

/// Reason for which a body broke off.
#[derive(Clone, Copy)]
enum Break {
    TooLarge,
    TooSlow,
}

/// News of a body while it is read.
#[derive(Clone, Default)]
struct Fate(Arc<OnceLock<Break>>);

impl Fate {
    fn tell(&self, reason: Break) {
        self.0.get_or_init(|| reason);
    }

    fn answer(&self) -> Option<Response> {
        self.0.get().map(|reason| match reason {
            Break::TooLarge => closing(too_large()),
            Break::TooSlow => closing(too_slow()),
        })
    }
}

impl Limits {
    pub(super) fn new(settings: &Settings) -> Self {
        let allowed = settings
            .cors_allowed_origins
            .iter()
            .cloned()
            .chain([settings.public_address()]);
        Self {
            body: settings.max_content_length,
            patience: Duration::from_secs(settings.connections.body_timeout),
            origins: Origins::new(allowed),
        }
    }

    /// Calls a route.
    ///
    /// Whatever may change something runs to its end even when the client hangs up: what is
    /// stored and what is announced must not part. Reading stops with the client.
    pub(super) async fn call(
        &self,
        endpoint: Arc<BoxEndpoint<'static>>,
        facts: OperationFacts,
        mut request: Request,
    ) -> Response {
        if let Err(failure) = pages::check(&self.origins, facts, request.headers()) {
            return closing(failure);
        }
        let Some(fate) = self.watch(facts, &mut request) else {
            return closing(too_large());
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
        // The handler only knows that the body broke off; the client is told why.
        fate.answer().filter(|_| failed).unwrap_or(response)
    }

    /// Most bytes of a request's body; 0 for no limit.
    fn most(&self, facts: OperationFacts) -> u64 {
        match facts.body_limit {
            _ if facts.takes_files && !facts.needs_token && self.body == 0 => GUEST_FILES,
            _ if facts.takes_files && !facts.needs_token => GUEST_FILES.min(self.body),
            limit if facts.takes_files || limit == 0 => self.body,
            limit if self.body == 0 => limit,
            limit => limit.min(self.body),
        }
    }

    /// Makes the body break off where it grows too large or stops, which is told by what is returned. `None` when the client
    /// says beforehand that it is too large. A body that nobody asks for is left unread.
    fn watch(&self, facts: OperationFacts, request: &mut Request) -> Option<Fate> {
        let fate = Fate::default();
        let most = self.most(facts);
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if most > 0 && announced.is_some_and(|length| length > most) {
            return None;
        }
        let body = request.take_body();
        if facts.body_limit > 0 && !body.is_empty() {
            request.set_body(Body::from_bytes_stream(self.parts(body, most, fate.clone())));
        }
        Some(fate)
    }

    /// The parts of a body, up to so many bytes.
    fn parts(&self, body: Body, most: u64, fate: Fate) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let patience = self.patience;
        let begun = (Box::pin(body.into_bytes_stream()), 0, fate);
        stream::unfold(begun, move |(mut parts, read, fate)| async move {
            let part = match timeout(patience, parts.next()).await {
                Ok(part) => part?,
                Err(_) => {
                    fate.tell(Break::TooSlow);
                    Err(io::ErrorKind::TimedOut.into())
                }
            };
            let read = read + part.as_ref().map_or(0, |part| part.len() as u64);
            if most > 0 && read > most {
                fate.tell(Break::TooLarge);
                return Some((
                    Err(io::Error::other(ReadBodyError::PayloadTooLarge)),
                    (parts, read, fate),
                ));
            }
            Some((part, (parts, read, fate)))
        })
    }
}

/// An answer before the request was read to its end: the connection is of no use any more.
fn closing(failure: Failure) -> Response {
    closed(failure.into_response())
}

fn closed(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// True if a request announces a body.
pub(super) fn announces_body(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0")
        || headers.contains_key(header::TRANSFER_ENCODING)
}

/// An answer to a request that leads nowhere. A body that it announced is not waited for.
pub(super) fn unanswered(response: Response, announced: bool) -> Response {
    if announced { closed(response) } else { response }
}

/// 408: the sender stopped in the middle of the body.
fn too_slow() -> Failure {
    Failure::plain(
        StatusCode::REQUEST_TIMEOUT,
        "The body of the request did not come in time.",
    )
}

fn internal_error() -> Response {
    Failure::Fault("panic".into()).into_response()
}

fn broken_off() -> Response {
    Failure::plain(StatusCode::SERVICE_UNAVAILABLE, "The server is stopping.").into_response()
}

fn told(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use poem::EndpointExt;
    use poem::endpoint::make;
    use poem::http::Method;
    use serde_json::{Value, json};

    use super::*;

    const FILES: OperationFacts = OperationFacts {
        operation: "",
        body_limit: 1,
        takes_files: true,
        needs_token: true,
        changes: false,
    };
    const WAIT: Duration = Duration::from_millis(300);

    fn limits(body: u64) -> Limits {
        Limits {
            body,
            patience: WAIT,
            origins: Origins::default(),
        }
    }

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
        let response = limits(5).call(reader(), FILES, request.body(body)).await;
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
        let refused = [
            send("123456".into(), Some(6)).await,
            send("123456".into(), None).await,
            send(parts(&["123", "456"]), None).await,
        ];
        for (status, body) in refused {
            assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["error"], json!(true));
        }
        let request = Request::builder().method(Method::POST).body("123456");
        assert_eq!(limits(0).call(reader(), FILES, request).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn operations_have_limits_of_their_own() {
        let limited = async |body_limit: u64, most: u64| {
            let facts = OperationFacts {
                body_limit,
                ..OperationFacts::default()
            };
            let request = Request::builder().method(Method::POST).body("1234");
            let response = limits(most).call(reader(), facts, request).await;
            (
                response.status().as_u16(),
                response.into_body().into_string().await.unwrap(),
            )
        };
        assert_eq!(limited(4, 0).await, (200, "4".into()));
        assert_eq!(limited(3, 0).await.0, 413);
        assert_eq!(limited(4, 3).await.0, 413);
        assert_eq!(
            limited(0, 9).await,
            (200, "0".into()),
            "what takes no body does not read one"
        );
    }

    #[tokio::test]
    async fn bodies_that_stop_are_given_up() {
        let parts = stream::iter(["1", "2"]).map(Ok::<_, io::Error>).then(async |part| {
            tokio::time::sleep(WAIT * 7 / 10).await;
            part
        });
        let slow = send(Body::from_bytes_stream(parts), None).await;
        assert_eq!(slow, (StatusCode::OK, "2".into()), "slow is not stopped");
        let parts = stream::iter([Ok::<_, io::Error>("1")]).chain(stream::pending());
        assert_eq!(
            send(Body::from_bytes_stream(parts), None).await.0,
            StatusCode::REQUEST_TIMEOUT
        );
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
            let response = limits(5).call(Arc::clone(&endpoint), FILES, request).await;
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
        let limits = limits(0);
        let call = limits.call(endpoint, FILES, request);
        assert!(Box::pin(call).now_or_never().is_none());
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(done.load(Ordering::Relaxed));
    }
}
