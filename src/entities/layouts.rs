//! What the listings with tasks tell of each kind of entity: the keys in the order of the compact form, and where each
//! value comes from.

use entity::facts::Kind;
use sea_orm::DbBackend;

use crate::database::dialect::json_values;
use crate::vocabulary::kinds::EntityKind;

/// Where the value of a key comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell {
    /// A column of the query, what it holds, and the JSON that stands for null.
    Column(&'static str, Kind, &'static str),
    /// The metadata, without what the caller may not see; the JSON that stands for null.
    Metadata(&'static str),
    /// The metadata field of the same name.
    MetadataField,
    /// The same JSON in every row.
    Fixed(&'static str),
    /// The list of ids that belongs to the row: assignees of a task, or what the layout links its entities with.
    Ids,
}

/// A key with its value.
pub(super) type Field = (&'static str, Cell);

/// Ids that entities `e` are linked with.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinkedIds {
    /// SQL of the id.
    id: &'static str,
    /// The tables that hold it.
    tables: &'static str,
    /// What is true of the rows that belong to an entity.
    condition: &'static str,
    order: &'static str,
}

impl LinkedIds {
    /// The query of pairs of an entity, of those that a query calls `e`, and an id.
    pub(super) fn pairs(&self) -> String {
        let Self { id, tables, condition, order } = self;
        format!("SELECT e.id, {id} FROM e CROSS JOIN {tables} WHERE {condition} ORDER BY {order}")
    }

    /// SQL of the JSON list of the ids of one entity.
    pub(super) fn as_list(&self, backend: DbBackend) -> String {
        let Self { id, tables, condition, order } = self;
        json_values(backend, (id, Kind::Uuid), &format!("{tables} WHERE {condition}"), order)
    }
}

/// The SQL of the columns that fields are read from.
pub(super) fn sql_of(fields: &[Field]) -> impl Iterator<Item = &'static str> {
    fields.iter().filter_map(|(_, cell)| match cell {
        Cell::Column(sql, ..) => Some(*sql),
        _ => None,
    })
}

/// One listing with tasks. Its query calls the entities `e`, and tasks are called `t`, where `s` is the caller's
/// subscription.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// The kind of the entities; their metadata is hidden from vendors as that of this kind.
    pub(super) kind: EntityKind,
    /// Whether entities of other kinds are listed as well.
    pub(super) any_kind: bool,
    /// Name of the list of keys in the compact form.
    pub(super) header: &'static str,
    /// What the rows are read from.
    pub(super) from: &'static str,
    pub(super) fields: &'static [Field],
    /// Where the ids of [`Cell::Ids`] come from, if there is such a field.
    pub(super) ids: Option<LinkedIds>,
    pub(super) task_fields: &'static [Field],
    /// Texts that rows are ordered by; the id comes last.
    pub(super) order: &'static [&'static str],
}

impl Layout {
    /// The condition on the entities `e` that every row fulfils.
    pub(super) fn condition(&self) -> String {
        if self.any_kind { "1 = 1".to_owned() } else { self.kind.condition("e.entity_type_id") }
    }

    /// Whether rows have a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.fields.iter().any(|(name, _)| *name == key)
    }
}

const fn id(sql: &'static str) -> Cell {
    Cell::Column(sql, Kind::Uuid, "null")
}

const fn id_or(sql: &'static str, null: &'static str) -> Cell {
    Cell::Column(sql, Kind::Uuid, null)
}

const fn text(sql: &'static str) -> Cell {
    Cell::Column(sql, Kind::Text { max: None }, "null")
}

const fn text_or(sql: &'static str, null: &'static str) -> Cell {
    Cell::Column(sql, Kind::Text { max: None }, null)
}

const fn flag(sql: &'static str) -> Cell {
    Cell::Column(sql, Kind::Bool, "null")
}

const fn integer(sql: &'static str) -> Cell {
    Cell::Column(sql, Kind::Integer, "null")
}

const fn float(sql: &'static str) -> Cell {
    Cell::Column(sql, Kind::Float, "null")
}

const fn moment(sql: &'static str) -> Cell {
    Cell::Column(sql, Kind::DateTime, "null")
}

const PRIORITY: Cell = Cell::Column("t.priority", Kind::Integer, "0");
const TASK_DATA: Cell = Cell::Column("t.data", Kind::Json, "null");
const SUBSCRIBED: Cell = flag("s.id IS NOT NULL");

