//! Answers that did not change: the contract gives the operations, and each is asked with records of a studio that grows.
//!
//! A tag must be another one whenever the answer is; while nothing changed, 304 is answered with a statement or two, on
//! every server. What is kept in memory is the same answer, in every coding, and takes one statement.

mod board;
mod changes;
mod rights;
mod shared;

use async_compression::tokio::bufread::{BrotliDecoder, GzipDecoder, ZstdDecoder};
use dailies::database::Sql;
use dailies_definitions::access::Role;
use reqwest::{Method, header};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use harness::rows::execute;
use harness::{Client, Growth, On, Studio, TestServer, contract};

/// Rows of each table around the same records.
const ROWS: usize = 4;

/// Statements of a 304 at most, where the answer is kept: the marks tell that the access rule would decide as before.
const ENOUGH: u64 = 1;

/// Addresses whose rows have no marks of change, so that they are read each time.
const WITHOUT_TAG: [&str; 2] = ["/data/events", "/data/events/{instance_id}"];

/// An answer with its tag.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    pub status: u16,
    pub tag: Option<String>,
    pub bytes: Vec<u8>,
}

/// A studio that grew.
pub async fn grown(studio: &Studio) -> Growth<'_> {
    let mut growth = Growth::of(studio).await;
    growth.to(ROWS).await;
    growth
}

