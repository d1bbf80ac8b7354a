//! Rules that several collections share.

use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use dailies_definitions::rules::RecordRule;
use sea_orm::ConnectionTrait;
use serde_json::{Map, Number, Value};
use uuid::Uuid;

use crate::access::records::{RecordSubject, require_record};
use crate::access::{ALL_BUT_VENDORS, Reach, STAFF_MEMBER, require};
use crate::app::App;
use crate::database::{self, Sql};

/// Refuses everybody but administrators.
///
/// # Errors
/// 403 for everybody else.
pub fn only_admin(caller: &Caller) -> Result<(), Failure> {
    if caller.is_admin() {
        Ok(())
    } else {
        Err(Failure::forbidden())
    }
}

/// Makes a number of a body whole, half to even as PostgreSQL does, where its column holds no part of one.
pub fn round(body: &mut Map<String, Value>, key: &str) {
    if let Some(Value::Number(number)) = body.get_mut(key)
        && let Some(rounded) = number
            .as_f64()
            .and_then(|number| Number::from_f64(number.round_ties_even()))
    {
        *number = rounded;
    }
}

/// Refuses what is none of the words that a key of a body is limited to. A body need not have the key.
///
/// # Errors
/// 400 for another value.
pub fn one_of(body: &Map<String, Value>, key: &str, words: &[&str], nullable: bool) -> Result<(), Failure> {
    let fits = body.get(key).is_none_or(|value| {
        value
            .as_str()
            .map_or(nullable && value.is_null(), |word| words.contains(&word))
    });
    if fits {
        Ok(())
    } else {
        Err(Failure::parameter(format!("Invalid {key}")))
    }
}

/// The id that a body has to give.
///
/// # Errors
/// 400 when it is not there, 404 when it is none.
pub fn given_id(body: &Map<String, Value>, key: &str) -> Result<Uuid, Failure> {
    let value = body.get(key).ok_or_else(|| Failure::record(format!("'{key}'")))?;
    value
        .as_str()
        .and_then(parse_id)
        .ok_or_else(|| Failure::not_found().naming(key))
}

/// Asks a rule of the production that a new record names.
///
/// # Errors
/// 400 when it names none, 404 naming the field for an unknown one, 403 for those whom the rule does not let in.
pub async fn asks_given_project(
    app: &App,
    caller: &Caller,
    rule: RecordRule,
    body: &Map<String, Value>,
) -> Result<(), Failure> {
    match body.get("project_id") {
        None => Err(Failure::record("'project_id'")),
        Some(_) if caller.is_admin() => Ok(()),
        Some(Value::Null) => Err(Failure::forbidden()),
        Some(_) => require_record(
            &app.database,
            caller,
            rule,
            RecordSubject::Production(Some(given_id(body, "project_id")?)),
        )
        .await
        .map_err(|failure| failure.naming_unknown("project_id")),
    }
}

/// Adds the condition on files whose entity is in `entity_id`: those of the productions in which the person is no vendor.
pub fn files_of(sql: &mut Sql, reach: &Reach) {
    if reach.person().role != Role::Admin {
        sql.push(" AND t.entity_id IN (SELECT e.id FROM entity e WHERE e.project_id IN ");
        sql.bind_list(reach.projects_as(&ALL_BUT_VENDORS)).push(")");
    }
}

/// The production that a filter names.
///
/// # Errors
/// 400 for what is no id.
pub fn given_project(value: &str) -> Result<Uuid, Failure> {
    parse_id(value.trim()).ok_or_else(|| Failure::parameter("Invalid project_id."))
}

/// Keeps the rows `t` whose column names a row of a table in the production of a filter. Says no where the filter is another one.
///
/// # Errors
/// 400 for what is no id.
pub fn keep_of_project(
    sql: &mut Sql,
    (key, value): (&str, &str),
    (column, table): (&str, &str),
) -> Result<bool, Failure> {
    if key != "project_id" {
        return Ok(false);
    }
    let project_id = given_project(value)?;
    sql.push(&format!(
        " AND t.{column} IN (SELECT o.id FROM {table} o WHERE o.project_id = "
    ))
    .bind(project_id)
    .push(")");
    Ok(true)
}

/// The production of the row that a key of a body names, in a table that has such a column.
///
/// # Errors
/// 400 when the body does not have the key, 404 naming it when the row is not there.
pub async fn project_of_given(
    connection: &impl ConnectionTrait,
    table: &str,
    body: &Map<String, Value>,
    key: &str,
) -> Result<Option<Uuid>, Failure> {
    let id = given_id(body, key)?;
    let sql = Sql::with(format!("SELECT project_id FROM {table} WHERE id = $1"), [id.into()]);
    let row = database::row(connection, &sql)
        .await?
        .ok_or_else(|| Failure::not_found().naming(key))?;
    Ok(row.try_get("", "project_id")?)
}

/// The team of the production that a list is asked for, without vendors and clients; administrators may ask for all.
///
/// # Errors
/// 403 for everybody else, 404 for an unknown production.
pub async fn plans_asked_project(app: &App, caller: &Caller, query: &Query) -> Result<(), Failure> {
    if caller.is_admin() {
        return Ok(());
    }
    let asked = query.get("project_id").ok_or_else(Failure::forbidden)?;
    let project_id = parse_id(asked).ok_or_else(|| Failure::not_found().naming("project_id"))?;
    require(&app.database, caller, project_id, &STAFF_MEMBER)
        .await
        .map(|_| ())
}
