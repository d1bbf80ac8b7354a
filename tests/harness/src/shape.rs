//! Small expectations of JSON: exact keys, types by a word, exact values where it matters.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

/// What an answer has against an expectation, as a place and a reason; nothing when it fits.
///
/// A mapping fits an object with exactly its keys, where `...` lets others be and `*` speaks of every key. A list of one
/// shape fits a list with something in it, each of that shape; an empty list fits an empty list. Keys may hold variables. A
/// text is the word of a type (with `?`, null fits too), `=` and the exact text, or a variable in braces.
pub fn mismatch(expected: &Value, found: &Value, variables: &HashMap<String, String>) -> Option<String> {
    at("answer", expected, found, variables)
}

fn at(place: &str, expected: &Value, found: &Value, variables: &HashMap<String, String>) -> Option<String> {
    let wrong = || Some(format!("{place} is {found}, not {expected}"));
    match (expected, found) {
        (Value::Object(shape), Value::Object(object)) => {
            if let Some(each) = shape.get("*") {
                return object.iter().find_map(|(key, value)| at(&format!("{place}.{key}"), each, value, variables));
            }
            let shape: HashMap<String, &Value> = shape.iter().map(|(key, shape)| (fill(key, variables), shape)).collect();
            let others = shape.contains_key("...");
            if let Some(key) = object.keys().find(|key| !others && !shape.contains_key(*key)) {
                return Some(format!("{place} has a key '{key}' too many ({})", object[key]));
            }
            shape.iter().filter(|(key, _)| *key != "...").find_map(|(key, shape)| match object.get(key.as_str()) {
                Some(value) => at(&format!("{place}.{key}"), shape, value, variables),
                None => Some(format!("{place} has no key '{key}'")),
            })
        }
        (Value::Array(shape), Value::Array(list)) => match shape.as_slice() {
            [] if list.is_empty() => None,
            [each] if !list.is_empty() => list.iter().enumerate().find_map(|(index, value)| at(&format!("{place}[{index}]"), each, value, variables)),
            [_, _, ..] if shape.len() == list.len() => {
                shape.iter().zip(list).enumerate().find_map(|(index, (shape, value))| at(&format!("{place}[{index}]"), shape, value, variables))
            }
            _ => wrong(),
        },
        (Value::String(word), _) => {
            let fits = match word.strip_prefix('=') {
                Some(text) => found.as_str() == Some(&fill(text, variables)),
                None if word.contains('{') => found.as_str() == Some(&fill(word, variables)),
                None => is(word, found),
            };
            if fits { None } else { wrong() }
        }
        _ if expected == found => None,
        _ => wrong(),
    }
}

/// Whether a value is of the type that a word names.
fn is(word: &str, found: &Value) -> bool {
    if let Some(word) = word.strip_suffix('?') {
        return found.is_null() || is(word, found);
    }
    let text = found.as_str();
    match word {
        "uuid" => text.is_some_and(|text| text.len() == 36 && Uuid::parse_str(text).is_ok()),
        "moment" => text.is_some_and(|text| chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").is_ok()),
        "day" => text.is_some_and(|text| text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()),
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
        Value::Object(object) => object.iter().map(|(key, value)| (fill(key, variables), fill_all(value, variables))).collect(),
        other => other.clone(),
    }
}
