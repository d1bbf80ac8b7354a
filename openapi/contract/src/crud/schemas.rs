//! Schemas of a resource: its rows, pages of them, and the bodies that create, change and import them.

use serde_json::{Map, Value, json};

use super::{Resource, reference};

impl Resource<'_> {
    pub(super) fn schemas(&self) -> Vec<(String, Value)> {
        let name = self.text("schema");
        let mut schemas = vec![
            (name.to_owned(), self.row_schema()),
            (format!("{name}Create"), self.create_schema()),
            (format!("{name}Update"), self.update_schema()),
            (format!("{name}Page"), self.page_schema()),
        ];
        if self.is_imported() {
            schemas.push((format!("{name}Import"), self.import_schema()));
        }
        schemas
    }

    /// A row of another instance: every column, the relations that come along, and what else is special to the resource.
    fn import_schema(&self) -> Value {
        let import = &self.file["import"];
        let mut properties = self.map("properties");
        properties.extend(self.pattern["properties"].as_object().cloned().unwrap_or_default());
        for relation in import["relations"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            properties.insert(relation.to_owned(), ids(&self.file["relations"][relation]));
        }
        for (name, schema) in &mut properties {
            if let Some(map) = schema.as_object_mut() {
                map.remove("default");
            }
            if name != "id" {
                allow_null(schema);
            }
            admit_less_than_nothing(schema);
            admit_another_type(schema);
        }
        properties.extend(import["properties"].as_object().cloned().unwrap_or_default());
        let about = format!(
            "A row of another instance, as it is answered there: {}. Other keys are passed over.",
            self.text("singular")
        );
        json!({"type": "object", "description": about, "required": ["id"], "additionalProperties": true, "properties": properties})
    }

    fn row_schema(&self) -> Value {
        let hidden = self.names("hidden");
        let mut properties = self.map("properties");
        properties.retain(|name, _| !hidden.contains(&name.as_str()));
        for schema in properties.values_mut() {
            admit_less_than_nothing(schema);
            if let Some(schema) = schema.as_object_mut() {
                schema.remove("default");
                schema.remove("also");
                schema.remove("x-malformed");
            }
        }
        for (name, schema) in self.pattern["properties"].as_object().into_iter().flatten() {
            properties.insert(name.clone(), schema.clone());
        }
        let kinds = match self.names("type_values").as_slice() {
            [] => vec![self.text("schema").to_owned()],
            kinds => kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        };
        let example = kinds.first().cloned();
        let title = format!("{}Kind", self.text("schema"));
        let kind = json!({"type": "string", "title": title, "enum": kinds, "description": "Kind of record.", "example": example});
        properties.insert("type".into(), kind);
        let optional = self.names("optional");
        let mut required: Vec<String> = properties
            .keys()
            .filter(|name| !optional.contains(&name.as_str()))
            .cloned()
            .collect();
        for (relation, about) in self.map("relations") {
            properties.insert(relation, ids(&about));
        }
        for (extra, mut schema) in self.map("extra") {
            let answers = schema
                .as_object_mut()
                .and_then(|schema| schema.remove("on"))
                .unwrap_or_default();
            if answers.as_array().is_some_and(|answers| answers.len() == 4) {
                required.push(extra.clone());
            }
            properties.insert(extra, schema);
        }
        json!({"type": "object", "description": self.text("about"), "required": required, "properties": properties})
    }

    /// Columns and relations that a body may carry.
    fn writable(&self, refused: &[&str]) -> Map<String, Value> {
        let read_only = self.names("read_only");
        let mut properties = self.map("properties");
        properties.retain(|name, _| !read_only.contains(&name.as_str()) && !refused.contains(&name.as_str()));
        for (relation, about) in self.map("relations") {
            if !read_only.contains(&relation.as_str()) && !refused.contains(&relation.as_str()) {
                let mut schema = ids(&about);
                schema["nullable"] = true.into();
                properties.insert(relation, schema);
            }
        }
        properties
    }

    fn create_schema(&self) -> Value {
        let update_only = self.names("update_only");
        let mut properties = self.writable(&update_only);
        for schema in properties.values_mut().filter(|schema| schema.get("default").is_some()) {
            allow_null(schema);
        }
        properties.values_mut().for_each(admit_another_type);
        properties.extend(
            self.map("write_only")
                .into_iter()
                .filter(|(name, _)| !update_only.contains(&name.as_str())),
        );
        let about = format!("Columns of a new {}.", self.text("singular"));
        let mut schema =
            json!({"type": "object", "description": about, "additionalProperties": false, "properties": properties});
        if self.file["loose"] == true {
            schema["additionalProperties"] = true.into();
        }
        let required = self.names("required");
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    fn update_schema(&self) -> Value {
        let create_only = self.names("create_only");
        let mut properties = self.writable(&create_only);
        for schema in properties.values_mut().filter_map(Value::as_object_mut) {
            schema.remove("default");
        }
        properties.values_mut().for_each(admit_another_type);
        properties.extend(
            self.map("write_only")
                .into_iter()
                .filter(|(name, _)| !create_only.contains(&name.as_str())),
        );
        let about = format!(
            "Changes of {}; keys left out stay as they are.",
            self.fill(&json!("{a_singular}"))
        );
        json!({"type": "object", "description": about, "properties": properties})
    }

    fn page_schema(&self) -> Value {
        let title = format!("{}Record", self.text("schema"));
        let rows = json!({"title": title, "anyOf": [self.row("list"), reference("PartialRecord")]});
        let number = |about: &str, example: i64| json!({"type": "integer", "format": "int64", "description": about, "example": example});
        json!({
            "type": "object",
            "description": format!("One page of {}.", self.text("plural")),
            "required": ["data", "total", "nb_pages", "limit", "offset", "page"],
            "properties": {
                "data": {"type": "array", "description": "The records of this page.", "items": rows},
                "total": number("Number of records on all pages.", 1),
                "nb_pages": number("Number of pages.", 1),
                "limit": number("Number of records on a full page.", 100),
                "offset": number("Number of records before this page.", 0),
                "page": number("Number of this page.", 1),
            },
        })
    }
}

fn ids(about: &Value) -> Value {
    json!({
        "type": "array",
        "description": about["description"],
        "items": {"type": "string", "format": "uuid"},
    })
}

/// Second type that a column takes (`also`), as a second shape of what a body may bring.
fn admit_another_type(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    let Some(other) = map.shift_remove("also") else { return };
    let shared = ["description", "default", "example"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), map.shift_remove(key)?)));
    let mut outer: Map<String, Value> = shared.collect();
    outer.insert("oneOf".into(), json!([map, {"type": other}]));
    *schema = outer.into();
}

/// Rows that are there already, here or elsewhere, may hold numbers below 0 where bodies may not bring any.
fn admit_less_than_nothing(schema: &mut Value) {
    if let Some(map) = schema
        .as_object_mut()
        .filter(|map| map.get("minimum") == Some(&json!(0)))
    {
        map.shift_remove("minimum");
    }
}

/// A null given at creation stands for the default.
fn allow_null(schema: &mut Value) {
    schema["nullable"] = true.into();
    if let Some(choices) = schema.get_mut("enum").and_then(Value::as_array_mut)
        && !choices.contains(&Value::Null)
    {
        choices.push(Value::Null);
    }
}
