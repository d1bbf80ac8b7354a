//! One call of an operation: what the generated routes read from the request, and how they are added to the route table.

use std::collections::HashMap;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use futures::future::BoxFuture;
use poem::endpoint::{BoxEndpoint, EndpointExt, make};
use poem::http::{HeaderMap, Method, StatusCode, header};
use poem::{Body, IntoResponse, Request, Response};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::{Caller, Role};
use crate::facts::OperationFacts;
use crate::failure::{Failure, FieldProblem};
use crate::payload::{Json, NoContent};
use crate::query::{Query, parse_day, parse_id};
use crate::reading::{Unreadable, read};
use crate::rules::{Collection, Guard, Rule};
use crate::submission::{FIELD_LIMIT, PART_LIMIT, Submission, read_submission, too_many_fields};
use crate::validate::{has_several_shapes, misshapen, out_of_bounds, resolve, unstorable, validate};

/// Every path of the contract with its methods.
pub type RouteTable = HashMap<String, HashMap<Method, BoxEndpoint<'static>>>;

/// Values of the path parameters, put into the request's extensions by the router.
#[derive(Clone, Debug, Default)]
pub struct PathValues(pub Vec<(String, String)>);

/// An answer that is being worked on.
pub type Working<'a> = BoxFuture<'a, Result<Response, Failure>>;

/// Request for an answer that depends on rows, on who asks, and on nothing else.
#[derive(Clone, Debug)]
pub struct ConditionalRequest {
    /// The `operationId`.
    pub operation: &'static str,
    /// Values of the path parameters, and the query.
    pub address: String,
    pub caller: Caller,
    /// The caller's role in the production, where the access rule looked it up.
    pub role: Option<Role>,
    /// The production whose rows are shown, besides those that every production shares; none for those of all.
    pub production: Option<Uuid>,
    /// The `If-None-Match` headers of the request.
    pub none_match: Vec<String>,
}

/// Way in which operations work with the database.
pub trait Sessions: Send + Sync + 'static {
    /// Lets a request keep one connection, from its first statement on.
    fn keeping<'a>(&'a self, request: Working<'a>) -> Working<'a>;
    /// Gives the connection back until the next statement, before the request waits for its sender.
    fn release(&self) -> BoxFuture<'_, ()>;
    /// Works on a request without keeping a connection: it takes long between two statements.
    fn apart<'a>(&'a self, request: Working<'a>) -> Working<'a>;
    /// Works on a request in one transaction, again when another transaction was in the way.
    fn transact<'a>(&'a self, attempt: &'a (dyn Fn() -> Working<'a> + Sync)) -> Working<'a>;
    /// Works on a request whose answer may be one that the client has, or that was made before.
    fn conditional<'a>(&'a self, asked: ConditionalRequest, request: Working<'a>) -> Working<'a>;
}

/// The operations of the CRUD pattern, for every collection.
#[async_trait]
pub trait Crud: Send + Sync + 'static {
    /// `GET /data/{collection}`
    async fn list(
        &self,
        collection: Collection,
        rule: Rule,
        caller: Caller,
        query: Query,
    ) -> Result<Json<Value>, Failure>;
    /// `POST /data/{collection}`
    async fn create(
        &self,
        collection: Collection,
        rule: Rule,
        caller: Caller,
        body: Map<String, Value>,
    ) -> Result<Json<Value>, Failure>;
    /// `GET /data/{collection}/{instance_id}`
    async fn get(
        &self,
        collection: Collection,
        rule: Rule,
        caller: Caller,
        id: Uuid,
        query: Query,
    ) -> Result<Json<Value>, Failure>;
    /// `PUT /data/{collection}/{instance_id}`
    async fn update(
        &self,
        collection: Collection,
        rule: Rule,
        caller: Caller,
        id: Uuid,
        body: Map<String, Value>,
    ) -> Result<Json<Value>, Failure>;
    /// `DELETE /data/{collection}/{instance_id}`
    async fn delete(
        &self,
        collection: Collection,
        rule: Rule,
        caller: Caller,
        id: Uuid,
        query: Query,
    ) -> Result<NoContent, Failure>;
}

/// Somebody who calls an operation that is open to all.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub headers: HeaderMap,
    /// Address of the peer.
    pub address: Option<IpAddr>,
    pub query: Query,
}

impl Visitor {
    pub(crate) fn new(request: &Request) -> Self {
        Self {
            headers: request.headers().clone(),
            address: peer_of(request),
            query: Query::parse(request.uri().query().unwrap_or_default()),
        }
    }
}

/// Headers of the request that a handler is working on. Set by the route; `None` outside of a request.
#[must_use]
pub fn request_headers() -> Option<Arc<HeaderMap>> {
    SENDER.try_with(|sender| Arc::clone(&sender.headers)).ok()
}

