//! Demands of the contract on itself, beyond those of OpenAPI: no dangling reference, no operation without its texts, no name
//! used twice, no word that means nothing.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::addresses::ambiguous;
use crate::model::{Operation, Parameter, Place};

/// Words that OpenAPI leaves to each document. `openapi/README.md` says what those of the files mean; `x-alias-of` and `x-crud` are
/// added when the files are put together.
const EXTENSIONS: [&str; 12] = [
    "x-access",
    "x-alias-of",
    "x-body-limit",
    "x-changes",
    "x-conditional",
    "x-crud",
    "x-cut",
    "x-empty",
    "x-filter",
    "x-malformed",
    "x-single",
    "x-transaction",
];

/// One sentence for each thing that is wrong.
pub(crate) fn problems(document: &Value, operations: &[Operation]) -> Vec<String> {
    let mut problems = Vec::new();
    dangling(document, document, &mut problems);
    meaningless(document, &mut problems);
    let tags: HashSet<&str> = document["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    let mut ids = HashSet::new();
    let mut summaries = HashSet::new();
    for operation in operations {
        if !ids.insert(&operation.id) {
            problems.push(format!("the operationId {} is used twice", operation.id));
        }
        if operation.alias_of.is_none() && !summaries.insert((&operation.tag, &operation.summary)) {
            problems.push(format!(
                "{}: another operation of its tag has the same summary",
                operation.id
            ));
        }
        check_operation(operation, &tags, &mut problems);
    }
    filters(operations, &mut problems);
    check_paths(document, &mut problems);
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        if schema["description"].as_str().is_none_or(str::is_empty) {
            problems.push(format!("the schema {name} has no description"));
        }
        // Go has no constructors: generators for it write a function of this name.
        if document["components"]["schemas"].get(format!("New{name}")).is_some() {
            problems.push(format!(
                "the schema New{name} has the name of what makes a {name} in Go"
            ));
        }
        described(name, schema, &mut problems);
        required(name, schema, &mut problems);
    }
    problems
}

/// Form of an operation: its id, its tag and its summary, the names of its parameters, and an answer.
fn check_operation(operation: &Operation, tags: &HashSet<&str>, problems: &mut Vec<String>) {
    let id = &operation.id;
    if !id
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    {
        problems.push(format!("the operationId {id} is not in snake_case"));
    }
    if !tags.contains(operation.tag.as_str()) {
        problems.push(format!(
            "{id}: the tag {} is not described in openapi.yaml",
            operation.tag
        ));
    }
    if operation.successes().next().is_none() {
        problems.push(format!("{id}: no answer below 400"));
    }
    if operation.summary.ends_with('.') {
        problems.push(format!("{id}: the summary ends with a period"));
    }
    let mut names = HashSet::new();
    for parameter in &operation.parameters {
        if !names.insert((parameter.name.as_str(), parameter.place as u8)) {
            problems.push(format!("{id}: the parameter {} is there twice", parameter.name));
        }
    }
}

/// No two paths may be meant by the same address.
fn check_paths(document: &Value, problems: &mut Vec<String>) {
    let paths: Vec<&String> = document["paths"]
        .as_object()
        .into_iter()
        .flat_map(|paths| paths.keys())
        .collect();
    for (at, path) in paths.iter().enumerate() {
        if let Some(other) = paths[..at].iter().find(|other| ambiguous(path, other)) {
            problems.push(format!("an address may be {path} as well as {other}"));
        }
    }
}

/// Operations of a tag that name the same filter share the type of what they take, so each parameter needs one type.
fn filters(operations: &[Operation], problems: &mut Vec<String>) {
    let named: Vec<(&Operation, &str)> = operations
        .iter()
        .filter(|operation| operation.alias_of.is_none())
        .filter_map(|operation| Some((operation, operation.filter.as_deref()?)))
        .collect();
    for (at, (operation, filter)) in named.iter().enumerate() {
        let is_other = |(other, name): &&(&Operation, &str)| {
            other.id != operation.id && other.tag == operation.tag && name == filter
        };
        if !named.iter().any(|other| is_other(&other)) {
            problems.push(format!(
                "{}: no other operation of its tag has the filter {filter}",
                operation.id
            ));
        }
        for (earlier, _) in named[..at].iter().filter(is_other) {
            for parameter in in_query(operation) {
                let differs = |other: &Parameter| other.name == parameter.name && kind(other) != kind(parameter);
                if in_query(earlier).any(differs) {
                    problems.push(format!(
                        "{}: the parameter {} of the filter {filter} has another type in {}",
                        operation.id, parameter.name, earlier.id
                    ));
                }
            }
        }
    }
}

fn in_query(operation: &Operation) -> impl Iterator<Item = &Parameter> {
    operation
        .parameters
        .iter()
        .filter(|parameter| parameter.place == Place::Query)
}

