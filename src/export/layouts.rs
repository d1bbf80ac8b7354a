//! Layouts of the tables of assets, shots and edits, before their metadata and tasks.

use crate::vocabulary::kinds::EntityKind;

/// Contents of a table for each kind of entity, before the metadata and tasks.
pub(super) struct ExportLayout {
    /// End of the file's name.
    pub(super) name: &'static str,
    pub(super) headings: &'static [&'static str],
    /// Texts in front of the description; they also order the lines.
    pub(super) texts: &'static [&'static str],
    pub(super) joins: &'static str,
    pub(super) has_frames: bool,
}

static ASSETS: ExportLayout = ExportLayout {
    name: "assets",
    headings: &["Project", "Type", "Name", "Description", "Time Spent"],
    texts: &["k.name", "e.name"],
    joins: "JOIN entity_type k ON k.id = e.entity_type_id",
    has_frames: false,
};

static SHOTS: ExportLayout = ExportLayout {
    name: "shots",
    headings: &[
        "Project",
        "Episode",
        "Sequence",
        "Name",
        "Description",
        "Time Spent",
        "Frames",
        "Frame In",
        "Frame Out",
        "FPS",
    ],
    texts: &["ep.name", "sq.name", "e.name"],
    joins: "LEFT JOIN entity sq ON sq.id = e.parent_id LEFT JOIN entity ep ON ep.id = sq.parent_id",
    has_frames: true,
};

static EDITS: ExportLayout = ExportLayout {
    name: "edits",
    headings: &["Project", "Episode", "Name", "Description", "Time Spent"],
    texts: &["ep.name", "e.name"],
    joins: "LEFT JOIN entity ep ON ep.id = e.parent_id",
    has_frames: false,
};

/// The layout of a kind of entity.
pub(super) fn layout(kind: EntityKind) -> &'static ExportLayout {
    match kind {
        EntityKind::Shot => &SHOTS,
        EntityKind::Edit => &EDITS,
        _ => &ASSETS,
    }
}

/// Headings of the table of a kind of entity, before those of the metadata and tasks.
#[must_use]
pub fn headings(kind: EntityKind) -> &'static [&'static str] {
    layout(kind).headings
}
