//! Limits of requests, and refusals before anything is done. The operations come from the contract, so a
//! new one is tried as well.

mod bodies;
mod browsers;
mod raw;

use std::time::{Duration, Instant};

use harness::{Client, Growth, On, Studio, TestServer, contract};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use self::raw::{head, send_raw};

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

    /// True if anybody may call it.
    fn is_public(&self) -> bool {
        self.described["x-access"] == "public"
    }

    /// True if nobody has to be signed in: it is public, or wants the link of a shared playlist.
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

#[tokio::test(flavor = "multi_thread")]
async fn listings_have_one_most() {
    let studio = Studio::open(On::Sqlite).await;
    let mut growth = Growth::of(&studio).await;
    growth.to(1).await;
    let entity = growth.of_parameter("entity_id").expect("an entity");
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
            // Operations on a production or an entity need one that exists.
            let address = contract_path(operation, &studio);
            let owned = format!("/entities/{}", studio.project_id);
            let address = address.replace(&owned, &format!("/entities/{entity}"));
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
