//! Databases of every release from 1.0.67 to 1.0.97, by the revision that they record.

use dailies::database::Database;
use migration::{NEWEST, OLDEST, revisions, statements_to};
use sea_orm::ConnectionTrait;

use super::contents::{additions, columns, contents, lost, texts};
use super::filling::fill;
use super::{PASSWORD, reads_everything, reference, row_id};
use harness::Installation;

/// A database at these revisions, with rows in all of its tables.
async fn at(recorded: &[&str]) -> Installation {
    let studio = reference("").await;
    let database = Database::connect(&studio.database_url, 1).await.expect("a connection");
    let run = async |sql: &str| {
        let connection = database.schema_connection().await.expect("a connection");
        connection
            .execute_unprepared(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    };
    for revision in recorded {
        for statement in statements_to(&database, revision).await.expect("statements") {
            run(&statement).await;
        }
    }
    let recorded: Vec<String> = recorded.iter().map(|revision| format!("('{revision}')")).collect();
    run(&format!(
        "DELETE FROM alembic_version; INSERT INTO alembic_version VALUES {}",
        recorded.join(", ")
    ))
    .await;
    fill(&database).await;
    database.close().await;
    studio
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_of_every_revision_are_taken_over() {
    let known = revisions().expect("revisions");
    let single = known.iter().map(|revision| vec![revision.name.as_str()]);
    for recorded in single.chain([vec!["e1a7c3d9b5f2", "888d74d1cbc4"]]) {
        let studio = at(&recorded).await;
        let columns = columns(&studio.database_url).await;
        let before = contents(&studio.database_url, &columns).await;
        let checked = studio.run("adopt", &["--check"]).await;
        assert!(checked.success, "{recorded:?}: {checked:?}");
        for revision in &recorded {
            assert!(
                checked.printed.contains(&format!(
                    "The schema is at revision `{revision}`, which stays recorded."
                )),
                "{checked:?}"
            );
        }
        let newest = recorded == [NEWEST];
        assert_eq!(
            checked
                .printed
                .contains("to be added: the column `output_file.quality`"),
            !newest,
            "{recorded:?}: {checked:?}"
        );
        assert!(
            checked.printed.contains("to be added: tables and indexes of Dailies"),
            "{checked:?}"
        );
        assert_eq!(contents(&studio.database_url, &columns).await, before, "{recorded:?}");
        assert_eq!(additions(&studio.database_url).await, Vec::<String>::new());

        let adopted = studio.run("adopt", &[]).await;
        assert!(adopted.success, "{recorded:?}: {adopted:?}");
        assert_eq!(
            adopted.printed.contains("dailies hand-back"),
            !newest,
            "{recorded:?}: {adopted:?}"
        );
        assert_eq!(
            lost(&studio.database_url, &columns, &before).await,
            Vec::<String>::new(),
            "{recorded:?}"
        );
        if ["b7d419c25e08", "b5d2e8f3a1c7", NEWEST].contains(&recorded[0]) {
            let server = studio.serve().await;
            reads_everything(&server.signed_in("zoe@studio.example", PASSWORD).await).await;
            server.kill().await;
        }
    }
}

/// Inserts as releases do that do not know the newer columns.
const OLD_ROWS: &str = "INSERT INTO playlist (name, id) VALUES ('old', '30000000-0000-1000-8000-000000000004');
    INSERT INTO build_job (status, job_type, playlist_id, id)
        VALUES ('failed', 'movie', '30000000-0000-1000-8000-000000000004', '30000000-0000-1000-8000-000000000001');
    INSERT INTO working_file (name, revision, id) VALUES ('old', 1, '30000000-0000-1000-8000-000000000002');
    INSERT INTO project_task_type_link (project_id, task_type_id, id)
        VALUES ('10000000-0000-1000-8000-000000000071', '10000000-0000-1000-8000-000000000042', '30000000-0000-1000-8000-000000000003')";

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_goes_on_with_what_was_taken_over() {
    let studio = reference("").await;
    assert!(!studio.run("hand-back", &[]).await.success, "it was not taken over");
    assert!(studio.run("adopt", &[]).await.success);
    let database = Database::connect(&studio.database_url, 1).await.expect("a connection");
    let one = async |sql: &str| texts(&database, sql).await.join(" ");
    assert_eq!(one("SELECT version_num::text FROM alembic_version").await, OLDEST);

    // The same release writes rows as before.
    let connection = database.schema_connection().await.expect("a connection");
    connection
        .execute_unprepared(OLD_ROWS)
        .await
        .expect("rows of the older release");
    assert_eq!(
        one("SELECT validation_status::text FROM working_file WHERE name = 'old'").await,
        "neutral"
    );
    assert_eq!(
        one("SELECT is_client_visible::text FROM project_task_type_link").await,
        "true"
    );

    // Somebody signs in here, and gets a hash that the other server cannot read.
    let server = studio.serve().await;
    server.signed_in("zoe@studio.example", PASSWORD).await;
    server.kill().await;

    let checked = studio.run("hand-back", &["--check"]).await;
    assert!(
        checked.success
            && checked.printed.contains("Nothing was changed.")
            && checked.printed.contains("1 persons have signed in"),
        "{checked:?}"
    );
    assert!(checked.printed.contains("ON DELETE SET NULL;"), "{checked:?}");
    assert_eq!(one("SELECT version_num::text FROM alembic_version").await, OLDEST);
    let done = studio.run("hand-back", &[]).await;
    assert!(
        done.success && done.printed.contains("Release 1.0.97 can be started on this database"),
        "{done:?}"
    );
    assert_eq!(one("SELECT version_num::text FROM alembic_version").await, NEWEST);
    assert_eq!(
        one("SELECT checklist::text FROM comment WHERE created_at = '2019-01-02'").await,
        "[]",
        "as its own migration does"
    );
    database.close().await;

    // Dailies goes on with it as well.
    let server = studio.serve().await;
    let zoe = server.signed_in("zoe@studio.example", PASSWORD).await;
    zoe.get(&format!("/data/tasks/{}", row_id("91"))).await.expect(200);
    server.kill().await;
}
