//! Calls and what they must answer, as small files in `replay/`: one file is one studio, whose steps run in order.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use dailies::database::Sql;
use dailies_definitions::access::Role;
use reqwest::Method;
use rstest::rstest;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use harness::{Answer, Client, On, Studio, fill, fill_all, mismatch};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    /// What the file is about.
    about: String,
    /// Flags that the server starts with.
    #[serde(default)]
    flags: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// What the step shows, in one sentence.
    does: String,
    /// Who calls: a role of the team, `outside` and a role, or nobody.
    #[serde(default = "admin", rename = "as")]
    caller: String,
    /// Method and path.
    call: String,
    body: Option<Value>,
    /// Headers that the call has besides the usual ones.
    #[serde(default)]
    with: HashMap<String, String>,
    /// A table that is sent as the file of a form, in place of a body.
    table: Option<String>,
    /// Name of that file.
    #[serde(default = "table_name")]
    file: String,
    #[serde(default = "ok")]
    status: u16,
    /// The shape of the answer.
    answer: Option<Value>,
    /// The answer to the letter, where it is no JSON; lines end with line feeds here.
    text: Option<String>,
    /// Variable for the answer as text.
    keep: Option<String>,
    /// Variables, each by its place in the answer.
    #[serde(default)]
    save: HashMap<String, String>,
    /// Names and payloads of the events that the step makes, in order.
    events: Option<Vec<serde_json::Map<String, Value>>>,
    /// Who may not do it; they are tried first.
    #[serde(default)]
    refused: Vec<String>,
}

fn admin() -> String {
    "admin".into()
}

fn ok() -> u16 {
    200
}

fn table_name() -> String {
    "table.csv".into()
}

fn role(word: &str) -> Role {
    match word {
        "admin" => Role::Admin,
        "manager" => Role::Manager,
        "supervisor" => Role::Supervisor,
        "artist" => Role::Artist,
        "client" => Role::Client,
        "vendor" => Role::Vendor,
        other => panic!("there is no role '{other}'"),
    }
}

fn caller(studio: &Studio, word: &str) -> Client {
    match word.split_once(' ') {
        _ if word == "nobody" => studio.server.nobody(),
        _ if word == "admin" => studio.admin.clone(),
        Some(("outside", word)) => studio.stranger(role(word)),
        _ => studio.member(role(word)),
    }
}

async fn variables(studio: &Studio) -> HashMap<String, String> {
    let mut known = HashMap::from([("production".to_owned(), studio.project_id.to_string()), ("admin".to_owned(), studio.admin_id.to_string())]);
    for word in ["manager", "supervisor", "artist", "client", "vendor"] {
        known.insert(word.to_owned(), studio.member_id(role(word)).to_string());
        known.insert(format!("outside_{word}"), studio.stranger_id(role(word)).to_string());
    }
    let seeded = [
        ("asset_type", "entity-types", "Character"),
        ("task_type", "task-types", "Modeling"),
        ("task_type_shot", "task-types", "Animation"),
        ("department", "departments", "Modeling"),
        ("status_todo", "task-status", "Todo"),
        ("status_done", "task-status", "Done"),
    ];
    for (variable, collection, name) in seeded {
        known.insert(variable.to_owned(), studio.named(collection, name).await.to_string());
    }
    known
}

/// One event of the log: its id, name and payload.
type Logged = (Uuid, String, Value);

/// The log of events, the oldest first.
async fn log(studio: &Studio) -> Vec<Logged> {
    let sql = Sql::new("SELECT id, name, data FROM api_event ORDER BY created_at");
    let rows = studio.server.app.database.rows(&sql).await.expect("the log");
    let read = |row: &sea_orm::QueryResult| {
        (row.try_get_by_index(0).expect("an id"), row.try_get_by_index(1).expect("a name"), row.try_get_by_index(2).expect("a payload"))
    };
    rows.iter().map(read).collect()
}

/// Names and payloads of the events that were not known, the oldest first. Others may be gone: persons take theirs along.
async fn events(studio: &Studio, known: &[Logged]) -> Vec<(String, Value)> {
    let known: HashSet<Uuid> = known.iter().map(|(id, _, _)| *id).collect();
    let events = log(studio).await.into_iter().filter(|(id, _, _)| !known.contains(id));
    events.map(|(_, name, payload)| (name, payload)).collect()
}

