//! Small expectations of JSON: exact keys, types by a word, exact values where it matters.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};
use uuid::Uuid;

/// Differences between an answer and an expectation, each as a place and a reason.
///
/// A mapping fits an object with exactly its keys, where `...` lets others be and `*` speaks of every key. A list of one
/// shape fits a list with something in it, each of that shape; an empty list fits an empty list. Keys may hold variables. A
/// text is the word of a type (with `?`, null fits too), `=` and the exact text, or a variable in braces.
pub fn differences(expected: &Value, found: &Value, variables: &HashMap<String, String>) -> Vec<String> {
    let mut problems = Vec::new();
    compare("answer", expected, found, variables, &mut problems);
    problems
}

fn compare(
    place: &str,
    expected: &Value,
    found: &Value,
    variables: &HashMap<String, String>,
    problems: &mut Vec<String>,
) {
    let mut item = |place: String, shape: &Value, value: &Value| compare(&place, shape, value, variables, problems);
    match (expected, found) {
        (Value::Object(shape), Value::Object(object)) => match shape.get("*") {
            Some(each) => object
                .iter()
                .for_each(|(key, value)| item(format!("{place}.{key}"), each, value)),
            None => compare_objects(place, shape, object, variables, problems),
        },
        (Value::Array(shape), Value::Array(list)) => match shape.as_slice() {
            [] if list.is_empty() => {}
            [each] if !list.is_empty() => list
                .iter()
                .enumerate()
                .for_each(|(at, value)| item(format!("{place}[{at}]"), each, value)),
            [_, _, ..] if shape.len() == list.len() => {
                shape
                    .iter()
                    .zip(list)
                    .enumerate()
                    .for_each(|(at, (shape, value))| item(format!("{place}[{at}]"), shape, value));
            }
            _ => problems.push(format!(
                "{place} has {} items where the shape has {}: {found}",
                list.len(),
                shape.len()
            )),
        },
        _ if fits(expected, found, variables) => {}
        _ => problems.push(format!("{place} is {found}, not {expected}")),
    }
}

fn compare_objects(
    place: &str,
    shape: &Map<String, Value>,
    object: &Map<String, Value>,
    variables: &HashMap<String, String>,
    problems: &mut Vec<String>,
) {
    let shape: BTreeMap<String, &Value> = shape.iter().map(|(key, shape)| (fill(key, variables), shape)).collect();
    if !shape.contains_key("...") {
        let extra = object.iter().filter(|(key, _)| !shape.contains_key(*key));
        problems.extend(extra.map(|(key, value)| format!("{place} has a key '{key}' too many ({value})")));
    }
    for (key, shape) in shape.iter().filter(|(key, _)| *key != "...") {
        match object.get(key) {
            Some(value) => compare(&format!("{place}.{key}"), shape, value, variables, problems),
            None => problems.push(format!("{place} has no key '{key}'")),
        }
    }
}

/// True if a value is what a plain expectation says.
fn fits(expected: &Value, found: &Value, variables: &HashMap<String, String>) -> bool {
    let Value::String(word) = expected else {
        return expected == found;
    };
    match word.strip_prefix('=') {
        Some(text) => found.as_str() == Some(&fill(text, variables)),
        None if word.contains('{') => found.as_str() == Some(&fill(word, variables)),
        None => is(word, found),
    }
}

/// True if a value is of the type that a word names.
fn is(word: &str, found: &Value) -> bool {
    if let Some(word) = word.strip_suffix('?') {
        return found.is_null() || is(word, found);
    }
    let text = found.as_str();
    match word {
        "uuid" => text.is_some_and(|text| text.len() == 36 && Uuid::parse_str(text).is_ok()),
        "moment" => text.is_some_and(|text| chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").is_ok()),
        "day" => {
            text.is_some_and(|text| text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok())
        }
        "text" => text.is_some(),
        "integer" => found.is_i64(),
        "number" => found.is_number(),
        "boolean" => found.is_boolean(),
        "null" => found.is_null(),
        "map" => found.is_object(),
        "list" => found.is_array(),
        "anything" => true,
        other => panic!("'{other}' is no type; exact text begins with ="),
    }
}

/// A text with the values of its variables.
pub fn fill(text: &str, variables: &HashMap<String, String>) -> String {
    let mut filled = text.to_owned();
    for (name, value) in variables {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled
}

/// The same for every text of a body.
pub fn fill_all(value: &Value, variables: &HashMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(fill(text, variables)),
        Value::Array(list) => list.iter().map(|value| fill_all(value, variables)).collect(),
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (fill(key, variables), fill_all(value, variables)))
            .collect(),
        other => other.clone(),
    }
}
