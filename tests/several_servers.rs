//! Several servers on one database, with and without a Redis between them, and what each sees of the others' changes.

use std::time::{Duration, Instant};

use dailies::database::{Database, Sql};
use dailies_definitions::access::Role;
use rstest::rstest;
use serde_json::{Value, json};

use harness::rows::execute;
use harness::{Client, Installation, Listener, On, Studio, TemporaryRedis, TestServer, id, wait_for, wait_until};

/// Address that only administrators may read.
const FOR_ADMINS: &str = "/data/events/last";

/// The longest time that a server without Redis keeps something in mind, and a little more.
const MEMORY: Duration = Duration::from_millis(3_500);

async fn studio(flags: &[String]) -> Studio {
    Studio::open_using(On::Postgres, flags, &[]).await
}

/// Waits until the servers hear each other.
pub async fn joined(servers: [&TestServer; 2]) {
    for server in servers {
        let is_joined = async || server.app.bus.is_joined();
        wait_until(Duration::from_secs(10), "the server is joined", is_joined).await;
    }
}

/// Time until a request is answered with that status.
async fn until_status(client: &Client, path: &str, status: u16) -> Duration {
    let begun = Instant::now();
    let look = async || match client.get(path).await.status {
        found if found == status => Ok(begun.elapsed()),
        found => Err(found),
    };
    wait_for(
        Duration::from_secs(10),
        &format!("{path} is answered with {status}"),
        look,
    )
    .await
}

