//! A collector of OpenTelemetry that keeps the spans and metrics that it gets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, number_data_point};
use poem::endpoint::make;
use poem::http::StatusCode;
use poem::{Request, Response};
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::serve::serve;
use super::wait_for;

/// Time that tests wait for what is sent.
const PATIENCE: Duration = Duration::from_secs(20);

/// Attributes by name, each as text.
type Attributes = BTreeMap<String, String>;

/// A span that was sent.
#[derive(Clone, Debug)]
pub struct SentSpan {
    pub name: String,
    pub trace: Vec<u8>,
    pub id: Vec<u8>,
    /// Empty for a span without one.
    pub parent: Vec<u8>,
    pub attributes: Attributes,
    /// Attributes of the server that sent it.
    pub sender: Attributes,
}

/// A value of a metric that was sent.
#[derive(Clone, Debug)]
pub struct SentPoint {
    pub name: String,
    pub attributes: Attributes,
    /// The value, or for a histogram the number of values.
    pub value: f64,
}

#[derive(Default)]
struct Kept {
    spans: Vec<SentSpan>,
    points: Vec<SentPoint>,
    /// Keys that the senders showed.
    keys: Vec<String>,
}

/// The collector, which runs until it is dropped.
pub struct Collector {
    url: String,
    kept: Arc<Mutex<Kept>>,
    task: JoinHandle<()>,
}

impl Collector {
    /// A collector at a free port of this machine.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let kept = Arc::new(Mutex::new(Kept::default()));
        let shared = Arc::clone(&kept);
        let endpoint = make(move |mut request: Request| {
            let kept = Arc::clone(&shared);
            async move {
                let body = request.take_body().into_vec().await.unwrap_or_default();
                Ok::<_, poem::Error>(kept.lock().expect("what was sent").take(&request, &body))
            }
        });
        let task = serve(listener, endpoint);
        Self { url, kept, task }
    }

    /// Flags of a server that sends what it measures here.
    pub fn flags(&self) -> [&str; 4] {
        ["--otlp-endpoint", &self.url, "--otlp-headers", "x-key=sheep"]
    }

    /// Variables of a server that does so at once.
    pub const AT_ONCE: [(&str, &str); 2] = [
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
    ];

    /// Keys that came with what was sent.
    pub fn keys(&self) -> Vec<String> {
        self.kept.lock().expect("what was sent").keys.clone()
    }

    /// Spans that were sent so far.
    pub fn spans(&self) -> Vec<SentSpan> {
        self.kept.lock().expect("what was sent").spans.clone()
    }

    /// The first span of that name, once it was sent.
    pub async fn span(&self, name: &str) -> SentSpan {
        let look = async || {
            let spans = self.spans();
            let found = spans.iter().find(|span| span.name == name).cloned();
            found.ok_or(spans)
        };
        wait_for(PATIENCE, &format!("{name} is sent"), look).await
    }

    /// The first point of a metric with these attributes, once it was sent.
    pub async fn point(&self, name: &str, attributes: &[(&str, &str)]) -> SentPoint {
        let fits = |point: &SentPoint| {
            let has = |(name, value): &(&str, &str)| point.attributes.get(*name).is_some_and(|found| found == value);
            point.name == name && attributes.iter().all(has)
        };
        let look = async || {
            let points = self.kept.lock().expect("what was sent").points.clone();
            let found = points.iter().find(|point| fits(point)).cloned();
            found.ok_or(points)
        };
        wait_for(PATIENCE, &format!("{name} is sent"), look).await
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Kept {
    fn take(&mut self, request: &Request, body: &[u8]) -> Response {
        let is_read = match request.uri().path() {
            "/v1/traces" => ExportTraceServiceRequest::decode(body)
                .map(|sent| self.take_spans(sent))
                .is_ok(),
            "/v1/metrics" => ExportMetricsServiceRequest::decode(body)
                .map(|sent| self.take_points(sent))
                .is_ok(),
            _ => false,
        };
        self.keys.extend(request.header("x-key").map(str::to_owned));
        let status = if is_read {
            StatusCode::OK
        } else {
            StatusCode::BAD_REQUEST
        };
        Response::builder()
            .status(status)
            .content_type("application/x-protobuf")
            .finish()
    }

    fn take_spans(&mut self, sent: ExportTraceServiceRequest) {
        for resource in sent.resource_spans {
            let sender = resource
                .resource
                .map(|resource| read(resource.attributes))
                .unwrap_or_default();
            for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                let attributes = read(span.attributes);
                let (trace, id, parent) = (span.trace_id, span.span_id, span.parent_span_id);
                self.spans.push(SentSpan {
                    name: span.name,
                    trace,
                    id,
                    parent,
                    attributes,
                    sender: sender.clone(),
                });
            }
        }
    }

    fn take_points(&mut self, sent: ExportMetricsServiceRequest) {
        let scopes = sent
            .resource_metrics
            .into_iter()
            .flat_map(|resource| resource.scope_metrics);
        self.points
            .extend(scopes.flat_map(|scope| scope.metrics).flat_map(points));
    }
}

fn points(metric: Metric) -> Vec<SentPoint> {
    let name = metric.name;
    let point = |attributes, value| SentPoint {
        name: name.clone(),
        attributes: read(attributes),
        value,
    };
    let number = |value: Option<number_data_point::Value>| match value {
        Some(number_data_point::Value::AsDouble(value)) => value,
        Some(number_data_point::Value::AsInt(value)) => value as f64,
        None => f64::NAN,
    };
    match metric.data {
        Some(Data::Gauge(gauge)) => gauge
            .data_points
            .into_iter()
            .map(|data| point(data.attributes, number(data.value)))
            .collect(),
        Some(Data::Sum(sum)) => sum
            .data_points
            .into_iter()
            .map(|data| point(data.attributes, number(data.value)))
            .collect(),
        Some(Data::Histogram(histogram)) => histogram
            .data_points
            .into_iter()
            .map(|data| point(data.attributes, data.count as f64))
            .collect(),
        _ => Vec::new(),
    }
}

fn read(attributes: Vec<KeyValue>) -> Attributes {
    let text = |value: Option<Value>| match value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(value)) => value.to_string(),
        other => format!("{other:?}"),
    };
    attributes
        .into_iter()
        .map(|pair| (pair.key, text(pair.value.and_then(|value| value.value))))
        .collect()
}
