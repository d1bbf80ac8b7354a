//! Every column that refers to a row has a rule that says where the row may belong.

use std::collections::BTreeSet;

use entity::TABLES;
use entity::belonging::Belonging;
use entity::facts::{Kind, Table};

use super::way::{LISTS, RowPlace, SHARED};

/// Columns with ids of no rows: of replies, which are within their comment.
const WITHIN_A_RECORD: [(&str, &str); 2] = [("attachment_file", "reply_id"), ("notification", "reply_id")];

/// JSON columns in which ids mean nothing to the server, or that bodies can't set.
const IDS_WITHOUT_MEANING: [(&str, &str); 21] = [
    ("api_event", "data"),
    ("asset_instance", "data"),
    ("budget_entry", "exceptions"),
    ("comment", "checklist"),
    ("comment", "data"),
    ("comment", "replies"),
    ("data_import_error", "event_data"),
    ("entity", "data"),
    ("entity_link", "data"),
    ("entity_version", "data"),
    ("metadata_descriptor", "choices"),
    ("output_file", "data"),
    ("person", "data"),
    ("person", "fido_credentials"),
    ("preview_file", "annotations"),
    ("preview_file", "data"),
    ("project", "data"),
    ("project", "file_tree"),
    ("stored_file", "journal"),
    ("task", "data"),
    ("working_file", "data"),
];

/// JSON columns of templates and software, which belong to the studio.
const OF_THE_STUDIO: [(&str, &str); 4] = [
    ("project_template", "data"),
    ("project_template", "file_tree"),
    ("project_template", "metadata_descriptors"),
    ("software", "secondary_extensions"),
];

fn columns(kinds: &[Kind]) -> BTreeSet<(&'static str, &'static str)> {
    let all = TABLES
        .iter()
        .flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    all.filter(|(_, column)| kinds.contains(&column.kind))
        .map(|(table, column)| (table.name, column.name))
        .collect()
}

#[test]
fn every_way_to_a_production_arrives() {
    for table in TABLES {
        let way = RowPlace::outermost(table).production();
        match Belonging::of(table.name) {
            Belonging::By(_) => assert!(
                way.contains("project_id") || way.contains(".id"),
                "{}: {way}",
                table.name
            ),
            Belonging::Itself => assert_eq!(table.name, "project"),
            Belonging::Studio => assert!(way.contains("NULL"), "{}: {way}", table.name),
        }
    }
}

#[test]
fn every_id_is_a_reference() {
    let references = columns(&[Kind::Uuid]);
    let known = |table: &str, name: &str| {
        Table::find(table)
            .and_then(|table| table.column(name))
            .is_some_and(entity::facts::Column::is_reference)
    };
    for (table, name) in &references {
        let within = WITHIN_A_RECORD.contains(&(*table, *name));
        assert!(
            *name == "id" || within != known(table, name),
            "{table}.{name} names rows of no table: say `references` or `names` in its entity"
        );
    }
    assert!(references.len() > 150);
    for (table, name) in SHARED {
        assert!(
            known(table, name) || LISTS.iter().any(|(of, list, _)| (*of, *list) == (table, name)),
            "{table}.{name} is no reference"
        );
    }
}

#[test]
fn every_json_column_is_free_or_has_its_references_stated() {
    let lists = LISTS.iter().map(|(table, name, _)| (*table, *name));
    let stated: BTreeSet<_> = IDS_WITHOUT_MEANING
        .into_iter()
        .chain(OF_THE_STUDIO)
        .chain(lists)
        .collect();
    assert_eq!(columns(&[Kind::Json, Kind::JsonArray]), stated);
}
