//! Tests of `packaging/` and of packages: their files can be read, and name settings, alerts and versions that there are.

use std::collections::BTreeSet;
use std::fs;

use serde_yaml_ng::Value;

use super::manual::{program, root};
use crate::web::docs::{self, Edition};

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("a file")
}

fn yaml(name: &str) -> Value {
    serde_yaml_ng::from_str(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Variables that the server reads.
fn settings() -> BTreeSet<String> {
    let program = program();
    let serve = program.find_subcommand("serve").expect("the server");
    serve
        .get_arguments()
        .filter_map(|arg| arg.get_env()?.to_str().map(str::to_owned))
        .collect()
}

fn assert_settings<'a>(file: &str, names: impl Iterator<Item = &'a str>) {
    let known = settings();
    let strange: Vec<&str> = names.filter(|name| !known.contains(*name)).collect();
    assert!(strange.is_empty(), "{file}: {strange:?}");
}

#[test]
fn services_get_settings_that_there_are() {
    for file in ["packaging/compose.yaml", "packaging/compose.cluster.yaml"] {
        let document = yaml(file);
        let services = document["services"].as_mapping().expect("services");
        let own: Vec<&Value> = services
            .values()
            .filter(|service| service["build"].is_string())
            .collect();
        assert!(!own.is_empty(), "{file}");
        for service in own {
            let environment = service["environment"].as_mapping();
            assert_settings(
                file,
                environment
                    .into_iter()
                    .flat_map(|variables| variables.keys().filter_map(Value::as_str)),
            );
        }
    }
    let unit = read("packaging/dailies.service");
    let names = unit
        .lines()
        .filter_map(|line| line.strip_prefix("Environment=")?.split_once('='))
        .map(|(name, _)| name);
    assert_settings("packaging/dailies.service", names);
    let image = read("Dockerfile");
    let compiler = concat!("FROM rust:", env!("CARGO_PKG_RUST_VERSION"), "-");
    assert!(
        image.contains(compiler),
        "the image is built with another Rust than {compiler}"
    );
    let names = image
        .lines()
        .filter_map(|line| line.strip_prefix("ENV "))
        .flat_map(str::split_whitespace);
    assert_settings(
        "Dockerfile",
        names.filter_map(|pair| pair.split_once('=')).map(|(name, _)| name),
    );
}

/// A service manager lets the server end by itself: requests take 30 seconds at most, jobs 20 more, and the rest some.
#[test]
fn services_have_time_to_end_and_to_wait_for_others() {
    let unit = read("packaging/dailies.service");
    let seconds = |name: &str| {
        let value = unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.and_then(|value| value.parse::<u64>().ok()).unwrap_or_default()
    };
    assert!(seconds("TimeoutStopSec") >= 70);
    // Five starts within ten seconds would be the last ones.
    assert!(seconds("RestartSec") > 2);
    for (file, service) in [
        ("packaging/compose.yaml", "dailies"),
        ("packaging/compose.cluster.yaml", "first"),
    ] {
        let document = yaml(file);
        let grace = document["services"][service]["stop_grace_period"]
            .as_str()
            .and_then(|time| time.strip_suffix('s'));
        assert!(
            grace
                .and_then(|time| time.parse::<u64>().ok())
                .is_some_and(|time| time >= 70),
            "{file}: {grace:?}"
        );
    }
}

/// The packages for programs have the version of the contract, and the Rust one that of the workspace.
#[test]
fn the_contract_has_the_version_of_the_program() {
    let document = docs::document(Edition::Json).expect("the contract");
    let document: serde_json::Value = serde_json::from_slice(&document).expect("JSON");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_manual_explains_each_alert() {
    let alerts = yaml("packaging/prometheus-alerts.yaml");
    let rules = alerts["groups"][0]["rules"].as_sequence().expect("rules");
    let names: BTreeSet<&str> = rules.iter().filter_map(|rule| rule["alert"].as_str()).collect();
    let page = read("docs/monitoring.md");
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let told: BTreeSet<&str> = rows
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("Dailies"))
        .collect();
    assert_eq!(told, names);
    let dashboard: serde_json::Value = serde_json::from_str(&read("packaging/grafana-dashboard.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<i64> = panels.iter().filter_map(|panel| panel["id"].as_i64()).collect();
    assert_eq!(ids.len(), panels.len());
}
