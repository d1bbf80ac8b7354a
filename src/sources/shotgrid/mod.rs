//! Records of ShotGrid. What a kind of records becomes here is described in [`kinds`]: where its fields go, what they mean of
//! what is here already, and what else makes a row the one that is meant. The engine does the same for all of them, with as
//! many statements for one record as for hundreds.

mod alike;
mod casting;
mod connections;
mod errors;
mod kinds;
mod lookups;
mod reading;
mod removal;
mod values;

use std::collections::HashMap;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::rules::Collection;
use entity::facts::{Default as ColumnDefault, Table};
use serde_json::{Map, Value};
use uuid::Uuid;

use self::alike::{Alike, Natural};
use self::lookups::{KnownRows, Lookup, by_number};
use self::reading::{RecordReading, ValueOrigin};
use super::batch::{self, ColumnValues, Incoming, read_value};
use super::links::Lists;
use crate::access::references::{productions, require_many};
use crate::app::App;
use crate::collections;
use crate::crud::{self, Relation, Resource};
use crate::database::{json, value_of};
use crate::events::Work;
use crate::people::checks;
use crate::readiness::{self, counts::Touched};
use crate::tasks::assignment;
use crate::tasks::statuses::default_status;
use crate::vocabulary::kinds::{EntityKind, built_in_type};
use crate::vocabulary::persons::person_rows;

pub(super) use self::connections::{connect, disconnect};
pub(super) use self::errors::{forget_error, keep_error, list_errors, read_error};
pub(super) use self::kinds::{
    ASSETS, EPISODES, NOTES, PERSONS, PROJECTS, SCENES, SEQUENCES, SHOTS, STATUSES, STEPS, TASKS, VERSIONS,
};
pub(super) use self::removal::remove;

/// A record as ShotGrid gives it.
pub(super) type Record = Map<String, Value>;

/// Column that holds the number of the record in ShotGrid.
const NUMBER: &str = "shotgun_id";

/// Kind of records, and what they become here.
pub(super) struct RecordKind {
    collection: Collection,
    /// Kind of the entities, where they are some. Assets are of many types, which the records name.
    entity: Option<EntityKind>,
    /// Fields without which a record is left out.
    needs: &'static [&'static str],
    /// Meaning of fields among the rows that are here.
    lookups: &'static [Lookup],
    /// Columns, each with what it gets.
    columns: &'static [(&'static str, ValueOrigin)],
    /// Columns that only new rows get.
    first: &'static [(&'static str, ValueOrigin)],
    /// Columns without which a record is left out.
    holds: &'static [&'static str],
    /// Columns that keep what they hold, or begin as usual, when a record says nothing of them.
    optional: &'static [&'static str],
    /// Columns without which a new record is left out.
    begins_with: &'static [&'static str],
    /// Columns that make a row the one that is meant, besides its number.
    natural: Natural,
    /// Columns that stay as they are in the row that is meant. Where there are some, letter case does not count among the natural
    /// ones.
    stays: &'static [&'static str],
    /// True if rows that are here stay as they are.
    keeps: bool,
    links: &'static [Links],
}

/// Rows that records become related with.
struct Links {
    relation: Relation,
    /// The lookup that gives their ids.
    to: &'static str,
    /// The field without which the relation stays as it is.
    field: &'static str,
    /// True if a record is left out when one of them is not here.
    strict: bool,
}

impl RecordKind {
    fn resource(&self) -> &'static dyn Resource {
        collections::resource(self.collection)
    }

    fn table(&self) -> &'static Table {
        self.resource().table()
    }

    /// SQL condition of the rows that a record of this kind may mean, which a query calls `t`.
    fn condition(&self) -> Option<String> {
        self.entity.map(|kind| kind.condition("t.entity_type_id"))
    }
}

/// A record that was read, with its place in the body.
struct Draft<'a> {
    reading: RecordReading<'a>,
    place: usize,
    number: i32,
    columns: ColumnValues,
}

/// Imports records, and gives what is stored for them then, as JSON.
///
/// # Errors
/// 400 that names the place and the field of a value that has no place here; nothing is stored then.
pub(super) async fn import(
    app: &App,
    caller: &Caller,
    kind: &'static RecordKind,
    records: &[Record],
) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let records: Vec<(usize, &Record)> = records
        .iter()
        .enumerate()
        .filter(|(place, record)| is_complete(kind, *place, record))
        .collect();
    let known = KnownRows::load(&mut work, kind.lookups, &records).await?;
    let mut drafts = Vec::with_capacity(records.len());
    for (place, record) in records {
        drafts.extend(draft(kind, RecordReading { record, known: &known }, place)?);
    }
    let beginning = beginning(&mut work, caller, kind).await?;
    let (rows, order) = sort(&work, kind, &drafts, &beginning).await?;
    if !has_room(&work, &rows).await? {
        return Err(checks::no_room(app));
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let stored: Vec<Uuid> = rows.iter().filter_map(|row| row.stored).collect();
    let before = productions(&*work, kind.table(), &stored).await?;
    let touched = castings(&work, kind, &stored).await?;
    batch::store(&work, kind.table(), rows).await?;
    let mut places = vec![(kind.table(), "id")];
    for links in kind.links {
        store_links(&work, links, &drafts, &order).await?;
        places.push((links.relation.table, links.relation.own));
    }
    require_many(&*work, kind.table(), &places, &ids, &before).await?;
    apply_consequences(&mut work, kind, &ids, &drafts, &order).await?;
    let touched = touched.and(castings(&work, kind, &ids).await?);
    touched.restore(&mut work).await?;
    let answered = answer(&work, kind, &ids).await?;
    work.finish().await?;
    Ok(json::array(
        order
            .iter()
            .flatten()
            .filter_map(|id| answered.get(id))
            .map(Vec::as_slice),
    ))
}

