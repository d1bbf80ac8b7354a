//! Entities of a production while a table is imported: those that are there, those that rows add, and what rows change.

use std::collections::{HashMap, HashSet};

use dailies_definitions::access::ProjectManager;
use dailies_definitions::failure::Failure;
use entity::entity as stored;
use sea_orm::sea_query::Value as SqlValue;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::problem::RowProblem;
use super::sheet::SheetRow;
use crate::database;
use crate::events::{Payload, Work, payload};
use crate::vocabulary::kinds::{EntityKind, built_in_type};

/// Most letters of the name of an entity.
pub(super) const LONGEST_NAME: usize = 160;
/// An entity, with what was stored of it when that is something.
#[derive(Clone, Debug)]
pub(super) struct ImportedEntity {
    pub(super) model: stored::Model,
    before: Option<stored::Model>,
}

impl ImportedEntity {
    /// True if a row of this table adds it.
    pub(super) fn is_new(&self) -> bool {
        self.before.is_none()
    }

    /// True if a row changed what is stored.
    fn is_changed(&self) -> bool {
        self.before.as_ref().is_some_and(|before| *before != self.model)
    }

    /// Columns that a row may have written.
    pub(super) fn written(&self) -> Value {
        let stored::Model {
            name,
            project_id,
            entity_type_id,
            source_id,
            description,
            data,
            ..
        } = &self.model;
        json!({
            "name": name,
            "project_id": project_id,
            "entity_type_id": entity_type_id,
            "source_id": source_id,
            "description": description,
            "data": data,
        })
    }

    /// The metadata, to be changed.
    pub(super) fn take_data(&mut self) -> Map<String, Value> {
        match self.model.data.take() {
            Some(Value::Object(data)) => data,
            _ => Map::new(),
        }
    }

    /// Puts the metadata back. What had none before gets none for nothing.
    pub(super) fn put_data(&mut self, data: Map<String, Value>) {
        let had_none = self.before.as_ref().is_some_and(|before| before.data.is_none());
        self.model.data = if data.is_empty() && had_none {
            None
        } else {
            Some(data.into())
        };
    }

    /// Takes the description of a row over; an empty cell is as good as none.
    pub(super) fn describe(&mut self, line: &SheetRow<'_>) {
        if let Some(text) = line
            .get("Description")
            .filter(|text| self.model.description.as_deref().unwrap_or_default() != *text)
        {
            self.model.description = Some(text.to_owned());
        } else if self.is_new() && line.get("Description").is_some() {
            self.model.description = Some(String::new());
        }
    }
}

/// The entities of a production.
pub(super) struct Stock {
    project_id: Uuid,
    creator: Uuid,
    entries: Vec<ImportedEntity>,
    places: HashMap<Uuid, usize>,
    episode_type: Uuid,
    sequence_type: Uuid,
    episodes: HashMap<String, Uuid>,
    sequences: HashMap<(Option<Uuid>, String), Uuid>,
    /// Entities whose change was told already.
    told: HashSet<Uuid>,
}

impl Stock {
    /// Reads all entities of a production, the oldest id first.
    ///
    /// # Errors
    /// The database refuses.
    pub(super) async fn load(work: &Work<'_>, access: &ProjectManager) -> Result<Self, Failure> {
        let project_id = access.project_id();
        let episode_type = built_in_type(&**work, EntityKind::Episode).await?;
        let sequence_type = built_in_type(&**work, EntityKind::Sequence).await?;
        let query = stored::Entity::find()
            .filter(stored::Column::ProjectId.eq(project_id))
            .order_by_asc(stored::Column::Id);
        let mut stock = Self {
            project_id,
            creator: access.person.id,
            entries: Vec::new(),
            places: HashMap::new(),
            episode_type,
            sequence_type,
            episodes: HashMap::new(),
            sequences: HashMap::new(),
            told: HashSet::new(),
        };
        for model in query.all(&**work).await? {
            stock.keep(ImportedEntity {
                before: Some(model.clone()),
                model,
            });
        }
        Ok(stock)
    }