/// Asks for a list, as somebody who has an answer with this tag.
pub async fn ask(client: &Client, address: &str, known: Option<&str>) -> Answered {
    let mut request = client.request(Method::GET, address);
    if let Some(tag) = known {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    let response = request.send().await.expect("the server answers");
    let tag = response
        .headers()
        .get(header::ETAG)
        .map(|tag| tag.to_str().expect("ASCII").to_owned());
    let private = response
        .headers()
        .get(header::CACHE_CONTROL)
        .is_some_and(|value| value == "private, no-cache");
    assert_eq!(private, tag.is_some(), "{address}");
    let status = response.status().as_u16();
    assert!(status < 500, "GET {address} answered {status}");
    Answered {
        status,
        tag,
        bytes: response.bytes().await.expect("the whole answer").to_vec(),
    }
}

/// True if a parameter names the production.
fn is_project(parameter: &Value) -> bool {
    parameter["name"] == "project_id" && parameter["in"] == "query"
}

/// The addresses of all operations with conditional answers, filled with records of the studio.
pub async fn addresses(studio: &Studio, growth: &Growth<'_>) -> Vec<String> {
    let mut addresses = Vec::new();
    for (path, item) in contract()["paths"].as_object().expect("paths") {
        let operation = &item["get"];
        if operation["x-conditional"].is_null() || WITHOUT_TAG.contains(&path.as_str()) {
            continue;
        }
        // A record of a collection, where the studio has any.
        if path.contains("{instance_id}") {
            addresses.extend(growth.address(path, operation).await);
            continue;
        }
        let mut address = path.clone();
        for parameter in operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path")
        {
            let name = parameter["name"].as_str().expect("a name");
            let value = match name {
                "year" => "2026".to_owned(),
                "month" => "3".to_owned(),
                "week" => "10".to_owned(),
                "day" => "2".to_owned(),
                "date" => "2026-03-02".to_owned(),
                name => growth
                    .of_parameter(name.trim_start_matches("temporal_"))
                    .unwrap_or_else(|| panic!("a record for {name} of {path}"))
                    .to_string(),
            };
            address = address.replace(&format!("{{{name}}}"), &value);
        }
        addresses.push(address.clone());
        if operation["parameters"]
            .as_array()
            .is_some_and(|parameters| parameters.iter().any(is_project))
        {
            addresses.push(format!("{address}?project_id={}", studio.project_id));
        }
    }
    assert!(addresses.len() > 100, "{addresses:?}");
    addresses
}

/// Statements of a call. What the server does beside is counted, too, so the least of several counts.
async fn statements(studio: &Studio, client: &Client, address: &str, tag: &str, status: u16) -> u64 {
    let database = &studio.server.app.database;
    let mut least = u64::MAX;
    for _ in 0..6 {
        let before = database.statements();
        let answer = ask(client, address, Some(tag)).await;
        assert_eq!((answer.status, answer.bytes.len()), (status, 0), "{address}");
        assert_eq!(answer.tag.as_deref(), Some(tag), "{address}");
        least = least.min(database.statements() - before);
        if least <= ENOUGH {
            break;
        }
    }
    least
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_answer_is_told_so(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let growth = grown(&studio).await;
    let people = [
        studio.admin.clone(),
        studio.member(Role::Artist),
        studio.member(Role::Vendor),
    ];
    let mut answered = [0; 3];
    for address in addresses(&studio, &growth).await {
        // Some lists make what is missing in them when they are read first.
        ask(&studio.admin, &address, None).await;
        for (at, client) in people.iter().enumerate() {
            let first = ask(client, &address, None).await;
            if first.status != 200 {
                assert!(first.tag.is_none(), "{address}");
                continue;
            }
            answered[at] += 1;
            let tag = first.tag.clone().unwrap_or_else(|| panic!("{address} has no tag"));
            assert_eq!(tag.len(), 66, "{tag}");
            let count = statements(&studio, client, &address, &tag, 304).await;
            assert!(count <= ENOUGH, "{address}: {count} statements for nothing new");
            let weak = ask(client, &address, Some(&format!("\"other\", W/{tag}"))).await;
            assert_eq!(weak.status, 304, "{address}");
            // From memory now.
            assert_eq!(ask(client, &address, Some("\"other\"")).await, first, "{address}");
            let other = ask(&people[(at + 1) % people.len()], &address, Some(&tag)).await;
            assert_ne!(other.status, 304, "{address}: somebody else has the same tag");
        }
    }
    assert!(
        answered[0] > 100 && answered[1] > 50 && answered[2] > 30,
        "{answered:?}"
    );
}

/// An answer in a coding, and the coding that it came in.
async fn coded(client: &Client, address: &str, coding: &str) -> (Option<String>, Vec<u8>) {
    let response = client
        .request(Method::GET, address)
        .header(header::ACCEPT_ENCODING, coding)
        .send()
        .await
        .expect("the server answers");
    assert_eq!(response.status(), 200, "{address}");
    let header = |name| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().expect("ASCII").to_owned())
    };
    let (found, media, tag) = (
        header(header::CONTENT_ENCODING),
        header(header::CONTENT_TYPE),
        header(header::ETAG).expect("a tag"),
    );
    assert_eq!(tag.starts_with("W/"), found.is_some(), "{tag}");
    assert!(media.is_some_and(|media| media.contains("json")), "{address}");
    (found, response.bytes().await.expect("the whole answer").to_vec())
}

