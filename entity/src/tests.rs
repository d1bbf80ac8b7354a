//! Checks of the definitions that are read from the entities.

use std::collections::HashSet;

use crate::TABLES;
use crate::facts::{Default, Kind, Table};

#[test]
fn tables_stand_in_the_order_of_their_names() {
    assert!(
        TABLES.iter().map(|table| table.name).is_sorted(),
        "Table::find needs the order"
    );
}

#[test]
fn attributes_of_the_entity_define_the_column() {
    let definition = |table: &str, column: &str| {
        *Table::find(table)
            .and_then(|table| table.column(column))
            .expect("a column")
    };
    let difficulty = definition("task", "difficulty");
    assert_eq!(
        (difficulty.kind, difficulty.nullable, difficulty.default),
        (Kind::Integer, false, Default::Integer(3))
    );
    let name = definition("task", "name");
    assert_eq!(
        (name.kind, name.nullable, name.default),
        (Kind::Text { max: Some(80) }, false, Default::None)
    );
    let parent = definition("entity", "parent_id");
    assert_eq!(
        (parent.kind, parent.nullable, parent.references),
        (Kind::Uuid, true, Some("entity"))
    );
    let source = definition("data_import_error", "source");
    assert_eq!(
        (source.kind, source.choices),
        (Kind::Text { max: None }, ["csv", "shotgun"].as_slice())
    );
    let boards = definition("project_task_status_link", "roles_for_board");
    assert_eq!((boards.kind, boards.choices), (Kind::TextArray, crate::person::ROLES));
    let made = ["id", "created_at", "updated_at"].map(|column| definition("news", column).default);
    assert_eq!(made, [Default::NewUuid, Default::Now, Default::Now]);
    assert_eq!(
        Table::find("time_spent").map(|table| table.primary_key.clone()),
        Some(vec!["id"])
    );
    assert_eq!(
        Table::find("comment_mentions").map(|table| table.primary_key.clone()),
        Some(vec!["comment", "person"])
    );
}

#[test]
fn defaults_fit_their_columns() {
    for table in TABLES {
        for column in &table.columns {
            let place = format!("{}.{}", table.name, column.name);
            match (column.default, column.kind) {
                (Default::None, _)
                | (Default::Bool(_), Kind::Bool)
                | (Default::Integer(_), Kind::Integer | Kind::BigInteger)
                | (Default::Float(_), Kind::Float)
                | (Default::EmptyList, Kind::Json)
                | (Default::Timezone | Default::Locale, Kind::Text { .. })
                | (Default::NewUuid, Kind::Uuid)
                | (Default::Now, Kind::DateTime) => {}
                (Default::Text(word), Kind::Text { max }) => {
                    assert!(word.len() <= usize::from(max.unwrap_or(u16::MAX)), "{place}");
                    assert!(column.choices.is_empty() || column.choices.contains(&word), "{place}");
                }
                (Default::TextList(words), Kind::TextArray) => {
                    assert!(words.iter().all(|word| column.choices.contains(word)), "{place}");
                }
                other => panic!("{place}: {other:?}"),
            }
        }
    }
}

#[test]
fn tables_and_columns_are_found_by_name() {
    let names: HashSet<_> = TABLES.iter().map(|table| table.name).collect();
    assert_eq!(names.len(), TABLES.len());
    for name in names {
        assert_eq!(Table::find(name).map(|table| table.name), Some(name));
    }
    let task = Table::find("task").expect("a table of tasks");
    let status = task.column("task_status_id").expect("a column");
    assert_eq!(status.references, Some("task_status"));
    assert!(task.column("status").is_none());
    assert!(Table::find("tasks").is_none());
}
