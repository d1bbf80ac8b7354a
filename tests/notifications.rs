//! Notifications that leave by e-mail and in chat services.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dailies::database::Sql;
use dailies::web::Bound;
use dailies_definitions::access::Role;
use poem::endpoint::make;
use poem::{Body, Request, Response};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use harness::rows::{execute, insert_many, number};
use harness::{Client, On, PostOffice, Studio, id, wait_for};

/// A studio with a task that the supervisor does, whose members want e-mails.
async fn studio_with_task(office: &PostOffice, on: On) -> (Studio, Uuid, Uuid) {
    studio_using(&office.flags(), &["--domain-name", "studio.example"], on).await
}

async fn studio_using(service: &[impl AsRef<str>], more: &[&str], on: On) -> (Studio, Uuid, Uuid) {
    let studio = Studio::open_using(on, service, more).await;
    let task_type = studio.named("task-types", "Modeling").await;
    let status = studio.named("task-status", "Todo").await;
    let asset = studio.admin.make_asset(studio.project_id, "Tree <1>").await;
    let task = studio.admin.make_task_on(asset, task_type, status).await;
    let sql = Sql::with(
        "UPDATE person SET notifications_enabled = $1 WHERE email LIKE 'tim.%'",
        [true.into()],
    );
    execute(&studio.server.app.database, &sql).await.expect("a change");
    (studio, task, status)
}

