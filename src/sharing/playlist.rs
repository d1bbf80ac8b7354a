//! A shared playlist as guests see it: its entries with the revisions that they show, and nothing of others.

use std::collections::{HashMap, HashSet};

use dailies_definitions::access::ShareVisitor;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::SharedPlaylist;
use entity::playlist::Entry;
use sea_orm::FromQueryResult;
use serde_json::{Value, json};
use uuid::Uuid;

use super::cookies;
use crate::app::App;
use crate::database::json::{TEXT, write_key};
use crate::database::{self, Database, RecordWriter, Sql};
use crate::playlists::played::{distinct, objects, write_entry};
use crate::previews::revisions::{self, PreviewChoice, PreviewForm, Revision, Which};

/// Columns that are nothing for guests, or are told in another form.
const LEFT_OUT: [&str; 2] = ["shots", "created_by"];

/// Kinds of entities that are told with what they are part of; of others it is the asset type.
const PARTS: [&str; 5] = ["Shot", "Sequence", "Episode", "Edit", "Concept"];

/// The playlist of a link.
///
/// # Errors
/// 404 when the playlist is gone.
pub(super) async fn get(app: &App, visitor: &ShareVisitor) -> Result<Json<SharedPlaylist>, Failure> {
    let database = &app.database;
    let writer = RecordWriter::of(&entity::playlist::TABLE, "y", "Playlist", |column| {
        !LEFT_OUT.contains(&column)
    })
    .with(&[("p.name", "project_name", TEXT), ("p.fps", "project_fps", TEXT)]);
    let sql = Sql::with(
        format!(
            "SELECT {}, y.shots AS entries, y.is_for_all AS for_all FROM playlist y JOIN project p ON p.id = y.project_id WHERE y.id = $1",
            writer.columns()
        ),
        [visitor.playlist_id.into()],
    );
    let row = database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let shots: Option<Value> = row.try_get("", "entries")?;
    let entries = Entry::all(shots.as_ref());
    let facts = EntryFacts::find(database, &entries).await?;
    let for_all = row.try_get::<Option<bool>>("", "for_all")?.unwrap_or_default();
    let mut out = Vec::with_capacity(4096);
    writer.write_open(&mut out, &row)?;
    write_key(&mut out, "created_by", None);
    write_key(&mut out, "build_jobs", Some(b"[]"));
    write_key(&mut out, "shots", Some(b"["));
    for (at, stored) in objects(shots.as_ref()).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        facts.write(&mut out, stored, for_all)?;
    }
    out.extend_from_slice(b"]}");
    Ok(cookies::with_pass(app, visitor, Json::written(out)))
}

/// All that is told of the entries of a playlist.
struct EntryFacts {
    /// By entity.
    revisions: HashMap<Uuid, Vec<Revision>>,
    entities: HashMap<Uuid, Entity>,
    tasks: HashMap<Uuid, SharedTask>,
}

impl EntryFacts {
    async fn find(database: &Database, entries: &[Entry]) -> Result<Self, Failure> {
        let ids = distinct(entries.iter().filter_map(|entry| entry.preview_file_id));
        let shown: HashSet<Uuid> = ids.iter().copied().collect();
        let revisions = revisions::find(
            database,
            Which::With(&ids),
            PreviewForm::Drawn,
            PreviewChoice::These(&shown),
        )
        .await?;
        let entities = entities(database, &distinct(entries.iter().filter_map(|entry| entry.entity_id))).await?;
        let named = entries
            .iter()
            .filter_map(|entry| entry.task_id)
            .chain(revisions.values().flatten().map(|revision| revision.task_id));
        let tasks = tasks(database, &distinct(named)).await?;
        Ok(Self {
            revisions,
            entities,
            tasks,
        })
    }

    /// Writes an entry as guests see it, with its entity, and the task of its preview or else the one that it names.
    fn write(&self, out: &mut Vec<u8>, stored: &Value, for_all: bool) -> Result<(), Failure> {
        write_entry(out, &visible(stored), b"{}", &self.revisions)?;
        let entry = Entry::read(stored);
        if let Some(entity) = entry.entity_id.and_then(|id| self.entities.get(&id)) {
            write_key(out, "name", Some(json!(entity.name).to_string().as_bytes()));
            write_key(
                out,
                "parent_name",
                Some(json!(entity.parent_name(for_all)).to_string().as_bytes()),
            );
        }
        let mut revisions = entry
            .entity_id
            .and_then(|id| self.revisions.get(&id))
            .into_iter()
            .flatten();
        let by_preview = entry
            .preview_file_id
            .and_then(|id| Some(revisions.find(|revision| revision.shows(id))?.task_id));
        if let Some(task) = by_preview
            .or(entry.task_id)
            .and_then(|id| self.tasks.get(&id))
            .filter(|task| task.entity_id == entry.entity_id)
        {
            task.write(out);
        }
        out.push(b'}');
        Ok(())
    }
}

