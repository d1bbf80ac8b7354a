//! The operations of the completed document as values, for checks and for the code generator.

use serde_json::Value;

use crate::complete::METHODS;
use crate::conditional::Conditional;
use crate::{ContractError, access};

/// Place where a parameter stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
}

/// One parameter of an operation.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: String,
    pub place: Place,
    pub required: bool,
    pub description: String,
    pub deprecated: bool,
    /// Answer, with 400, to a value that can't be read; none for the usual answer.
    pub malformed: Option<String>,
    pub schema: Value,
}

/// Body that an operation takes: media types with their schemas.
#[derive(Clone, Debug)]
pub struct Body {
    pub description: String,
    pub required: bool,
    pub content: Vec<(String, Value)>,
    /// Most bytes of it, files aside.
    pub limit: u64,
}

impl Body {
    /// True when it may be a form with files.
    #[must_use]
    pub fn brings_files(&self) -> bool {
        self.content.iter().any(|(media, _)| media == "multipart/form-data")
    }
}

/// One answer of an operation.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub description: String,
    pub content: Vec<(String, Value)>,
}

/// Verb of a CRUD operation: how it treats its collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrudVerb {
    List,
    Create,
    Get,
    Update,
    Delete,
}

/// Way in which an operation works with the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transaction {
    /// It reads.
    None,
    /// All that its handler does is one transaction.
    Request,
    /// It works on files or does long work besides, and its handler says what belongs into a transaction.
    Handler,
}

/// One operation of the contract.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    /// In capitals, as in HTTP.
    pub method: String,
    pub path: String,
    pub tag: String,
    pub summary: String,
    pub description: String,
    pub deprecated: bool,
    /// Name of the access rule.
    pub rule: String,
    /// The path parameter that the rule looks at.
    pub rule_parameter: Option<String>,
    pub transaction: Transaction,
    /// Owners of the rows that the answer shows, where it may be one that the client has.
    pub conditional: Option<Conditional>,
    pub parameters: Vec<Parameter>,
    /// Name of the type of the query parameters that it shares with other operations of its tag.
    pub filter: Option<String>,
    pub body: Option<Body>,
    pub responses: Vec<Response>,
    /// Collection and verb, for the operations of the CRUD pattern.
    pub crud: Option<(String, CrudVerb)>,
    /// True when a call can change something, by any method.
    pub changes: bool,
    /// The operation that answers here, when this is an old address of it.
    pub alias_of: Option<String>,
}

impl Operation {
    /// The answers below 400, save that which says that the client has the answer.
    pub fn successes(&self) -> impl Iterator<Item = &Response> {
        self.responses
            .iter()
            .filter(|response| response.status < 400 && response.status != 304)
    }
}

pub(crate) fn operations(document: &Value) -> Result<Vec<Operation>, ContractError> {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                match read(document, path, method, operation) {
                    Ok(operation) => found.push(operation),
                    Err(problem) => problems.push(format!("{} {path}: {problem}", method.to_uppercase())),
                }
            }
        }
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(ContractError::Rules(problems))
    }
}

fn read(document: &Value, path: &str, method: &str, value: &Value) -> Result<Operation, String> {
    let text = |key: &str| {
        value[key]
            .as_str()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let needed = |key: &str| text(key).ok_or_else(|| format!("'{key}' is missing"));
    let access = needed("x-access")?;
    let (rule, rule_parameter) = access::split(&access);
    let parameters = read_parameters(value)?;
    let responses = read_responses(document, value)?;
    let body = value.get("requestBody").map(|body| Body {
        description: body["description"].as_str().unwrap_or_default().to_owned(),
        required: body["required"] == true,
        content: content(body),
        limit: value["x-body-limit"].as_u64().unwrap_or_default(),
    });
    let transaction = transaction(&value["x-transaction"], method, body.as_ref(), &responses)?;
    let conditional = Conditional::read(&value["x-conditional"])?;
    if conditional.is_some()
        && (transaction != Transaction::None || value["security"].as_array().is_none_or(Vec::is_empty))
    {
        return Err("only what reads, for somebody who is signed in, can be conditional".into());
    }
    Ok(Operation {
        id: needed("operationId")?,
        method: method.to_uppercase(),
        path: path.to_owned(),
        tag: value["tags"][0].as_str().ok_or("the tag is missing")?.to_owned(),
        summary: needed("summary")?,
        description: needed("description")?,
        deprecated: value["deprecated"] == true,
        rule: rule.to_owned(),
        rule_parameter: rule_parameter.map(str::to_owned),
        transaction,
        conditional,
        parameters,
        filter: text("x-filter"),
        body,
        responses,
        crud: crud(&value["x-crud"])?,
        changes: method != "get" || value["x-changes"] == true,
        alias_of: text("x-alias-of"),
    })
}

fn read_parameters(operation: &Value) -> Result<Vec<Parameter>, String> {
    // Headers are no business of handlers.
    let in_address = |parameter: &&Value| parameter["in"] != "header";
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.filter(in_address).map(read_parameter).collect()
}

fn read_responses(document: &Value, operation: &Value) -> Result<Vec<Response>, String> {
    let mut responses = Vec::new();
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let response = resolve(document, response);
        responses.push(Response {
            status: status.parse().map_err(|_| format!("'{status}' is no status"))?,
            description: response["description"].as_str().unwrap_or_default().to_owned(),
            content: content(response),
        });
    }
    Ok(responses)
}

