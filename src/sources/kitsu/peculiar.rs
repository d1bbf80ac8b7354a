//! Peculiarities of the rows of some collections, before their columns are read.

use std::collections::HashMap;

use dailies_definitions::failure::Failure;
use entity::facts::Table;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{ForeignRow, id_of};
use crate::events::Work;
use crate::sources::data;
use crate::vocabulary::kinds::{EntityKind, built_in_type};

/// Kinds whose entities get the entity type of the kind, whatever id it has on the other instance.
const TYPED: [EntityKind; 4] = [
    EntityKind::Shot,
    EntityKind::Sequence,
    EntityKind::Episode,
    EntityKind::Edit,
];
/// Keys about the frames of a shot beside its columns.
const FRAMES: [&str; 3] = ["frame_in", "frame_out", "fps"];

/// Brings rows of a table into the form of its columns.
///
/// # Errors
/// The database does not answer.
pub(super) async fn prepare(work: &Work<'_>, table: &'static Table, rows: &mut [ForeignRow]) -> Result<(), Failure> {
    match table.name {
        "entity" => entities(work, table, rows).await,
        "news" => {
            rows.iter_mut().for_each(news);
            Ok(())
        }
        "notification" => {
            rows.iter_mut().for_each(notification);
            Ok(())
        }
        "preview_file" => {
            rows.iter_mut().for_each(preview_file);
            let mark = Map::from_iter([("imported_only".to_owned(), Value::Bool(true))]);
            let marks = vec![mark; rows.len()];
            data::add(work, table, rows, marks, id_of).await
        }
        _ => Ok(()),
    }
}

/// Brings the names of rows that are taken as they are into the form of their columns.
pub(super) fn name(table: &'static Table, rows: &mut [ForeignRow]) {
    if table.name == "notification" {
        rows.iter_mut().for_each(notification);
    }
}

/// News do not change.
fn news(row: &mut ForeignRow) {
    if let Some(moment) = row.get("created_at").filter(|moment| !moment.is_null()).cloned() {
        row.insert("updated_at".into(), moment);
    }
}

/// Renames the subject of a notification, because `type` is the kind of record.
fn notification(row: &mut ForeignRow) {
    let kind = row.get("notification_type").filter(|kind| !kind.is_null()).cloned();
    if let Some(kind) = kind {
        row.insert("type".into(), kind);
    } else if row.get("type") == Some(&json!("Notification")) {
        row.remove("type");
    }
}

fn preview_file(row: &mut ForeignRow) {
    if row.get("status").is_none_or(Value::is_null) {
        row.insert("status".into(), json!("ready"));
    }
}

async fn entities(work: &Work<'_>, table: &'static Table, rows: &mut [ForeignRow]) -> Result<(), Failure> {
    let mut types: HashMap<&str, Uuid> = HashMap::new();
    for kind in TYPED {
        if rows.iter().any(|row| type_of(row) == kind.type_name()) {
            types.insert(kind.type_name(), built_in_type(&**work, kind).await?);
        }
    }
    for row in rows.iter_mut() {
        rename(row, "asset_type_id", "entity_type_id");
        rename(row, "sequence_id", "parent_id");
        if let Some(id) = types.get(type_of(row)) {
            row.insert("entity_type_id".into(), json!(id));
        }
        // None is not known yet.
        if row.get("preview_file_id").is_some_and(Value::is_null) {
            row.remove("preview_file_id");
        }
    }
    let frames = rows.iter_mut().map(frames).collect();
    data::add(work, table, rows, frames, id_of).await
}

/// Takes what is said of the frames of a shot out of its row.
fn frames(row: &mut ForeignRow) -> ForeignRow {
    FRAMES
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), row.remove(key)?)))
        .collect()
}

/// The kind that a row names; without one it is a shot.
fn type_of(row: &ForeignRow) -> &str {
    row.get("type")
        .and_then(Value::as_str)
        .unwrap_or(EntityKind::Shot.type_name())
}

/// Lets a value count in place of another one.
fn rename(row: &mut ForeignRow, key: &str, column: &str) {
    if let Some(value) = row.remove(key).filter(|value| !value.is_null()) {
        row.insert(column.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: &Value) -> ForeignRow {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn notifications_say_what_they_tell_of_in_two_ways() {
        let mut sent = row(&json!({"type": "Notification", "notification_type": "mention"}));
        notification(&mut sent);
        assert_eq!(sent["type"], "mention");
        let mut bare = row(&json!({"type": "Notification"}));
        notification(&mut bare);
        assert!(!bare.contains_key("type"));
        let mut old = row(&json!({"type": "comment"}));
        notification(&mut old);
        assert_eq!(old["type"], "comment");
    }

    #[test]
    fn other_names_count_first_unless_they_say_nothing() {
        let mut shot =
            row(&json!({"sequence_id": "a", "parent_id": "b", "asset_type_id": null, "entity_type_id": "c"}));
        rename(&mut shot, "sequence_id", "parent_id");
        rename(&mut shot, "asset_type_id", "entity_type_id");
        assert_eq!(Value::from(shot), json!({"parent_id": "a", "entity_type_id": "c"}));
    }

    #[test]
    fn previews_are_ready_and_news_stay_as_they_are() {
        let mut preview = row(&json!({"status": null}));
        preview_file(&mut preview);
        assert_eq!(preview["status"], "ready");
        let mut item = row(&json!({"created_at": "2026-05-20T10:00:00", "updated_at": "2026-06-20T10:00:00"}));
        news(&mut item);
        assert_eq!(item["updated_at"], "2026-05-20T10:00:00");
    }
}