/// Keys of an entry that guests may see as they are stored.
const ENTRY_KEYS_FOR_GUESTS: [&str; 5] = ["id", "shot_id", "entity_id", "preview_file_id", "preview_file_task_id"];

/// An entry without what clients of the team may have stored beside it.
fn visible(stored: &Value) -> Value {
    let keys = stored
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| ENTRY_KEYS_FOR_GUESTS.contains(&key.as_str()));
    Value::Object(keys.map(|(key, value)| (key.clone(), value.clone())).collect())
}

#[derive(FromQueryResult)]
struct Entity {
    id: Uuid,
    name: String,
    kind: String,
    parent: Option<String>,
    grandparent: Option<String>,
}

impl Entity {
    /// Name of what the entity is part of; with the episode before it where a playlist is for all of them.
    fn parent_name(&self, for_all: bool) -> String {
        if !PARTS.contains(&self.kind.as_str()) {
            return self.kind.clone();
        }
        let parent = self.parent.as_deref().unwrap_or_default();
        match self.grandparent.as_deref() {
            Some(episode) if for_all => format!("{episode} / {parent}"),
            _ => parent.to_owned(),
        }
    }
}

async fn entities(database: &Database, ids: &[Uuid]) -> Result<HashMap<Uuid, Entity>, Failure> {
    let mut sql = Sql::new(
        "SELECT e.id, e.name, k.name AS kind, pa.name AS parent, gp.name AS grandparent FROM entity e JOIN entity_type k ON k.id = e.entity_type_id \
         LEFT JOIN entity pa ON pa.id = e.parent_id LEFT JOIN entity gp ON gp.id = pa.parent_id WHERE e.id",
    );
    sql.among(ids);
    Ok(database::read_all::<Entity>(database, &sql)
        .await?
        .into_iter()
        .map(|entity| (entity.id, entity))
        .collect())
}

#[derive(FromQueryResult)]
struct SharedTask {
    id: Uuid,
    entity_id: Option<Uuid>,
    type_id: Uuid,
    type_name: String,
    type_color: Option<String>,
    for_entity: Option<String>,
    status_color: Option<String>,
}

impl SharedTask {
    fn write(&self, out: &mut Vec<u8>) {
        let kind = json!({"id": self.type_id, "name": self.type_name, "color": self.type_color, "for_entity": self.for_entity});
        write_key(out, "preview_file_task_type", Some(kind.to_string().as_bytes()));
        write_key(
            out,
            "preview_file_task_type_name",
            Some(json!(self.type_name).to_string().as_bytes()),
        );
        if let Some(color) = &self.status_color {
            write_key(out, "task_status_color", Some(json!(color).to_string().as_bytes()));
        }
    }
}

async fn tasks(database: &Database, ids: &[Uuid]) -> Result<HashMap<Uuid, SharedTask>, Failure> {
    let mut sql = Sql::new(
        "SELECT t.id, t.entity_id, k.id AS type_id, k.name AS type_name, k.color AS type_color, k.for_entity, s.color AS status_color FROM task t \
         JOIN task_type k ON k.id = t.task_type_id LEFT JOIN task_status s ON s.id = t.task_status_id WHERE t.id",
    );
    sql.among(ids);
    Ok(database::read_all::<SharedTask>(database, &sql)
        .await?
        .into_iter()
        .map(|task| (task.id, task))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_told_with_what_they_are_part_of() {
        let entity = |kind: &str, parent: Option<&str>| Entity {
            id: Uuid::nil(),
            name: "SH010".into(),
            kind: kind.into(),
            parent: parent.map(Into::into),
            grandparent: parent.map(|_| "E01".into()),
        };
        assert_eq!(entity("Shot", Some("SQ1")).parent_name(false), "SQ1");
        assert_eq!(entity("Shot", Some("SQ1")).parent_name(true), "E01 / SQ1");
        assert_eq!(entity("Episode", None).parent_name(true), "");
        assert_eq!(entity("Props", None).parent_name(true), "Props");
    }

    #[test]
    fn nothing_else_that_was_stored_is_told() {
        let stored = json!({"entity_id": "a", "preview_file_id": "p", "note": "secret"});
        assert_eq!(visible(&stored), json!({"entity_id": "a", "preview_file_id": "p"}));
    }
}
