//! Concepts, and what is linked with an entity as they are.

use super::{
    Cell, EntityLayout, Field, LinkedIds, PRIORITY, SUBSCRIBED, TASK_DATA, flag, float, id, integer, moment, text,
};
use crate::vocabulary::kinds::EntityKind;

/// Ids of the entities that a concept is about.
const CONCEPT_LINKS: LinkedIds = LinkedIds {
    id: "l.entity_out_id",
    tables: "entity_concept_link l",
    condition: "l.entity_in_id = e.id",
    guard: None,
    order: "l.created_at, l.id",
};

/// Fields of concepts and of what is listed beside them, which differ in where their type comes from alone.
const fn fields(type_name: Cell) -> [Field; 23] {
    [
        ("canceled", flag("e.canceled")),
        ("data", Cell::Metadata("{}")),
        ("description", text("e.description")),
        ("entity_type_id", id("e.entity_type_id")),
        ("fps", Cell::MetadataField),
        ("frame_in", Cell::MetadataField),
        ("frame_out", Cell::MetadataField),
        ("id", id("e.id")),
        ("name", text("e.name")),
        ("nb_frames", integer("e.nb_frames")),
        ("parent_id", id("e.parent_id")),
        ("preview_file_id", id("e.preview_file_id")),
        (
            "preview_file_status",
            text("(SELECT v.status FROM preview_file v WHERE v.id = e.preview_file_id)"),
        ),
        ("project_id", id("e.project_id")),
        ("project_name", text("p.name")),
        ("source_id", id("e.source_id")),
        ("nb_entities_out", integer("e.nb_entities_out")),
        ("is_casting_standby", flag("e.is_casting_standby")),
        ("entity_concept_links", Cell::Ids),
        ("type", type_name),
        ("updated_at", moment("e.updated_at")),
        ("created_at", moment("e.created_at")),
        ("created_by", id("e.created_by")),
    ]
}

/// Concepts.
pub(in crate::entities) const CONCEPTS: EntityLayout = EntityLayout {
    kind: EntityKind::Concept,
    any_kind: false,
    header: "concept_fields",
    from: "entity e JOIN project p ON p.id = e.project_id",
    fields: &fields(Cell::Fixed("\"Concept\"")),
    ids: Some(CONCEPT_LINKS),
    task_fields: &[
        ("id", id("t.id")),
        ("duration", float("t.duration")),
        ("due_date", moment("t.due_date")),
        ("entity_id", id("t.entity_id")),
        ("end_date", moment("t.end_date")),
        ("estimation", float("t.estimation")),
        ("last_comment_date", moment("t.last_comment_date")),
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
    order: &["e.name"],
};

/// Concepts about an entity, and whatever else is linked with it in the same way.
pub(in crate::entities) const LINKED: EntityLayout = EntityLayout {
    kind: EntityKind::Concept,
    any_kind: true,
    header: "concept_fields",
    from: "entity e JOIN entity_type et ON et.id = e.entity_type_id JOIN project p ON p.id = e.project_id",
    fields: &fields(text(
        "CASE WHEN et.name IN ('Shot', 'Sequence', 'Episode', 'Edit', 'Scene', 'Concept', 'ConceptFolder') THEN et.name ELSE 'Asset' END",
    )),
    ids: Some(CONCEPT_LINKS),
    task_fields: &[
        ("id", id("t.id")),
        ("duration", float("t.duration")),
        ("due_date", moment("t.due_date")),
        ("end_date", moment("t.end_date")),
        ("entity_id", id("t.entity_id")),
        ("estimation", float("t.estimation")),
        ("last_comment_date", moment("t.last_comment_date")),
        ("nb_assets_ready", integer("t.nb_assets_ready")),
        ("priority", PRIORITY),
        ("real_start_date", moment("t.real_start_date")),
        ("retake_count", integer("t.retake_count")),
        ("start_date", moment("t.start_date")),
        ("task_status_id", id("t.task_status_id")),
        ("task_type_id", id("t.task_type_id")),
        ("assigner_id", id("t.assigner_id")),
        ("assignees", Cell::Ids),
    ],
    order: &["e.name"],
};
