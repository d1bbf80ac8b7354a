//! Makes, changes and deletes groups of saved searches.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{SearchFilterGroup, SearchFilterGroupAdd, SearchFilterGroupChange};
use sea_orm::Value as SqlValue;
use uuid::Uuid;

use super::lists::{require_department, require_own, shared};
use crate::app::App;
use crate::database::json::record;
use crate::database::{self, Database, Sql};
use crate::events::Work;

/// One group of the caller.
pub async fn get(database: &Database, caller: &Caller, id: Uuid) -> Result<Json<SearchFilterGroup>, Failure> {
    let table = &entity::search_filter_group::TABLE;
    require_own(database, caller, table, id).await?;
    let text = record(database, table, "SearchFilterGroup", id).await?;
    Ok(Json::written(text.ok_or_else(Failure::not_found)?))
}

/// Makes a group for the caller.
pub async fn create(
    app: &App,
    caller: &Caller,
    body: SearchFilterGroupAdd,
) -> Result<Json<SearchFilterGroup>, Failure> {
    let work = Work::begin(app, caller).await?;
    let is_shared = shared(&work, caller, body.is_shared.unwrap_or_default(), body.project_id).await?;
    require_department(&work, body.department_id).await?;
    let values = vec![
        ("list_type", body.list_type.unwrap_or_else(|| "todo".to_owned()).into()),
        ("entity_type", body.entity_type.into()),
        ("name", body.name.into()),
        ("color", body.color.unwrap_or_default().into()),
        ("is_shared", is_shared.into()),
        ("person_id", caller.person.id.into()),
        ("project_id", body.project_id.into()),
        ("department_id", body.department_id.into()),
    ];
    let id = database::insert(&*work, &entity::search_filter_group::TABLE, values).await?;
    finish(work, id).await
}

/// Changes what the body names. The searches of the group are of its production, and shared or not, as the group is.
pub async fn update(
    app: &App,
    caller: &Caller,
    id: Uuid,
    body: SearchFilterGroupChange,
) -> Result<Json<SearchFilterGroup>, Failure> {
    let work = Work::begin(app, caller).await?;
    let was_shared = require_own(&*work, caller, &entity::search_filter_group::TABLE, id).await?;
    require_department(&work, body.department_id).await?;
    let mut values: Vec<(&'static str, SqlValue)> = Vec::new();
    for (column, text) in [("name", body.name), ("color", body.color)] {
        if let Some(text) = text {
            values.push((column, text.into()));
        }
    }
    for (column, id) in [("project_id", body.project_id), ("department_id", body.department_id)] {
        if let Some(id) = id {
            values.push((column, id.into()));
        }
    }
    if body.is_shared.is_some() || body.project_id.is_some() {
        let is_shared = shared(&work, caller, body.is_shared.unwrap_or(was_shared), body.project_id).await?;
        values.push(("is_shared", is_shared.into()));
        let mut sql = Sql::with("UPDATE search_filter SET is_shared = $1", [is_shared.into()]);
        if let Some(project_id) = body.project_id {
            sql.push(", project_id = ").bind(project_id);
        }
        sql.push(" WHERE search_filter_group_id = ").bind(id);
        database::execute(&*work, &sql).await?;
    }
    database::update(&*work, &entity::search_filter_group::TABLE, id, values).await?;
    finish(work, id).await
}

/// Deletes a group with its searches.
pub async fn delete(app: &App, caller: &Caller, id: Uuid) -> Result<NoContent, Failure> {
    let work = Work::begin(app, caller).await?;
    require_own(&*work, caller, &entity::search_filter_group::TABLE, id).await?;
    database::execute(
        &*work,
        &Sql::with(
            "DELETE FROM search_filter WHERE search_filter_group_id = $1",
            [id.into()],
        ),
    )
    .await?;
    database::execute(
        &*work,
        &Sql::with("DELETE FROM search_filter_group WHERE id = $1", [id.into()]),
    )
    .await?;
    work.finish().await?;
    Ok(NoContent)
}

async fn finish(work: Work<'_>, id: Uuid) -> Result<Json<SearchFilterGroup>, Failure> {
    let text = record(&*work, &entity::search_filter_group::TABLE, "SearchFilterGroup", id).await?;
    work.finish().await?;
    Ok(Json::written(text.ok_or_else(Failure::not_found)?))
}
