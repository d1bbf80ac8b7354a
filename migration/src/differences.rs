//! The comparison of a PostgreSQL database with the schema that is expected, in plain sentences.

use std::collections::BTreeSet;

use crate::catalogue::{Catalogue, Column, ForeignKey, Index, OnDelete, Table};

/// Differences between a database and the schema that is expected, one sentence each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Parts that are missing or different, or would make writing fail.
    pub missing: Vec<String>,
    /// Parts that the database has on top, which does no harm. Our own tables and indexes do not count.
    pub additional: Vec<String>,
}

/// Compares a schema that is expected with the one of a PostgreSQL database.
///
/// Names of constraints and indexes do not matter, and neither does the order of columns.
#[must_use]
pub fn compare(expected: &Catalogue, found: &Catalogue) -> Differences {
    let mut differences = Differences::default();
    for (name, labels) in &expected.enums {
        differences.compare_enum(name, labels, found.enums.get(name));
    }
    for (name, table) in &expected.tables {
        match found.tables.get(name) {
            Some(other) => differences.compare_table(name, table, other),
            None => differences.miss(format!("The table `{name}` is missing.")),
        }
    }
    for name in found.tables.keys() {
        if !expected.tables.contains_key(name) && !ours(name) {
            differences.add(format!("The table `{name}` is additional."));
        }
    }
    differences
}

/// True if a table or index is one of our own.
fn ours(name: &str) -> bool {
    name == "seaql_migrations" || name.starts_with("dailies_")
}

impl Differences {
    fn miss(&mut self, sentence: String) {
        self.missing.push(sentence);
    }

    fn add(&mut self, sentence: String) {
        self.additional.push(sentence);
    }

    fn compare_enum(&mut self, name: &str, labels: &[String], found: Option<&Vec<String>>) {
        let Some(found) = found else {
            return self.miss(format!("The type `{name}` is missing."));
        };
        for label in labels {
            if !found.contains(label) {
                self.miss(format!("The type `{name}` lacks the value `{label}`."));
            }
        }
        for label in found {
            if !labels.contains(label) {
                self.add(format!("The type `{name}` has the additional value `{label}`."));
            }
        }
    }

    fn compare_table(&mut self, name: &str, expected: &Table, found: &Table) {
        self.compare_columns(name, &expected.columns, &found.columns);
        if expected.primary_key != found.primary_key {
            self.miss(format!(
                "The primary key of `{name}` is ({}) instead of ({}).",
                found.primary_key.join(", "),
                expected.primary_key.join(", "),
            ));
        }
        self.compare_foreign_keys(name, &expected.foreign_keys, &found.foreign_keys);
        self.compare_rules(name, &rules(expected), &rules(found));
        self.compare_indexes(name, expected, found);
    }

    fn compare_columns(&mut self, table: &str, expected: &[Column], found: &[Column]) {
        for column in expected {
            let place = format!("`{table}.{}`", column.name);
            let Some(other) = found.iter().find(|other| other.name == column.name) else {
                self.miss(format!("The column {place} is missing."));
                continue;
            };
            if column.kind != other.kind {
                self.miss(format!(
                    "The column {place} is `{}` instead of `{}`.",
                    other.kind, column.kind
                ));
            }
            match (column.nullable, other.nullable) {
                (true, false) => self.miss(format!("The column {place} does not allow null.")),
                (false, true) => self.miss(format!("The column {place} allows null.")),
                _ => {}
            }
        }
        for other in found {
            if expected.iter().any(|column| column.name == other.name) {
                continue;
            }
            let place = format!("`{table}.{}`", other.name);
            if other.nullable || other.filled {
                self.add(format!("The column {place} is additional."));
            } else {
                self.miss(format!("The additional column {place} must always be given."));
            }
        }
    }

    fn compare_foreign_keys(&mut self, table: &str, expected: &[ForeignKey], found: &[ForeignKey]) {
        let same =
            |one: &ForeignKey, other: &ForeignKey| one.column == other.column && one.references == other.references;
        let describe =
            |key: &ForeignKey| format!("The foreign key from `{table}.{}` to `{}`", key.column, key.references);
        for key in expected {
            match found.iter().find(|other| same(key, other)) {
                None => self.miss(format!("{} is missing.", describe(key))),
                Some(other) if other.on_delete != key.on_delete => self.miss(format!(
                    "{} {} instead of {}.",
                    describe(key),
                    effect(other.on_delete),
                    effect(key.on_delete),
                )),
                Some(_) => {}
            }
        }
        for other in found {
            if !expected.iter().any(|key| same(key, other)) {
                self.add(format!("{} is additional.", describe(other)));
            }
        }
    }

    fn compare_rules(&mut self, table: &str, expected: &BTreeSet<String>, found: &BTreeSet<String>) {
        for rule in expected.difference(found) {
            self.miss(format!("The {rule} on `{table}` is missing."));
        }
        for rule in found.difference(expected) {
            self.add(format!("The {rule} on `{table}` is additional."));
        }
    }

    /// Compares what makes reading fast. A longer index serves where a shorter one is expected, and one of all rows where
    /// one of some is.
    fn compare_indexes(&mut self, table: &str, expected: &Table, found: &Table) {
        let predicate = |index: &Index| index.predicate.as_deref().map(bare);
        let available: Vec<(&[String], Option<String>)> = found
            .indexes
            .iter()
            .map(|index| (index.columns.as_slice(), predicate(index)))
            .chain(found.unique.iter().map(|unique| (unique.columns.as_slice(), None)))
            .chain([(found.primary_key.as_slice(), None)])
            .collect();
        for index in expected.indexes.iter().filter(|index| !index.unique) {
            let serves = |(columns, rows): &(&[String], Option<String>)| {
                columns.starts_with(&index.columns) && (rows.is_none() || *rows == predicate(index))
            };
            if !available.iter().any(serves) {
                let columns = index.columns.join(", ");
                self.miss(format!("The index on `{table}` ({columns}) is missing."));
            }
        }
        for other in found.indexes.iter().filter(|index| !index.unique && !ours(&index.name)) {
            let known = |index: &Index| index.columns == other.columns && predicate(index) == predicate(other);
            if !expected.indexes.iter().any(known) {
                let columns = other.columns.join(", ");
                self.add(format!("The index on `{table}` ({columns}) is additional."));
            }
        }
    }
}

/// Rules that rows have to fulfil. A unique constraint and a unique index have the same effect, whatever the order of
/// their columns.
fn rules(table: &Table) -> BTreeSet<String> {
    let constraints = table.unique.iter().map(|unique| (&unique.columns, None));
    let indexes = table.indexes.iter().filter(|index| index.unique);
    let uniques = constraints
        .chain(indexes.map(|index| (&index.columns, index.predicate.as_deref())))
        .map(|(columns, predicate)| {
            let mut columns = columns.clone();
            columns.sort();
            let rule = format!("unique constraint ({})", columns.join(", "));
            predicate.map_or(rule.clone(), |predicate| format!("{rule} where `{}`", bare(predicate)))
        });
    let checks = table
        .checks
        .iter()
        .map(|check| format!("check `{}`", bare(&check.expression)));
    uniques.chain(checks).collect()
}

/// An expression without its parentheses, which PostgreSQL's releases set differently.
fn bare(expression: &str) -> String {
    expression.replace(['(', ')'], "")
}

fn effect(on_delete: OnDelete) -> &'static str {
    match on_delete {
        OnDelete::Refuse => "refuses deletion",
        OnDelete::Cascade => "deletes the row",
        OnDelete::SetNull => "sets null",
        OnDelete::SetDefault => "sets the default",
    }
}
