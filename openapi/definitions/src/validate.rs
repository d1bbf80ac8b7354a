//! Checks a body against its schema, and brings what forms send as text into the types that the schema names.
//!
//! `jsonschema`, which the tests check answers with, was compared: it changes nothing, so texts of forms would stay texts, and
//! its messages are not those that clients know. `garde` and `validator` check structs, while the bodies of collections stay
//! JSON for the engine.

use std::sync::LazyLock;

use serde_json::{Map, Number, Value};

use crate::failure::FieldProblem;
use crate::query::{parse_day, parse_id, parse_moment};
use crate::reading::read;

/// The pattern of names, which tells them from texts of nothing but blanks. Other patterns are for those who read the contract.
const MORE_THAN_BLANKS: &str = r"\S";

/// The schemas that bodies refer to, by their names.
static SCHEMAS: LazyLock<Value> =
    LazyLock::new(|| crate::describe::schema(include_str!(concat!(env!("OUT_DIR"), "/bodies.json"))));

/// Everything that is wrong with the value; what can be read as the schema's type is changed into it.
pub(crate) fn validate(value: &mut Value, schema: &Value) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    check(value, schema, "", &mut problems);
    if let Some(field) = unstorable("", value).filter(|_| problems.is_empty()) {
        problems.push(FieldProblem {
            field,
            message: "Input should be without NUL characters".into(),
        });
    }
    problems
}

/// Name of a part of a field.
fn nested(field: &str, part: &str) -> String {
    if field.is_empty() {
        part.to_owned()
    } else {
        format!("{field}.{part}")
    }
}

/// The field, if any, with a text that no database keeps: one with a NUL character.
pub(crate) fn unstorable(field: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(|| field.to_owned()),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(at, item)| unstorable(&nested(field, &at.to_string()), item)),
        Value::Object(map) => map.iter().find_map(|(name, value)| {
            if name.contains('\0') {
                Some(field.to_owned())
            } else {
                unstorable(&nested(field, name), value)
            }
        }),
        _ => None,
    }
}

/// The first list or object of a record that is not what its schema says. Lists of ids are left to those who link records:
/// they take more.
pub(crate) fn misshapen<'a>(record: &Map<String, Value>, schema: &'a Value) -> Option<&'a str> {
    let properties = resolve(schema)["properties"].as_object().into_iter().flatten();
    let documents = properties.map(|(name, schema)| (name, resolve(schema)));
    let documents = documents.filter(|(_, schema)| matches!(schema["type"].as_str(), Some("array" | "object")));
    let mut documents = documents.filter(|(_, schema)| resolve(&schema["items"])["format"] != "uuid");
    let holds = |value: &Value, schema: &Value| !value.is_string() && validate(&mut value.clone(), schema).is_empty();
    documents
        .find(|(name, schema)| record.get(*name).is_some_and(|value| !holds(value, schema)))
        .map(|(name, _)| name.as_str())
}

/// The first number of a record, also as a text of digits, that is below or above what its schema allows, with what is wrong
/// with it. Whether it is a number at all is left to those who know its column.
pub(crate) fn out_of_bounds<'a>(record: &Map<String, Value>, schema: &'a Value) -> Option<(&'a str, String)> {
    let properties = resolve(schema)["properties"].as_object().into_iter().flatten();
    let mut numbers =
        properties.filter_map(|(name, schema)| Some((name.as_str(), record.get(name)?, number_shape(schema)?)));
    numbers.find_map(|(name, value, schema)| {
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_f64(),
        };
        let problem = beyond(number?, schema)?;
        Some((name, schema["x-malformed"].as_str().map_or(problem, str::to_owned)))
    })
}

/// The shape of a number among those that a property may have.
fn number_shape(schema: &Value) -> Option<&Value> {
    let schema = resolve(schema);
    let mut shapes = schema["oneOf"]
        .as_array()
        .map_or_else(|| std::slice::from_ref(schema), Vec::as_slice)
        .iter();
    shapes.find(|shape| matches!(shape["type"].as_str(), Some("integer" | "number")))
}

/// Words for a number that is below or above what its schema allows.
fn beyond(number: f64, schema: &Value) -> Option<String> {
    let more = schema["exclusiveMinimum"] == true;
    if let Some(least) = schema["minimum"]
        .as_f64()
        .filter(|least| number < *least || (more && number <= *least))
    {
        return Some(format!(
            "Input should be greater than {}{least}",
            if more { "" } else { "or equal to " }
        ));
    }
    schema["maximum"]
        .as_f64()
        .filter(|most| number > *most)
        .map(|most| format!("Input should be less than or equal to {most}"))
}