/// Address of the peer that sent the request that a handler is working on, which may be a proxy. Set by the route; `None`
/// outside of a request.
#[must_use]
pub fn request_peer() -> Option<IpAddr> {
    SENDER.try_with(|sender| sender.peer).ok().flatten()
}

/// Facts about the sender of a request.
struct Sender {
    headers: Arc<HeaderMap>,
    peer: Option<IpAddr>,
}

tokio::task_local! {
    static SENDER: Sender;
}

fn peer_of(request: &Request) -> Option<IpAddr> {
    request.remote_addr().as_socket_addr().map(std::net::SocketAddr::ip)
}

/// A request on its way into a handler.
pub struct Call {
    request: Request,
    body: Body,
}

impl Call {
    pub(crate) fn request(&self) -> &Request {
        &self.request
    }

    pub(crate) fn query(&self) -> Query {
        Query::parse(self.request.uri().query().unwrap_or_default())
    }

    /// The request, for an answer that may not have changed.
    pub(crate) fn asked(
        &self,
        operation: &'static str,
        caller: &Caller,
        role: Option<Role>,
        production: Option<Uuid>,
    ) -> ConditionalRequest {
        let values = self
            .request
            .data::<PathValues>()
            .map(|values| format!("{:?}", values.0))
            .unwrap_or_default();
        let address = format!("{values}?{}", self.request.uri().query().unwrap_or_default());
        let sent = self.request.headers().get_all(header::IF_NONE_MATCH);
        let none_match = sent
            .iter()
            .filter_map(|value| value.to_str().ok().map(str::to_owned))
            .collect();
        ConditionalRequest {
            operation,
            address,
            caller: caller.clone(),
            role,
            production,
            none_match,
        }
    }

    /// The one production that the query names.
    pub(crate) fn asked_production(&self) -> Option<Uuid> {
        parse_id(self.query().only("project_id")?)
    }

    fn path_value(&self, name: &str) -> &str {
        let values = self.request.data::<PathValues>();
        values
            .and_then(|values| values.0.iter().find(|(found, _)| found == name))
            .map_or("", |(_, value)| value.as_str())
    }

    /// An identifier in the path; what is none leads nowhere.
    pub(crate) fn path_id(&self, name: &str) -> Result<Uuid, Failure> {
        parse_id(self.path_value(name)).ok_or_else(Failure::not_found)
    }

    /// The identifier of a CRUD record; what is none is refused as such.
    pub(crate) fn record_id(&self) -> Result<Uuid, Failure> {
        parse_id(self.path_value("instance_id"))
            .ok_or_else(|| Failure::parameter("Malformed ID.").naming("instance_id"))
    }

    pub(crate) fn path_text(&self, name: &str) -> Result<String, Failure> {
        let value = self.path_value(name);
        if value.contains('\0') {
            Err(Failure::not_found())
        } else {
            Ok(value.to_owned())
        }
    }

    /// A day in the path; what is none leads nowhere, unless the contract has a message for that.
    pub(crate) fn path_day(&self, name: &str) -> Result<NaiveDate, Failure> {
        parse_day(self.path_value(name)).ok_or_else(Failure::not_found)
    }

    pub(crate) fn path_number(&self, name: &str) -> Result<i32, Failure> {
        self.path_value(name).parse().map_err(|_| Failure::not_found())
    }

    /// Facts of the operation, which the router put into the request.
    fn facts(&self) -> OperationFacts {
        self.request.data().copied().unwrap_or_default()
    }

    fn media_type(&self) -> String {
        let value = self
            .request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

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

/// Adds one operation to the table.
pub(crate) fn route<A, F, R>(
    routes: &mut RouteTable,
    method: Method,
    path: &str,
    api: &Arc<A>,
    guard: &Arc<dyn Guard>,
    handler: F,
) where
    A: Send + Sync + 'static,
    F: Fn(Arc<A>, Call) -> R + Send + Sync + Copy + 'static,
    R: Future<Output = Result<Response, Failure>> + Send + 'static,
{
    let api = Arc::clone(api);
    let guard = Arc::clone(guard);
    let endpoint = make(move |mut request: Request| {
        let api = Arc::clone(&api);
        let guard = Arc::clone(&guard);
        let sender = Sender {
            headers: Arc::new(request.headers().clone()),
            peer: peer_of(&request),
        };
        let body = request.take_body();
        SENDER.scope(sender, async move {
            let answer = guard.keeping(Box::pin(handler(api, Call { request, body }))).await;
            Ok::<_, poem::Error>(answer.unwrap_or_else(|failure| match failure {
                Failure::Fault(error) => guard.explain(error).into_response(),
                answer @ Failure::Answer { .. } => answer.into_response(),
            }))
        })
    });
    routes
        .entry(path.to_owned())
        .or_default()
        .insert(method, endpoint.map_to_response().boxed());
}