async fn assign(client: &Client, task: Uuid, person: Uuid) {
    client
        .put(&format!("/actions/tasks/{task}/assign"), json!({"person_id": person}))
        .await
        .expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn those_whom_it_concerns_get_an_email(#[values(On::Sqlite, On::Postgres)] on: On) {
    let office = PostOffice::open().await;
    let (studio, task, status) = studio_with_task(&office, on).await;
    let supervisor = studio.member_id(Role::Supervisor);
    let place = "Wool / Prop / Tree <1> / Modeling";
    assign(&studio.member(Role::Manager), task, supervisor).await;
    let letter = office.letter_to("tim.team.supervisor@example.com").await;
    assert_eq!(letter.subject, format!("[Kitsu] You were assigned to {place}"));
    let link = format!(
        "https://studio.example/productions/{}/assets/tasks/{task}",
        studio.project_id
    );
    assert!(
        letter.text.contains(&link) && letter.text.contains("Tree <1>"),
        "{}",
        letter.text
    );
    assert!(letter.html.contains("Tree &lt;1&gt;"), "{}", letter.html);

    let text = "Looks good @Tim Team user\n<script>second line</script>";
    let path = format!("/actions/tasks/{task}/comment");
    let manager = studio.member(Role::Manager);
    let comment = manager
        .post(&path, json!({"task_status_id": status, "comment": text}))
        .await
        .expect(201);
    let letter = office.letters_to("tim.team.supervisor@example.com", 2).await.remove(1);
    assert_eq!(letter.subject, format!("[Kitsu] TODO - Tim commented on {place}"));
    assert!(
        letter.html.contains("&lt;script&gt;second line") && letter.text.contains("<script>second line"),
        "{}",
        letter.html
    );

    let reply = format!("/data/tasks/{task}/comments/{}/reply", id(&comment));
    studio
        .member(Role::Supervisor)
        .post(&reply, json!({"text": "Thanks"}))
        .await
        .expect(200);
    let letter = office.letter_to("tim.team.manager@example.com").await;
    assert_eq!(letter.subject, format!("[Kitsu] Tim replied on {place}"));
    assert!(
        letter.text.contains("Thanks") && !letter.text.contains("Looks good"),
        "{}",
        letter.text
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_mention_reaches_the_person_and_nobody_who_wants_none(#[values(On::Sqlite, On::Postgres)] on: On) {
    let mut office = PostOffice::open().await;
    let (studio, task, status) = studio_with_task(&office, on).await;
    office.close().await;
    let sql = Sql::with(
        "UPDATE person SET notifications_enabled = $1 WHERE email = 'tim.team.supervisor@example.com'",
        [false.into()],
    );
    execute(&studio.server.app.database, &sql).await.expect("a change");
    assign(&studio.admin, task, studio.member_id(Role::Supervisor)).await;
    let path = format!("/actions/tasks/{task}/comment");
    let say = |text: &'static str| {
        let (admin, path) = (studio.admin.clone(), path.clone());
        async move {
            admin
                .post(&path, json!({"task_status_id": status, "comment": text}))
                .await
        }
    };
    say("Have a look @Tim Team user").await.expect(201);
    let withdrawn = id(&say("Never mind @Tim Team manager").await.expect(201));
    // Nothing is on its way when the comment goes.
    until(
        &studio,
        "SELECT COUNT(*) FROM dailies_job WHERE last_error IS NOT NULL AND state = 'queued'",
        2,
    )
    .await;
    studio
        .admin
        .delete(&format!("/data/comments/{withdrawn}"))
        .await
        .expect(204);
    office.reopen().await;
    let letter = office.letter_to("tim.team.user@example.com").await;
    assert_eq!(
        letter.subject,
        "[Kitsu] Ada mentioned you on Wool / Prop / Tree <1> / Modeling"
    );
    assert!(letter.text.contains("Have a look"), "{}", letter.text);
    until(&studio, "SELECT COUNT(*) FROM dailies_job", 0).await;
    assert_eq!(office.letters().len(), 1, "{:?}", office.letters());
}

/// Waits until a query counts so many.
async fn until(studio: &Studio, query: &str, count: i64) {
    let look = async || {
        let found = number(&studio.server.app.database, &Sql::new(query)).await;
        if found == count { Ok(()) } else { Err(found) }
    };
    wait_for(Duration::from_secs(30), &format!("{query} gives {count}"), look).await;
}

/// Request to a chat service: the path, who asked, and the body.
type Asked = Arc<Mutex<Vec<(String, String, Value)>>>;

/// Slack, Mattermost and Discord in one, on a port of this machine.
async fn chat_services() -> (String, Asked) {
    let asked = Asked::default();
    let kept = asked.clone();
    let endpoint = make(move |mut request: Request| {
        let kept = kept.clone();
        async move {
            let path = request.uri().path().to_owned();
            let token = request.header("authorization").unwrap_or_default().to_owned();
            let body =
                serde_json::from_slice(&request.take_body().into_vec().await.expect("a body")).unwrap_or_default();
            let answer = match path.as_str() {
                "/slack/chat.postMessage" => json!({"ok": true}),
                "/discord/users/@me/guilds" => json!([{"id": "g1"}]),
                "/discord/guilds/g1/members/search" => {
                    json!([{"user": {"id": "u1", "username": "timmy", "discriminator": "0"}}])
                }
                "/discord/users/@me/channels" => json!({"id": "c1"}),
                _ => json!({}),
            };
            kept.lock().expect("what was asked").push((path, token, body));
            Ok::<_, poem::Error>(
                Response::builder()
                    .content_type("application/json")
                    .body(Body::from_json(&answer).expect("an answer")),
            )
        }
    });
    let bound = Bound::to("127.0.0.1", 0).await.expect("a port");
    let address = format!("http://{}", bound.address());
    tokio::spawn(async move { bound.serve(endpoint, std::future::pending()).await });
    (address, asked)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn messages_reach_chat_services(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (address, asked) = chat_services().await;
    let (slack, discord) = (format!("{address}/slack"), format!("{address}/discord"));
    let flags = [
        "--slack-address",
        &slack,
        "--discord-address",
        &discord,
        "--chat-hosts",
        "127.0.0.1",
    ];
    let (studio, task, _) = studio_using(&flags, &[], on).await;
    let organisation = dailies::studio::organisation(&studio.server.app)
        .await
        .expect("the organisation")
        .id;
    let credentials = json!({
        "chat_token_slack": "xoxb", "chat_webhook_mattermost": format!("{address}/hooks/1"), "chat_token_discord": "bot",
    });
    studio
        .admin
        .put(&format!("/data/organisations/{}", organisation), credentials)
        .await
        .expect(200);
    let artist = studio.member_id(Role::Artist);
    let mut wishes = json!({"notifications_enabled": false});
    for service in ["slack", "mattermost", "discord"] {
        wishes[format!("notifications_{service}_enabled")] = json!(true);
        wishes[format!("notifications_{service}_userid")] = json!("timmy");
    }
    studio
        .admin
        .put(&format!("/data/persons/{artist}"), wishes)
        .await
        .expect(200);
    assign(&studio.admin, task, artist).await;
    let look = async || {
        let asked = asked.lock().expect("what was asked").clone();
        if asked.len() == 6 { Ok(asked) } else { Err(asked) }
    };
    let asked = wait_for(Duration::from_secs(30), "all services are asked", look).await;
    let of = |path: &str| {
        asked
            .iter()
            .find(|(found, ..)| found == path)
            .unwrap_or_else(|| panic!("{path} was not asked: {asked:?}"))
    };
    let (_, token, body) = of("/slack/chat.postMessage");
    assert_eq!((token.as_str(), &body["channel"]), ("Bearer xoxb", &json!("@timmy")));
    assert!(
        body["text"]
            .as_str()
            .is_some_and(|text| text.starts_with("*Ada Admin* assigned you to <https://")),
        "{body}"
    );
    let (_, _, body) = of("/hooks/1");
    assert_eq!(
        (&body["channel"], &body["username"]),
        (&json!("@timmy"), &json!("Kitsu - Wool"))
    );
    assert_eq!(of("/discord/users/@me/channels").2, json!({"recipient_id": "u1"}));
    let (_, token, body) = of("/discord/channels/c1/messages");
    assert_eq!(
        (token.as_str(), &body["allowed_mentions"]["parse"]),
        ("Bot bot", &json!([]))
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn notifications_of_one_second_are_walked_to_their_end(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let artist = studio.member_id(Role::Artist);
    let moment = |second: u32, part: u32| {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 3, 2).expect("a day");
        day.and_hms_micro_opt(10, 0, second, part).expect("a moment")
    };
    let at = (0..150)
        .map(|part| moment(7, part))
        .chain((0..3).map(|second| moment(second, 0)));
    let rows = at.map(|at| {
        vec![
            ("person_id", artist.into()),
            ("author_id", studio.admin_id.into()),
            ("type", "comment".into()),
            ("created_at", at.into()),
            ("updated_at", at.into()),
        ]
    });
    insert_many(
        &studio.server.app.database,
        &entity::notification::TABLE,
        rows.collect(),
    )
    .await
    .expect("notifications");
    let client = studio.member(Role::Artist);
    let mut seen = std::collections::HashSet::new();
    let mut before = String::new();
    loop {
        let page = client
            .get(&format!("/data/user/notifications{before}"))
            .await
            .expect(200);
        let page = page.as_array().expect("a list");
        let Some(last) = page.last() else { break };
        before = format!("?before={}", last["created_at"].as_str().expect("a moment"));
        for item in page {
            assert!(seen.insert(item["id"].clone()), "{item} comes twice");
        }
    }
    assert_eq!(seen.len(), 153);
}
