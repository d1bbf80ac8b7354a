//! Uses of persons' tokens and sessions, and the table of who was there.

use chrono::{Days, Utc};
use dailies_definitions::access::Role;
use entity::person;
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::json;

use harness::rows::update;
use harness::{On, Studio, id};

/// The day in so many days.
fn in_days(days: u64) -> String {
    (Utc::now().date_naive() + Days::new(days)).to_string()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_newest_token_of_a_bot_is_the_only_one(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let created = studio
        .admin
        .post(
            "/data/persons",
            json!({"first_name": "Robo", "last_name": "", "is_bot": true, "role": "manager"}),
        )
        .await
        .expect(201);
    let path = format!("/data/persons/{}", id(&created));
    let first = studio.admin.with_token(&created["access_token"]);
    assert_eq!(first.get(&path).await.expect(200)["role"], "manager");
    let renewed = studio
        .admin
        .put(&path, json!({"expiration_date": in_days(5000)}))
        .await
        .expect(200);
    let second = studio.admin.with_token(&renewed["access_token"]);
    assert_eq!(first.get(&path).await.expect(401)["msg"], "Token has been revoked");
    second.get(&path).await.expect(200);
    let own = second
        .put(&path, json!({"expiration_date": null, "phone": "1"}))
        .await
        .expect(200);
    assert_eq!(
        (own.get("access_token"), &own["expiration_date"]),
        (None, &renewed["expiration_date"])
    );
    second.get(&path).await.expect(200);
    studio.admin.put(&path, json!({"active": false})).await.expect(200);
    second.get(&path).await.expect(401);
    studio
        .admin
        .put(&path, json!({"active": true, "expiration_date": null}))
        .await
        .expect(200);
    second.get(&path).await.expect(401);
    studio.admin.delete(&format!("{path}?force=true")).await.expect(204);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_personal_token_ends_with_its_date_or_without_one(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let artist = studio.member(Role::Artist);
    let path = format!("/data/persons/{}", studio.member_id(Role::Artist));
    let made = artist
        .put(&path, json!({"expiration_date": in_days(366)}))
        .await
        .expect(200);
    let token = studio.admin.with_token(&made["access_token"]);
    token.get("/data/user/tasks").await.expect(200);
    artist
        .put(&path, json!({"expiration_date": in_days(367)}))
        .await
        .expect(400);
    token.get("/data/user/tasks").await.expect(200);
    let ended = artist.put(&path, json!({"expiration_date": null})).await.expect(200);
    assert_eq!(ended.get("access_token"), None);
    token.get("/data/user/tasks").await.expect(401);
    artist.get("/data/user/tasks").await.expect(200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn another_password_ends_sessions_and_tokens(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let artist = studio.member(Role::Artist);
    let person = studio.member_id(Role::Artist);
    let path = format!("/data/persons/{person}");
    let made = artist
        .put(&path, json!({"expiration_date": in_days(30)}))
        .await
        .expect(200);
    let token = artist.with_token(&made["access_token"]);
    let passwords = json!({"password": "another password", "password_2": "another password"});
    studio
        .admin
        .post(&format!("/actions/persons/{person}/change-password"), passwords.clone())
        .await
        .expect(200);
    artist.get("/data/user/tasks").await.expect(401);
    token.get("/data/user/tasks").await.expect(401);
    let email = studio.admin.get(&path).await.expect(200)["email"].clone();
    let signed_in = studio
        .server
        .nobody()
        .post("/auth/login", json!({"email": email, "password": "another password"}))
        .await
        .expect(200);
    let session = studio.admin.with_token(&signed_in["access_token"]);
    session
        .put(&path, json!({"password": "sneaky password", "first_name": "Tom"}))
        .await
        .expect(200);
    session.get("/data/user/tasks").await.expect(200);
    studio
        .server
        .nobody()
        .post("/auth/login", json!({"email": email, "password": "another password"}))
        .await
        .expect(200);
    // Whose own password it is goes on.
    studio
        .admin
        .post(
            &format!("/actions/persons/{}/change-password", studio.admin_id),
            passwords,
        )
        .await
        .expect(200);
    studio.admin.get("/data/user/tasks").await.expect(200);
    studio.admin.put(&path, json!({"active": false})).await.expect(200);
    session.get("/data/user/tasks").await.expect(401);
    studio.admin.put(&path, json!({"active": true})).await.expect(200);
    session.get("/data/user/tasks").await.expect(401);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn second_factors_are_taken_away_with_all_that_belongs_to_them(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let person = studio.member_id(Role::Artist);
    let factors = vec![
        ("totp_enabled", true.into()),
        ("totp_secret", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".into()),
        ("email_otp_enabled", true.into()),
        ("email_otp_secret", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".into()),
        ("preferred_two_factor_authentication", "totp".into()),
    ];
    let database = &studio.server.app.database;
    for path in [
        "/actions/persons/{}/disable-two-factor-authentication",
        "/data/persons/{}/two-factor-authentication",
    ] {
        let path = path.replace("{}", &person.to_string());
        update(database, &entity::person::TABLE, person, factors.clone())
            .await
            .expect("second factors");
        studio.member(Role::Manager).delete(&path).await.expect(403);
        assert_eq!(studio.admin.delete(&path).await.expect(200), json!({"success": true}));
        let left = person::Entity::find_by_id(person)
            .one(database)
            .await
            .expect("the database")
            .expect("the person");
        assert_eq!(
            (left.totp_enabled, left.email_otp_enabled, left.fido_enabled),
            (Some(false), Some(false), Some(false))
        );
        assert_eq!(
            (
                left.totp_secret,
                left.email_otp_secret,
                left.preferred_two_factor_authentication
            ),
            (None, None, None)
        );
        assert_eq!(
            studio.admin.delete(&path).await.message(400),
            "Two factor authentication not enabled for this user."
        );
    }
    // No event tells who had a second factor.
    let log = studio.admin.get("/data/events/last?limit=20").await.expect(200);
    assert!(
        log.as_array()
            .expect("a list")
            .iter()
            .all(|event| event["name"] != "person:update"),
        "{log}"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn another_role_counts_at_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let artist = studio.member(Role::Artist);
    let path = format!("/data/persons/{}", studio.member_id(Role::Artist));
    assert!(artist.get(&path).await.expect(200).get("email").is_none());
    studio.admin.put(&path, json!({"role": "manager"})).await.expect(200);
    assert!(artist.get(&path).await.expect(200).get("email").is_some());
    studio.admin.put(&path, json!({"role": "user"})).await.expect(200);
    assert!(artist.get(&path).await.expect(200).get("email").is_none());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_presence_of_a_month_is_a_table(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let admin = &studio.admin;
    let artist = studio.member_id(Role::Artist);
    for moment in ["2018-06-01T23:59:59", "2018-06-10", "2018-06-10T12:00:00", "2018-07-01"] {
        admin
            .post(
                &format!("/data/persons/{artist}/desktop-login-logs"),
                json!({"date": moment}),
            )
            .await
            .expect(201);
    }
    for (role, ids) in [("away", &studio.strangers), ("gone", &studio.team)] {
        for (_, person) in ids.iter().filter(|(_, person)| *person != artist) {
            admin
                .put(
                    &format!("/data/persons/{person}"),
                    json!({"active": false, "phone": role}),
                )
                .await
                .expect(200);
        }
    }
    let table = admin.get("/data/persons/presence-logs/2018-06").await;
    let days: Vec<String> = (1..=30).map(|day| day.to_string()).collect();
    let expected = format!(
        "2018;{}\r\nAda Admin{}\r\nTim Team user;X;;;;;;;;;X{}\r\n",
        days.join(";"),
        ";".repeat(30),
        ";".repeat(20)
    );
    assert_eq!(
        (table.status, String::from_utf8_lossy(&table.bytes).into_owned()),
        (200, expected)
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn first_readers_of_salaries_at_the_same_time_make_each_row_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let departments = studio
        .admin
        .get("/data/departments")
        .await
        .expect(200)
        .as_array()
        .map_or(0, Vec::len);
    let readers = (0..8).map(|_| studio.admin.get("/data/salary-scales"));
    for answer in futures::future::join_all(readers).await {
        assert_eq!(answer.expect(200).as_array().map(Vec::len), Some(9 * departments));
    }
}
