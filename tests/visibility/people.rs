//! Comments, hours, files and exports of people: who is told of them, and who may still change them.

use std::collections::BTreeSet;

use dailies::database::Sql;
use dailies_definitions::access::Role;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Show;
use harness::rows::{self, insert};
use harness::{Client, Listener, On, Studio, id};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn notifications_tell_nobody_what_comments_hide(#[values(On::Sqlite, On::Postgres)] on: On) {
    let show = Show::open(on).await;
    let Show { studio, .. } = &show;
    let [artist, vendor, supervisor] =
        [Role::Artist, Role::Vendor, Role::Supervisor].map(|role| studio.member_id(role));
    for person in [artist, vendor, supervisor] {
        show.assign(person).await;
    }
    show.comment(&studio.member(Role::Client), "secret of the client").await;
    show.comment(&studio.member(Role::Manager), "word of the team").await;
    let told = async |role: Role| {
        studio
            .member(role)
            .get("/data/user/notifications")
            .await
            .expect(200)
            .to_string()
    };
    for (role, secret) in [(Role::Artist, false), (Role::Vendor, false), (Role::Supervisor, true)] {
        let text = told(role).await;
        assert_eq!(text.contains("secret of the client"), secret, "{role:?}: {text}");
        assert!(text.contains("word of the team"), "{role:?}: {text}");
    }
    // The role in the production decides, whatever the one in the studio is.
    show.give(artist, Some("supervisor")).await;
    assert!(told(Role::Artist).await.contains("secret of the client"));
    show.give(supervisor, Some("vendor")).await;
    assert!(!told(Role::Supervisor).await.contains("secret of the client"));
    show.leave(artist).await;
    let left = told(Role::Artist).await;
    assert!(
        !left.contains("secret of the client") && !left.contains("word of the team"),
        "{left}"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn clients_and_vendors_learn_of_their_own_hours_only(#[values(On::Sqlite, On::Postgres)] on: On) {
    let show = Show::open(on).await;
    let Show {
        studio, task, asset, ..
    } = &show;
    for role in [Role::Artist, Role::Vendor] {
        let person = studio.member_id(role);
        show.assign(person).await;
        let path = format!("/actions/tasks/{task}/time-spents/2026-03-02/persons/{person}");
        studio
            .member(role)
            .post(&path, json!({"duration": 60}))
            .await
            .expect(201);
    }
    for role in Role::ALL {
        let (client, own) = match role {
            Role::Admin => (studio.admin.clone(), studio.admin_id),
            role => (studio.member(role), studio.member_id(role)),
        };
        let expected: BTreeSet<Uuid> = match role {
            Role::Client => BTreeSet::new(),
            Role::Vendor => BTreeSet::from([own]),
            _ => BTreeSet::from([studio.member_id(Role::Artist), studio.member_id(Role::Vendor)]),
        };
        let persons = |rows: &Value| -> BTreeSet<Uuid> {
            rows.as_array()
                .into_iter()
                .flatten()
                .filter_map(|row| row["person_id"].as_str()?.parse().ok())
                .collect()
        };
        for path in [
            format!("/actions/tasks/{task}/time-spents"),
            format!("/actions/tasks/{task}/time-spents/2026-03-02"),
        ] {
            let answer = client.get(&path).await.expect(200);
            let found: BTreeSet<Uuid> = answer
                .as_object()
                .expect("hours by person")
                .keys()
                .filter_map(|key| key.parse().ok())
                .collect();
            assert_eq!(found, expected, "{path} for {role:?}");
            assert_eq!(
                answer["total"],
                json!(60.0 * expected.len() as f64),
                "{path} for {role:?}"
            );
        }
        if role != Role::Vendor || !expected.is_empty() {
            let answer = client
                .get(&format!("/data/entities/{asset}/time-spents"))
                .await
                .expect(200);
            assert_eq!(persons(&answer), expected, "{role:?}");
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn managers_export_what_they_manage(#[values(On::Sqlite, On::Postgres)] on: On) {
    let show = Show::open(on).await;
    let Show { studio, .. } = &show;
    let person = studio.member_id(Role::Artist);
    show.assign(person).await;
    let day = format!("/actions/tasks/{}/time-spents/2026-03-02/persons/{person}", show.task);
    studio
        .member(Role::Artist)
        .post(&day, json!({"duration": 60}))
        .await
        .expect(201);
    let sql = Sql::with("UPDATE person SET daily_salary = 777 WHERE id = $1", [person.into()]);
    rows::execute(&studio.server.app.database, &sql)
        .await
        .expect("a salary");
    let text = async |client: &Client, path: &str| String::from_utf8_lossy(&client.get(path).await.bytes).into_owned();
    for path in [
        "/export/csv/tasks.csv",
        "/export/csv/time-spents.csv",
        "/export/csv/projects.csv",
    ] {
        for (client, sees) in [
            (studio.admin.clone(), true),
            (studio.member(Role::Manager), true),
            (studio.stranger(Role::Manager), false),
        ] {
            assert_eq!(text(&client, path).await.contains("Wool"), sees, "{path}");
        }
    }
    show.give(studio.member_id(Role::Manager), Some("user")).await;
    assert!(
        !text(&studio.member(Role::Manager), "/export/csv/tasks.csv")
            .await
            .contains("Wool")
    );
    assert!(text(&studio.admin, "/export/csv/persons.csv").await.contains("777"));
    assert!(
        !text(&studio.member(Role::Manager), "/export/csv/persons.csv")
            .await
            .contains("777")
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn clients_hear_who_writes_to_them_and_not_who_sets_a_status(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let asset = studio.admin.make_asset(studio.project_id, "Tree").await;
    let task_type = studio.named("task-types", "Modeling").await;
    let status = studio.named("task-status", "Done").await;
    let task = id(&studio
        .admin
        .post("/data/tasks", json!({"entity_id": asset, "task_type_id": task_type}))
        .await
        .expect(201));
    let [manager, client] = [Role::Manager, Role::Client].map(|role| studio.member(role));
    let listeners = [
        Listener::open(&studio.admin).await,
        Listener::open(&manager).await,
        Listener::open(&client).await,
    ];
    let comment = json!({"task_status_id": status, "comment": "Fine", "for_client": true});
    manager
        .post(&format!("/actions/tasks/{task}/comment"), comment)
        .await
        .expect(201);
    studio
        .admin
        .post("/data/departments", json!({"name": "Sound", "color": "#000000"}))
        .await
        .expect(201);

    let mut heard = Vec::new();
    for listener in &listeners {
        let events = listener.until("department:new").await;
        let of = |name: &str| {
            events
                .iter()
                .find(|(found, _)| found == name)
                .map(|(_, payload)| payload.clone())
                .expect("it is heard")
        };
        heard.push([of("comment:new"), of("task:status-changed")]);
    }
    let author = json!(studio.member_id(Role::Manager));
    for payload in heard[0].iter().chain(&heard[1]) {
        assert_eq!(payload["person_id"], author);
    }
    assert_eq!(heard[0], heard[1]);
    let [[comment, status], [whole_comment, whole_status]] = [&heard[2], &heard[0]];
    assert_eq!(comment, whole_comment);
    let mut less = whole_status.clone();
    less.as_object_mut().expect("an object").remove("person_id");
    assert_eq!(*status, less);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_left_the_team_changes_nothing_there(#[values(On::Sqlite, On::Postgres)] on: On) {
    let show = Show::open(on).await;
    let Show {
        studio, task, asset, ..
    } = &show;
    let database = &studio.server.app.database;
    let person = studio.member_id(Role::Artist);
    let artist = studio.member(Role::Artist);
    show.assign(person).await;
    let comment = show.comment(&artist, "mine").await;
    let reply = artist
        .post(
            &format!("/data/tasks/{task}/comments/{comment}/reply"),
            json!({"text": "so"}),
        )
        .await
        .expect(200);
    let reply = id(&reply);
    let time = format!("/actions/tasks/{task}/time-spents/2026-03-02/persons/{person}");
    let logged = id(&artist.post(&time, json!({"duration": 60})).await.expect(201));
    let output_type = insert(
        database,
        &entity::output_type::TABLE,
        vec![("name", "Cache".into()), ("short_name", "cache".into())],
    );
    let type_id = output_type.await.expect("a type");
    let status = insert(
        database,
        &entity::file_status::TABLE,
        vec![("name", "To do".into()), ("color", "#aabbcc".into())],
    );
    let status_id = status.await.expect("a status");
    let file = vec![
        ("name", "out".into()),
        ("entity_id", (*asset).into()),
        ("output_type_id", type_id.into()),
        ("file_status_id", status_id.into()),
        ("revision", 1.into()),
    ];
    let file = insert(database, &entity::output_file::TABLE, file)
        .await
        .expect("a file");
    show.leave(person).await;
    let refused = [
        artist.delete(&format!("/data/comments/{comment}")).await,
        artist.delete(&format!("/data/tasks/{task}/comments/{comment}")).await,
        artist
            .delete(&format!("/data/tasks/{task}/comments/{comment}/reply/{reply}"))
            .await,
        artist
            .put(&format!("/data/comments/{comment}"), json!({"text": "other"}))
            .await,
        artist
            .send_file(
                &format!("/actions/tasks/{task}/comments/{comment}/add-attachment"),
                "a.txt",
                b"x",
            )
            .await,
        artist
            .put(&format!("/data/output-files/{file}"), json!({"comment": "x"}))
            .await,
        artist.post(&time, json!({"duration": 30})).await,
        artist.post(&format!("{time}/add"), json!({"duration": 30})).await,
        artist.delete(&time).await,
        artist.delete(&format!("/data/time-spents/{logged}")).await,
    ];
    for (number, answer) in refused.iter().enumerate() {
        assert_eq!(answer.status, 403, "call {number}: {}", answer.json);
    }
    studio.admin.get(&format!("/data/comments/{comment}")).await.expect(200);
}
