//! The description of a PostgreSQL schema: the one we expect, and the one a database has.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Statement};
use serde::Deserialize;

/// Tables of the current schema that do not come from an extension.
pub(crate) const TABLES: &str = "
    SELECT t.relname::text AS name
    FROM pg_class t
    WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p')
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e')
    ORDER BY 1";

const ENUMS: &str = "
    SELECT t.typname::text AS name, e.enumlabel::text AS label
    FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid
    WHERE t.typnamespace = current_schema()::regnamespace
    ORDER BY t.typname, e.enumsortorder";

const COLUMNS: &str = "
    SELECT t.relname::text AS table_name, a.attname::text AS name,
           format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
           a.atthasdef OR a.attidentity <> '' AS filled
    FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid
    WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p')
      AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY t.relname, a.attnum";

/// Primary keys, foreign keys, unique constraints and checks.
const CONSTRAINTS: &str = "
    SELECT t.relname::text AS table_name, c.conname::text AS name, c.contype::text AS kind,
           ARRAY(SELECT a.attname::text
                 FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
                 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
                 ORDER BY k.place) AS columns,
           r.relname::text AS referenced, c.confdeltype::text AS on_delete,
           pg_get_expr(c.conbin, c.conrelid, true) AS expression
    FROM pg_constraint c
    JOIN pg_class t ON t.oid = c.conrelid
    LEFT JOIN pg_class r ON r.oid = c.confrelid
    WHERE t.relnamespace = current_schema()::regnamespace AND c.contype IN ('p', 'f', 'u', 'c')
    ORDER BY t.relname, c.conname";

/// Indexes that no constraint stands behind. An invalid one, left by a failed build, is as good as
/// none.
const INDEXES: &str = "
    SELECT t.relname::text AS table_name, i.relname::text AS name, x.indisunique AS is_unique,
           ARRAY(SELECT pg_get_indexdef(x.indexrelid, place, true)
                 FROM generate_series(1, x.indnkeyatts::integer) AS place
                 ORDER BY place) AS columns,
           pg_get_expr(x.indpred, x.indrelid, true) AS predicate
    FROM pg_index x
    JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_class i ON i.oid = x.indexrelid
    WHERE t.relnamespace = current_schema()::regnamespace AND x.indisvalid
      AND NOT EXISTS (SELECT FROM pg_constraint c
                      WHERE c.conindid = x.indexrelid AND c.contype IN ('p', 'u', 'x'))
    ORDER BY t.relname, i.relname";

/// The tables and enum types of a schema, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Catalogue {
    /// Labels of each enum type.
    pub enums: BTreeMap<String, Vec<String>>,
    pub tables: BTreeMap<String, Table>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Table {
    pub columns: Vec<Column>,
    pub primary_key: Vec<String>,
    pub foreign_keys: Vec<ForeignKey>,
    /// Unique constraints; unique indexes are among the indexes.
    pub unique: Vec<Unique>,
    /// Indexes other than those of constraints.
    pub indexes: Vec<Index>,
    pub checks: Vec<Check>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Column {
    pub name: String,
    /// As PostgreSQL spells it, such as `character varying(80)`.
    #[serde(rename = "type")]
    pub kind: String,
    pub nullable: bool,
    /// True if the database fills it when a new row leaves it out.
    #[serde(default)]
    pub filled: bool,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ForeignKey {
    pub name: String,
    /// The column that points; several are joined by `, `.
    pub column: String,
    /// The table that it points to.
    pub references: String,
    #[serde(default)]
    pub on_delete: OnDelete,
}

/// Fate of a row when the one that it points to is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// The deletion fails.
    #[default]
    Refuse,
    /// The row is deleted too.
    Cascade,
    /// The column becomes null.
    SetNull,
    /// The column gets its default.
    SetDefault,
}

/// A unique constraint.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Unique {
    pub name: String,
    pub columns: Vec<String>,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Index {
    pub name: String,
    /// Names of columns, or expressions.
    pub columns: Vec<String>,
    #[serde(default)]
    pub unique: bool,
    /// Condition on the rows that it covers, if not all.
    #[serde(default, rename = "where")]
    pub predicate: Option<String>,
}

/// A check on the values of a row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Check {
    pub name: String,
    /// As PostgreSQL spells it.
    pub expression: String,
}

