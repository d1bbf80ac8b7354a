//! Limits of requests, and refusals before anything is done. The operations come from the contract, so a
//! new one is tried as well.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use harness::{Checker, Client, Installation, On, Studio, TestServer, contract, files};

/// The most bytes of a body with files in these tests.
const FILES: u64 = 3_000_000;
const TOO_LARGE: &str = "The data value transmitted exceeds the capacity limit.";

/// An operation of the contract, at an address where nothing is.
struct Operation {
    method: String,
    address: String,
    described: &'static Value,
}

impl Operation {
    fn all() -> Vec<Self> {
        let paths = contract()["paths"].as_object().expect("paths").iter();
        let operations = paths.flat_map(|(path, item)| {
            item.as_object()
                .expect("a path item")
                .iter()
                .map(move |operation| (path, operation))
        });
        let found = operations.map(|(path, (method, described))| Self {
            method: method.to_uppercase(),
            address: filled(path),
            described,
        });
        found.collect()
    }

    fn limit(&self) -> Option<u64> {
        self.described["x-body-limit"].as_u64()
    }

    fn takes_files(&self) -> bool {
        self.described
            .pointer("/requestBody/content/multipart~1form-data")
            .is_some()
    }

    /// Whether anybody may call it.
    fn is_public(&self) -> bool {
        self.described["x-access"] == "public"
    }

    /// Whether nobody has to be signed in: it is public, or wants the link of a shared playlist.
    fn is_open(&self) -> bool {
        self.described["security"].as_array().is_some_and(Vec::is_empty)
    }

    fn changes(&self) -> bool {
        self.method != "GET" || self.described["x-changes"] == true
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.address)
    }
}

/// A path with something in the place of each parameter.
fn filled(path: &str) -> String {
    let id = Uuid::new_v4().to_string();
    path.split('{')
        .enumerate()
        .map(|(at, part)| {
            if at == 0 {
                part.to_owned()
            } else {
                format!("{id}{}", part.split_once('}').expect("an end").1)
            }
        })
        .collect()
}

/// Answer to bytes that no HTTP library wrote.
struct Raw {
    status: u16,
    headers: String,
    body: Vec<u8>,
}

async fn send_raw(url: &str, bytes: &[u8]) -> Raw {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://"))
        .await
        .expect("a connection");
    stream.write_all(bytes).await.expect("a listener");
    read_raw(&mut stream).await
}

/// The answer on a connection that is closed after it.
async fn read_raw(stream: &mut TcpStream) -> Raw {
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), reading)
        .await
        .expect("an answer in time")
        .expect("an answer");
    let end = answer
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {}", String::from_utf8_lossy(&answer)));
    let headers = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let status = headers
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .expect("a status");
    Raw {
        status,
        headers,
        body: answer[end + 4..].to_vec(),
    }
}

impl Raw {
    fn message(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["message"].as_str().unwrap_or_default().to_owned()
    }

    /// The answer is one that the contract has for the operation.
    #[track_caller]
    fn is_documented(&self, operation: &Operation) {
        let problem = Checker::get().problem(
            &operation.method,
            &operation.address,
            "",
            self.status,
            "application/json",
            &self.body,
        );
        assert_eq!(problem, None, "{}", operation.name());
    }
}

