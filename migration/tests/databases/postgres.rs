//! The schema on PostgreSQL, and the check of an existing database.

use entity::arrays::{BytesArray, JsonArray, TextArray};
use entity::data_import_error::ImportSource;
use entity::{comment, data_import_error, person};
use migration::{Catalogue, Differences, REVISION, State, differences, reference, revision, state, take_over, up};
use sea_orm::{ActiveModelTrait, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, EntityTrait, Set, Statement, TransactionTrait};
use serde_json::json;
use temporary_postgres::TemporaryPostgres;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{Outcome, pages, select_everything};

/// An empty database on the server that the tests share.
async fn empty() -> Result<DatabaseConnection, Box<dyn std::error::Error>> {
    static SERVER: OnceCell<TemporaryPostgres> = OnceCell::const_new();
    let server = SERVER.get_or_try_init(TemporaryPostgres::start).await?;
    Ok(Database::connect(server.create_database().await?).await?)
}

#[tokio::test]
async fn an_empty_database_gets_the_reference_schema() -> Outcome {
    let db = empty().await?;
    assert_eq!(state(&db).await?, State::Empty);
    up(&db).await?;
    assert_eq!(state(&db).await?, State::Current);
    up(&db).await?;

    select_everything(&db).await?;
    assert_eq!(differences(&db).await?, Differences::default());

    // Names of constraints and indexes, which `differences` leaves open, are the same too.
    let mut found = Catalogue::read(&db).await?;
    found.tables.retain(|name, _| name != "seaql_migrations" && !name.starts_with("dailies_"));
    for table in found.tables.values_mut() {
        table.indexes.retain(|index| !index.name.starts_with("dailies_ix_"));
    }
    for (name, expected) in reference()?.tables {
        let mut table = found.tables.remove(&name).expect("a table");
        table.foreign_keys.sort_by(|one, other| one.name.cmp(&other.name));
        let mut expected = expected;
        expected.foreign_keys.sort_by(|one, other| one.name.cmp(&other.name));
        expected.indexes.sort_by(|one, other| one.name.cmp(&other.name));
        for check in &mut table.checks {
            check.expression = check.expression.replace(['(', ')'], "");
        }
        for index in &mut table.indexes {
            index.predicate = index.predicate.take().map(|text| text.replace(['(', ')'], ""));
        }
        assert_eq!(table, expected);
    }
    assert!(found.tables.is_empty());
    Ok(())
}

