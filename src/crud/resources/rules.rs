//! Rules that several collections share.

use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use sea_orm::ConnectionTrait;
use serde_json::{Map, Number, Value};
use uuid::Uuid;

use crate::access::{is_assigned_to_entity, require_manager, require_member};
use crate::app::App;
use crate::crud::resource::{Record, only_admin};
use crate::database::{self, Sql};

/// # Errors
/// 403 for people whose studio-wide role is vendor.
pub(super) fn refuse_vendors(caller: &Caller) -> Result<(), Failure> {
    if caller.person.role == Role::Vendor { Err(Failure::forbidden()) } else { Ok(()) }
}

/// Makes a number of a body whole, half to even as PostgreSQL does, where its column holds no part of one.
pub(super) fn round(body: &mut Map<String, Value>, key: &str) {
    if let Some(Value::Number(number)) = body.get_mut(key)
        && let Some(rounded) = number.as_f64().and_then(|number| Number::from_f64(number.round_ties_even()))
    {
        *number = rounded;
    }
}

/// The id that a body has to give.
///
/// # Errors
/// 400 when it is not there, 404 when it is none.
pub(super) fn given_id(body: &Map<String, Value>, key: &str) -> Result<Uuid, Failure> {
    let value = body.get(key).ok_or_else(|| Failure::record(format!("'{key}'")))?;
    value.as_str().and_then(parse_id).ok_or_else(Failure::not_found)
}

/// Whoever manages the production that a new record names.
///
/// # Errors
/// 400 when it names none, 403 for those who do not manage it.
pub(super) async fn manages_given_project(app: &App, caller: &Caller, body: &Map<String, Value>) -> Result<(), Failure> {
    match body.get("project_id") {
        None => Err(Failure::record("'project_id'")),
        Some(_) if caller.is_admin() => Ok(()),
        Some(Value::Null) => Err(Failure::forbidden()),
        Some(_) => require_manager(app.database.read(), caller, given_id(body, "project_id")?).await.map(|_| ()),
    }
}

/// Whoever manages the production of a record; administrators alone where it has none.
///
/// # Errors
/// 403 for everybody else.
pub(super) async fn manages(connection: &impl ConnectionTrait, caller: &Caller, record: &Record) -> Result<(), Failure> {
    match record.id_of("project_id") {
        Some(project_id) => require_manager(connection, caller, project_id).await.map(|_| ()),
        None => only_admin(caller),
    }
}

/// The team of a production, without those who have one of the roles there. Administrators pass.
///
/// # Errors
/// 403 for everybody else, 404 for an unknown production.
pub(super) async fn in_team(connection: &impl ConnectionTrait, caller: &Caller, project_id: Option<Uuid>, without: &[Role]) -> Result<(), Failure> {
    let Some(project_id) = project_id.filter(|_| !caller.is_admin()) else { return only_admin(caller) };
    let role = require_member(connection, caller, project_id).await?;
    if without.contains(&role) { Err(Failure::forbidden()) } else { Ok(()) }
}

/// The production of a row of a table that has such a column.
///
/// # Errors
/// 404 when the row is not there.
pub(super) async fn project_of(connection: &impl ConnectionTrait, table: &str, id: Option<Uuid>) -> Result<Option<Uuid>, Failure> {
    let sql = Sql::with(format!("SELECT project_id FROM {table} WHERE id = $1"), [id.into()]);
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    Ok(row.try_get_by_index(0)?)
}

/// The caller's role towards an entity: that in the team of its production, where vendors need a task on the entity.
/// Administrators pass, also without an entity.
///
/// # Errors
/// 403 for everybody else.
pub(super) async fn reads_entity(connection: &impl ConnectionTrait, caller: &Caller, entity_id: Option<Uuid>) -> Result<Role, Failure> {
    let Some(entity_id) = entity_id.filter(|_| !caller.is_admin()) else { return only_admin(caller).map(|()| Role::Admin) };
    let project_id = project_of(connection, "entity", Some(entity_id)).await?.ok_or_else(Failure::forbidden)?;
    let role = require_member(connection, caller, project_id).await?;
    let allowed = role != Role::Vendor || is_assigned_to_entity(connection, caller.person.id, entity_id).await?;
    if allowed { Ok(role) } else { Err(Failure::forbidden()) }
}

/// The team of the production that a list is asked for, without vendors and clients; administrators may ask for all.
///
/// # Errors
/// 403 for everybody else, 404 for an unknown production.
pub(super) async fn plans_asked_project(app: &App, caller: &Caller, query: &Query) -> Result<(), Failure> {
    if caller.is_admin() {
        return Ok(());
    }
    let asked = query.get("project_id").ok_or_else(Failure::forbidden)?;
    let project_id = parse_id(asked).ok_or_else(Failure::not_found)?;
    in_team(app.database.read(), caller, Some(project_id), &PLANNERS_NOT).await
}

/// Who does not get to see plans.
pub(super) const PLANNERS_NOT: [Role; 2] = [Role::Vendor, Role::Client];
