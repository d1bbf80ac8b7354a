//! Entries that are added to a playlist: which preview each shows, and whether it is there already.

use std::collections::{HashMap, HashSet};

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{Playlist, PlaylistEntityAdd};
use entity::playlist::Entry;
use sea_orm::{DbErr, FromQueryResult};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::access::playlists::{self, KEEP, restrict_previews};
use crate::app::App;
use crate::database::json::record;
use crate::database::{self, Sql};
use crate::events::{Work, payload};

/// Facts that decide about new entries.
#[derive(FromQueryResult)]
struct StoredPlaylist {
    shots: Option<Value>,
    task_type_id: Option<Uuid>,
}

#[derive(FromQueryResult)]
struct OfEntity {
    entity_id: Uuid,
    preview_id: Uuid,
}

/// Adds entries at the end, and answers the playlist. What is there already is not added again.
///
/// # Errors
/// 404 for an unknown playlist, entity or preview, 403 for those who don't keep the playlist.
pub(super) async fn add(
    app: &App,
    caller: &Caller,
    playlist_id: Uuid,
    wanted: Vec<PlaylistEntityAdd>,
) -> Result<Json<Playlist>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let relation = playlists::require(&*work, caller, playlist_id, &KEEP).await?;
    let sql = Sql::with(
        "SELECT shots, task_type_id FROM playlist WHERE id = $1",
        [playlist_id.into()],
    );
    let stored = database::read_one::<StoredPlaylist>(&*work, &sql)
        .await?
        .ok_or_else(Failure::not_found)?;
    let chosen = choose(&work, relation.project_id, stored.task_type_id, &wanted).await?;
    let mut known: HashSet<_> = Entry::all(stored.shots.as_ref())
        .into_iter()
        .map(|entry| (entry.entity_id, entry.preview_file_id))
        .collect();
    let mut shots = match stored.shots {
        Some(Value::Array(shots)) => shots,
        _ => Vec::new(),
    };
    let before = shots.len();
    for (entity_id, preview_id) in chosen {
        if !known.insert((Some(entity_id), preview_id)) {
            continue;
        }
        shots.push(new_entry(entity_id, preview_id));
        let mut told = payload([("playlist_id", playlist_id), ("entity_id", entity_id)]);
        told.insert("preview_file_id".into(), json!(preview_id));
        work.emit_in(relation.project_id, "playlist:add_entity", told);
    }
    if shots.len() > before {
        database::update(
            &*work,
            &entity::playlist::TABLE,
            playlist_id,
            vec![("shots", Value::from(shots).into())],
        )
        .await?;
    }
    let text = record(&*work, &entity::playlist::TABLE, "Playlist", playlist_id)
        .await?
        .ok_or_else(Failure::not_found)?;
    work.finish().await?;
    Ok(Json::written(text))
}

/// An entry as playlists store it, without a preview where there is none.
fn new_entry(entity_id: Uuid, preview_id: Option<Uuid>) -> Value {
    let mut entry = Map::from_iter([("entity_id".to_owned(), json!(entity_id))]);
    entry.extend(preview_id.map(|id| ("preview_file_id".to_owned(), json!(id))));
    entry.into()
}