async fn department(client: &Client, name: &str) -> Value {
    client
        .post("/data/departments", json!({"name": name, "color": "#000000"}))
        .await
        .expect(201)["id"]
        .clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_heard_once_at_every_server() {
    let redis = TemporaryRedis::start().await;
    let studio = studio(&redis.flags()).await;
    let other = studio.server.beside().await;
    joined([&studio.server, &other]).await;
    let listeners = [
        Listener::open(&studio.admin).await,
        Listener::open(&studio.admin.at(&other)).await,
    ];
    let first = department(&studio.admin, "Grooming").await;
    let second = department(&studio.admin.at(&other), "Matte").await;
    // News from two servers have no order among each other; those of one do.
    department(&studio.admin, "Last").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    for (server, colour) in [(&studio.server, "#111111"), (&other, "#222222")] {
        let path = format!("/data/departments/{}", first.as_str().expect("an id"));
        studio
            .admin
            .at(server)
            .put(&path, json!({"color": colour}))
            .await
            .expect(200);
    }
    for listener in &listeners {
        let mut heard = listener.until("department:update").await;
        while heard.iter().filter(|(name, _)| name == "department:update").count() < 2 {
            heard.extend(listener.until("department:update").await);
        }
        let about = |id: &Value| {
            heard
                .iter()
                .filter(|(name, payload)| name == "department:new" && payload["department_id"] == *id)
                .count()
        };
        assert_eq!((about(&first), about(&second)), (1, 1), "{heard:?}");
        assert_eq!(heard.len(), 5, "{heard:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_changes_counts_at_the_other_at_once() {
    let redis = TemporaryRedis::start().await;
    let studio = studio(&redis.flags()).await;
    let other = studio.server.beside().await;
    joined([&studio.server, &other]).await;
    let soon = Duration::from_secs(1);

    let artist = studio.member_id(Role::Artist);
    let path = format!("/data/persons/{artist}");
    let at_other = studio.member(Role::Artist).at(&other);
    at_other.get(FOR_ADMINS).await.expect(403);
    studio.admin.put(&path, json!({"role": "admin"})).await.expect(200);
    assert!(until_status(&at_other, FOR_ADMINS, 200).await < soon);
    // The right to hear events follows, too.
    let listener = Listener::open(&at_other).await;
    studio.admin.put(&path, json!({"active": false})).await.expect(200);
    assert!(until_status(&at_other, "/data/departments", 401).await < soon);
    listener.ended().await;

    let leaving = studio.member(Role::Supervisor);
    let (here, there) = (leaving.clone(), leaving.at(&other));
    there.get("/data/departments").await.expect(200);
    here.get("/auth/logout").await.expect(200);
    assert!(until_status(&there, "/data/departments", 401).await < soon);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_changes_count_within_three_seconds() {
    let studio = studio(&[]).await;
    let other = studio.server.beside().await;
    let artist = studio.member_id(Role::Artist);
    let at_other = studio.member(Role::Artist).at(&other);
    at_other.get(FOR_ADMINS).await.expect(403);
    studio
        .admin
        .put(&format!("/data/persons/{artist}"), json!({"role": "admin"}))
        .await
        .expect(200);
    assert!(until_status(&at_other, FOR_ADMINS, 200).await < MEMORY);
    let leaving = studio.member(Role::Supervisor);
    let there = leaving.at(&other);
    there.get("/data/departments").await.expect(200);
    leaving.get("/auth/logout").await.expect(200);
    assert!(until_status(&there, "/data/departments", 401).await < MEMORY);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_of_a_password_are_counted_by_all_servers_together() {
    let studio = studio(&[]).await;
    let other = studio.server.beside().await;
    let playlist = json!({"name": "Monday", "project_id": studio.project_id});
    let playlist = id(&studio.admin.post("/data/playlists", playlist).await.expect(201));
    let share = format!("/data/playlists/{playlist}/share");
    let link = studio
        .admin
        .post(&share, json!({"password": "sesame"}))
        .await
        .expect(201);
    let path = |password: &str| {
        let token = link["token"].as_str().expect("a token");
        format!("/shared/playlists/{token}?password={password}")
    };
    let guests = [studio.server.nobody(), other.nobody()];
    for guest in &guests {
        guest.get(&path("sesame")).await.expect(200);
    }
    for at in 0..5 {
        guests[at % 2].get(&path("open")).await.expect(404);
    }
    for guest in &guests {
        guest.get(&path("open")).await.expect(429);
        guest.get(&path("sesame")).await.expect(429);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn studios_on_one_redis_do_not_hear_each_other() {
    let redis = TemporaryRedis::start().await;
    let (one, two) = (studio(&redis.flags()).await, studio(&redis.flags()).await);
    joined([&one.server, &two.server]).await;
    let listener = Listener::open(&two.admin).await;
    department(&one.admin, "Theirs").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    department(&two.admin, "Ours").await;
    let heard = listener.until("department:new").await;
    assert_eq!(heard.len(), 1, "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_goes_away_is_missed_and_found_again() {
    let mut redis = TemporaryRedis::start().await;
    let studio = studio(&redis.flags()).await;
    let other = studio.server.beside().await;
    joined([&studio.server, &other]).await;
    let leaving = studio.member(Role::Supervisor);
    let there = leaving.at(&other);
    there.get("/data/departments").await.expect(200);
    redis
        .away_during(async {
            let begun = Instant::now();
            department(&studio.admin, "Alone").await;
            leaving.get("/auth/logout").await.expect(200);
            assert!(begun.elapsed() < Duration::from_secs(2), "nobody waits for Redis");
            assert!(until_status(&there, "/data/departments", 401).await < MEMORY);
            let status = studio.server.nobody().get("/status").await.expect(200);
            assert_eq!(status["key-value-store-up"], false);
        })
        .await;
    joined([&studio.server, &other]).await;
    let listener = Listener::open(&studio.admin.at(&other)).await;
    for at in 0..20 {
        // The first news may be lost on a connection that broke.
        department(&studio.admin, &format!("Together {at}")).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(
        listener
            .until("department:new")
            .await
            .iter()
            .any(|(name, _)| name == "department:new")
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn without_a_cache_what_other_programs_write_counts_at_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open_with(on, &["--cache-type", "null"]).await;
    let artist = studio.member(Role::Artist);
    let write = async |assignment: &str| {
        let sql = Sql::with(
            format!("UPDATE person SET {assignment} WHERE id = $1"),
            [studio.member_id(Role::Artist).into()],
        );
        execute(&studio.server.app.database, &sql).await.expect("a change");
    };
    for _ in 0..3 {
        artist.get(FOR_ADMINS).await.expect(403);
        write("role = 'admin'").await;
        artist.get(FOR_ADMINS).await.expect(200);
        write("role = 'user'").await;
    }
    write("active = false").await;
    artist.get("/data/departments").await.expect(401);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_production_is_told_to_those_who_were_in_it(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let project = studio.project_id;
    studio
        .admin
        .post("/data/playlists", json!({"name": "Monday", "project_id": project}))
        .await
        .expect(201);
    let closed = studio.named("project-status", "Closed").await;
    studio
        .admin
        .put(
            &format!("/data/projects/{project}"),
            json!({"project_status_id": closed}),
        )
        .await
        .expect(200);
    let inside = [
        Listener::open(&studio.admin).await,
        Listener::open(&studio.member(Role::Artist)).await,
    ];
    let outside = Listener::open(&studio.stranger(Role::Artist)).await;
    studio
        .admin
        .delete(&format!("/data/projects/{project}?force=true"))
        .await
        .expect(204);
    for listener in inside {
        let heard = listener.until("project:delete").await;
        assert!(heard.iter().any(|(name, _)| name == "playlist:delete"), "{heard:?}");
    }
    department(&studio.admin, "Last").await;
    let heard = outside.until("department:new").await;
    assert_eq!(heard.len(), 1, "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_studio_listen_with_their_cookie_and_others_do_not() {
    let flags = [
        "--domain-name",
        "kitsu.example.org",
        "--cors-allowed-origins",
        "https://review.example.org",
    ];
    let studio = Studio::open_with(On::Sqlite, &flags).await;
    for (origin, let_in) in [
        ("https://kitsu.example.org", true),
        ("https://review.example.org", true),
        ("http://kitsu.example.org", false),
        ("https://kitsu.example.org.evil.example", false),
    ] {
        assert_eq!(Listener::lets_in(&studio.admin, origin).await, let_in, "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_make_one_studio() {
    for _ in 0..3 {
        let url = TestServer::empty_database().await;
        let installations = [
            Installation::on_database(&url, &[]),
            Installation::on_database(&url, &[]),
        ];
        let (mut first, mut second) = tokio::join!(installations[0].serve(), installations[1].serve());
        let database = Database::connect(&url, 1).await.expect("a connection");
        let persons = database
            .rows(&Sql::new("SELECT id FROM person"))
            .await
            .expect("persons");
        assert_eq!(persons.len(), 1);
        database.close().await;
        // Whoever made the studio says so.
        assert!(first.line().await.is_some() || second.line().await.is_some());
        first.kill().await;
        second.kill().await;
    }
}
