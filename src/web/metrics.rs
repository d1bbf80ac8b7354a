//! Counts and times requests by route of the contract, and shows the counts to Prometheus at `/metrics`. A collector of
//! OpenTelemetry gets the same ones: all of the server counts by `metrics`, which tells both.
//!
//! The way from `metrics` to OpenTelemetry is metrics-opentelemetry, which knows descriptions and the bounds of histograms.
//! metrics-exporter-opentelemetry 0.2 knows no bounds, and metrics-exporter-otel 0.3 is of an older OpenTelemetry.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{SetRecorderError, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use metrics_opentelemetry::{OpenTelemetryMetrics, OpenTelemetryRecorder};
use metrics_util::layers::{Fanout, FanoutBuilder};
use opentelemetry::metrics::Meter;
use poem::Response;
use poem::http::{Method, StatusCode, header};

use crate::{database, jobs};

const REQUESTS: &str = "dailies_http_requests_total";
const DURATION: &str = "dailies_http_request_duration_seconds";
const IN_FLIGHT: &str = "dailies_http_requests_in_flight";
const LISTENERS: &str = "dailies_realtime_listeners";
const BUILD: &str = "dailies_build_info";

/// Upper bounds of the histogram, in seconds: from what a cache answers to what an upload takes.
const BOUNDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];

/// Period in which measured times are sorted into the histogram and listeners are counted when nobody asks for it.
const UPKEEP: Duration = Duration::from_secs(10);

/// Reason why nothing can be counted.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    #[error("the counts can't be set up: {0}")]
    Setup(#[from] BuildError),
    #[error("something else counts in this process already")]
    Alone(#[from] SetRecorderError<PrometheusRecorder>),
    #[error("something else counts in this process already")]
    Beside(#[from] SetRecorderError<Fanout>),
}

/// The counts of this process.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    listeners: Arc<dyn Fn() -> usize + Send + Sync>,
}

impl Metrics {
    /// Begins to count, for Prometheus and where there is a meter for that too. To be called once in a process, within a tokio
    /// runtime. The number of clients that listen to events is asked for now and then.
    ///
    /// # Errors
    /// Something else counts already.
    pub fn install(
        meter: Option<Meter>,
        listeners: impl Fn() -> usize + Send + Sync + 'static,
    ) -> Result<Self, CountError> {
        let prometheus = recorder()?.build_recorder();
        let handle = prometheus.handle();
        match meter {
            None => metrics::set_global_recorder(prometheus)?,
            Some(meter) => {
                let mut beside = OpenTelemetryRecorder::new(OpenTelemetryMetrics::new(meter));
                beside.set_histogram_bounds_mut(
                    [DURATION, database::STATEMENT_DURATION, jobs::DURATION].into_iter(),
                    &BOUNDS,
                );
                metrics::set_global_recorder(
                    FanoutBuilder::default()
                        .add_recorder(prometheus)
                        .add_recorder(beside)
                        .build(),
                )?;
            }
        }
        let installed = Self::of(handle, listeners);
        tokio::spawn(installed.clone().keep_up());
        Ok(installed)
    }

    /// Shows what a recorder has; to count there, it must be the recorder of this process.
    pub(super) fn of(handle: PrometheusHandle, listeners: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        describe_counter!(REQUESTS, "Requests that were answered.");
        describe_histogram!(DURATION, "Seconds from a request to the head of its answer.");
        database::describe();
        jobs::describe();
        describe_gauge!(IN_FLIGHT, "Requests that are being answered.");
        describe_gauge!(LISTENERS, "Clients that listen to events.");
        describe_gauge!(BUILD, "Always 1; the label tells the version that runs.");
        gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Self {
            handle,
            listeners: Arc::new(listeners),
        }
    }

    async fn keep_up(self) {
        loop {
            tokio::time::sleep(UPKEEP).await;
            self.handle.run_upkeep();
            self.count_listeners();
        }
    }

    fn count_listeners(&self) {
        gauge!(LISTENERS).set((self.listeners)() as f64);
    }

    /// The counts in the text format of Prometheus.
    pub(super) fn answer(&self) -> Response {
        self.count_listeners();
        Response::builder()
            .header(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
            .body(self.handle.render())
    }
}

fn recorder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_duration_seconds".into()), &BOUNDS)
}

/// A request that is being measured. It no longer counts as in flight when this value goes, as
/// it does when the client hangs up.
pub(super) struct Measured {
    method: &'static str,
    route: Arc<str>,
    started: Instant,
}

impl Measured {
    /// Begins with a request to a path of the contract, or to none.
    pub(super) fn begin(method: &Method, route: Option<Arc<str>>) -> Self {
        gauge!(IN_FLIGHT).increment(1.0);
        Self {
            method: label(method),
            route: route.unwrap_or_else(|| "none".into()),
            started: Instant::now(),
        }
    }

    /// Counts the answer.
    pub(super) fn end(self, status: StatusCode) {
        let (method, route) = (self.method, Arc::clone(&self.route));
        histogram!(DURATION, "method" => method, "route" => route).record(self.started.elapsed());
        let (status, route) = (status.as_str().to_owned(), Arc::clone(&self.route));
        counter!(REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        gauge!(IN_FLIGHT).decrement(1.0);
    }
}

/// The method, with all that are made up as one: clients must not be able to add labels.
fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_are_counted_by_route_and_not_by_address() {
        let recorder = recorder().unwrap().build_recorder();
        let _counting = metrics::set_default_local_recorder(&recorder);
        let metrics = Metrics::of(recorder.handle(), || 3);

        let route: Arc<str> = "/data/tasks/{instance_id}".into();
        Measured::begin(&Method::GET, Some(Arc::clone(&route))).end(StatusCode::OK);
        let running = Measured::begin(&Method::GET, Some(route));
        drop(Measured::begin(&Method::from_bytes(b"EVIL").unwrap(), None));

        let text = metrics.answer().into_body().into_string().await.unwrap();
        for line in [
            r#"dailies_http_requests_total{method="GET",route="/data/tasks/{instance_id}",status="200"} 1"#,
            r#"dailies_http_request_duration_seconds_count{method="GET",route="/data/tasks/{instance_id}"} 1"#,
            "dailies_http_requests_in_flight 1",
            "dailies_realtime_listeners 3",
            concat!(r#"dailies_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#),
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        drop(running);
        let text = metrics.answer().into_body().into_string().await.unwrap();
        assert!(text.contains("dailies_http_requests_in_flight 0"));
    }
}
