//! Finds what a request asks for: an address as clients write it goes in, a route of the contract comes out.
//!
//! The tree of paths is `matchit`. The router of poem 3.1 was compared: it takes a path as it is sent, with doubled and
//! trailing slashes, and refuses two routes of one shape, of which the contract has some that are told apart by the text
//! between two parameters.

mod pattern;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use dailies_definitions::call::{PathValues, RouteTable};
use dailies_definitions::facts::OperationFacts;
use dailies_definitions::failure::Failure;
use percent_encoding::percent_decode_str;
use poem::endpoint::BoxEndpoint;
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{IntoResponse, Request, Response};

use self::pattern::Pattern;
use super::limits::{Limits, announces_body, unanswered};

const WRONG_METHOD: &str = "The method is not allowed for the requested URL.";

/// A route that can't be told apart from the others, or whose path can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the route {path} can't be used: {reason}")]
pub struct RouteError {
    path: String,
    reason: String,
}

/// Endpoint of a method, with the facts that the contract has of it.
#[derive(Clone)]
struct Operation {
    endpoint: Arc<BoxEndpoint<'static>>,
    facts: OperationFacts,
}

/// One path of the contract with what answers there.
pub(super) struct Route {
    path: Arc<str>,
    pattern: Pattern,
    methods: HashMap<Method, Operation>,
}

/// Every route. Where several fit an address, text that stands in the path wins over a
/// parameter, and a parameter with text beside it wins over one that is alone.
pub(super) struct Router {
    tree: matchit::Router<Vec<Arc<Route>>>,
}

impl Router {
    /// A router of the routes of a table.
    ///
    /// # Errors
    /// A path can't be read, or two paths stand for the same addresses.
    pub(super) fn new(table: RouteTable) -> Result<Self, RouteError> {
        let mut shapes: BTreeMap<String, Vec<Arc<Route>>> = BTreeMap::new();
        for (path, methods) in table {
            let pattern = Pattern::read(path.strip_prefix("/api/").unwrap_or(&path)).ok_or_else(|| RouteError {
                reason: "a segment may hold one parameter, or two with text between them".into(),
                path: path.clone(),
            })?;
            let operations = methods.into_iter().map(|(method, endpoint)| {
                let facts = OperationFacts::of(&method, &path).unwrap_or_default();
                (
                    method,
                    Operation {
                        endpoint: Arc::new(endpoint),
                        facts,
                    },
                )
            });
            let methods = operations.collect();
            let shape = pattern.shape.clone();
            let route = Route {
                path: path.into(),
                pattern,
                methods,
            };
            shapes.entry(shape).or_default().push(Arc::new(route));
        }
        let mut tree = matchit::Router::new();
        for (shape, mut routes) in shapes {
            routes.sort_by(|a, b| (b.pattern.values(), &a.path).cmp(&(a.pattern.values(), &b.path)));
            let path = routes.first().map(|route| route.path.to_string());
            tree.insert(shape, routes).map_err(|error| RouteError {
                path: path.unwrap_or_default(),
                reason: error.to_string(),
            })?;
        }
        Ok(Self { tree })
    }

    /// Finds what stands at the path of a request.
    ///
    /// The path is decoded once, as a whole. Empty segments do not count, so doubled and
    /// trailing slashes change nothing; nor does `/api` in front, however often. Dot segments lead nowhere:
    /// clients resolve them before they ask.
    pub(super) fn find(&self, raw: &str) -> RequestTarget {
        let decoded = percent_decode_str(raw).decode_utf8_lossy();
        let mut segments = decoded.split('/').filter(|segment| !segment.is_empty()).peekable();
        let mut under_api = false;
        // The contract itself writes some paths with it, so that clients whose base has it too send it twice.
        while segments.next_if(|segment| *segment == "api").is_some() {
            under_api = true;
        }
        let mut path = String::with_capacity(decoded.len());
        let mut dots = false;
        for segment in segments {
            dots |= matches!(segment, "." | "..");
            path.push('/');
            path.push_str(segment);
        }
        if path.is_empty() {
            path.push('/');
        }
        let mut candidates = Vec::new();
        if !dots && let Ok(found) = self.tree.at(&path) {
            for route in found.value {
                if let Some(values) = route.pattern.values_of(|key| found.params.get(key)) {
                    candidates.push((Arc::clone(route), PathValues(values)));
                }
            }
        }
        RequestTarget {
            path,
            under_api,
            candidates,
        }
    }
}

