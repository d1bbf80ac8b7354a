//! The contract and what stands for it: no drift between the document, the copy of it that reviews look at, and what
//! poem-openapi reports.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dailies_definitions::Api;
use poem_openapi::OpenApiService;
use serde_json::{Map, Value};

use harness::{On, TestServer, contract};

/// Document without what poem-openapi can't say: extensions, links, examples and empty values of parameters, and
/// patterns of the 3.0 dialect that it writes in another way.
fn reduced(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, value)| {
                let empty = matches!(value, Value::Array(list) if list.is_empty());
                let says_nothing = matches!(
                    (key.as_str(), value),
                    ("deprecated" | "required" | "nullable", Value::Bool(false)) | ("explode", Value::Bool(true))
                );
                !key.starts_with("x-") && !empty && !says_nothing && *value != &Value::Bool(false)
            });
            Value::Object(
                kept.map(|(key, value)| (key.clone(), reduced(value)))
                    .collect::<Map<_, _>>(),
            )
        }
        Value::Array(list) => list.iter().map(reduced).collect(),
        other => other.clone(),
    }
}

fn operations(document: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("a path item") {
            let mut operation = operation.clone();
            for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
                parameter
                    .as_object_mut()
                    .expect("a parameter")
                    .retain(|key, _| !["example", "allowEmptyValue"].contains(&key.as_str()));
            }
            let content = operation
                .pointer_mut("/requestBody/content")
                .and_then(Value::as_object_mut);
            for media in content.into_iter().flat_map(|content| content.values_mut()) {
                media.as_object_mut().expect("a media type").remove("example");
            }
            if let Some(responses) = operation["responses"].as_object_mut() {
                for response in responses.values_mut() {
                    if let Some(response) = response.as_object_mut() {
                        response.remove("links");
                    }
                    if let Some(target) = response["$ref"]
                        .as_str()
                        .and_then(|reference| document.pointer(reference.trim_start_matches('#')))
                    {
                        *response = target.clone();
                    }
                }
            }
            found.insert(format!("{} {path}", method.to_uppercase()), reduced(&operation));
        }
    }
    found
}

#[test]
fn the_bundled_contract_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/openapi.json");
    let bundled = fs::read_to_string(&path).unwrap_or_default();
    let contract = format!("{}\n", serde_json::to_string_pretty(contract()).expect("JSON"));
    if bundled != contract {
        let differ = bundled
            .lines()
            .zip(contract.lines())
            .enumerate()
            .find(|(_, (old, new))| old != new);
        let first = differ.map_or_else(
            || "one of them ends earlier".to_owned(),
            |(at, (old, new))| {
                format!(
                    "line {}\n  is        {}\n  should be {}",
                    at + 1,
                    old.trim(),
                    new.trim()
                )
            },
        );
        panic!(
            "openapi/openapi.json is not what openapi/spec says: {first}\nWrite it anew: cargo run -- openapi > openapi/openapi.json"
        );
    }
}

/// Words that begin a question, and no name of what is described. A yes or no may begin with `Whether`.
const QUESTION_WORDS: [&str; 10] = [
    "What", "Whether", "How", "Who", "Whom", "Whose", "When", "Where", "Which", "Why",
];

/// Descriptions below a place that begin with a word of a question.
fn questions(place: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let text = map.get("description").and_then(Value::as_str).unwrap_or_default();
            let word = text
                .split(|letter: char| !letter.is_alphanumeric())
                .next()
                .unwrap_or_default();
            let is_flag = value["type"] == "boolean" || value["schema"]["type"] == "boolean";
            if QUESTION_WORDS.contains(&word) && !(word == "Whether" && is_flag) {
                found.push(format!("{place}: {text}"));
            }
            for (key, value) in map {
                questions(&format!("{place} / {key}"), value, found);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                questions(&format!("{place} / {at}"), value, found);
            }
        }
        _ => {}
    }
}

#[test]
fn descriptions_begin_with_what_they_describe() {
    let mut found = Vec::new();
    questions("", contract(), &mut found);
    assert!(found.is_empty(), "say what kind of thing it is:\n{}", found.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_poem_openapi_reports_is_the_contract() {
    let server = TestServer::start(On::Sqlite).await;
    let service = OpenApiService::new(Api(dailies::server::handlers(&server.app)), "Dailies", "0");
    let reported: Value = serde_json::from_str(&service.spec()).expect("JSON");
    let wanted = operations(contract());
    let found = operations(&reported);
    assert_eq!(wanted.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
    let mut drift = Vec::new();
    for (name, operation) in &wanted {
        differences(name, operation, &found[name], &mut drift);
    }
    for (name, schema) in contract()["components"]["schemas"].as_object().expect("schemas") {
        differences(
            name,
            &reduced(schema),
            &reduced(&reported["components"]["schemas"][name]),
            &mut drift,
        );
    }
    assert!(drift.is_empty(), "{} difference(s):\n{}", drift.len(), drift.join("\n"));
}

#[test]
fn names_that_bodies_need_hold_more_than_blanks() {
    let mut lax = Vec::new();
    let mut checked = 0;
    for (path, item) in contract()["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            let schema = body["$ref"]
                .as_str()
                .and_then(|reference| contract().pointer(reference.trim_start_matches('#')))
                .unwrap_or(body);
            let name = &schema["properties"]["name"];
            if name["minLength"] != 1 {
                continue;
            }
            checked += 1;
            if name["pattern"] != r"\S" {
                lax.push(format!("{method} {path}"));
            }
        }
    }
    assert!(lax.is_empty(), "without a pattern:\n{}", lax.join("\n"));
    assert!(checked > 12, "{checked}");
}

/// Names every place where two documents differ.
fn differences(place: &str, wanted: &Value, found: &Value, drift: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            for key in wanted
                .keys()
                .chain(found.keys().filter(|key| !wanted.contains_key(*key)))
            {
                let (wanted, found) = (
                    wanted.get(key).unwrap_or(&Value::Null),
                    found.get(key).unwrap_or(&Value::Null),
                );
                differences(&format!("{place} / {key}"), wanted, found, drift);
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            for (at, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                differences(&format!("{place} / {at}"), wanted, found, drift);
            }
        }
        (Value::Number(wanted), Value::Number(found)) if wanted.as_f64() == found.as_f64() => {}
        _ if wanted == found => {}
        // Two ways to say that anything may follow.
        (Value::Bool(true), Value::Object(anything)) if anything.is_empty() => {}
        _ => drift.push(format!("{place}: {wanted} in the contract, {found} reported")),
    }
}

#[test]
fn the_introduction_names_schemas_that_are_there() {
    let text = contract()["info"]["description"].as_str().expect("an introduction");
    let schemas = contract()["components"]["schemas"].as_object().expect("schemas");
    let named: Vec<&str> = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.ends_with("Error"))
        .collect();
    assert!(named.len() > 2, "{named:?}");
    for name in named {
        assert!(schemas.contains_key(name), "{name} is no schema");
    }
}
