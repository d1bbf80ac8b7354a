//! Settings of traces and metrics for OpenTelemetry.

use clap::{ArgAction, Args};

use super::switch;

/// Settings of what is sent to a collector of OpenTelemetry. The variables are those of its specification.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "OpenTelemetry")]
pub struct TelemetrySettings {
    /// Address of a collector that takes traces and metrics by OTLP over HTTP, such as `http://localhost:4318`. Without one,
    /// nothing is measured for it or sent.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
    /// Whole address for traces, where it is another one than `/v1/traces` below that.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")]
    pub otlp_traces_endpoint: Option<String>,
    /// Whole address for metrics, where it is another one than `/v1/metrics` below that.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")]
    pub otlp_metrics_endpoint: Option<String>,
    /// Headers for the collector, such as a key: `name=value`, separated by commas, with values encoded as in a URL.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_HEADERS", hide_env_values = true)]
    pub otlp_headers: Option<String>,
    /// Protocol that the collector speaks; gRPC is not spoken.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_PROTOCOL", default_value = "http/protobuf", value_parser = ["http/protobuf"])]
    pub otlp_protocol: String,
    /// Name of this server in what is sent; `dailies` unless this or `OTEL_RESOURCE_ATTRIBUTES` says otherwise.
    #[arg(long, env = "OTEL_SERVICE_NAME")]
    pub otel_service_name: Option<String>,
    /// True if nothing is sent, whatever the addresses say.
    #[arg(long, env = "OTEL_SDK_DISABLED", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub otel_sdk_disabled: bool,
}

impl TelemetrySettings {
    /// Address that traces are sent to, if they are.
    #[must_use]
    pub fn traces_address(&self) -> Option<String> {
        self.address(self.otlp_traces_endpoint.as_deref(), "/v1/traces")
    }

    /// Address that metrics are sent to, if they are.
    #[must_use]
    pub fn metrics_address(&self) -> Option<String> {
        self.address(self.otlp_metrics_endpoint.as_deref(), "/v1/metrics")
    }

    fn address(&self, own: Option<&str>, path: &str) -> Option<String> {
        // A variable that is set to nothing stands for one that is not set.
        let given = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let shared =
            || given(self.otlp_endpoint.as_deref()).map(|endpoint| format!("{}{path}", endpoint.trim_end_matches('/')));
        given(own).or_else(shared).filter(|_| !self.otel_sdk_disabled)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parsed;
    use super::*;

    fn addresses(flags: &[&str]) -> (Option<String>, Option<String>) {
        let telemetry: TelemetrySettings = parsed(flags).expect("settings");
        (telemetry.traces_address(), telemetry.metrics_address())
    }

    #[test]
    fn addresses_are_those_of_the_specification() {
        let own = |text: &str| Some(text.to_owned());
        assert_eq!(addresses(&[]), (None, None));
        assert_eq!(addresses(&["--otlp-endpoint", ""]), (None, None));
        let all = (
            own("http://collector:4318/v1/traces"),
            own("http://collector:4318/v1/metrics"),
        );
        assert_eq!(addresses(&["--otlp-endpoint", "http://collector:4318/"]), all);
        let traces = ["--otlp-traces-endpoint", "http://elsewhere/api/traces"];
        assert_eq!(addresses(&traces), (own("http://elsewhere/api/traces"), None));
        assert_eq!(
            addresses(&["--otlp-endpoint", "http://collector:4318", traces[0], traces[1]]).0,
            own("http://elsewhere/api/traces")
        );
        assert_eq!(
            addresses(&[
                "--otlp-endpoint",
                "http://collector:4318",
                "--otel-sdk-disabled",
                "true"
            ]),
            (None, None)
        );
    }

    #[test]
    fn another_protocol_is_refused() {
        assert!(parsed::<TelemetrySettings>(&["--otlp-protocol", "grpc"]).is_err());
    }
}
