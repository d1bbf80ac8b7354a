//! Bodies of calls, written by their schemas.

use harness::contract;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::sample::Which::{First, Second};
use super::sample::{Sample, Which};

/// Properties whose texts are told apart by the mark of the sample.
const MARKED: [&str; 10] = [
    "name",
    "title",
    "text",
    "comment",
    "description",
    "short_name",
    "field_name",
    "plugin_id",
    "desktop_login",
    "path",
];

/// A schema without reference, and the first of alternatives.
pub fn resolved(schema: &'static Value) -> &'static Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return resolved(contract().pointer(reference.trim_start_matches('#')).expect("a schema"));
    }
    let alternatives = ["oneOf", "anyOf", "allOf"]
        .into_iter()
        .find_map(|key| schema[key].get(0));
    alternatives.map_or(schema, resolved)
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Writes bodies.
pub(super) struct Writer<'a> {
    pub sample: &'a Sample,
    pub which: Which,
    pub full: bool,
    pub number: Option<usize>,
    /// True if it changes a record of a collection, which keeps the records that it refers to.
    pub changes: bool,
    pub path: &'static str,
}

impl Writer<'_> {
    /// A value for a property; nothing where none is known.
    pub fn value(&self, name: &str, schema: &'static Value) -> Option<Value> {
        let schema = resolved(schema);
        let example = || Some(schema["example"].clone()).filter(|example| !example.is_null());
        match schema["type"].as_str() {
            Some("object") => self.object(name, schema),
            Some("array") => self.list(name, resolved(&schema["items"])),
            Some("string") if MARKED.contains(&name) => Some(self.marked(schema)),
            Some("string") if schema["format"] == "uuid" || name.ends_with("_id") => match name {
                "object_id" if self.path.contains("chats") => {
                    self.sample.record("shot", self.which).map(|id| json!(id))
                }
                "object_id" => self.sample.record("task", self.which).map(|id| json!(id)),
                "asset_id" | "entity_out_id" => self.sample.record("asset", self.which).map(|id| json!(id)),
                "entity_in_id" => self.sample.record("shot", self.which).map(|id| json!(id)),
                _ => self.sample.named(name, self.which).map(|id| json!(id)),
            },
            Some("string") if schema["format"] == "email" => Some(json!(format!(
                "c{}.{}@example.com",
                self.number.unwrap_or_default(),
                self.sample.mark
            ))),
            Some("string") => example()
                .or_else(|| schema["enum"].get(0).cloned())
                .or_else(|| Some(json!(self.sample.mark))),
            Some("integer" | "number") => example().or_else(|| Some(json!(1))),
            Some("boolean") => example().or_else(|| Some(json!(true))),
            _ => example(),
        }
    }

    fn marked(&self, schema: &Value) -> Value {
        let number = self.number.map(|number| number.to_string()).unwrap_or_default();
        let text = format!(
            "{}{number} {}",
            self.sample.mark,
            text(&schema["example"]).trim_matches('"')
        );
        let longest = schema["maxLength"]
            .as_u64()
            .and_then(|most| usize::try_from(most).ok())
            .unwrap_or(usize::MAX);
        let cut: String = text.chars().take(longest).collect();
        json!(cut.trim())
    }

    fn object(&self, name: &str, schema: &'static Value) -> Option<Value> {
        let required = |name: &str| {
            schema["required"]
                .as_array()
                .is_some_and(|list| list.iter().any(|of| of == name))
        };
        let Some(properties) = schema["properties"]
            .as_object()
            .filter(|properties| !properties.is_empty())
        else {
            return (name == "data").then(|| json!({format!("key{}", self.number.unwrap_or_default()): 1}));
        };
        let nothing_required = !properties.keys().any(|name| required(name));
        let mut body = Map::new();
        for (name, property) in properties {
            let reference = resolved(property)["format"] == "uuid"
                || name.ends_with("_id")
                || resolved(property)["type"] == "array";
            let optional = if self.full {
                !(self.changes && reference || DANGEROUS.contains(&name.as_str()))
            } else {
                nothing_required && body.is_empty()
            };
            if (required(name) || optional)
                && let Some(value) = self.value(name, property)
            {
                body.insert(name.clone(), value);
            }
        }
        Some(Value::Object(body))
    }

    fn list(&self, name: &str, items: &'static Value) -> Option<Value> {
        if items["format"] == "uuid" {
            let word = match name {
                "" if self.path.contains("delete-entities") => "shot_ids",
                "" if self.path.contains("delete-tasks") => "task_ids",
                "" => ENTITY_LISTS
                    .iter()
                    .find(|(part, _)| self.path.contains(part))
                    .map_or("shot_ids", |(_, word)| *word),
                _ => name,
            };
            let ids: Vec<Uuid> = [First, Second]
                .into_iter()
                .filter_map(|which| self.sample.named(word, which))
                .collect();
            return (!ids.is_empty()).then(|| json!(ids));
        }
        self.value("", items).map(|item| json!([item]))
    }
}

/// Kinds that bare lists of ids are of, by a part of the address.
const ENTITY_LISTS: [(&str, &str); 3] = [
    ("/assets/", "asset_ids"),
    ("/edits/", "edit_ids"),
    ("/concepts/", "concept_ids"),
];

/// Properties that would take a record out of use, or that are unique among all.
const DANGEROUS: [&str; 9] = [
    "archived",
    "active",
    "canceled",
    "is_bot",
    "role",
    "shotgun_id",
    "ldap_uid",
    "expiration_date",
    "password",
];
