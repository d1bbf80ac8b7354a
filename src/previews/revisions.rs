//! Revisions: previews by task type and number, as lists of previews and players tell them.

use std::collections::{HashMap, HashSet};

use entity::facts::{Column, Kind};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::access::previews::OfEntities;
use crate::database::dialect::json_of;
use crate::database::{self, Field, RowWriter, Sql, write_column, write_uuid};

/// Keys that are repeated beside an entity whose preview is shown, first among the keys of every form.
const SHOWN: [&str; 6] = ["extension", "revision", "width", "height", "duration", "status"];

/// Keys that are told of each preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewForm {
    /// All that a list of previews tells, with what was drawn and what is known of the file that was sent. The work of each
    /// task is told apart, the preview that was added first before the others.
    Listed,
    /// Keys that a player needs; the status as a word to show.
    Played,
    /// The same with what was drawn.
    Drawn,
}

impl PreviewForm {
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Listed => &["task_id", "annotations", "id", "created_at", "original_name"],
            Self::Played => &["task_id", "id", "created_at"],
            Self::Drawn => &["task_id", "annotations", "id", "created_at"],
        }
    }

    /// Number of keys of this form, behind [`SHOWN`], that are repeated as well.
    fn repeated(self) -> usize {
        match self {
            Self::Listed => 0,
            Self::Played => 1,
            Self::Drawn => 2,
        }
    }

    fn columns(self) -> impl Iterator<Item = &'static Column> {
        SHOWN
            .iter()
            .chain(self.keys())
            .filter_map(|name| entity::preview_file::TABLE.column(name))
    }

    fn select(self) -> String {
        let columns = self.columns().map(|column| match column.name {
            name @ ("width" | "height") => format!("COALESCE(p.{name}, 0)"),
            "duration" => "COALESCE(p.duration, 0.0)".to_owned(),
            "status" if self != Self::Listed => "UPPER(SUBSTR(p.status, 1, 1)) || SUBSTR(p.status, 2)".to_owned(),
            name => format!("p.\"{name}\""),
        });
        columns.collect::<Vec<_>>().join(", ")
    }

    /// Order of the previews of a revision number.
    fn order(self) -> &'static str {
        match self {
            Self::Listed => "t.created_at, t.id, p.created_at, p.id",
            Self::Played | Self::Drawn => "COALESCE(p.position, 0), p.created_at, p.id",
        }
    }
}

/// Revisions that are wanted.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// Those of the tasks of entities, as far as lists show them.
    OfEntities(&'a [Uuid], &'a OfEntities),
    /// Those that hold previews.
    With(&'a [Uuid]),
}

/// Previews whose keys are needed beside an entity.
#[derive(Clone, Copy, Debug)]
pub enum PreviewChoice<'a> {
    None,
    /// The first of each revision.
    Firsts,
    These(&'a HashSet<Uuid>),
}

impl PreviewChoice<'_> {
    /// True if it takes in a preview, which may be the first of its revision.
    fn takes(&self, id: Uuid, is_first: bool) -> bool {
        match self {
            Self::None => false,
            Self::Firsts => is_first,
            Self::These(ids) => ids.contains(&id),
        }
    }

    /// Previews that are shown one by one.
    fn named(&self) -> Vec<Uuid> {
        match self {
            Self::These(ids) => ids.iter().copied().collect(),
            Self::None | Self::Firsts => Vec::new(),
        }
    }
}

/// A revision of the work on an entity.
#[derive(Clone, Debug)]
pub struct Revision {
    pub task_type_id: Uuid,
    pub task_id: Uuid,
    /// The first of its previews.
    pub id: Uuid,
    number: Option<i32>,
    /// Keys of the first preview, without braces.
    first: Vec<u8>,
    /// The other previews as JSON objects with commas between them.
    others: Vec<u8>,
    /// Keys beside an entity: `"preview_file_width":1920` and so on, by preview.
    shown: Vec<(Uuid, Vec<u8>)>,
}

