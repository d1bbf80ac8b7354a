//! Writes, for one tag, the handler trait, before the types of its queries and the routes that call the handlers.

use std::fmt::Write;

use super::names::{doc, field, pascal};
use super::queries;
use super::routes::api;
use super::schemas::inner;
use crate::Contract;
use crate::model::{Body, Operation, Parameter, Place};

pub(super) fn file(contract: &Contract, tag: &str) -> String {
    let operations: Vec<&Operation> = contract
        .operations
        .iter()
        .filter(|operation| operation.tag == tag)
        .collect();
    let mut text = String::from("use crate::prelude::*;\n\n");
    if has_handlers(contract, tag) {
        handler_trait(&mut text, contract, tag, &operations);
    }
    queries::types(&mut text, &operations);
    api(&mut text, contract, tag, &operations);
    text
}

/// True if a tag has operations beyond the CRUD pattern, which need handlers of their own.
pub(super) fn has_handlers(contract: &Contract, tag: &str) -> bool {
    contract
        .operations
        .iter()
        .any(|operation| operation.tag == tag && is_handled(operation))
}

/// True if an operation has a method of its own: those of the CRUD pattern and old addresses have none.
pub(super) fn is_handled(operation: &Operation) -> bool {
    operation.crud.is_none() && operation.alias_of.is_none()
}

fn handler_trait(text: &mut String, contract: &Contract, tag: &str, operations: &[&Operation]) {
    let _ = writeln!(
        text,
        "/// Handlers of the operations of the tag *{tag}*.\n#[async_trait]"
    );
    let _ = writeln!(text, "pub trait {}: Send + Sync + 'static {{", pascal(tag));
    for operation in operations.iter().filter(|operation| is_handled(operation)) {
        let _ = writeln!(
            text,
            "    /// `{} {}`: {}.\n    ///",
            operation.method, operation.path, operation.summary
        );
        text.push_str(&doc(&operation.description, "    "));
        let arguments: Vec<String> = arguments(contract, operation)
            .into_iter()
            .map(|(name, kind)| format!("{name}: {kind}"))
            .collect();
        let _ = writeln!(
            text,
            "    async fn {}(&self, {}) -> Result<{}, Failure>;",
            operation.id,
            arguments.join(", "),
            answer(operation)
        );
    }
    text.push_str("}\n\n");
}

/// Names and types of what a handler is given.
pub(super) fn arguments(contract: &Contract, operation: &Operation) -> Vec<(String, String)> {
    let mut arguments = Vec::new();
    match contract
        .access
        .find(&operation.rule)
        .and_then(|rule| rule.proof.clone())
    {
        Some(proof) => arguments.push(("access".to_owned(), proof)),
        None => arguments.push(("visitor".to_owned(), "Visitor".to_owned())),
    }
    for parameter in placed(operation, Place::Path) {
        arguments.push((field(&parameter.name), path_type(parameter).0.to_owned()));
    }
    if placed(operation, Place::Query).next().is_some() {
        arguments.push(("query".to_owned(), format!("{}Query", pascal(&operation.id))));
    }
    if let Some(body) = &operation.body {
        arguments.push(("body".to_owned(), body_type(body)));
    }
    arguments
}

pub(super) fn placed(operation: &Operation, place: Place) -> impl Iterator<Item = &Parameter> {
    operation
        .parameters
        .iter()
        .filter(move |parameter| parameter.place == place)
}

/// Rust type of a path parameter, and the method that reads it.
pub(super) fn path_type(parameter: &Parameter) -> (&'static str, &'static str) {
    match (parameter.schema["type"].as_str(), parameter.schema["format"].as_str()) {
        (Some("string"), Some("uuid")) => ("Uuid", "path_id"),
        (Some("string"), Some("date")) => ("NaiveDate", "path_day"),
        (Some("integer"), _) => ("i32", "path_number"),
        _ => ("String", "path_text"),
    }
}

/// Expression that replaces the usual answer to a value that can't be read. It names the parameter.
pub(super) fn refused(parameter: &Parameter) -> String {
    let message = parameter
        .malformed
        .as_ref()
        .map(|message| naming(message, &parameter.name));
    message.map_or_else(String::new, |message| {
        format!(".map_err(|_| Failure::parameter({message:?}))")
    })
}

/// A message with the name of the parameter, which is added where it is not among the words.
fn naming(message: &str, name: &str) -> String {
    let mut words = message.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    if words.any(|word| word == name) {
        message.to_owned()
    } else {
        format!("{}: {name}", message.trim_end_matches('.'))
    }
}

pub(super) fn is_form(body: &Body) -> bool {
    body.content.iter().any(|(media, _)| media == "multipart/form-data")
}

pub(super) fn body_type(body: &Body) -> String {
    if is_form(body) {
        return "Submission".to_owned();
    }
    let kind = body
        .content
        .first()
        .map(|(_, schema)| inner(schema))
        .unwrap_or_default();
    if kind == "Value" || kind.contains("Map<") {
        kind.replace("Map<", "serde_json::Map<")
    } else {
        kind
    }
}

fn answer(operation: &Operation) -> String {
    let successes: Vec<_> = operation.successes().collect();
    let [success] = successes.as_slice() else {
        return "Media".to_owned();
    };
    match success.content.as_slice() {
        [] => "NoContent".to_owned(),
        [(media, schema)] if media == "application/json" => {
            format!("Json<{}>", inner(schema).replace("Map<", "serde_json::Map<"))
        }
        _ => "Media".to_owned(),
    }
}
