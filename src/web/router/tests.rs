//! The router, with routes of the shapes that the contract has.

use poem::EndpointExt;
use poem::endpoint::make_sync;
use serde_json::{Value, json};

use super::*;

/// A route that tells its own path, and the values it was given.
fn told(path: &str) -> BoxEndpoint<'static> {
    let path = path.to_owned();
    let endpoint = make_sync(move |request: Request| {
        let values = request.data::<PathValues>().cloned().unwrap_or_default();
        let values: Vec<String> = values.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} {path} {}", request.method(), values.join(","))
    });
    endpoint.map_to_response().boxed()
}

fn router(routes: &[(&str, &[Method])]) -> Router {
    let mut table = RouteTable::new();
    for (path, methods) in routes {
        for method in *methods {
            table
                .entry((*path).into())
                .or_default()
                .insert(method.clone(), told(path));
        }
    }
    Router::new(table).unwrap()
}

const GET: &[Method] = &[Method::GET];

fn contract() -> Router {
    router(&[
        ("/", GET),
        ("/data/persons", &[Method::GET, Method::POST]),
        (
            "/data/persons/{instance_id}",
            &[Method::GET, Method::PUT, Method::DELETE],
        ),
        ("/api/data/persons/presence-logs/{month_date}", GET),
        ("/data/persons/{person_id}/time-spents/month/{year}/{month}", GET),
        ("/data/persons/{person_id}/time-spents/month/all/{year}", GET),
        ("/data/persons/{person_id}/{other}", GET),
        ("/movies/originals/preview-files/{instance_id}", &[Method::POST]),
        ("/movies/originals/preview-files/{instance_id}.mp4", GET),
        ("/pictures/originals/preview-files/{instance_id}", &[Method::POST]),
        ("/pictures/originals/preview-files/{instance_id}.png", GET),
        ("/pictures/originals/preview-files/{instance_id}.{extension}", GET),
        ("/pictures/thumbnails/persons/{instance_id}", &[Method::POST]),
        ("/pictures/thumbnails/persons/{instance_id}.png", GET),
        ("/shared/playlists/{token}/movies/{preview_file_id}.mp4", GET),
        ("/openapi.json", GET),
    ])
}

async fn ask(router: &Router, method: Method, path: &str) -> Response {
    let request = Request::builder().method(method).finish();
    router.find(path).answer(request, &Limits::default()).await
}

