//! Calls of every operation that writes, derived from the contract and filled with the records of a sample.

use harness::{Client, contract, fill, fill_all, picture};
use reqwest::Method;
use serde_json::{Value, json};

use super::bodies::{BODIES, TABLES, TIMELINES};
use super::sample::Which::{First, Second};
use super::sample::{PASSWORD, Sample, TOTP_SECRET, Which};
use super::writer::{Writer, resolved, text};
use crate::second_factors::clock_of;
use crate::stored_files::LIGHT;

/// Records that parameters of an operation name, other than the usual ones.
const PARAMETERS: &[(&str, &str, &str)] = &[
    ("create_asset_tasks", "task_type_id", "asset_task_type"),
    ("create_edit_tasks", "task_type_id", "edit_task_type"),
    ("create_concept_tasks", "task_type_id", "concept_task_type"),
    ("create_entity_tasks", "entity_id", "second shot"),
    ("move_comment", "comment_id", "second comment"),
];

/// Operations whose effect is an answer, an e-mail or something that is kept for a short time, and no row.
pub const WITHOUT_ROWS: [&str; 12] = [
    "build_entity_output_file_path",
    "build_instance_output_file_path",
    "build_working_file_path",
    "create_temporary_playlist",
    "guess_from_path",
    "hand_session_out",
    "make_password_link",
    "next_entity_output_revision",
    "next_instance_output_revision",
    "notify_playlist_clients",
    "request_password_reset",
    "search",
];

/// Operations that take a secret which an earlier call told somebody: the code of an e-mail, the answer of a key or of a
/// provider, the cookie of a guest.
pub const WITH_SECRETS: [&str; 14] = [
    "create_shared_comment",
    "update_shared_comment",
    "delete_shared_comment",
    "add_shared_attachments",
    "delete_shared_attachment",
    "update_shared_annotations",
    "enable_email_otp",
    "disable_email_otp",
    "enable_fido",
    "disable_fido",
    "redeem_session",
    "finish_saml",
    "reset_password",
    "disable_totp",
];

/// An operation that writes.
pub struct Operation {
    pub id: &'static str,
    pub method: Method,
    pub path: &'static str,
    parameters: Vec<&'static Value>,
    body: Option<(&'static str, &'static Value)>,
    /// The table of a collection's operation.
    pub table: Option<&'static str>,
    pub creates: bool,
}

/// Parts of a call.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    pub path: Which,
    pub body: Which,
    /// All that the schema has, not only what it requires.
    pub full: bool,
}

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub body: Body,
}

/// Body of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    None,
    Json(Value),
    File(&'static str, Vec<u8>),
}

impl Call {
    /// Sends it, and gives the status and what was answered.
    pub async fn send(&self, client: &Client) -> (u16, String) {
        let request = match &self.body {
            Body::None => client.request(self.method.clone(), &self.path),
            Body::Json(body) => client.request(self.method.clone(), &self.path).json(body),
            Body::File(name, content) => client.upload(&self.path, name, content),
        };
        let response = request.send().await.expect("the server answers");
        let status = response.status().as_u16();
        (status, response.text().await.unwrap_or_default())
    }
}

/// The operations of the contract that are not GET. Older addresses of others are left out: the same code answers them.
pub fn operations() -> Vec<Operation> {
    found(|method| method != "get")
}

/// The operations of the contract that are GET, without older addresses of others.
pub fn readings() -> Vec<Operation> {
    found(|method| method == "get")
}

fn found(wanted: impl Fn(&str) -> bool) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in contract()["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("a path item") {
            if wanted(method) && operation["deprecated"] != true {
                found.push(Operation::read(path, method, operation));
            }
        }
    }
    found
}

impl Operation {
    fn read(path: &'static str, method: &str, operation: &'static Value) -> Self {
        let content = operation["requestBody"]["content"].as_object();
        let media = content.and_then(|content| {
            content
                .iter()
                .find(|(media, _)| *media == "application/json")
                .or_else(|| content.iter().next())
        });
        Self {
            id: operation["operationId"].as_str().expect("an id"),
            method: method.to_uppercase().parse().expect("a method"),
            path,
            parameters: operation["parameters"].as_array().into_iter().flatten().collect(),
            body: media.map(|(media, content)| (media.as_str(), resolved(&content["schema"]))),
            table: collection(path).map(table_of),
            creates: method == "post" && operation["responses"]["201"].is_object(),
        }
    }

