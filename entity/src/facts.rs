//! What the generic handlers need to know of tables and columns beyond their sea-orm definition.

use crate::TABLES;

/// A table with its columns in the order of their keys in answers.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [Column],
    /// Names of the columns that identify a row.
    pub primary_key: &'static [&'static str],
}

impl Table {
    /// The table of that name, if it belongs to the reference schema.
    pub fn find(name: &str) -> Option<&'static Table> {
        let index = TABLES.binary_search_by_key(&name, |table| table.name).ok()?;
        TABLES.get(index)
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// Whether null can be stored.
    pub nullable: bool,
    /// What is stored when a new row gives nothing or null.
    pub default: Default,
    /// Words that the column, or each item of an array, is limited to; empty when it is free.
    pub choices: &'static [&'static str],
    /// Table whose `id` the column holds, where the database enforces it.
    pub references: Option<&'static str>,
    /// Tables one of whose `id`s the column holds, where the database does not enforce it.
    pub names: &'static [&'static str],
}

impl Column {
    /// Sets what is stored when nothing is given.
    pub(crate) const fn default(mut self, default: Default) -> Self {
        self.default = default;
        self
    }

    /// Limits the column to some words.
    pub(crate) const fn choices(mut self, choices: &'static [&'static str]) -> Self {
        self.choices = choices;
        self
    }

    /// Makes it a foreign key to the `id` of a table.
    pub(crate) const fn references(mut self, table: &'static str) -> Self {
        self.references = Some(table);
        self
    }

    /// Makes it hold the `id` of a row of one of these tables, without a foreign key.
    pub(crate) const fn names(mut self, tables: &'static [&'static str]) -> Self {
        self.names = tables;
        self
    }

    /// The tables one of whose rows the column means; none where it holds no reference.
    #[must_use]
    pub fn targets(&self) -> &[&'static str] {
        match &self.references {
            Some(table) => std::slice::from_ref(table),
            None => self.names,
        }
    }

    /// Whether the column holds the `id` of another row.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        !self.targets().is_empty()
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Uuid,
    /// At most `max` characters.
    Text {
        max: Option<u16>,
    },
    Bool,
    /// 32 bits.
    Integer,
    /// 64 bits.
    BigInteger,
    /// 64 bits; always has a decimal point in answers.
    Float,
    /// UTC without a zone, to the microsecond.
    DateTime,
    Date,
    Json,
    /// UTF-8 in practice.
    Bytes,
    TextArray,
    JsonArray,
    BytesArray,
}

impl Kind {
    /// Text of any length.
    pub(crate) const TEXT: Kind = Kind::Text { max: None };

    /// Text of at most `max` characters.
    pub(crate) const fn text(max: u16) -> Kind {
        Kind::Text { max: Some(max) }
    }
}

/// What a new row gets where its creator gave nothing or null; the database itself has no defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// Null.
    None,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(&'static str),
    /// An empty JSON list.
    EmptyList,
    TextList(&'static [&'static str]),
    /// The timezone that the server is set up with.
    Timezone,
    /// The locale that the server is set up with.
    Locale,
    /// A random UUID.
    NewUuid,
    /// The current time in UTC.
    Now,
}

/// A column that must hold a value.
pub(crate) const fn required(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: false, default: Default::None, choices: &[], references: None, names: &[] }
}

/// A column that can hold null.
pub(crate) const fn optional(name: &'static str, kind: Kind) -> Column {
    let mut column = required(name, kind);
    column.nullable = true;
    column
}

/// The `id` column that nearly every table has.
pub(crate) const ID: Column = required("id", Kind::Uuid).default(Default::NewUuid);

/// When the row was made.
pub(crate) const CREATED_AT: Column = optional("created_at", Kind::DateTime).default(Default::Now);

/// When the row was last written; moves with every update.
pub(crate) const UPDATED_AT: Column = optional("updated_at", Kind::DateTime).default(Default::Now);
