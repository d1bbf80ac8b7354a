//! Expands a file of `resources/` by the pattern of `crud.yaml` into five operations and their schemas, and a sixth one that
//! takes rows of another instance over, where the file says `import`.

mod schemas;
#[cfg(test)]
mod tests;
mod words;

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
    let resource = Resource {
        file: resource,
        pattern,
    };
    words::check(resource.file)?;
    let collection = format!("/data/{}", resource.text("resource"));
    let one = format!("{collection}/{{instance_id}}");
    let mut paths = vec![
        (collection, json!({"get": resource.list(), "post": resource.create()})),
        (
            one,
            json!({"get": resource.get(), "put": resource.update(), "delete": resource.delete()}),
        ),
    ];
    if resource.is_imported() {
        paths.push((
            format!("/import/kitsu/{}", resource.text("resource")),
            json!({"post": resource.import()}),
        ));
    }
    Ok(Expanded {
        paths,
        schemas: resource.schemas(),
    })
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
        self.file[key]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    fn map(&self, key: &str) -> Map<String, Value> {
        self.file[key].as_object().cloned().unwrap_or_default()
    }

    /// Puts what the resource's file gives into a sentence of the pattern.
    fn fill(&self, sentence: &Value) -> String {
        let text = sentence.as_str().unwrap_or_default();
        text.replace("{a_singular}", &format!("{} {}", self.article(), self.text("singular")))
            .replace("{singular}", self.text("singular"))
            .replace("{plural}", self.text("plural"))
            .replace("{definition}", &self.definition())
            .trim()
            .to_owned()
    }

    fn article(&self) -> &str {
        let guess = if self.text("singular").starts_with(['a', 'e', 'i', 'o', 'u']) {
            "an"
        } else {
            "a"
        };
        self.file["article"].as_str().unwrap_or(guess)
    }

    /// The sentence that says what a record is: `about` behind its name.
    fn definition(&self) -> String {
        let name = format!("{} {}", self.article(), self.text("singular"));
        format!(
            "{}: {}",
            begun(&name, char::to_uppercase),
            begun(self.text("about"), char::to_lowercase)
        )
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
        operation.insert(
            "x-crud".into(),
            json!({"collection": self.text("resource"), "verb": verb}),
        );
        if let Some(transaction) = self.file["transaction"].get(verb) {
            operation.insert("x-transaction".into(), transaction.clone());
        }
        let mut parameters: Vec<Value> = pattern["parameters"].as_array().cloned().unwrap_or_default();
        let own = if verb == "list" {
            "query".to_owned()
        } else {
            format!("{verb}_query")
        };
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
        let prefix = self.file["event"]
            .as_str()
            .map_or_else(|| self.text("singular").replace(' ', "-"), str::to_owned);
        let key = prefix.replace('-', "_");
        let project = if self.file["properties"].get("project_id").is_some() {
            " and, where it has one, `project_id`"
        } else {
            ""
        };
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
                // A filter may ask for a value that no record has, so only the form that the server must read is stated.
                if let Some(format) = schema.get("format").filter(|format| *format != "email") {
                    filter.insert("format".into(), format.clone());
                }
                let scalar = matches!(
                    schema["type"].as_str(),
                    Some("string" | "boolean" | "integer" | "number")
                );
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
        let answers: Vec<&str> = self.file["answers"][verb]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
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
        let whose = if self.file["properties"].get("project_id").is_some() {
            "production"
        } else {
            "everything"
        };
        operation.insert("x-conditional".into(), whose.into());
        let name = self.text("schema");
        let schema = json!({"title": format!("{name}List"), "anyOf": [
            {"type": "array", "items": self.row("list")},
            {"type": "array", "items": reference("PartialRecord")},
            reference(&format!("{name}Page")),
        ]});
        operation.insert(
            "responses".into(),
            self.responses("list", "200", &self.answer("list", &schema)),
        );
        operation.into()
    }

    fn create(&self) -> Value {
        let mut operation = self.operation("create");
        let what = format!("The columns of the new {}.", self.text("singular"));
        let mut sent = body(&what, &format!("{}Create", self.text("schema")));
        if let Some(example) = self.file.get("example") {
            sent["content"]["application/json"]["example"] = example.clone();
        }
        operation.insert("requestBody".into(), sent);
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
            let link =
                json!({"operationId": id, "parameters": {"instance_id": "$response.body#/id"}, "description": about});
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
        // The production of a record is known only once it is read.
        operation.insert("x-conditional".into(), "everything".into());
        operation.insert("responses".into(), json!({"200": self.answer("get", &self.row("get"))}));
        operation.into()
    }

    fn update(&self) -> Value {
        let mut operation = self.operation("update");
        let what = format!("The columns of the {} to change.", self.text("singular"));
        operation.insert(
            "requestBody".into(),
            body(&what, &format!("{}Update", self.text("schema"))),
        );
        self.limit(&mut operation);
        operation.insert(
            "responses".into(),
            json!({"200": self.answer("update", &self.row("update"))}),
        );
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
}

/// A text whose first letter is another one.
fn begun<C: Iterator<Item = char>>(text: &str, change: impl Fn(char) -> C) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| change(first).chain(letters).collect())
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn body(description: &str, schema: &str) -> Value {
    json!({"description": description, "required": true, "content": {"application/json": {"schema": reference(schema)}}})
}
