//! Writes the types of the queries of a tag: one for each operation, and one for each filter that operations share.

use std::fmt::Write;

use serde_json::Value;

use super::names::{doc, field, pascal};
use super::operations::{is_handled, placed, refused};
use crate::model::{Operation, Parameter, Place};

/// Writes the types for the operations of a tag.
pub(super) fn types(text: &mut String, operations: &[&Operation]) {
    let operations: Vec<&Operation> = operations
        .iter()
        .copied()
        .filter(|operation| is_handled(operation))
        .collect();
    let mut written = Vec::new();
    for operation in &operations {
        let mut shared = Vec::new();
        if let Some(filter) = operation.filter.as_deref() {
            let sharing: Vec<&Operation> = operations
                .iter()
                .copied()
                .filter(|other| other.filter.as_deref() == Some(filter))
                .collect();
            shared = shared_parameters(&sharing);
            if !written.contains(&filter) {
                filter_type(text, filter, &shared, &sharing);
                written.push(filter);
            }
        }
        query_type(text, operation, &shared);
    }
}

/// The query parameters that all of some operations take, as the first one describes them.
fn shared_parameters<'a>(sharing: &[&'a Operation]) -> Vec<&'a Parameter> {
    let Some((first, others)) = sharing.split_first() else {
        return Vec::new();
    };
    placed(first, Place::Query)
        .filter(|parameter| others.iter().all(|other| taken(other, &parameter.name).is_some()))
        .collect()
}

/// A query parameter of an operation, by its name.
fn taken<'a>(operation: &'a Operation, name: &str) -> Option<&'a Parameter> {
    placed(operation, Place::Query).find(|parameter| parameter.name == name)
}

fn filter_type(text: &mut String, filter: &str, shared: &[&Parameter], sharing: &[&Operation]) {
    let mut fields = String::new();
    for parameter in shared {
        let name = &parameter.name;
        let same = |operation: &&Operation| {
            taken(operation, name).is_some_and(|other| other.description == parameter.description)
        };
        if sharing.iter().all(same) {
            fields.push_str(&doc(&parameter.description, "    "));
        } else {
            let _ = writeln!(fields, "    /// Value of `{name}`, which each operation describes.");
        }
        let _ = writeln!(fields, "    pub {}: {},", field(name), query_parameter(parameter).0);
    }
    let operations: Vec<String> = sharing.iter().map(|operation| format!("`{}`", operation.id)).collect();
    let _ = writeln!(
        text,
        "/// Query parameters that {} share.\n#[derive(Clone, Debug, Default)]\npub struct {filter} {{\n{fields}}}\n",
        operations.join(", ")
    );
}

/// Type and reading method of a query parameter.
fn query_parameter(parameter: &Parameter) -> (String, String) {
    let schema = &parameter.schema;
    let name = &parameter.name;
    let (kind, method) = match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("boolean"), _) => ("bool", "flag"),
        (Some("integer"), _) => ("i64", "integer"),
        (Some("number"), _) => ("f64", "number"),
        (Some("string"), Some("uuid")) => ("Uuid", "id"),
        (Some("string"), Some("date")) => ("NaiveDate", "day"),
        (Some("string"), Some("date-time-local")) => ("NaiveDateTime", "moment"),
        (Some("array"), _) if schema["items"]["format"] == "uuid" => ("Vec<Uuid>", "ids"),
        (Some("array"), _) => ("Vec<String>", "texts"),
        _ => ("String", "text"),
    };
    let refused = refused(parameter);
    let mut read = format!("query.{method}(\"{name}\"){refused}?");
    if kind.starts_with("Vec") {
        return (kind.to_owned(), read);
    }
    if kind == "i64" {
        let range = if schema["format"] == "int32" {
            (i64::from(i32::MIN), i64::from(i32::MAX))
        } else {
            (i64::MIN, i64::MAX)
        };
        let bound = |key: &str, otherwise: i64| schema[key].as_i64().unwrap_or(otherwise);
        read = format!(
            "query.integer_within(\"{name}\", Some({}), Some({})){refused}?",
            bound("minimum", range.0),
            bound("maximum", range.1)
        );
    }
    if let Some(choices) = schema["enum"].as_array() {
        let choices: Vec<String> = choices.iter().map(Value::to_string).collect();
        read = format!("query.choice(\"{name}\", &[{}]){refused}?", choices.join(", "));
    }
    let default = &schema["default"];
    if !default.is_null() {
        let default = if kind == "String" {
            format!("{default}.to_owned()")
        } else {
            default.to_string()
        };
        return (kind.to_owned(), format!("{read}.unwrap_or({default})"));
    }
    if parameter.required {
        return (kind.to_owned(), format!("query.required(\"{name}\", {read})?"));
    }
    (format!("Option<{kind}>"), read)
}

