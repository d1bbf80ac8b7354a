//! Puts the files together into one document, and adds what every operation shares: path parameters, the answers to
//! errors, security, and the sentence that says who may call.

use serde_json::{Map, Value, json};

use crate::ContractError;
use crate::access::{self, AccessRule, AccessRules};
use crate::addresses;
use crate::alias;
use crate::conditional;
use crate::crud;
use crate::forms;
use crate::limits;
use crate::source::Source;

/// The methods that a path item can hold, in the order in which they are listed.
pub(crate) const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Status and name of the answer that operations with parameters in the query share.
pub(crate) const ADDRESS_TOO_LONG: (&str, &str) = ("414", "AddressTooLong");

pub(crate) fn document(source: &Source, rules: &AccessRules) -> Result<Value, ContractError> {
    let mut problems = Vec::new();
    let mut paths = Map::new();
    let mut schemas = source.errors["schemas"].as_object().cloned().unwrap_or_default();
    for resource in &source.resources {
        match crud::expand(resource, &source.crud) {
            Ok(expanded) => {
                paths.extend(expanded.paths);
                merge(&mut schemas, expanded.schemas, &mut problems);
            }
            Err(problem) => problems.push(problem),
        }
    }
    for file in &source.schemas {
        merge(
            &mut schemas,
            file.as_object().cloned().unwrap_or_default(),
            &mut problems,
        );
    }
    for file in &source.paths {
        add_paths(&mut paths, file, &mut problems);
    }
    for (path, item) in &mut paths {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                complete(operation, path, source, rules, &mut problems);
            }
        }
    }
    alias::add(&mut paths, &source.aliases, &mut problems);
    if !problems.is_empty() {
        return Err(ContractError::Rules(problems));
    }
    addresses::keep_apart(&mut paths);
    let mut document = source.frame.clone();
    let components = document["components"].take();
    document["paths"] = paths.into();
    document["components"] = components;
    document["components"]["schemas"] = schemas.into();
    document["components"]["responses"] = shared_responses(&source.errors["responses"]);
    forms::settle(&mut document);
    Ok(document)
}

fn merge(
    schemas: &mut Map<String, Value>,
    more: impl IntoIterator<Item = (String, Value)>,
    problems: &mut Vec<String>,
) {
    for (name, schema) in more {
        if schemas.insert(name.clone(), schema).is_some() {
            problems.push(format!("the schema {name} is defined twice"));
        }
    }
}

fn add_paths(paths: &mut Map<String, Value>, file: &Value, problems: &mut Vec<String>) {
    let tag = &file["tag"];
    for (path, item) in file["paths"].as_object().into_iter().flatten() {
        let target = paths.entry(path.clone()).or_insert_with(|| json!({}));
        for (method, operation) in item.as_object().into_iter().flatten() {
            let mut operation = operation.clone();
            operation["tags"] = json!([tag]);
            if target.get(method).is_some() {
                problems.push(format!("{} {path} is defined twice", method.to_uppercase()));
            }
            target[method] = operation;
        }
    }
}

fn complete(
    operation: &mut Map<String, Value>,
    path: &str,
    source: &Source,
    rules: &AccessRules,
    problems: &mut Vec<String>,
) {
    let id = operation
        .get("operationId")
        .and_then(Value::as_str)
        .unwrap_or(path)
        .to_owned();
    let text = operation
        .get("x-access")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let (name, parameter) = access::split(&text);
    let Some(rule) = rules.find(name) else {
        problems.push(format!("{id}: '{name}' is no access rule; access.yaml has the list"));
        return;
    };
    if rule.finds && !parameter.is_some_and(|parameter| path.contains(&format!("{{{parameter}}}"))) {
        problems.push(format!(
            "{id}: the rule '{name}' needs a path parameter, as in '{name}(project_id)'"
        ));
    }
    let who = match (name, parameter.and_then(|name| rules.record(name))) {
        (access::ROW, Some(record)) => &record.who,
        (access::ROW, None) => {
            problems.push(format!(
                "{id}: '{text}' names no rule about records, as in 'row(task-reader)'; access.yaml has the list"
            ));
            return;
        }
        _ => &rule.who,
    };
    complete_parameters(operation, path, source, &id, problems);
    allow_no_body(operation, source);
    describe_access(operation, who);
    limits::add(operation, rule, &id, problems);
    add_security(operation, rule);
    add_errors(operation, path, rule);
    conditional::add(operation);
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        responses.sort_keys();
    }
}

