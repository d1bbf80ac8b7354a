//! The way from a row to its production, and the condition that somebody reads it.

use dailies_definitions::access::Person;
use entity::belonging::Belonging::{self, By, Itself, Studio};
use entity::facts::Table;

use crate::access::roles::MEMBER;
use crate::access::rule::QueriedRecords;
use crate::access::{comments, entities, playlists, previews, tasks};
use crate::database::Sql;

/// Columns that may name what another production shares: an asset that is shared, what it is used as, or its picture.
pub(super) const SHARED: [(&str, &str); 7] = [
    ("asset_instance", "asset_id"),
    ("asset_instance_link", "asset_instance_id"),
    ("entity_concept_link", "entity_out_id"),
    ("entity_link", "entity_out_id"),
    ("output_file", "asset_instance_id"),
    ("output_file", "entity_id"),
    ("playlist", "shots"),
];

/// Keys of an object that mean the same, the first one there counting, with the tables that they name.
type ListKey = (&'static [&'static str], &'static [&'static str]);

/// JSON columns that hold lists of objects with references: the table, the column, and the keys with what they name.
pub(super) const LISTS: [(&str, &str, &[ListKey]); 1] = [(
    "playlist",
    "shots",
    &[
        (&["id", "shot_id", "entity_id"], &["entity"]),
        (&["preview_file_id"], &["preview_file"]),
    ],
)];

/// Names of a table within a query, from the outermost to the innermost.
const NAMES: [&str; 6] = ["r", "ra", "rb", "rc", "rd", "re"];

/// A table of a query at some depth.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowPlace {
    table: &'static Table,
    depth: usize,
}

/// Productions, whose id is in a column.
struct Projects(String);

impl QueriedRecords<std::convert::Infallible> for Projects {
    fn project(&self) -> String {
        self.0.clone()
    }

    fn push(&self, _sql: &mut Sql, _person: &Person, fact: std::convert::Infallible) {
        match fact {}
    }
}

impl RowPlace {
    /// The table that references are looked for in, which is called `r`.
    pub(super) fn outermost(table: &'static Table) -> Self {
        Self { table, depth: 0 }
    }

    /// A table that the outermost one refers to, which is called `ra`.
    pub(super) fn next(table: &'static Table) -> Self {
        Self { table, depth: 1 }
    }

    fn name(self) -> &'static str {
        NAMES[self.depth.min(NAMES.len() - 1)]
    }

    /// The table that one of its columns leads to.
    fn beyond(self, column: &str) -> Option<Self> {
        let target = self.table.column(column)?.targets().first()?;
        Some(Self {
            table: Table::find(target)?,
            depth: self.depth + 1,
        })
    }

    /// SQL expression of the production that a row belongs to.
    pub(super) fn production(self) -> String {
        let name = self.name();
        match Belonging::of(self.table.name) {
            Itself => format!("{name}.id"),
            Studio => "CAST(NULL AS uuid)".to_owned(),
            By(columns) => {
                let ways: Vec<String> = columns.iter().filter_map(|column| self.way(column)).collect();
                match ways.as_slice() {
                    [] => "CAST(NULL AS uuid)".to_owned(),
                    [way] => way.clone(),
                    ways => format!("COALESCE({})", ways.join(", ")),
                }
            }
        }
    }

    /// SQL expression of the production that one of its columns leads to.
    pub(super) fn way(self, column: &str) -> Option<String> {
        let name = self.name();
        let beyond = self.beyond(column)?;
        if Belonging::of(beyond.table.name) == Itself {
            return Some(format!("{name}.{column}"));
        }
        let (table, inner) = (beyond.table.name, beyond.name());
        Some(format!(
            "(SELECT {} FROM \"{table}\" {inner} WHERE {inner}.id = {name}.{column})",
            beyond.production()
        ))
    }

    /// SQL expression that is true of rows which other productions may use.
    pub(super) fn shared(self) -> String {
        let name = self.name();
        match self.table.name {
            "entity" => format!("{name}.is_shared"),
            "asset_instance" => {
                format!("EXISTS (SELECT 1 FROM entity sh WHERE sh.id = {name}.asset_id AND sh.is_shared)")
            }
            "preview_file" => format!(
                "EXISTS (SELECT 1 FROM task st JOIN entity sh ON sh.id = st.entity_id \
                 WHERE st.id = {name}.task_id AND sh.is_shared AND sh.preview_file_id = {name}.id)"
            ),
            _ => "false".to_owned(),
        }
    }

    /// Adds the condition that a person reads a row: the rule of its kind, or else that of the row it belongs by.
    pub(super) fn readable(self, sql: &mut Sql, person: &Person) {
        let name = self.name();
        match (self.table.name, Belonging::of(self.table.name)) {
            ("entity", _) => entities::READ.express_in_teams(
                sql,
                person,
                &entities::Entities {
                    table: name,
                    kind: None,
                },
            ),
            ("task", _) => tasks::READ.express_in_teams(sql, person, &tasks::Tasks(name)),
            ("playlist", _) => playlists::READ.express_in_teams(sql, person, &playlists::Playlists(name)),
            ("preview_file", _) => {
                sql.push(&format!(
                    "EXISTS (SELECT 1 FROM task k WHERE k.id = {name}.task_id AND "
                ));
                previews::LISTED.express_in_teams(sql, person, &tasks::Tasks("k"));
                sql.push(")");
            }
            ("comment", _) => {
                let (id, author, for_client) = (
                    format!("{name}.id"),
                    format!("{name}.person_id"),
                    format!("{name}.for_client"),
                );
                let columns = comments::Comments {
                    id: &id,
                    author: &author,
                    for_client: &for_client,
                    project: "k.project_id",
                    entity: "k.entity_id",
                };
                sql.push(&format!(
                    "EXISTS (SELECT 1 FROM task k WHERE k.id = {name}.object_id AND "
                ));
                tasks::READ.express_in_teams(sql, person, &tasks::Tasks("k"));
                sql.push(" AND ");
                comments::READ.express_in_teams(sql, person, &columns);
                sql.push(")");
            }
            (_, Itself) => member(sql, person, format!("{name}.id")),
            (_, Studio) => {
                sql.push("true");
            }
            (_, By(columns)) => self.readable_by(sql, person, columns),
        }
    }

    fn readable_by(self, sql: &mut Sql, person: &Person, columns: &'static [&'static str]) {
        let name = self.name();
        sql.push("CASE");
        for column in columns {
            let Some(beyond) = self.beyond(column) else { continue };
            sql.push(&format!(" WHEN {name}.{column} IS NOT NULL THEN "));
            if Belonging::of(beyond.table.name) == Itself {
                member(sql, person, format!("{name}.{column}"));
                continue;
            }
            let (table, inner) = (beyond.table.name, beyond.name());
            sql.push(&format!(
                "EXISTS (SELECT 1 FROM \"{table}\" {inner} WHERE {inner}.id = {name}.{column} AND "
            ));
            beyond.readable(sql, person);
            sql.push(")");
        }
        // Rows of no production are for administrators, for whom this is not asked.
        sql.push(" ELSE false END");
    }
}

fn member(sql: &mut Sql, person: &Person, column: String) {
    MEMBER.express_in_teams(sql, person, &Projects(column));
}
