//! Scenes: who sees which of them, how they are made, and the shots that come from them.

use dailies_definitions::access::{Caller, EntityReader, ProjectManager};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use dailies_definitions::schemas::NewScene;
use uuid::Uuid;

use super::assets::query_id;
use super::creation::{self, NewEntity, require_within};
use super::rows::{self, EntityFacts, find_entity};
use super::with_tasks;
use super::{groups, layouts, listings};
use crate::access::entities::Scope;
use crate::access::{MEMBER_NOT_VENDOR, require_manager};
use crate::app::App;
use crate::database::{self, Sent, Sql, now};
use crate::events::{Work, payload};
use crate::vocabulary::kinds::EntityKind;

/// `GET /data/scenes/all`
pub(super) async fn list(app: &App, caller: &Caller, query: &Query) -> Result<Sent, Failure> {
    let scope = Scope::named_for(app, caller, query_id(query, "project_id")?, &MEMBER_NOT_VENDOR).await?;
    listings::in_sequences(app, &scope, EntityKind::Scene, query, &[])
        .await?
        .send(&app.database)
        .await
}

/// `GET /data/scenes/with-tasks`
pub(super) async fn list_with_tasks(
    app: &App,
    caller: &Caller,
    project_id: Option<Uuid>,
    query: &Query,
) -> Result<with_tasks::Listing, Failure> {
    let scope = Scope::named_for(app, caller, project_id, &MEMBER_NOT_VENDOR).await?;
    groups::list_with_tasks(app, scope, &layouts::SCENES, query).await
}

/// `GET /data/sequences/{sequence_id}/scenes`
pub(super) async fn list_of_sequence(app: &App, access: &EntityReader, sequence_id: Uuid) -> Result<Sent, Failure> {
    find_entity(&app.database, sequence_id, EntityKind::Sequence).await?;
    let conditions = Sql::with(" AND e.parent_id = $1", [sequence_id.into()]);
    listings::within(app, access, EntityKind::Scene, conditions)
        .await?
        .send(&app.database)
        .await
}

/// `POST /data/projects/{project_id}/scenes`
pub(super) async fn create(app: &App, access: &ProjectManager, body: NewScene) -> Result<Vec<u8>, Failure> {
    let new = NewEntity {
        name: body.name,
        parent_id: body.sequence_id,
        ..NewEntity::default()
    };
    creation::create(app, access, EntityKind::Scene, EntityKind::Sequence, new).await
}

/// `GET /data/scenes/{scene_id}/shots`
pub(super) async fn list_shots(app: &App, access: &EntityReader, scene_id: Uuid) -> Result<Sent, Failure> {
    find_entity(&app.database, scene_id, EntityKind::Scene).await?;
    let conditions = Sql::with(" AND e.source_id = $1", [scene_id.into()]);
    let mut listing = listings::within(app, access, EntityKind::Shot, conditions).await?;
    listings::name_sequences(&mut listing);
    listing.send(&app.database).await
}

/// Lets a shot come from a scene of the same production.
pub(super) async fn add_shot(app: &App, caller: &Caller, scene_id: Uuid, shot_id: Uuid) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let shot = shot_of(&work, caller, scene_id, shot_id).await?;
    let mut sql = Sql::new("UPDATE entity SET source_id = ");
    sql.bind(scene_id)
        .push(", updated_at = ")
        .bind(now())
        .push(" WHERE id = ")
        .bind(shot_id);
    sql.push(" AND (source_id IS NULL OR source_id <> ")
        .bind(scene_id)
        .push(")");
    if database::execute(&*work, &sql).await? > 0 {
        emit_shot(&mut work, &shot, scene_id, "shot:add-to-scene");
    }
    let row = rows::plain(&*work, shot_id, "Entity").await?;
    work.finish().await?;
    Ok(row)
}

/// Ends that a shot comes from a scene. One that comes from another scene is left alone.
pub(super) async fn remove_shot(app: &App, caller: &Caller, scene_id: Uuid, shot_id: Uuid) -> Result<(), Failure> {
    let mut work = Work::begin(app, caller).await?;
    let shot = shot_of(&work, caller, scene_id, shot_id).await?;
    let mut sql = Sql::new("UPDATE entity SET source_id = NULL, updated_at = ");
    sql.bind(now())
        .push(" WHERE id = ")
        .bind(shot_id)
        .push(" AND source_id = ")
        .bind(scene_id);
    if database::execute(&*work, &sql).await? > 0 {
        emit_shot(&mut work, &shot, scene_id, "shot:remove-from-scene");
    }
    work.finish().await?;
    Ok(())
}

/// A shot of the production of a scene that the caller manages.
async fn shot_of(work: &Work<'_>, caller: &Caller, scene_id: Uuid, shot_id: Uuid) -> Result<EntityFacts, Failure> {
    let scene = find_entity(&**work, scene_id, EntityKind::Scene).await?;
    require_manager(&**work, caller, scene.project_id).await?;
    require_within(work, Some(shot_id), EntityKind::Shot, scene.project_id, "shot_id")
        .await?
        .ok_or_else(Failure::not_found)
}

fn emit_shot(work: &mut Work<'_>, shot: &EntityFacts, scene_id: Uuid, event: &'static str) {
    work.emit_in(shot.project_id, "shot:update", payload([("shot_id", shot.id)]));
    work.emit_in(
        shot.project_id,
        event,
        payload([("scene_id", scene_id), ("shot_id", shot.id)]),
    );
}