/// Names of the parameters in a path, in their order.
pub(crate) fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// Describes the parameters in the path, and says which of the others may come empty.
fn complete_parameters(
    operation: &mut Map<String, Value>,
    path: &str,
    source: &Source,
    id: &str,
    problems: &mut Vec<String>,
) {
    let own: Vec<Value> = operation
        .get("parameters")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let in_path = |parameter: &&Value, name: &str| parameter["in"] == "path" && parameter["name"] == name;
    let mut parameters = Vec::new();
    for name in path_parameters(path) {
        // An operation may say something else of a parameter than the shared file does.
        let special = own
            .iter()
            .find(|parameter| in_path(parameter, name))
            .unwrap_or(&Value::Null);
        let shared = &source.parameters[name];
        if special.is_null() && shared.is_null() {
            problems.push(format!(
                "{id}: the path parameter '{name}' is not described in parameters.yaml"
            ));
        }
        parameters.push(path_parameter(name, special, shared));
    }
    let is_crud = operation.contains_key("x-crud");
    for mut parameter in own.into_iter().filter(|parameter| parameter["in"] != "path") {
        if let Some(optional) = parameter
            .as_object_mut()
            .filter(|parameter| parameter.get("required") != Some(&json!(true)))
        {
            remove_example(optional);
            // Filters of collections do not know values that are empty.
            if !is_crud {
                allow_empty_choice(optional);
            }
        }
        parameters.push(parameter);
    }
    if parameters.is_empty() {
        operation.remove("parameters");
    } else {
        operation.insert("parameters".into(), parameters.into());
    }
}

/// A parameter in the path: as the operation says it, or else as the shared file does.
fn path_parameter(name: &str, special: &Value, shared: &Value) -> Value {
    let mut parameter = json!({"name": name, "in": "path", "required": true});
    for key in ["description", "schema", "example", "x-malformed"] {
        if let Some(value) = special.get(key).or_else(|| shared.get(key)) {
            parameter[key] = value.clone();
        }
    }
    parameter
}

/// Removes the example: Swagger UI would send it, and a filter that nobody asked for makes an empty answer.
fn remove_example(parameter: &mut Map<String, Value>) {
    parameter.remove("example");
    if let Some(schema) = parameter.get_mut("schema").and_then(Value::as_object_mut) {
        schema.remove("example");
    }
}

/// Lets an id or a flag come as nothing, as forms of clients send what was not chosen.
fn allow_empty_choice(parameter: &mut Map<String, Value>) {
    let is_choice = parameter
        .get("schema")
        .is_some_and(|schema| schema["format"] == "uuid" || schema["type"] == "boolean");
    if is_choice {
        parameter.insert("allowEmptyValue".into(), true.into());
    }
}

/// A body whose fields may all be left out may be left out as a whole. A form is needed for the file that it brings, and
/// a CRUD operation insists on a body.
fn allow_no_body(operation: &mut Map<String, Value>, source: &Source) {
    let is_crud = operation.contains_key("x-crud");
    let Some(body) = operation.get_mut("requestBody").and_then(Value::as_object_mut) else {
        return;
    };
    let content = body
        .get("content")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    if is_crud || content.contains_key("multipart/form-data") {
        return;
    }
    let named = |schema: &Value| {
        let name = schema["$ref"].as_str()?.rsplit('/').next()?;
        source.schemas.iter().find_map(|file| file.get(name)).cloned()
    };
    let needs_nothing = |media: &Value| {
        let schema = named(&media["schema"]).unwrap_or_else(|| media["schema"].clone());
        schema["type"] == "object" && schema["required"].as_array().is_none_or(Vec::is_empty)
    };
    if content.values().all(needs_nothing) {
        body.remove("required");
    }
}