fn head(operation: &Operation, headers: &str) -> String {
    format!(
        "{} {} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n{headers}\r\n",
        operation.method, operation.address
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_announced_as_too_large_are_not_waited_for() {
    let server = TestServer::start_with(On::Sqlite, &["--max-content-length", &FILES.to_string()]).await;
    let mut tried = 0;
    for operation in Operation::all() {
        let Some(limit) = operation.limit() else { continue };
        assert!(
            limit <= 16_000_000 && (!operation.is_public() || limit <= 64_000),
            "{}",
            operation.name()
        );
        let limit = if operation.takes_files() {
            FILES
        } else {
            limit.min(FILES)
        };
        let headers = format!("content-type: application/json\r\ncontent-length: {}\r\n", limit + 1);
        let answer = send_raw(&server.url, head(&operation, &headers).as_bytes()).await;
        assert_eq!(
            (answer.status, answer.message().as_str()),
            (413, TOO_LARGE),
            "{}",
            operation.name()
        );
        answer.is_documented(&operation);
        tried += 1;
    }
    assert!(tried > 150, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_not_announced_are_counted() {
    let studio = Studio::open(On::Sqlite).await;
    let mut tried = 0;
    for operation in Operation::all() {
        let creates = operation.method == "POST"
            && operation
                .address
                .strip_prefix("/data/")
                .is_some_and(|rest| !rest.contains('/'));
        let Some(limit) = operation.limit().filter(|_| operation.is_public() || creates) else {
            continue;
        };
        let limit = usize::try_from(limit).expect("a size");
        let parts: Vec<Result<Vec<u8>, std::io::Error>> = vec![
            Ok(b"{\"a\": \"".to_vec()),
            Ok(vec![b'a'; limit / 2]),
            Ok(vec![b'b'; limit / 2]),
            Ok(b"\"}".to_vec()),
        ];
        let method: Method = operation.method.parse().expect("a method");
        let request = studio
            .admin
            .request(method.clone(), &operation.address)
            .header("content-type", "application/json");
        let request = request.body(reqwest::Body::wrap_stream(futures::stream::iter(parts)));
        assert_eq!(
            studio
                .admin
                .finish(method, &operation.address, request)
                .await
                .message(413),
            TOO_LARGE,
            "{}",
            operation.name()
        );
        tried += 1;
    }
    assert!(tried > 40, "{tried}");
}

/// A client that goes on with the connection would have its next call broken off.
#[tokio::test(flavor = "multi_thread")]
async fn what_leads_nowhere_waits_for_no_body_and_says_that_it_ends() {
    let server = TestServer::start(On::Sqlite).await;
    for (method, path, status) in [("POST", "/data/nothing", 404), ("PATCH", "/data/departments", 405)] {
        let heading = |headers: &str| format!("{method} {path} HTTP/1.1\r\nhost: here\r\n{headers}\r\n");
        let answer = send_raw(
            &server.url,
            heading("content-type: application/json\r\ncontent-length: 5000\r\n").as_bytes(),
        )
        .await;
        assert_eq!(answer.status, status);
        assert!(answer.headers.contains("connection: close"), "{}", answer.headers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_with_files_leave_nothing_where_they_are_not_taken() {
    let studio = Installation::new(On::Sqlite, &[]).await;
    let server = studio.serve().await;
    let admin = server.admin().await;
    let token = admin.token.as_deref().expect("a token");
    let part = format!(
        "--limit\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n{}",
        "x".repeat(20_000)
    );
    for operation in Operation::all().iter().filter(|operation| operation.limit().is_some()) {
        // Who may not send files: everybody where there are none, and strangers everywhere.
        let tokens: &[Option<&str>] = if operation.takes_files() {
            &[None]
        } else {
            &[None, Some(token)]
        };
        for token in tokens {
            let token = token
                .map(|token| format!("authorization: Bearer {token}\r\n"))
                .unwrap_or_default();
            let headers =
                format!("{token}content-type: multipart/form-data; boundary=limit\r\ncontent-length: 50000\r\n");
            let mut stream = TcpStream::connect(server.url.trim_start_matches("http://"))
                .await
                .expect("a connection");
            stream
                .write_all(format!("{}{part}", head(operation, &headers)).as_bytes())
                .await
                .expect("a listener");
            let answer = read_raw(&mut stream).await;
            assert!(
                (400..500).contains(&answer.status),
                "{} answers {}",
                operation.name(),
                answer.status
            );
            assert_eq!(files(&studio.temporary()), Vec::<String>::new(), "{}", operation.name());
            if operation.is_public() {
                assert_eq!(
                    (answer.status, answer.message().as_str()),
                    (400, "Validation error."),
                    "{}",
                    operation.name()
                );
            }
            answer.is_documented(operation);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_with_the_cookie_need_a_page_of_this_server() {
    let studio = Studio::open_with(On::Sqlite, &["--domain-name", "kitsu.example.org"]).await;
    let cookie = format!("access_token_cookie={0}; refresh_token_cookie={0}", "wrong");
    let send = async |operation: &Operation, headers: &str| {
        let headers = format!("cookie: {cookie}\r\n{headers}");
        send_raw(&studio.server.url, head(operation, &headers).as_bytes()).await
    };
    let mut tried = 0;
    for operation in Operation::all()
        .iter()
        .filter(|operation| operation.changes() && !operation.is_open())
    {
        for foreign in [
            "",
            "origin: https://evil.example.org\r\n",
            "origin: null\r\n",
            "sec-fetch-site: same-site\r\n",
            "referer: http://here:81/\r\n",
        ] {
            let answer = send(operation, foreign).await;
            assert_eq!(answer.status, 403, "{} from {foreign}", operation.name());
            assert!(answer.message().contains("DOMAIN_NAME"), "{}", answer.message());
            answer.is_documented(operation);
        }
        // The cookie is no good; that it is looked at shows that the page was fine.
        for own in [
            "origin: http://here\r\n",
            "origin: https://kitsu.example.org\r\n",
            "sec-fetch-site: same-origin\r\n",
            "referer: http://here/people\r\n",
        ] {
            assert_eq!(
                send(operation, own).await.status,
                422,
                "{} from {own}",
                operation.name()
            );
        }
        if operation.limit().is_some() {
            for media in ["text/plain", "application/x-www-form-urlencoded"] {
                let answer = send(
                    operation,
                    &format!("origin: http://here\r\ncontent-type: {media}\r\ncontent-length: 2\r\n"),
                )
                .await;
                assert_eq!(answer.status, 415, "{} as {media}", operation.name());
                answer.is_documented(operation);
            }
        }
        tried += 1;
    }
    assert!(tried > 250, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_is_signed_in_works_from_its_own_page() {
    let studio = Studio::open(On::Sqlite).await;
    let token = studio.admin.token.clone().expect("a token");
    let nobody = studio.server.nobody();
    let create = |name: &str| {
        let request = nobody
            .request(Method::POST, "/data/departments")
            .header("cookie", format!("access_token_cookie={token}"));
        request.json(&json!({"name": name, "color": "#000000"}))
    };
    let send =
        async |request: reqwest::RequestBuilder| nobody.finish(Method::POST, "/data/departments", request).await.status;
    assert_eq!(send(create("Wool").header("origin", nobody.url.clone())).await, 201);
    assert_eq!(send(create("Felt").header("sec-fetch-site", "same-origin")).await, 201);
    assert_eq!(send(create("Silk")).await, 403);
    assert_eq!(
        send(create("Silk").header("origin", "https://evil.example.org")).await,
        403
    );
    assert_eq!(
        send(create("Silk").bearer_auth(&token)).await,
        201,
        "who knows the token may use it from anywhere"
    );
    let list = nobody
        .request(Method::GET, "/data/departments")
        .header("cookie", format!("access_token_cookie={token}"));
    assert_eq!(
        nobody.finish(Method::GET, "/data/departments", list).await.status,
        200,
        "reading needs no page"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_have_one_most() {
    let studio = Studio::open(On::Sqlite).await;
    let (mut refused, mut cut) = (0, 0);
    for operation in Operation::all().iter().filter(|operation| operation.method == "GET") {
        let parameters = operation.described["parameters"].as_array().into_iter().flatten();
        for limit in parameters.filter(|parameter| parameter["name"] == "limit") {
            let most = limit["schema"]["maximum"].as_i64();
            let asked = most.map_or(100_000, |most| most + 1);
            let page = if operation.described.get("x-crud").is_some() {
                "&page=1"
            } else {
                ""
            };
            // Where a production is meant, there has to be one.
            let address = contract_path(operation, &studio);
            let answer = studio.admin.get(&format!("{address}?limit={asked}{page}")).await;
            match most {
                Some(most) => {
                    assert_eq!((answer.status, most), (400, 10_000), "{address}");
                    refused += 1;
                }
                None => {
                    assert_eq!(answer.status, 200, "{address}");
                    assert!(answer.json.as_array().is_some_and(|rows| rows.len() <= 1000));
                    cut += 1;
                }
            }
        }
    }
    assert!(refused > 45 && cut == 2, "{refused} {cut}");
}

/// The address of an operation about the studio's production.
fn contract_path(operation: &Operation, studio: &Studio) -> String {
    let mut parts: Vec<String> = operation.address.split('/').map(str::to_owned).collect();
    for part in parts.iter_mut().filter(|part| part.parse::<Uuid>().is_ok()) {
        *part = studio.project_id.to_string();
    }
    parts.join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn many_fields_and_many_values_cost_nothing() {
    let server = TestServer::start(On::Sqlite).await;
    let nobody = server.nobody();
    let sign_in = async |media: &str, body: String| {
        let request = nobody
            .request(Method::POST, "/auth/login")
            .header("content-type", media)
            .body(body);
        nobody.finish(Method::POST, "/auth/login", request).await
    };
    let form = "application/x-www-form-urlencoded";
    let started = Instant::now();
    let fields = |count: usize| (0..count).map(|number| format!("f{number}=1&")).collect::<String>();
    assert_eq!(sign_in(form, fields(81_000)).await.status, 413);
    let many = sign_in(form, fields(5000)).await;
    assert_eq!((many.status, &many.json["data"]["limit"]), (400, &json!(1000)));
    assert!(
        sign_in(form, fields(900))
            .await
            .message(400)
            .starts_with("Validation error.")
    );
    let lists = |count: usize| format!("{{\"email\": [{}1], \"password\": \"x\"}}", "[],".repeat(count));
    assert_eq!(sign_in("application/json", lists(7_000_000)).await.status, 413);
    let wrong = sign_in("application/json", lists(20_000)).await;
    assert_eq!(
        wrong.json["data"]["errors"],
        json!([{"field": "email", "message": "Input should be a valid string"}])
    );
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());

    // A document may hold anything, but not any number of things.
    let studio = Studio::open(On::Sqlite).await;
    let description =
        |count: usize| json!({"name": Uuid::new_v4().to_string(), "data": {"list": vec![json!([]); count]}});
    let path = format!("/data/projects/{}", studio.project_id);
    studio.admin.put(&path, description(10_000)).await.expect(200);
    assert_eq!(
        studio.admin.put(&path, description(200_000)).await.message(413),
        TOO_LARGE
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn long_queries_are_served_or_refused_in_words() {
    let studio = Studio::open(On::Sqlite).await;
    let query = |count: usize| {
        (0..count)
            .map(|_| format!("&person_ids={}", Uuid::new_v4()))
            .collect::<String>()
    };
    let path = |count: usize| format!("/data/events/login-logs/last?limit=1{}", query(count));
    studio.admin.get(&path(1300)).await.expect(200);
    let long = Operation {
        method: "GET".into(),
        address: path(2000),
        described: &Value::Null,
    };
    let answer = send_raw(&studio.server.url, head(&long, "").as_bytes()).await;
    assert_eq!(answer.status, 414);
    assert_eq!(
        answer.message(),
        "The address with its query may have at most 65,000 bytes."
    );
    let operation = Operation {
        method: "GET".into(),
        address: format!("/data/persons?name={}", "x".repeat(200_000)),
        described: &Value::Null,
    };
    let answer = send_raw(&studio.server.url, head(&operation, "").as_bytes()).await;
    assert_eq!(answer.status, 431);
    assert!(
        answer.message().contains("128 kB") && answer.headers.contains("application/json"),
        "{}",
        answer.headers
    );
    let answer = send_raw(&studio.server.url, b"nonsense\r\n\r\n").await;
    assert_eq!(
        (answer.status, answer.message().as_str()),
        (400, "The request can't be read as HTTP.")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_open_few_streams() {
    let studio = Studio::open(On::Sqlite).await;
    let shake = async |client: &Client| {
        let request = client
            .http
            .get(format!("{}/socket.io/?EIO=4&transport=polling", client.url));
        let request = match &client.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.expect("an answer").status().as_u16()
    };
    let nobody = studio.server.nobody();
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(shake(&nobody).await);
    }
    let open = statuses.iter().filter(|status| **status == 200).count();
    assert!((20..30).contains(&open) && statuses.contains(&429), "{statuses:?}");
    assert_eq!(shake(&studio.admin).await, 200, "others of the same address are let in");
}