#[tokio::test]
async fn pages_come_in_the_order_of_an_index() -> Outcome {
    let db = empty().await?;
    up(&db).await?;
    for page in pages() {
        // Empty tables are sorted at no cost, so that only a plan which may not sort says what is possible.
        let transaction = db.begin().await?;
        transaction.execute_unprepared("SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off").await?;
        let explain = Statement::from_string(DbBackend::Postgres, format!("EXPLAIN {page}"));
        for step in transaction.query_all_raw(explain).await? {
            let step: String = step.try_get_by_index(0)?;
            assert!(!step.contains("Sort"), "{page}: {step}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn servers_started_together_migrate_once() -> Outcome {
    let db = empty().await?;
    let (first, second, third) = tokio::join!(up(&db), up(&db), up(&db));
    first.and(second).and(third)?;
    assert_eq!(state(&db).await?, State::Current);
    Ok(())
}

#[tokio::test]
async fn a_reference_database_is_taken_over_knowingly() -> Outcome {
    let db = empty().await?;
    db.execute_unprepared(&reference()?.statements(DbBackend::Postgres)?).await?;
    db.execute_unprepared("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)").await?;
    assert_eq!(state(&db).await?, State::ReferenceWithoutBaseline);
    assert!(up(&db).await.is_err());
    assert_eq!(differences(&db).await?, Differences { missing: vec![], additional: vec!["The table `alembic_version` is additional.".to_owned()] });
    assert_eq!(revision(&db).await?, None);
    db.execute_unprepared(&format!("INSERT INTO alembic_version VALUES ('{REVISION}')")).await?;
    assert_eq!(revision(&db).await?.as_deref(), Some(REVISION));
    take_over(&db).await?;
    assert_eq!(state(&db).await?, State::Current);
    take_over(&db).await?;
    assert_eq!(state(&db).await?, State::Current);
    Ok(())
}

#[tokio::test]
async fn differences_are_told_in_sentences() -> Outcome {
    let db = empty().await?;
    up(&db).await?;
    db.execute_unprepared(
        "ALTER TABLE studio RENAME CONSTRAINT studio_name_key TO another_name;
         DROP TABLE news;
         ALTER TYPE import_source_enum ADD VALUE 'excel';
         ALTER TABLE task DROP COLUMN nb_drawings, DROP CONSTRAINT check_difficulty;
         ALTER TABLE task ALTER COLUMN name TYPE varchar(100), ALTER COLUMN name DROP NOT NULL;
         ALTER TABLE task ADD COLUMN mood text, ADD COLUMN duty text NOT NULL;
         ALTER TABLE task DROP CONSTRAINT task_project_id_fkey;
         ALTER TABLE task ADD FOREIGN KEY (project_id) REFERENCES project (id) ON DELETE CASCADE;
         DROP INDEX ix_task_assigner_id, ix_task_project_id;
         CREATE INDEX ON task (difficulty);
         ALTER TABLE time_spent DROP CONSTRAINT time_spent_uc, DROP CONSTRAINT time_spent_pkey;
         ALTER TABLE time_spent DROP CONSTRAINT time_spent_task_id_fkey;
         DROP INDEX only_one_email_by_person;
         CREATE UNIQUE INDEX ON person (email);",
    )
    .await?;
    let found = differences(&db).await?;
    assert_eq!(
        found.missing,
        [
            "The table `news` is missing.",
            "The unique constraint (email, is_bot) where `is_bot IS NOT TRUE` on `person` is missing.",
            "The column `task.name` is `character varying(100)` instead of `character varying(80)`.",
            "The column `task.name` allows null.",
            "The column `task.nb_drawings` is missing.",
            "The additional column `task.duty` must always be given.",
            "The foreign key from `task.project_id` to `project` deletes the row instead of refuses deletion.",
            "The check `difficulty > 0 AND difficulty < 6` on `task` is missing.",
            "The index on `task` (assigner_id) is missing.",
            "The primary key of `time_spent` is () instead of (id).",
            "The foreign key from `time_spent.task_id` to `task` is missing.",
            "The unique constraint (date, person_id, task_id) on `time_spent` is missing.",
        ]
    );
    assert_eq!(
        found.additional,
        [
            "The type `import_source_enum` has the additional value `excel`.",
            "The unique constraint (email) on `person` is additional.",
            "The column `task.mood` is additional.",
            "The index on `task` (difficulty) is additional.",
        ]
    );
    Ok(())
}

#[tokio::test]
async fn rows_keep_their_values() -> Outcome {
    let db = empty().await?;
    up(&db).await?;
    let author = person::ActiveModel {
        id: Set(Uuid::new_v4()),
        first_name: Set("Ada".to_owned()),
        last_name: Set("Lovelace".to_owned()),
        contract_type: Set("open-ended".to_owned()),
        role: Set("user".to_owned()),
        is_bot: Set(false),
        is_guest: Set(false),
        fido_credentials: Set(Some(JsonArray(vec![json!({"name": "key"})]))),
        otp_recovery_codes: Set(Some(BytesArray(vec![b"code".to_vec()]))),
        ..Default::default()
    }
    .insert(&db)
    .await?;
    let found = person::Entity::find_by_id(author.id).one(&db).await?;
    assert_eq!(found.as_ref(), Some(&author));
    assert_eq!(author.otp_recovery_codes, Some(BytesArray(vec![b"code".to_vec()])));
    assert_eq!(author.fido_credentials, Some(JsonArray(vec![json!({"name": "key"})])));

    let note = comment::ActiveModel {
        id: Set(Uuid::new_v4()),
        object_id: Set(Uuid::new_v4()),
        object_type: Set("Task".to_owned()),
        person_id: Set(author.id),
        links: Set(Some(TextArray(vec!["https://example.org".to_owned()]))),
        ..Default::default()
    }
    .insert(&db)
    .await?;
    assert_eq!(note.links, Some(TextArray(vec!["https://example.org".to_owned()])));
    db.execute_unprepared("UPDATE comment SET links = ARRAY['a', NULL, 'b']").await?;
    let note = comment::Entity::find_by_id(note.id).one(&db).await?.expect("a comment");
    assert_eq!(note.links, Some(TextArray(vec!["a".to_owned(), "b".to_owned()])));

    let error = data_import_error::ActiveModel {
        id: Set(Uuid::new_v4()),
        event_data: Set(json!({})),
        source: Set(Some(ImportSource::Csv)),
        ..Default::default()
    }
    .insert(&db)
    .await?;
    assert_eq!(error.source, Some(ImportSource::Csv));
    Ok(())
}

#[tokio::test]
async fn marks_grow_whoever_writes() -> Outcome {
    let db = empty().await?;
    up(&db).await?;
    db.execute_unprepared("CREATE ROLE writer_of_departments; GRANT SELECT, INSERT, UPDATE, DELETE ON department TO writer_of_departments").await?;
    let transaction = db.begin().await?;
    let mark = async || {
        let sql = "SELECT COALESCE(SUM(amount), 0)::bigint FROM dailies_mark WHERE subject = 'department'";
        let row = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
        row.ok_or_else(|| DbErr::RecordNotFound("a sum".into()))?.try_get_by_index::<i64>(0)
    };
    let mut last = mark().await?;
    for statement in [
        "SET LOCAL ROLE writer_of_departments; INSERT INTO department (id, name, color) VALUES (gen_random_uuid(), 'Wool', '#fff'); RESET ROLE",
        "SET LOCAL ROLE writer_of_departments; SET LOCAL search_path = pg_catalog; UPDATE public.department SET name = 'Felt'; RESET ROLE; RESET search_path",
        "SET LOCAL ROLE writer_of_departments; DELETE FROM department; RESET ROLE",
        "TRUNCATE department CASCADE",
    ] {
        transaction.execute_unprepared(statement).await?;
        let now = mark().await?;
        assert!(now > last, "{statement}");
        last = now;
    }
    transaction.execute_unprepared("UPDATE department SET name = 'Fog' WHERE name = 'nothing'").await?;
    assert_eq!(mark().await?, last, "what touches no row changes nothing");
    // Whoever goes back to another server may drop what Dailies added.
    transaction
        .execute_unprepared("DROP TABLE dailies_mark; INSERT INTO department (id, name, color) VALUES (gen_random_uuid(), 'Fog', '#fff')")
        .await?;
    Ok(())
}