    fn keep(&mut self, entry: ImportedEntity) {
        let model = &entry.model;
        if model.entity_type_id == self.episode_type {
            self.episodes.entry(model.name.trim().to_owned()).or_insert(model.id);
        } else if model.entity_type_id == self.sequence_type {
            self.sequences
                .entry((model.parent_id, model.name.trim().to_owned()))
                .or_insert(model.id);
        }
        self.places.insert(model.id, self.entries.len());
        self.entries.push(entry);
    }

    /// The entities of a type.
    pub(super) fn of_type(&self, fits: impl Fn(Uuid) -> bool) -> impl Iterator<Item = &stored::Model> {
        self.entries
            .iter()
            .map(|entry| &entry.model)
            .filter(move |model| fits(model.entity_type_id))
    }

    /// One of the entities, to look at.
    pub(super) fn model(&self, id: Uuid) -> Option<&stored::Model> {
        self.places.get(&id).map(|place| &self.entries[*place].model)
    }

    /// True if an id is that of an episode of the production.
    pub(super) fn is_episode(&self, id: Uuid) -> bool {
        self.model(id)
            .is_some_and(|model| model.entity_type_id == self.episode_type)
    }

    /// The first sequence with a name, in whichever episode.
    pub(super) fn sequence_named(&self, name: &str) -> Option<Uuid> {
        self.of_type(|id| id == self.sequence_type)
            .find(|sequence| sequence.name == name)
            .map(|sequence| sequence.id)
    }

    /// One of the entities.
    pub(super) fn entry(&mut self, id: Uuid) -> Option<&mut ImportedEntity> {
        self.entries.get_mut(*self.places.get(&id)?)
    }

    /// Adds an entity, which is told of once its row is read.
    pub(super) fn add(&mut self, entity_type_id: Uuid, name: &str, parent_id: Option<Uuid>) -> Uuid {
        let id = Uuid::new_v4();
        let model = stored::Model {
            id,
            name: name.to_owned(),
            code: None,
            description: None,
            shotgun_id: None,
            canceled: Some(false),
            nb_frames: None,
            nb_entities_out: Some(0),
            is_casting_standby: Some(false),
            is_shared: false,
            status: "running".into(),
            project_id: self.project_id,
            entity_type_id,
            parent_id,
            source_id: None,
            preview_file_id: None,
            data: Some(Map::new().into()),
            ready_for: None,
            created_by: Some(self.creator),
            created_at: None,
            updated_at: None,
        };
        self.keep(ImportedEntity { model, before: None });
        id
    }

    /// The episode with a name, where it is there.
    pub(super) fn known_episode(&self, name: &str) -> Option<Uuid> {
        self.episodes.get(name).copied()
    }

    /// The sequence with a name in an episode, or in none, where it is there.
    pub(super) fn known_sequence(&self, episode_id: Option<Uuid>, name: &str) -> Option<Uuid> {
        self.sequences.get(&(episode_id, name.to_owned())).copied()
    }

    /// The episode with a name, which is made when it is missing.
    pub(super) fn episode(&mut self, work: &mut Work<'_>, column: &str, name: &str) -> Result<Uuid, RowProblem> {
        if let Some(id) = self.known_episode(name) {
            return Ok(id);
        }
        let id = self.add(
            self.episode_type,
            super::sheet::short_enough(column, name, LONGEST_NAME)?,
            None,
        );
        work.emit_in(self.project_id, "episode:new", payload([("episode_id", id)]));
        Ok(id)
    }

    /// The sequence with a name in an episode, or in none. It is made when it is missing.
    pub(super) fn sequence(&mut self, work: &mut Work<'_>, episode_id: Option<Uuid>, name: &str) -> Uuid {
        if let Some(id) = self.known_sequence(episode_id, name) {
            return id;
        }
        let id = self.add(self.sequence_type, name, episode_id);
        work.emit_in(self.project_id, "sequence:new", payload([("sequence_id", id)]));
        id
    }

    /// Tells of an entity of a kind when a row added or changed it, with more that is said of it.
    pub(super) fn emit_change(&mut self, work: &mut Work<'_>, kind: EntityKind, id: Uuid, more: Payload) {
        let Some(entry) = self.places.get(&id).map(|place| &self.entries[*place]) else {
            return;
        };
        let verb = if entry.is_new() { "new" } else { "update" };
        if (entry.is_new() || entry.is_changed()) && self.told.insert(id) {
            let mut about = payload([(kind.id_key(), id)]);
            about.extend(more);
            work.emit_in(self.project_id, format!("{}:{verb}", kind.word()), about);
        }
    }

