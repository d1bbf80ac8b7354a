//! Folders of concepts: flat, and named once in a production.

use std::collections::{HashMap, HashSet};

use dailies_definitions::access::{Caller, ProjectMember, ProjectSupervisor};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::NoContent;
use uuid::Uuid;

use super::creation::require_within;
use super::removal::remove_links;
use super::rows::{self, EntityFacts, Listing, find_entities, find_entity};
use crate::access::entities::Scope;
use crate::access::{SUPERVISOR, require};
use crate::app::App;
use crate::database::{self, BATCH, Sent, Sql};
use crate::events::{Work, payload};
use crate::vocabulary::kinds::{EntityKind, built_in_type};

const FOLDER: EntityKind = EntityKind::ConceptFolder;

/// `GET /data/projects/{project_id}/concept-folders`
pub(super) async fn list(app: &App, access: &ProjectMember) -> Result<Sent, Failure> {
    let scope = Scope::project(access.caller(), access.project_id(), access.role());
    Listing::new(&app.database, &scope, FOLDER)
        .await?
        .send(&app.database)
        .await
}

/// `POST /data/projects/{project_id}/concept-folders`
pub(super) async fn create(app: &App, access: &ProjectSupervisor, name: String) -> Result<Vec<u8>, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    let entity_type_id = built_in_type(&*work, FOLDER).await?;
    let id = match named(&work, project_id, entity_type_id, &name).await? {
        Some(id) => id,
        None => {
            let values = vec![
                ("name", name.into()),
                ("project_id", project_id.into()),
                ("entity_type_id", entity_type_id.into()),
                ("created_by", access.person.id.into()),
            ];
            let id = database::insert(&*work, &entity::entity::TABLE, values).await?;
            emit_folder(&mut work, project_id, id, "new");
            id
        }
    };
    let row = rows::plain(&*work, id, FOLDER.type_name()).await?;
    work.finish().await?;
    Ok(row)
}

/// `PUT /data/concept-folders/{concept_folder_id}`
pub(super) async fn rename(app: &App, caller: &Caller, id: Uuid, name: String) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let folder = require_kept(&work, caller, id).await?;
    if named(&work, folder.project_id, folder.entity_type_id, &name)
        .await?
        .is_some_and(|other| other != id)
    {
        return Err(Failure::parameter("A concept folder with this name already exists."));
    }
    if folder.name != name {
        database::update(&*work, &entity::entity::TABLE, id, vec![("name", name.into())]).await?;
        emit_folder(&mut work, folder.project_id, id, "update");
    }
    let row = rows::plain(&*work, id, FOLDER.type_name()).await?;
    work.finish().await?;
    Ok(row)
}

/// `DELETE /data/concept-folders/{concept_folder_id}`
pub(super) async fn delete(app: &App, caller: &Caller, id: Uuid) -> Result<NoContent, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let folder = require_kept(&work, caller, id).await?;
    let inside = Sql::with(
        "SELECT id FROM entity WHERE parent_id = $1 ORDER BY name, id",
        [id.into()],
    );
    let inside = rows::ids(&*work, &inside).await?;
    put(&mut work, folder.project_id, &inside, None).await?;
    remove_links(&work, id).await?;
    database::execute(&*work, &Sql::with("DELETE FROM entity WHERE id = $1", [id.into()])).await?;
    emit_folder(&mut work, folder.project_id, id, "delete");
    work.finish().await?;
    Ok(NoContent)
}

/// `POST /actions/projects/{project_id}/move-concepts`: gives the ids of those that were moved. What is no concept of the
/// production is left out.
pub(super) async fn move_concepts(
    app: &App,
    access: &ProjectSupervisor,
    concepts: &[Uuid],
    folder_id: Option<Uuid>,
) -> Result<Vec<Uuid>, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    require_within(&work, folder_id, FOLDER, project_id, FOLDER.id_key()).await?;
    let found = find_entities(&*work, concepts).await?.into_iter();
    let mut found: HashMap<Uuid, EntityFacts> = found.map(|entity| (entity.id, entity)).collect();
    found.retain(|_, entity| entity.kind == EntityKind::Concept && entity.project_id == project_id);
    let moved: Vec<Uuid> = concepts
        .iter()
        .copied()
        .filter(|id| found.remove(id).is_some())
        .collect();
    put(&mut work, project_id, &moved, folder_id).await?;
    work.finish().await?;
    Ok(moved)
}

/// Puts concepts into a folder, or at the root, and tells of each that was elsewhere.
async fn put(work: &mut Work<'_>, project_id: Uuid, concepts: &[Uuid], folder_id: Option<Uuid>) -> Result<(), Failure> {
    let mut moved = HashSet::new();
    for ids in concepts.chunks(BATCH) {
        let mut sql = Sql::default();
        let folder = sql.slot(folder_id);
        sql.push("UPDATE entity SET updated_at = ")
            .bind(database::now())
            .push(&format!(", parent_id = {folder} WHERE id"))
            .among(ids);
        sql.push(&format!(" AND parent_id IS DISTINCT FROM {folder} RETURNING id"));
        moved.extend(database::ids(&**work, &sql).await?);
    }
    for id in concepts.iter().filter(|id| moved.contains(*id)) {
        work.emit_in(project_id, "concept:update", payload([("concept_id", *id)]));
    }
    Ok(())
}

/// A folder whose production the caller leads.
async fn require_kept(work: &Work<'_>, caller: &Caller, id: Uuid) -> Result<EntityFacts, Failure> {
    let folder = find_entity(&**work, id, FOLDER).await?;
    require(&**work, caller, folder.project_id, &SUPERVISOR).await?;
    Ok(folder)
}

/// The folder of that exact name in a production.
async fn named(work: &Work<'_>, project_id: Uuid, entity_type_id: Uuid, name: &str) -> Result<Option<Uuid>, Failure> {
    let sql = Sql::with(
        "SELECT id FROM entity WHERE project_id = $1 AND entity_type_id = $2 AND name = $3 ORDER BY created_at, id LIMIT 1",
        [project_id.into(), entity_type_id.into(), name.into()],
    );
    Ok(database::read_value(&**work, &sql).await?)
}

fn emit_folder(work: &mut Work<'_>, project_id: Uuid, id: Uuid, what: &str) {
    work.emit_in(
        project_id,
        format!("{}:{what}", FOLDER.word()),
        payload([(FOLDER.id_key(), id)]),
    );
}
