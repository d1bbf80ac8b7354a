//! E-mails: they leave after the change that they tell of, wait for the mail server, and survive the end of the server.

use std::time::Duration;

use dailies::database::Sql;
use dailies_definitions::access::Role;
use rstest::rstest;
use serde_json::json;

use harness::rows;
use harness::{Installation, On, PostOffice, Studio, TestServer, wait_for};

const ARTIST: &str = "tim.team.user@example.com";

async fn studio_with(office: &PostOffice, on: On) -> Studio {
    Studio::open_using(on, &office.flags(), &["--domain-name", "studio.example"]).await
}

/// Invites the artist.
async fn invite(studio: &Studio) {
    let path = format!("/actions/persons/{}/invite", studio.member_id(Role::Artist));
    studio.admin.get(&path).await.expect(200);
}

/// A job as far as tests look at it.
#[derive(Debug)]
struct JobRow {
    state: String,
    attempts: i32,
    last_error: Option<String>,
    payload: String,
}

async fn jobs(server: &TestServer) -> Vec<JobRow> {
    let sql = Sql::new("SELECT state, attempts, last_error, payload FROM dailies_job ORDER BY created_at");
    let rows = server.app.database.rows(&sql).await.expect("the queue");
    let read = rows.iter().map(|row| {
        Ok(JobRow {
            state: row.try_get("", "state")?,
            attempts: row.try_get("", "attempts")?,
            last_error: row.try_get("", "last_error")?,
            payload: row.try_get::<serde_json::Value>("", "payload")?.to_string(),
        })
    });
    read.collect::<Result<_, sea_orm::DbErr>>().expect("jobs")
}

/// Waits until the queue is as it should be.
async fn until(server: &TestServer, what: &str, is_so: impl Fn(&[JobRow]) -> bool) {
    let look = async || {
        let jobs = jobs(server).await;
        if is_so(&jobs) { Ok(()) } else { Err(jobs) }
    };
    wait_for(Duration::from_secs(30), what, look).await;
}

fn link_in(text: &str) -> url::Url {
    let link = text
        .split_whitespace()
        .find_map(|word| word.strip_prefix("(https://"))
        .expect("a link");
    format!("https://{}", link.trim_end_matches(')'))
        .parse()
        .expect("an address")
}

