//! Tables and columns as the generic handlers see them, read from the sea-orm entities.

use std::ops::Deref;
use std::sync::LazyLock;

use sea_orm::sea_query::{SimpleExpr, StringLen};
use sea_orm::{ColumnTrait, ColumnType, EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn, RelationTrait, Value};

use crate::TABLES;

/// A table of the database. Its [`Definition`] is read from the entity at first use.
#[derive(Debug)]
pub struct Table(LazyLock<Definition>);

impl Table {
    /// The table of an entity that says everything in its attributes.
    pub(crate) const fn of<E: EntityTrait>() -> Self {
        Self::new(Definition::of::<E>)
    }

    /// The table of an entity that has something to add, see [`Definition`].
    pub(crate) const fn new(define: fn() -> Definition) -> Self {
        Self(LazyLock::new(define))
    }

    /// The table of that name, if it belongs to the reference schema.
    pub fn find(name: &str) -> Option<&'static Table> {
        let index = TABLES.binary_search_by_key(&name, |table| table.name).ok()?;
        TABLES.get(index).copied()
    }
}

impl Deref for Table {
    type Target = Definition;

    fn deref(&self) -> &Definition {
        &self.0
    }
}

/// Name, columns and key of a table, as its entity states them.
///
/// Attributes of the entity give names, types, nullability, defaults (`default_value`) and foreign keys (`belongs_to`).
/// sea-orm has no attribute for the words that a text is limited to, nor for a default that is a list or a setting of the
/// server, nor for an id without a foreign key: these are added with [`choices`](Self::choices), [`default`](Self::default)
/// and [`names`](Self::names).
#[derive(Debug)]
pub struct Definition {
    pub name: &'static str,
    /// In the order of their keys in answers.
    pub columns: Vec<Column>,
    /// Names of the columns that identify a row.
    pub primary_key: Vec<&'static str>,
}

impl Definition {
    /// Reads the definition of an entity.
    pub(crate) fn of<E: EntityTrait>() -> Self {
        let mut columns: Vec<Column> = E::Column::iter().map(Column::of).collect();
        for relation in E::Relation::iter() {
            let relation = relation.def();
            let target: &'static str = relation.to_tbl.sea_orm_table().to_string().leak();
            let pointing = |column: &&mut Column| relation.from_col.iter().any(|name| name.to_string() == column.name);
            columns
                .iter_mut()
                .filter(pointing)
                .for_each(|column| column.references = Some(target));
        }
        let primary_key = E::PrimaryKey::iter().map(|key| key.into_column().as_str()).collect();
        Self {
            name: E::default().table_name(),
            columns,
            primary_key,
        }
    }

    /// Limits a column, or each item of its list, to some words.
    pub(crate) fn choices(self, column: impl ColumnTrait, choices: &'static [&'static str]) -> Self {
        self.change(column, |column| column.choices = choices)
    }

    /// Sets the default of a column.
    pub(crate) fn default(self, column: impl ColumnTrait, default: Default) -> Self {
        self.change(column, |column| column.default = default)
    }

    /// Says whose `id` a column without a foreign key holds: that of a row of one of these tables.
    pub(crate) fn names(self, column: impl ColumnTrait, tables: &'static [&'static str]) -> Self {
        self.change(column, |column| column.names = tables)
    }

    fn change(mut self, column: impl ColumnTrait, change: impl Fn(&mut Column)) -> Self {
        self.columns
            .iter_mut()
            .filter(|one| one.name == column.as_str())
            .for_each(change);
        self
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// True if null can be stored.
    pub nullable: bool,
    /// Stored when a new row gives nothing or null.
    pub default: Default,
    /// Words that the column, or each item of an array, is limited to; empty when it is free.
    pub choices: &'static [&'static str],
    /// Table whose `id` the column holds, where the database enforces it.
    pub references: Option<&'static str>,
    /// Tables one of whose `id`s the column holds, where the database does not enforce it.
    pub names: &'static [&'static str],
}

impl Column {
    /// Reads the definition of a column of an entity.
    fn of(column: impl ColumnTrait) -> Self {
        let (name, definition) = (column.as_str(), column.def());
        let kind = Kind::of(definition.get_column_type());
        let choices = choices(definition.get_column_type());
        let default = match definition.get_column_default() {
            Some(SimpleExpr::Value(value)) => Default::of(value),
            Some(other) => panic!("default of the column {name}: {other:?}"),
            None => Default::usual(name),
        };
        Self {
            name,
            kind,
            nullable: definition.is_null(),
            default,
            choices,
            references: None,
            names: &[],
        }
    }

    /// The tables one of whose rows the column means; none where it holds no reference.
    #[must_use]
    pub fn targets(&self) -> &[&'static str] {
        match &self.references {
            Some(table) => std::slice::from_ref(table),
            None => self.names,
        }
    }

    /// True if the column holds the `id` of another row.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        !self.targets().is_empty()
    }
}

/// Kind of the values of a column.
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
    /// Reads the type of a column.
    fn of(column: &ColumnType) -> Self {
        match column {
            ColumnType::Uuid => Self::Uuid,
            ColumnType::String(StringLen::N(max)) => Self::Text {
                max: u16::try_from(*max).ok(),
            },
            ColumnType::Text | ColumnType::Enum { .. } => Self::Text { max: None },
            ColumnType::Boolean => Self::Bool,
            ColumnType::Integer => Self::Integer,
            ColumnType::BigInteger => Self::BigInteger,
            ColumnType::Double => Self::Float,
            ColumnType::DateTime => Self::DateTime,
            ColumnType::Date => Self::Date,
            ColumnType::JsonBinary => Self::Json,
            ColumnType::VarBinary(_) => Self::Bytes,
            ColumnType::Array(item) => match **item {
                ColumnType::String(_) => Self::TextArray,
                ColumnType::Json => Self::JsonArray,
                ColumnType::VarBinary(_) => Self::BytesArray,
                ref other => panic!("type of a column: array of {other:?}"),
            },
            other => panic!("type of a column: {other:?}"),
        }
    }
}

/// Words of a type that the database itself limits to some.
fn choices(column: &ColumnType) -> &'static [&'static str] {
    let ColumnType::Enum { variants, .. } = column else {
        return &[];
    };
    variants
        .iter()
        .map(|word| &*word.to_string().leak())
        .collect::<Vec<_>>()
        .leak()
}

/// Value of a column where the creator of a row gave nothing or null; the database itself has no defaults.
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

impl Default {
    /// Reads the `default_value` of a column.
    fn of(value: &Value) -> Self {
        match value {
            Value::Bool(Some(value)) => Self::Bool(*value),
            Value::Int(Some(value)) => Self::Integer(i64::from(*value)),
            Value::Double(Some(value)) => Self::Float(*value),
            Value::String(Some(value)) => Self::Text(value.clone().leak()),
            other => panic!("default of a column: {other:?}"),
        }
    }

    /// The default of a column that states none: `id`, `created_at` and `updated_at` mean the same in every table.
    fn usual(column: &str) -> Self {
        match column {
            "id" => Self::NewUuid,
            "created_at" | "updated_at" => Self::Now,
            _ => Self::None,
        }
    }
}
