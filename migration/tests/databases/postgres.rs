//! The schema on PostgreSQL, and the check of an existing database.

use entity::arrays::{BytesArray, JsonArray, TextArray};
use entity::data_import_error::ImportSource;
use entity::{comment, data_import_error, person};
use migration::{
    Catalogue, Differences, NEWEST, OLDEST, State, compare, give_back, plan, recorded, reference, revisions, state,
    statements_to, take_over, up,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, EntityTrait, Set, Statement,
    TransactionTrait,
};
use serde_json::json;
use temporary_postgres::TemporaryPostgres;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{Outcome, ada, newest, pages, select_everything};

/// An empty database on the server that the tests share.
async fn empty() -> Result<DatabaseConnection, Box<dyn std::error::Error>> {
    static SERVER: OnceCell<TemporaryPostgres> = OnceCell::const_new();
    let server = SERVER.get_or_try_init(TemporaryPostgres::start).await?;
    Ok(Database::connect(server.create_database().await?).await?)
}

#[tokio::test]
async fn an_empty_database_gets_the_schema_of_the_newest_release() -> Outcome {
    let db = empty().await?;
    assert_eq!(state(&db).await?, State::Empty);
    up(&db).await?;
    assert_eq!(state(&db).await?, State::Current);
    up(&db).await?;

    select_everything(&db).await?;
    let found = Catalogue::read(&db).await?;
    let schedules = [
        "production_schedule_version.production_schedule_from",
        "project.from_schedule_version_id",
    ];
    let kept = schedules.map(|place| {
        format!(
            "The foreign key from `{place}` to `production_schedule_version` refuses deletion instead of sets null."
        )
    });
    let wide = ["parent_id", "project_id"]
        .map(|column| format!("The index on `entity` (entity_type_id, {column}) is additional."));
    assert_eq!(
        compare(&newest()?, &found),
        Differences {
            missing: kept.into(),
            additional: wide.into()
        }
    );

    // Names of constraints and indexes, which the comparison leaves open, are the same too.
    for (name, expected) in reference()?.tables {
        let table = &found.tables[&name];
        let names: Vec<&String> = table
            .foreign_keys
            .iter()
            .map(|key| &key.name)
            .chain(table.unique.iter().map(|unique| &unique.name))
            .collect();
        let names: Vec<&String> = names
            .into_iter()
            .chain(table.indexes.iter().map(|index| &index.name))
            .collect();
        let names: Vec<&String> = names
            .into_iter()
            .chain(table.checks.iter().map(|check| &check.name))
            .collect();
        let keys = expected
            .foreign_keys
            .iter()
            .map(|key| &key.name)
            .chain(expected.unique.iter().map(|unique| &unique.name));
        let others = expected
            .indexes
            .iter()
            .map(|index| &index.name)
            .chain(expected.checks.iter().map(|check| &check.name));
        for wanted in keys.chain(others) {
            assert!(names.contains(&wanted), "{name}: {wanted}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn pages_come_in_the_order_of_an_index() -> Outcome {
    let db = empty().await?;
    up(&db).await?;
    for page in pages() {
        // Empty tables are sorted at no cost, so that only a plan which may not sort says what is possible.
        let transaction = db.begin().await?;
        transaction
            .execute_unprepared(
                "SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off",
            )
            .await?;
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
    db.execute_unprepared(&reference()?.statements(DbBackend::Postgres)?)
        .await?;
    db.execute_unprepared("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)")
        .await?;
    assert_eq!(state(&db).await?, State::ReferenceWithoutBaseline);
    assert!(up(&db).await.is_err());
    let looked = plan(&db).await?;
    assert_eq!(
        looked.found,
        Differences {
            missing: vec![],
            additional: vec!["The table `alembic_version` is additional.".to_owned()]
        }
    );
    assert_eq!(looked.recorded, Vec::<String>::new());
    db.execute_unprepared(&format!("INSERT INTO alembic_version VALUES ('{OLDEST}')"))
        .await?;
    assert_eq!(recorded(&db).await?, [OLDEST]);
    take_over(&db).await?;
    assert_eq!(state(&db).await?, State::Current);
    take_over(&db).await?;
    assert_eq!(state(&db).await?, State::Current);
    Ok(())
}

/// A database at a revision of the reference system: its migrations up to there were run.
async fn at(revisions: &[&str]) -> Result<DatabaseConnection, Box<dyn std::error::Error>> {
    let db = empty().await?;
    db.execute_unprepared(&reference()?.statements(DbBackend::Postgres)?)
        .await?;
    db.execute_unprepared(&format!(
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); INSERT INTO alembic_version VALUES ('{OLDEST}')"
    ))
    .await?;
    for revision in revisions {
        for statement in statements_to(&db, revision).await? {
            db.execute_unprepared(&statement).await?;
        }
    }
    let recorded: Vec<String> = revisions.iter().map(|revision| format!("('{revision}')")).collect();
    db.execute_unprepared(&format!(
        "DELETE FROM alembic_version; INSERT INTO alembic_version VALUES {}",
        recorded.join(", ")
    ))
    .await?;
    Ok(db)
}

#[tokio::test]
async fn each_revision_is_taken_over_and_given_back() -> Outcome {
    let known = revisions()?;
    let single = known.iter().map(|revision| vec![revision.name.as_str()]);
    for revision in single.chain([
        vec!["e1a7c3d9b5f2", "c4e8a1f6d2b9"],
        vec!["888d74d1cbc4", "e1a7c3d9b5f2"],
    ]) {
        let db = at(&revision).await?;
        let looked = plan(&db).await?;
        assert_eq!(looked.found.missing, Vec::<String>::new(), "{revision:?}");
        assert_eq!(
            looked.additions.is_empty(),
            revision == [NEWEST],
            "{revision:?}: {:?}",
            looked.additions
        );
        let before = Catalogue::read(&db).await?;
        take_over(&db).await?;
        assert_eq!(state(&db).await?, State::Current, "{revision:?}");
        select_everything(&db).await?;

        // Tables, columns with what fills them, and rules are as before, with others beside them.
        let after = Catalogue::read(&db).await?;
        for (name, table) in before.tables {
            let found = &after.tables[&name];
            assert!(
                table.columns.iter().all(|column| found.columns.contains(column)),
                "{revision:?} {name}"
            );
            assert!(
                table.foreign_keys.iter().all(|key| found.foreign_keys.contains(key)),
                "{revision:?} {name}"
            );
            assert!(
                table.unique.iter().all(|unique| found.unique.contains(unique)),
                "{revision:?} {name}"
            );
            assert!(
                table.indexes.iter().all(|index| found.indexes.contains(index)),
                "{revision:?} {name}"
            );
        }
        let mut told: Vec<&str> = revision.clone();
        told.sort_unstable();
        assert_eq!(recorded(&db).await?, told, "the recorded revision stays");

        give_back(&db).await?;
        assert_eq!(recorded(&db).await?, [NEWEST]);
        assert_eq!(
            compare(&newest()?, &Catalogue::read(&db).await?).missing,
            Vec::<String>::new(),
            "{revision:?}"
        );
        assert_eq!(state(&db).await?, State::Current, "Dailies goes on as well");
        assert_eq!(statements_to(&db, NEWEST).await?, Vec::<String>::new());
    }
    Ok(())
}

#[tokio::test]
async fn other_revisions_are_told_from_each_other() -> Outcome {
    let db = at(&[NEWEST]).await?;
    db.execute_unprepared("UPDATE alembic_version SET version_num = '0123456789ab'")
        .await?;
    let looked = plan(&db).await?;
    assert!(
        looked.found.missing[0].contains("`0123456789ab`")
            && looked.found.missing[0].contains("a newer release of Dailies"),
        "{looked:?}"
    );
    db.execute_unprepared("ALTER TABLE task DROP COLUMN nb_drawings")
        .await?;
    let looked = plan(&db).await?;
    assert!(
        looked.found.missing[0].contains("is older than release 1.0.67"),
        "{looked:?}"
    );
    assert!(give_back(&db).await.is_err(), "it was not taken over");
    assert_eq!(recorded(&db).await?, ["0123456789ab"]);

    // A column of a newer release that is there, and is another one.
    let db = at(&[OLDEST]).await?;
    db.execute_unprepared(
        "ALTER TABLE build_job ADD COLUMN message integer; ALTER TABLE output_file ADD COLUMN quality varchar(255)",
    )
    .await?;
    let looked = plan(&db).await?;
    assert_eq!(
        looked.found.missing,
        ["The column `build_job.message` is `integer` instead of `text`."]
    );
    assert!(
        !looked.additions.iter().any(|addition| addition.contains("quality")),
        "{looked:?}"
    );
    Ok(())
}

#[tokio::test]
async fn differences_are_told_in_sentences() -> Outcome {
    let db = empty().await?;
    up(&db).await?;
    let before = compare(&newest()?, &Catalogue::read(&db).await?);
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
    let mut found = compare(&newest()?, &Catalogue::read(&db).await?);
    found.missing.retain(|sentence| !before.missing.contains(sentence));
    found
        .additional
        .retain(|sentence| !before.additional.contains(sentence));
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
        fido_credentials: Set(Some(JsonArray(vec![json!({"name": "key"})]))),
        otp_recovery_codes: Set(Some(BytesArray(vec![b"code".to_vec()]))),
        ..ada()
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
    db.execute_unprepared("UPDATE comment SET links = ARRAY['a', NULL, 'b']")
        .await?;
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
        let row = transaction
            .query_one_raw(Statement::from_string(DbBackend::Postgres, sql))
            .await?;
        row.ok_or_else(|| DbErr::RecordNotFound("a sum".into()))?
            .try_get_by_index::<i64>(0)
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
    transaction
        .execute_unprepared("UPDATE department SET name = 'Fog' WHERE name = 'nothing'")
        .await?;
    assert_eq!(mark().await?, last, "what touches no row changes nothing");
    // Whoever goes back to another server may drop what Dailies added.
    transaction
        .execute_unprepared("DROP TABLE dailies_mark; INSERT INTO department (id, name, color) VALUES (gen_random_uuid(), 'Fog', '#fff')")
        .await?;
    Ok(())
}