/// True if the studio has room for the new persons among the rows who are active.
async fn has_room(work: &Work<'_>, rows: &[Incoming]) -> Result<bool, Failure> {
    let joining = rows
        .iter()
        .filter(|row| row.stored.is_none() && value_of(&row.columns, "active") == Some(&true.into()))
        .count();
    Ok(joining == 0 || checks::has_room(work, u64::try_from(joining)?).await?)
}

/// Stores the rows that records become related with. `order` has the row of each draft.
async fn store_links(
    work: &Work<'_>,
    links: &'static Links,
    drafts: &[Draft<'_>],
    order: &[Option<Uuid>],
) -> Result<(), Failure> {
    let mut lists = Lists::of(&links.relation, true);
    for (draft, id) in drafts.iter().zip(order) {
        if let Some(id) = id.filter(|_| draft.reading.field(links.field).is_some()) {
            lists.ids.insert(id, draft.reading.found_all(links.to));
        }
    }
    lists.store(work).await
}

/// Does what follows from tasks, persons and assets that have come. `order` has the row of each draft.
async fn apply_consequences(
    work: &mut Work<'_>,
    kind: &RecordKind,
    ids: &[Uuid],
    drafts: &[Draft<'_>],
    order: &[Option<Uuid>],
) -> Result<(), Failure> {
    if kind.collection == Collection::Tasks {
        assignment::let_in(work, ids).await?;
        readiness::tasks_came(work, ids).await?;
    }
    if kind.collection == Collection::Persons {
        ids.iter().for_each(|id| work.person_changed(*id));
    }
    if kind.entity == Some(EntityKind::Asset) {
        let assets: Vec<(RecordReading<'_>, Uuid)> = drafts
            .iter()
            .zip(order)
            .filter_map(|(draft, id)| Some((draft.reading, (*id)?)))
            .collect();
        casting::store_parents(work, &assets).await?;
    }
    Ok(())
}

/// Castings that are other ones when these rows are, and what they are in.
async fn castings(work: &Work<'_>, kind: &RecordKind, ids: &[Uuid]) -> Result<Touched, Failure> {
    match kind.entity {
        Some(_) => Touched::links_of(&**work, ids).await,
        None => Ok(Touched::default()),
    }
}

/// True if a record has what is needed. The log says what others lack.
fn is_complete(kind: &RecordKind, place: usize, record: &Record) -> bool {
    let missing = kind
        .needs
        .iter()
        .chain(&["id"])
        .find(|field| !record.contains_key(**field));
    if let Some(field) = missing {
        tracing::warn!(
            collection = kind.collection.name(),
            place,
            field,
            "a record of ShotGrid was left out, because it lacks a field"
        );
    }
    missing.is_none()
}

/// Draft of a row from a record; none where it says too little.
fn draft<'a>(kind: &RecordKind, reading: RecordReading<'a>, place: usize) -> Result<Option<Draft<'a>>, Failure> {
    let Some(number) = reading
        .record
        .get("id")
        .and_then(Value::as_i64)
        .and_then(|number| i32::try_from(number).ok())
    else {
        return Ok(None);
    };
    let mut columns: ColumnValues = vec![(NUMBER, number.into())];
    for (name, origin) in kind.columns {
        let value = origin.value(&reading);
        if value.is_null() && kind.holds.contains(name) {
            tracing::warn!(
                collection = kind.collection.name(),
                place,
                column = name,
                "a record of ShotGrid was left out, because it says too little"
            );
            return Ok(None);
        }
        if value.is_null() && kind.optional.contains(name) {
            continue;
        }
        let Some(column) = kind.table().column(name) else {
            continue;
        };
        columns.extend(
            read_value(column, &value, place, origin.field().unwrap_or(*name), true)?.map(|value| (column.name, value)),
        );
    }
    let unknown = |links: &Links| links.strict && reading.found_all(links.to).len() < reading.asked(links.to);
    if kind.links.iter().any(unknown) {
        tracing::warn!(
            collection = kind.collection.name(),
            place,
            "a record of ShotGrid was left out, because it names somebody who is not here"
        );
        return Ok(None);
    }
    Ok(Some(Draft {
        reading,
        place,
        number,
        columns,
    }))
}

/// Columns that every new row gets.
async fn beginning(work: &mut Work<'_>, caller: &Caller, kind: &RecordKind) -> Result<ColumnValues, Failure> {
    let settings = &work.app().settings;
    let mut columns = ColumnValues::new();
    for column in &kind.table().columns {
        match column.default {
            ColumnDefault::Timezone => columns.push((column.name, settings.default_timezone.clone().into())),
            ColumnDefault::Locale => columns.push((column.name, settings.default_locale.clone().into())),
            _ => {}
        }
    }
    if kind.collection == Collection::Tasks {
        columns.push(("task_status_id", default_status(work, false).await?.into()));
    }
    if let Some(entity) = kind.entity {
        columns.push(("created_by", caller.person.id.into()));
        if entity != EntityKind::Asset {
            columns.push(("entity_type_id", built_in_type(&**work, entity).await?.into()));
        }
    }
    Ok(columns)
}

/// Finds out which rows are here already. Gives what is to be stored, and for each draft the id of its row, if it gets one.
async fn sort(
    work: &Work<'_>,
    kind: &RecordKind,
    drafts: &[Draft<'_>],
    beginning: &ColumnValues,
) -> Result<(Vec<Incoming>, Vec<Option<Uuid>>), Failure> {
    let numbers: Vec<i32> = drafts.iter().map(|draft| draft.number).collect();
    let mut by_number = by_number(work, kind.table(), kind.condition().as_deref(), &numbers).await?;
    let said: Vec<&ColumnValues> = drafts.iter().map(|draft| &draft.columns).collect();
    let mut alike = Alike::load(work, kind, &said).await?;
    let mut rows: Vec<Incoming> = Vec::with_capacity(drafts.len());
    let mut places: HashMap<Uuid, usize> = HashMap::with_capacity(drafts.len());
    let mut order = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mut columns = draft.columns.clone();
        let similar = alike.find(&columns, beginning);
        let numbered = by_number.get(&draft.number).copied();
        if is_left_out(kind, &columns, numbered, similar) {
            order.push(None);
            continue;
        }
        let found = numbered.or(similar);
        leave_out_kept(kind, found, similar, &mut columns);
        if let Some(at) = found.and_then(|id| places.get(&id).copied()) {
            order.push(found);
            if !kind.keeps {
                rows[at].extend(columns);
            }
            continue;
        }
        let id = found.unwrap_or_else(Uuid::new_v4);
        if found.is_none() {
            add_first_columns(kind, draft, id, beginning, &mut columns)?;
            alike.add(&columns, id);
        } else if kind.keeps {
            columns.retain(|(name, _)| *name == NUMBER);
        }
        by_number.insert(draft.number, id);
        places.insert(id, rows.len());
        order.push(Some(id));
        rows.push(Incoming {
            stored: found,
            id,
            place: draft.place,
            columns,
        });
    }
    Ok((rows, order))
}

/// True if a record gets no row: one that is similar may not be its own, and a new one would lack what it has to begin with.
fn is_left_out(kind: &RecordKind, columns: &ColumnValues, numbered: Option<Uuid>, similar: Option<Uuid>) -> bool {
    match numbered.or(similar) {
        Some(_) => numbered.is_none() && !kind.natural.adopts,
        None => kind.begins_with.iter().any(|name| value_of(columns, name).is_none()),
    }
}

/// Leaves out the columns that stay as they are in the row that was found for a record.
fn leave_out_kept(kind: &RecordKind, found: Option<Uuid>, similar: Option<Uuid>, columns: &mut ColumnValues) {
    if similar.is_none() {
        return;
    }
    if found == similar {
        columns.retain(|(name, _)| !kind.stays.contains(name));
    } else {
        // These would make it the row that is similar.
        columns.retain(|(name, _)| !kind.natural.columns.contains(name));
    }
}

/// Adds the columns that only a new row gets: those that every new row begins with, its id, and those that later records leave
/// alone.
fn add_first_columns(
    kind: &RecordKind,
    draft: &Draft<'_>,
    id: Uuid,
    beginning: &ColumnValues,
    columns: &mut ColumnValues,
) -> Result<(), Failure> {
    columns.extend(beginning.iter().cloned());
    columns.push(("id", id.into()));
    for (name, origin) in kind.first {
        let Some(column) = kind.table().column(name) else {
            continue;
        };
        let value = read_value(
            column,
            &origin.value(&draft.reading),
            draft.place,
            origin.field().unwrap_or(*name),
            true,
        )?;
        columns.extend(value.map(|value| (column.name, value)));
    }
    Ok(())
}

/// Rows as JSON objects, by their ids.
async fn answer(work: &Work<'_>, kind: &RecordKind, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<u8>>, Failure> {
    if kind.collection == Collection::Persons {
        return Ok(person_rows(&**work, ids).await?);
    }
    let mut shape = kind.resource().full_shape();
    shape.relations.clear();
    // Answers name the kind of record, whatever kind of entity it is.
    shape.extras.clear();
    Ok(crud::rows(&**work, kind.resource(), &shape, ids).await?)
}
