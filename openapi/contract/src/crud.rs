//! Expands a file of `resources/` by the pattern of `crud.yaml` into five operations and their schemas, and a sixth one that
//! takes rows of another instance over, where the file says `import`.

use serde_json::{Map, Value, json};

/// Parts of the document that follow from one resource.
pub(crate) struct Expanded {
    /// Path to path item.
    pub paths: Vec<(String, Value)>,
    /// Name to schema.
    pub schemas: Vec<(String, Value)>,
}

/// Expands one resource.
pub(crate) fn expand(resource: &Value, pattern: &Value) -> Result<Expanded, String> {
    let resource = Resource { file: resource, pattern };
    for key in ["resource", "tag", "schema", "singular", "plural", "about"] {
        if resource.file[key].as_str().is_none() {
            return Err(format!("resource {}: '{key}' is missing", resource.file["resource"]));
        }
    }
    let collection = format!("/data/{}", resource.text("resource"));
    let one = format!("{collection}/{{instance_id}}");
    let mut paths = vec![
        (collection, json!({"get": resource.list(), "post": resource.create()})),
        (one, json!({"get": resource.get(), "put": resource.update(), "delete": resource.delete()})),
    ];
    if resource.is_imported() {
        paths.push((format!("/import/kitsu/{}", resource.text("resource")), json!({"post": resource.import()})));
    }
    Ok(Expanded { paths, schemas: resource.schemas() })
}

struct Resource<'a> {
    file: &'a Value,
    pattern: &'a Value,
}

