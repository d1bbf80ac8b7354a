//! Spans that become traces, where these are sent to a collector. They are of a target of their own, so that the log does not
//! know them: where nobody takes them, none is made.

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use poem::http::HeaderMap;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Target of the spans that become traces.
pub const TRACES: &str = "dailies::traces";

/// Name of the spans of statements, which are only shown as a part of something else.
pub const STATEMENT: &str = "statement";

/// Header that names the trace which a request belongs to.
const TRACE_PARENT: &str = "traceparent";
/// Field of a request's span for the role of whoever calls.
const ROLE: &str = "enduser.role";

/// Makes the span of a request part of the trace that its headers name.
pub fn follow(span: &Span, headers: &HeaderMap) {
    if !headers.contains_key(TRACE_PARENT) {
        return;
    }
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    if let Err(error) = span.set_parent(parent) {
        tracing::debug!(%error, "a request stays apart from the trace that it names");
    }
}

/// Notes the role of whoever calls in the span of this request.
pub fn note_role(role: &'static str) {
    // Other spans have no such field, and stay as they are.
    Span::current().record(ROLE, role);
}
