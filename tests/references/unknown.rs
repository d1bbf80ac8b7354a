//! Ids of nothing in bodies: the refusal names the property that has it.
//!
//! The contract gives the operations with the places of ids in their bodies. Each operation is called with the records of a
//! sample, by somebody who may do everything, except that one id after the other means nothing.

use std::collections::BTreeSet;
use std::fmt;

use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::concurrency::calls::{Body, Operation, WITH_SECRETS, operations};
use crate::concurrency::sample::{Sample, Samples};
use crate::concurrency::{no_problems, resolved, studio};
use harness::On;

/// Places whose ids are passed over where they mean nothing, by operation.
const PASSED_OVER: &[(&str, &str)] = &[
    // What is named together is dealt with as far as it is there.
    ("assign_tasks_to_person", "task_ids[]"),
    ("clear_assignations", "person_id"),
    ("clear_assignations", "task_ids[]"),
    ("copy_client_comments", "task_ids[]"),
    ("create_temporary_playlist", "entity_ids[]"),
    ("delete_project_entities", "[]"),
    ("delete_tasks", "[]"),
    ("move_concepts", "concept_ids[]"),
    ("set_task_priority", "task_ids[]"),
    ("share_project_assets", "asset_ids[]"),
    ("share_project_assets_of_type", "asset_ids[]"),
    ("unfollow_tasks", "task_ids[]"),
    ("update_asset_casting", "[].asset_id"),
    ("update_entities_casting", "{}[].asset_id"),
    ("update_entity_casting", "[].asset_id"),
    // What narrows a selection leaves nothing of it.
    ("notify_playlist_clients", "department_id"),
    ("notify_playlist_clients", "studio_id"),
    ("search", "project_id"),
    // Entries whose preview is gone show none.
    ("create_playlist", "shots[].preview_file_id"),
    ("update_playlist", "shots[].preview_file_id"),
    // A guest who is not known is a new one.
    ("create_guest", "guest_id"),
    // The server knows it better, or has an operation of its own for it.
    ("create_task", "project_id"),
    ("update_shot", "entity_concept_links[]"),
    // Answers have no table, so that their ids lead nowhere.
    ("create_attachment_file", "reply_id"),
    ("create_notification", "reply_id"),
    ("update_attachment_file", "reply_id"),
    ("update_notification", "reply_id"),
];

/// Operations that refuse every body which is made here: there are all salary scales, and invitations take addresses.
const CLOSED: [&str; 2] = ["create_salary_scale", "invite_to_shared_playlist"];

/// Names of imports with those that their columns have today, which refusals tell.
const OTHER_NAMES: [(&str, &str); 2] = [("asset_type_id", "entity_type_id"), ("sequence_id", "parent_id")];

/// Deepest place of an id in a body.
const DEEPEST: usize = 8;

/// Step from a value of a body into it.
#[derive(Clone, Copy)]
enum Step {
    Key(&'static str),
    /// The first item of a list.
    Item,
    /// The value of any key.
    Any,
}

/// Place of an id in a body.
#[derive(Clone, Default)]
struct Place(Vec<Step>);

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if at == 0 => formatter.write_str(key)?,
                Step::Key(key) => write!(formatter, ".{key}")?,
                Step::Item => formatter.write_str("[]")?,
                Step::Any => formatter.write_str("{}")?,
            }
        }
        Ok(())
    }
}

impl Place {
    /// The places of ids in the body of an operation, apart from the ids that records are to have.
    fn all(operation: &Operation) -> Vec<Self> {
        let mut found = Vec::new();
        if let Some(schema) = operation.json_schema() {
            Self::default().collect(schema, &mut found);
        }
        found
    }

    fn collect(&self, schema: &'static Value, found: &mut Vec<Self>) {
        let schema = resolved(schema);
        if self.0.len() == DEEPEST {
            return;
        }
        if self.holds_id(schema) {
            found.push(self.clone());
        }
        if schema["type"] == "array" {
            self.then(Step::Item).collect(&schema["items"], found);
        }
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            self.then(Step::Key(key)).collect(property, found);
        }
        if schema["additionalProperties"].is_object() {
            self.then(Step::Any).collect(&schema["additionalProperties"], found);
        }
    }

    fn then(&self, step: Step) -> Self {
        Self(self.0.iter().copied().chain([step]).collect())
    }

    fn holds_id(&self, schema: &Value) -> bool {
        match self.0.last() {
            Some(Step::Key("id" | "plugin_id")) => false,
            Some(Step::Key(key)) => schema["format"] == "uuid" || (schema["type"] == "string" && key.ends_with("_id")),
            _ => schema["format"] == "uuid",
        }
    }

    fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(*key),
            Step::Item | Step::Any => None,
        })
    }

    /// True if a refusal names the property, or a list that it is in. An item of a list that is the whole body has its place for
    /// a name.
    fn is_named(&self, refusal: &Value) -> bool {
        if self.keys().next().is_none() {
            return refusal["data"]["errors"][0]["field"] == "0";
        }
        let text = refusal.to_string();
        let others = OTHER_NAMES
            .iter()
            .filter(|(name, _)| self.keys().any(|key| key == *name));
        self.keys()
            .chain(others.map(|(_, column)| *column))
            .any(|key| text.contains(key))
    }

    /// Puts an id there, and says whether it could. What is around it is only added if that is wanted.
    fn put(&self, body: &mut Value, id: &Value, adds: bool) -> bool {
        put(body, &self.0, id, adds)
    }
}

