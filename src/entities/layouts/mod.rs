//! Contents of the listings with tasks for each kind of entity: the keys in the order of the compact form, and where
//! each value comes from.

mod assets_and_shots;
mod concepts;
mod edits;
mod groups;

use entity::facts::Kind;
use sea_orm::DbBackend;

use crate::database::dialect::json_values;
use crate::vocabulary::kinds::EntityKind;

pub(super) use self::assets_and_shots::{ASSETS, SHOTS};
pub(super) use self::concepts::{CONCEPTS, LINKED};
pub(super) use self::edits::EDITS;
pub(super) use self::groups::{EPISODES, SCENES, SEQUENCES};

/// Origin of the value of a key.
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
    /// Condition that is true of the rows that belong to an entity.
    condition: &'static str,
    /// Condition on all entities `e` together. Where it does not hold, none has links, and the database looks at none.
    guard: Option<&'static str>,
    order: &'static str,
}

impl LinkedIds {
    /// The query of pairs of an entity, of those that a query calls `e`, and an id.
    pub(super) fn pairs(&self) -> String {
        let Self {
            id,
            tables,
            condition,
            guard,
            order,
        } = self;
        let guard = guard.map(|guard| format!(" AND {guard}")).unwrap_or_default();
        format!(
            "SELECT e.id AS owner, {id} AS item FROM e CROSS JOIN {tables} WHERE {condition}{guard} ORDER BY {order}"
        )
    }

    /// SQL of the JSON list of the ids of one entity.
    pub(super) fn as_list(&self, backend: DbBackend) -> String {
        let Self {
            id,
            tables,
            condition,
            order,
            ..
        } = self;
        json_values(backend, (id, Kind::Uuid), &format!("{tables} WHERE {condition}"), order)
    }
}

/// One listing with tasks. Its query calls the entities `e`, and tasks are called `t`, where `s` is the caller's
/// subscription.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntityLayout {
    /// The kind of the entities; their metadata is hidden from vendors as that of this kind.
    pub(super) kind: EntityKind,
    /// True if entities of other kinds are listed as well.
    pub(super) any_kind: bool,
    /// Name of the list of keys in the compact form.
    pub(super) header: &'static str,
    /// Tables that the rows are read from.
    pub(super) from: &'static str,
    pub(super) fields: &'static [Field],
    /// Origin of the ids of [`Cell::Ids`], if there is such a field.
    pub(super) ids: Option<LinkedIds>,
    pub(super) task_fields: &'static [Field],
    /// Texts that rows are ordered by; the id comes last.
    pub(super) order: &'static [&'static str],
}

impl EntityLayout {
    /// The condition on the entities `e` that every row fulfils.
    pub(super) fn condition(&self) -> String {
        if self.any_kind {
            "1 = 1".to_owned()
        } else {
            self.kind.condition("e.entity_type_id")
        }
    }

    /// True if rows have a key.
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
