//! Calls and what they must answer, as small files in `replay/`: one file is one studio, whose steps run in order. How they
//! are written is explained in `README.md` beside this file.

mod plans;

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;

use dailies::database::{Sql, read_all};
use dailies_definitions::access::Role;
use futures::FutureExt;
use harness::{Answer, Client, On, Studio, differences, fill, fill_all};
use reqwest::Method;
use rstest::rstest;
use sea_orm::FromQueryResult;
use serde_json::Value;
use uuid::Uuid;

use self::plans::{Planned, Step, plan};

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
    let mut known = HashMap::from([
        ("production".to_owned(), studio.project_id.to_string()),
        ("admin".to_owned(), studio.admin_id.to_string()),
    ]);
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

/// One event of the log.
#[derive(Debug, FromQueryResult)]
struct Logged {
    id: Uuid,
    name: String,
    data: Value,
}

/// The log of events, the oldest first.
async fn log(studio: &Studio) -> Vec<Logged> {
    let sql = Sql::new("SELECT id, name, data FROM api_event ORDER BY created_at");
    read_all(&studio.server.app.database, &sql).await.expect("the log")
}

/// The events that were not known, the oldest first. Others may be gone: persons take theirs along.
async fn events(studio: &Studio, known: &[Logged]) -> Vec<Logged> {
    let known: HashSet<Uuid> = known.iter().map(|event| event.id).collect();
    log(studio)
        .await
        .into_iter()
        .filter(|event| !known.contains(&event.id))
        .collect()
}

/// The call of a step, with the values of its variables.
struct Call<'a> {
    method: Method,
    path: String,
    headers: HashMap<&'a str, String>,
    body: Option<Value>,
    /// A table, and the name under which a form brings it as a file.
    table: Option<(&'a str, String)>,
}

impl<'a> Call<'a> {
    fn of(step: &'a Step, known: &HashMap<String, String>) -> Self {
        let (method, path) = step.call.split_once(' ').expect("a method and a path");
        let headers = step.with.iter();
        let table = step.table.as_ref();
        Self {
            method: method.parse().expect("a method"),
            path: fill(path, known),
            headers: headers
                .map(|(name, value)| (name.as_str(), fill(value, known)))
                .collect(),
            body: step.body.as_ref().map(|body| fill_all(body, known)),
            table: table.map(|table| (step.file.as_str(), fill(table, known))),
        }
    }

