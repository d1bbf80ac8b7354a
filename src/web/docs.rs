//! The contract for clients and people: the document in two editions at `/openapi*`, and Swagger UI at `/docs`.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use dailies_definitions::CONTRACT;
use dailies_definitions::call::{PathValues, RouteTable};
use dailies_definitions::failure::Failure;
use poem::endpoint::{EndpointExt, make, make_sync};
use poem::http::{HeaderMap, Method, StatusCode, header};
use poem::web::headers::{ETag, HeaderMapExt, IfNoneMatch};
use poem::{IntoResponse, Request, Response};
use serde_json::Value;
use utoipa_swagger_ui::{Config, Url};

use super::edition31::edition31;
use super::unchanging::Unchanging;

/// A document that is made once, when it is first asked for.
type Prepared = LazyLock<Result<Tagged, String>>;

static JSON: Prepared = LazyLock::new(|| Ok(Tagged::new("application/json", contract()?.to_string())));

static YAML: Prepared = LazyLock::new(|| Ok(Tagged::new("application/yaml", yaml(contract()?)?)));

static EDITION_31: Prepared = LazyLock::new(|| {
    let (document, lost) = edition31(&contract()?);
    if !lost.is_empty() {
        tracing::warn!(?lost, "the model of OpenAPI 3.1 leaves out parts of the contract");
    }
    Ok(Tagged::new("application/json", document.to_string()))
});

/// Place where Swagger UI finds the documents; relative, so that it works below `/api` as well.
static SWAGGER: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let documents = [
        Url::with_primary("OpenAPI 3.0", "../openapi.json", true),
        Url::new("OpenAPI 3.1", "../openapi-3.1.json"),
    ];
    let config = Config::new(documents)
        .deep_linking(true)
        .display_request_duration(true)
        .doc_expansion("none")
        .filter(true)
        .persist_authorization(true)
        .try_it_out_enabled(true)
        // Nothing is sent to a validator on the internet.
        .validator_url("none");
    Arc::new(config)
});

/// Forms in which the contract is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// OpenAPI 3.0.3 as JSON.
    Json,
    /// OpenAPI 3.0.3 as YAML.
    Yaml,
    /// OpenAPI 3.1 as JSON.
    Json31,
}

/// The contract as it is served.
///
/// # Errors
/// The document that was built in can't be written in this form.
pub fn document(edition: Edition) -> Result<Bytes, String> {
    let prepared = match edition {
        Edition::Json => &JSON,
        Edition::Yaml => &YAML,
        Edition::Json31 => &EDITION_31,
    };
    prepared
        .as_ref()
        .map(|tagged| tagged.bytes.clone())
        .map_err(Clone::clone)
}

/// Adds the routes.
pub(super) fn add(routes: &mut RouteTable) {
    let documents: [(&str, &'static Prepared); 4] = [
        ("/openapi.json", &JSON),
        ("/openapi-raw.json", &JSON),
        ("/openapi.yaml", &YAML),
        ("/openapi-3.1.json", &EDITION_31),
    ];
    for (path, document) in documents {
        let endpoint =
            make(
                move |request: Request| async move { Ok::<_, poem::Error>(document_answer(document, &request).await) },
            );
        routes
            .entry(path.into())
            .or_default()
            .insert(Method::GET, endpoint.boxed());
    }
    let mut get = |path: &str, answer: fn(Request) -> Response| {
        routes
            .entry(path.into())
            .or_default()
            .insert(Method::GET, make_sync(answer).boxed());
    };
    get("/docs", |request| match has_trailing_slash(&request) {
        true => page("index.html", request.headers()),
        false => redirect("docs/"),
    });
    get("/docs/{file}", |request| {
        let file = request.data::<PathValues>().and_then(|values| values.0.first());
        let file = file.map_or("", |(_, file)| file.as_str());
        page(file, request.headers())
    });
    get("/apidocs", |request| match has_trailing_slash(&request) {
        true => redirect("../docs/"),
        false => redirect("docs/"),
    });
    get("/apidocs/index.html", |_| redirect("../docs/"));
}

fn contract() -> Result<Value, String> {
    let mut document: Value = serde_json::from_str(CONTRACT).map_err(|error| error.to_string())?;
    let items = document["paths"]
        .as_object_mut()
        .into_iter()
        .flat_map(|paths| paths.values_mut());
    let operations = items
        .filter_map(Value::as_object_mut)
        .flat_map(|item| item.values_mut());
    for operation in operations.filter_map(Value::as_object_mut) {
        // They tell the generator which pattern an operation follows and which type its query shares, and a client nothing.
        for key in ["x-crud", "x-filter"] {
            operation.shift_remove(key);
        }
    }
    Ok(document)
}

/// A character that no text of the contract has.
const QUOTE: char = '\u{e000}';

/// The document as YAML that readers of its edition 1.1 understand too: to them a bare `16:9` is a number and a bare
/// `2026-03-02` a day, so such texts are quoted.
fn yaml(mut document: Value) -> Result<String, String> {
    mark_numeric(&mut document);
    let text = serde_yaml_ng::to_string(&document).map_err(|error| error.to_string())?;
    Ok(text.replace(QUOTE, "'"))
}

fn mark_numeric(value: &mut Value) {
    match value {
        Value::String(text) => {
            let numeric = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | '-' | '_' | 'T');
            if text.contains(['-', ':']) && text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(numeric)
            {
                *text = format!("{QUOTE}{text}{QUOTE}");
            }
        }
        Value::Array(list) => list.iter_mut().for_each(mark_numeric),
        Value::Object(map) => map.values_mut().for_each(mark_numeric),
        _ => {}
    }
}