/// Transaction of an operation: that of `x-transaction`, or what follows from the method, the body and the answers. `GET` reads;
/// forms bring files, and other answers than texts are files, for which no connection to the database waits.
fn transaction(
    value: &Value,
    method: &str,
    body: Option<&Body>,
    responses: &[Response],
) -> Result<Transaction, String> {
    let successes = responses.iter().filter(|response| response.status < 300);
    let sends_files = successes
        .flat_map(|response| &response.content)
        .any(|(media, _)| is_of_files(media));
    match value.as_str() {
        Some("none") => Ok(Transaction::None),
        Some("request") => Ok(Transaction::Request),
        Some("handler") => Ok(Transaction::Handler),
        Some(other) => Err(format!("'{other}' is no value of x-transaction")),
        None if method == "get" && sends_files => Ok(Transaction::Handler),
        None if method == "get" => Ok(Transaction::None),
        None if body.is_some_and(Body::brings_files) => Ok(Transaction::Handler),
        None => Ok(Transaction::Request),
    }
}

/// True if content of that kind comes from a store of files, or is made of such files.
fn is_of_files(media: &str) -> bool {
    !media.starts_with("text/") && !matches!(media, "application/json" | "application/x-ndjson")
}

fn read_parameter(value: &Value) -> Result<Parameter, String> {
    let name = value["name"].as_str().ok_or("a parameter has no name")?.to_owned();
    Ok(Parameter {
        place: match value["in"].as_str() {
            Some("path") => Place::Path,
            Some("query") => Place::Query,
            _ => {
                return Err(format!(
                    "the parameter '{name}' is neither in the path nor in the query"
                ));
            }
        },
        required: value["required"] == true,
        description: value["description"]
            .as_str()
            .ok_or_else(|| format!("the parameter '{name}' has no description"))?
            .to_owned(),
        deprecated: value["deprecated"] == true,
        schema: value["schema"].clone(),
        malformed: value["x-malformed"].as_str().map(str::to_owned),
        name,
    })
}

fn content(value: &Value) -> Vec<(String, Value)> {
    let content = value["content"].as_object();
    content
        .into_iter()
        .flatten()
        .map(|(media, value)| (media.clone(), value["schema"].clone()))
        .collect()
}

fn crud(value: &Value) -> Result<Option<(String, CrudVerb)>, String> {
    let Some(collection) = value["collection"].as_str() else {
        return Ok(None);
    };
    let verb = match value["verb"].as_str() {
        Some("list") => CrudVerb::List,
        Some("create") => CrudVerb::Create,
        Some("get") => CrudVerb::Get,
        Some("update") => CrudVerb::Update,
        Some("delete") => CrudVerb::Delete,
        _ => return Err(format!("{} is no verb of the CRUD pattern", value["verb"])),
    };
    Ok(Some((collection.to_owned(), verb)))
}

/// Follows a `$ref` inside the document.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"]
        .as_str()
        .and_then(|reference| document.pointer(reference.trim_start_matches('#')))
    {
        Some(target) => target,
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of_get(value: &Value, media: &[&str]) -> Transaction {
        let response = Response {
            status: 200,
            description: String::new(),
            content: media.iter().map(|media| ((*media).to_owned(), json!({}))).collect(),
        };
        transaction(value, "get", None, &[response]).expect("a transaction")
    }

    #[test]
    fn files_keep_no_connection() {
        for media in ["image/png", "video/mp4", "application/zip", "application/octet-stream"] {
            assert_eq!(
                of_get(&Value::Null, &["application/json", media]),
                Transaction::Handler,
                "{media}"
            );
        }
        for media in ["application/json", "application/x-ndjson", "text/csv"] {
            assert_eq!(of_get(&Value::Null, &[media]), Transaction::None, "{media}");
        }
        assert_eq!(of_get(&json!("none"), &["image/png"]), Transaction::None);
    }
}
