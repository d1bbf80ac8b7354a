//! Concepts: who sees which of them, how they are made, and what they are about.

use std::collections::HashSet;

use dailies_definitions::access::{Caller, ProjectMember};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use dailies_definitions::schemas::ConceptCreate;
use serde_json::Value;
use uuid::Uuid;

use super::assets::query_id;
use super::creation::{NewEntity, find_or_create, require_within};
use super::details::{self, FurtherFacts};
use super::rows::{self, CONCEPT_RELATIONS, Listing, find_entities, find_entity};
use super::with_tasks::{self, ListingOptions, Request};
use super::work_lists::{TaskList, TaskSet, task_types};
use super::{layouts, listings};
use crate::access::STAFF_MEMBER;
use crate::access::entities::{self, EntityRelation, PRESENT, Scope};
use crate::access::tasks::VisibleTasks;
use crate::app::App;
use crate::database::{self, Sent, write_uuid};
use crate::events::{Work, payload};
use crate::vocabulary::kinds::EntityKind;

/// `GET /data/concepts`
pub(super) async fn list(app: &App, caller: &Caller, query: &Query) -> Result<Sent, Failure> {
    let scope = Scope::named_for(app, caller, query_id(query, "project_id")?, &STAFF_MEMBER).await?;
    let mut listing = listings::with_project(app, &scope, EntityKind::Concept, query).await?;
    listing.relations = &CONCEPT_RELATIONS;
    listing.send(&app.database).await
}

/// `GET /data/projects/{project_id}/concepts`
pub(super) async fn list_of_project(app: &App, access: &ProjectMember) -> Result<Sent, Failure> {
    let scope = Scope::project(access.caller(), access.project_id(), access.role());
    let mut listing = Listing::new(&app.database, &scope, EntityKind::Concept).await?;
    listing.relations = &CONCEPT_RELATIONS;
    listing.send(&app.database).await
}

/// `GET /data/concepts/with-tasks`
pub(super) async fn list_with_tasks(
    app: &App,
    caller: &Caller,
    options: ListingOptions,
) -> Result<with_tasks::Listing, Failure> {
    let scope = Scope::named_for(app, caller, options.project_id, &STAFF_MEMBER).await?;
    Request::listing(&layouts::CONCEPTS, scope, &options)
        .load(&app.database)
        .await
}

/// `GET /data/concepts/{concept_id}`
pub(super) async fn read_concept(app: &App, caller: &Caller, id: Uuid) -> Result<Vec<u8>, Failure> {
    let relation = entities::require(&app.database, caller, id, &PRESENT).await?;
    let scope = Scope::project(caller, relation.project_id, relation.role.role);
    details::with_tasks(&app.database, &layouts::CONCEPTS, &scope, id, FurtherFacts::AllBut(&[])).await
}

/// `GET /data/concepts/{concept_id}/tasks`
pub(super) async fn list_tasks(app: &App, caller: &Caller, id: Uuid, assignees: bool) -> Result<Sent, Failure> {
    let relation = require_seen(app, caller, id).await?;
    TaskList {
        of: TaskSet::Entity(id),
        visible: VisibleTasks::of_entity(caller, relation.project_id, relation.role.role),
        assignees,
    }
    .send(&app.database)
    .await
}

/// `GET /data/concepts/{concept_id}/task-types`
pub(super) async fn list_task_types(app: &App, caller: &Caller, id: Uuid) -> Result<Sent, Failure> {
    let relation = require_seen(app, caller, id).await?;
    let visible = VisibleTasks::of_entity(caller, relation.project_id, relation.role.role);
    task_types(&app.database, TaskSet::Entity(id), &visible).await
}

async fn require_seen(app: &App, caller: &Caller, id: Uuid) -> Result<EntityRelation, Failure> {
    find_entity(&app.database, id, EntityKind::Concept).await?;
    entities::require(&app.database, caller, id, &PRESENT).await
}

/// `POST /data/projects/{project_id}/concepts`
pub(super) async fn create(app: &App, access: &ProjectMember, body: ConceptCreate) -> Result<Vec<u8>, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access.caller()).await?;
    let subjects = subjects(&work, project_id, &body.entity_concept_links.unwrap_or_default()).await?;
    let folder_id = require_within(
        &work,
        body.parent_id,
        EntityKind::ConceptFolder,
        project_id,
        "parent_id",
    )
    .await?
    .map(|folder| folder.id);
    let new = NewEntity {
        name: body.name,
        description: body.description,
        data: body.data,
        parent_id: folder_id,
        ..NewEntity::default()
    };
    let (id, made) = find_or_create(&work, EntityKind::Concept, project_id, access.caller().person.id, new).await?;
    if made {
        let links = subjects
            .into_iter()
            .map(|subject| vec![("entity_in_id", id.into()), ("entity_out_id", subject.into())]);
        database::insert_many(&*work, &entity::entity_concept_link::TABLE, links.collect()).await?;
        work.emit_in(project_id, "concept:new", payload([("concept_id", id)]));
    }
    let mut row = rows::plain(&*work, id, EntityKind::Concept.type_name()).await?;
    row.pop();
    row.extend_from_slice(b",\"entity_concept_links\":[");
    for (at, subject) in rows::concept_links(&*work, id).await?.into_iter().enumerate() {
        row.extend_from_slice(if at > 0 { b"," } else { b"" });
        write_uuid(&mut row, subject);
    }
    row.extend_from_slice(b"]}");
    work.finish().await?;
    Ok(row)
}

/// The entities that a new concept is about, each once, which the body names by ids, or by objects with an id.
///
/// # Errors
/// 400 that names the first of them that is not in the production.
async fn subjects(work: &Work<'_>, project_id: Uuid, named: &[Value]) -> Result<Vec<Uuid>, Failure> {
    let mut ids = Vec::with_capacity(named.len());
    let mut seen = HashSet::new();
    for (at, value) in named.iter().enumerate() {
        let text = value.as_str().or_else(|| value.get("id")?.as_str());
        let id = text.and_then(parse_id);
        let id = id.ok_or_else(|| {
            Failure::field(
                format!("entity_concept_links.{at}"),
                "Input should be the id of an entity, or an object with one",
            )
        })?;
        if seen.insert(id) {
            ids.push(id);
        }
    }
    let known: HashSet<Uuid> = find_entities(&**work, &ids)
        .await?
        .into_iter()
        .filter(|entity| entity.project_id == project_id)
        .map(|entity| entity.id)
        .collect();
    match ids.iter().find(|id| !known.contains(*id)) {
        Some(unknown) => Err(Failure::parameter(format!(
            "entity_concept_links: the production has no entity with the id {unknown}."
        ))),
        None => Ok(ids),
    }
}