/// The text of an answer that came in a coding.
async fn decoded(coding: Option<&str>, bytes: Vec<u8>) -> Vec<u8> {
    let mut text = Vec::new();
    let done = match coding {
        None => return bytes,
        Some("br") => BrotliDecoder::new(&*bytes).read_to_end(&mut text).await,
        Some("gzip") => GzipDecoder::new(&*bytes).read_to_end(&mut text).await,
        Some("zstd") => ZstdDecoder::new(&*bytes).read_to_end(&mut text).await,
        Some(other) => panic!("{other} was not asked for"),
    };
    done.expect("a text in its coding");
    text
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_coding_holds_the_same(
    #[values(On::Sqlite, On::Postgres)] on: On,
    #[values(["gzip", "zstd", "br", "identity"], ["identity", "gzip", "br", "zstd"])] order: [&str; 4],
) {
    let studio = Studio::open(on).await;
    let large = board::large(&studio).await;
    let truth = ask(&studio.admin, &large, None).await.bytes;
    assert!(truth.len() > 300_000, "{} bytes", truth.len());
    let small = "/data/project-status";
    let small_truth = ask(&studio.admin, small, None).await.bytes;
    for round in 0..3 {
        for coding in order {
            let (found, bytes) = coded(&studio.admin, &large, coding).await;
            assert_eq!(
                found.as_deref(),
                Some(coding).filter(|coding| *coding != "identity"),
                "round {round}"
            );
            assert!(
                found.is_none() || bytes.len() < truth.len() / 5,
                "{coding} in round {round}"
            );
            assert!(
                decoded(found.as_deref(), bytes).await == truth,
                "{coding} in round {round}"
            );
            assert_eq!(
                coded(&studio.admin, small, coding).await,
                (None, small_truth.clone()),
                "{coding} in round {round}"
            );
        }
    }
    // HEAD says the same without the text.
    let head = studio
        .admin
        .request(Method::HEAD, &large)
        .send()
        .await
        .expect("an answer");
    assert!(head.headers().contains_key(header::ETAG) && head.headers()[header::CONTENT_TYPE] == "application/json");
    assert!(head.bytes().await.expect("nothing").is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn memory_spares_the_listing_unless_it_is_switched_off(#[values(On::Sqlite, On::Postgres)] on: On) {
    let kept = Studio::open(on).await;
    let made = Studio::open_with(on, &["--cache-type", "null"]).await;
    let count = async |studio: &Studio| {
        let address = format!("/data/assets/with-tasks?project_id={}", studio.project_id);
        for _ in 0..2 {
            ask(&studio.admin, &address, None).await;
        }
        let mut least = u64::MAX;
        for _ in 0..5 {
            let before = studio.server.app.database.statements();
            assert_eq!(ask(&studio.admin, &address, None).await.status, 200);
            least = least.min(studio.server.app.database.statements() - before);
        }
        least
    };
    assert!(count(&kept).await <= 1);
    assert!(count(&made).await > 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_on_one_database_know_each_others_tags() {
    let studio = Studio::open(On::Postgres).await;
    let growth = grown(&studio).await;
    let other: TestServer = studio.server.beside().await;
    let there = studio.admin.at(&other);
    for address in addresses(&studio, &growth).await {
        // Some lists make what is missing in them when they are read first.
        ask(&studio.admin, &address, None).await;
        let first = ask(&studio.admin, &address, None).await;
        if let Some(tag) = &first.tag {
            assert_eq!(ask(&there, &address, Some(tag)).await.status, 304, "{address}");
        }
    }
    let address = format!("/data/shots/with-tasks?project_id={}", studio.project_id);
    let before = [
        ask(&studio.admin, &address, None).await,
        ask(&there, &address, None).await,
    ];
    assert_eq!(before[0], before[1]);
    let task = growth.of_parameter("task_id").expect("a task");
    there
        .put(&format!("/data/tasks/{task}"), json!({"priority": 3}))
        .await
        .expect(200);
    for client in [&studio.admin, &there] {
        let after = ask(client, &address, before[0].tag.as_deref()).await;
        assert_eq!(after.status, 200);
        assert_ne!(after.bytes, before[0].bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_where_another_program_took_the_triggers_away() {
    let studio = Studio::open(On::Postgres).await;
    grown(&studio).await;
    let database = &studio.server.app.database;
    let address = format!("/data/shots/with-tasks?project_id={}", studio.project_id);
    let before = ask(&studio.admin, &address, None).await;
    let tag = before.tag.clone().expect("a tag");
    for loss in ["DROP TRIGGER dailies_mark_update ON entity", "DROP TABLE dailies_mark"] {
        execute(database, &Sql::new(loss)).await.expect(loss);
        let after = ask(&studio.admin, &address, Some(&tag)).await;
        assert_eq!(
            (after.status, &after.tag, &after.bytes),
            (200, &None, &before.bytes),
            "{loss}"
        );
    }
    let change = Sql::new("UPDATE entity SET description = 'Changed by another program'");
    execute(database, &change).await.expect("a change");
    let changed = ask(&studio.admin, &address, Some(&tag)).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.bytes, before.bytes);
}