/// The schema that a reference stands for.
pub(crate) fn resolve(schema: &Value) -> &Value {
    let target = schema["$ref"]
        .as_str()
        .and_then(|reference| SCHEMAS.get(reference.rsplit('/').next()?));
    target.unwrap_or(schema)
}

/// True if a value may have one shape or another, of which null is none.
pub(crate) fn has_several_shapes(schema: &Value) -> bool {
    let schema = resolve(schema);
    schema["oneOf"].is_array() || schema["anyOf"].is_array()
}

fn check(value: &mut Value, schema: &Value, field: &str, problems: &mut Vec<FieldProblem>) {
    let schema = resolve(schema);
    // A list that may come as its only item has two shapes, of which the list is the first.
    let schema = schema["oneOf"]
        .get(0)
        .filter(|list| list["x-single"] == true)
        .unwrap_or(schema);
    if value.is_null() && (schema["nullable"] == true || schema.get("type").is_none()) {
        return;
    }
    let problem = match schema["type"].as_str() {
        Some("object") => return check_object(value, schema, field, problems),
        Some("array") => return check_array(value, schema, field, problems),
        Some("string") => check_string(value, schema),
        Some("integer") => check_integer(value, schema),
        Some("number") => check_number(value, schema),
        Some("boolean") => check_boolean(value),
        _ => None,
    };
    if let Some(message) = problem {
        let message = schema["x-malformed"].as_str().map_or(message, str::to_owned);
        problems.push(FieldProblem {
            field: field.to_owned(),
            message,
        });
    }
}

/// Value that a text gives as JSON. One that holds more values than it has room for gives none.
fn written(value: &Value, schema: &Value) -> Option<Value> {
    let text = value.as_str()?;
    read(text.as_bytes(), schema, text.len()).ok()
}

fn check_object(value: &mut Value, schema: &Value, field: &str, problems: &mut Vec<FieldProblem>) {
    // A form can only send JSON as text.
    if let Some(parsed) = written(value, schema).filter(Value::is_object) {
        *value = parsed;
    }
    let Some(map) = value.as_object_mut() else {
        let message = if field.is_empty() {
            "Input should be a valid dictionary or object"
        } else {
            "Input should be a valid dictionary"
        };
        problems.push(FieldProblem {
            field: field.to_owned(),
            message: message.into(),
        });
        return;
    };
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let place = nested(field, name);
        match map.get_mut(name) {
            Some(value) => check(value, schema, &place, problems),
            None if required.contains(&name.as_str()) => problems.push(FieldProblem {
                field: place,
                message: "Field required".into(),
            }),
            None => {
                if let Some(default) = resolve(schema).get("default") {
                    map.insert(name.clone(), default.clone());
                }
            }
        }
    }
    if schema["additionalProperties"].is_object() {
        for (name, value) in map
            .iter_mut()
            .filter(|(name, _)| schema["properties"].get(name.as_str()).is_none())
        {
            check(value, &schema["additionalProperties"], &nested(field, name), problems);
        }
    }
}

fn check_array(value: &mut Value, schema: &Value, field: &str, problems: &mut Vec<FieldProblem>) {
    if let Some(parsed) = written(value, schema).filter(Value::is_array) {
        *value = parsed;
    }
    // A query can't tell one value from a list of one.
    if value.is_string() && schema["x-single"] == true {
        *value = Value::Array(vec![value.take()]);
    }
    let Some(list) = value.as_array_mut() else {
        problems.push(FieldProblem {
            field: field.to_owned(),
            message: "Input should be a valid list".into(),
        });
        return;
    };
    let count = list.len() as u64;
    let too_few = schema["minItems"]
        .as_u64()
        .filter(|least| count < *least)
        .map(|least| ("least", least));
    let too_many = schema["maxItems"]
        .as_u64()
        .filter(|most| count > *most)
        .map(|most| ("most", most));
    for (word, bound) in too_few.into_iter().chain(too_many) {
        let plural = if bound == 1 { "" } else { "s" };
        let message = format!("List should have at {word} {bound} item{plural} after validation, not {count}");
        problems.push(FieldProblem {
            field: field.to_owned(),
            message,
        });
    }
    for (at, item) in list.iter_mut().enumerate() {
        check(item, &schema["items"], &nested(field, &at.to_string()), problems);
    }
}

