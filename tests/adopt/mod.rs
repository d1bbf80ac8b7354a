//! A PostgreSQL database as the reference server leaves it is taken over by `dailies adopt`: knowingly, whole, and without
//! a change to anything that is there. What does not fit is refused, and nothing is stored then.

mod contents;
mod filling;
mod releases;
mod secrets;

use dailies::database::Database;
use rstest::rstest;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};

use self::contents::{additions, columns, contents, lost, texts};
use harness::{Client, Ended, Installation, On, TestServer, contract};

const ROWS: &str = include_str!("rows.sql");
const PASSWORD: &str = "mot de passe 密码";

/// The id of a row.
fn row_id(end: &str) -> String {
    format!("10000000-0000-1000-8000-{end:0>12}")
}

/// A database as the reference server leaves it, after these changes.
async fn reference(changes: &str) -> Installation {
    let url = TestServer::empty_database().await;
    let database = Database::connect(&url, 1).await.expect("a connection");
    let hash = bcrypt::hash(PASSWORD, 12).expect("a hash");
    assert!(hash.starts_with("$2b$12$"));
    let schema = migration::reference()
        .and_then(|schema| schema.statements(DbBackend::Postgres))
        .expect("the schema");
    for sql in [&schema, &ROWS.replace("HASH", &hash), changes] {
        database
            .schema_connection()
            .await
            .expect("a connection")
            .execute_unprepared(sql)
            .await
            .expect("a reference database");
    }
    database.close().await;
    Installation::on_database(&url, &[])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_database_is_taken_over_and_nothing_in_it_changes() {
    let studio = reference("").await;
    let columns = columns(&studio.database_url).await;
    let before = contents(&studio.database_url, &columns).await;
    assert!(before.len() > 1000, "{}", before.len());

    // The server does not begin by itself, and neither does any other command.
    let refused = studio.refused().await;
    assert!(
        !refused.success && refused.complained.contains("dailies adopt"),
        "{refused:?}"
    );
    let refused = studio
        .run(
            "create-admin",
            &["somebody@studio.example", "--password", "a long password"],
        )
        .await;
    assert!(!refused.success, "{refused:?}");
    let looked = studio.run("adopt", &["--check"]).await;
    assert!(
        looked.success && looked.printed.contains("Nothing was changed."),
        "{looked:?}"
    );
    assert_eq!(additions(&studio.database_url).await, Vec::<String>::new());
    assert_eq!(contents(&studio.database_url, &columns).await, before);

    // Two who do it at once are as good as one.
    let (adopted, other) = tokio::join!(studio.run("adopt", &[]), studio.run("adopt", &[]));
    assert!(adopted.success && other.success, "{adopted:?} {other:?}");
    let printed = format!("{}{}", adopted.printed, other.printed);
    for told in [
        "The schema fits.",
        "1 productions",
        "4 persons",
        "3 entities",
        "2 tasks",
        "2 comments",
        "2 previews",
        "kept as it is: The table `alembic_version` is additional.",
        "kept as it is: The table `plugin_tickets_ticket` is additional.",
        "The database is taken over.",
    ] {
        assert!(printed.contains(told), "{told}: {printed}");
    }
    assert_eq!(
        lost(&studio.database_url, &columns, &before).await,
        Vec::<String>::new()
    );
    let added = additions(&studio.database_url).await;
    assert!(
        added.iter().any(|table| table == "seaql_migrations") && added.len() > 2,
        "{added:?}"
    );

    let again = studio.run("adopt", &[]).await;
    assert!(again.success && again.printed.contains("already"), "{again:?}");
    assert_eq!(additions(&studio.database_url).await, added);

    // A server that starts leaves all as it is until somebody comes, and does not make an administrator of its own.
    let server = studio.serve().await;
    server.nobody().get("/").await.expect(200);
    assert_eq!(
        lost(&studio.database_url, &columns, &before).await,
        Vec::<String>::new()
    );
    server.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_goes_on_in_a_database_that_was_taken_over() {
    let studio = reference("").await;
    assert!(studio.run("adopt", &[]).await.success);
    // A picture where the reference server has stored it.
    let preview = row_id("b1");
    let folder = studio.data().join("previews/pictures");
    for (path, content) in [
        (format!("original/100/000/{preview}"), "whole".as_bytes()),
        (format!("thumbnails/squ/are/square-{preview}"), b"tiny"),
    ] {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }
    let server = studio.serve().await;

    let nobody = server.nobody();
    let wrong = nobody
        .post(
            "/auth/login",
            json!({"email": "zoe@studio.example", "password": "mot de passe"}),
        )
        .await;
    assert_eq!(wrong.status, 400);
    assert!(hash(&studio, "61").await.starts_with("$2b$12$"));
    let zoe = server.signed_in("Zoe@Studio.Example", PASSWORD).await;
    assert!(hash(&studio, "61").await.starts_with("$argon2id$"));
    assert!(
        hash(&studio, "62").await.starts_with("$2b$12$"),
        "only whoever signs in gets a new hash"
    );
    let zoe_again = server.signed_in("zoe@studio.example", PASSWORD).await;
    server.signed_in("al@studio.example", PASSWORD).await;
    assert_eq!(
        nobody
            .post("/auth/login", json!({"email": "gone@studio.example", "password": ""}))
            .await
            .status
            / 100,
        4
    );

    reads_everything(&zoe).await;
    let project = zoe.get(&format!("/data/projects/{}", row_id("71"))).await.expect(200);
    assert_eq!(
        (&project["name"], &project["fps"]),
        (&json!("L'été \"perdu\" 🎬"), &json!("23,976"))
    );
    assert_eq!(
        project["data"],
        json!({"": "empty key", "a.b": [1.0, 0, {}], "budget": 1000})
    );
    let person = zoe.get(&format!("/data/persons/{}", row_id("62"))).await.expect(200);
    assert_eq!(
        (&person["timezone"], &person["full_name"], &person["role"]),
        (&json!("UTC"), &json!("Al"), &json!("user"))
    );
    let asset = zoe.get(&format!("/data/assets/{}", row_id("81"))).await;
    assert!(
        String::from_utf8_lossy(&asset.bytes).contains("12345678901234567890"),
        "numbers keep all of their digits"
    );
    let comments = zoe
        .get(&format!("/data/tasks/{}/comments", row_id("91")))
        .await
        .expect(200);
    assert_eq!(comments.as_array().map(Vec::len), Some(2));
    let square = zoe
        .get(&format!("/pictures/thumbnails-square/preview-files/{preview}.png"))
        .await;
    assert_eq!((square.status, square.bytes.as_slice()), (200, b"tiny".as_slice()));
    // The record says that the picture has four bytes: one of five was not stored whole.
    assert_eq!(
        zoe.get(&format!("/pictures/originals/preview-files/{preview}.png"))
            .await
            .status,
        404
    );

    // Writing, of old rows and of new ones.
    let comment = json!({"task_status_id": row_id("52"), "comment": "From the new server"});
    zoe_again
        .post(&format!("/actions/tasks/{}/comment", row_id("91")), comment)
        .await
        .expect(201);
    let task = zoe.get(&format!("/data/tasks/{}", row_id("91"))).await.expect(200);
    assert_eq!(task["task_status_id"], json!(row_id("52")));
    let renamed = zoe
        .put(
            &format!("/data/entities/{}", row_id("83")),
            json!({"name": "SH020", "data": {"fps": 25}}),
        )
        .await
        .expect(200);
    assert_eq!(
        (&renamed["name"], &renamed["parent_id"]),
        (&json!("SH020"), &json!(row_id("82")))
    );
    let person = json!({"first_name": "New", "last_name": "Person", "email": "new@studio.example"});
    zoe.post("/data/persons", person).await.expect(201);
    zoe.delete(&format!("/data/tasks/{}?force=true", row_id("92")))
        .await
        .expect(204);
    reads_everything(&zoe).await;
}

async fn hash(studio: &Installation, person: &str) -> String {
    let database = Database::connect(&studio.database_url, 1).await.expect("a connection");
    let found = texts(
        &database,
        &format!(
            "SELECT convert_from(password, 'UTF8') FROM person WHERE id = '{}'",
            row_id(person)
        ),
    )
    .await;
    database.close().await;
    found[0].clone()
}

/// Reads every listing that needs no more than its address. Each answer must be as the contract says.
async fn reads_everything(client: &Client) {
    let paths = contract()["paths"].as_object().expect("paths");
    let plain = paths.iter().filter(|(path, operations)| {
        path.starts_with("/data/") && !path.contains('{') && operations.get("get").is_some()
    });
    let mut read = 0;
    for (path, _) in plain {
        let answer = client.get(path).await;
        assert!([200, 400].contains(&answer.status), "{path}: {answer:?}");
        read += usize::from(answer.status == 200);
        for record in answer.json.as_array().into_iter().flatten().take(4) {
            let single = format!("{path}/{}", record["id"].as_str().unwrap_or_default());
            if paths.contains_key(&format!("{path}/{{instance_id}}")) {
                client.get(&single).await.expect(200);
            }
        }
    }
    assert!(read > 40, "{read}");
    for path in [
        format!("/data/projects/{}/team", row_id("71")),
        format!("/data/assets/with-tasks?project_id={}", row_id("71")),
        format!("/data/shots/with-tasks?project_id={}", row_id("71")),
        format!("/data/tasks/{}/full", row_id("91")),
        "/data/user/context".into(),
    ] {
        client.get(&path).await.expect(200);
    }
}

/// Refuses to take a database over, and leaves nothing.
async fn leaves_alone(studio: &Installation) -> Ended {
    let columns = columns(&studio.database_url).await;
    let before = contents(&studio.database_url, &columns).await;
    let refused = studio.run("adopt", &[]).await;
    assert!(!refused.success, "{refused:?}");
    assert!(
        refused.complained.starts_with("dailies: ") && !refused.printed.contains("taken over"),
        "{refused:?}"
    );
    assert_eq!(contents(&studio.database_url, &columns).await, before);
    assert_eq!(additions(&studio.database_url).await, Vec::<String>::new());
    refused
}

#[rstest]
#[case(
    "ALTER TABLE task DROP COLUMN nb_drawings",
    "The column `task.nb_drawings` is missing."
)]
#[case(
    "ALTER TABLE entity ALTER COLUMN name TYPE varchar(80)",
    "The column `entity.name` is `character varying(80)` instead of `character varying(160)`."
)]
#[case(
    "ALTER TABLE task ADD COLUMN duty text NOT NULL DEFAULT ''; ALTER TABLE task ALTER COLUMN duty DROP DEFAULT",
    "The additional column `task.duty` must always be given."
)]
#[case("DROP TABLE salary_scale", "The table `salary_scale` is missing.")]
#[case(
    "UPDATE alembic_version SET version_num = '4159fed814b5'",
    "The schema is at revision `4159fed814b5`, which is not one of those that this release takes over: take it over with a newer release of Dailies."
)]
#[case(
    "UPDATE alembic_version SET version_num = '4159fed814b5'; DROP TABLE salary_scale",
    "The schema is at revision `4159fed814b5`, which is older than release 1.0.67: bring it to a release from 1.0.67 to 1.0.97 with the server"
)]
#[tokio::test(flavor = "multi_thread")]
async fn another_schema_is_refused(#[case] change: &str, #[case] sentence: &str) {
    let studio = reference(change).await;
    let refused = leaves_alone(&studio).await;
    assert!(
        refused.printed.contains(&format!("in the way: {sentence}")),
        "{refused:?}"
    );
    assert!(
        refused.complained.contains("nothing was changed") && !refused.printed.contains("to be added"),
        "{refused:?}"
    );
    assert!(!studio.refused().await.success, "the server does not run on it either");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_reference_database_is_refused() {
    let empty = Installation::on_database(&TestServer::empty_database().await, &[]);
    assert!(leaves_alone(&empty).await.complained.contains("this database is empty"));

    let other = Installation::on_database(&TestServer::empty_database().await, &[]);
    let database = Database::connect(&other.database_url, 1).await.expect("a connection");
    database
        .schema_connection()
        .await
        .expect("a connection")
        .execute_unprepared("CREATE TABLE article (id integer)")
        .await
        .expect("a table");
    database.close().await;
    assert!(
        leaves_alone(&other)
            .await
            .complained
            .contains("belongs to another program")
    );
    assert!(!other.refused().await.success);

    let embedded = Installation::new(On::Sqlite, &[]).await;
    let refused = embedded.run("adopt", &[]).await;
    assert!(
        !refused.success && refused.complained.contains("--database-url"),
        "{refused:?}"
    );
    assert!(!embedded.data().exists(), "no database is made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_dailies_made_needs_no_taking_over() {
    let studio = Installation::new(On::Postgres, &[]).await;
    let server = studio.serve().await;
    let before: Value = server.admin().await.get("/data/task-types").await.expect(200);
    let adopted = studio.run("adopt", &[]).await;
    assert!(adopted.success && adopted.printed.contains("already"), "{adopted:?}");
    assert_eq!(server.admin().await.get("/data/task-types").await.expect(200), before);
}
