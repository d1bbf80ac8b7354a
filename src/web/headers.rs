//! Headers of every request and answer: security headers, a request id, and the line in the log.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use poem::Request;
use poem::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use poem::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tracing::Span;
use tracing::field::Empty;
use uuid::Uuid;

use super::router::RequestTarget;
use crate::peers;
use crate::traces::TRACES;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const SECURITY: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("frame-ancestors 'self'"),
    ),
    (
        REFERRER_POLICY,
        HeaderValue::from_static("strict-origin-when-cross-origin"),
    ),
];

/// A request on its way through the server.
pub(super) struct Visit {
    id: HeaderValue,
    method: Method,
    path: String,
    route: String,
    operation: Option<&'static str>,
    client: Option<IpAddr>,
    started: Instant,
}

impl Visit {
    /// Begins with a request. Its id is put into its headers, where handlers find it.
    pub(super) fn begin(request: &mut Request, target: &RequestTarget, proxies: &[IpAddr]) -> Self {
        let id = request_id(request.headers());
        request.headers_mut().insert(REQUEST_ID, id.clone());
        Self {
            id,
            method: request.method().clone(),
            path: target.shown(),
            route: target
                .template(request.method())
                .as_deref()
                .unwrap_or_default()
                .to_owned(),
            operation: target.operation(request.method()),
            client: peers::address(request.headers(), peer(request), proxies),
            started: Instant::now(),
        }
    }

    /// The span of everything that is logged on behalf of the request. It is there at every level of the log, so that warnings
    /// say what they belong to.
    pub(super) fn span(&self) -> Span {
        let id = self.id.to_str().unwrap_or_default();
        tracing::error_span!("request", id, method = %self.method, path = self.path, operation = self.operation)
    }

    /// The span of the request in traces.
    pub(super) fn traced(&self) -> Span {
        tracing::info_span!(
            target: TRACES,
            "request",
            otel.kind = "server",
            otel.name = format!("{} {}", self.method, self.route).trim_end(),
            otel.status_code = Empty,
            http.request.method = %self.method,
            http.route = self.route,
            http.response.status_code = Empty,
            url.path = self.path,
            enduser.role = Empty,
            dailies.operation = self.operation,
            dailies.request.id = self.id.to_str().unwrap_or_default(),
        )
    }

    /// Ends with an answer: completes its headers, and writes the log.
    pub(super) fn end(self, status: StatusCode, headers: &mut HeaderMap) {
        for (name, value) in SECURITY {
            headers.entry(name).or_insert(value);
        }
        headers.insert(REQUEST_ID, self.id);
        let milliseconds = self.started.elapsed().as_secs_f64() * 1000.0;
        let client = self.client.map(tracing::field::display);
        tracing::info!(
            status = status.as_u16(),
            milliseconds,
            route = self.route,
            client,
            "answered"
        );
    }
}

/// Notes the status of the answer in the span of the request in traces.
pub(super) fn note_status(traced: &Span, status: StatusCode) {
    traced.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        traced.record("otel.status_code", "ERROR");
    }
}

/// The id that the client gave, if it is one that can be shown in logs; else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let sane = |id: &&HeaderValue| {
        let text = id.as_bytes();
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:+/=".contains(byte);
        (1..=128).contains(&text.len()) && text.iter().all(plain)
    };
    headers.get(REQUEST_ID).filter(sane).cloned().unwrap_or_else(|| {
        let id = Uuid::new_v4().simple().to_string();
        HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("none"))
    })
}

/// The address of the peer itself.
pub(super) fn peer(request: &Request) -> Option<IpAddr> {
    request.remote_addr().as_socket_addr().map(SocketAddr::ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(sent: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_str(sent).unwrap());
        request_id(&headers).to_str().unwrap().to_owned()
    }

    #[test]
    fn keeps_a_sane_request_id() {
        assert_eq!(id_for("5b9d2a3e-6f0c.42"), "5b9d2a3e-6f0c.42");
        for sent in ["", "a b", "<script>", &"a".repeat(129)] {
            assert_eq!(id_for(sent).len(), 32, "{sent}");
        }
        assert_ne!(id_for(""), id_for(""));
    }
}
