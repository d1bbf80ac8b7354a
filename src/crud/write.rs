//! Turns bodies into changes of rows, and stores them.

use std::collections::{HashMap, HashSet};

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use entity::facts::{Column, Default as ColumnDefault, Kind, Table};
use sea_orm::{ConnectionTrait, Value as SqlValue};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::coerce::{coerce, is_moment, missing, wrong_format};
use super::{Changes, Record, Relation, Resource};
use crate::access::references::{self, BodyRelation, RowChange};
use crate::app::App;
use crate::database::{self, BATCH, Sql};
use crate::events::Work;

/// Columns that no body sets.
const GIVEN_BY_SERVER: [&str; 3] = ["id", "created_at", "updated_at"];

/// True of a column that no body sets, whatever it has.
#[must_use]
pub fn given_by_server(key: &str) -> bool {
    GIVEN_BY_SERVER.contains(&key)
}

/// The changes of a body that creates a record. Keys that mean nothing are refused.
pub(super) fn creation(app: &App, resource: &dyn Resource, body: &Map<String, Value>) -> Result<Changes, Failure> {
    let table = resource.table();
    let mut changes = Changes::default();
    for (key, value) in body {
        if given_by_server(key) || resource.accepted().contains(&key.as_str()) {
            continue;
        }
        if let Some(column) = table.column(key).filter(|_| !resource.hidden().contains(&key.as_str())) {
            require_name(resource, column, value)?;
            if let Some(value) = coerce(column, value, true)? {
                changes.columns.push((column.name, value));
            }
        } else if let Some(relation) = writable(resource, key) {
            changes.relations.insert(relation.name, ids(key, value)?);
        } else if !says_nothing(resource, key, value) {
            let message = format!("'{key}' is an invalid keyword argument for {}", resource.type_name());
            return Err(Failure::record(message));
        }
    }
    for column in &table.columns {
        let given = changes.get(column.name).is_some();
        match column.default {
            ColumnDefault::Timezone if !given => changes.set(column.name, app.settings.default_timezone.clone()),
            ColumnDefault::Locale if !given => changes.set(column.name, app.settings.default_locale.clone()),
            _ => {}
        }
    }
    Ok(changes)
}

/// Refuses a name of nothing but blanks, where records have a name.
fn require_name(resource: &dyn Resource, column: &Column, value: &Value) -> Result<(), Failure> {
    let needed = column.name == "name" && !column.nullable && column.default == ColumnDefault::None;
    if needed && value.as_str().is_some_and(|name| name.trim().is_empty()) {
        Err(blank_name(resource.type_name()))
    } else {
        Ok(())
    }
}

/// 400: a name of nothing but blanks.
#[must_use]
pub fn blank_name(of: &str) -> Failure {
    Failure::parameter(format!("name: the name of {of} can't be blank."))
}

/// Refuses a new record that lacks what it needs.
pub(super) fn complete(resource: &dyn Resource, changes: &Changes) -> Result<(), Failure> {
    let lacks = |column: &&Column| {
        !column.nullable && column.default == ColumnDefault::None && changes.get(column.name).is_none()
    };
    match resource.table().columns.iter().find(lacks) {
        Some(column) => Err(missing(column.name)),
        None => Ok(()),
    }
}

/// The changes of a body that updates a record. Keys that mean nothing, and those that are protected, are ignored.
pub(super) fn change(resource: &dyn Resource, body: &Map<String, Value>) -> Result<Changes, Failure> {
    let table = resource.table();
    let protected = |key: &str| {
        given_by_server(key)
            || key == "project_id"
            || resource.protected().contains(&key)
            || resource.hidden().contains(&key)
    };
    let mut changes = Changes::default();
    for (key, value) in body
        .iter()
        .filter(|(key, _)| !protected(key) && !resource.accepted().contains(&key.as_str()))
    {
        if let Some(column) = table.column(key) {
            if let (Kind::Date | Kind::DateTime, Some(text)) = (column.kind, value.as_str())
                && !text.is_empty()
                && !is_moment(text)
            {
                let message =
                    format!("Invalid date format for '{key}': '{text}'. Expected an ISO 8601 date or datetime.");
                return Err(Failure::parameter(message));
            }
            require_name(resource, column, value)?;
            if let Some(value) = coerce(column, value, false)? {
                changes.columns.push((column.name, value));
            }
        } else if let Some(relation) = writable(resource, key) {
            changes.relations.insert(relation.name, ids(key, value)?);
        }
    }
    Ok(changes)
}

