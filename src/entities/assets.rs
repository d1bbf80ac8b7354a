//! Assets: who sees which of them, and what is told of them.

use dailies_definitions::access::{Caller, EntityReader, ProjectManager, ProjectMember, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use dailies_definitions::schemas::{AssetSharing, NewAsset};
use uuid::Uuid;

use super::asset_types::require_asset_type;
use super::creation::{NewEntity, create_asset, require_within};
use super::details::{self, FurtherFacts};
use super::episode_choice::EpisodeChoice;
use super::layouts;
use super::listings::filtered;
use super::rows::{self, Listing, find_entities, find_entity};
use super::with_tasks::{self, ListingOptions, Request};
use crate::access::entities::Scope;
use crate::access::{require_manager, require_member};
use crate::app::App;
use crate::crud::invalid_id;
use crate::database::{self, BATCH, Sent, Sql, now};
use crate::events::{Work, payload};
use crate::readiness::counts::Touched;
use crate::vocabulary::kinds::EntityKind;

/// The assets that a listing without a production in its path is about: those of the production that the query names,
/// or else of those that the caller sees, which takes the right to see the episode that it names.
async fn scope(
    app: &App,
    caller: &Caller,
    project_id: Option<Uuid>,
    episode: Option<EpisodeChoice>,
) -> Result<Scope, Failure> {
    match (project_id, episode) {
        (Some(project_id), _) => Scope::required_project(app, caller, project_id).await,
        (None, None) => Scope::teams(app, caller).await,
        (None, Some(choice)) => {
            let EpisodeChoice::One(id) = choice else {
                return Err(Failure::not_found());
            };
            let connection = &app.database;
            let episode = find_entity(connection, id, EntityKind::Episode).await?;
            require_member(connection, caller, episode.project_id).await?;
            Scope::teams(app, caller).await
        }
    }
}

fn of_episode(sql: &mut Sql, episode: Option<EpisodeChoice>) {
    match episode {
        None | Some(EpisodeChoice::All) => {}
        Some(EpisodeChoice::Main) => {
            sql.push(" AND e.source_id IS NULL");
        }
        Some(EpisodeChoice::One(id)) => {
            sql.push(" AND (e.source_id = ")
                .bind(id)
                .push(" OR e.id IN (SELECT entity_out_id FROM entity_link WHERE entity_in_id = ")
                .bind(id)
                .push("))");
        }
    }
}

/// `GET /data/assets`
pub(super) async fn list(app: &App, caller: &Caller, query: &Query) -> Result<Sent, Failure> {
    let episode = EpisodeChoice::read(query)?;
    let scope = scope(app, caller, query_id(query, "project_id")?, episode).await?;
    let mut listing = filtered(app, &scope, EntityKind::Asset, query, &[]).await?;
    of_episode(&mut listing.conditions, episode);
    listing.send(&app.database).await
}

/// An identifier of a filter.
pub(super) fn query_id(query: &Query, name: &str) -> Result<Option<Uuid>, Failure> {
    let Some(text) = query.get(name).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let id = dailies_definitions::query::parse_id(text);
    id.map(Some).ok_or_else(|| invalid_id(name, text))
}

/// The assets of a production, or those of one of its asset types.
pub(super) async fn list_of_project(
    app: &App,
    access: &ProjectMember,
    asset_type_id: Option<Uuid>,
    query: &Query,
) -> Result<Sent, Failure> {
    let scope = Scope::project(access.caller(), access.project_id(), access.role());
    let save_for: &[&str] = if asset_type_id.is_some() {
        &["project_id", "entity_type_id"]
    } else {
        &["project_id"]
    };
    let mut listing = filtered(app, &scope, EntityKind::Asset, query, save_for).await?;
    if let Some(asset_type_id) = asset_type_id {
        listing.conditions.push(" AND e.entity_type_id = ").bind(asset_type_id);
    }
    listing.send(&app.database).await
}

/// `GET /data/assets/with-tasks`
pub(super) async fn list_with_tasks(
    app: &App,
    caller: &Caller,
    options: ListingOptions,
) -> Result<with_tasks::Listing, Failure> {
    let scope = scope(app, caller, options.project_id, options.episode).await?;
    let mut request = Request::listing(&layouts::ASSETS, scope, &options);
    of_episode(&mut request.conditions, options.episode);
    if let Some(EpisodeChoice::One(episode_id)) = options.episode {
        request.only_linked_with(episode_id);
    }
    request.load(&app.database).await
}

/// `GET /data/assets/{asset_id}`
pub(super) async fn read_asset(app: &App, access: &EntityReader, id: Uuid) -> Result<Vec<u8>, Failure> {
    let scope = Scope::project(access.caller(), access.project_id(), access.role());
    let mut object = details::with_tasks(
        &app.database,
        &layouts::ASSETS,
        &scope,
        id,
        FurtherFacts::AllBut(&["nb_frames", "source_id"]),
    )
    .await?;
    object.pop();
    object.extend_from_slice(b",\"type\":\"Asset\"}");
    Ok(object)
}

/// The assets that an entity is built from.
pub(super) async fn list_cast(app: &App, access: &EntityReader, id: Uuid, kind: EntityKind) -> Result<Sent, Failure> {
    find_entity(&app.database, id, kind).await?;
    let cast = Sql::with(
        " AND e.id IN (SELECT entity_out_id FROM entity_link WHERE entity_in_id = $1)",
        [id.into()],
    );
    elsewhere(app, access.caller(), access.role(), cast).await
}

/// The shared assets of other productions that shots of a production cast; only shots of one episode when it is given.
pub(super) async fn list_shared_in_use(
    app: &App,
    access: &ProjectMember,
    episode_id: Option<Uuid>,
) -> Result<Sent, Failure> {
    let project_id = access.project_id();
    let mut used = Sql::with(
        format!(
            " AND e.is_shared AND NOT COALESCE(e.canceled, false) AND e.project_id <> $1 AND e.id IN (SELECT l.entity_out_id FROM entity_link l \
             JOIN entity sh ON sh.id = l.entity_in_id LEFT JOIN entity sq ON sq.id = sh.parent_id WHERE sh.project_id = $2 AND {}",
            EntityKind::Shot.condition("sh.entity_type_id")
        ),
        [project_id.into(), project_id.into()],
    );
    if let Some(episode_id) = episode_id {
        used.push(" AND sq.parent_id = ").bind(episode_id);
    }
    used.push(")");
    elsewhere(app, access.caller(), access.role(), used).await
}

/// Assets that may belong to other productions.
async fn elsewhere(app: &App, caller: &Caller, role: Role, conditions: Sql) -> Result<Sent, Failure> {
    let mut listing = Listing::unrestricted(EntityKind::Asset, conditions);
    listing.mask_visitor(&app.database, caller, role).await?;
    listing.send(&app.database).await
}

/// `POST /data/projects/{project_id}/asset-types/{asset_type_id}/assets/new`
pub(super) async fn create(
    app: &App,
    access: &ProjectManager,
    asset_type_id: Uuid,
    body: NewAsset,
) -> Result<Vec<u8>, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access.caller()).await?;
    require_asset_type(&*work, asset_type_id).await?;
    require_within(&work, body.episode_id, EntityKind::Episode, project_id, "episode_id").await?;
    let new = NewEntity {
        name: body.name,
        description: body.description,
        data: body.data,
        is_shared: body.is_shared.unwrap_or_default(),
        source_id: body.episode_id,
        ..NewEntity::default()
    };
    let id = create_asset(&work, project_id, asset_type_id, access.person.id, new).await?;
    work.emit_in(
        project_id,
        "asset:new",
        payload([("asset_id", id), ("asset_type", asset_type_id)]),
    );
    let row = rows::plain(&*work, id, EntityKind::Asset.type_name()).await?;
    work.finish().await?;
    Ok(row)
}