/// The schema of the reference system.
///
/// # Errors
/// Never in a tested build: the description is part of the program.
pub fn reference() -> Result<Catalogue, DbErr> {
    serde_json::from_str(include_str!("schema/reference.json")).map_err(|error| DbErr::Json(error.to_string()))
}

#[derive(FromQueryResult)]
struct TableRow {
    name: String,
}

#[derive(FromQueryResult)]
struct EnumRow {
    name: String,
    label: String,
}

#[derive(FromQueryResult)]
struct ColumnRow {
    table_name: String,
    name: String,
    r#type: String,
    nullable: bool,
    filled: bool,
}

#[derive(FromQueryResult)]
struct ConstraintRow {
    table_name: String,
    name: String,
    kind: String,
    columns: Vec<String>,
    referenced: Option<String>,
    on_delete: String,
    expression: Option<String>,
}

#[derive(FromQueryResult)]
struct IndexRow {
    table_name: String,
    name: String,
    is_unique: bool,
    columns: Vec<String>,
    predicate: Option<String>,
}

impl Catalogue {
    /// Reads the description of the current schema of a PostgreSQL database.
    ///
    /// # Errors
    /// The database cannot be read or is not PostgreSQL.
    pub async fn read(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let mut catalogue = Self::default();
        for row in rows::<TableRow>(db, TABLES).await? {
            catalogue.tables.insert(row.name, Table::default());
        }
        for row in rows::<EnumRow>(db, ENUMS).await? {
            catalogue.enums.entry(row.name).or_default().push(row.label);
        }
        for row in rows::<ColumnRow>(db, COLUMNS).await? {
            if let Some(table) = catalogue.tables.get_mut(&row.table_name) {
                table.columns.push(Column {
                    name: row.name,
                    kind: row.r#type,
                    nullable: row.nullable,
                    filled: row.filled,
                });
            }
        }
        for row in rows::<ConstraintRow>(db, CONSTRAINTS).await? {
            if let Some(table) = catalogue.tables.get_mut(&row.table_name) {
                table.add_constraint(row);
            }
        }
        for row in rows::<IndexRow>(db, INDEXES).await? {
            if let Some(table) = catalogue.tables.get_mut(&row.table_name) {
                table.indexes.push(Index {
                    name: row.name,
                    columns: row.columns,
                    unique: row.is_unique,
                    predicate: row.predicate,
                });
            }
        }
        Ok(catalogue)
    }
}

impl Table {
    fn add_constraint(&mut self, row: ConstraintRow) {
        match (row.kind.as_str(), row.referenced, row.expression) {
            ("p", _, _) => self.primary_key = row.columns,
            ("u", _, _) => self.unique.push(Unique {
                name: row.name,
                columns: row.columns,
            }),
            ("f", Some(references), _) => self.foreign_keys.push(ForeignKey {
                name: row.name,
                column: row.columns.join(", "),
                references,
                on_delete: match row.on_delete.as_str() {
                    "c" => OnDelete::Cascade,
                    "n" => OnDelete::SetNull,
                    "d" => OnDelete::SetDefault,
                    _ => OnDelete::Refuse,
                },
            }),
            ("c", _, Some(expression)) => self.checks.push(Check {
                name: row.name,
                expression,
            }),
            _ => {}
        }
    }
}

async fn rows<T: FromQueryResult>(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<T>, DbErr> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Err(DbErr::BackendNotSupported {
            db: db.get_database_backend().as_str(),
            ctx: "catalogue",
        });
    }
    db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await?
        .iter()
        .map(|row| T::from_query_result(row, ""))
        .collect()
}
