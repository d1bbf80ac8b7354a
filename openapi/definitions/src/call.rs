//! One call of an operation: what the generated routes read from the request, and how they are added to the route table.

mod body;

use std::collections::HashMap;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use futures::future::BoxFuture;
use poem::endpoint::{BoxEndpoint, EndpointExt, make};
use poem::http::{HeaderMap, Method, header};
use poem::{Body, IntoResponse, Request, Response};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use self::body::too_large;
use crate::access::{Caller, Role};
use crate::facts::OperationFacts;
use crate::failure::Failure;
use crate::payload::{Json, NoContent};
use crate::query::{Query, parse_day, parse_id};
use crate::rules::{Collection, Guard, Rule};

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
    /// The `If-None-Match` headers of the request.
    pub none_match: Vec<String>,
}

/// A request that the access rule let in.
pub struct Granted<'a> {
    /// The caller's role in the production, where the access rule looked it up.
    pub role: Option<Role>,
    /// The production whose rows are shown, besides those that every production shares; none for those of all.
    pub production: Option<Uuid>,
    /// The answer.
    pub work: Working<'a>,
}

/// A request whose access rule is being asked.
pub type Granting<'a> = BoxFuture<'a, Result<Granted<'a>, Failure>>;

/// States that the access rule let a request in, which `work` answers.
pub(crate) fn granted<'a>(
    role: Option<Role>,
    production: Option<Uuid>,
    work: impl Future<Output = Result<Response, Failure>> + Send + 'a,
) -> Result<Granted<'a>, Failure> {
    Ok(Granted {
        role,
        production,
        work: Box::pin(work),
    })
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
    /// Works on a request whose answer may be one that the client has, or that was made before. The access rule is a part of
    /// the request: where nothing changed that it looks at, it decides as before.
    fn conditional<'a>(&'a self, asked: ConditionalRequest, request: Granting<'a>) -> Working<'a>;
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
    pub(crate) fn asked(&self, operation: &'static str, caller: &Caller) -> ConditionalRequest {
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