/// Assets. Clients rely on the empty texts, and on the text `None`, in place of nulls.
pub(super) const ASSETS: Layout = Layout {
    kind: EntityKind::Asset,
    any_kind: false,
    header: "asset_fields",
    from: "entity e JOIN entity_type et ON et.id = e.entity_type_id",
    fields: &[
        ("id", id("e.id")),
        ("name", text("e.name")),
        ("preview_file_id", id_or("e.preview_file_id", "\"\"")),
        ("description", text("e.description")),
        ("asset_type_name", text("et.name")),
        ("asset_type_id", id("e.entity_type_id")),
        ("canceled", flag("e.canceled")),
        ("ready_for", id_or("e.ready_for", "\"None\"")),
        ("episode_id", id_or("e.source_id", "\"\"")),
        ("casting_episode_ids", Cell::Ids),
        ("is_casting_standby", flag("e.is_casting_standby")),
        ("is_shared", flag("e.is_shared")),
        ("data", Cell::Metadata("{}")),
    ],
    ids: Some(LinkedIds {
        id: "l.entity_in_id",
        tables: "entity_link l JOIN entity ep ON ep.id = l.entity_in_id",
        condition: "l.entity_out_id = e.id AND ep.project_id = e.project_id \
                    AND ep.entity_type_id = (SELECT id FROM entity_type WHERE name = 'Episode')",
        order: "ep.name, ep.id",
    }),
    task_fields: &[
        ("id", id("t.id")),
        ("due_date", moment("t.due_date")),
        ("done_date", moment("t.done_date")),
        ("duration", float("t.duration")),
        ("entity_id", id("t.entity_id")),
        ("estimation", float("t.estimation")),
        ("end_date", moment("t.end_date")),
        ("is_subscribed", SUBSCRIBED),
        ("last_comment_date", moment("t.last_comment_date")),
        ("last_preview_file_id", id_or("t.last_preview_file_id", "\"\"")),
        ("priority", PRIORITY),
        ("real_start_date", moment("t.real_start_date")),
        ("retake_count", integer("t.retake_count")),
        ("start_date", moment("t.start_date")),
        ("difficulty", integer("t.difficulty")),
        ("task_status_id", id("t.task_status_id")),
        ("task_type_id", id("t.task_type_id")),
        ("assignees", Cell::Ids),
        ("data", TASK_DATA),
    ],
    order: &["et.name", "e.name"],
};

/// Shots.
pub(super) const SHOTS: Layout = Layout {
    kind: EntityKind::Shot,
    any_kind: false,
    header: "shot_fields",
    from: "entity e JOIN project p ON p.id = e.project_id LEFT JOIN entity sq ON sq.id = e.parent_id LEFT JOIN entity ep ON ep.id = sq.parent_id",
    fields: &[
        ("canceled", flag("e.canceled")),
        ("data", Cell::Metadata("{}")),
        ("description", text("e.description")),
        ("entity_type_id", id("e.entity_type_id")),
        ("episode_id", id("sq.parent_id")),
        ("episode_name", text_or("ep.name", "\"\"")),
        ("fps", Cell::MetadataField),
        ("frame_in", Cell::MetadataField),
        ("frame_out", Cell::MetadataField),
        ("id", id("e.id")),
        ("name", text("e.name")),
        ("nb_frames", integer("e.nb_frames")),
        ("parent_id", id("e.parent_id")),
        ("preview_file_id", id("e.preview_file_id")),
        ("project_id", id("e.project_id")),
        ("project_name", text("p.name")),
        ("sequence_id", id("e.parent_id")),
        ("sequence_name", text("sq.name")),
        ("source_id", id("e.source_id")),
        ("nb_entities_out", integer("e.nb_entities_out")),
        ("is_casting_standby", flag("e.is_casting_standby")),
        ("type", Cell::Fixed("\"Shot\"")),
    ],
    ids: None,
    task_fields: &[
        ("id", id("t.id")),
        ("duration", float("t.duration")),
        ("due_date", moment("t.due_date")),
        ("end_date", moment("t.end_date")),
        ("done_date", moment("t.done_date")),
        ("entity_id", id("t.entity_id")),
        ("estimation", float("t.estimation")),
        ("is_subscribed", SUBSCRIBED),
        ("last_comment_date", moment("t.last_comment_date")),
        ("last_preview_file_id", id("t.last_preview_file_id")),
        ("nb_assets_ready", integer("t.nb_assets_ready")),
        ("priority", PRIORITY),
        ("real_start_date", moment("t.real_start_date")),
        ("retake_count", integer("t.retake_count")),
        ("start_date", moment("t.start_date")),
        ("difficulty", integer("t.difficulty")),
        ("nb_drawings", integer("t.nb_drawings")),
        ("task_status_id", id("t.task_status_id")),
        ("task_type_id", id("t.task_type_id")),
        ("assignees", Cell::Ids),
        ("data", TASK_DATA),
    ],
    order: &["ep.name", "sq.name", "e.name"],
};

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
pub(super) const SEQUENCES: Layout = Layout {
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
pub(super) const EPISODES: Layout = Layout {
    kind: EntityKind::Episode,
    any_kind: false,
    header: "episode_fields",
    from: "entity e",
    fields: GROUP_FIELDS,
    ids: None,
    task_fields: GROUP_TASK_FIELDS,
    order: &["e.name"],
};

/// Concepts about an entity, and whatever else is linked with it in the same way.
pub(super) const LINKED: Layout = Layout {
    kind: EntityKind::Concept,
    any_kind: true,
    header: "concept_fields",
    from: "entity e JOIN entity_type et ON et.id = e.entity_type_id JOIN project p ON p.id = e.project_id",
    fields: &[
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
        ("project_id", id("e.project_id")),
        ("project_name", text("p.name")),
        ("source_id", id("e.source_id")),
        ("nb_entities_out", integer("e.nb_entities_out")),
        ("is_casting_standby", flag("e.is_casting_standby")),
        ("entity_concept_links", Cell::Ids),
        ("type", text("CASE WHEN et.name IN ('Shot', 'Sequence', 'Episode', 'Edit', 'Scene', 'Concept') THEN et.name ELSE 'Asset' END")),
        ("updated_at", moment("e.updated_at")),
        ("created_at", moment("e.created_at")),
        ("created_by", id("e.created_by")),
    ],
    ids: Some(LinkedIds { id: "l.entity_out_id", tables: "entity_concept_link l", condition: "l.entity_in_id = e.id", order: "l.created_at, l.id" }),
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