impl Revision {
    /// Writes `,"preview_file_width":1920` and so on for one of its previews.
    pub fn write_shown(&self, out: &mut Vec<u8>, preview_id: Uuid) {
        let Some((_, text)) = self.shown.iter().find(|(id, _)| *id == preview_id) else {
            return;
        };
        out.push(b',');
        out.extend_from_slice(text);
        out.extend_from_slice(b",\"preview_file_previews\":[");
        if preview_id == self.id {
            out.extend_from_slice(&self.others);
        }
        out.push(b']');
    }

    /// True if it has the keys of that preview.
    #[must_use]
    pub fn shows(&self, preview_id: Uuid) -> bool {
        self.shown.iter().any(|(id, _)| *id == preview_id)
    }
}

/// Revisions as JSON: `{task type: [{first of a revision, "previews": [the others]}]}`, in their order.
#[must_use]
pub fn by_task_type(revisions: &[Revision]) -> Vec<u8> {
    let mut out = vec![b'{'];
    let mut open = None;
    for revision in revisions {
        if open == Some(revision.task_type_id) {
            out.push(b',');
        } else {
            out.extend_from_slice(if open.is_some() { b"]," } else { b"" });
            write_uuid(&mut out, revision.task_type_id);
            out.extend_from_slice(b":[");
            open = Some(revision.task_type_id);
        }
        out.push(b'{');
        out.extend_from_slice(&revision.first);
        out.extend_from_slice(b",\"previews\":[");
        out.extend_from_slice(&revision.others);
        out.extend_from_slice(b"]}");
    }
    out.extend_from_slice(if open.is_some() { b"]}" } else { b"}" });
    out
}

/// Revisions by the id of the entity; those of the task type that comes first in the pipeline first, and of a task type the
/// highest number first.
///
/// # Errors
/// The database does not answer.
pub async fn find(
    connection: &impl ConnectionTrait,
    which: Which<'_>,
    form: PreviewForm,
    shown: PreviewChoice<'_>,
) -> Result<HashMap<Uuid, Vec<Revision>>, DbErr> {
    let mut sql = Sql::new(format!(
        "SELECT {}, p.position AS place, {} AS facts, p.id AS preview_id, p.revision AS number, t.id AS of_task, t.task_type_id AS of_type, \
         t.entity_id AS of_entity FROM preview_file p JOIN task t ON t.id = p.task_id JOIN task_type k ON k.id = t.task_type_id WHERE ",
        form.select(),
        if form == PreviewForm::Listed { "p.data" } else { "NULL" },
    ));
    match which {
        Which::OfEntities(ids, listed) => {
            sql.push("t.entity_id").among(ids);
            listed.restrict(&mut sql, &shown.named());
        }
        Which::With(ids) => {
            sql.push(
                "EXISTS (SELECT 1 FROM preview_file q WHERE q.task_id = p.task_id AND q.revision IS NOT DISTINCT FROM p.revision AND q.id",
            )
            .among(ids);
            sql.push(") AND p.task_id IN (SELECT q.task_id FROM preview_file q WHERE q.id")
                .among(ids)
                .push(")");
        }
    }
    sql.push(" ORDER BY COALESCE(k.priority, 0) DESC, k.name, k.id, p.revision DESC, ")
        .push(form.order());
    let mut reading = RevisionReader::new(form, shown);
    for row in database::rows(connection, &sql).await? {
        reading.add(&row)?;
    }
    Ok(reading.found)
}

/// Puts rows together into revisions.
struct RevisionReader<'a> {
    form: PreviewForm,
    wanted: PreviewChoice<'a>,
    whole: RowWriter,
    /// Writes the keys that stand beside an entity.
    shown: RowWriter,
    found: HashMap<Uuid, Vec<Revision>>,
}

impl<'a> RevisionReader<'a> {
    fn new(form: PreviewForm, wanted: PreviewChoice<'a>) -> Self {
        let whole = RowWriter::new(form.columns().map(Field::from));
        let repeated = form.columns().take(SHOWN.len() + form.repeated());
        let shown =
            RowWriter::new(repeated.map(|column| Field::new(format!("preview_file_{}", column.name), column.kind)));
        Self {
            form,
            wanted,
            whole,
            shown,
            found: HashMap::new(),
        }
    }

