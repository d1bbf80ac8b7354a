//! Writes rows of the listings with tasks by their layouts, as objects or as lists of values.

use entity::facts::Kind;
use sea_orm::{DbErr, QueryResult};

use super::layouts::{Cell, Field};
use crate::access::data_mask::Metadata;
use crate::access::plans::blank;
use crate::database::{SelectList, SelectedColumn, write_text};

/// Form of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RowForm {
    /// Objects.
    #[default]
    Plain,
    /// Lists of values, in the order of the layout's keys.
    Compact,
}

impl RowForm {
    /// Brackets around a row.
    pub(super) fn brackets(self) -> (u8, u8) {
        if self == Self::Plain {
            (b'{', b'}')
        } else {
            (b'[', b']')
        }
    }
}

/// Output for one key.
struct CellStep {
    /// The key with its quotes and colon; nothing in the compact form. A comma stands before it, but for the first.
    key: Vec<u8>,
    name: &'static str,
    /// Value that clients get, where they are not told the value of a task.
    blank: Option<&'static str>,
    action: Action,
}

#[derive(Clone, Copy)]
enum Action {
    Column(SelectedColumn, Kind, &'static str),
    Metadata(&'static str),
    MetadataField,
    Fixed(&'static str),
    Ids,
}

/// Writes rows of one layout.
pub(super) struct Writer {
    steps: Vec<CellStep>,
    /// True if the metadata has to be looked into.
    opens_metadata: bool,
    /// Brackets around a row.
    brackets: (u8, u8),
}

impl Writer {
    /// A writer of fields. The list of the query gets their columns.
    pub(super) fn new(fields: &[Field], list: &mut SelectList, form: RowForm) -> Self {
        let mut steps = Vec::with_capacity(fields.len());
        for (name, cell) in fields {
            let action = match cell {
                Cell::Column(sql, kind, null) => Action::Column(list.add(*sql), *kind, null),
                Cell::Metadata(null) => Action::Metadata(null),
                Cell::MetadataField => Action::MetadataField,
                Cell::Fixed(text) => Action::Fixed(text),
                Cell::Ids => Action::Ids,
            };
            let mut key = if steps.is_empty() { Vec::new() } else { vec![b','] };
            if form == RowForm::Plain {
                write_text(&mut key, name);
                key.push(b':');
            }
            steps.push(CellStep {
                key,
                name,
                blank: blank(name),
                action,
            });
        }
        let opens_metadata = steps.iter().any(|step| matches!(step.action, Action::MetadataField));
        Self {
            steps,
            opens_metadata,
            brackets: form.brackets(),
        }
    }

    /// Writes an entity up to its tasks, and says where its list of ids goes. `metadata` is its metadata as JSON.
    pub(super) fn write_entity(
        &self,
        out: &mut Vec<u8>,
        row: &QueryResult,
        metadata: &[u8],
        hidden: &[String],
    ) -> Result<usize, DbErr> {
        let mut fields = (self.opens_metadata || !hidden.is_empty()).then(|| Metadata::read(metadata));
        if let Some(fields) = &mut fields {
            fields.hide(hidden);
        }
        let mut gap = out.len();
        out.push(self.brackets.0);
        for step in &self.steps {
            out.extend_from_slice(&step.key);
            match step.action {
                Action::Column(column, kind, null) => write_column(out, row, column, kind, null)?,
                Action::Metadata(null) if metadata == b"null" => {
                    out.extend_from_slice(if hidden.is_empty() { null } else { "{}" }.as_bytes())
                }
                Action::Metadata(_) => match &fields {
                    Some(fields) if !hidden.is_empty() => fields.write(out),
                    _ => out.extend_from_slice(metadata),
                },
                Action::MetadataField => {
                    let value = fields
                        .as_ref()
                        .and_then(|fields| fields.get(step.name))
                        .unwrap_or("null");
                    out.extend_from_slice(value.as_bytes());
                }
                Action::Fixed(text) => out.extend_from_slice(text.as_bytes()),
                Action::Ids => gap = out.len(),
            }
        }
        Ok(gap)
    }

    /// Writes a task, and says where its assignees go. With `planless`, how it is planned is left out; so are the fields of its
    /// metadata that are `hidden`.
    pub(super) fn write_task(
        &self,
        out: &mut Vec<u8>,
        row: &QueryResult,
        planless: bool,
        hidden: &[String],
    ) -> Result<usize, DbErr> {
        let mut gap = out.len();
        out.push(self.brackets.0);
        for step in &self.steps {
            out.extend_from_slice(&step.key);
            match (step.action, step.blank.filter(|_| planless)) {
                (Action::Column(..), Some(blank)) => out.extend_from_slice(blank.as_bytes()),
                (Action::Column(column, ..), None) if step.name == "data" && !hidden.is_empty() => {
                    write_masked(out, row, column, hidden)?
                }
                (Action::Column(column, kind, null), None) => write_column(out, row, column, kind, null)?,
                _ => gap = out.len(),
            }
        }
        out.push(self.brackets.1);
        Ok(gap)
    }
}

fn write_masked(out: &mut Vec<u8>, row: &QueryResult, column: SelectedColumn, hidden: &[String]) -> Result<(), DbErr> {
    let mut text = Vec::new();
    column.write(&mut text, row, Kind::Json)?;
    let mut metadata = Metadata::read(&text);
    metadata.hide(hidden);
    metadata.write(out);
    Ok(())
}

fn write_column(
    out: &mut Vec<u8>,
    row: &QueryResult,
    column: SelectedColumn,
    kind: Kind,
    null: &str,
) -> Result<(), DbErr> {
    let start = out.len();
    column.write(out, row, kind)?;
    if null != "null" && &out[start..] == b"null" {
        out.truncate(start);
        out.extend_from_slice(null.as_bytes());
    }
    Ok(())
}
