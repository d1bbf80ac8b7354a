//! The tables that are dumped, with what their columns hold: those of the entities, and those of the server itself.

use std::collections::{BTreeMap, BTreeSet};

use entity::facts::{Column, Default, Kind};
use sea_orm::{DbBackend, DbErr, FromQueryResult};

use crate::database::json::TEXT;
use crate::database::{self, Database, Sql};

/// Name of a column, its kind, and the table that it refers to.
type OwnColumn = (&'static str, Kind, Option<&'static str>);

/// Tables that are no entities, with their columns.
const TABLES_WITHOUT_ENTITY: [(&str, &[OwnColumn]); 3] = [
    (
        "dailies_identity",
        &[
            ("provider", TEXT, None),
            ("issuer", TEXT, None),
            ("subject", TEXT, None),
            ("person_id", Kind::Uuid, Some("person")),
            ("created_at", Kind::DateTime, None),
        ],
    ),
    (
        "dailies_job",
        &[
            ("id", Kind::Uuid, None),
            ("kind", TEXT, None),
            ("payload", Kind::Json, None),
            ("state", TEXT, None),
            ("attempts", Kind::Integer, None),
            ("run_at", Kind::DateTime, None),
            ("locked_until", Kind::DateTime, None),
            ("last_error", TEXT, None),
            ("created_at", Kind::DateTime, None),
            ("updated_at", Kind::DateTime, None),
        ],
    ),
    (
        "dailies_store",
        &[
            ("key", TEXT, None),
            ("value", TEXT, None),
            ("expires_at", Kind::DateTime, None),
        ],
    ),
];

/// A table that is dumped.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: Vec<Column>,
}

/// Every table, each behind those that it refers to where the circles among them allow it.
#[must_use]
pub fn tables() -> Vec<Table> {
    let own = TABLES_WITHOUT_ENTITY.iter().map(|(name, columns)| Table {
        name,
        columns: columns.iter().map(column).collect(),
    });
    let entities = entity::TABLES.iter().map(|table| Table {
        name: table.name,
        columns: table.columns.clone(),
    });
    let mut waiting: BTreeMap<&'static str, Table> = own.chain(entities).map(|table| (table.name, table)).collect();
    let names: Vec<&'static str> = waiting.keys().copied().collect();
    let mut ordered = Vec::with_capacity(names.len());
    for name in names {
        place(name, &mut waiting, &mut ordered);
    }
    ordered
}

/// Puts a table behind those that it refers to. One that is on its way already is part of a circle.
fn place(name: &str, waiting: &mut BTreeMap<&'static str, Table>, ordered: &mut Vec<Table>) {
    let Some(table) = waiting.remove(name) else { return };
    for target in table.columns.iter().filter_map(|column| column.references) {
        place(target, waiting, ordered);
    }
    ordered.push(table);
}

fn column((name, kind, references): &OwnColumn) -> Column {
    Column {
        name,
        kind: *kind,
        nullable: true,
        default: Default::None,
        choices: &[],
        references: *references,
        names: &[],
    }
}

/// A column of the database, as the database itself describes it.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Present {
    pub(super) table_name: String,
    pub(super) column_name: String,
    /// The type, without the length that it is limited to.
    pub(super) kind: String,
}

/// Every column of the database, without those of the database itself.
///
/// # Errors
/// The database does not answer.
pub(super) async fn present(database: &Database) -> Result<Vec<Present>, DbErr> {
    let text = match database.backend() {
        DbBackend::Postgres => {
            "SELECT CAST(c.relname AS text) AS table_name, CAST(a.attname AS text) AS column_name, format_type(a.atttypid, NULL) AS kind \
             FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"
        }
        _ => {
            "SELECT m.name AS table_name, p.name AS column_name, p.type AS kind FROM sqlite_master m, pragma_table_info(m.name) p \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
    };
    database::read_all(database, &Sql::new(text)).await
}

/// Rest of the database beside the tables that are dumped: names of tables, and of columns as `table.column`.
pub(super) fn beside(tables: &[Table], present: &[Present]) -> BTreeSet<String> {
    let known = |column: &Present| {
        let table = tables.iter().find(|table| table.name == column.table_name)?;
        Some(table.columns.iter().any(|one| one.name == column.column_name))
    };
    let others = present
        .iter()
        .filter(|column| !NOT_DUMPED.contains(&column.table_name.as_str()));
    let named = others.filter_map(|column| match known(column) {
        None => Some(column.table_name.clone()),
        Some(false) => Some(format!("{}.{}", column.table_name, column.column_name)),
        Some(true) => None,
    });
    named.collect()
}

/// Tables that say which migrations were done, here and in the reference system, and the one of marks of change: triggers
/// write it while rows are loaded.
const NOT_DUMPED: [&str; 3] = ["seaql_migrations", "alembic_version", "dailies_mark"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_come_behind_those_that_they_refer_to() {
        let names: Vec<&str> = tables().iter().map(|table| table.name).collect();
        let at = |name: &str| names.iter().position(|known| *known == name).expect("a table");
        assert_eq!(names.len(), entity::TABLES.len() + TABLES_WITHOUT_ENTITY.len());
        for (first, second) in [
            ("person", "task"),
            ("project", "entity"),
            ("task", "comment"),
            ("person", "dailies_identity"),
            ("chat", "chat_message"),
        ] {
            assert!(at(first) < at(second), "{first} before {second}");
        }
    }

    #[test]
    fn tables_and_columns_of_others_are_named() {
        let column = |table: &str, column: &str| Present {
            table_name: table.into(),
            column_name: column.into(),
            kind: "text".into(),
        };
        let present = [
            column("person", "id"),
            column("person", "nickname"),
            column("plugin_x", "id"),
            column("seaql_migrations", "version"),
            column("dailies_mark", "amount"),
        ];
        let found: Vec<String> = beside(&tables(), &present).into_iter().collect();
        assert_eq!(found, ["person.nickname", "plugin_x"]);
    }
}
