//! A playlist as the player needs it: beside each entry the revisions of its entity.

use std::collections::{HashMap, HashSet};

use dailies_definitions::access::ProjectMember;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::PlayedPlaylist;
use entity::facts::Kind;
use entity::playlist::Entry;
use sea_orm::DbBackend;
use serde_json::Value;
use uuid::Uuid;

use crate::access::Reach;
use crate::access::playlists::require_reader;
use crate::access::previews::OfEntities;
use crate::app::App;
use crate::database::dialect::{JsonKey, json_list};
use crate::database::json::{TEXT, write_key};
use crate::database::{RecordWriter, Sql, write_text};
use crate::previews::revisions::{self, PreviewChoice, PreviewForm, Revision, Which};

/// Keys of an entry that are never those that a client stored.
const WORKED_OUT: [&str; 9] = [
    "preview_files",
    "preview_file_extension",
    "preview_file_revision",
    "preview_file_width",
    "preview_file_height",
    "preview_file_duration",
    "preview_file_status",
    "preview_file_previews",
    "preview_file_annotations",
];

/// A writer of playlists `y` without their entries, and with their builds in few words.
fn writer(backend: DbBackend) -> RecordWriter {
    let keys = [("id", Kind::Uuid), ("status", TEXT), ("created_at", Kind::DateTime)];
    let keys = keys.map(|(name, kind)| JsonKey::new(format!("b.{name}"), name, kind));
    let builds = json_list(
        backend,
        &keys,
        "build_job b WHERE b.playlist_id = y.id",
        "b.created_at DESC, b.id",
    );
    RecordWriter::of(&entity::playlist::TABLE, "y", "Playlist", |column| column != "shots").with(&[(
        &builds,
        "build_jobs",
        Kind::Json,
    )])
}

/// A playlist of a production for its player.
///
/// # Errors
/// 404 when the production has no such playlist, 403 for clients when it is not meant for them.
pub(super) async fn get(app: &App, access: &ProjectMember, playlist_id: Uuid) -> Result<Json<PlayedPlaylist>, Failure> {
    let database = &app.database;
    let writer = writer(database.backend());
    let sql = Sql::with(
        format!(
            "SELECT {}, y.shots AS entries, y.for_client AS is_for_clients FROM playlist y WHERE y.id = $1 AND y.project_id = $2",
            writer.columns()
        ),
        [playlist_id.into(), access.project_id().into()],
    );
    let row = database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    require_reader(
        access,
        row.try_get::<Option<bool>>("", "is_for_clients")?.unwrap_or_default(),
    )?;
    let shots: Option<Value> = row.try_get("", "entries")?;
    let entries = Entry::all(shots.as_ref());
    let entities = distinct(entries.iter().filter_map(|entry| entry.entity_id));
    let shown: HashSet<Uuid> = entries.iter().filter_map(|entry| entry.preview_file_id).collect();
    // An entry may be of a production that shares it, where the caller sees what lists there show.
    let listed = OfEntities::across(Reach::teams(database, access).await?);
    let found = revisions::find(
        database,
        Which::OfEntities(&entities, &listed),
        PreviewForm::Played,
        PreviewChoice::These(&shown),
    )
    .await?;
    let trees: HashMap<Uuid, Vec<u8>> = found
        .iter()
        .map(|(id, revisions)| (*id, revisions::by_task_type(revisions)))
        .collect();
    let mut out = Vec::with_capacity(4096);
    writer.write_open(&mut out, &row)?;
    out.extend_from_slice(b",\"shots\":[");
    let mut first = true;
    for stored in objects(shots.as_ref()) {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        let tree = Entry::read(stored)
            .entity_id
            .and_then(|id| trees.get(&id))
            .map_or(&b"[]"[..], Vec::as_slice);
        write_entry(&mut out, stored, tree, &found)?;
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    Ok(Json::written(out))
}

/// Ids without those that were there before.
#[must_use]
pub fn distinct(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The entries of the column `shots`; what is no object is none.
pub fn objects(shots: Option<&Value>) -> impl Iterator<Item = &Value> {
    shots
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|entry| entry.is_object())
}

/// Writes the revisions beside an entry, what is stored of it, its entity, and the preview that it shows, without the
/// closing brace. A preview that is gone, or shows another entity, is left out.
///
/// # Errors
/// A stored value can't be written.
pub fn write_entry(
    out: &mut Vec<u8>,
    stored: &Value,
    tree: &[u8],
    found: &HashMap<Uuid, Vec<Revision>>,
) -> Result<(), serde_json::Error> {
    let entry = Entry::read(stored);
    let mut revisions = entry.entity_id.and_then(|id| found.get(&id)).into_iter().flatten();
    let shown = entry
        .preview_file_id
        .and_then(|id| Some((id, revisions.find(|revision| revision.shows(id))?)));
    let lost = entry.preview_file_id.is_some() && shown.is_none();
    let left_out = |key: &str| {
        WORKED_OUT.contains(&key)
            || key == "id"
            || (key == "preview_file_id" && lost)
            || (key == "preview_file_task_id" && shown.is_some())
    };
    out.extend_from_slice(b"{\"preview_files\":");
    out.extend_from_slice(tree);
    if let Some(id) = entry.entity_id {
        write_key(out, "id", Some(format!("\"{id}\"").as_bytes()));
    }
    for (key, value) in stored
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| !left_out(key))
    {
        out.push(b',');
        write_text(out, key);
        out.push(b':');
        serde_json::to_writer(&mut *out, value)?;
    }
    if let Some((id, revision)) = shown {
        revision.write_shown(out, id);
    }
    Ok(())
}
