//! Databases of the reference system: what is found before one is taken over, and the way back.

use sea_orm::{ConnectionTrait, DbErr};

use crate::catalogue::{Catalogue, Column, reference};
use crate::differences::{Differences, compare};
use crate::revision::{NEWEST, OLDEST, Revision, done, recorded, revisions, schema_at};

/// Consequences for a database of taking it over.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The revisions that the database says it has; none where nothing is recorded.
    pub recorded: Vec<String>,
    /// Differences: what is in the way, and what is there on top.
    pub found: Differences,
    /// Additions of newer releases, which this database does not have yet.
    pub additions: Vec<String>,
}

impl Plan {
    /// True if the database is that of the newest release which is taken over.
    #[must_use]
    pub fn is_newest(&self) -> bool {
        self.recorded == [NEWEST]
    }
}

/// Looks at a PostgreSQL database of the reference system, without changing it.
///
/// # Errors
/// The database cannot be read or is not PostgreSQL.
pub async fn plan(db: &impl ConnectionTrait) -> Result<Plan, DbErr> {
    let recorded = recorded(db).await?;
    let found = Catalogue::read(db).await?;
    let known = revisions()?;
    let is_unknown = |name: &&String| known.iter().all(|revision| revision.name != **name);
    if let Some(unknown) = recorded.iter().find(is_unknown) {
        let found = differences_at_unknown(unknown, &found)?;
        return Ok(Plan {
            recorded,
            found,
            additions: Vec::new(),
        });
    }
    let mut differences = compare(&schema_at(&recorded)?, &found);
    let newest = schema_at(&[NEWEST.to_owned()])?;
    for sentence in other_types(&newest, &found) {
        if !differences.missing.contains(&sentence) {
            differences.missing.push(sentence);
        }
    }
    // What the schema must have already is in the way, and not added.
    let is_in_the_way = |place: &str| {
        differences
            .missing
            .iter()
            .any(|sentence| sentence == &format!("T{} is missing.", &place[1..]))
    };
    let mut additions = lacking(&newest, &found);
    additions.retain(|place| !is_in_the_way(place));
    Ok(Plan {
        recorded,
        found: differences,
        additions,
    })
}

/// Differences of a database at a revision that this release does not know, from the schema that comes nearest. The first
/// sentence says where to go from there.
fn differences_at_unknown(unknown: &str, found: &Catalogue) -> Result<Differences, DbErr> {
    let oldest = reference()?;
    let (schema, advice) = if lacking(&oldest, found).is_empty() {
        let advice = "is not one of those that this release takes over: take it over with a newer release of Dailies";
        (schema_at(&[NEWEST.to_owned()])?, advice)
    } else {
        let advice = "is older than release 1.0.67: bring it to a release from 1.0.67 to 1.0.97 with the server that made it, and come back";
        (oldest, advice)
    };
    let mut differences = compare(&schema, found);
    differences
        .missing
        .insert(0, format!("The schema is at revision `{unknown}`, which {advice}."));
    Ok(differences)
}

/// Sentences about the columns that have another type in a database than in a schema.
fn other_types(schema: &Catalogue, found: &Catalogue) -> Vec<String> {
    let mut sentences = Vec::new();
    for (name, table) in &schema.tables {
        for column in &table.columns {
            if let Some(other) = column_of(found, name, &column.name)
                && other.kind != column.kind
            {
                sentences.push(format!(
                    "The column `{name}.{}` is `{}` instead of `{}`.",
                    column.name, other.kind, column.kind
                ));
            }
        }
    }
    sentences
}

/// Tables and columns of a schema that a database lacks.
fn lacking(schema: &Catalogue, found: &Catalogue) -> Vec<String> {
    let mut places = Vec::new();
    for (name, table) in &schema.tables {
        if !found.tables.contains_key(name) {
            places.push(format!("the table `{name}`"));
            continue;
        }
        for column in &table.columns {
            if column_of(found, name, &column.name).is_none() {
                places.push(format!("the column `{name}.{}`", column.name));
            }
        }
    }
    places
}

/// A column of a database.
fn column_of<'a>(found: &'a Catalogue, table: &str, name: &str) -> Option<&'a Column> {
    let table = found.tables.get(table)?;
    table.columns.iter().find(|column| column.name == name)
}

