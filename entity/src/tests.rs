//! Checks that the facts of each table agree with its entity.

use std::collections::HashSet;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::StringLen;
use sea_orm::{ColumnType, Iterable, PrimaryKeyToColumn};

use crate::TABLES;
use crate::facts::{Default, Kind, Table};

/// What the type of an entity's column says of its kind.
fn kind(column: &ColumnType) -> Kind {
    match column {
        ColumnType::Uuid => Kind::Uuid,
        ColumnType::String(StringLen::N(max)) => Kind::Text { max: u16::try_from(*max).ok() },
        ColumnType::Text | ColumnType::Enum { .. } => Kind::TEXT,
        ColumnType::Boolean => Kind::Bool,
        ColumnType::Integer => Kind::Integer,
        ColumnType::BigInteger => Kind::BigInteger,
        ColumnType::Double => Kind::Float,
        ColumnType::DateTime => Kind::DateTime,
        ColumnType::Date => Kind::Date,
        ColumnType::JsonBinary => Kind::Json,
        ColumnType::VarBinary(_) => Kind::Bytes,
        ColumnType::Array(item) => match **item {
            ColumnType::String(_) => Kind::TextArray,
            ColumnType::Json => Kind::JsonArray,
            ColumnType::VarBinary(_) => Kind::BytesArray,
            ref other => panic!("array of {other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn agree<E: EntityTrait>(entity: E, table: &Table) {
    let name = entity.table_name();
    assert_eq!(name, table.name);
    let expected: Vec<_> = E::Column::iter()
        .map(|column| {
            let definition = column.def();
            (column.as_str().to_owned(), kind(definition.get_column_type()), definition.is_null())
        })
        .collect();
    let stated: Vec<_> = table.columns.iter().map(|column| (column.name.to_owned(), column.kind, column.nullable)).collect();
    assert_eq!(stated, expected, "{name}");

    let key: Vec<_> = E::PrimaryKey::iter().map(|key| key.into_column().as_str().to_owned()).collect();
    assert_eq!(key, table.primary_key, "{name}");

    let mut references: Vec<_> = E::Relation::iter()
        .map(|relation| {
            let definition = relation.def();
            let column = definition.from_col.iter().next().expect("a column").to_string();
            let table = definition.to_tbl.sea_orm_table().to_string();
            (column, table)
        })
        .collect();
    references.sort();
    let mut stated: Vec<_> = table.columns.iter().filter_map(|column| Some((column.name.to_owned(), column.references?.to_owned()))).collect();
    stated.sort();
    assert_eq!(stated, references, "{name}");
}

/// Calls `agree` for each table, and tells which tables it did so for.
macro_rules! agree {
    ($($table:ident)+) => {
        vec![$({
            agree(crate::$table::Entity, &crate::$table::TABLE);
            stringify!($table)
        }),+]
    };
}

#[test]
fn facts_agree_with_entities() {
    #[rustfmt::skip]
    let checked = agree!(
        api_event asset_instance asset_instance_link attachment_file budget budget_entry
        build_job chat chat_message chat_participant comment comment_acknoledgments
        comment_department_mentions comment_mentions comment_preview_link custom_action
        data_import_error day_off department department_link
        department_metadata_descriptor_link desktop_login_log entity entity_concept_link
        entity_link entity_type entity_version file_status hardware_item
        hardware_item_department_link login_log metadata_descriptor milestone news
        notification organisation output_file output_type person playlist
        playlist_share_link plugin preview_background_file preview_file
        production_schedule_version production_schedule_version_task_link
        production_schedule_version_task_link_person_link project
        project_asset_type_link project_person_link project_preview_background_file_link
        project_status project_status_automation_link project_task_status_link
        project_task_type_link project_template project_template_asset_type_link
        project_template_preview_background_file_link
        project_template_status_automation_link project_template_task_status_link
        project_template_task_type_link salary_scale schedule_item search_filter
        search_filter_group software software_department_link status_automation studio
        subscription task task_person_link task_status task_type
        task_type_asset_type_link time_spent working_file
    );
    let names: Vec<_> = TABLES.iter().map(|table| table.name).collect();
    assert_eq!(names, checked);
    assert!(names.is_sorted(), "Table::find needs the order");
}

#[test]
fn defaults_fit_their_columns() {
    for table in TABLES {
        for column in table.columns {
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