/// The entity and the preview of each new entry.
async fn choose(
    work: &Work<'_>,
    project_id: Option<Uuid>,
    task_type_id: Option<Uuid>,
    wanted: &[PlaylistEntityAdd],
) -> Result<Vec<(Uuid, Option<Uuid>)>, Failure> {
    let entities: Vec<Uuid> = wanted.iter().map(|entry| entry.entity_id).collect();
    require_entities(work, project_id, &entities).await?;
    let named: Vec<Uuid> = wanted.iter().filter_map(|entry| entry.preview_file_id).collect();
    let owners = owners(work, &named).await?;
    if named.iter().any(|id| !owners.contains_key(id)) {
        return Err(Failure::not_found().naming("preview_file_id"));
    }
    let shown = showable(work, project_id, &named).await?;
    let own = |entry: &PlaylistEntityAdd| {
        entry
            .preview_file_id
            .filter(|id| owners.get(id) == Some(&entry.entity_id) && shown.contains(id))
    };
    let lacking: Vec<Uuid> = wanted
        .iter()
        .filter(|entry| own(entry).is_none())
        .map(|entry| entry.entity_id)
        .collect();
    let latest = if lacking.is_empty() {
        HashMap::new()
    } else {
        latest(work, project_id, &lacking, task_type_id).await?
    };
    Ok(wanted
        .iter()
        .map(|entry| {
            (
                entry.entity_id,
                own(entry).or_else(|| latest.get(&entry.entity_id).copied()),
            )
        })
        .collect())
}

/// Requires entities that a playlist of a production may show.
///
/// # Errors
/// 404 unless all entities are there, and belong to the production or are shared with others.
async fn require_entities(work: &Work<'_>, project_id: Option<Uuid>, entities: &[Uuid]) -> Result<(), Failure> {
    let mut sql = Sql::new("SELECT e.id FROM entity e WHERE (e.project_id = ");
    sql.bind(project_id)
        .push(" OR e.is_shared = ")
        .bind(true)
        .push(") AND e.id")
        .among(entities);
    let found = database::ids(&**work, &sql).await?;
    if entities.iter().all(|id| found.contains(id)) {
        Ok(())
    } else {
        Err(Failure::not_found().naming("entity_id"))
    }
}

/// The entities that previews show.
///
/// # Errors
/// The database does not answer.
pub(super) async fn owners(work: &Work<'_>, previews: &[Uuid]) -> Result<HashMap<Uuid, Uuid>, DbErr> {
    if previews.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = Sql::new(
        "SELECT t.entity_id, p.id AS preview_id FROM preview_file p JOIN task t ON t.id = p.task_id WHERE t.entity_id IS NOT NULL AND p.id",
    );
    sql.among(previews);
    let found = database::read_all::<OfEntity>(&**work, &sql).await?;
    Ok(found.into_iter().map(|row| (row.preview_id, row.entity_id)).collect())
}

/// Those of some previews that a playlist of a production may show.
async fn showable(work: &Work<'_>, project_id: Option<Uuid>, previews: &[Uuid]) -> Result<HashSet<Uuid>, DbErr> {
    if previews.is_empty() {
        return Ok(HashSet::new());
    }
    let mut sql = Sql::new("SELECT p.id FROM preview_file p JOIN task t ON t.id = p.task_id WHERE p.id");
    sql.among(previews);
    restrict_previews(&mut sql, project_id);
    database::ids(&**work, &sql).await
}

/// The latest preview of each entity that has any which may be shown: the newest of the highest revision.
async fn latest(
    work: &Work<'_>,
    project_id: Option<Uuid>,
    entities: &[Uuid],
    task_type_id: Option<Uuid>,
) -> Result<HashMap<Uuid, Uuid>, DbErr> {
    let mut sql = Sql::new(
        "SELECT o.entity_id, o.preview_id FROM (SELECT t.entity_id, p.id AS preview_id, ROW_NUMBER() OVER (PARTITION BY t.entity_id \
         ORDER BY COALESCE(p.revision, 0) DESC, p.created_at DESC, p.id) AS place \
         FROM task t JOIN preview_file p ON p.task_id = t.id WHERE t.entity_id",
    );
    sql.among(entities);
    restrict_previews(&mut sql, project_id);
    if let Some(id) = task_type_id {
        sql.push(" AND t.task_type_id = ").bind(id);
    }
    sql.push(") o WHERE o.place = 1");
    let found = database::read_all::<OfEntity>(&**work, &sql).await?;
    Ok(found.into_iter().map(|row| (row.entity_id, row.preview_id)).collect())
}