fn token_in(text: &str) -> String {
    let link = link_in(text);
    assert_eq!(
        (link.host_str(), link.path()),
        (Some("studio.example"), "/reset-change-password")
    );
    link.query_pairs()
        .find(|(key, _)| key == "token")
        .expect("a token")
        .1
        .into_owned()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced(#[values(On::Sqlite, On::Postgres)] on: On) {
    let office = PostOffice::open().await;
    let studio = studio_with(&office, on).await;
    let nobody = studio.server.nobody();
    // Keyboards of phones add blanks.
    for email in ["nobody@example.com", " TIM.Team.User@example.com "] {
        let answer = nobody
            .post("/auth/reset-password", json!({"email": email}))
            .await
            .expect(200);
        assert_eq!(answer, json!({"success": "Reset token sent"}));
    }
    let letter = office.letter_to(ARTIST).await;
    assert_eq!(letter.subject, "Kitsu - Kitsu: password recovery");
    assert!(letter.text.contains("127.0.0.1"), "{}", letter.text);
    assert!(letter.html.contains("href=\"https:"), "{}", letter.html);
    let token = token_in(&letter.text);
    assert!(
        token.len() == 64
            && token
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()),
        "{token}"
    );
    let reset = |token: &str, password: &str| {
        let body = json!({"email": ARTIST, "token": token, "password": password, "password2": password});
        let nobody = nobody.clone();
        async move { nobody.put("/auth/reset-password", body).await }
    };
    let forged = format!("{}{}", &token[..63], if token.ends_with('A') { 'B' } else { 'A' });
    assert_eq!(
        reset(&forged, "a new password").await.message(400),
        "Wrong or expired token."
    );
    assert_eq!(reset(&token, "short").await.message(400), "Password is too short.");
    reset(&token, "a new password").await.expect(200);
    assert_eq!(
        reset(&token, "another password").await.message(400),
        "Wrong or expired token."
    );
    nobody
        .post("/auth/login", json!({"email": ARTIST, "password": "a new password"}))
        .await
        .expect(200);
    assert_eq!(office.letters().len(), 1, "{:?}", office.letters());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_an_account_hears_of_changes(#[values(On::Sqlite, On::Postgres)] on: On) {
    let office = PostOffice::open().await;
    let studio = studio_with(&office, on).await;
    let artist = studio.member_id(Role::Artist);
    let path = |what: &str| format!("/actions/persons/{artist}/{what}");
    studio.admin.get(&path("invite")).await.expect(200);
    let invitation = office.letter_to(ARTIST).await;
    assert_eq!(
        invitation.subject,
        "You are invited by Kitsu to join their Kitsu platform"
    );
    assert!(invitation.text.contains("&type=new"), "{}", invitation.text);
    let password = json!({"password": "from an admin", "password_2": "from an admin"});
    studio.admin.post(&path("change-password"), password).await.expect(200);
    let change = json!({"old_password": "from an admin", "password": "my own secret", "password_2": "my own secret"});
    let tim = studio
        .server
        .nobody()
        .post("/auth/login", json!({"email": ARTIST, "password": "from an admin"}))
        .await
        .expect(200);
    let tim = studio.server.nobody().with_token(&tim["access_token"]);
    tim.post("/auth/change-password", change).await.expect(200);
    let letters = office.letters_to(ARTIST, 3).await;
    for letter in &letters[1..] {
        assert_eq!(letter.subject, "Kitsu - Kitsu: password changed");
        assert!(letter.text.contains("Address: 127.0.0.1"), "{}", letter.text);
    }
    // Who has another address is told at the former one.
    let person = format!("/data/persons/{artist}");
    tim.put(&person, json!({"email": ARTIST, "phone": "1"}))
        .await
        .expect(200);
    tim.put(
        &person,
        json!({"email": "tim@example.com", "current_password": "my own secret"}),
    )
    .await
    .expect(200);
    assert_eq!(
        office.letters_to(ARTIST, 4).await[3].subject,
        "Kitsu - Kitsu: e-mail address changed"
    );
    tim.put(&person, json!({"email": ARTIST, "current_password": "my own secret"}))
        .await
        .expect(200);
    office.letter_to("tim@example.com").await;
    // The token of the invitation was made before the password was chosen.
    let token = token_in(&invitation.text);
    let late = json!({"email": ARTIST, "token": token, "password": "much too late", "password2": "much too late"});
    assert_eq!(
        studio
            .server
            .nobody()
            .put("/auth/reset-password", late)
            .await
            .message(400),
        "Wrong or expired token."
    );
    until(&studio.server, "the queue is empty", <[JobRow]>::is_empty).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_stays_the_same_while_it_is_good(#[values(On::Sqlite, On::Postgres)] on: On) {
    let office = PostOffice::open().await;
    let studio = studio_with(&office, on).await;
    let path = format!(
        "/actions/persons/{}/reset-password-link",
        studio.member_id(Role::Artist)
    );
    let link = || async {
        studio.admin.post(&path, json!({})).await.expect(200)["reset_password_link"]
            .as_str()
            .expect("a link")
            .to_owned()
    };
    let first = link().await;
    assert_eq!(first, link().await);
    let token = token_in(&format!("({first})"));
    let sql = Sql::new("SELECT key, value FROM dailies_store");
    for row in studio.server.app.database.rows(&sql).await.expect("the store") {
        let (key, value): (String, String) = (
            row.try_get("", "key").expect("a key"),
            row.try_get("", "value").expect("a value"),
        );
        assert!(
            !key.contains(&token) && !value.contains(&token),
            "the store gives the token away"
        );
    }
    let body = json!({"email": ARTIST, "token": token, "password": "a new password", "password2": "a new password"});
    studio
        .server
        .nobody()
        .put("/auth/reset-password", body)
        .await
        .expect(200);
    assert_ne!(first, link().await);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn emails_wait_for_the_mail_server_and_outlive_this_one(#[values(On::Sqlite, On::Postgres)] on: On) {
    let mut office = PostOffice::open().await;
    office.close().await;
    let studio = studio_with(&office, on).await;
    invite(&studio).await;
    until(&studio.server, "the job failed once", |jobs| {
        jobs.iter().any(|job| job.last_error.is_some())
    })
    .await;
    let waiting = jobs(&studio.server).await;
    assert_eq!((waiting.len(), waiting[0].state.as_str()), (1, "queued"), "{waiting:?}");
    assert!(
        waiting[0]
            .last_error
            .as_deref()
            .is_some_and(|error| error.contains("refused")),
        "{waiting:?}"
    );
    let place = studio.server.stop().await;
    office.reopen().await;
    let server = TestServer::start_at(place).await;
    let letter = office.letter_to(ARTIST).await;
    let token = token_in(&letter.text);
    assert!(
        !waiting[0].payload.contains(&token),
        "the queue gives the token away: {waiting:?}"
    );
    let body = json!({"email": ARTIST, "token": token, "password": "a new password", "password2": "a new password"});
    server.nobody().put("/auth/reset-password", body).await.expect(200);
    until(&server, "the queue is empty", <[JobRow]>::is_empty).await;
    assert_eq!(office.letters().len(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_was_sending_is_sent_by_the_next(#[values(On::Sqlite, On::Postgres)] on: On) {
    let mut office = PostOffice::open().await;
    office.fall_silent().await;
    let studio = studio_with(&office, on).await;
    invite(&studio).await;
    until(&studio.server, "the job runs", |jobs| {
        jobs.iter().any(|job| job.state == "running")
    })
    .await;
    let server = TestServer::start_at(studio.server.kill()).await;
    office.reopen().await;
    // Nobody takes a job while somebody may still be at it.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(office.letters().is_empty());
    let sql = Sql::with(
        "UPDATE dailies_job SET locked_until = $1",
        [dailies::database::now().into()],
    );
    rows::execute(&server.app.database, &sql)
        .await
        .expect("the end of the lease");
    server.app.jobs.wake(dailies::background::Lane::Letters);
    office.letter_to(ARTIST).await;
    until(&server, "the queue is empty", <[JobRow]>::is_empty).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_be_sent_is_given_up_with_the_reason(#[values(On::Sqlite, On::Postgres)] on: On) {
    let office = PostOffice::open().await;
    let studio = studio_with(&office, on).await;
    let artist = studio.member_id(Role::Artist);
    let sql = Sql::with("UPDATE person SET email = 'no address' WHERE id = $1", [artist.into()]);
    rows::execute(&studio.server.app.database, &sql)
        .await
        .expect("a change");
    studio
        .admin
        .get(&format!("/actions/persons/{artist}/invite"))
        .await
        .expect(200);
    until(&studio.server, "the job is given up", |jobs| {
        jobs.iter().any(|job| job.state == "dead")
    })
    .await;
    let dead = jobs(&studio.server).await.remove(0);
    assert_eq!(dead.attempts, 1);
    assert!(dead.last_error.is_some_and(|error| error.contains("address")));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_servers_share_the_work() {
    let office = PostOffice::open().await;
    let studio = studio_with(&office, On::Postgres).await;
    let other = studio.server.beside().await;
    let path = format!("/actions/persons/{}/invite", studio.member_id(Role::Artist));
    for _ in 0..40 {
        studio.admin.get(&path).await.expect(200);
        other.app.jobs.wake(dailies::background::Lane::Letters);
    }
    office.letters_to(ARTIST, 40).await;
    until(&studio.server, "the queue is empty", <[JobRow]>::is_empty).await;
    let mut ids: Vec<String> = office.letters().into_iter().map(|letter| letter.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), office.letters().len()), (40, 40));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_is_trusted_when_the_machine_trusts_it() {
    let (office, certificate) = PostOffice::open_encrypted().await;
    let flags: Vec<String> = office
        .flags()
        .into_iter()
        .chain(["--mail-use-ssl".into(), "true".into()])
        .collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let studio = Installation::new(On::Sqlite, &flags).await;
    let authority = studio.temporary().join("authority.pem");
    std::fs::write(&authority, certificate).expect("a file");
    let authority = authority.to_str().expect("a name in UTF-8");
    let server = studio.serve_with(&[("SSL_CERT_FILE", authority)]).await;
    let email = "admin@example.com";
    server
        .nobody()
        .post("/auth/reset-password", json!({"email": email}))
        .await
        .expect(200);
    office.letter_to(email).await;
}