impl Resource<'_> {
    fn text(&self, key: &str) -> &str {
        self.file[key].as_str().unwrap_or_default()
    }

    fn names(&self, key: &str) -> Vec<&str> {
        self.file[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn map(&self, key: &str) -> Map<String, Value> {
        self.file[key].as_object().cloned().unwrap_or_default()
    }

    /// Puts what the resource's file gives into a sentence of the pattern.
    fn fill(&self, sentence: &Value) -> String {
        let singular = self.text("singular");
        let guess = if singular.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        let article = self.file["article"].as_str().unwrap_or(guess);
        let text = sentence.as_str().unwrap_or_default();
        text.replace("{a_singular}", &format!("{article} {singular}"))
            .replace("{singular}", singular)
            .replace("{plural}", self.text("plural"))
            .replace("{about}", self.text("about"))
            .trim()
            .to_owned()
    }

    fn operation(&self, verb: &str) -> Map<String, Value> {
        let pattern = &self.pattern[verb];
        let mut description = self.fill(&pattern["description"]);
        let note = self.file["notes"][verb].as_str().unwrap_or_default().trim();
        for paragraph in [note, &self.event(verb, note)] {
            if !paragraph.is_empty() {
                description.push_str("\n\n");
                description.push_str(paragraph);
            }
        }
        let mut operation = Map::new();
        operation.insert("operationId".into(), self.operation_id(verb).into());
        operation.insert("tags".into(), json!([self.text("tag")]));
        operation.insert("summary".into(), self.fill(&pattern["summary"]).into());
        operation.insert("description".into(), description.into());
        operation.insert("x-access".into(), self.file["access"][verb].clone());
        operation.insert("x-crud".into(), json!({"collection": self.text("resource"), "verb": verb}));
        if let Some(transaction) = self.file["transaction"].get(verb) {
            operation.insert("x-transaction".into(), transaction.clone());
        }
        let mut parameters: Vec<Value> = pattern["parameters"].as_array().cloned().unwrap_or_default();
        let own = if verb == "list" { "query".to_owned() } else { format!("{verb}_query") };
        parameters.extend(self.file[own.as_str()].as_array().cloned().unwrap_or_default());
        if verb == "list" {
            parameters.extend(self.filters(&parameters));
        }
        if verb == "delete" && self.file["force"] == true {
            parameters.push(json!({
                "name": "force", "in": "query",
                "description": "Whether what depends on the record is deleted with it.",
                "schema": {"type": "boolean", "default": false}, "allowEmptyValue": true, "example": false,
            }));
        }
        operation.insert("parameters".into(), parameters.into());
        operation
    }

    fn operation_id(&self, verb: &str) -> String {
        self.fill(&self.pattern[verb]["operationId"]).replace([' ', '-'], "_")
    }

    /// The sentence that names the event of a change, unless a note says already what is emitted.
    fn event(&self, verb: &str, note: &str) -> String {
        let what = match verb {
            "create" => "new",
            "update" | "delete" => verb,
            _ => return String::new(),
        };
        if note.to_lowercase().contains("emits") || self.names("silent").contains(&verb) {
            return String::new();
        }
        let prefix = self.file["event"].as_str().map_or_else(|| self.text("singular").replace(' ', "-"), str::to_owned);
        let key = prefix.replace('-', "_");
        let project = if self.file["properties"].get("project_id").is_some() { " and, where it has one, `project_id`" } else { "" };
        format!("Emits `{prefix}:{what}` with `{key}_id`{project}.")
    }

    /// One query parameter for each column that a client can sensibly filter on.
    fn filters(&self, taken: &[Value]) -> Vec<Value> {
        let hidden = self.names("hidden");
        let columns = self.map("properties");
        let id = json!({"id": self.pattern["properties"]["id"]});
        let id = id.as_object().cloned().unwrap_or_default();
        id.iter()
            .chain(&columns)
            .filter(|(name, _)| !hidden.contains(&name.as_str()))
            .filter(|(name, _)| taken.iter().all(|parameter| parameter["name"] != name.as_str()))
            .filter_map(|(name, schema)| {
                let mut filter = Map::new();
                filter.insert("type".into(), schema["type"].clone());
                // What no record has is a fine question, so that only what the server must read is said of it.
                if let Some(format) = schema.get("format").filter(|format| *format != "email") {
                    filter.insert("format".into(), format.clone());
                }
                let scalar = matches!(schema["type"].as_str(), Some("string" | "boolean" | "integer" | "number"));
                (scalar && schema["format"] != "date-time").then(|| {
                    json!({
                        "name": name, "in": "query",
                        "description": format!("Keeps the {} with this `{name}`.", self.text("plural")),
                        "schema": filter,
                    })
                })
            })
            .collect()
    }

    fn row(&self, verb: &str) -> Value {
        let answers: Vec<&str> = self.file["answers"][verb].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        match answers.as_slice() {
            [] => reference(self.text("schema")),
            [one] => reference(one),
            several => json!({"oneOf": several.iter().map(|name| reference(name)).collect::<Vec<_>>()}),
        }
    }

    fn answer(&self, verb: &str, schema: &Value) -> Value {
        json!({
            "description": self.fill(&self.pattern[verb]["answer"]),
            "content": {"application/json": {"schema": schema}},
        })
    }

    fn list(&self) -> Value {
        let mut operation = self.operation("list");
        // The rows of a production are asked for by the column.
        let whose = if self.file["properties"].get("project_id").is_some() { "production" } else { "everything" };
        operation.insert("x-conditional".into(), whose.into());
        let schema = json!({"anyOf": [
            {"type": "array", "items": self.row("list")},
            {"type": "array", "items": reference("PartialRecord")},
            reference(&format!("{}Page", self.text("schema"))),
        ]});
        operation.insert("responses".into(), self.responses("list", "200", &self.answer("list", &schema)));
        operation.into()
    }

    fn create(&self) -> Value {
        let mut operation = self.operation("create");
        let what = format!("The columns of the new {}.", self.text("singular"));
        operation.insert("requestBody".into(), body(&what, &format!("{}Create", self.text("schema"))));
        self.limit(&mut operation);
        let mut answer = self.answer("create", &self.row("create"));
        answer["links"] = self.links();
        operation.insert("responses".into(), self.responses("create", "201", &answer));
        operation.into()
    }

    /// Says how large a body may be, where records of the resource are larger than others.
    fn limit(&self, operation: &mut Map<String, Value>) {
        if let Some(limit) = self.file.get("body_limit") {
            operation.insert("x-body-limit".into(), limit.clone());
        }
    }

    /// Operations that can be done with a new record.
    fn links(&self) -> Value {
        let links = ["get", "update", "delete"].map(|verb| {
            let id = self.operation_id(verb);
            let about = format!("`id` names the new {} there.", self.text("singular"));
            let link = json!({"operationId": id, "parameters": {"instance_id": "$response.body#/id"}, "description": about});
            (id, link)
        });
        Map::from_iter(links).into()
    }

    /// Answers of an operation without a record in its path, which is 404 too where it looks up records that it names.
    fn responses(&self, verb: &str, status: &str, answer: &Value) -> Value {
        let mut responses = json!({status: answer});
        if self.names("finds").contains(&verb) {
            responses["404"] = json!({"$ref": "#/components/responses/NotFound"});
        }
        responses
    }

    fn get(&self) -> Value {
        let mut operation = self.operation("get");
        operation.insert("responses".into(), json!({"200": self.answer("get", &self.row("get"))}));
        operation.into()
    }

    fn update(&self) -> Value {
        let mut operation = self.operation("update");
        let what = format!("The columns of the {} to change.", self.text("singular"));
        operation.insert("requestBody".into(), body(&what, &format!("{}Update", self.text("schema"))));
        self.limit(&mut operation);
        operation.insert("responses".into(), json!({"200": self.answer("update", &self.row("update"))}));
        operation.into()
    }

    fn delete(&self) -> Value {
        let mut operation = self.operation("delete");
        let done = json!({"description": self.fill(&self.pattern["delete"]["answer"])});
        operation.insert("responses".into(), json!({"204": done}));
        operation.into()
    }

    fn is_imported(&self) -> bool {
        self.file.get("import").is_some()
    }

    /// Takes rows of another instance over. It is no operation of the CRUD pattern: many rows come in one body.
    fn import(&self) -> Value {
        let pattern = &self.pattern["import"];
        let note = self.file["import"]["note"].as_str().unwrap_or_default().trim();
        let description = [self.fill(&pattern["description"]), note.to_owned()].join("\n\n");
        let rows = json!({"type": "array", "items": reference(&format!("{}Import", self.text("schema"))), "x-malformed": pattern["malformed"]});
        let answer = json!({"type": "array", "items": reference(self.text("schema"))});
        json!({
            "operationId": self.operation_id("import"),
            "tags": [pattern["tag"]],
            "summary": self.fill(&pattern["summary"]),
            "description": description.trim(),
            "x-access": pattern["access"],
            "x-body-limit": pattern["body_limit"],
            "parameters": pattern["parameters"],
            "requestBody": {
                "description": self.fill(&pattern["body"]),
                "required": true,
                "content": {"application/json": {"schema": rows}},
            },
            "responses": {"200": self.answer("import", &answer)},
        })
    }

    fn schemas(&self) -> Vec<(String, Value)> {
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
        for relation in import["relations"].as_array().into_iter().flatten().filter_map(Value::as_str) {
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
        let about = format!("A row of another instance, as it is answered there: {}. Other keys are passed over.", self.text("singular"));
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
        let mut required: Vec<String> = properties.keys().filter(|name| !optional.contains(&name.as_str())).cloned().collect();
        for (relation, about) in self.map("relations") {
            properties.insert(relation, ids(&about));
        }
        for (extra, mut schema) in self.map("extra") {
            let answers = schema.as_object_mut().and_then(|schema| schema.remove("on")).unwrap_or_default();
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
        properties.extend(self.map("write_only").into_iter().filter(|(name, _)| !update_only.contains(&name.as_str())));
        let about = format!("What a new {} is made of.", self.text("singular"));
        let mut schema = json!({"type": "object", "description": about, "additionalProperties": false, "properties": properties});
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
        properties.extend(self.map("write_only").into_iter().filter(|(name, _)| !create_only.contains(&name.as_str())));
        let about = format!("What changes of {}; keys left out stay as they are.", self.fill(&json!("{a_singular}")));
        json!({"type": "object", "description": about, "properties": properties})
    }

    fn page_schema(&self) -> Value {
        let rows = json!({"anyOf": [self.row("list"), reference("PartialRecord")]});
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

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn body(description: &str, schema: &str) -> Value {
    json!({"description": description, "required": true, "content": {"application/json": {"schema": reference(schema)}}})
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
    let shared = ["description", "default", "example"].into_iter().filter_map(|key| Some((key.to_owned(), map.shift_remove(key)?)));
    let mut outer: Map<String, Value> = shared.collect();
    outer.insert("oneOf".into(), json!([map, {"type": other}]));
    *schema = outer.into();
}

/// Rows that are there already, here or elsewhere, may hold numbers below 0 where bodies may not bring any.
fn admit_less_than_nothing(schema: &mut Value) {
    if let Some(map) = schema.as_object_mut().filter(|map| map.get("minimum") == Some(&json!(0))) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded() -> Expanded {
        let resource = json!({
            "resource": "gadgets", "tag": "Studio", "schema": "Gadget", "singular": "gadget", "plural": "gadgets",
            "about": "A thing.", "access": {"list": "anyone"}, "required": ["name"],
            "properties": {"name": {"type": "string", "description": "Its name.", "also": "number"}, "size": {"type": "integer", "minimum": 0, "default": 1}, "secret": {"type": "string"}},
            "hidden": ["secret"], "relations": {"owners": {"description": "Who owns it."}}, "create_only": ["size"],
        });
        let pattern = json!({
            "properties": {"id": {"type": "string"}},
            "list": {"operationId": "list_{plural}", "summary": "List {plural}", "description": "All. {about}", "answer": "The {plural}."},
            "create": {"operationId": "create_{singular}", "summary": "Create {a_singular}", "description": "New."},
            "get": {"operationId": "get_{singular}"},
        });
        expand(&resource, &pattern).expect("a complete resource")
    }

    #[test]
    fn a_resource_becomes_two_paths_with_five_operations() {
        let paths = expanded().paths;
        assert_eq!(paths[0].0, "/data/gadgets");
        assert_eq!(paths[0].1["get"]["operationId"], "list_gadgets");
        assert_eq!(paths[0].1["get"]["description"], "All. A thing.");
        assert_eq!(paths[0].1["post"]["summary"], "Create a gadget");
        assert_eq!(paths[0].1["post"]["description"], "New.\n\nEmits `gadget:new` with `gadget_id`.");
        assert_eq!(paths[1].1.as_object().expect("a map").len(), 3);
        let links = &paths[0].1["post"]["responses"]["201"]["links"];
        assert_eq!(links["get_gadget"]["parameters"]["instance_id"], "$response.body#/id");
    }

    #[test]
    fn every_visible_scalar_column_is_a_filter() {
        let paths = expanded().paths;
        let names: Vec<_> = paths[0].1["get"]["parameters"].as_array().expect("a list").iter().map(|p| p["name"].clone()).collect();
        assert_eq!(names, ["id", "name", "size"]);
    }

    #[test]
    fn bodies_follow_what_may_be_written() {
        let schemas = expanded().schemas;
        let named = |name: &str| schemas.iter().find(|(found, _)| found == name).expect("the schema").1.clone();
        assert!(named("Gadget")["properties"].get("secret").is_none());
        assert_eq!(named("GadgetCreate")["properties"]["size"]["nullable"], true);
        assert_eq!([named("GadgetCreate"), named("Gadget")].map(|schema| schema["properties"]["size"]["minimum"].clone()), [json!(0), Value::Null]);
        assert!(named("GadgetUpdate")["properties"].get("size").is_none());
        assert_eq!(named("GadgetUpdate")["properties"]["owners"]["type"], "array");
        assert_eq!(named("Gadget")["properties"]["name"], json!({"type": "string", "description": "Its name."}));
        let either = json!({"description": "Its name.", "oneOf": [{"type": "string"}, {"type": "number"}]});
        assert_eq!([&named("GadgetCreate"), &named("GadgetUpdate")].map(|schema| &schema["properties"]["name"]), [&either, &either]);
    }

    #[test]
    fn rows_of_another_instance_may_lack_all_but_their_id() {
        let resource = json!({
            "resource": "gadgets", "tag": "Studio", "schema": "Gadget", "singular": "gadget", "plural": "gadgets", "about": "A thing.",
            "properties": {"name": {"type": "string", "enum": ["a"], "default": "a"}}, "relations": {"owners": {"description": "Who owns it."}, "parts": {}},
            "import": {"relations": ["owners"], "note": "Words.", "properties": {"kind": {"type": "string"}}},
        });
        let pattern = json!({
            "properties": {"id": {"type": "string"}},
            "import": {"operationId": "import_{plural}", "tag": "Sources", "access": "admin", "description": "In.", "malformed": "No list."},
        });
        let Expanded { paths, schemas } = expand(&resource, &pattern).expect("a complete resource");
        let (path, item) = paths.last().expect("a path");
        assert_eq!(
            (path.as_str(), &item["post"]["operationId"], &item["post"]["tags"]),
            ("/import/kitsu/gadgets", &json!("import_gadgets"), &json!(["Sources"]))
        );
        assert_eq!(item["post"]["description"], "In.\n\nWords.");
        let (name, schema) = schemas.last().expect("a schema");
        assert_eq!((name.as_str(), &schema["required"], &schema["additionalProperties"]), ("GadgetImport", &json!(["id"]), &json!(true)));
        assert_eq!(schema["properties"]["name"], json!({"type": "string", "enum": ["a", null], "nullable": true}));
        let names: Vec<&String> = schema["properties"].as_object().expect("properties").keys().collect();
        assert_eq!(names, ["name", "id", "owners", "kind"]);
    }

    #[test]
    fn a_missing_key_is_named() {
        let problem = expand(&json!({"resource": "gadgets"}), &json!({})).err();
        assert_eq!(problem.as_deref(), Some("resource \"gadgets\": 'tag' is missing"));
    }
}