/// All that decides about the type of a parameter in code.
fn kind(parameter: &Parameter) -> Value {
    let schema = &parameter.schema;
    let optional = !parameter.required && schema["default"].is_null();
    json!([schema["type"], schema["format"], schema["items"]["format"], optional])
}

fn dangling(document: &Value, value: &Value, problems: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str)
                && document.pointer(reference.trim_start_matches('#')).is_none()
            {
                problems.push(format!("{reference} refers to nothing"));
            }
            map.values().for_each(|value| dangling(document, value, problems));
        }
        Value::Array(list) => list.iter().for_each(|value| dangling(document, value, problems)),
        _ => {}
    }
}

/// Names the extensions that nothing reads, such as one that is mistyped.
fn meaningless(value: &Value, problems: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for word in map.keys().filter(|word| word.starts_with("x-")) {
                if !EXTENSIONS.contains(&word.as_str()) {
                    problems.push(format!("{word} means nothing; openapi/README.md has the list"));
                }
            }
            map.values().for_each(|value| meaningless(value, problems));
        }
        Value::Array(list) => list.iter().for_each(|value| meaningless(value, problems)),
        _ => {}
    }
}

fn described(name: &str, schema: &Value, problems: &mut Vec<String>) {
    for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
        if schema.get("$ref").is_none() && schema["description"].as_str().is_none_or(str::is_empty) {
            problems.push(format!("{name}.{property} has no description"));
        }
    }
}

fn required(name: &str, schema: &Value, problems: &mut Vec<String>) {
    for property in schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if schema["properties"].get(property).is_none() {
            problems.push(format!("{name} requires {property}, which it does not describe"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::operations;

    #[test]
    fn filters_are_shared_by_parameters_of_one_type() {
        let operation = |id: &str, filter: &str, kind: &str| {
            json!({"get": {
                "operationId": id, "tags": ["Nuts"], "x-access": "anyone", "x-filter": filter, "summary": "List",
                "description": "Lists.", "responses": {"200": {"description": "Nuts."}},
                "parameters": [{"name": "size", "in": "query", "description": "A size.", "schema": {"type": kind}}],
            }})
        };
        let document = json!({"paths": {
            "/nuts": operation("list_nuts", "NutFilter", "string"),
            "/bolts": operation("list_bolts", "NutFilter", "string"),
            "/screws": operation("list_screws", "NutFilter", "integer"),
            "/nails": operation("list_nails", "NailFilter", "string"),
        }});
        let operations = operations(&document).expect("operations");
        let mut problems = Vec::new();
        filters(&operations, &mut problems);
        assert_eq!(
            problems,
            [
                "list_screws: the parameter size of the filter NutFilter has another type in list_nuts",
                "list_screws: the parameter size of the filter NutFilter has another type in list_bolts",
                "list_nails: no other operation of its tag has the filter NailFilter",
            ]
        );
    }

    #[test]
    fn operations_of_a_tag_are_told_apart_by_their_summaries() {
        let operation = |id: &str, tag: &str| {
            json!({"get": {
                "operationId": id, "tags": [tag], "x-access": "anyone", "summary": "List nuts", "description": "Lists.",
                "responses": {"200": {"description": "Nuts."}},
            }})
        };
        let document = json!({"tags": [{"name": "Nuts"}, {"name": "Bolts"}], "paths": {
            "/nuts": operation("list_nuts", "Nuts"),
            "/nuts/all": operation("list_all_nuts", "Nuts"),
            "/bolts": operation("list_bolts", "Bolts"),
        }});
        let operations = operations(&document).expect("operations");
        assert_eq!(
            problems(&document, &operations),
            ["list_all_nuts: another operation of its tag has the same summary"]
        );
    }

    #[test]
    fn words_that_mean_nothing_are_named() {
        let document = json!({"paths": {"/nuts": {"get": {"x-access": "anyone", "x-condtional": "everything"}}}});
        assert_eq!(
            problems(&document, &[]),
            ["x-condtional means nothing; openapi/README.md has the list"]
        );
    }

    #[test]
    fn missing_descriptions_and_names_that_can_t_be_are_named() {
        let document = json!({"components": {"schemas": {
            "Gadget": {"description": "A thing.", "required": ["name"], "properties": {"size": {"type": "integer"}}},
            "Part": {"description": "A part.", "items": {"$ref": "#/components/schemas/Nothing"}},
            "NewPart": {"description": "A part to make."},
        }}});
        assert_eq!(
            problems(&document, &[]),
            [
                "#/components/schemas/Nothing refers to nothing",
                "Gadget.size has no description",
                "Gadget requires name, which it does not describe",
                "the schema NewPart has the name of what makes a Part in Go",
            ]
        );
    }
}