fn describe_access(operation: &mut Map<String, Value>, who: &str) {
    let description = operation
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim();
    let text = format!("{description}\n\n{who}");
    operation.insert("description".into(), text.into());
}

fn add_security(operation: &mut Map<String, Value>, rule: &AccessRule) {
    let security = if !rule.open { json!([{"bearer": []}]) } else { json!([]) };
    operation.insert("security".into(), security);
}

fn add_errors(operation: &mut Map<String, Value>, path: &str, rule: &AccessRule) {
    let has_body = operation.contains_key("requestBody");
    let crud_body = has_body && operation.contains_key("x-crud");
    let takes_input = has_body || operation.get("parameters").is_some();
    let mut errors = vec![];
    if takes_input {
        errors.push(("400", "BadRequest"));
    }
    if !rule.open {
        errors.extend([("401", "Unauthorized"), ("422", "BadToken")]);
    }
    // A token that still waits for a second factor is refused everywhere, whatever the rule of the operation.
    if !rule.open {
        errors.push(("403", "Forbidden"));
    }
    // The record that a rule looks at may be named in the query or in the body, too.
    if path.contains('{') || rule.finds || rule.name == access::ROW || crud_body {
        errors.push(("404", "NotFound"));
    }
    // The server looks at the size of a body before it asks who wants it, so that even what takes no input can refuse one.
    if has_body || errors.is_empty() {
        errors.push(("413", "TooLarge"));
    }
    if has_body {
        errors.push(("408", "TooSlow"));
    }
    // A call with the cookie brings JSON, or a form where the operation takes one.
    if crud_body || (has_body && !rule.open) {
        errors.push(("415", "UnsupportedMediaType"));
    }
    if rule.guessed {
        errors.push(("429", "TooManyGuesses"));
    }
    let in_query = |parameter: &Value| parameter["in"] == "query";
    if operation
        .get("parameters")
        .and_then(Value::as_array)
        .is_some_and(|parameters| parameters.iter().any(in_query))
    {
        errors.push(ADDRESS_TOO_LONG);
    }
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    add_shared(responses, &errors);
}

/// Adds answers that operations share, where an operation has none of its own of the same status.
pub(crate) fn add_shared(responses: &mut Value, answers: &[(&str, &str)]) {
    for (status, name) in answers {
        if responses.get(*status).is_none() {
            responses[*status] = json!({"$ref": format!("#/components/responses/{name}")});
        }
    }
}

/// Answers that operations share. One without a schema has no body.
fn shared_responses(responses: &Value) -> Value {
    let mut shared = Map::new();
    for (name, response) in responses.as_object().into_iter().flatten() {
        let mut answer = json!({"description": response["description"]});
        if let Some(schema) = response["schema"].as_str() {
            let schema = format!("#/components/schemas/{schema}");
            answer["content"] = json!({"application/json": {"schema": {"$ref": schema}}});
        }
        shared.insert(name.clone(), answer);
    }
    shared.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_answer_without_a_schema_has_no_body() {
        let shared = shared_responses(&json!({
            "NotModified": {"description": "The copy is good."},
            "Crowded": {"description": "Ask again.", "schema": "Error"},
        }));
        let schema = json!({"$ref": "#/components/schemas/Error"});
        assert_eq!(
            shared,
            json!({
                "NotModified": {"description": "The copy is good."},
                "Crowded": {"description": "Ask again.", "content": {"application/json": {"schema": schema}}},
            })
        );
    }

    #[test]
    fn parameters_are_found_in_paths_with_suffixes_too() {
        let names: Vec<_> = path_parameters("/pictures/{kind}/persons/{instance_id}.png").collect();
        assert_eq!(names, ["kind", "instance_id"]);
    }
}