async fn text(router: &Router, method: Method, path: &str) -> String {
    let response = ask(router, method, path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.into_body().into_string().await.unwrap()
}

#[tokio::test]
async fn finds_the_route_that_says_most() {
    let router = contract();
    for (path, answer) in [
        ("/", "/ "),
        ("/data/persons", "/data/persons "),
        ("/data/persons/7", "/data/persons/{instance_id} instance_id=7"),
        (
            "/data/persons/presence-logs",
            "/data/persons/{instance_id} instance_id=presence-logs",
        ),
        (
            "/data/persons/presence-logs/2026-11",
            "/api/data/persons/presence-logs/{month_date} month_date=2026-11",
        ),
        (
            "/data/persons/7/9",
            "/data/persons/{person_id}/{other} person_id=7,other=9",
        ),
        (
            "/data/persons/7/time-spents/month/2026/11",
            "/data/persons/{person_id}/time-spents/month/{year}/{month} person_id=7,year=2026,month=11",
        ),
        (
            "/data/persons/7/time-spents/month/all/2026",
            "/data/persons/{person_id}/time-spents/month/all/{year} person_id=7,year=2026",
        ),
        (
            "/movies/originals/preview-files/7.mp4",
            "/movies/originals/preview-files/{instance_id}.mp4 instance_id=7",
        ),
        (
            "/pictures/originals/preview-files/7.png",
            "/pictures/originals/preview-files/{instance_id}.png instance_id=7",
        ),
        (
            "/pictures/originals/preview-files/7.tar.gz",
            "/pictures/originals/preview-files/{instance_id}.{extension} instance_id=7.tar,extension=gz",
        ),
        ("/openapi.json", "/openapi.json "),
    ] {
        assert_eq!(
            text(&router, Method::GET, path).await,
            format!("GET {answer}"),
            "{path}"
        );
    }
    let posted = text(&router, Method::POST, "/pictures/originals/preview-files/7").await;
    assert_eq!(
        posted,
        "POST /pictures/originals/preview-files/{instance_id} instance_id=7"
    );
}

#[tokio::test]
async fn reads_addresses_as_clients_write_them() {
    let router = contract();
    for path in [
        "/data/persons/7/",
        "//data//persons/7",
        "/api/data/persons/7",
        "/api//data/persons/7/",
        "/api/api/data/persons/7",
        "/data/%70ersons/7",
        "/data/persons/%37",
    ] {
        let answer = text(&router, Method::GET, path).await;
        assert_eq!(answer, "GET /data/persons/{instance_id} instance_id=7", "{path}");
    }
    for (path, value) in [("a%20b", "a b"), ("%C3%A9", "é"), ("a%2525", "a%25"), ("a+b", "a+b")] {
        let answer = text(&router, Method::GET, &format!("/data/persons/{path}")).await;
        assert_eq!(answer, format!("GET /data/persons/{{instance_id}} instance_id={value}"));
    }
    for path in ["/api", "/api/", "", "//"] {
        assert_eq!(text(&router, Method::GET, path).await, "GET / ");
    }
}

#[tokio::test]
async fn unknown_paths_lead_nowhere() {
    let router = contract();
    for path in [
        "/nothing",
        "/Data/persons",
        "/data/api/persons/7",
        "/data/persons/..",
        "/data/persons/%2e%2e",
        "/data/persons/7%2F8/9/10/11",
        "/pictures/thumbnails/persons/.png/x",
        "/pictures/originals/preview-files/.jpg/x",
        "/openapi.yaml",
    ] {
        let response = ask(&router, Method::GET, path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(response.content_type(), Some("application/json"));
        let body: Value = serde_json::from_slice(&response.into_body().into_vec().await.unwrap()).unwrap();
        assert!(body["message"].as_str().unwrap().starts_with("404 Not Found: "));
        let response = ask(&router, Method::OPTIONS, path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn tells_which_methods_there_are() {
    let router = contract();
    let response = ask(&router, Method::PATCH, "/data/persons/7").await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "DELETE, GET, HEAD, OPTIONS, PUT");
    let body: Value = serde_json::from_slice(&response.into_body().into_vec().await.unwrap()).unwrap();
    assert_eq!(body, json!({"error": true, "message": WRONG_METHOD}));

    let response = ask(&router, Method::GET, "/pictures/originals/preview-files/7").await;
    assert_eq!(response.headers()["allow"], "OPTIONS, POST");
    let response = ask(&router, Method::DELETE, "/pictures/originals/preview-files/7.jpg").await;
    assert_eq!(response.headers()["allow"], "GET, HEAD, OPTIONS");
    assert_eq!(
        ask(&router, Method::POST, "/pictures/originals/preview-files/7.jpg")
            .await
            .status(),
        StatusCode::OK
    );

    let response = ask(&router, Method::OPTIONS, "/data/persons").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["allow"], "GET, HEAD, OPTIONS, POST");
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert!(response.into_body().into_vec().await.unwrap().is_empty());
}

#[tokio::test]
async fn head_is_answered_as_get() {
    let router = contract();
    assert_eq!(text(&router, Method::HEAD, "/data/persons").await, "GET /data/persons ");
    let refused = ask(&router, Method::HEAD, "/pictures/originals/preview-files/7").await;
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn routes_may_name_a_parameter_differently() {
    let router = router(&[("/data/tasks/{id}", GET), ("/data/tasks/{task_id}", &[Method::PUT])]);
    assert_eq!(
        text(&router, Method::GET, "/data/tasks/7").await,
        "GET /data/tasks/{id} id=7"
    );
    assert_eq!(
        text(&router, Method::PUT, "/data/tasks/7").await,
        "PUT /data/tasks/{task_id} task_id=7"
    );
    let target = router.find("/data/tasks/7");
    assert_eq!(target.template(&Method::PUT).as_deref(), Some("/data/tasks/{task_id}"));
    assert_eq!(target.allow(), "GET, HEAD, OPTIONS, PUT");
}

#[test]
fn keeps_tokens_out_of_the_log() {
    let target = contract().find("/api/shared/playlists/s3cret/movies/7.mp4");
    assert_eq!(target.shown(), "/shared/playlists/{token}/movies/7.mp4");
    assert!(target.under_api);
    let path = target.template(&Method::HEAD);
    assert_eq!(
        path.as_deref(),
        Some("/shared/playlists/{token}/movies/{preview_file_id}.mp4")
    );
}

#[test]
fn refuses_paths_that_it_can_not_read() {
    for path in [
        "/a/{b",
        "/a/b}",
        "/a/{b}{c}",
        "/a/{b}.{c}.{d}",
        "/a/x{b}.{c}",
        "/a/{}",
        "/{*rest}",
    ] {
        let mut table = RouteTable::new();
        table.entry(path.into()).or_default().insert(Method::GET, told(path));
        assert!(Router::new(table).is_err(), "{path}");
    }
}