/// Target of a request.
pub(super) struct RequestTarget {
    /// The path, decoded and tidied, without `/api` in front.
    pub(super) path: String,
    /// True if `/api` stood in front.
    pub(super) under_api: bool,
    candidates: Vec<(Arc<Route>, PathValues)>,
}

impl RequestTarget {
    /// True if the contract has the path.
    pub(super) fn is_known(&self) -> bool {
        !self.candidates.is_empty()
    }

    /// The path of the contract, for a request of that method.
    pub(super) fn template(&self, method: &Method) -> Option<Arc<str>> {
        let chosen = self.chosen(method).or(self.candidates.first());
        chosen.map(|(route, _)| Arc::clone(&route.path))
    }

    /// The `operationId` of what a request of that method asks for.
    pub(super) fn operation(&self, method: &Method) -> Option<&'static str> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let (route, _) = self.chosen(method)?;
        route
            .methods
            .get(method)
            .map(|operation| operation.facts.operation)
            .filter(|name| !name.is_empty())
    }

    /// The path as a log may show it: whoever knows the token of a shared playlist is let in.
    pub(super) fn shown(&self) -> String {
        let values = self.candidates.iter().flat_map(|(_, values)| &values.0);
        let tokens = values.filter(|(name, _)| name == "token");
        tokens.fold(self.path.clone(), |path, (_, token)| path.replace(token, "{token}"))
    }

    fn chosen(&self, method: &Method) -> Option<&(Arc<Route>, PathValues)> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.candidates
            .iter()
            .find(|(route, _)| route.methods.contains_key(method))
    }

    /// Lets the route answer; or tells that there is none, or which methods there are. HEAD is
    /// answered as GET.
    pub(super) async fn answer(self, mut request: Request, limits: &Limits) -> Response {
        let announced = announces_body(request.headers());
        if !self.is_known() {
            return unanswered(Failure::not_found().into_response(), announced);
        }
        if request.method() == Method::HEAD {
            request.set_method(Method::GET);
        }
        let chosen = self.chosen(request.method());
        let operation = chosen.and_then(|(route, values)| {
            request.set_data(values.clone());
            route.methods.get(request.method()).cloned()
        });
        let Some(Operation { endpoint, facts }) = operation else {
            return unanswered(self.without_route(request.method()), announced);
        };
        request.set_data(facts);
        limits.call(endpoint, facts, request).await
    }

    fn without_route(&self, method: &Method) -> Response {
        let allow = self.allow();
        if method == Method::OPTIONS {
            return Response::builder()
                .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
                .header(header::ALLOW, allow)
                .finish();
        }
        Failure::plain(StatusCode::METHOD_NOT_ALLOWED, WRONG_METHOD)
            .with_header(header::ALLOW, allow)
            .into_response()
    }

    fn allow(&self) -> HeaderValue {
        let mut methods = BTreeSet::from([Method::OPTIONS.as_str()]);
        // A record whose id is all of `7.png` is not what is asked about when there may be a picture of 7.
        let most = self.candidates.iter().map(|(route, _)| route.pattern.values()).max();
        let meant = self
            .candidates
            .iter()
            .filter(|(route, _)| Some(route.pattern.values()) == most);
        for method in meant.flat_map(|(route, _)| route.methods.keys()) {
            methods.insert(method.as_str());
            if method == Method::GET {
                methods.insert(Method::HEAD.as_str());
            }
        }
        let methods: Vec<&str> = methods.into_iter().collect();
        HeaderValue::from_str(&methods.join(", ")).unwrap_or_else(|_| HeaderValue::from_static("OPTIONS"))
    }
}