/// Shares assets, or ends that, and lists them. Every one of them has to be an asset of a production that the caller
/// manages.
pub(super) async fn share(app: &App, caller: &Caller, body: &AssetSharing) -> Result<Sent, Failure> {
    let ids = body.asset_ids.as_deref().unwrap_or_default();
    let work = Work::begin(app, caller).await?;
    let mut projects = Vec::new();
    let found = find_entities(&*work, ids).await?;
    if ids.iter().any(|id| {
        !found
            .iter()
            .any(|entity| entity.id == *id && entity.kind == EntityKind::Asset)
    }) {
        return Err(Failure::not_found().naming("asset_ids"));
    }
    for entity in &found {
        if !projects.contains(&entity.project_id) {
            require_manager(&*work, caller, entity.project_id).await?;
            projects.push(entity.project_id);
        }
    }
    let mut assets = Sql::new(" AND e.id IN ");
    assets.bind_list(ids.iter().copied());
    set_shared(app, work, assets, body.is_shared).await
}

/// Shares the assets of a production, or ends that, and lists them: all of them, or those of a type, or those named.
pub(super) async fn share_of_project(
    app: &App,
    access: &ProjectManager,
    asset_type_id: Option<Uuid>,
    ids: &[Uuid],
    shared: Option<bool>,
) -> Result<Sent, Failure> {
    let mut assets = Sql::with(" AND e.project_id = $1", [access.project_id().into()]);
    if let Some(asset_type_id) = asset_type_id {
        assets.push(" AND e.entity_type_id = ").bind(asset_type_id);
    }
    if !ids.is_empty() {
        assets.push(" AND e.id IN ").bind_list(ids.iter().copied());
    }
    set_shared(app, Work::begin(app, access.caller()).await?, assets, shared).await
}

async fn set_shared(app: &App, mut work: Work<'_>, assets: Sql, shared: Option<bool>) -> Result<Sent, Failure> {
    let asset = EntityKind::Asset.condition("e.entity_type_id");
    let mut ids = rows::ids(
        &*work,
        &assets
            .clone()
            .before(&format!("SELECT e.id FROM entity e WHERE {asset}")),
    )
    .await?;
    ids.sort_unstable();
    for ids in ids.chunks(BATCH) {
        let mut sql = Sql::new("UPDATE entity SET is_shared = ");
        sql.bind(shared.unwrap_or(true))
            .push(", updated_at = ")
            .bind(now())
            .push(" WHERE id")
            .among(ids);
        database::execute(&*work, &sql).await?;
        Touched::by(&*work, ids).await?.settle(&mut work).await?;
    }
    work.finish().await?;
    Listing::unrestricted(EntityKind::Asset, assets)
        .send(&app.database)
        .await
}
