//! The server as a whole, asked as clients ask it.

use std::fs;

use clap::Parser;
use poem::http::{HeaderMap, StatusCode};
use poem::{Body, endpoint::make};
use serde_json::{Value, json};

use super::*;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

fn settings(arguments: &[&str]) -> Settings {
    Arguments::parse_from([&["dailies"], arguments].concat()).settings
}

fn routes() -> RouteTable {
    let mut routes = RouteTable::new();
    let mut add = |method: Method, path: &str, endpoint: BoxEndpoint<'static>| {
        routes.entry(path.into()).or_default().insert(method, endpoint);
    };
    let json = |text: String| {
        make_sync(move |_| Response::builder().content_type("application/json").body(text.clone())).boxed()
    };
    add(Method::GET, "/", json(r#"{"api":"Zou"}"#.into()));
    add(Method::GET, "/data/tasks", json(format!("[{}0]", "0,".repeat(2000))));
    let framed = make_sync(|_| Response::builder().header("x-frame-options", "DENY").finish());
    add(Method::GET, "/framed/{name}", framed.boxed());
    let panics = make(|request: Request| async move {
        assert!(request.uri().path().is_empty(), "on purpose");
        Ok::<_, poem::Error>(())
    });
    add(Method::GET, "/actions/fail", panics.map_to_response().boxed());
    let size = make(|mut request: Request| async move {
        let bytes = request.take_body().into_bytes().await?;
        Ok::<_, poem::Error>(bytes.len().to_string())
    });
    add(Method::POST, "/data/tasks", size.map_to_response().boxed());
    routes
}

struct Server(Application);

impl Server {
    fn new(arguments: &[&str], extras: Extras) -> Self {
        Self(application(routes(), &settings(arguments), extras).unwrap())
    }

    async fn ask(&self, method: Method, path: &str, sent: &[(&str, &str)]) -> Answer {
        self.send(method, path, sent, Body::empty()).await
    }

    async fn get(&self, path: &str, sent: &[(&str, &str)]) -> Answer {
        self.ask(Method::GET, path, sent).await
    }

    async fn send(&self, method: Method, path: &str, sent: &[(&str, &str)], body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(path.parse().unwrap());
        for (name, value) in sent {
            request = request.header(*name, *value);
        }
        let response = self.0.call(request.body(body)).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer {
            status,
            headers,
            body: response.into_body().into_vec().await.unwrap(),
        }
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

#[tokio::test]
async fn every_answer_has_the_security_headers_and_an_id() {
    let server = Server::new(&[], Extras::default());
    for (path, status) in [("/", 200), ("/nothing", 404), ("/actions/fail", 500), ("/docs", 308)] {
        let answer = server.get(path, &[("x-request-id", "abc-1")]).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("x-frame-options"), Some("SAMEORIGIN"));
        assert_eq!(answer.header("content-security-policy"), Some("frame-ancestors 'self'"));
        assert_eq!(
            answer.header("referrer-policy"),
            Some("strict-origin-when-cross-origin")
        );
        assert_eq!(answer.header("x-request-id"), Some("abc-1"));
    }
    let answer = server.get("/framed/x/", &[]).await;
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    assert_eq!(answer.header("x-request-id").unwrap().len(), 32);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Server::new(&[], Extras::default());
    for (path, status) in [("/", 200), ("/data/tasks", 200), ("/nothing", 404), ("/docs/", 200)] {
        let [get, head] = [Method::GET, Method::HEAD].map(|method| server.ask(method, path, &[]));
        let (get, head) = (get.await, head.await);
        assert_eq!(
            (head.status, get.status),
            (get.status, StatusCode::from_u16(status).unwrap())
        );
        assert_eq!(head.header("content-type"), get.header("content-type"));
        assert_eq!(head.header("content-length"), Some(get.body.len().to_string().as_str()));
        assert!(head.body.is_empty());
    }
}

#[tokio::test]
async fn a_panic_is_told_as_json() {
    let answer = Server::new(&[], Extras::default()).get("/actions/fail", &[]).await;
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body, json!({"error": true, "message": "Internal server error."}));
}

#[tokio::test]
async fn bodies_are_limited() {
    let server = Server::new(&["--max-content-length", "10"], Extras::default());
    let fits = server.send(Method::POST, "/data/tasks", &[], "0123456789".into()).await;
    assert_eq!((fits.status, fits.text()), (StatusCode::OK, "10"));
    let large = server
        .send(Method::POST, "/data/tasks", &[], "0123456789a".into())
        .await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(
        large
            .text()
            .contains("The data value transmitted exceeds the capacity limit.")
    );
}

#[tokio::test]
async fn answers_are_compressed_and_told_to_other_origins() {
    let origins = ["--cors-allowed-origins", "https://a.example.org;https://b.example.org"];
    let server = Server::new(&origins, Extras::default());
    let sent = [("accept-encoding", "gzip"), ("origin", "https://b.example.org")];
    let answer = server.get("/data/tasks", &sent).await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://b.example.org")
    );
    let varies: Vec<_> = answer.headers.get_all("vary").iter().collect();
    assert_eq!(varies, ["Accept-Encoding", "Origin"]);
    let plain = server
        .get("/data/tasks", &[("origin", "https://evil.example.org")])
        .await;
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.header("access-control-allow-origin"), None);
    assert!(plain.text().starts_with("[0,"));
    let asked = [
        ("origin", "https://a.example.org"),
        ("access-control-request-method", "POST"),
    ];
    let preflight = server.ask(Method::OPTIONS, "/data/tasks", &asked).await;
    assert_eq!(preflight.status, StatusCode::OK);
    assert_eq!(preflight.header("allow"), Some("GET, HEAD, OPTIONS, POST"));
    assert_eq!(
        preflight.header("access-control-allow-origin"),
        Some("https://a.example.org")
    );
}

