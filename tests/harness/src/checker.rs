//! Holds answers against the contract.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use dailies::web::docs::{Edition, document};
use jsonschema::Validator;
use serde_json::Value;

/// The contract, OpenAPI 3.0.3.
pub fn contract() -> &'static Value {
    static CONTRACT: LazyLock<Value> = LazyLock::new(|| read(Edition::Json));
    &CONTRACT
}

fn read(edition: Edition) -> Value {
    serde_json::from_slice(&document(edition).expect("the contract")).expect("JSON")
}

/// Knows the operations of the contract by their addresses. Its schemas are those of the 3.1 edition, which are JSON
/// Schema.
pub struct Checker {
    whole: Value,
    /// The same, where records are never partial: what holds unless `fields` was asked for.
    strict: Value,
    paths: Vec<String>,
    validators: Mutex<HashMap<(String, bool), std::sync::Arc<Validator>>>,
}

impl Checker {
    /// The checker of all tests.
    pub fn get() -> &'static Self {
        static CHECKER: LazyLock<Checker> = LazyLock::new(Checker::new);
        &CHECKER
    }

    fn new() -> Self {
        let whole = read(Edition::Json31);
        let mut strict = whole.clone();
        strict["components"]["schemas"]["PartialRecord"] = Value::Bool(false);
        let mut paths: Vec<String> = whole["paths"].as_object().expect("paths").keys().cloned().collect();
        // Fixed parts count before parameters.
        paths.sort_by_key(|path| path.matches('{').count());
        Self {
            whole,
            strict,
            paths,
            validators: Mutex::default(),
        }
    }

    /// Problem of an answer by the contract, if anything.
    pub fn problem(
        &self,
        method: &str,
        path: &str,
        query: &str,
        status: u16,
        media: &str,
        body: &[u8],
    ) -> Option<String> {
        let bare = if path == "/" { path } else { path.trim_end_matches('/') };
        let candidates = self.paths.iter().filter(|template| fits(template, bare));
        let described = |template: &&String| {
            self.whole["paths"][template.as_str()]
                .get(method.to_lowercase())
                .is_some()
        };
        let Some(template) = candidates.clone().find(described).or_else(|| candidates.clone().next()) else {
            return Some("the contract has no such path".into());
        };
        let operation = format!(
            "/paths/{}/{}",
            template.replace('~', "~0").replace('/', "~1"),
            method.to_lowercase()
        );
        let partial = query.split('&').any(|pair| pair.starts_with("fields="));
        let document = if partial { &self.whole } else { &self.strict };
        let Some(described) = document.pointer(&operation) else {
            return Some(format!("the contract has no {method} {template}"));
        };
        let mut at = format!("{operation}/responses/{status}");
        let Some(mut response) = document.pointer(&at) else {
            return Some(format!("{} does not answer {status}", described["operationId"]));
        };
        if let Some(reference) = response["$ref"].as_str() {
            at = reference.trim_start_matches('#').to_owned();
            response = document.pointer(&at).expect("a shared response");
        }
        let Some(content) = response["content"].as_object() else {
            return (!body.is_empty()).then(|| {
                format!(
                    "{} answers {status} with a body that the contract does not have",
                    described["operationId"]
                )
            });
        };
        let media = media.split(';').next().unwrap_or_default().trim();
        if !content.contains_key(media) {
            return Some(format!(
                "{} answers {status} as '{media}', not as one of {:?}",
                described["operationId"],
                content.keys().collect::<Vec<_>>()
            ));
        }
        if media != "application/json" {
            return None;
        }
        let value: Value = match serde_json::from_slice(body) {
            Ok(value) => value,
            Err(error) => return Some(format!("the body is no JSON: {error}")),
        };
        let schema = format!("{at}/content/{}/schema", media.replace('/', "~1"));
        let validator = self.validator(document, &schema, partial);
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .take(5)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        (!errors.is_empty()).then(|| format!("{} {status}: {}", described["operationId"], errors.join("; ")))
    }

    fn validator(&self, document: &Value, schema: &str, partial: bool) -> std::sync::Arc<Validator> {
        let mut validators = self
            .validators
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let made = validators.entry((schema.to_owned(), partial)).or_insert_with(|| {
            let mut root = document.pointer(schema).expect("a schema").clone();
            root["components"] = document["components"].clone();
            let options = jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(true);
            std::sync::Arc::new(options.build(&root).expect("a schema"))
        });
        std::sync::Arc::clone(made)
    }
}

/// True if an address is of the form of a path of the contract.
fn fits(template: &str, path: &str) -> bool {
    let (wanted, given) = (segments(template), segments(path));
    wanted.len() == given.len()
        && wanted
            .iter()
            .zip(given)
            .all(|(wanted, given)| match (wanted.find('{'), wanted.rfind('}')) {
                (Some(start), Some(end)) => {
                    given.len() > start && given.starts_with(&wanted[..start]) && given.ends_with(&wanted[end + 1..])
                }
                _ => *wanted == given,
            })
}

/// Segments without the `/api` that every address may have in front, and that some paths of the contract do have.
fn segments(path: &str) -> Vec<&str> {
    path.strip_prefix("/api/")
        .unwrap_or(path)
        .trim_start_matches('/')
        .split('/')
        .collect()
}