/// The columns that come to hold something else than the record does: what stays as it is is neither stored nor told.
#[must_use]
pub fn differing(
    resource: &dyn Resource,
    record: &Record,
    columns: Vec<(&'static str, SqlValue)>,
) -> Vec<(&'static str, SqlValue)> {
    let stays = |(name, value): &(&'static str, SqlValue)| {
        let kind = resource.table().column(name).map(|column| column.kind);
        record
            .values
            .get(*name)
            .zip(kind)
            .is_some_and(|(stored, kind)| holds(stored, kind, value))
    };
    columns.into_iter().filter(|column| !stays(column)).collect()
}

/// True if a column that is answered as `stored` holds that value already.
fn holds(stored: &Value, kind: Kind, value: &SqlValue) -> bool {
    match value {
        SqlValue::Uuid(Some(id)) => stored.as_str().and_then(parse_id) == Some(*id),
        SqlValue::String(Some(text)) => stored.as_str() == Some(text),
        SqlValue::Bool(Some(yes)) => stored.as_bool() == Some(*yes),
        SqlValue::Int(Some(number)) => stored.as_i64() == Some((*number).into()),
        SqlValue::BigInt(Some(number)) => stored.as_i64() == Some(*number),
        SqlValue::Double(Some(number)) => stored.as_f64() == Some(*number),
        SqlValue::ChronoDate(Some(day)) => stored.as_str() == Some(day.to_string().as_str()),
        // Answers leave out parts of a second, so that a moment with such a part may be another one.
        SqlValue::ChronoDateTime(Some(moment)) => {
            moment.and_utc().timestamp_subsec_micros() == 0
                && stored.as_str() == Some(moment.format("%Y-%m-%dT%H:%M:%S").to_string().as_str())
        }
        SqlValue::Json(Some(json)) => stored == &**json,
        _ => *stored == Value::Null && *value == database::null(kind),
    }
}

fn writable(resource: &dyn Resource, key: &str) -> Option<&'static Relation> {
    resource
        .relations()
        .iter()
        .find(|relation| relation.name == key && relation.writable)
}

/// True if a key is a relation that bodies can't set, and is empty as it is in what was read of a record without any.
fn says_nothing(resource: &dyn Resource, key: &str, value: &Value) -> bool {
    let known = resource.relations().iter().any(|relation| relation.name == key);
    known && value.as_array().map_or(value.is_null(), Vec::is_empty)
}

/// Ids of a list whose items are ids, or objects with one. Repeated ids count once.
///
/// # Errors
/// 400 that names the field, for anything else.
pub fn ids(field: &str, value: &Value) -> Result<Vec<Uuid>, Failure> {
    let items = match value {
        Value::Null => &[][..],
        Value::Array(items) => items,
        _ => return Err(wrong_format(field)),
    };
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for item in items {
        let text = item.as_str().or_else(|| item["id"].as_str());
        let id = text.and_then(parse_id).ok_or_else(|| wrong_format(field))?;
        if seen.insert(id) {
            found.push(id);
        }
    }
    Ok(found)
}

/// Refuses ids of a list that are those of no record, so that a list is taken as it is or not at all.
///
/// # Errors
/// 400 that names the list and the first unknown id.
pub async fn require_known(
    connection: &impl ConnectionTrait,
    table: &Table,
    list: &str,
    ids: &[Uuid],
) -> Result<(), Failure> {
    let mut known = HashSet::new();
    for ids in ids.chunks(BATCH) {
        let mut sql = Sql::new(format!("SELECT id FROM \"{}\" WHERE id", table.name));
        sql.among(ids);
        for row in database::rows(connection, &sql).await? {
            known.insert(row.try_get::<Uuid>("", "id")?);
        }
    }
    match ids.iter().find(|id| !known.contains(*id)) {
        Some(unknown) => Err(Failure::parameter(format!(
            "{list}: there is no {} with the id {unknown}.",
            table.name.replace('_', " ")
        ))),
        None => Ok(()),
    }
}

