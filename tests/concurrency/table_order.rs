//! Order in which the tables of a sample are filled.

use std::collections::HashSet;

use entity::TABLES;
use entity::facts::{Column, Table};

/// Tables that are filled first, in this order, because other tables refer to them and they to each other.
const EARLY: [&str; 11] = [
    "studio",
    "person",
    "department",
    "entity_type",
    "preview_background_file",
    "project",
    "task_type",
    "task_status",
    "entity",
    "task",
    "comment",
];

/// Tables that nothing writes to but imports.
const EMPTY: [&str; 1] = ["data_import_error"];

/// The tables that are filled, each after those that it must refer to and, where that can be, after all others.
pub fn tables_in_order() -> Vec<&'static Table> {
    let mut order: Vec<&'static Table> = EARLY.iter().map(|name| Table::find(name).expect("a table")).collect();
    let mut left: Vec<&'static Table> = TABLES
        .iter()
        .copied()
        .filter(|table| !EARLY.contains(&table.name) && !EMPTY.contains(&table.name))
        .collect();
    while !left.is_empty() {
        let done: HashSet<&str> = order.iter().map(|table| table.name).collect();
        let ready = |table: &&'static Table, all: bool| {
            let waits = |column: &&Column| {
                column
                    .references
                    .is_some_and(|target| target != table.name && !done.contains(target))
            };
            !table
                .columns
                .iter()
                .any(|column| waits(&column) && (all || !column.nullable))
        };
        let place = left
            .iter()
            .position(|table| ready(table, true))
            .or_else(|| left.iter().position(|table| ready(table, false)));
        order.push(left.remove(place.expect("a table that waits for no other one")));
    }
    order
}
