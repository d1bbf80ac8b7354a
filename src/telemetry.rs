//! Traces and metrics for a collector of OpenTelemetry, by OTLP over HTTP. Without an address of one, no thread runs for it.
//!
//! Each signal has a thread of its library, which sends what was collected now and then. A collector that does not answer is
//! tried again for a while; then what it was to get is dropped, and the log says so. Nobody who calls waits for it.

use std::collections::HashMap;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{
    ExporterBuildError, MetricExporter, Protocol, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::subscriber::Interest;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::{Layer, Registry};

use crate::config::TelemetrySettings;
use crate::traces::{STATEMENT, TRACES};

/// Name of the program in what is sent.
const NAME: &str = "dailies";
/// Time that the last traces and metrics may take to be sent.
const LAST_WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// Reason why nothing can be sent to the collector that the settings name.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("OpenTelemetry can't be used: {0}")]
    Exporter(#[from] ExporterBuildError),
    // The value stays out of the message, because it may be a secret.
    #[error("OTEL_EXPORTER_OTLP_HEADERS has to be of the form name=value, separated by commas")]
    Headers,
}

/// Part of a subscriber that writes what the program tells.
pub type Output = Box<dyn Layer<Registry> + Send + Sync>;

/// Traces and metrics on their way to a collector, as far as the settings name one.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
}

impl Telemetry {
    /// Begins to send.
    ///
    /// # Errors
    /// The settings make no sense. A collector that does not answer is none.
    pub fn begin(settings: &TelemetrySettings) -> Result<Self, TelemetryError> {
        let headers = headers(settings.otlp_headers.as_deref().unwrap_or_default())?;
        let traces = settings
            .traces_address()
            .map(|address| traces(settings, address, headers.clone()))
            .transpose()?;
        let metrics = settings
            .metrics_address()
            .map(|address| metrics(settings, address, headers))
            .transpose()?;
        Ok(Self { traces, metrics })
    }

    /// The way of spans into traces, if these are sent.
    #[must_use]
    pub fn output(&self) -> Option<Output> {
        let layer = tracing_opentelemetry::layer::<Registry>().with_tracer(self.traces.as_ref()?.tracer(NAME));
        let layer = layer
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false);
        let filter = dynamic_filter_fn(is_traced).with_callsite_filter(may_be_traced);
        Some(layer.with_context_activation(false).with_filter(filter).boxed())
    }

    /// The meter behind the metrics, if these are sent.
    #[must_use]
    pub fn meter(&self) -> Option<Meter> {
        self.metrics.as_ref().map(|metrics| metrics.meter(NAME))
    }

    /// Sends the rest.
    pub async fn close(self) {
        if self.traces.is_none() && self.metrics.is_none() {
            return;
        }
        let (done, ended) = oneshot::channel();
        // Sending blocks. A thread of the runtime would be waited for, however long it takes.
        std::thread::spawn(move || {
            let ends = [
                self.traces.map(|traces| traces.shutdown()),
                self.metrics.map(|metrics| metrics.shutdown()),
            ];
            // Nobody listens when it took too long.
            let _unheard = done.send(ends);
        });
        match timeout(LAST_WRITE_TIMEOUT, ended).await {
            Ok(Ok(ends)) => {
                for error in ends.into_iter().flatten().filter_map(Result::err) {
                    tracing::warn!(%error, "the last traces or metrics could not be sent");
                }
            }
            _ => tracing::warn!("the last traces or metrics were not sent in time"),
        }
    }
}

fn traces(
    settings: &TelemetrySettings,
    address: String,
    headers: HashMap<String, String>,
) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(address)
        .with_headers(headers)
        .build()?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource(settings))
        .build())
}

fn metrics(
    settings: &TelemetrySettings,
    address: String,
    headers: HashMap<String, String>,
) -> Result<SdkMeterProvider, ExporterBuildError> {
    let exporter = MetricExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(address)
        .with_headers(headers)
        .build()?;
    Ok(SdkMeterProvider::builder()
        .with_periodic_exporter(exporter)
        .with_resource(resource(settings))
        .build())
}

/// True if traces show it now: statements are shown as a part of a request or a job, and not for themselves.
fn is_traced(metadata: &Metadata<'_>, context: &Context<'_, Registry>) -> bool {
    belongs_to_traces(metadata) && (metadata.name() != STATEMENT || context.lookup_current().is_some())
}

fn may_be_traced(metadata: &'static Metadata<'static>) -> Interest {
    if belongs_to_traces(metadata) {
        Interest::sometimes()
    } else {
        Interest::never()
    }
}

/// True if it is a span of traces, or something in one that somebody has to look at.
fn belongs_to_traces(metadata: &Metadata<'_>) -> bool {
    if metadata.is_span() {
        metadata.target() == TRACES
    } else {
        *metadata.level() <= Level::WARN && metadata.target().starts_with(NAME)
    }
}

/// Facts about this server, which go with everything that is sent.
fn resource(settings: &TelemetrySettings) -> Resource {
    let own = Resource::builder_empty()
        .with_service_name(NAME)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    let told = own.with_detectors(&[
        Box::new(TelemetryResourceDetector),
        Box::new(EnvResourceDetector::new()),
    ]);
    match settings.otel_service_name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => told.with_service_name(name.to_owned()).build(),
        None => told.build(),
    }
}

/// Headers as the specification writes them. Their values are decoded later.
fn headers(text: &str) -> Result<HashMap<String, String>, TelemetryError> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').ok_or(TelemetryError::Headers)?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    };
    pairs.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_pairs_and_not_told_when_wrong() {
        let read = headers("authorization=Basic%20c2hlZXA=, x-studio = lune ,").unwrap();
        let expected = [("authorization", "Basic%20c2hlZXA="), ("x-studio", "lune")];
        assert_eq!(
            read,
            HashMap::from(expected.map(|(name, value)| (name.to_owned(), value.to_owned())))
        );
        assert!(headers("").unwrap().is_empty());
        let refused = headers("x-key=1,sheep").unwrap_err();
        assert!(!refused.to_string().contains("sheep"));
    }
}
