//! Consequences of castings: how many assets an entity casts, what an episode casts because its shots do (`episodes.rs`), and
//! how many assets are ready for a task. All of it is a function of the links and of the assets, so that whoever changes one
//! of them names what is touched, and has it settled afterwards.

use std::collections::{BTreeSet, HashMap};

use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::episodes::derive;
use crate::database::{self, BATCH, Sql};
use crate::events::{Work, payload};
use crate::vocabulary::kinds::EntityKind;

/// Entities whose castings may be other ones after a change.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    containers: BTreeSet<Uuid>,
    episodes: BTreeSet<Uuid>,
}

impl Touched {
    /// Castings that are touched when these entities go, come back or are no longer the same assets: all that casts
    /// them, and the episodes that they are in as shots or sequences.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn by(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Self, Failure> {
        let mut touched = Self::default();
        let mut parents = Vec::new();
        for ids in ids.chunks(BATCH) {
            let mut sql = Sql::new("SELECT entity_in_id AS id FROM entity_link WHERE entity_out_id");
            sql.among(ids);
            touched.containers.extend(self::ids(connection, &sql).await?);
            let mut sql = Sql::new("SELECT DISTINCT parent_id AS id FROM entity WHERE parent_id IS NOT NULL AND id");
            sql.among(ids);
            parents.extend(self::ids(connection, &sql).await?);
        }
        Ok(touched.and(Self::within(connection, &parents).await?))
    }

    /// Castings that are touched when the links of these entities change.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn links_of(connection: &impl ConnectionTrait, containers: &[Uuid]) -> Result<Self, Failure> {
        let mut parents = Vec::new();
        for containers in containers.chunks(BATCH) {
            let mut sql = Sql::new("SELECT DISTINCT parent_id AS id FROM entity WHERE parent_id IS NOT NULL AND id");
            sql.among(containers);
            parents.extend(ids(connection, &sql).await?);
        }
        let touched = Self::within(connection, &parents).await?;
        Ok(touched.and(Self {
            containers: containers.iter().copied().collect(),
            episodes: BTreeSet::new(),
        }))
    }

    /// Castings that are touched when something moves into or out of these sequences and episodes.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn within(connection: &impl ConnectionTrait, groups: &[Uuid]) -> Result<Self, Failure> {
        let mut episodes = BTreeSet::new();
        let episode = EntityKind::Episode.condition("e.entity_type_id");
        for groups in groups.chunks(BATCH) {
            let mut sql = Sql::new(format!("SELECT e.id FROM entity e WHERE {episode} AND e.id"));
            sql.among(groups);
            sql.push(&format!(
                " UNION SELECT e.id FROM entity q JOIN entity e ON e.id = q.parent_id WHERE {episode} AND q.id"
            ));
            sql.among(groups);
            episodes.extend(ids(connection, &sql).await?);
        }
        Ok(Self {
            containers: BTreeSet::new(),
            episodes,
        })
    }

    /// All that one or the other touches.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.containers.extend(other.containers);
        self.episodes.extend(other.episodes);
        self
    }

    /// Makes true again what follows from the castings, and tells of the figures that were not.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn settle(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let episodes: Vec<Uuid> = self.episodes.into_iter().collect();
        for derived in derive(work, &episodes, None).await? {
            derived.tell_joined(work);
            derived.tell_left(work);
        }
        let containers: Vec<Uuid> = self.containers.into_iter().collect();
        let counts = recount(work, &containers).await?;
        let changed: Vec<Uuid> = counts.keys().copied().collect();
        let mut told = containers_of(work, &changed).await?;
        told.sort_by(|a, b| (turn(&a.kind), &a.name, a.id).cmp(&(turn(&b.kind), &b.name, b.id)));
        for entity in told {
            let count = counts.get(&entity.id).copied().unwrap_or_default();
            emit_casting_update(work, entity.project_id, &entity.kind, (entity.id, count), (&[], &[]));
        }
        super::shots_changed(work, &containers).await
    }

    /// Makes true again what follows from the castings, where records come from elsewhere and nobody is told of each casting.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn restore(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let episodes: Vec<Uuid> = self.episodes.into_iter().collect();
        derive(work, &episodes, None).await?;
        let containers: Vec<Uuid> = self.containers.into_iter().collect();
        recount(work, &containers).await?;
        super::shots_changed(work, &containers).await
    }
}

