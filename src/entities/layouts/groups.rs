//! Sequences, episodes and scenes.

use super::{
    Cell, EntityLayout, Field, PRIORITY, SUBSCRIBED, TASK_DATA, flag, float, id, id_or, integer, moment, text, text_or,
};
use crate::vocabulary::kinds::EntityKind;

const GROUP_FIELDS: &[Field] = &[
    ("id", id("e.id")),
    ("name", text("e.name")),
    ("status", text_or("e.status", "\"running\"")),
    ("episode_id", id_or("e.parent_id", "\"None\"")),
    ("description", text("e.description")),
    ("frame_in", Cell::MetadataField),
    ("frame_out", Cell::MetadataField),
    ("fps", Cell::MetadataField),
    ("preview_file_id", id_or("e.preview_file_id", "\"\"")),
    ("canceled", flag("e.canceled")),
    ("data", Cell::Metadata("{}")),
];

const GROUP_TASK_FIELDS: &[Field] = &[
    ("id", id("t.id")),
    ("estimation", float("t.estimation")),
    ("entity_id", id("t.entity_id")),
    ("end_date", moment("t.end_date")),
    ("due_date", moment("t.due_date")),
    ("done_date", moment("t.done_date")),
    ("duration", float("t.duration")),
    ("last_comment_date", moment("t.last_comment_date")),
    ("last_preview_file_id", id("t.last_preview_file_id")),
    ("priority", PRIORITY),
    ("real_start_date", moment("t.real_start_date")),
    ("retake_count", integer("t.retake_count")),
    ("start_date", moment("t.start_date")),
    ("difficulty", integer("t.difficulty")),
    ("task_status_id", id("t.task_status_id")),
    ("task_type_id", id("t.task_type_id")),
    ("data", TASK_DATA),
    ("is_subscribed", SUBSCRIBED),
    ("assignees", Cell::Ids),
];

/// Sequences.
pub(in crate::entities) const SEQUENCES: EntityLayout = EntityLayout {
    kind: EntityKind::Sequence,
    any_kind: false,
    header: "sequence_fields",
    from: "entity e LEFT JOIN entity ep ON ep.id = e.parent_id",
    fields: GROUP_FIELDS,
    ids: None,
    task_fields: GROUP_TASK_FIELDS,
    order: &["ep.name", "e.name"],
};

/// Episodes.
pub(in crate::entities) const EPISODES: EntityLayout = EntityLayout {
    kind: EntityKind::Episode,
    any_kind: false,
    header: "episode_fields",
    from: "entity e",
    fields: GROUP_FIELDS,
    ids: None,
    task_fields: GROUP_TASK_FIELDS,
    order: &["e.name"],
};

/// Scenes. Clients know the sequence of a scene by the key of an episode.
pub(in crate::entities) const SCENES: EntityLayout = EntityLayout {
    kind: EntityKind::Scene,
    any_kind: false,
    header: "scene_fields",
    from: "entity e LEFT JOIN entity sq ON sq.id = e.parent_id LEFT JOIN entity ep ON ep.id = sq.parent_id",
    fields: GROUP_FIELDS,
    ids: None,
    task_fields: GROUP_TASK_FIELDS,
    order: &["ep.name", "sq.name", "e.name"],
};