    /// Assets that became ready for another task type than before.
    pub(super) fn readiness_changed(&self) -> Vec<Uuid> {
        let other = |entry: &&ImportedEntity| {
            entry
                .before
                .as_ref()
                .is_some_and(|before| before.ready_for != entry.model.ready_for)
        };
        self.entries.iter().filter(other).map(|entry| entry.model.id).collect()
    }

    /// Stores what is new and what changed. What others are a part of comes first.
    ///
    /// # Errors
    /// The database refuses.
    pub(super) async fn store(&self, work: &Work<'_>) -> Result<(), Failure> {
        let rank = |model: &stored::Model| match model.entity_type_id {
            id if id == self.episode_type => 0,
            id if id == self.sequence_type => 1,
            _ => 2,
        };
        for wanted in 0..3 {
            let new = self
                .entries
                .iter()
                .filter(|entry| entry.is_new() && rank(&entry.model) == wanted);
            database::insert_many(&**work, &stored::TABLE, new.map(|entry| row(&entry.model)).collect()).await?;
        }
        let changed = self.entries.iter().filter(|entry| entry.is_changed());
        let changes = changed.map(|entry| (entry.model.id, change(&entry.model)));
        Ok(database::update_many(&**work, &stored::TABLE, changes.collect()).await?)
    }
}

fn row(model: &stored::Model) -> Vec<(&'static str, SqlValue)> {
    vec![
        ("id", model.id.into()),
        ("name", model.name.as_str().into()),
        ("description", model.description.clone().into()),
        ("nb_frames", model.nb_frames.into()),
        ("status", model.status.as_str().into()),
        ("project_id", model.project_id.into()),
        ("entity_type_id", model.entity_type_id.into()),
        ("parent_id", model.parent_id.into()),
        ("source_id", model.source_id.into()),
        ("data", model.data.clone().into()),
        ("ready_for", model.ready_for.into()),
        ("created_by", model.created_by.into()),
    ]
}

/// The columns that rows of a table change.
fn change(model: &stored::Model) -> Vec<(&'static str, SqlValue)> {
    vec![
        ("entity_type_id", model.entity_type_id.into()),
        ("source_id", model.source_id.into()),
        ("description", model.description.clone().into()),
        ("nb_frames", model.nb_frames.into()),
        ("data", model.data.clone().into()),
        ("ready_for", model.ready_for.into()),
    ]
}

/// Choice among several entities with the same key: the first row of a table means the first one, the next row the next, and
/// all further rows the last.
#[derive(Debug)]
pub(super) struct Matches<K> {
    found: HashMap<K, (Vec<Uuid>, usize)>,
}

impl<K: std::hash::Hash + Eq> Matches<K> {
    pub(super) fn of(things: impl IntoIterator<Item = (K, Uuid)>) -> Self {
        let mut found: HashMap<K, (Vec<Uuid>, usize)> = HashMap::new();
        for (key, id) in things {
            found.entry(key).or_default().0.push(id);
        }
        Self { found }
    }

    /// The entity that the next row with this key means.
    pub(super) fn next(&mut self, key: &K) -> Option<Uuid> {
        let (ids, taken) = self.found.get_mut(key)?;
        let id = ids.get(*taken).or(ids.last()).copied();
        *taken += 1;
        id
    }

    /// Adds an entity that a row made, which further rows with its key mean.
    pub(super) fn add(&mut self, key: K, id: Uuid) {
        let (ids, taken) = self.found.entry(key).or_default();
        ids.push(id);
        *taken = ids.len();
    }
}

/// The entities with these ids as a JSON list, in that order.
///
/// # Errors
/// The database does not answer.
pub(super) async fn answer(work: &Work<'_>, ids: &[Uuid]) -> Result<Vec<u8>, Failure> {
    let rows = database::json::records(&**work, &stored::TABLE, "Entity", ids).await?;
    Ok(database::json::array(
        ids.iter().filter_map(|id| rows.get(id)).map(Vec::as_slice),
    ))
}