fn query_type(text: &mut String, operation: &Operation, shared: &[&Parameter]) {
    if placed(operation, Place::Query).next().is_none() {
        return;
    }
    let name = format!("{}Query", pascal(&operation.id));
    let (mut fields, mut reads, mut shared_reads) = (String::new(), String::new(), String::new());
    for parameter in placed(operation, Place::Query) {
        let (kind, read) = query_parameter(parameter);
        let name = field(&parameter.name);
        if shared.iter().any(|shared| shared.name == parameter.name) {
            let _ = writeln!(shared_reads, "                {name}: {read},");
        } else {
            fields.push_str(&doc(&parameter.description, "    "));
            let _ = writeln!(fields, "    pub {name}: {kind},");
            let _ = writeln!(reads, "            {name}: {read},");
        }
    }
    if let Some(filter) = &operation.filter {
        let _ = writeln!(
            fields,
            "    /// The parameters that other operations take, too.\n    pub filter: {filter},"
        );
        reads = format!("            filter: {filter} {{\n{shared_reads}            }},\n{reads}");
    }
    let _ = writeln!(
        text,
        "/// Query of `{}`.\n#[derive(Clone, Debug)]\npub struct {name} {{\n{fields}    /// Every query parameter as it was sent.\n    pub all: Query,\n}}\n",
        operation.id
    );
    let _ = writeln!(
        text,
        "impl {name} {{\n    fn read(query: Query) -> Result<Self, Failure> {{\n        Ok(Self {{\n{reads}            all: query,\n        }})\n    }}\n}}\n"
    );
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model;

    #[test]
    fn operations_with_a_filter_share_the_type_of_what_all_of_them_take() {
        let parameter = |name: &str, description: &str| json!({"name": name, "in": "query", "description": description, "schema": {"type": "string"}});
        let operation = |id: &str, parameters: Value| {
            json!({"get": {
                "operationId": id, "tags": ["Nuts"], "x-access": "anyone", "x-filter": "NutFilter", "summary": "List",
                "description": "Lists.", "parameters": parameters, "responses": {"200": {"description": "Nuts."}},
            }})
        };
        let document = json!({"paths": {
            "/nuts": operation("list_nuts", json!([
                parameter("page", "A page."), parameter("name", "A name."), parameter("size", "Of nuts."),
            ])),
            "/bolts": operation("list_bolts", json!([parameter("name", "A name."), parameter("size", "Of bolts.")])),
        }});
        let operations = model::operations(&document).expect("operations");
        let mut text = String::new();
        types(&mut text, &operations.iter().collect::<Vec<_>>());
        let filter = "/// Query parameters that `list_nuts`, `list_bolts` share.\n#[derive(Clone, Debug, Default)]\npub struct NutFilter {\n    /// A name.\n    pub name: Option<String>,\n    /// Value of `size`, which each operation describes.\n    pub size: Option<String>,\n}\n";
        assert_eq!(text.matches("pub struct NutFilter {").count(), 1);
        assert!(text.contains(filter), "{text}");
        let own = "pub struct ListNutsQuery {\n    /// A page.\n    pub page: Option<String>,\n    /// The parameters that other operations take, too.\n    pub filter: NutFilter,\n";
        assert!(text.contains(own), "{text}");
        let read = "            filter: NutFilter {\n                name: query.text(\"name\")?,\n                size: query.text(\"size\")?,\n            },\n            page: query.text(\"page\")?,\n            all: query,\n";
        assert!(text.contains(read), "{text}");
    }
}
