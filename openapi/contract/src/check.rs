//! Demands of the contract on itself OpenAPI: no dangling reference, no operation without its texts, no name used
//! twice.

use std::collections::HashSet;

use serde_json::Value;

use crate::addresses::ambiguous;
use crate::model::Operation;

/// One sentence for each thing that is wrong.
pub(crate) fn problems(document: &Value, operations: &[Operation]) -> Vec<String> {
    let mut problems = Vec::new();
    dangling(document, document, &mut problems);
    let tags: HashSet<&str> = document["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    let mut ids = HashSet::new();
    for operation in operations {
        let id = &operation.id;
        if !ids.insert(id) {
            problems.push(format!("the operationId {id} is used twice"));
        }
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
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        if schema["description"].as_str().is_none_or(str::is_empty) {
            problems.push(format!("the schema {name} has no description"));
        }
        described(name, schema, &mut problems);
        required(name, schema, &mut problems);
    }
    problems
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
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let document = json!({"components": {"schemas": {
            "Gadget": {"description": "A thing.", "required": ["name"], "properties": {"size": {"type": "integer"}}},
            "Part": {"description": "A part.", "items": {"$ref": "#/components/schemas/Nothing"}},
        }}});
        assert_eq!(
            problems(&document, &[]),
            [
                "#/components/schemas/Nothing refers to nothing",
                "Gadget.size has no description",
                "Gadget requires name, which it does not describe",
            ]
        );
    }
}
