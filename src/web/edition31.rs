//! The contract as OpenAPI 3.1: converts the document, and has utoipa's model of that edition read and carry it.

use serde_json::{Map, Value, json};
use utoipa::openapi::{OpenApi, RefOr, Schema};

/// The document in edition 3.1, and what utoipa's model of that edition has no place for.
///
/// The document is given as the model carries it when nothing is lost; else the document as it was converted.
pub(super) fn edition31(document: &Value) -> (Value, Vec<String>) {
    let converted = converted(document);
    let model = serde_json::from_value::<OpenApi>(converted.clone());
    match model.and_then(serde_json::to_value) {
        Ok(carried) => {
            let mut lost = Vec::new();
            compare(&converted, &carried, "", &mut lost);
            (
                if lost.is_empty() {
                    in_order(&converted, carried)
                } else {
                    converted
                },
                lost,
            )
        }
        Err(error) => {
            let mut lost = vec![error.to_string()];
            lost.extend(refused_schemas(&converted));
            (converted, lost)
        }
    }
}

/// Names of the schemas that the model does not take, for its error does not tell.
fn refused_schemas(document: &Value) -> Vec<String> {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let refused = schemas
        .into_iter()
        .flatten()
        .filter(|(_, schema)| serde_json::from_value::<RefOr<Schema>>((*schema).clone()).is_err());
    refused.map(|(name, _)| name.clone()).collect()
}

fn converted(document: &Value) -> Value {
    let mut document = document.clone();
    document["openapi"] = "3.1.0".into();
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        schemas.values_mut().for_each(convert_schema);
    }
    find_schemas(&mut document);
    document
}