/// Shots are told of first, then episodes.
fn turn(type_name: &str) -> u8 {
    match EntityKind::of_type(type_name) {
        EntityKind::Shot => 0,
        EntityKind::Episode => 1,
        _ => 2,
    }
}

async fn ids(connection: &impl ConnectionTrait, sql: &Sql) -> Result<Vec<Uuid>, Failure> {
    let mut found = Vec::new();
    for row in database::rows(connection, sql).await? {
        found.push(row.try_get("", "id")?);
    }
    Ok(found)
}

/// An entity that casts assets.
#[derive(FromQueryResult)]
pub(super) struct CastingEntity {
    pub(super) id: Uuid,
    name: String,
    pub(super) project_id: Uuid,
    /// Name of its type.
    kind: String,
}

/// Entities of these ids, as far as they are there.
pub(super) async fn containers_of(work: &Work<'_>, ids: &[Uuid]) -> Result<Vec<CastingEntity>, Failure> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let mut sql = Sql::new(
            "SELECT e.id, e.name, e.project_id, k.name AS kind FROM entity e JOIN entity_type k ON k.id = e.entity_type_id WHERE e.id",
        );
        sql.among(ids);
        found.extend(database::read_all::<CastingEntity>(&**work, &sql).await?);
    }
    Ok(found)
}

/// The number of assets of an entity.
#[derive(FromQueryResult)]
struct Count {
    id: Uuid,
    nb_entities_out: Option<i32>,
}

/// Counts the assets that entities cast, as their castings show them: without those that are canceled. Gives the counts
/// that changed.
pub async fn recount(work: &Work<'_>, containers: &[Uuid]) -> Result<HashMap<Uuid, i32>, Failure> {
    let mut changed = HashMap::new();
    for containers in containers.chunks(BATCH) {
        let mut sql = Sql::new(
            "WITH fresh AS (SELECT c.id AS entity_id, (SELECT COUNT(*) FROM entity_link l JOIN entity a ON a.id = l.entity_out_id \
             WHERE l.entity_in_id = c.id AND COALESCE(a.canceled, ",
        );
        sql.bind(false)
            .push(") = ")
            .bind(false)
            .push(") AS figure FROM entity c WHERE c.id")
            .among(containers);
        sql.push(") UPDATE entity SET nb_entities_out = fresh.figure, updated_at = ")
            .bind(database::now());
        sql.push(
            " FROM fresh WHERE entity.id = fresh.entity_id AND COALESCE(entity.nb_entities_out, -1) <> fresh.figure \
             RETURNING entity.id, entity.nb_entities_out",
        );
        let counts: Vec<Count> = database::read_all(&**work, &sql).await?;
        changed.extend(
            counts
                .into_iter()
                .map(|count| (count.id, count.nb_entities_out.unwrap_or_default())),
        );
    }
    Ok(changed)
}

/// The number of assets that an entity casts.
pub async fn count_of(work: &Work<'_>, id: Uuid) -> Result<i32, Failure> {
    Ok(counts_of(work, &[id]).await?.remove(&id).unwrap_or_default())
}

/// The numbers of assets that entities cast.
pub async fn counts_of(work: &Work<'_>, ids: &[Uuid]) -> Result<HashMap<Uuid, i32>, Failure> {
    let mut sql = Sql::new("SELECT id, nb_entities_out FROM entity WHERE id");
    sql.among(ids);
    let counts: Vec<Count> = database::read_all(&**work, &sql).await?;
    Ok(counts
        .into_iter()
        .map(|count| (count.id, count.nb_entities_out.unwrap_or_default()))
        .collect())
}

/// Tells that the casting of an entity of a type is another one.
pub fn emit_casting_update(
    work: &mut Work<'_>,
    project_id: Uuid,
    type_name: &str,
    (id, count): (Uuid, i32),
    (added, removed): (&[Uuid], &[Uuid]),
) {
    let word = match EntityKind::of_type(type_name) {
        EntityKind::Shot => "shot",
        EntityKind::Episode => "episode",
        _ => "asset",
    };
    let mut told: Map<String, Value> = payload([(format!("{word}_id").as_str(), id)]);
    told.insert("nb_entities_out".into(), json!(count));
    told.insert("added_asset_ids".into(), json!(added));
    told.insert("removed_asset_ids".into(), json!(removed));
    work.emit_in(project_id, format!("{word}:casting-update"), told);
}