    /// Schema of its body, where that is JSON.
    pub fn json_schema(&self) -> Option<&'static Value> {
        self.body
            .filter(|(media, _)| *media == "application/json")
            .map(|(_, schema)| schema)
    }

    /// True if it changes a record with free data.
    pub fn sets_data(&self) -> bool {
        let data = |schema: &Value| schema["properties"]["data"]["type"] == "object";
        self.method == Method::PUT && self.path.ends_with("_id}") && self.body.is_some_and(|(_, schema)| data(schema))
    }

    /// True if it changes a record of a collection.
    pub fn updates_record(&self) -> bool {
        self.table.is_some() && self.method == Method::PUT
    }

    /// Ways to call it, the likeliest first.
    pub fn choices(&self) -> Vec<Choice> {
        let choice = |path, body, full| Choice { path, body, full };
        let without = [(First, First), (Second, First)].map(|(path, body)| choice(path, body, false));
        match (self.method.as_str(), self.body.is_some()) {
            ("DELETE", _) => without.into_iter().rev().collect(),
            (_, false) => without.to_vec(),
            ("PUT", _) => [(First, true), (First, false), (Second, true), (Second, false)]
                .map(|(path, full)| choice(path, First, full))
                .to_vec(),
            _ => {
                let ways = [(First, First), (First, Second), (Second, First), (Second, Second)];
                ways.into_iter()
                    .flat_map(|(path, body)| [false, true].map(|full| choice(path, body, full)))
                    .collect()
            }
        }
    }

    /// A call with the records of a sample. Calls of different numbers have different texts.
    pub fn call(&self, sample: &Sample, choice: Choice, number: Option<usize>) -> Call {
        Call {
            method: self.method.clone(),
            path: self.address(sample, choice),
            body: self.content(sample, choice, number),
        }
    }

    /// A call without the parameters that may be left out, and one with each of those that are known.
    pub fn questions(&self, sample: &Sample, which: Which) -> Vec<Call> {
        let plain = self.call(
            sample,
            Choice {
                path: which,
                body: which,
                full: false,
            },
            None,
        );
        let joint = if plain.path.contains('?') { '&' } else { '?' };
        let optional = self
            .parameters
            .iter()
            .filter(|parameter| parameter["in"] == "query" && parameter["required"] != true);
        let asked = optional.filter_map(|parameter| {
            let name = parameter["name"].as_str().expect("a name");
            let usual = match parameter["schema"]["type"].as_str() {
                Some("boolean") => Some("true".to_owned()),
                Some("integer") => Some("1".to_owned()),
                _ => None,
            };
            let value = self.parameter(sample, name, which).or(usual)?;
            Some(Call {
                path: format!("{}{joint}{name}={value}", plain.path),
                ..plain.clone()
            })
        });
        std::iter::once(plain.clone()).chain(asked).collect()
    }

    fn address(&self, sample: &Sample, choice: Choice) -> String {
        let mut address = self.path.to_owned();
        let mut query = Vec::new();
        for parameter in &self.parameters {
            let name = parameter["name"].as_str().expect("a name");
            let value = self
                .parameter(sample, name, choice.path)
                .unwrap_or_else(|| text(&parameter["example"]));
            match parameter["in"].as_str() {
                Some("path") => address = address.replace(&format!("{{{name}}}"), &value),
                _ if parameter["required"] == true => query.push(format!("{name}={value}")),
                _ => {}
            }
        }
        if query.is_empty() {
            address
        } else {
            format!("{address}?{}", query.join("&"))
        }
    }

    fn parameter(&self, sample: &Sample, name: &str, which: Which) -> Option<String> {
        let special = PARAMETERS.iter().find(|(id, of, _)| *id == self.id && *of == name);
        let id = match (special, name) {
            (Some((.., label)), _) => return sample.variables().remove(*label),
            (None, "instance_id") => sample.own_record(self.table?, which),
            (None, "field_name") => return Some(format!("metadata__{}_{}", sample.mark, which as u8)),
            (None, "token") => return Some(sample.share_token(which)),
            (None, "entity_type") => None,
            _ => sample.named(name, which),
        };
        id.map(|id| id.to_string())
    }

    fn content(&self, sample: &Sample, choice: Choice, number: Option<usize>) -> Body {
        let Some((media, schema)) = self.body else {
            return Body::None;
        };
        if let Some((_, table)) = TABLES.iter().find(|(id, _)| *id == self.id) {
            return Body::File("table.csv", fill(table, &sample.variables()).into_bytes());
        }
        if let Some((_, list)) = TIMELINES.iter().find(|(id, _)| *id == self.id) {
            return Body::File("cut.edl", fill(list, &sample.variables()).into_bytes());
        }
        if media == "multipart/form-data" {
            let hdr = self.path.contains("background");
            return if hdr {
                Body::File("light.hdr", LIGHT.to_vec())
            } else {
                Body::File("picture.png", picture())
            };
        }
        if let Some((_, body)) = BODIES.iter().find(|(id, _)| *id == self.id) {
            let mut variables = sample.variables();
            variables.extend([
                ("password".into(), PASSWORD.into()),
                ("code".into(), code()),
                ("number".into(), number.unwrap_or_default().to_string()),
            ]);
            return Body::Json(fill_all(&serde_json::from_str(body).expect("JSON"), &variables));
        }
        let writer = Writer {
            sample,
            which: choice.body,
            full: choice.full,
            number,
            changes: self.updates_record(),
            path: self.path,
        };
        Body::Json(writer.value("", schema).unwrap_or_else(|| json!({})))
    }
}

/// The collection that an address is of.
fn collection(path: &'static str) -> Option<&'static str> {
    let before = path.trim_end_matches(".png").strip_suffix("/{instance_id}");
    let crud = contract()["paths"][path]
        .as_object()?
        .values()
        .find_map(|operation| operation["x-crud"]["collection"].as_str());
    crud.or_else(|| before?.rsplit('/').next())
}

/// The table of a collection.
fn table_of(collection: &'static str) -> &'static str {
    let update = &contract()["paths"][format!("/data/{collection}/{{instance_id}}")]["put"]["operationId"];
    match update.as_str().and_then(|id| id.strip_prefix("update_")) {
        Some("news_item") => "news",
        Some("event") => "api_event",
        Some(table) => table,
        None => panic!("{collection} is no collection"),
    }
}

/// A code of the caller's second factor.
fn code() -> String {
    clock_of(TOTP_SECRET).generate_current().to_string()
}
