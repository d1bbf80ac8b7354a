//! Layouts of the tables of assets, shots and edits, before their metadata and tasks.

use self::ExportedValue::{Data, Name, Number, Project, Text, TimeSpent};
use crate::database::{SelectList, SelectedColumn};
use crate::vocabulary::kinds::EntityKind;

/// Columns of a table for each kind of entity, before the metadata and tasks. The contract lists them, too; tables with the same
/// headings can be imported (`src/imports`).
pub(super) struct ExportLayout {
    /// End of the file's name.
    pub(super) name: &'static str,
    /// The columns, each with its heading.
    pub(super) columns: &'static [(&'static str, ExportedValue)],
    pub(super) joins: &'static str,
}

/// Content of a column, of the entities `e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExportedValue {
    /// Name of the production.
    Project,
    /// Name by this SQL. The names together order the lines.
    Name(&'static str),
    /// Text of this SQL.
    Text(&'static str),
    /// Whole number of this SQL.
    Number(&'static str),
    /// Value of this key of `data`.
    Data(&'static str),
    /// Time spent in days of eight hours, which is for the staff.
    TimeSpent,
}

/// Source of the cells of a column of a layout in the rows of a query.
pub(super) enum CellSource {
    Project,
    Text(SelectedColumn),
    Number(SelectedColumn),
    Data(&'static str),
    TimeSpent,
}

impl CellSource {
    /// The source of a value, with its column in the query where it has one.
    pub(super) fn of(value: ExportedValue, list: &mut SelectList) -> Self {
        match value {
            Project => Self::Project,
            Name(sql) | Text(sql) => Self::Text(list.add(sql)),
            Number(sql) => Self::Number(list.add(sql)),
            Data(key) => Self::Data(key),
            TimeSpent => Self::TimeSpent,
        }
    }
}

static ASSETS: ExportLayout = ExportLayout {
    name: "assets",
    columns: &[
        ("Project", Project),
        ("Type", Name("k.name")),
        ("Name", Name("e.name")),
        ("Description", Text("e.description")),
        ("Time Spent", TimeSpent),
    ],
    joins: "JOIN entity_type k ON k.id = e.entity_type_id",
};

static SHOTS: ExportLayout = ExportLayout {
    name: "shots",
    columns: &[
        ("Project", Project),
        ("Episode", Name("ep.name")),
        ("Sequence", Name("sq.name")),
        ("Name", Name("e.name")),
        ("Description", Text("e.description")),
        ("Time Spent", TimeSpent),
        ("Frames", Number("e.nb_frames")),
        ("Frame In", Data("frame_in")),
        ("Frame Out", Data("frame_out")),
        ("FPS", Data("fps")),
    ],
    joins: "LEFT JOIN entity sq ON sq.id = e.parent_id LEFT JOIN entity ep ON ep.id = sq.parent_id",
};

static EDITS: ExportLayout = ExportLayout {
    name: "edits",
    columns: &[
        ("Project", Project),
        ("Episode", Name("ep.name")),
        ("Name", Name("e.name")),
        ("Description", Text("e.description")),
        ("Time Spent", TimeSpent),
    ],
    joins: "LEFT JOIN entity ep ON ep.id = e.parent_id",
};

impl ExportLayout {
    /// Headings of the columns.
    pub(super) fn headings(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|(heading, _)| *heading)
    }

    /// SQL of the names that order the lines.
    pub(super) fn names(&self) -> Vec<&'static str> {
        let name = |(_, value): &(&str, ExportedValue)| match value {
            Name(sql) => Some(*sql),
            _ => None,
        };
        self.columns.iter().filter_map(name).collect()
    }
}

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
pub fn headings(kind: EntityKind) -> Vec<&'static str> {
    layout(kind).headings().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_contract_lists_the_columns() {
        let contract: Value = serde_json::from_str(dailies_definitions::CONTRACT).expect("the contract");
        for kind in [EntityKind::Asset, EntityKind::Shot, EntityKind::Edit] {
            let path = format!("/export/csv/projects/{{project_id}}/{}.csv", layout(kind).name);
            let description = &contract["paths"][path.as_str()]["get"]["description"];
            let words: Vec<&str> = description.as_str().unwrap_or_default().split_whitespace().collect();
            let said = words.join(" ").replace(" (in days of eight hours)", "");
            let listed = format!(": {}, then each metadata column", headings(kind).join(", "));
            assert!(said.contains(&listed), "{path} lists other columns than{listed}");
        }
    }
}