/// Calls with headers, in whose values variables may stand, or with a table as the file of a form.
async fn call(
    client: &Client,
    method: &Method,
    path: &str,
    body: Option<Value>,
    headers: &HashMap<String, String>,
    table: Option<(&str, &str)>,
    known: &HashMap<String, String>,
) -> Answer {
    if let Some((name, table)) = table {
        return client.send_file(path, name, table.as_bytes()).await;
    }
    let mut request = client.request(method.clone(), path);
    for (name, value) in headers {
        request = request.header(name, fill(value, known));
    }
    if let Some(body) = &body {
        request = request.json(body);
    }
    client.finish(method.clone(), path, request).await
}

async fn check(studio: &Studio, step: &Step, known: &mut HashMap<String, String>) {
    let (method, path) = step.call.split_once(' ').expect("a method and a path");
    let method: Method = method.parse().expect("a method");
    let path = fill(path, known);
    let does = &step.does;
    assert!(!path.contains('{'), "{does} {path} names an unknown variable");
    let body = step.body.as_ref().map(|body| fill_all(body, known));
    let table = step.table.as_ref().map(|table| fill(table, known));
    let table = table.as_deref().map(|table| (step.file.as_str(), table));
    let before = log(studio).await;
    for word in &step.refused {
        let status = call(&caller(studio, word), &method, &path, body.clone(), &step.with, table, known).await.status;
        let expected: &[u16] = match word.as_str() {
            "nobody" => &[401],
            word if word.starts_with("outside") => &[403, 404],
            _ => &[403],
        };
        assert!(expected.contains(&status), "{does} The {word} got {status} instead of a refusal: {method} {path}");
    }
    assert_eq!(log(studio).await.len(), before.len(), "{does} Somebody who was refused made events.");
    let answer = call(&caller(studio, &step.caller), &method, &path, body, &step.with, table, known).await;
    assert_eq!(answer.status, step.status, "{does} {method} {path} answered {}", String::from_utf8_lossy(&answer.bytes));
    if let Some(problem) = step.answer.as_ref().and_then(|shape| mismatch(shape, &answer.json, known)) {
        panic!("{does} {method} {path}: {problem}\n{}", answer.json);
    }
    let text = String::from_utf8_lossy(&answer.bytes).replace("\r\n", "\n");
    if let Some(expected) = &step.text {
        assert_eq!(text, fill(expected, known), "{does} {method} {path}");
    }
    if let Some(variable) = &step.keep {
        known.insert(variable.clone(), text);
    }
    for (variable, place) in &step.save {
        let pointer = format!("/{}", place.replace('.', "/"));
        let value = if place.is_empty() { Some(&answer.json) } else { answer.json.pointer(&pointer) };
        let value = value.filter(|value| !value.is_null()).unwrap_or_else(|| panic!("{does} There is no {place} in {}", answer.json));
        known.insert(variable.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    if let Some(expected) = &step.events {
        let made = events(studio, &before).await;
        let expected: Vec<(String, Value)> =
            expected.iter().flat_map(|event| event.iter().map(|(name, payload)| (name.clone(), payload.clone()))).collect();
        let names = |events: &[(String, Value)]| events.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&made), names(&expected), "{does} Events of {method} {path}: {made:?}");
        for ((name, payload), (_, shape)) in made.iter().zip(&expected) {
            if let Some(problem) = mismatch(shape, payload, known) {
                panic!("{does} The event {name}: {problem}\n{payload}");
            }
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn answers_as_written(#[files("tests/replay/*.yaml")] file: PathBuf, #[values(On::Sqlite, On::Postgres)] on: On) {
    let text = std::fs::read_to_string(&file).expect("a file");
    let replay: Replay = serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert!(!replay.about.is_empty() && !replay.steps.is_empty());
    let flags: Vec<&str> = replay.flags.iter().map(String::as_str).collect();
    let studio = Studio::open_with(on, &flags).await;
    let mut known = variables(&studio).await;
    for step in &replay.steps {
        check(&studio, step, &mut known).await;
    }
}
