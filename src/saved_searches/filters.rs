//! Saves, changes and deletes searches.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::query::parse_id;
use dailies_definitions::schemas::{SearchFilter, SearchFilterAdd};
use entity::{search_filter, search_filter_group};
use sea_orm::{EntityTrait, Value as SqlValue};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::lists::{require_department, require_own, shared};
use crate::app::App;
use crate::database::json::record;
use crate::database::{self, Sql};
use crate::events::Work;

/// Saves a search for the caller.
pub async fn create(app: &App, caller: &Caller, body: SearchFilterAdd) -> Result<Json<SearchFilter>, Failure> {
    let work = Work::begin(app, caller).await?;
    let is_shared = shared(&work, caller, body.is_shared.unwrap_or_default(), body.project_id).await?;
    require_department(&work, body.department_id).await?;
    if let Some(group_id) = body.search_filter_group_id {
        require_group(&work, caller, group_id, is_shared, body.project_id).await?;
    }
    let values = vec![
        ("list_type", body.list_type.unwrap_or_else(|| "todo".to_owned()).into()),
        ("entity_type", body.entity_type.into()),
        ("name", body.name.into()),
        ("search_query", body.query.into()),
        ("is_shared", is_shared.into()),
        ("department_id", body.department_id.into()),
        ("search_filter_group_id", body.search_filter_group_id.into()),
        ("person_id", caller.person.id.into()),
        ("project_id", body.project_id.into()),
    ];
    let id = database::insert(&*work, &entity::search_filter::TABLE, values).await?;
    finish(work, id).await
}

/// Changes what the body names.
pub async fn update(
    app: &App,
    caller: &Caller,
    id: Uuid,
    body: &Map<String, Value>,
) -> Result<Json<SearchFilter>, Failure> {
    let work = Work::begin(app, caller).await?;
    let was_shared = require_own(&*work, caller, &entity::search_filter::TABLE, id).await?;
    let mut values = plain_values(body);
    require_department(&work, given_id(body, "department_id")).await?;
    let wanted = body.get("is_shared").and_then(Value::as_bool);
    let mut is_shared = was_shared;
    if wanted.is_some() || given_id(body, "project_id").is_some() {
        is_shared = shared(
            &work,
            caller,
            wanted.unwrap_or(was_shared),
            given_id(body, "project_id"),
        )
        .await?;
        values.push(("is_shared", is_shared.into()));
    }
    // Only here null says something: the search leaves its group.
    let stored = search_filter::Entity::find_by_id(id)
        .one(&*work)
        .await?
        .ok_or_else(Failure::not_found)?;
    let group_id = if body.contains_key("search_filter_group_id") {
        let group_id = given_id(body, "search_filter_group_id");
        values.push(("search_filter_group_id", group_id.into()));
        group_id
    } else {
        stored.search_filter_group_id
    };
    if let Some(group_id) = group_id {
        require_group(
            &work,
            caller,
            group_id,
            is_shared,
            given_id(body, "project_id").or(stored.project_id),
        )
        .await?;
    }
    database::update(&*work, &entity::search_filter::TABLE, id, values).await?;
    finish(work, id).await
}

/// An id that a body gives.
fn given_id(body: &Map<String, Value>, key: &str) -> Option<Uuid> {
    body.get(key).and_then(Value::as_str).and_then(parse_id)
}

/// Columns that a body sets, whatever else it says.
fn plain_values(body: &Map<String, Value>) -> Vec<(&'static str, SqlValue)> {
    let mut values: Vec<(&'static str, SqlValue)> = Vec::new();
    for column in ["name", "search_query"] {
        if let Some(text) = body.get(column).and_then(Value::as_str) {
            values.push((column, text.into()));
        }
    }
    for column in ["project_id", "department_id"] {
        if let Some(id) = given_id(body, column) {
            values.push((column, id.into()));
        }
    }
    values
}

/// Deletes a search.
pub async fn delete(app: &App, caller: &Caller, id: Uuid) -> Result<NoContent, Failure> {
    let work = Work::begin(app, caller).await?;
    require_own(&*work, caller, &entity::search_filter::TABLE, id).await?;
    database::execute(
        &*work,
        &Sql::with("DELETE FROM search_filter WHERE id = $1", [id.into()]),
    )
    .await?;
    work.finish().await?;
    Ok(NoContent)
}

async fn finish(work: Work<'_>, id: Uuid) -> Result<Json<SearchFilter>, Failure> {
    let text = record(&*work, &entity::search_filter::TABLE, "SearchFilter", id).await?;
    work.finish().await?;
    Ok(Json::written(text.ok_or_else(Failure::not_found)?))
}

/// Requires a group that a search filter of the caller may lie in.
///
/// # Errors
/// 404 for a group that does not exist or that somebody keeps for themself, 400 when it is not shared alike or is of another
/// production.
async fn require_group(
    work: &Work<'_>,
    caller: &Caller,
    id: Uuid,
    is_shared: bool,
    project_id: Option<Uuid>,
) -> Result<(), Failure> {
    let unknown = || Failure::not_found().naming("search_filter_group_id");
    let group = search_filter_group::Entity::find_by_id(id)
        .one(&**work)
        .await?
        .ok_or_else(unknown)?;
    if !group.is_shared && group.person_id != Some(caller.person.id) && !caller.is_admin() {
        return Err(unknown());
    }
    if group.is_shared != is_shared {
        return Err(Failure::parameter(
            "A search filter should have the same value for is_shared than its search filter group.",
        ));
    }
    match (group.project_id, project_id) {
        (Some(of_group), Some(of_filter)) if of_group != of_filter => Err(Failure::parameter(
            "A search filter should be of the same production as its search filter group.",
        )
        .naming("project_id")),
        _ => Ok(()),
    }
}
