//! Project templates: what they hand over to productions, how they are made of one, and how they are applied.

mod descriptors;
mod handlers;
mod links;
mod snapshot;

pub(in crate::productions) use self::links::as_record;

pub use handlers::ProjectTemplatesHandlers;

use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use poem::http::StatusCode;
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

use crate::app::App;
use crate::database::json;
use crate::database::{self, Sql};
use crate::events::{Work, payload};

/// 404 in the shape of these operations.
fn missing(what: &str) -> Failure {
    Failure::answer(StatusCode::NOT_FOUND, json!({"message": format!("{what} not found")}))
}

/// 404 when there is no such template.
async fn require(connection: &impl ConnectionTrait, template_id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with("SELECT 1 FROM project_template WHERE id = $1", [template_id.into()]);
    database::row(connection, &sql)
        .await?
        .map(|_| ())
        .ok_or_else(|| missing("Project template"))
}

/// 404 when there is no such production.
async fn require_project(connection: &impl ConnectionTrait, project_id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with("SELECT 1 FROM project WHERE id = $1", [project_id.into()]);
    database::row(connection, &sql)
        .await?
        .map(|_| ())
        .ok_or_else(|| missing("Project"))
}

/// Tells that a template changed.
fn emit_template_update(work: &mut Work<'_>, template_id: Uuid) {
    work.emit_of_studio(
        &entity::project_template::TABLE,
        "project-template:update",
        payload([("project_template_id", template_id)]),
    );
}

/// The template without its relations.
async fn answer<T>(app: &App, template_id: Uuid) -> Result<Json<T>, Failure> {
    let record = json::record(
        &app.database,
        &entity::project_template::TABLE,
        "ProjectTemplate",
        template_id,
    )
    .await?;
    Ok(Json::written(record.ok_or_else(|| missing("Project template"))?))
}