/// Checks what a record comes to refer to. `record` is what is stored, for an update.
pub(super) async fn require_references(
    work: &Work<'_>,
    caller: &Caller,
    resource: &dyn Resource,
    record: Option<&Record>,
    columns: &[(&'static str, SqlValue)],
    relations: &HashMap<&'static str, Vec<Uuid>>,
) -> Result<(), Failure> {
    let related = |relation: &'static Relation| {
        let Relation {
            name,
            table,
            own,
            other,
            ..
        } = *relation;
        relations.get(name).map(|ids| BodyRelation {
            field: name,
            table,
            own,
            other,
            ids,
        })
    };
    let relations: Vec<BodyRelation<'_>> = resource.relations().iter().filter_map(related).collect();
    let nothing = Map::new();
    let stored = record.map_or(&nothing, |record| &record.values);
    let row = RowChange {
        table: resource.table(),
        id: record.map(|record| record.id),
        stored,
        columns,
        relations: &relations,
    };
    references::require(&**work, caller, &row).await
}

/// Replaces the sets of related ids, and says whether any of them changed.
///
/// # Errors
/// 400 for ids of records that do not exist.
pub(super) async fn store_relations(
    work: &Work<'_>,
    resource: &dyn Resource,
    id: Uuid,
    relations: &HashMap<&'static str, Vec<Uuid>>,
) -> Result<bool, Failure> {
    let mut changed = false;
    for relation in resource.relations() {
        if let Some(wanted) = relations.get(relation.name) {
            changed |= replace(work, relation, id, wanted).await?;
        }
    }
    Ok(changed)
}

async fn replace(work: &Work<'_>, relation: &Relation, id: Uuid, wanted: &[Uuid]) -> Result<bool, Failure> {
    let Relation {
        name,
        table,
        own,
        other,
        links,
        ..
    } = *relation;
    let target = table
        .column(other)
        .and_then(|column| column.references)
        .and_then(Table::find)
        .unwrap_or(table);
    require_known(&**work, target, name, wanted).await?;
    if !links {
        return hand_over(work, relation, id, wanted).await;
    }
    // Links that stay keep what else they hold, such as a priority.
    let mut sql = Sql::new(format!("DELETE FROM \"{}\" WHERE \"{own}\" = ", table.name));
    sql.bind(id);
    if !wanted.is_empty() {
        sql.push(&format!(" AND \"{other}\" NOT IN "))
            .bind_list(wanted.iter().copied());
    }
    let removed = database::execute(&**work, &sql).await? > 0;
    if wanted.is_empty() {
        return Ok(removed);
    }
    let mut sql = Sql::new(format!("SELECT id FROM \"{}\" WHERE id IN ", target.name));
    sql.bind_list(wanted.iter().copied()).push(&format!(
        " AND id NOT IN (SELECT \"{other}\" FROM \"{}\" WHERE \"{own}\" = ",
        table.name
    ));
    sql.bind(id).push(")");
    let mut links: Vec<Vec<(&'static str, SqlValue)>> = Vec::new();
    for row in database::rows(&**work, &sql).await? {
        links.push(vec![(own, id.into()), (other, row.try_get::<Uuid>("", "id")?.into())]);
    }
    let added = !links.is_empty();
    if added {
        database::insert_many(&**work, table, links).await?;
    }
    Ok(removed || added)
}

/// Makes records of another table name this one, and those that did so before forget it.
async fn hand_over(work: &Work<'_>, relation: &Relation, id: Uuid, wanted: &[Uuid]) -> Result<bool, Failure> {
    let Relation { table, own, .. } = *relation;
    let mut sql = Sql::new(format!(
        "UPDATE \"{}\" SET \"{own}\" = NULL WHERE \"{own}\" = ",
        table.name
    ));
    sql.bind(id);
    if !wanted.is_empty() {
        sql.push(" AND id NOT IN ").bind_list(wanted.iter().copied());
    }
    let mut changed = database::execute(&**work, &sql).await? > 0;
    if !wanted.is_empty() {
        let mut sql = Sql::new(format!("UPDATE \"{}\" SET \"{own}\" = ", table.name));
        sql.bind(id).push(" WHERE id IN ").bind_list(wanted.iter().copied());
        sql.push(&format!(" AND (\"{own}\" IS NULL OR \"{own}\" <> "))
            .bind(id)
            .push(")");
        changed |= database::execute(&**work, &sql).await? > 0;
    }
    Ok(changed)
}
