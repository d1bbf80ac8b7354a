//! Templates made of productions, and productions made like templates.

use dailies_definitions::access::Admin;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{Project, ProjectTemplate, ProjectTemplateFromProject};
use entity::{project_task_status_link, project_task_type_link};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Value as SqlValue};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::columns::{self, ORDER};
use super::super::rows;
use super::super::template::{PLAIN_LINKS, SETTINGS, apply as hand_over, boards};
use super::{answer, require, require_project};
use crate::app::App;
use crate::database::{self, Sql};
use crate::events::{Work, payload};

/// The keys that a template keeps of a metadata column.
const DESCRIPTOR_KEYS: [&str; 9] = [
    "name",
    "field_name",
    "entity_type",
    "task_type_id",
    "data_type",
    "choices",
    "for_client",
    "departments",
    "position",
];

/// Makes a template of a production.
pub(super) async fn of_project(
    app: &App,
    access: &Admin,
    project_id: Uuid,
    body: ProjectTemplateFromProject,
) -> Result<Json<ProjectTemplate>, Failure> {
    let mut work = Work::begin(app, access).await?;
    require_project(&*work, project_id).await?;
    let sql = Sql::with(
        "SELECT 1 FROM project_template WHERE name = $1",
        [body.name.as_str().into()],
    );
    if database::row(&*work, &sql).await?.is_some() {
        return Err(Failure::record("A project template with this name already exists"));
    }
    let descriptors = SqlValue::Json(Some(Box::new(descriptors(&work, project_id).await?)));
    let values = vec![
        ("name", body.name.into()),
        ("description", body.description.into()),
        ("metadata_descriptors", descriptors),
    ];
    let template_id = database::insert(&*work, &entity::project_template::TABLE, values).await?;
    copy_settings(&work, project_id, template_id).await?;
    copy_plain_links(&work, project_id, template_id).await?;
    copy_task_types(&work, project_id, template_id).await?;
    copy_task_statuses(&work, project_id, template_id).await?;
    work.emit_of_studio(
        &entity::project_template::TABLE,
        "project-template:new",
        payload([("project_template_id", template_id)]),
    );
    work.finish().await?;
    answer(app, template_id).await
}

async fn copy_settings(work: &Work<'_>, project_id: Uuid, template_id: Uuid) -> Result<(), Failure> {
    let mut sql = Sql::new("UPDATE project_template SET updated_at = updated_at");
    for column in SETTINGS.iter().chain(&["default_preview_background_file_id"]) {
        sql.push(&format!(", {column} = (SELECT p.{column} FROM project p WHERE p.id = "))
            .bind(project_id)
            .push(")");
    }
    sql.push(" WHERE id = ").bind(template_id);
    database::execute(&**work, &sql).await?;
    Ok(())
}

/// Copies the links that have no columns of their own.
async fn copy_plain_links(work: &Work<'_>, project_id: Uuid, template_id: Uuid) -> Result<(), Failure> {
    for (to, from, column) in PLAIN_LINKS {
        let mut sql = Sql::new(format!("INSERT INTO {to} (project_template_id, {column}) SELECT "));
        sql.bind(template_id)
            .push(&format!(", l.{column} FROM {from} l WHERE l.project_id = "))
            .bind(project_id);
        database::execute(&**work, &sql).await?;
    }
    // The default background may be none of those that the production offers; a template only has one of its own.
    let sql = Sql::with(
        "INSERT INTO project_template_preview_background_file_link (project_template_id, preview_background_file_id) \
         SELECT id, default_preview_background_file_id FROM project_template WHERE id = $1 AND default_preview_background_file_id IS NOT NULL \
         ON CONFLICT DO NOTHING",
        [template_id.into()],
    );
    database::execute(&**work, &sql).await?;
    Ok(())
}

async fn copy_task_types(work: &Work<'_>, project_id: Uuid, template_id: Uuid) -> Result<(), Failure> {
    let links = project_task_type_link::Entity::find()
        .filter(project_task_type_link::Column::ProjectId.eq(project_id))
        .all(&**work)
        .await?;
    let links = links.into_iter().map(|link| {
        vec![
            ("project_template_id", template_id.into()),
            ("task_type_id", link.task_type_id.into()),
            ("priority", link.priority.into()),
            ("hd_bitrate_compression", link.hd_bitrate_compression.into()),
            ("ld_bitrate_compression", link.ld_bitrate_compression.into()),
            ("is_client_visible", link.is_client_visible.into()),
        ]
    });
    database::insert_ignoring_duplicates(
        &**work,
        &entity::project_template_task_type_link::TABLE,
        links.collect(),
    )
    .await?;
    Ok(())
}

async fn copy_task_statuses(work: &Work<'_>, project_id: Uuid, template_id: Uuid) -> Result<(), Failure> {
    let links = project_task_status_link::Entity::find()
        .filter(project_task_status_link::Column::ProjectId.eq(project_id))
        .all(&**work)
        .await?;
    let links = links.into_iter().map(|link| {
        vec![
            ("project_template_id", template_id.into()),
            ("task_status_id", link.task_status_id.into()),
            ("priority", link.priority.into()),
            ("roles_for_board", boards(link.roles_for_board)),
            ("is_client_allowed", link.is_client_allowed.into()),
        ]
    });
    database::insert_ignoring_duplicates(
        &**work,
        &entity::project_template_task_status_link::TABLE,
        links.collect(),
    )
    .await?;
    Ok(())
}

/// The metadata columns of a production as a template keeps them.
async fn descriptors(work: &Work<'_>, project_id: Uuid) -> Result<Value, Failure> {
    let condition = Sql::with("d.project_id = $1", [project_id.into()]);
    let text = columns::list(&**work, condition, &format!("d.entity_type, {ORDER}")).await?;
    let mut found: Vec<Map<String, Value>> = serde_json::from_slice(&text)?;
    for column in &mut found {
        column.retain(|key, _| DESCRIPTOR_KEYS.contains(&key.as_str()));
    }
    Ok(serde_json::to_value(found)?)
}

/// Hands a template over to a production.
pub(super) async fn apply(
    app: &App,
    access: &Admin,
    project_id: Uuid,
    template_id: Uuid,
) -> Result<Json<Project>, Failure> {
    let mut work = Work::begin(app, access).await?;
    require_project(&*work, project_id).await?;
    require(&*work, template_id).await?;
    hand_over(&mut work, project_id, template_id, &Map::new()).await?;
    work.finish().await?;
    Ok(Json::written(rows::project(&app.database, project_id).await?))
}