    fn add(&mut self, row: &QueryResult) -> Result<(), DbErr> {
        let Some(entity_id) = row.try_get::<Option<Uuid>>("", "of_entity")? else {
            return Ok(());
        };
        let id: Uuid = row.try_get("", "preview_id")?;
        let (task_id, task_type_id): (Uuid, Uuid) = (row.try_get("", "of_task")?, row.try_get("", "of_type")?);
        let number: Option<i32> = row.try_get("", "number")?;
        let by_task = self.form == PreviewForm::Listed;
        let revisions = self.found.entry(entity_id).or_default();
        let same = |last: &Revision| {
            last.task_type_id == task_type_id && last.number == number && (!by_task || last.task_id == task_id)
        };
        let is_first = !revisions.last().is_some_and(same);
        let text = if self.wanted.takes(id, is_first) {
            Some(beside_entity(&self.shown, self.form, row)?)
        } else {
            None
        };
        let mut told = Vec::with_capacity(512);
        self.whole.write(&mut told, row)?;
        if by_task {
            write_upload_facts(&mut told, row)?;
        }
        if is_first {
            let shown = text.map(|text| (id, text)).into_iter().collect();
            revisions.push(Revision {
                task_type_id,
                task_id,
                id,
                number,
                first: told,
                others: Vec::new(),
                shown,
            });
        } else if let Some(last) = revisions.last_mut() {
            last.others
                .extend_from_slice(if last.others.is_empty() { b"{" } else { b",{" });
            last.others.extend_from_slice(&told);
            if by_task {
                write_place(&mut last.others, row, task_type_id)?;
            }
            last.others.push(b'}');
            last.shown.extend(text.map(|text| (id, text)));
        }
        Ok(())
    }
}

/// The keys that stand beside an entity. A list of previews gives an empty list where nothing was drawn.
fn beside_entity(writer: &RowWriter, form: PreviewForm, row: &QueryResult) -> Result<Vec<u8>, DbErr> {
    let mut text = Vec::with_capacity(256);
    writer.write(&mut text, row)?;
    if form == PreviewForm::Listed {
        let mut drawn = Vec::new();
        write_column(&mut drawn, row, "annotations", Kind::Json)?;
        text.extend_from_slice(b",\"preview_file_annotations\":");
        text.extend_from_slice(if drawn == b"null" { b"[]" } else { &drawn });
    }
    Ok(text)
}

/// Writes the place of a preview within its revision, and its task type.
fn write_place(out: &mut Vec<u8>, row: &QueryResult, task_type_id: Uuid) -> Result<(), DbErr> {
    let place: Option<i32> = row.try_get("", "place")?;
    let place = place.map_or_else(|| "null".to_owned(), |place| place.to_string());
    out.extend_from_slice(format!(",\"position\":{place},\"task_type_id\":\"{task_type_id}\"").as_bytes());
    Ok(())
}

/// Facts in the free data of a preview about the movie that was sent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct UploadFacts {
    original_width: Option<Box<RawValue>>,
    original_height: Option<Box<RawValue>>,
    original_duration: Option<Box<RawValue>>,
    original_file_size: Option<Box<RawValue>>,
}

fn write_upload_facts(out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
    let facts: Option<UploadFacts> = serde_json::from_slice(&json_of(row, "facts")?).unwrap_or_default();
    let facts = facts.unwrap_or_default();
    for (key, value) in [
        ("original_width", facts.original_width),
        ("original_height", facts.original_height),
        ("original_duration", facts.original_duration),
        ("original_file_size", facts.original_file_size),
    ] {
        let value = value.as_deref().map_or("null", RawValue::get);
        out.extend_from_slice(format!(",\"{key}\":{value}").as_bytes());
    }
    Ok(())
}
