//! The client that is generated from the contract, at work: what it sends is taken, and what it is answered fits its types.

use dailies::auth::accounts;
use dailies_client::{Client, ResponseValue};
use rstest::rstest;
use uuid::Uuid;

use harness::{On, TestServer};

/// A client of the generated kind, with a token.
fn client(server: &TestServer, token: &str) -> Client {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
    let http = reqwest::Client::builder()
        .default_headers(headers)
        .build()
        .expect("a client");
    Client::new_with_client(&server.url, http)
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_production_through_the_typed_client(#[case] on: On) {
    let server = TestServer::start(on).await;
    accounts::create_admin(&server.app, "ada@example.com", Some("sheep-in-the-fog"))
        .await
        .expect("an administrator");
    let stranger = Client::new(&server.url);
    let signed_in = stranger
        .sign_in()
        .body_map(|body| body.email("ada@example.com").password("sheep-in-the-fog"))
        .send()
        .await
        .expect("a session");
    assert_eq!(
        signed_in.user.email.as_deref().map(String::as_str),
        Some("ada@example.com")
    );
    let ada = client(&server, &signed_in.access_token);

    let wool = ada
        .create_project()
        .body_map(|body| body.name("Wool"))
        .send()
        .await
        .map(ResponseValue::into_inner)
        .expect("a production");
    let types = ada
        .list_entity_types()
        .name("Character")
        .send()
        .await
        .expect("asset types");
    let asset = ada
        .create_asset()
        .project_id(wool.id)
        .asset_type_id(types[0].id)
        .body_map(|body| body.name("Sheep"))
        .send()
        .await
        .expect("an asset");
    let sequence = ada
        .create_sequence()
        .project_id(wool.id)
        .body_map(|body| body.name("SQ01"))
        .send()
        .await
        .expect("a sequence");
    let shot = ada
        .create_shot()
        .project_id(wool.id)
        .body_map(|body| body.name("SH010").sequence_id(sequence.id).nb_frames(48))
        .send()
        .await
        .expect("a shot");
    assert_eq!(shot.nb_frames, Some(48));

    let modeling = ada.list_task_types().name("Modeling").send().await.expect("task types")[0].id;
    let none: Vec<Uuid> = Vec::new();
    let made = ada
        .create_asset_tasks()
        .project_id(wool.id)
        .task_type_id(modeling)
        .body(none)
        .send()
        .await
        .expect("tasks");
    let task = made[0].id;
    let done = ada
        .list_task_statuses()
        .name("Done")
        .send()
        .await
        .expect("task statuses")[0]
        .id;
    ada.comment_task()
        .task_id(task)
        .body_map(|body| body.task_status_id(done).comment("Round enough."))
        .send()
        .await
        .expect("a comment");

    let listed = ada
        .list_assets_with_tasks()
        .project_id(wool.id)
        .send()
        .await
        .expect("assets");
    assert_eq!(
        (listed[0].id, listed[0].tasks[0].id, listed[0].tasks[0].task_status_id),
        (asset.id, task, Some(done))
    );
    let full = ada.get_full_task().task_id(task).send().await.expect("a task");
    assert_eq!(full.project.as_ref().map(|project| project.id), Some(wool.id));
    let unknown = ada
        .get_full_task()
        .task_id(Uuid::new_v4())
        .send()
        .await
        .expect_err("no such task");
    assert_eq!(unknown.status().map(|status| status.as_u16()), Some(404));
    let refused = stranger.list_projects().send().await.expect_err("nobody is signed in");
    assert_eq!(refused.status().map(|status| status.as_u16()), Some(401));
}