    async fn send(&self, client: &Client) -> Answer {
        if let Some((name, table)) = &self.table {
            return client.send_file(&self.path, name, table.as_bytes()).await;
        }
        let mut request = client.request(self.method.clone(), &self.path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        client.finish(self.method.clone(), &self.path, request).await
    }
}

/// Does a step, and says what is not as it is written.
async fn check(studio: &Studio, step: &Step, prepares: bool, known: &mut HashMap<String, String>) -> Vec<String> {
    let call = Call::of(step, known);
    if call.path.contains('{') {
        return vec![format!("{} names an unknown variable", call.path)];
    }
    let before = log(studio).await;
    let mut problems = Vec::new();
    if !prepares {
        problems.extend(wrong_refusals(studio, step, &call).await);
    }
    if log(studio).await.len() != before.len() {
        problems.push("somebody who was refused made events".into());
    }
    let answer = call.send(&caller(studio, &step.caller)).await;
    if answer.status != step.status {
        problems.push(format!(
            "{} {} answered {}, not {}: {}",
            call.method,
            call.path,
            answer.status,
            step.status,
            String::from_utf8_lossy(&answer.bytes)
        ));
        return problems;
    }
    let text = String::from_utf8_lossy(&answer.bytes).replace("\r\n", "\n");
    if !prepares {
        problems.extend(wrong_answer(step, &answer, &text, known));
    }
    if let Some(variable) = &step.keep {
        known.insert(variable.clone(), text);
    }
    problems.extend(save(step, &answer, known));
    if let Some(expected) = step.events.as_ref().filter(|_| !prepares) {
        problems.extend(wrong_events(&events(studio, &before).await, expected, known));
    }
    problems
}

/// Callers who should be refused and are not.
async fn wrong_refusals(studio: &Studio, step: &Step, call: &Call<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    for word in &step.refused {
        let status = call.send(&caller(studio, word)).await.status;
        let expected: &[u16] = match word.as_str() {
            "nobody" => &[401],
            word if word.starts_with("outside") => &[403, 404],
            _ => &[403],
        };
        if !expected.contains(&status) {
            problems.push(format!("the {word} got {status} in place of a refusal"));
        }
    }
    problems
}

/// Saves variables by their places in an answer, and says which are not there.
fn save(step: &Step, answer: &Answer, known: &mut HashMap<String, String>) -> Vec<String> {
    let mut problems = Vec::new();
    for (variable, place) in &step.save {
        let pointer = format!("/{}", place.replace('.', "/"));
        let value = if place.is_empty() {
            Some(&answer.json)
        } else {
            answer.json.pointer(&pointer)
        };
        match value.filter(|value| !value.is_null()) {
            Some(value) => {
                known.insert(
                    variable.clone(),
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                );
            }
            None => problems.push(format!("there is no {place} in {}", answer.json)),
        }
    }
    problems
}

/// Differences between an answer and the step.
fn wrong_answer(step: &Step, answer: &Answer, text: &str, known: &HashMap<String, String>) -> Vec<String> {
    let mut problems = step
        .answer
        .as_ref()
        .map(|shape| differences(shape, &answer.json, known))
        .unwrap_or_default();
    if !problems.is_empty() {
        problems.push(format!("the whole answer: {}", answer.json));
    }
    if let Some(expected) = &step.text {
        let expected = fill(expected, known);
        let differ = expected
            .lines()
            .zip(text.lines())
            .enumerate()
            .find(|(_, (expected, found))| expected != found);
        match differ {
            Some((at, (expected, found))) => {
                problems.push(format!("line {} of the answer is {found:?}, not {expected:?}", at + 1))
            }
            None if expected != text => problems.push(format!("the answer is {text:?}, not {expected:?}")),
            None => {}
        }
    }
    problems
}

/// Differences between the events of a step and those that it should make.
fn wrong_events(
    made: &[Logged],
    expected: &[serde_json::Map<String, Value>],
    known: &HashMap<String, String>,
) -> Vec<String> {
    let expected: Vec<(&String, &Value)> = expected.iter().flatten().collect();
    let names: Vec<&str> = made.iter().map(|event| event.name.as_str()).collect();
    let wanted: Vec<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
    if names != wanted {
        let payloads: String = made
            .iter()
            .map(|event| format!("\n    {}: {}", event.name, event.data))
            .collect();
        return vec![format!("the events are {names:?}, not {wanted:?}{payloads}")];
    }
    let pairs = made.iter().zip(expected);
    pairs
        .flat_map(|(event, (name, shape))| {
            differences(shape, &event.data, known)
                .into_iter()
                .map(move |problem| format!("event {name}: {problem}"))
        })
        .collect()
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}

/// Does all steps. One that fails does not hide the others, save for those that need what it would have given.
async fn replay(studio: &Studio, planned: &[Planned]) -> String {
    let mut known = variables(studio).await;
    let mut lost: HashMap<String, &str> = HashMap::new();
    let mut report = String::new();
    for Planned {
        place,
        source,
        prepares,
        step,
    } in planned
    {
        let given = || step.save.keys().chain(&step.keep);
        let needed = lost.iter().find(|(variable, _)| {
            source.contains(&format!("{{{variable}}}")) && given().all(|given| given != *variable)
        });
        let problems = match needed {
            Some((variable, from)) => vec![format!("left out: {{{variable}}} of {from} is not known")],
            None => {
                let outcome = AssertUnwindSafe(check(studio, step, *prepares, &mut known))
                    .catch_unwind()
                    .await;
                outcome.unwrap_or_else(|panic| vec![said(panic.as_ref())])
            }
        };
        if !problems.is_empty() {
            lost.extend(
                given()
                    .filter(|variable| !known.contains_key(*variable))
                    .map(|variable| (variable.clone(), place.as_str())),
            );
            let _ = write!(
                report,
                "\n\ntests/replay/{place}: {}\n  {}\n  {}",
                step.does,
                step.call,
                problems.join("\n  ")
            );
        }
    }
    report
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn answers_as_written(#[files("tests/replay/*.yaml")] file: PathBuf, #[values(On::Sqlite, On::Postgres)] on: On) {
    let mut planned = Vec::new();
    let flags = plan(&file, false, &mut planned);
    let studio = Studio::open_using(on, &flags, &[]).await;
    let report = replay(&studio, &planned).await;
    assert!(report.is_empty(), "not as written:{report}");
}