async fn document_answer(document: &'static Prepared, request: &Request) -> Response {
    // The first request of all makes the document, which takes a moment.
    let made = tokio::task::spawn_blocking(move || LazyLock::force(document)).await;
    match made {
        Ok(Ok(document)) => document.answer(request.headers()),
        Ok(Err(error)) => fault(error.as_str().into()),
        Err(error) => fault(error.into()),
    }
}

/// Relative addresses need the slash: without it they would point beside the folder.
fn has_trailing_slash(request: &Request) -> bool {
    request.uri().path().ends_with('/')
}

fn redirect(location: &str) -> Response {
    Response::builder()
        .status(StatusCode::PERMANENT_REDIRECT)
        .header(header::LOCATION, location)
        .finish()
}

fn page(file: &str, headers: &HeaderMap) -> Response {
    match utoipa_swagger_ui::serve(file, Arc::clone(&SWAGGER)) {
        Ok(Some(file)) => {
            let bytes = match file.bytes {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => bytes.into(),
            };
            Tagged::new(file.content_type, bytes).answer(headers)
        }
        Ok(None) => Failure::not_found().into_response(),
        Err(error) => fault(error.to_string().into()),
    }
}

fn fault(error: Box<dyn std::error::Error + Send + Sync>) -> Response {
    tracing::error!(error, "the documentation can't be shown");
    Failure::Fault("documentation".into()).into_response()
}

/// Content with a tag by which clients learn that they have it already.
struct Tagged {
    media_type: String,
    bytes: Bytes,
    tag: Option<ETag>,
}

impl Tagged {
    fn new(media_type: impl Into<String>, content: impl Into<Bytes>) -> Self {
        let bytes = content.into();
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let tag = format!("W/\"{:016x}\"", hasher.finish()).parse().ok();
        Self {
            media_type: media_type.into(),
            bytes,
            tag,
        }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let known = headers.typed_get::<IfNoneMatch>();
        let same = |tag: &ETag| known.is_some_and(|known| !known.precondition_passes(tag));
        let mut response = Response::builder().header(header::CACHE_CONTROL, "no-cache");
        if let Some(tag) = &self.tag {
            response = response.typed_header(tag.clone());
        }
        if self.tag.as_ref().is_some_and(same) {
            return response.status(StatusCode::NOT_MODIFIED).finish();
        }
        let response = response.header(header::CONTENT_LENGTH, self.bytes.len());
        let mut response = response.content_type(&self.media_type).body(self.bytes.clone());
        response.set_data(Unchanging(self.media_type.clone()));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_who_may_call_and_drops_the_pattern() {
        let document = contract().unwrap();
        let text = document.to_string();
        assert!(text.contains("\"x-access\""));
        assert!(!text.contains("\"x-crud\"") && !text.contains("\"x-filter\""));
    }

    #[test]
    fn yaml_means_the_same_to_old_and_new_readers() {
        let text = yaml(contract().unwrap()).unwrap();
        assert!(
            text.contains("example: '16:9'\n") && text.contains("example: '2026-03-02'\n") && !text.contains(QUOTE)
        );
        assert_eq!(serde_yaml_ng::from_str::<Value>(&text).unwrap(), contract().unwrap());
    }

    #[tokio::test]
    async fn documents_are_tagged() {
        let request = Request::builder().finish();
        for (document, start) in [
            (&JSON, "{\"openapi\":\"3.0.3\""),
            (&YAML, "openapi: 3.0.3\n"),
            (&EDITION_31, "{\"openapi\":\"3.1.0\""),
        ] {
            let first = document_answer(document, &request).await;
            assert_eq!(first.status(), StatusCode::OK);
            let tag = first.headers()["etag"].clone();
            let text = first.into_body().into_string().await.unwrap();
            assert!(text.starts_with(start), "{}", &text[..40]);
            let again = Request::builder().header("if-none-match", tag).finish();
            assert_eq!(
                document_answer(document, &again).await.status(),
                StatusCode::NOT_MODIFIED
            );
        }
    }

    #[tokio::test]
    async fn swagger_ui_is_set_up() {
        let headers = HeaderMap::new();
        let script = page("swagger-initializer.js", &headers)
            .into_body()
            .into_string()
            .await
            .unwrap();
        for setting in [
            r#""url": "../openapi.json""#,
            r#""persistAuthorization": true"#,
            r#""tryItOutEnabled": true"#,
            r#""filter": true"#,
            r#""deepLinking": true"#,
        ] {
            assert!(script.contains(setting), "{setting} is not in\n{script}");
        }
        assert_eq!(page("index.html", &headers).content_type(), Some("text/html"));
        assert_eq!(page("nothing.js", &headers).status(), StatusCode::NOT_FOUND);
    }
}