#[tokio::test]
async fn documentation_is_found() {
    let server = Server::new(&[], Extras::default());
    for (path, location) in [
        ("/docs", "docs/"),
        ("/api/docs", "docs/"),
        ("/apidocs", "docs/"),
        ("/apidocs/", "../docs/"),
        ("/apidocs/index.html", "../docs/"),
    ] {
        let answer = server.get(path, &[]).await;
        assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT);
        assert_eq!(answer.header("location"), Some(location), "{path}");
    }
    for path in ["/docs/", "/api/docs/", "/docs/index.html"] {
        assert!(server.get(path, &[]).await.text().contains("swagger-ui"), "{path}");
    }
    let document = server.get("/api/openapi.json", &[]).await;
    assert_eq!(document.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn the_stream_and_the_metrics_have_their_addresses() {
    let realtime = make_sync(|request: Request| request.method().to_string());
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let counts = || Some(Metrics::of(recorder.handle(), || 0));
    let extras = Extras {
        realtime: Some(realtime.map_to_response().boxed()),
        metrics: counts(),
    };
    let server = Server::new(&["--monitors", "all"], extras);
    for method in [Method::GET, Method::POST] {
        let answer = server.ask(method.clone(), "/socket.io/?EIO=4", &[]).await;
        assert_eq!(answer.text(), method.as_str());
    }
    let metrics = server.get("/metrics", &[]).await;
    assert_eq!(
        metrics.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert_eq!(server.get("/api/metrics", &[]).await.status, StatusCode::NOT_FOUND);
    let closed = Server::new(
        &[],
        Extras {
            realtime: None,
            metrics: counts(),
        },
    );
    assert_eq!(
        closed.get("/metrics", &[]).await.status,
        StatusCode::NOT_FOUND,
        "whoever asks is not known to be here"
    );
    let without = Server::new(&[], Extras::default());
    assert_eq!(without.get("/metrics", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_web_ui_is_served_beside_the_api() {
    let folder = std::env::temp_dir().join(format!("dailies-ui-{}", std::process::id()));
    fs::create_dir_all(folder.join("ui/assets")).unwrap();
    fs::write(folder.join("secret.txt"), "secret").unwrap();
    fs::write(folder.join("ui/index.html"), "<html>the UI</html>").unwrap();
    fs::write(folder.join("ui/assets/index-DiwrgTda.js"), "let x = 1;").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.join("secret.txt"), folder.join("ui/link.txt")).unwrap();

    let arguments = ["--ui", folder.to_str().unwrap()];
    let refused = application(routes(), &settings(&arguments), Extras::default());
    assert!(matches!(refused, Err(SetupError::Ui { .. })));

    let ui = folder.join("ui");
    let server = Server::new(&["--ui", ui.to_str().unwrap()], Extras::default());
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    for path in ["/", "/my-tasks", "/productions/7/assets", "/index.html"] {
        let answer = server.get(path, &browser).await;
        assert_eq!(answer.text(), "<html>the UI</html>", "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        assert_eq!(answer.header("vary"), Some("Accept"));
        let known = [browser[0], ("if-none-match", answer.header("etag").unwrap())];
        assert_eq!(server.get(path, &known).await.status, StatusCode::NOT_MODIFIED);
    }
    let script = server.get("/assets/index-DiwrgTda.js", &[]).await;
    assert_eq!(script.text(), "let x = 1;");
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(
        script.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    let head = server.ask(Method::HEAD, "/assets/index-DiwrgTda.js", &[]).await;
    assert_eq!((head.header("content-length"), head.body.len()), (Some("10"), 0));

    for path in ["/", "/api/", "/api"] {
        assert_eq!(server.get(path, &[("accept", "*/*")]).await.text(), r#"{"api":"Zou"}"#);
    }
    let root = server.ask(Method::HEAD, "/", &browser).await;
    assert_eq!(root.header("content-type"), Some("application/json"));
    assert_eq!(server.get("/api/", &browser).await.text(), r#"{"api":"Zou"}"#);
    for (path, accept) in [
        ("/api/nothing", browser[0]),
        ("/assets/gone.js", ("accept", "*/*")),
        ("/../secret.txt", ("accept", "*/*")),
        ("/%2e%2e/secret.txt", ("accept", "*/*")),
        ("/..%2fsecret.txt", ("accept", "*/*")),
        ("/assets/..%5c..%5csecret.txt", ("accept", "*/*")),
        ("/link.txt", ("accept", "*/*")),
        ("/assets", ("accept", "*/*")),
    ] {
        let answer = server.get(path, &[accept]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    assert_eq!(
        server.ask(Method::POST, "/my-tasks", &browser).await.status,
        StatusCode::NOT_FOUND
    );
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn plugins_have_pages_and_nothing_else() {
    let folder = tempfile::TempDir::new().unwrap();
    let pages = folder.path().join("shotlist/frontend/dist");
    fs::create_dir_all(pages.join("assets")).unwrap();
    fs::write(
        folder.path().join("shotlist/manifest.toml"),
        "id = \"shotlist\"\nfrontend_project_enabled = true\n",
    )
    .unwrap();
    fs::write(pages.join("index.html"), "<html>the shot list</html>").unwrap();
    fs::write(pages.join("assets/app.js"), "let x = 1;").unwrap();
    let flags = ["--plugin-folder", folder.path().to_str().unwrap()];
    let server = Server::new(&flags, Extras::default());
    for path in [
        "/plugins/shotlist/frontend/",
        "/api/plugins/shotlist/frontend/index.html",
    ] {
        let answer = server.get(path, &[]).await;
        assert_eq!(answer.text(), "<html>the shot list</html>", "{path}");
        assert_eq!(
            (answer.header("cache-control"), answer.header("x-frame-options")),
            (Some("no-cache"), Some("SAMEORIGIN"))
        );
        assert_eq!(
            server
                .get(path, &[("if-none-match", answer.header("etag").unwrap())])
                .await
                .status,
            StatusCode::NOT_MODIFIED
        );
    }
    assert_eq!(
        server.get("/plugins/shotlist/frontend/assets/app.js", &[]).await.text(),
        "let x = 1;"
    );
    let head = server
        .ask(Method::HEAD, "/plugins/shotlist/frontend/assets/app.js", &[])
        .await;
    assert_eq!((head.header("content-length"), head.body.len()), (Some("10"), 0));
    for path in [
        "/plugins/shotlist/frontend/gone.js",
        "/plugins/shotlist/frontend/%2e%2e/%2e%2e/manifest.toml",
    ] {
        assert_eq!(server.get(path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for (method, path) in [
        (Method::GET, "/plugins/shotlist/hello-world"),
        (Method::POST, "/plugins/shotlist/frontend"),
        (Method::GET, "/plugins/shotlist/manifest.toml"),
        (Method::GET, "/plugins/unknown/other"),
    ] {
        let answer = server.ask(method, path, &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(
            answer.text().contains("runs no code of plugins"),
            "{path}: {}",
            answer.text()
        );
    }
    let missing = application(
        routes(),
        &settings(&["--plugin-folder", "/nowhere/at/all"]),
        Extras::default(),
    );
    assert!(matches!(missing, Err(SetupError::Plugins { .. })));
}

#[tokio::test]
async fn stops_when_told_after_what_is_in_flight() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let bound = Bound::to("127.0.0.1", 0).await.unwrap();
    let address = bound.address();
    assert_ne!(address.port(), 0);
    let started = Arc::new(tokio::sync::Notify::new());
    let reached = Arc::clone(&started);
    let slow = make(move |_| {
        let reached = Arc::clone(&reached);
        async move {
            reached.notify_one();
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            Ok::<_, poem::Error>("done")
        }
    });
    let shutdown = async move { started.notified().await };
    let server = tokio::spawn(bound.serve(slow.map_to_response(), shutdown));
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("done"), "{answer}");
    server.await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn half_a_heading_keeps_no_server_from_its_end() {
    use tokio::io::AsyncWriteExt;

    let bound = Bound::to("127.0.0.1", 0).await.unwrap();
    let address = bound.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async move { stopped.await.unwrap_or_default() };
    let server = tokio::spawn(bound.serve(make_sync(|_| "done"), shutdown));
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTT").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), server).await;
    ended.expect("an end within seconds").unwrap().unwrap();
}
