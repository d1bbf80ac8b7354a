//! Collections that are their table and nothing else: each is one line in the list of collections.

use entity::facts::Table;

use super::{Relation, Resource};

/// A collection whose rules the contract and the table say.
pub struct Plain {
    table: &'static Table,
    type_name: &'static str,
    relations: &'static [Relation],
    protected: &'static [&'static str],
}

impl Plain {
    /// The rows of a table, with the `type` that they have.
    #[must_use]
    pub const fn of(table: &'static Table, type_name: &'static str) -> Self {
        Self {
            table,
            type_name,
            relations: &[],
            protected: &[],
        }
    }

    /// The same with relations to many.
    #[must_use]
    pub const fn with(mut self, relations: &'static [Relation]) -> Self {
        self.relations = relations;
        self
    }

    /// The same with columns that keep their first value, besides those that always do.
    #[must_use]
    pub const fn keeping(mut self, columns: &'static [&'static str]) -> Self {
        self.protected = columns;
        self
    }
}

impl Resource for Plain {
    fn table(&self) -> &'static Table {
        self.table
    }

    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn relations(&self) -> &'static [Relation] {
        self.relations
    }

    fn protected(&self) -> &'static [&'static str] {
        self.protected
    }
}
