//! Beginning of a production: its status, its template, its first episode, and the metadata columns that it shares with
//! others.

use std::collections::HashSet;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use entity::project;
use sea_orm::{EntityTrait, FromQueryResult};
use serde_json::Map;
use uuid::Uuid;

use super::template;
use crate::database::{self, Sql, Writes};
use crate::events::{Work, payload};
use crate::vocabulary::kinds::{EntityKind, built_in_type};

/// The status of open productions. It is made when it is missing.
///
/// # Errors
/// The database does not answer.
pub async fn open_status(work: &Work<'_>) -> Result<Uuid, Failure> {
    let sql = Sql::new("SELECT id FROM project_status WHERE name = 'Open'");
    if let Some(id) = database::read_value(&**work, &sql).await? {
        return Ok(id);
    }
    let status = vec![("name", "Open".into()), ("color", "#000000".into())];
    database::insert_ignoring_duplicates(&**work, &entity::project_status::TABLE, vec![status]).await?;
    database::read_value(&**work, &sql)
        .await?
        .ok_or_else(Failure::not_found)
}

/// The template that a body names, if it names one.
///
/// # Errors
/// 404 when there is no such template.
pub async fn check_template(work: &Work<'_>, body: &Map<String, serde_json::Value>) -> Result<(), Failure> {
    match named_template(body)? {
        Some(id) => template::require(work, id)
            .await
            .map_err(|failure| failure.naming_unknown("project_template_id")),
        None => Ok(()),
    }
}

fn named_template(body: &Map<String, serde_json::Value>) -> Result<Option<Uuid>, Failure> {
    match body.get("project_template_id").filter(|id| !id.is_null()) {
        Some(id) => id
            .as_str()
            .and_then(parse_id)
            .map(Some)
            .ok_or_else(|| Failure::not_found().naming("project_template_id")),
        None => Ok(None),
    }
}

/// Completes a production that was just stored, as the body that it was made of says: applies the template, gives a TV
/// show its first episode, and copies the metadata columns that open productions have for themselves. Emits what follows
/// from that, but not `project:new`, which is the caller's to emit last.
///
/// # Errors
/// 404 when there is no such template.
pub async fn complete(
    work: &mut Work<'_>,
    caller: &Caller,
    project_id: Uuid,
    body: &Map<String, serde_json::Value>,
) -> Result<(), Failure> {
    if let Some(template_id) = named_template(body)? {
        template::apply(work, project_id, template_id, body).await?;
    }
    let project = project::Entity::find_by_id(project_id)
        .one(&**work)
        .await?
        .ok_or_else(Failure::not_found)?;
    if project.production_type.as_deref() == Some("tvshow") {
        first_episode(work, caller, project_id).await?;
    }
    copy_project_descriptors(work, project_id).await
}

/// A metadata column of another production.
#[derive(FromQueryResult)]
struct CopiedDescriptor {
    id: Uuid,
    field_name: String,
    name: String,
}

/// The first episode of a production by name. Without any, the episode `E01` is made and announced.
///
/// # Errors
/// The database does not answer.
pub async fn first_episode(work: &mut Work<'_>, caller: &Caller, project_id: Uuid) -> Result<Uuid, Failure> {
    let type_id = built_in_type(&**work, EntityKind::Episode).await?;
    let sql = Sql::with(
        "SELECT id FROM entity WHERE project_id = $1 AND entity_type_id = $2 ORDER BY name, id LIMIT 1",
        [project_id.into(), type_id.into()],
    );
    if let Some(id) = database::read_value(&**work, &sql).await? {
        return Ok(id);
    }
    let values = vec![
        ("name", "E01".into()),
        ("status", "running".into()),
        ("project_id", project_id.into()),
        ("entity_type_id", type_id.into()),
        ("created_by", caller.person.id.into()),
    ];
    let id = database::insert(&**work, &entity::entity::TABLE, values).await?;
    work.emit_in(project_id, "episode:new", payload([("episode_id", id)]));
    Ok(id)
}

/// Gives a production the metadata columns that other open productions have for themselves, one for each key, with their
/// choices, departments and places.
///
/// # Errors
/// The database does not answer.
pub async fn copy_project_descriptors(work: &mut Work<'_>, project_id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with(
        "SELECT d.id, d.field_name, d.name FROM metadata_descriptor d JOIN project p ON p.id = d.project_id \
         JOIN project_status s ON s.id = p.project_status_id \
         WHERE d.entity_type = 'Project' AND s.name IN ('Open', 'open', 'Active') AND d.project_id <> $1 \
         AND NOT EXISTS (SELECT 1 FROM metadata_descriptor o WHERE o.project_id = $1 AND o.entity_type = 'Project' \
         AND (o.field_name = d.field_name OR o.name = d.name)) ORDER BY d.position IS NULL, d.position, d.name, d.id",
        [project_id.into()],
    );
    let (mut keys, mut names) = (HashSet::new(), HashSet::new());
    let mut sources: Vec<Uuid> = Vec::new();
    for CopiedDescriptor { id, field_name, name } in database::read_all(&**work, &sql).await? {
        if !keys.contains(&field_name) && !names.contains(&name) {
            sources.push(id);
            keys.insert(field_name);
            names.insert(name);
        }
    }
    for source in sources {
        let id = copy_descriptor(&**work, source, project_id).await?;
        work.emit_in(
            project_id,
            "metadata-descriptor:new",
            payload([("metadata_descriptor_id", id)]),
        );
    }
    Ok(())
}

/// Copies one metadata column with its departments.
async fn copy_descriptor(connection: &impl Writes, source: Uuid, project_id: Uuid) -> Result<Uuid, Failure> {
    let id = Uuid::new_v4();
    let moment = database::now();
    let mut sql = Sql::new(
        "INSERT INTO metadata_descriptor (id, project_id, created_at, updated_at, entity_type, name, data_type, field_name, choices, for_client, position) SELECT ",
    );
    sql.bind(id)
        .push(", ")
        .bind(project_id)
        .push(", ")
        .bind(moment)
        .push(", ")
        .bind(moment);
    sql.push(", entity_type, name, data_type, field_name, choices, for_client, position FROM metadata_descriptor WHERE id = ").bind(source);
    database::execute(connection, &sql).await?;
    let mut sql =
        Sql::new("INSERT INTO department_metadata_descriptor_link (metadata_descriptor_id, department_id) SELECT ");
    sql.bind(id)
        .push(", department_id FROM department_metadata_descriptor_link WHERE metadata_descriptor_id = ")
        .bind(source);
    database::execute(connection, &sql).await?;
    Ok(id)
}
