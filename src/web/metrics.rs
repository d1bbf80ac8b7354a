//! Counts and times requests for Prometheus, by route of the contract, and shows the counts at `/metrics`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use poem::Response;
use poem::http::{Method, StatusCode, header};

use crate::database;

const REQUESTS: &str = "dailies_http_requests_total";
const DURATION: &str = "dailies_http_request_duration_seconds";
const IN_FLIGHT: &str = "dailies_http_requests_in_flight";
const LISTENERS: &str = "dailies_realtime_listeners";
const BUILD: &str = "dailies_build_info";

/// Upper bounds of the histogram, in seconds: from what a cache answers to what an upload takes.
const BOUNDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];

/// Period in which measured times are sorted into the histogram when nobody asks for it.
const UPKEEP: Duration = Duration::from_secs(10);

/// The counts of this process.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    listeners: Option<Arc<dyn Fn() -> usize + Send + Sync>>,
}

impl Metrics {
    /// Begins to count. To be called once in a process, within a tokio runtime.
    ///
    /// # Errors
    /// Something else counts already.
    pub fn install() -> Result<Self, BuildError> {
        let handle = recorder()?.install_recorder()?;
        let upkeep = handle.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkeep.run_upkeep();
            }
        });
        Ok(Self::of(handle))
    }

    /// The same with the number of clients that listen to events, which is asked for at each
    /// reading.
    #[must_use]
    pub fn with_listeners(mut self, count: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        self.listeners = Some(Arc::new(count));
        self
    }

    /// Shows what a recorder has; to count there, it must be the recorder of this process.
    pub(super) fn of(handle: PrometheusHandle) -> Self {
        describe_counter!(REQUESTS, "Requests that were answered.");
        describe_histogram!(DURATION, "Seconds from a request to the head of its answer.");
        database::describe();
        describe_gauge!(IN_FLIGHT, "Requests that are being answered.");
        describe_gauge!(LISTENERS, "Clients that listen to events.");
        describe_gauge!(BUILD, "Always 1; the label tells the version that runs.");
        gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Self {
            handle,
            listeners: None,
        }
    }

    /// The counts in the text format of Prometheus.
    pub(super) fn answer(&self) -> Response {
        if let Some(count) = &self.listeners {
            gauge!(LISTENERS).set(count() as f64);
        }
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
    async fn counts_by_route() {
        let recorder = recorder().unwrap().build_recorder();
        let _counting = metrics::set_default_local_recorder(&recorder);
        let metrics = Metrics::of(recorder.handle()).with_listeners(|| 3);

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