/// The statements that bring a PostgreSQL database, which may have some of it, to the schema and the rows that the
/// revisions up to these ones leave, as far as they are not recorded yet.
///
/// # Errors
/// The database cannot be read or is not PostgreSQL.
pub async fn statements_to(db: &impl ConnectionTrait, revision: &str) -> Result<Vec<String>, DbErr> {
    let found = Catalogue::read(db).await?;
    let known = revisions()?;
    let before = match recorded(db).await? {
        none if none.is_empty() => vec![OLDEST.to_owned()],
        recorded => recorded,
    };
    let (before, wanted) = (done(&known, &before), done(&known, &[revision.to_owned()]));
    let steps = known
        .iter()
        .filter(|step| wanted.contains(&step.name) && !before.contains(&step.name));
    Ok(steps.flat_map(|step| step.statements(&found)).collect())
}

impl Revision {
    /// The statements of this step, without what a database has.
    fn statements(&self, found: &Catalogue) -> Vec<String> {
        let new = |name: &str| !found.tables.contains_key(name);
        let made = self
            .tables
            .iter()
            .filter(|(name, _)| new(name))
            .map(|(name, table)| (name.clone(), table.clone()))
            .collect();
        let mut statements = Catalogue {
            enums: Default::default(),
            tables: made,
        }
        .postgres_statements();
        statements.extend(self.columns(found));
        statements.extend(self.foreign_keys(found));
        statements.extend(self.unique_constraints(found));
        statements.extend(self.indexes(found));
        statements.extend(self.rows.iter().cloned());
        statements
    }

    /// Statements for the columns that are missing.
    fn columns(&self, found: &Catalogue) -> Vec<String> {
        let mut statements = Vec::new();
        for (table, columns) in &self.columns {
            let there = |name: &str| {
                found
                    .tables
                    .get(table)
                    .is_some_and(|found| found.columns.iter().any(|column| column.name == name))
            };
            for column in columns.iter().filter(|column| !there(&column.name)) {
                let (name, kind) = (&column.name, &column.kind);
                let fill = self
                    .fill
                    .get(&format!("{table}.{name}"))
                    .map_or_else(String::new, |value| format!(" DEFAULT {value}"));
                let null = if column.nullable { "" } else { " NOT NULL" };
                statements.push(format!("ALTER TABLE {table} ADD COLUMN {name} {kind}{fill}{null}"));
                if !fill.is_empty() {
                    statements.push(format!("ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT"));
                }
            }
        }
        statements
    }

    /// Statements for the foreign keys that are missing, or do something else when a row is deleted.
    fn foreign_keys(&self, found: &Catalogue) -> Vec<String> {
        let mut statements = Vec::new();
        for (table, keys) in &self.foreign_keys {
            for key in keys {
                let old = found
                    .tables
                    .get(table)
                    .and_then(|found| found.foreign_keys.iter().find(|old| old.column == key.column));
                if old.is_some_and(|old| old.on_delete == key.on_delete) {
                    continue;
                }
                statements.extend(old.map(|old| format!("ALTER TABLE {table} DROP CONSTRAINT {}", old.name)));
                statements.push(key.addition(table));
            }
        }
        statements
    }

    /// Statements for the unique constraints that are missing.
    fn unique_constraints(&self, found: &Catalogue) -> Vec<String> {
        let mut statements = Vec::new();
        for (table, rules) in &self.unique {
            for rule in rules {
                let found = found.tables.get(table);
                if found.is_some_and(|found| found.unique.iter().any(|other| other.columns == rule.columns)) {
                    continue;
                }
                let name = &rule.name;
                let how = match found.and_then(|found| found.indexes.iter().find(|index| index.name == *name)) {
                    Some(_) => format!("USING INDEX {name}"),
                    None => format!("({})", rule.columns.join(", ")),
                };
                statements.push(format!("ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE {how}"));
            }
        }
        statements
    }

    /// Statements for the indexes that are missing.
    fn indexes(&self, found: &Catalogue) -> Vec<String> {
        let mut statements = Vec::new();
        for (table, indexes) in &self.indexes {
            let there = |name: &str| {
                found
                    .tables
                    .get(table)
                    .is_some_and(|found| found.indexes.iter().any(|index| index.name == name))
            };
            statements.extend(
                indexes
                    .iter()
                    .filter(|index| !there(&index.name))
                    .map(|index| index.creation(table)),
            );
        }
        statements
    }
}
