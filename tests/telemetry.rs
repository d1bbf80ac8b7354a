//! Traces and metrics for a collector, and the log of a running server.

use std::time::Duration;

use dailies::database::{Database, Sql, Transaction, execute};
use reqwest::Method;
use rstest::rstest;
use sea_orm::DbErr;
use serde_json::{Value, json};

use harness::{Collector, Installation, On};

/// Header of a request that belongs to a trace, and the trace that it names.
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRACE: [u8; 16] = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();

#[rstest]
#[case(On::Sqlite, "sqlite")]
#[case(On::Postgres, "postgresql")]
#[tokio::test(flavor = "multi_thread")]
async fn requests_become_traces_and_metrics(#[case] on: On, #[case] system: &str) {
    let collector = Collector::open().await;
    let studio = Installation::new(on, &collector.flags()).await;
    let server = studio.serve_with(&Collector::AT_ONCE).await;
    let admin = server.admin().await;
    admin.get("/data/departments").await.expect(200);
    let span = collector.span("GET /data/departments").await;
    for (name, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/data/departments"),
        ("http.response.status_code", "200"),
        ("enduser.role", "admin"),
        ("dailies.operation", "list_departments"),
    ] {
        assert_eq!(
            span.attributes.get(name).map(String::as_str),
            Some(value),
            "{name} of {span:?}"
        );
    }
    assert_eq!(span.sender.get("service.name").map(String::as_str), Some("dailies"));
    assert!(span.parent.is_empty(), "{span:?}");
    let spans = collector.spans();
    let statement = spans
        .iter()
        .find(|other| other.parent == span.id)
        .expect("a statement of the request");
    assert!(
        ["SELECT", "WITH"].contains(&statement.name.as_str()) && statement.trace == span.trace,
        "{statement:?}"
    );
    assert_eq!(
        statement.attributes.get("db.system.name").map(String::as_str),
        Some(system)
    );

    // Who is not signed in has no role; who names a trace is part of it.
    let request = server
        .nobody()
        .request(Method::GET, "/data/persons")
        .header("traceparent", PARENT);
    server
        .nobody()
        .finish(Method::GET, "/data/persons", request)
        .await
        .expect(401);
    let span = collector.span("GET /data/persons").await;
    assert_eq!(
        span.attributes.get("http.response.status_code").map(String::as_str),
        Some("401")
    );
    assert_eq!(
        (span.attributes.get("enduser.role"), span.trace.as_slice()),
        (None, &TRACE[..]),
        "{span:?}"
    );

    let route = ("route", "/data/departments");
    let requests = collector
        .point(
            "dailies_http_requests_total",
            &[route, ("method", "GET"), ("status", "200")],
        )
        .await;
    let times = collector.point("dailies_http_request_duration_seconds", &[route]).await;
    assert!(requests.value >= 1.0 && times.value >= 1.0, "{requests:?} {times:?}");
    let shown = server
        .nobody()
        .request(Method::GET, "/metrics")
        .send()
        .await
        .expect("an answer")
        .text()
        .await
        .expect("text");
    assert!(
        shown.contains("dailies_http_requests_total{method=\"GET\",route=\"/data/departments\""),
        "{shown}"
    );
    // An alert on jobs that are given up needs the count from before the first one.
    assert!(
        shown.contains("dailies_jobs_total{kind=\"removed-files\",outcome=\"given_up\"} 0"),
        "{shown}"
    );
    let keys = collector.keys();
    assert!(!keys.is_empty() && keys.iter().all(|key| key == "sheep"), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_traces_are_sent_at_the_end() {
    let collector = Collector::open().await;
    let studio = Installation::new(On::Sqlite, &collector.flags()).await;
    let server = studio.serve().await;
    server.nobody().get("/status").await.expect(200);
    server.end().await;
    assert!(
        collector.spans().iter().any(|span| span.name == "GET /status"),
        "{:?}",
        collector.spans()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_keeps_nobody_waiting() {
    let studio = Installation::new(On::Sqlite, &["--otlp-endpoint", "http://127.0.0.1:9"]).await;
    let server = studio.serve_with(&Collector::AT_ONCE).await;
    server.nobody().get("/status").await.expect(200);
    tokio::time::timeout(Duration::from_secs(25), server.end())
        .await
        .expect("an end in time");

    let studio = Installation::new(
        On::Sqlite,
        &["--otlp-endpoint", "http://127.0.0.1:9", "--otlp-headers", "sheep"],
    )
    .await;
    let refused = studio.refused().await;
    assert!(
        !refused.success && refused.complained.contains("OTEL_EXPORTER_OTLP_HEADERS"),
        "{refused:?}"
    );
    assert!(!refused.complained.contains("sheep"), "{refused:?}");
}

fn says(line: &Value, message: &str) -> bool {
    line["fields"]["message"] == message
}

#[tokio::test(flavor = "multi_thread")]
async fn levels_of_the_log_change_while_the_server_runs() {
    let studio = Installation::new(On::Sqlite, &["--log", "warn"]).await;
    let server = studio.serve().await;
    server.nobody().get("/status").await.expect(200);
    let file = studio.data().join("log_levels");
    std::fs::write(&file, "# for an hour\ndailies::web=info\ndailies::cli=info\n").expect("a file");
    server.signal("HUP").await;
    let lines = studio
        .logged(|line| says(line, "the levels of the log were read again"))
        .await;
    assert!(!lines.iter().any(|line| says(line, "answered")), "{lines:?}");
    server.nobody().get("/config").await.expect(200);
    let lines = studio.logged(|line| says(line, "answered")).await;
    let answered = lines.iter().find(|line| says(line, "answered")).expect("the line");
    assert_eq!(answered["span"]["operation"], "get_client_configuration", "{answered}");

    // What can't be read changes nothing, and ends nothing.
    std::fs::write(&file, "dailies=loud").expect("a file");
    server.signal("HUP").await;
    studio
        .logged(|line| {
            line["fields"]["message"]
                .as_str()
                .is_some_and(|text| text.contains("can't be read"))
        })
        .await;
    std::fs::remove_file(&file).expect("the file");
    server.nobody().get("/status").await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn slow_statements_are_logged_with_their_operation(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Installation::new(on, &["--slow-statement", "300"]).await;
    let server = studio.serve().await;
    let admin = server.admin().await;
    let department = admin
        .post("/data/departments", json!({"name": "Fog", "color": "#FFFFFF"}))
        .await
        .expect(201);
    let path = format!("/data/departments/{}", department["id"].as_str().expect("an id"));

    // Somebody else holds the row, so that the statement waits.
    let database = Database::connect(&studio.database_url, 1).await.expect("a connection");
    let (held, holding) = tokio::sync::oneshot::channel();
    let mut held = Some(held);
    let hold = || {
        let held = held.take();
        async move {
            let transaction = Transaction::current()?;
            execute(&transaction, &Sql::new("UPDATE department SET color = '#000000'")).await?;
            if let Some(held) = held {
                held.send(()).expect("somebody who waits");
            }
            tokio::time::sleep(Duration::from_millis(900)).await;
            transaction.finish();
            Ok::<(), DbErr>(())
        }
    };
    let change = async {
        holding.await.expect("the row is held");
        admin.put(&path, json!({"name": "Mist"})).await.expect(200)
    };
    let (stored, _) = tokio::join!(database.transact(hold), change);
    stored.expect("a change");
    let fits = |line: &Value| says(line, "a slow statement") && line["span"]["operation"] == "update_department";
    let lines = studio.logged(fits).await;
    let slow = lines.iter().find(|line| fits(line)).expect("the line");
    assert!(
        slow["fields"]["milliseconds"]
            .as_f64()
            .is_some_and(|time| time >= 300.0),
        "{slow}"
    );
    assert!(slow["fields"]["sql"].is_string(), "{slow}");
}
