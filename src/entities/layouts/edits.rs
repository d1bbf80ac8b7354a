//! Edits.

use super::{Cell, EntityLayout, PRIORITY, SUBSCRIBED, TASK_DATA, flag, float, id, integer, moment, text, text_or};
use crate::vocabulary::kinds::EntityKind;

/// Edits.
pub(in crate::entities) const EDITS: EntityLayout = EntityLayout {
    kind: EntityKind::Edit,
    any_kind: false,
    header: "edit_fields",
    from: "entity e JOIN project p ON p.id = e.project_id LEFT JOIN entity ep ON ep.id = e.parent_id",
    fields: &[
        ("canceled", flag("e.canceled")),
        ("data", Cell::Metadata("{}")),
        ("description", text("e.description")),
        ("entity_type_id", id("e.entity_type_id")),
        ("episode_id", id("e.parent_id")),
        ("episode_name", text_or("ep.name", "\"\"")),
        ("id", id("e.id")),
        ("name", text("e.name")),
        ("parent_id", id("e.parent_id")),
        ("preview_file_id", id("e.preview_file_id")),
        ("project_id", id("e.project_id")),
        ("project_name", text("p.name")),
        ("source_id", id("e.source_id")),
        ("nb_entities_out", integer("e.nb_entities_out")),
        ("type", Cell::Fixed("\"Edit\"")),
    ],
    ids: None,
    task_fields: &[
        ("id", id("t.id")),
        ("duration", float("t.duration")),
        ("due_date", moment("t.due_date")),
        ("entity_id", id("t.entity_id")),
        ("end_date", moment("t.end_date")),
        ("estimation", float("t.estimation")),
        ("last_comment_date", moment("t.last_comment_date")),
        ("last_preview_file_id", id("t.last_preview_file_id")),
        ("nb_assets_ready", integer("t.nb_assets_ready")),
        ("priority", PRIORITY),
        ("real_start_date", moment("t.real_start_date")),
        ("retake_count", integer("t.retake_count")),
        ("start_date", moment("t.start_date")),
        ("task_status_id", id("t.task_status_id")),
        ("task_type_id", id("t.task_type_id")),
        ("data", TASK_DATA),
        ("is_subscribed", SUBSCRIBED),
        ("assignees", Cell::Ids),
    ],
    order: &["ep.name", "e.name"],
};