fn put(value: &mut Value, steps: &[Step], id: &Value, adds: bool) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        *value = id.clone();
        return true;
    };
    let adds_here = adds || rest.iter().all(|step| matches!(step, Step::Item));
    match step {
        Step::Key(key) => {
            if adds && value.is_null() {
                *value = json!({});
            }
            let Some(object) = value
                .as_object_mut()
                .filter(|object| adds_here || object.contains_key(*key))
            else {
                return false;
            };
            put(object.entry(*key).or_insert(Value::Null), rest, id, adds)
        }
        Step::Item => {
            if adds_here && value.is_null() {
                *value = json!([null]);
            }
            let first = value.as_array_mut().and_then(|list| list.first_mut());
            first.is_some_and(|first| put(first, rest, id, adds))
        }
        Step::Any => {
            let first = value.as_object_mut().and_then(|object| object.values_mut().next());
            first.is_some_and(|first| put(first, rest, id, adds))
        }
    }
}

/// Answer to an id of nothing.
enum Outcome {
    Named,
    PassedOver,
    /// Refused without the name, with all that was tried.
    Unnamed(String),
}

/// Calls an operation in every way until it says something about an id of nothing.
async fn ask(operation: &Operation, place: &Place, sample: &Sample) -> Outcome {
    let id = json!(Uuid::new_v4());
    let mut refusals = Vec::new();
    for adds in [false, true] {
        for choice in operation.choices() {
            let call = operation.call(sample, choice, None);
            let Body::Json(mut body) = call.body else { continue };
            if !place.put(&mut body, &id, adds) {
                continue;
            }
            let shown = format!("{} {} {body}", call.method, call.path);
            let answer = sample.caller.send(call.method, &call.path, Some(body)).await;
            match answer.status {
                ..300 => return Outcome::PassedOver,
                400..500 if place.is_named(&answer.json) => return Outcome::Named,
                status => refusals.push(format!("{shown}: {status} {}", answer.json)),
            }
        }
        if !refusals.is_empty() {
            break;
        }
    }
    Outcome::Unnamed(refusals.join("; "))
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn ids_of_nothing_are_named(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = studio(on).await;
    let mut samples = Samples::of(&studio).await;
    let mut sample = samples.fresh().await;
    let mut problems = Vec::new();
    let mut passed_over = BTreeSet::new();
    let mut named = 0;
    let is_open = |operation: &&Operation| !WITH_SECRETS.contains(&operation.id) && !CLOSED.contains(&operation.id);
    for operation in operations().iter().filter(is_open) {
        for place in Place::all(operation) {
            match ask(operation, &place, &sample).await {
                Outcome::Named => named += 1,
                // What it called for was done, and another one begins anew.
                Outcome::PassedOver => {
                    passed_over.insert((operation.id, place.to_string()));
                    sample = samples.fresh().await;
                }
                Outcome::Unnamed(tried) => problems.push(format!("{} {place} is not named: {tried}", operation.id)),
            }
        }
    }
    // Imports leave out what may come later.
    let imports: BTreeSet<&str> = operations()
        .iter()
        .filter(|operation| operation.path.starts_with("/import/"))
        .map(|operation| operation.id)
        .collect();
    let stated: BTreeSet<(&str, String)> = PASSED_OVER
        .iter()
        .map(|(id, place)| (*id, (*place).to_owned()))
        .collect();
    passed_over.retain(|(id, _)| !imports.contains(id));
    for (id, place) in passed_over.symmetric_difference(&stated) {
        problems.push(format!("{id} {place}: PASSED_OVER is wrong about it"));
    }
    println!("{on:?}: {named} named, {} passed over", passed_over.len());
    no_problems(on, &problems);
    assert!(named > 200, "only {named} ids were named");
}
