//! The CRUD pattern: filters, pages, relations, coercion, protected columns, errors and events.

mod round_trips;

use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use harness::rows::insert_many;
use harness::{On, Studio, id};

/// Names and payloads of the events since a moment in the log, in order.
async fn events(studio: &Studio, count: usize) -> Vec<(String, Value)> {
    let log = studio
        .admin
        .get(&format!("/data/events/last?limit={count}"))
        .await
        .expect(200);
    let mut found: Vec<(String, Value)> = log
        .as_array()
        .expect("a list")
        .iter()
        .map(|event| {
            (
                event["name"].as_str().unwrap_or_default().to_owned(),
                event["data"].clone(),
            )
        })
        .collect();
    found.reverse();
    found
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_record_lives_and_dies(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let admin = &studio.admin;
    let made = admin
        .post(
            "/data/departments",
            json!({"name": "Grooming", "color": "#aabbcc", "id": Uuid::nil(), "created_at": "2001-01-01"}),
        )
        .await
        .expect(201);
    let department = id(&made);
    assert_ne!(department, Uuid::nil());
    assert_eq!(made["archived"], false);
    assert_eq!(made["type"], "Department");
    assert_eq!(made["created_at"], made["updated_at"]);
    let path = format!("/data/departments/{department}");
    assert_eq!(admin.get(&path).await.expect(200), made);
    let changed = admin
        .put(
            &path,
            json!({"color": "#000000", "unknown": 1, "type": "X", "id": Uuid::nil()}),
        )
        .await
        .expect(200);
    assert_eq!(
        (&changed["color"], &changed["name"]),
        (&json!("#000000"), &json!("Grooming"))
    );
    admin.delete(&path).await.expect(204);
    assert_eq!(
        admin.get(&path).await.message(404).split(':').next(),
        Some("404 Not Found")
    );
    admin.delete(&path).await.expect(404);
    let told = events(&studio, 3).await;
    let payload = json!({"department_id": department});
    assert_eq!(
        told,
        ["department:new", "department:update", "department:delete"].map(|name| (name.to_owned(), payload.clone()))
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_named_and_stores_nothing(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let admin = &studio.admin;
    let count = admin.get("/data/departments?page=1").await.expect(200)["total"].clone();
    let post = |body: Value| admin.post("/data/departments", body);
    assert_eq!(
        post(json!({"name": "A"})).await.message(400),
        "A required field is missing: color."
    );
    assert_eq!(
        post(json!({"name": "A", "color": "#1", "size": 2})).await.message(400),
        "'size' is an invalid keyword argument for Department"
    );
    assert_eq!(
        post(json!({"name": "A", "color": "#1", "type": "Department"}))
            .await
            .message(400),
        "'type' is an invalid keyword argument for Department"
    );
    assert_eq!(
        post(json!({"name": "x".repeat(300), "color": "#1"})).await.message(400),
        "One of the provided values has an invalid format: name."
    );
    assert_eq!(
        post(json!({"name": "Modeling", "color": "#1"})).await.message(400),
        "A record with the same unique values already exists: name"
    );
    assert_eq!(post(Value::Null).await.expect(400)["data"], Value::Null);
    post(json!([])).await.expect(400);
    let text = admin
        .request(reqwest::Method::POST, "/data/departments")
        .header("content-type", "text/plain")
        .body("{}");
    admin
        .finish(reqwest::Method::POST, "/data/departments", text)
        .await
        .expect(415);
    let broken = admin
        .request(reqwest::Method::POST, "/data/departments")
        .header("content-type", "application/json")
        .body("{\"name\":");
    admin
        .finish(reqwest::Method::POST, "/data/departments", broken)
        .await
        .expect(400);
    assert_eq!(admin.get("/data/departments?page=1").await.expect(200)["total"], count);
    assert_eq!(admin.get("/data/departments/zz").await.message(400), "Malformed ID.");
    let trailing = format!("/data/departments/{}x", Uuid::new_v4());
    assert_eq!(admin.get(&trailing).await.message(400), "Malformed ID.");
    let modeling = studio.named("departments", "Modeling").await;
    assert_eq!(
        admin
            .delete(&format!("/data/departments/{modeling}"))
            .await
            .message(400),
        "The change conflicts with records referencing this one."
    );
    let status = admin.get("/data/project-status").await.expect(200)[0].clone();
    assert_eq!(
        admin
            .put(&format!("/data/project-status/{}", id(&status)), json!({"name": null}))
            .await
            .message(400),
        "A required field is missing: name."
    );
    let date = admin
        .put(
            &format!("/data/projects/{}", studio.project_id),
            json!({"start_date": "2026-04-"}),
        )
        .await
        .message(400);
    assert_eq!(
        date,
        "Invalid date format for 'start_date': '2026-04-'. Expected an ISO 8601 date or datetime."
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_paged(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let admin = &studio.admin;
    let found = async |path: &str| admin.get(path).await.expect(200).as_array().map(Vec::len);
    let all = admin.get("/data/departments").await.expect(200);
    let total = all.as_array().expect("a list").len();
    assert_eq!(admin.get("/data/departments/").await.expect(200), all);
    let page = admin.get("/data/departments?page=1&limit=2").await.expect(200);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        (page["total"].as_u64(), page["limit"].as_u64(), page["offset"].as_i64()),
        (Some(total as u64), Some(2), Some(0))
    );
    let beyond = admin.get("/data/departments?page=999&limit=2").await.expect(200);
    assert_eq!(
        (beyond["data"].clone(), beyond["total"].as_u64()),
        (json!([]), Some(total as u64))
    );
    let zero = admin.get("/data/departments?page=0&limit=2").await.expect(200);
    assert_eq!((zero["data"].clone(), zero["offset"].as_i64()), (json!([]), Some(-2)));
    assert_eq!(found("/data/departments?limit=1").await, Some(total));
    assert_eq!(
        admin.get("/data/departments?page=x").await.message(400),
        "page must be an integer."
    );
    admin.get("/data/departments?page=1&limit=-1").await.expect(400);
    let narrow = admin
        .get("/data/departments?name=MODELING&fields=name")
        .await
        .expect(200);
    let keys: Vec<&String> = narrow[0].as_object().expect("a record").keys().collect();
    assert_eq!(keys, ["name", "id", "type"]);
    let modeling = id(&narrow[0]);
    assert_eq!(found(&format!("/data/departments?id=[\"{modeling}\"]")).await, Some(1));
    assert_eq!(admin.get("/data/departments?id=[]").await.expect(200), json!([]));
    assert_eq!(
        admin.get("/data/departments?id=[x").await.message(400),
        "Malformed list filter for field id."
    );
    assert_eq!(
        admin.get("/data/departments?id=zz").await.message(400),
        "Invalid UUID value for id: zz"
    );
    assert_eq!(
        admin.get("/data/departments?archived=maybe").await.message(400),
        "Invalid boolean value for archived: maybe"
    );
    assert_eq!(found("/data/departments?archived=no").await, Some(total));
    assert_eq!(found("/data/departments?colour=red").await, Some(total));
    assert_eq!(
        admin.get("/data/persons?password=x").await.message(400),
        "Filtering on password is not allowed."
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn relations_are_sets_of_ids(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let admin = &studio.admin;
    let modeling = studio.named("departments", "Modeling").await;
    let layout = studio.named("departments", "Layout").await;
    let body = json!({"first_name": "Zoé", "last_name": "Li", "email": "ZOE@Example.com", "departments": [modeling, {"id": layout}]});
    let person = admin.post("/data/persons", body).await.expect(201);
    let mut departments: Vec<Value> = person["departments"].as_array().cloned().unwrap_or_default();
    departments.sort_by_key(|id| id.to_string());
    let mut wanted = vec![json!(modeling), json!(layout)];
    wanted.sort_by_key(|id| id.to_string());
    assert_eq!(departments, wanted);
    assert_eq!(
        (&person["email"], &person["full_name"]),
        (&json!("zoe@example.com"), &json!("Zoé Li"))
    );
    assert!(person.get("password").is_none());
    let path = format!("/data/persons/{}", id(&person));
    let found = admin
        .get(&format!("/data/persons?departments={modeling}"))
        .await
        .expect(200);
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    let unknown = Uuid::new_v4();
    let refusal = format!("departments: there is no department with the id {unknown}.");
    assert_eq!(
        admin
            .put(&path, json!({"departments": [modeling, unknown]}))
            .await
            .message(400),
        refusal
    );
    let kept = admin.get(&format!("{path}?relations=true")).await.expect(200);
    assert_eq!(
        kept["departments"].as_array().map(Vec::len),
        Some(2),
        "a refused change leaves the list as it was"
    );
    assert_eq!(
        admin.put(&path, json!({"departments": []})).await.expect(200)["departments"],
        json!([])
    );
    assert_eq!(
        admin
            .post(
                "/data/persons",
                json!({"first_name": "A", "last_name": "B", "email": "zoe@example.com"})
            )
            .await
            .message(400),
        "Email already in use."
    );
    let fps = admin
        .put(&format!("/data/projects/{}", studio.project_id), json!({"fps": 24}))
        .await
        .expect(200);
    assert_eq!(fps["fps"], "24");
    assert!(fps.get("team").is_none());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_sent_while_it_is_read(#[values(On::Sqlite, On::Postgres)] on: On) {
    const DAYS: i64 = 30_000;
    let studio = Studio::open(on).await;
    let first = chrono::NaiveDate::from_ymd_opt(1950, 1, 1).expect("a day");
    let rows = (0..DAYS).map(|day| {
        vec![
            ("duration", 60.0.into()),
            ("date", (first + chrono::Days::new(day.unsigned_abs())).into()),
        ]
    });
    insert_many(&studio.server.app.database, &entity::time_spent::TABLE, rows.collect())
        .await
        .expect("time spent");
    let answer = studio
        .admin
        .request(reqwest::Method::GET, "/data/time-spents")
        .send()
        .await
        .expect("an answer");
    // What is sent in parts has no length that is known before.
    assert_eq!((answer.status().as_u16(), answer.content_length()), (200, None));
    let sent: Vec<Value> = answer.json().await.expect("a list");
    assert_eq!(sent.len(), 30_000);
    let narrow = studio
        .admin
        .get("/data/time-spents?start_date=1950-01-01&end_date=1950-01-31&fields=date")
        .await
        .expect(200);
    assert_eq!(narrow.as_array().map(Vec::len), Some(31));
    let page = studio
        .admin
        .get("/data/time-spents?page=300&limit=100")
        .await
        .expect(200);
    assert_eq!(
        (page["total"].as_i64(), page["data"].as_array().map(Vec::len)),
        (Some(DAYS), Some(100))
    );
}