fn check_string(value: &mut Value, schema: &Value) -> Option<String> {
    let Some(text) = value.as_str() else {
        return Some("Input should be a valid string".into());
    };
    let may_be_empty = schema["x-empty"] == true;
    match schema["format"].as_str() {
        // Forms send empty text for what nobody filled in.
        _ if may_be_empty && text.is_empty() => {
            *value = Value::Null;
            return None;
        }
        // An id that may be empty has a pattern instead of the format.
        format if format == Some("uuid") || (format.is_none() && may_be_empty) => {
            return parse_id(text)
                .is_none()
                .then(|| "Input should be a valid UUID, 36 characters with hyphens".into());
        }
        Some("date") => {
            return parse_day(text)
                .is_none()
                .then(|| "Input should be a valid date in the format YYYY-MM-DD".into());
        }
        Some("date-time-local") => return check_moment(value),
        _ => {}
    }
    let length = text.chars().count() as u64;
    if let Some(least) = schema["minLength"].as_u64().filter(|least| length < *least) {
        let plural = if least == 1 { "" } else { "s" };
        return Some(format!("String should have at least {least} character{plural}"));
    }
    if let Some(most) = schema["maxLength"].as_u64().filter(|most| length > *most) {
        return Some(format!("String should have at most {most} characters"));
    }
    if schema["pattern"] == MORE_THAN_BLANKS && text.trim().is_empty() {
        return Some("String should hold more than blanks".into());
    }
    let choices = schema["enum"].as_array()?;
    (!choices.contains(value)).then(|| {
        let choices: Vec<String> = choices
            .iter()
            .filter_map(Value::as_str)
            .map(|choice| format!("'{choice}'"))
            .collect();
        format!("Input should be {}", choices.join(", "))
    })
}

/// A moment may come with a zone suffix, which is dropped: moments are UTC.
fn check_moment(value: &mut Value) -> Option<String> {
    let text = value.as_str().unwrap_or_default();
    let bare = text.trim_end_matches('Z');
    let bare = bare
        .char_indices()
        .skip(19)
        .find(|(_, c)| matches!(c, '+' | '-'))
        .map_or(bare, |(at, _)| &bare[..at]);
    match parse_moment(&bare.replacen(' ', "T", 1)) {
        Some(moment) => {
            *value = moment.format("%Y-%m-%dT%H:%M:%S%.f").to_string().into();
            None
        }
        None => Some("Input should be a valid datetime".into()),
    }
}

fn check_integer(value: &mut Value, schema: &Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        let Ok(number) = text.trim().parse::<i64>() else {
            return Some("Input should be a valid integer, unable to parse string as an integer".into());
        };
        *value = number.into();
    }
    if let Some(number) = value
        .as_f64()
        .filter(|number| !value.is_i64() && number.fract() == 0.0 && number.abs() < 9e15)
    {
        #[expect(clippy::cast_possible_truncation, reason = "the number is whole and small enough")]
        let whole = number as i64;
        *value = whole.into();
    }
    let Some(number) = value.as_i64() else {
        return Some("Input should be a valid integer".into());
    };
    let (floor, ceiling) = match schema["format"].as_str() {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let least = schema["minimum"].as_i64().unwrap_or(floor);
    let most = schema["maximum"].as_i64().unwrap_or(ceiling);
    if number < least {
        return Some(format!("Input should be greater than or equal to {least}"));
    }
    (number > most).then(|| format!("Input should be less than or equal to {most}"))
}

fn check_number(value: &mut Value, schema: &Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        let Some(number) = text.trim().parse::<f64>().ok().and_then(Number::from_f64) else {
            return Some("Input should be a valid number, unable to parse string as a number".into());
        };
        *value = number.into();
    }
    match value.as_f64() {
        Some(number) => beyond(number, schema),
        None => Some("Input should be a valid number".into()),
    }
}

fn check_boolean(value: &mut Value) -> Option<String> {
    let word = match value {
        Value::Bool(_) => return None,
        Value::String(text) => text.trim().to_ascii_lowercase(),
        _ => return Some("Input should be a valid boolean".into()),
    };
    match word.as_str() {
        "true" | "1" | "yes" | "on" | "t" | "y" => *value = true.into(),
        "false" | "0" | "no" | "off" | "f" | "n" => *value = false.into(),
        _ => return Some("Input should be a valid boolean, unable to interpret input".into()),
    }
    None
}

#[cfg(test)]
mod tests;