/// Converts the schemas of parameters, bodies, answers and headers.
fn find_schemas(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if ["name", "in", "schema"].iter().all(|key| map.contains_key(*key)) {
                // Parameters are optional by default; the model wants that to be written.
                map.entry("required").or_insert(false.into());
                // This edition advises against saying so, and the model does not.
                map.remove("allowEmptyValue");
            }
            for (key, value) in map {
                match key.as_str() {
                    // Values, not descriptions of values; and what has been converted.
                    "example" | "examples" | "schemas" => {}
                    "schema" => convert_schema(value),
                    _ => find_schemas(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(find_schemas),
        _ => {}
    }
}

fn convert_schema(schema: &mut Value) {
    let Value::Object(schema) = schema else {
        return;
    };
    for key in ["items", "additionalProperties", "not"] {
        if let Some(inner) = schema.get_mut(key) {
            convert_schema(inner);
        }
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        if let Some(Value::Array(parts)) = schema.get_mut(key) {
            parts.iter_mut().for_each(convert_schema);
        }
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(convert_schema);
    }
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match schema.get(exclusive) {
            Some(Value::Bool(true)) => {
                if let Some(value) = schema.shift_remove(bound) {
                    schema.insert(exclusive.into(), value);
                }
            }
            Some(Value::Bool(false)) => {
                schema.shift_remove(exclusive);
            }
            _ => {}
        }
    }
    if schema.contains_key("anyOf") {
        // The model has no place for it.
        schema.shift_remove("title");
    }
    let said = ["type", "$ref", "allOf", "anyOf", "oneOf", "enum", "not"]
        .iter()
        .any(|key| schema.contains_key(*key));
    if !said {
        schema.extend(anything(DEEPEST_LIST));
        return;
    }
    if schema.shift_remove("nullable") == Some(Value::Bool(true)) {
        if schema.contains_key("allOf") {
            // Edition 3.0 wants a type beside `nullable`; here it would be one more demand, which null can't meet.
            schema.shift_remove("type");
        }
        allow_null(schema);
    }
}

/// Number of lists that may stand inside of each other where anything may stand: compact listings have rows of cells,
/// of which one is a list of tasks, whose assignees are a list.
const DEEPEST_LIST: u8 = 4;

/// A value of any type, which the model wants spelled out, and linters the items of a list too.
fn anything(lists: u8) -> Map<String, Value> {
    let mut types = vec!["string", "number", "boolean", "object"];
    let mut schema = Map::new();
    if lists > 0 {
        types.push("array");
        schema.insert("items".into(), anything(lists - 1).into());
    }
    types.push("null");
    schema.insert("type".into(), json!(types));
    schema
}

fn allow_null(schema: &mut Map<String, Value>) {
    if let Some(kind) = schema.get_mut("type") {
        if kind.is_string() {
            *kind = json!([kind.take(), "null"]);
        }
        if let Some(Value::Array(values)) = schema.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
        return;
    }
    let nothing = json!({"type": "null"});
    for key in ["anyOf", "oneOf"] {
        if let Some(Value::Array(parts)) = schema.get_mut(key) {
            parts.push(nothing);
            return;
        }
    }
    let value = match (schema.shift_remove("allOf"), schema.shift_remove("$ref")) {
        (Some(Value::Array(mut parts)), _) if parts.len() == 1 => parts.remove(0),
        (Some(parts), _) => json!({"allOf": parts}),
        (None, Some(reference)) => json!({"$ref": reference}),
        // A schema that says nothing of the kind of value takes null anyway.
        (None, None) => return,
    };
    schema.insert("oneOf".into(), json!([value, nothing]));
}

/// Notes where `carried` does not say what `document` says. It may say more, such as a default.
fn compare(document: &Value, carried: &Value, place: &str, lost: &mut Vec<String>) {
    match (document, carried) {
        (Value::Object(document), Value::Object(carried)) => {
            for (key, value) in document {
                let place = format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
                match carried.get(key) {
                    Some(carried) => compare(value, carried, &place, lost),
                    // An empty list or text says nothing.
                    None if is_empty(value) => {}
                    None => lost.push(place),
                }
            }
        }
        (Value::Array(document), Value::Array(carried)) if document.len() == carried.len() => {
            for (index, (value, carried)) in document.iter().zip(carried).enumerate() {
                compare(value, carried, &format!("{place}/{index}"), lost);
            }
        }
        (Value::Number(document), Value::Number(carried)) if document.as_f64() == carried.as_f64() => {}
        _ if document == carried => {}
        _ => lost.push(place.to_owned()),
    }
}

/// Document as the model carries it, in the order of the original. The model keeps extensions in none, and the text
/// would be another one on each server.
fn in_order(document: &Value, carried: Value) -> Value {
    match (document, carried) {
        (Value::Object(document), Value::Object(mut carried)) => {
            let known = document
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), in_order(value, carried.shift_remove(key)?))));
            let mut ordered: Map<String, Value> = known.collect();
            ordered.extend(carried);
            ordered.into()
        }
        (Value::Array(document), Value::Array(carried)) if document.len() == carried.len() => document
            .iter()
            .zip(carried)
            .map(|(value, carried)| in_order(value, carried))
            .collect(),
        (_, carried) => carried,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(yes) => !yes,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use dailies_definitions::CONTRACT;

    use super::*;

    fn schema(mut schema: Value) -> Value {
        convert_schema(&mut schema);
        schema
    }

    #[test]
    fn converts_what_the_editions_write_differently() {
        let reference = json!({"$ref": "#/components/schemas/Person"});
        for (before, after) in [
            (
                json!({"type": "string", "nullable": true}),
                json!({"type": ["string", "null"]}),
            ),
            (json!({"type": "string", "nullable": false}), json!({"type": "string"})),
            (
                json!({"type": "string", "enum": ["a"], "nullable": true}),
                json!({"type": ["string", "null"], "enum": ["a", null]}),
            ),
            (
                json!({"allOf": [reference], "nullable": true, "description": "x"}),
                json!({"description": "x", "oneOf": [reference, {"type": "null"}]}),
            ),
            (
                json!({"anyOf": [{"type": "string"}, reference], "nullable": true}),
                json!({"anyOf": [{"type": "string"}, reference, {"type": "null"}]}),
            ),
            (
                json!({"title": "PersonOrName", "anyOf": [{"type": "string"}, reference]}),
                json!({"anyOf": [{"type": "string"}, reference]}),
            ),
            (
                json!({"$ref": "#/components/schemas/Person", "nullable": true}),
                json!({"oneOf": [reference, {"type": "null"}]}),
            ),
            (
                json!({"type": "number", "minimum": 0, "exclusiveMinimum": true, "maximum": 1, "exclusiveMaximum": false}),
                json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
            ),
            (
                // Here `nullable` is the name of a property.
                json!({"type": "object", "properties": {"nullable": {"type": "boolean", "nullable": true}}}),
                json!({"type": "object", "properties": {"nullable": {"type": ["boolean", "null"]}}}),
            ),
            (
                json!({"type": "array", "items": {"type": "integer", "nullable": true}, "example": [{"nullable": true}]}),
                json!({"type": "array", "items": {"type": ["integer", "null"]}, "example": [{"nullable": true}]}),
            ),
        ] {
            assert_eq!(schema(before.clone()), after, "{before}");
        }
    }

    #[test]
    fn notices_what_gets_lost() {
        let document = json!({"a": [{"b": 1, "c": []}], "d/e": "x"});
        let mut lost = Vec::new();
        compare(
            &document,
            &json!({"a": [{"b": 1.0, "f": 2}], "d/e": "x"}),
            "",
            &mut lost,
        );
        assert!(lost.is_empty(), "{lost:?}");
        compare(&document, &json!({"a": [{"b": 2}]}), "", &mut lost);
        assert_eq!(lost, ["/a/0/b", "/d~1e"]);
    }

    /// Operation ids, parameters, schemas and properties, each by its place.
    fn names(document: &Value) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                names.insert(format!("{method} {path} {}", operation["operationId"]));
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    names.insert(format!("{method} {path}: {} {}", parameter["in"], parameter["name"]));
                }
                for status in operation["responses"].as_object().unwrap().keys() {
                    names.insert(format!("{method} {path}: {status}"));
                }
            }
        }
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            names.insert(format!("schema {name}"));
            for property in schema["properties"].as_object().into_iter().flatten() {
                names.insert(format!("schema {name}: {}", property.0));
            }
        }
        names
    }

    #[test]
    fn utoipa_carries_the_whole_contract() {
        let document: Value = serde_json::from_str(CONTRACT).unwrap();
        let (edition, lost) = edition31(&document);
        assert_eq!(lost, Vec::<String>::new());
        assert_eq!(edition["openapi"], "3.1.0");
        assert_eq!(names(&document), names(&edition));
        assert!(!edition.to_string().contains(r#""nullable":true"#));
        assert_eq!(edition.to_string(), edition31(&document).0.to_string());
    }
}
