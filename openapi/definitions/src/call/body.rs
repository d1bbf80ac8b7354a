//! Bodies of calls: read within their limits, checked against their schemas, and turned into the types of handlers.

use poem::Body;
use poem::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Call;
use crate::failure::{Failure, FieldProblem};
use crate::query::Query;
use crate::reading::{Unreadable, read};
use crate::submission::{FIELD_LIMIT, PART_LIMIT, Submission, read_submission, too_many_fields};
use crate::validate::{has_several_shapes, misshapen, out_of_bounds, resolve, unstorable, validate};

impl Call {
    /// The body of a CRUD operation: a JSON object, and nothing else. Of the schema only lists and objects are looked at, and
    /// the bounds of numbers, which no column would refuse; what else is wrong is found when the values are brought into the types
    /// of columns.
    pub(crate) async fn record(&mut self, schema: &Value) -> Result<Map<String, Value>, Failure> {
        let media = self.media_type();
        if media != "application/json" && !(media.starts_with("application/") && media.ends_with("+json")) {
            let message =
                "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.";
            return Err(Failure::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        let limit = self.facts().memory();
        let bytes = read_bytes(&mut self.body, limit).await?;
        match read(&bytes, &Value::Null, limit) {
            Ok(Value::Object(map)) => {
                let wrong = misshapen(&map, schema).or_else(|| {
                    map.iter()
                        .find(|(key, value)| unstorable(key, value).is_some())
                        .map(|(key, _)| key.as_str())
                });
                if let Some(field) = wrong {
                    return Err(Failure::record(format!(
                        "One of the provided values has an invalid format: {field}."
                    )));
                }
                match out_of_bounds(&map, schema) {
                    Some((field, problem)) => Err(Failure::record(format!("{field}: {problem}"))),
                    None => Ok(map),
                }
            }
            Ok(Value::Null) => Err(Failure::parameter(
                "Data are empty. Please verify that you sent JSON data and that you set the right headers.",
            )),
            Ok(_) => Err(Failure::parameter("Request body must be a JSON object.")),
            Err(problem) => Err(not_read(problem)),
        }
    }

    /// A body of a schema: JSON, or a form or query with the same fields.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self, schema: &Value) -> Result<T, Failure> {
        let (media, facts) = (self.media_type(), self.facts());
        if media == "multipart/form-data" {
            let form = read_submission(&self.request, &mut self.body, facts).await?;
            return typed(self.with_query(form.fields), schema);
        }
        let is_form = media == "application/x-www-form-urlencoded";
        let limit = if is_form {
            facts.memory().min(FIELD_LIMIT)
        } else {
            facts.memory()
        };
        let bytes = read_bytes(&mut self.body, limit).await?;
        match read(&bytes, schema, limit) {
            Ok(Value::Null) if has_several_shapes(schema) => {
                return Err(Failure::parameter("The body of the request can't be null."));
            }
            Ok(value) => return typed(value, schema),
            Err(Unreadable::TooMany) => return Err(too_large()),
            Err(Unreadable::NotJson) => {}
        }
        let form = if is_form {
            Query::of_form(&bytes, PART_LIMIT).ok_or_else(too_many_fields)?
        } else {
            Query::default()
        };
        let fields = form
            .pairs()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let value = typed(self.with_query(fields), schema)?;
        // The query may bring all that is needed. A body that says nothing was still meant to say something.
        if is_form || bytes.trim_ascii().is_empty() {
            Ok(value)
        } else {
            Err(unreadable())
        }
    }

    /// The fields of a form, and those of the query that the form lacks.
    fn with_query(&self, mut fields: Map<String, Value>) -> Value {
        for (name, value) in self.query().pairs() {
            fields.entry(name).or_insert_with(|| value.into());
        }
        fields.into()
    }

    /// A body that may bring files: a multipart form, or what [`Call::json`] takes.
    pub(crate) async fn submission(&mut self, schema: &Value) -> Result<Submission, Failure> {
        let facts = self.facts();
        if self.media_type() == "multipart/form-data" {
            read_submission(&self.request, &mut self.body, facts).await
        } else {
            let fields = self.json::<Map<String, Value>>(schema).await?;
            Ok(Submission {
                fields,
                files: Vec::new(),
            })
        }
    }
}

async fn read_bytes(body: &mut Body, limit: usize) -> Result<bytes::Bytes, Failure> {
    let bytes = std::mem::replace(body, Body::empty()).into_bytes_limit(limit).await;
    bytes.map_err(|error| match error {
        poem::error::ReadBodyError::PayloadTooLarge => too_large(),
        _ => unreadable(),
    })
}

fn not_read(problem: Unreadable) -> Failure {
    match problem {
        Unreadable::TooMany => too_large(),
        Unreadable::NotJson => unreadable(),
    }
}

/// 400: the body is not what its media type says, or broke off.
fn unreadable() -> Failure {
    Failure::refused("The browser (or proxy) sent a request that this server could not understand.")
}

/// 413: the body is larger than the server accepts.
#[must_use]
pub fn too_large() -> Failure {
    Failure::plain(
        StatusCode::PAYLOAD_TOO_LARGE,
        "The data value transmitted exceeds the capacity limit.",
    )
}

/// Checks a value against its schema and reads it as the type that stands for the schema.
fn typed<T: DeserializeOwned>(mut value: Value, schema: &Value) -> Result<T, Failure> {
    let problems = validate(&mut value, schema);
    if let Some(message) = message_of_all(schema, &problems) {
        return Err(Failure::parameter(message));
    }
    if !problems.is_empty() {
        return Err(Failure::fields(&problems));
    }
    serde_json::from_value(value).map_err(|error| {
        Failure::fields(&[FieldProblem {
            field: String::new(),
            message: error.to_string(),
        }])
    })
}

/// The message that the contract has for a body that is wrong like that, if it has one: for the whole body, or for the items
/// of a list. Where fields may have any name, what is wrong inside of one is named instead.
fn message_of_all<'a>(schema: &'a Value, problems: &[FieldProblem]) -> Option<&'a str> {
    problems.first()?;
    let body = resolve(schema);
    let inside = problems.iter().all(|problem| !problem.field.is_empty());
    let about = if inside && body["type"] == "array" {
        resolve(&body["items"])
    } else {
        body
    };
    let deep = about["additionalProperties"].is_object() && problems.iter().any(|problem| problem.field.contains('.'));
    about["x-malformed"].as_str().filter(|_| !deep)
}
