//! Holds answers against the contract.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

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
    validators: Mutex<HashMap<(String, bool), Arc<Validator>>>,
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

    /// Problem of an answer by the contract, if any.
    pub fn problem(
        &self,
        method: &str,
        path: &str,
        query: &str,
        status: u16,
        media: &str,
        body: &[u8],
    ) -> Option<String> {
        let Some(template) = self.template(method, path) else {
            return Some("the contract has no such path".into());
        };
        let operation = format!(
            "/paths/{}/{}",
            template.replace('~', "~0").replace('/', "~1"),
            method.to_lowercase()
        );
        let partial = query.split('&').any(|pair| pair.starts_with("fields="));
        let document = self.document(partial);
        let Some(described) = document.pointer(&operation) else {
            return Some(format!("the contract has no {method} {template}"));
        };
        let id = &described["operationId"];
        let Some((at, response)) = response(document, format!("{operation}/responses/{status}")) else {
            return Some(format!("{id} does not answer {status}"));
        };
        let Some(content) = response["content"].as_object() else {
            return (!body.is_empty())
                .then(|| format!("{id} answers {status} with a body that the contract does not have"));
        };
        let media = media.split(';').next().unwrap_or_default().trim();
        if !content.contains_key(media) {
            let known: Vec<&String> = content.keys().collect();
            return Some(format!("{id} answers {status} as '{media}', not as one of {known:?}"));
        }
        if media != "application/json" {
            return None;
        }
        let value: Value = match serde_json::from_slice(body) {
            Ok(value) => value,
            Err(error) => return Some(format!("the body is no JSON: {error}")),
        };
        let schema = format!("{at}/content/{}/schema", media.replace('/', "~1"));
        let errors = self.first_errors(&schema, partial, &value);
        (!errors.is_empty()).then(|| format!("{id} {status}: {}", errors.join("; ")))
    }

    /// The edition in which records may be partial, or that in which they never are.
    fn document(&self, partial: bool) -> &Value {
        if partial { &self.whole } else { &self.strict }
    }

    /// The path of the contract that an address is of: one with that method, where there are several.
    fn template(&self, method: &str, path: &str) -> Option<&String> {
        let bare = if path == "/" { path } else { path.trim_end_matches('/') };
        let method = method.to_lowercase();
        let described = |template: &&String| self.whole["paths"][template.as_str()].get(&method).is_some();
        let candidates = self.paths.iter().filter(|template| fits(template, bare));
        candidates.clone().find(described).or_else(|| candidates.clone().next())
    }

    /// The first few errors of a value by the schema at a pointer.
    fn first_errors(&self, schema: &str, partial: bool, value: &Value) -> Vec<String> {
        self.validator(schema, partial)
            .iter_errors(value)
            .take(5)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect()
    }

    fn validator(&self, schema: &str, partial: bool) -> Arc<Validator> {
        let document = self.document(partial);
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let made = validators.entry((schema.to_owned(), partial)).or_insert_with(|| {
            let mut root = document.pointer(schema).expect("a schema").clone();
            root["components"] = document["components"].clone();
            let options = jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(true);
            Arc::new(options.build(&root).expect("a schema"))
        });
        Arc::clone(made)
    }
}

/// The answer at a pointer, or the shared one that it refers to, with the pointer to it.
fn response(document: &Value, at: String) -> Option<(String, &Value)> {
    let response = document.pointer(&at)?;
    let Some(reference) = response["$ref"].as_str() else {
        return Some((at, response));
    };
    let shared = reference.trim_start_matches('#').to_owned();
    let response = document.pointer(&shared).expect("a shared response");
    Some((shared, response))
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
