//! Writes the schemas of the contract as Rust types.

use std::fmt::Write;

use serde_json::Value;

use super::names::{doc, field, pascal};
use crate::Contract;

pub(super) fn file(contract: &Contract) -> String {
    let mut text = String::from(
        "use serde::{Deserialize, Serialize};\nuse serde_json::{Map, Value};\n\nuse crate::payload::Schema;\n\n",
    );
    let schemas = contract.document["components"]["schemas"].as_object();
    for (name, schema) in schemas.into_iter().flatten() {
        text.push_str(&doc(schema["description"].as_str().unwrap_or_default(), ""));
        // A schema that allows further keys must not lose them.
        if schema["properties"].is_object() && schema["additionalProperties"] != true {
            structure(&mut text, name, schema);
        } else {
            let _ = writeln!(text, "pub type {} = {};\n", pascal(name), inner(schema));
        }
    }
    text
}

fn structure(text: &mut String, name: &str, schema: &Value) {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    text.push_str("#[derive(Clone, Debug, Serialize, Deserialize)]\n");
    let _ = writeln!(text, "pub struct {} {{", pascal(name));
    for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
        let there = required.contains(&property.as_str());
        text.push_str(&doc(schema["description"].as_str().unwrap_or_default(), "    "));
        let rust = field(property);
        if rust.trim_start_matches("r#") != property {
            let _ = writeln!(text, "    #[serde(rename = \"{property}\")]");
        }
        if !there {
            text.push_str("    #[serde(default, skip_serializing_if = \"Option::is_none\")]\n");
        }
        let kind = inner(schema);
        let optional = !there || schema["nullable"] == true;
        let kind = if optional { format!("Option<{kind}>") } else { kind };
        let _ = writeln!(text, "    pub {rust}: {kind},");
    }
    text.push_str("}\n\n");
    let _ = writeln!(
        text,
        "impl Schema for {} {{\n    const NAME: &'static str = \"{name}\";\n}}\n",
        pascal(name)
    );
}

/// The Rust type of a schema, leaving aside whether it may be null.
pub(super) fn inner(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return format!(
            "crate::schemas::{}",
            pascal(reference.rsplit('/').next().unwrap_or_default())
        );
    }
    if let Some(list) = schema["oneOf"].get(0).filter(|list| list["x-single"] == true) {
        return inner(list);
    }
    let text = match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("uuid")) => "uuid::Uuid",
        // Of the formats that may be empty this one has become a pattern.
        (Some("string"), None) if schema["x-empty"] == true => "uuid::Uuid",
        (Some("string"), Some("date")) => "chrono::NaiveDate",
        (Some("string"), Some("date-time-local")) => "chrono::NaiveDateTime",
        (Some("string"), _) => "String",
        (Some("boolean"), _) => "bool",
        (Some("integer"), Some("int32")) => "i32",
        (Some("integer"), _) => "i64",
        (Some("number"), _) => "f64",
        (Some("array"), _) => return format!("Vec<{}>", nullable(&schema["items"])),
        (Some("object"), _) => "Map<String, Value>",
        _ => "Value",
    };
    text.to_owned()
}

fn nullable(schema: &Value) -> String {
    if schema["nullable"] == true {
        format!("Option<{}>", inner(schema))
    } else {
        inner(schema)
    }
}

/// A schema as a raw string literal.
pub(super) fn literal(schema: &Value) -> String {
    format!("r##\"{schema}\"##")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_follow_formats() {
        assert_eq!(inner(&json!({"type": "string", "format": "uuid"})), "uuid::Uuid");
        let empty = json!({"type": "string", "pattern": "^(a)?$", "x-empty": true});
        assert_eq!(inner(&empty), "uuid::Uuid");
        assert_eq!(
            inner(&json!({"type": "array", "items": {"type": "integer", "nullable": true}})),
            "Vec<Option<i64>>"
        );
        assert_eq!(
            inner(&json!({"$ref": "#/components/schemas/PersonSummary"})),
            "crate::schemas::PersonSummary"
        );
    }

    #[test]
    fn a_structure_keeps_the_names_of_the_wire() {
        let mut text = String::new();
        let schema = json!({
            "required": ["database-up"],
            "properties": {"database-up": {"type": "boolean", "description": "Up?"}, "type": {"type": "string", "nullable": true}},
        });
        structure(&mut text, "Health", &schema);
        assert!(
            text.contains("#[serde(rename = \"database-up\")]\n    pub database_up: bool,"),
            "{text}"
        );
        assert!(text.contains("pub r#type: Option<String>,"), "{text}");
    }
}
