//! Calls that change many tasks at once: by one client, or shared out to several.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::client::{Client, Problem};
use super::figures::Figures;
use super::loads::Load;
use super::stage::{Stage, id, shares};

/// Lines in the order of the work. Their rates are those of tasks, not of calls.
pub const LINES: [&str; 6] = [
    "many tasks: create",
    "many tasks: assign",
    "many tasks: assign again",
    "many tasks: set a priority",
    "many tasks: unassign",
    "many tasks: delete",
];

/// A call with its body.
struct Request {
    method: Method,
    path: String,
    body: Value,
}

/// Creates the tasks of all assets, assigns them, again without any change, gives them a priority, takes the person off, and
/// deletes them. Each client has its share of the tasks.
///
/// # Errors
/// An answer is no success, or no task was created.
pub async fn measure(client: &Client, stage: &Stage, clients: usize) -> Result<Vec<Figures>, Problem> {
    let create = |(path, assets): (String, &[String])| Request {
        method: Method::POST,
        path,
        body: json!(assets),
    };
    let creations = stage
        .creations(clients)
        .into_iter()
        .map(|share| share.into_iter().map(create).collect::<Vec<_>>());
    let (made, load) = at_once(client, creations.collect()).await?;
    let tasks: Vec<String> = made
        .iter()
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(id)
        .collect();
    if tasks.is_empty() {
        return Err("no task was created".into());
    }
    let mut figures = vec![load.figures(tasks.len())];
    let (assignment, deletion) = (stage.assignment(), stage.deletion());
    for (method, path, fields) in [
        (Method::PUT, assignment.as_str(), json!({})),
        (Method::PUT, assignment.as_str(), json!({})),
        (Method::PUT, "/actions/tasks/set-priority", json!({"priority": 2})),
        (
            Method::PUT,
            "/actions/tasks/clear-assignation",
            json!({"person_id": stage.member}),
        ),
        (Method::POST, deletion.as_str(), Value::Null),
    ] {
        let request = |tasks: &[String]| {
            vec![Request {
                method: method.clone(),
                path: path.to_owned(),
                body: body(&fields, tasks),
            }]
        };
        let (_, load) = at_once(client, shares(&tasks, clients).map(request).collect()).await?;
        figures.push(load.figures(tasks.len()));
    }
    Ok(figures)
}

/// The fields with the tasks; the bare list of tasks where there are none.
fn body(fields: &Value, tasks: &[String]) -> Value {
    let mut body = fields.clone();
    match &mut body {
        Value::Object(fields) => {
            fields.insert("task_ids".to_owned(), json!(tasks));
        }
        bare => *bare = json!(tasks),
    }
    body
}

/// Makes the calls of all clients at once, those of each one after another. Gives the answers, and how long it took.
async fn at_once(client: &Client, clients: Vec<Vec<Request>>) -> Result<(Vec<Value>, Load), Problem> {
    let started = Instant::now();
    let mut running: JoinSet<Result<Vec<_>, Problem>> = JoinSet::new();
    for requests in clients {
        let client = client.clone();
        running.spawn(async move {
            let mut done = Vec::new();
            for Request { method, path, body } in requests {
                done.push(client.send(method, &path, Some(&body)).await?);
            }
            Ok(done)
        });
    }
    let (mut answers, mut load) = (Vec::new(), Load::default());
    while let Some(done) = running.join_next().await {
        for (time, answer) in done?? {
            load.times.push(time);
            answers.push(answer);
        }
    }
    load.elapsed = started.elapsed();
    Ok((answers, load))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_name_the_tasks() {
        let tasks = ["a".to_owned(), "b".to_owned()];
        assert_eq!(
            body(&json!({"priority": 2}), &tasks),
            json!({"priority": 2, "task_ids": ["a", "b"]})
        );
        assert_eq!(body(&Value::Null, &tasks), json!(["a", "b"]));
    }
}
