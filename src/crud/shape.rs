//! Keys of answers: columns of a table, relations, records that are carried whole, and keys that are no columns.

use entity::facts::{Column, Kind, Table};

/// A relation to many: rows of `table` whose column `own` holds the record's id; `other` is the id that is answered.
#[derive(Clone, Copy, Debug)]
pub struct Relation {
    /// Key in answers and bodies.
    pub name: &'static str,
    pub table: &'static Table,
    pub own: &'static str,
    pub other: &'static str,
    /// True if a body may set it.
    pub writable: bool,
    /// True if the rows are nothing but links, which go with the record; otherwise they are records of their own.
    pub links: bool,
}

impl Relation {
    /// A relation by a link table.
    #[must_use]
    pub const fn links(name: &'static str, table: &'static Table, own: &'static str, other: &'static str) -> Self {
        Self {
            name,
            table,
            own,
            other,
            writable: true,
            links: true,
        }
    }

    /// Records of another table that name this one, and keep it from being deleted.
    #[must_use]
    pub const fn children(name: &'static str, table: &'static Table, own: &'static str) -> Self {
        Self {
            name,
            table,
            own,
            other: "id",
            writable: false,
            links: false,
        }
    }

    /// Records of another table that may name this one: a body may give it others, and they forget it when it goes.
    #[must_use]
    pub const fn belongings(name: &'static str, table: &'static Table, own: &'static str) -> Self {
        Self {
            name,
            table,
            own,
            other: "id",
            writable: true,
            links: false,
        }
    }
}

/// A record of another table that answers carry whole, and bodies can't set.
#[derive(Clone, Copy, Debug)]
pub struct Nested {
    pub key: &'static str,
    /// The column that holds its id.
    pub column: &'static str,
    pub table: &'static Table,
    /// Its `type`.
    pub type_name: &'static str,
}

/// A key of answers that is no column.
#[derive(Clone, Copy, Debug)]
pub struct Extra {
    pub key: &'static str,
    /// SQL expression over the row, which is called `t`.
    pub expression: &'static str,
    pub kind: Kind,
}

/// The keys of an answer.
#[derive(Clone, Debug)]
pub struct Shape {
    pub columns: Vec<&'static Column>,
    pub extras: Vec<Extra>,
    pub relations: Vec<&'static Relation>,
    pub nested: Vec<&'static Nested>,
    /// True if relations are there as empty lists when they are not asked for.
    pub keeps_relations: bool,
}

impl Shape {
    /// Keeps only these keys.
    pub fn keep(&mut self, keys: &[&str]) {
        self.columns.retain(|column| keys.contains(&column.name));
        self.extras.retain(|extra| keys.contains(&extra.key));
        self.relations.retain(|relation| keys.contains(&relation.name));
        self.nested.retain(|nested| keys.contains(&nested.key));
    }
}
