//! The schema on SQLite.

use std::collections::BTreeSet;

use entity::arrays::{BytesArray, JsonArray};
use entity::data_import_error::ImportSource;
use entity::{data_import_error, entity_link, person, project, task};
use migration::{State, reference, state, take_over, up};
use sea_orm::{ActiveModelTrait, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, EntityTrait, Set};
use uuid::Uuid;

use crate::{Outcome, ada, newest, pages, rows, select_everything};

async fn empty() -> Result<DatabaseConnection, DbErr> {
    Database::connect("sqlite::memory:").await
}

#[tokio::test]
async fn an_empty_database_gets_everything() -> Outcome {
    let db = empty().await?;
    assert_eq!(state(&db).await?, State::Empty);
    up(&db).await?;
    assert_eq!(state(&db).await?, State::Current);
    up(&db).await?;
    assert_eq!(state(&db).await?, State::Current);

    select_everything(&db).await?;
    let foreign_keys = rows(&db, "PRAGMA foreign_keys").await?;
    assert_eq!(foreign_keys[0].try_get_by_index::<i32>(0)?, 1);
    assert!(rows(&db, "PRAGMA foreign_key_check").await?.is_empty());
    assert!(take_over(&db).await.is_ok(), "nothing to do");
    Ok(())
}

#[tokio::test]
async fn names_are_those_of_the_reference() -> Outcome {
    let db = empty().await?;
    up(&db).await?;
    let oldest = reference()?.tables;
    for (name, table) in newest()?.tables {
        let columns: BTreeSet<(String, bool)> = rows(&db, &format!("PRAGMA table_info({name})"))
            .await?
            .iter()
            .map(|row| Ok((row.try_get("", "name")?, row.try_get::<i32>("", "notnull")? == 0)))
            .collect::<Result<_, DbErr>>()?;
        let expected: BTreeSet<_> = table
            .columns
            .into_iter()
            .map(|column| (column.name, column.nullable))
            .collect();
        assert_eq!(columns, expected, "{name}");

        let indexes: BTreeSet<String> = rows(&db, &format!("PRAGMA index_list({name})"))
            .await?
            .iter()
            .filter(|row| row.try_get("", "origin").is_ok_and(|origin: String| origin == "c"))
            .map(|row| row.try_get("", "name"))
            .collect::<Result<_, DbErr>>()?;
        // Dailies had its own indexes of foreign keys before the reference got some.
        let expected = oldest
            .get(&name)
            .map(|table| table.indexes.clone())
            .unwrap_or(table.indexes);
        assert!(
            expected.iter().all(|index| indexes.contains(&index.name)),
            "{name}: {indexes:?}"
        );

        let foreign_keys = rows(&db, &format!("PRAGMA foreign_key_list({name})")).await?;
        assert_eq!(foreign_keys.len(), table.foreign_keys.len(), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn pages_come_in_the_order_of_an_index() -> Outcome {
    let db = empty().await?;
    up(&db).await?;
    for page in pages() {
        for step in rows(&db, &format!("EXPLAIN QUERY PLAN {page}")).await? {
            let step: String = step.try_get("", "detail")?;
            assert!(!step.contains("B-TREE"), "{page}: {step}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn rows_keep_their_values() -> Outcome {
    let db = empty().await?;
    up(&db).await?;
    let id = Uuid::new_v4();
    person::ActiveModel {
        id: Set(id),
        // A bare number must stay JSON.
        data: Set(Some(serde_json::json!(1e3))),
        password: Set(Some(b"hash".to_vec())),
        ..ada()
    }
    .insert(&db)
    .await?;
    db.execute_unprepared(
        r#"UPDATE person SET fido_credentials = '[{"name":"key"}]', otp_recovery_codes = '["code"]'"#,
    )
    .await?;
    let found = person::Entity::find_by_id(id).one(&db).await?.expect("a person");
    assert_eq!(found.data, Some(serde_json::json!(1e3)));
    assert_eq!(found.password, Some(b"hash".to_vec()));
    assert_eq!(
        found.fido_credentials,
        Some(JsonArray(vec![serde_json::json!({"name": "key"})]))
    );
    assert_eq!(found.otp_recovery_codes, Some(BytesArray(vec![b"code".to_vec()])));
    assert_eq!(found.active, None);

    let error = data_import_error::ActiveModel {
        id: Set(Uuid::new_v4()),
        event_data: Set(serde_json::json!({})),
        source: Set(Some(ImportSource::Shotgun)),
        ..Default::default()
    };
    let stored = error.insert(&db).await?;
    assert_eq!(stored.source, Some(ImportSource::Shotgun));
    assert!(
        db.execute_unprepared("UPDATE data_import_error SET source = 'excel'")
            .await
            .is_err()
    );
    Ok(())
}

#[tokio::test]
async fn rules_are_enforced() -> Outcome {
    let db = empty().await?;
    up(&db).await?;
    let production = project::ActiveModel {
        id: Set(Uuid::new_v4()),
        name: Set("Sintel".to_owned()),
        production_style: Set("3d".to_owned()),
        revision_padding: Set(0),
        ..Default::default()
    }
    .insert(&db)
    .await?;
    let task = |difficulty, project_id| task::ActiveModel {
        id: Set(Uuid::new_v4()),
        name: Set("main".to_owned()),
        difficulty: Set(difficulty),
        project_id: Set(Some(project_id)),
        ..Default::default()
    };
    assert!(task(3, production.id).insert(&db).await.is_ok());
    assert!(task(6, production.id).insert(&db).await.is_err());
    assert!(task(3, Uuid::new_v4()).insert(&db).await.is_err());
    let casting = entity_link::ActiveModel {
        id: Set(Uuid::new_v4()),
        entity_in_id: Set(Uuid::new_v4()),
        entity_out_id: Set(Uuid::new_v4()),
        ..Default::default()
    };
    assert!(casting.insert(&db).await.is_err());
    Ok(())
}

#[tokio::test]
async fn databases_of_others_are_left_alone() -> Outcome {
    let db = empty().await?;
    db.execute_unprepared("CREATE TABLE person (id integer)").await?;
    assert_eq!(state(&db).await?, State::Foreign);
    assert!(up(&db).await.is_err());
    assert!(take_over(&db).await.is_err());

    let db = empty().await?;
    assert!(take_over(&db).await.is_err());
    assert_eq!(state(&db).await?, State::Empty);
    up(&db).await?;
    db.execute_unprepared("INSERT INTO seaql_migrations VALUES ('m20991231_000001_future', 0)")
        .await?;
    assert_eq!(state(&db).await?, State::Newer);
    assert!(up(&db).await.is_err());
    assert!(take_over(&db).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_reference_database_is_taken_over_knowingly() -> Outcome {
    let db = empty().await?;
    db.execute_unprepared(&reference()?.statements(DbBackend::Sqlite)?)
        .await?;
    assert_eq!(state(&db).await?, State::ReferenceWithoutBaseline);
    assert!(up(&db).await.is_err());
    take_over(&db).await?;
    assert_eq!(state(&db).await?, State::Current);
    Ok(())
}
