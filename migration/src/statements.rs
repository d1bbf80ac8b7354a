//! The statements that make the tables of a [`Catalogue`].
//!
//! Two things differ on SQLite. UUIDs are blobs of 16 bytes. JSON and arrays are text, whose type is `json_text` and not
//! `json`, since SQLite turns a bare number stored in a `json` column into a number of its own.

use sea_orm::{DbBackend, DbErr};

use crate::catalogue::{Catalogue, Column, ForeignKey, Index, OnDelete, Table};
use crate::unsupported;

impl Catalogue {
    /// The statements that make these tables, with their keys, checks and indexes, in an empty database. No column has a
    /// default, because the server gives them.
    ///
    /// # Errors
    /// It is neither PostgreSQL nor SQLite.
    pub fn statements(&self, backend: DbBackend) -> Result<String, DbErr> {
        let mut statements = Vec::new();
        match backend {
            DbBackend::Sqlite => {}
            DbBackend::Postgres => statements.extend(
                self.enums
                    .iter()
                    .map(|(name, labels)| format!("CREATE TYPE {name} AS ENUM ({})", words(labels))),
            ),
            other => return Err(unsupported(other)),
        }
        statements.extend(self.tables_of(backend));
        Ok(statements.join(";\n"))
    }

    /// The statements that make these tables in a PostgreSQL database that has others.
    pub(crate) fn postgres_statements(&self) -> Vec<String> {
        self.tables_of(DbBackend::Postgres)
    }

    fn tables_of(&self, backend: DbBackend) -> Vec<String> {
        let mut statements = Vec::new();
        for (name, table) in &self.tables {
            statements.push(self.table(backend, name, table));
            statements.extend(table.indexes.iter().map(|index| index.creation(name)));
        }
        // Tables refer to each other in circles, which SQLite does not mind.
        if backend == DbBackend::Postgres {
            for (name, table) in &self.tables {
                statements.extend(table.foreign_keys.iter().map(|key| key.addition(name)));
            }
        }
        statements
    }

    fn table(&self, backend: DbBackend, name: &str, table: &Table) -> String {
        let is_sqlite = backend == DbBackend::Sqlite;
        let mut lines: Vec<String> = Vec::new();
        for Column {
            name: column,
            kind,
            nullable,
            ..
        } in &table.columns
        {
            let kind = if is_sqlite {
                self.sqlite_type(kind)
            } else {
                kind.clone()
            };
            lines.push(format!("{column} {kind}{}", if *nullable { "" } else { " NOT NULL" }));
        }
        lines.push(format!(
            "CONSTRAINT {name}_pkey PRIMARY KEY ({})",
            table.primary_key.join(", ")
        ));
        lines.extend(
            table
                .unique
                .iter()
                .map(|unique| format!("CONSTRAINT {} UNIQUE ({})", unique.name, unique.columns.join(", "))),
        );
        for check in &table.checks {
            let expression = if is_sqlite {
                check.expression.replace("::double precision", "")
            } else {
                check.expression.clone()
            };
            lines.push(format!("CONSTRAINT {} CHECK ({expression})", check.name));
        }
        if is_sqlite {
            for Column { name: column, kind, .. } in &table.columns {
                lines.extend(self.enums.get(kind).map(|labels| {
                    format!(
                        "CONSTRAINT {name}_{column}_check CHECK ({column} IN ({}))",
                        words(labels)
                    )
                }));
            }
            lines.extend(table.foreign_keys.iter().map(foreign_key));
        }
        format!("CREATE TABLE {name} (\n    {}\n)", lines.join(",\n    "))
    }

    /// The type on SQLite for one of PostgreSQL.
    fn sqlite_type(&self, kind: &str) -> String {
        match kind {
            "uuid" | "bytea" => "blob",
            "jsonb" => "json_text",
            "double precision" => "double",
            "timestamp without time zone" => "datetime",
            _ if kind.ends_with("[]") => "json_text",
            _ if self.enums.contains_key(kind) => "text",
            _ => return kind.replace("character varying", "varchar"),
        }
        .to_owned()
    }
}

impl Index {
    /// The statement that makes it.
    pub(crate) fn creation(&self, table: &str) -> String {
        let unique = if self.unique { "UNIQUE " } else { "" };
        let condition = self
            .predicate
            .as_ref()
            .map_or_else(String::new, |predicate| format!(" WHERE {predicate}"));
        format!(
            "CREATE {unique}INDEX {} ON {table} ({}){condition}",
            self.name,
            self.columns.join(", ")
        )
    }
}

impl ForeignKey {
    /// The statement that adds it to a table that is there.
    pub(crate) fn addition(&self, table: &str) -> String {
        format!("ALTER TABLE {table} ADD {}", foreign_key(self))
    }
}

fn foreign_key(key: &ForeignKey) -> String {
    let on_delete = match key.on_delete {
        OnDelete::Refuse => "",
        OnDelete::Cascade => " ON DELETE CASCADE",
        OnDelete::SetNull => " ON DELETE SET NULL",
        OnDelete::SetDefault => " ON DELETE SET DEFAULT",
    };
    format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} (id){on_delete}",
        key.name, key.column, key.references
    )
}

fn words(words: &[String]) -> String {
    words
        .iter()
        .map(|word| format!("'{word}'"))
        .collect::<Vec<_>>()
        .join(", ")
}
