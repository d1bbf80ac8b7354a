//! Sequences and episodes: who sees which of them, and how they are made.

use dailies_definitions::access::{Caller, EntityReader, ProjectManager, ProjectMember};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::query::{Query, parse_id};
use dailies_definitions::schemas::{Entity, NewEpisode, NewSequence};
use uuid::Uuid;

use super::assets::query_id;
use super::creation::{self, NewEntity};
use super::criteria;
use super::details;
use super::episode_choice::EpisodeChoice;
use super::layouts::EntityLayout;
use super::rows::{Listing, find_entity};
use super::with_tasks::{self, ListingOptions, Request};
use super::work_lists::{TaskList, TaskSet};
use crate::access::ALL_BUT_VENDORS;
use crate::access::entities::Scope;
use crate::access::tasks::VisibleTasks;
use crate::app::App;
use crate::database::{Sent, Sql};
use crate::vocabulary::kinds::EntityKind;

/// `GET /data/sequences`
pub(super) async fn list_sequences(app: &App, caller: &Caller, query: &Query) -> Result<Sent, Failure> {
    match query.get("episode_id").filter(|text| !text.is_empty()) {
        Some(text) => {
            let episode_id = parse_id(text).ok_or_else(Failure::not_found)?;
            list_sequences_of_episode(app, caller, episode_id, query).await
        }
        None => {
            let scope = Scope::named(app, caller, query_id(query, "project_id")?).await?;
            list(app, &scope, EntityKind::Sequence, None, query).await
        }
    }
}

/// `GET /data/episodes/{episode_id}/sequences`
pub(super) async fn list_sequences_of_episode(
    app: &App,
    caller: &Caller,
    episode_id: Uuid,
    query: &Query,
) -> Result<Sent, Failure> {
    let episode = find_entity(&app.database, episode_id, EntityKind::Episode).await?;
    let scope = Scope::required_project(app, caller, episode.project_id).await?;
    list(app, &scope, EntityKind::Sequence, Some(episode_id), query).await
}

/// No sequences, where the filters are right: clients ask for those of all episodes in this way, and are used to none.
pub(super) fn list_no_sequences(query: &Query) -> Result<Json<Vec<Entity>>, Failure> {
    criteria::add(&mut Sql::default(), query, &["parent_id"])?;
    Ok(Json::written("[]"))
}

/// `GET /data/episodes`
pub(super) async fn list_episodes(app: &App, caller: &Caller, query: &Query) -> Result<Sent, Failure> {
    let scope = Scope::named(app, caller, query_id(query, "project_id")?).await?;
    list(app, &scope, EntityKind::Episode, None, query).await
}

/// The sequences or episodes of a production.
pub(super) async fn list_of_project(app: &App, access: &ProjectMember, kind: EntityKind) -> Result<Sent, Failure> {
    let scope = Scope::project(access.caller(), access.project_id(), access.role());
    list(app, &scope, kind, None, &Query::default()).await
}

async fn list(
    app: &App,
    scope: &Scope,
    kind: EntityKind,
    parent_id: Option<Uuid>,
    query: &Query,
) -> Result<Sent, Failure> {
    let mut listing = Listing::new(&app.database, scope, kind).await?;
    // Clients are used to this name where the list is narrowed to what a vendor works on.
    if scope.is_narrowed() {
        listing.type_name = "Entity";
    }
    criteria::add(
        &mut listing.conditions,
        query,
        if parent_id.is_some() { &["parent_id"] } else { &[] },
    )?;
    if let Some(parent_id) = parent_id {
        listing.conditions.push(" AND e.parent_id = ").bind(parent_id);
    }
    listing.send(&app.database).await
}

/// The sequences, episodes or scenes with their tasks; `episode_id` keeps those that are part of that entity.
pub(super) async fn list_with_tasks(
    app: &App,
    scope: Scope,
    layout: &'static EntityLayout,
    query: &Query,
) -> Result<with_tasks::Listing, Failure> {
    let options = ListingOptions {
        episode: EpisodeChoice::read(query)?,
        ..ListingOptions::default()
    };
    let mut request = Request::listing(layout, scope, &options);
    match options.episode {
        None => {}
        Some(EpisodeChoice::One(id)) => {
            request.conditions.push(" AND e.parent_id = ").bind(id);
        }
        Some(EpisodeChoice::All | EpisodeChoice::Main) => {
            request.conditions.push(" AND 1 = 0");
        }
    }
    request.load(&app.database).await
}

/// One sequence, episode or scene with the names that explain it.
pub(super) async fn read_group(
    app: &App,
    access: &EntityReader,
    id: Uuid,
    kind: EntityKind,
) -> Result<Vec<u8>, Failure> {
    let scope = Scope::project(access.caller(), access.project_id(), access.role());
    details::group(&app.database, &scope, id, kind).await
}

/// The tasks of a sequence, an episode or a scene itself; vendors get their own ones.
pub(super) async fn list_tasks(
    app: &App,
    access: &EntityReader,
    id: Uuid,
    kind: EntityKind,
    assignees: bool,
) -> Result<Sent, Failure> {
    find_entity(&app.database, id, kind).await?;
    TaskList {
        of: TaskSet::Entity(id),
        visible: VisibleTasks::within(access, access.project_id(), access.role()),
        assignees,
    }
    .send(&app.database)
    .await
}

/// The tasks of what a sequence or an episode is made of, for everybody but vendors.
pub(super) async fn list_inner_tasks(
    app: &App,
    access: &EntityReader,
    id: Uuid,
    kind: EntityKind,
    of: TaskSet,
    assignees: bool,
) -> Result<Sent, Failure> {
    find_entity(&app.database, id, kind).await?;
    if !ALL_BUT_VENDORS.contains(&access.role()) {
        return Err(Failure::forbidden());
    }
    TaskList {
        of,
        visible: VisibleTasks::within(access, access.project_id(), access.role()),
        assignees,
    }
    .send(&app.database)
    .await
}

/// `POST /data/projects/{project_id}/sequences`
pub(super) async fn create_sequence(app: &App, access: &ProjectManager, body: NewSequence) -> Result<Vec<u8>, Failure> {
    let new = NewEntity {
        name: body.name,
        description: body.description,
        data: body.data,
        parent_id: body.episode_id,
        ..NewEntity::default()
    };
    creation::create(app, access, EntityKind::Sequence, EntityKind::Episode, new).await
}

/// `POST /data/projects/{project_id}/episodes`
pub(super) async fn create_episode(app: &App, access: &ProjectManager, body: NewEpisode) -> Result<Vec<u8>, Failure> {
    let status = body.status.filter(|status| STATUSES.contains(&status.as_str()));
    let new = NewEntity {
        name: body.name,
        description: body.description,
        data: body.data,
        status,
        ..NewEntity::default()
    };
    creation::create(app, access, EntityKind::Episode, EntityKind::Episode, new).await
}

/// Statuses that an entity may have; new episodes get the usual one in place of anything else.
const STATUSES: [&str; 4] = ["standby", "running", "complete", "canceled"];
