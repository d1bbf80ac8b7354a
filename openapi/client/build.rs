//! Contract in, typed client out.
//!
//! progenitor wants one type for all successes of an operation and one for all its errors, and knows no forms with
//! files. The contract says more than that, so a copy of it is narrowed first:
//!
//! - of several shapes of an answer (`anyOf`) the first is kept: a list is a whole list, never a page;
//! - of several media types the JSON one is kept, or else the answer is bytes;
//! - every error is a [`ParameterError`]-like object with a message;
//! - a body that may be a form with files is JSON, and operations that take nothing but such a form are left out;
//! - headers are left out;
//! - what is said of a parameter is one line;
//! - of a choice of signs, such as `/` and `\\`, the type is text.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Value, json};

fn main() {
    // A link to the document beside this folder, so that a published package has it.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let path = path.canonicalize().expect("the contract is there");
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(&path).expect("the contract can be read");
    let mut document: Value = serde_json::from_str(&text).expect("the contract is JSON");
    narrow(&mut document);
    let spec: openapiv3::OpenAPI = serde_json::from_value(document).expect("the narrowed contract is OpenAPI 3.0");
    let mut settings = progenitor::GenerationSettings::default();
    settings.with_interface(progenitor::InterfaceStyle::Builder);
    settings.with_inner_type(syn::parse_str("crate::Session").expect("a path"));
    let tokens = progenitor::Generator::new(&settings)
        .generate_tokens(&spec)
        .unwrap_or_else(|problem| panic!("{problem}"));
    let tree = syn::parse2(tokens).expect("progenitor writes Rust");
    let output = PathBuf::from(env::var_os("OUT_DIR").expect("cargo gives build scripts an output folder"));
    fs::write(output.join("client.rs"), prettyplease::unparse(&tree)).expect("the output folder can be written");
}

fn narrow(document: &mut Value) {
    document["components"]["schemas"]["AnyError"] = json!({
        "type": "object",
        "description": "An error of any kind.",
        "properties": {
            "message": {"type": "string"},
            "msg": {"type": "string"},
            "data": {},
        },
        "additionalProperties": true,
    });
    for (_, item) in document["paths"].as_object_mut().into_iter().flatten() {
        let Some(item) = item.as_object_mut() else { continue };
        item.retain(|_, operation| {
            operation.pointer("/requestBody/content").is_none_or(|content| {
                content.get("multipart/form-data").is_none() || content.get("application/json").is_some()
            })
        });
        for operation in item.values_mut() {
            narrow_operation(operation);
        }
    }
    narrow_schemas(document);
}

fn narrow_operation(operation: &mut Value) {
    // Whoever has an answer already asks with a client of their own.
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        parameters.retain(|parameter| parameter["in"] != "header");
    }
    // progenitor makes a list item of what is said of a parameter, which has to be one line.
    for parameter in operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(description) = parameter.get("description").and_then(Value::as_str) {
            parameter["description"] = description.split_whitespace().collect::<Vec<_>>().join(" ").into();
        }
    }
    if let Some(content) = operation
        .pointer_mut("/requestBody/content")
        .and_then(Value::as_object_mut)
    {
        content.retain(|media, _| media == "application/json");
    }
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
        return;
    };
    let mut success = false;
    responses.retain(|status, _| {
        let kept = status.starts_with('2') && !success;
        success |= kept;
        kept
    });
    for response in responses.values_mut() {
        if let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) {
            let json = content.get("application/json").cloned();
            content.clear();
            match json {
                Some(json) => content.insert("application/json".into(), json),
                None => content.insert(
                    "application/octet-stream".into(),
                    json!({"schema": {"type": "string", "format": "binary"}}),
                ),
            };
        }
    }
    responses.insert(
        "4XX".into(),
        json!({"description": "An error.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AnyError"}}}}),
    );
}

/// Keeps the first of several shapes, and drops what only says more of the same type.
fn narrow_schemas(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for key in ["anyOf", "oneOf"] {
                if let Some(first) = map.get(key).and_then(|shapes| shapes.get(0)).cloned() {
                    map.remove(key);
                    // The title is that of the choice.
                    map.remove("title");
                    if let Some(first) = first.as_object() {
                        map.extend(first.clone());
                    }
                }
            }
            if map.get("format") == Some(&json!("date-time-local")) {
                map.insert("format".into(), json!("naive"));
            }
            // Signs such as `/` are no names for the variants of a type.
            let named = |value: &Value| value.as_str().is_none_or(|text| text.contains(char::is_alphanumeric));
            if map
                .get("enum")
                .and_then(Value::as_array)
                .is_some_and(|values| !values.iter().all(named))
            {
                map.remove("enum");
            }
            map.remove("pattern");
            map.remove("example");
            map.values_mut().for_each(narrow_schemas);
        }
        Value::Array(list) => list.iter_mut().for_each(narrow_schemas),
        _ => {}
    }
}
