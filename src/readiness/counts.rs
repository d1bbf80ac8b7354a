//! Consequences of castings: how many assets an entity casts, what an episode casts because its shots do, and how many
//! assets are ready for a task. All of it is a function of the links and of the assets, so that whoever changes one of
//! them names what is touched, and has it settled afterwards.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, FromQueryResult, Value as SqlValue};
use serde_json::{Map, Value, json};
use uuid::Uuid;

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
struct CastingEntity {
    id: Uuid,
    name: String,
    project_id: Uuid,
    /// Name of its type.
    kind: String,
}

async fn containers_of(work: &Work<'_>, ids: &[Uuid]) -> Result<Vec<CastingEntity>, Failure> {
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

/// Assets that an episode casts because its shots do, after it was derived anew.
#[derive(Default)]
pub struct Derived {
    episode_id: Uuid,
    project_id: Uuid,
    /// Assets that the episode casts now.
    pub joined: Vec<Uuid>,
    /// Assets that it no longer casts, each with the number of those that were left.
    left: Vec<(Uuid, i32)>,
}

impl Derived {
    /// Tells of each asset that joined the episode.
    pub fn tell_joined(&self, work: &mut Work<'_>) {
        for asset_id in &self.joined {
            work.emit_in(self.project_id, "asset:update", payload([("asset_id", *asset_id)]));
        }
    }

    /// Tells of each asset that left the episode.
    pub fn tell_left(&self, work: &mut Work<'_>) {
        for (asset_id, count) in &self.left {
            emit_casting_update(
                work,
                self.project_id,
                EntityKind::Episode.type_name(),
                (self.episode_id, *count),
                (&[], &[*asset_id]),
            );
            work.emit_in(self.project_id, "asset:update", payload([("asset_id", *asset_id)]));
        }
    }
}

/// A link of an episode.
#[derive(FromQueryResult)]
struct EpisodeLink {
    id: Uuid,
    episode_id: Uuid,
    asset_id: Uuid,
    data: Option<Value>,
    /// True if the asset is canceled, so that it does not count.
    canceled: Option<bool>,
}

/// An asset that shots of an episode cast.
#[derive(FromQueryResult)]
struct CastByShots {
    episode_id: Uuid,
    asset_id: Uuid,
    label: Option<String>,
}

impl CastByShots {
    /// The link by which the episode casts the asset.
    fn into_link(self) -> Vec<(&'static str, SqlValue)> {
        vec![
            ("entity_in_id", self.episode_id.into()),
            ("entity_out_id", self.asset_id.into()),
            ("nb_occurences", 1.into()),
            ("label", self.label.unwrap_or_default().into()),
            ("data", derived_data().into()),
        ]
    }
}

/// The mark of a link that is there because shots of the episode cast the asset.
const DERIVED: &str = "auto";

/// The data of a link that was derived.
pub fn derived_data() -> Value {
    json!({ DERIVED: true })
}

/// True if a link was derived from those of shots.
pub fn is_derived(data: Option<&Value>) -> bool {
    data.and_then(|data| data.get(DERIVED)) == Some(&Value::Bool(true))
}

/// The data of a link that was derived, and that somebody wants from now on.
pub fn kept_data(data: Option<&Value>) -> Option<Value> {
    let mut data = data?.as_object()?.clone();
    data.remove(DERIVED);
    (!data.is_empty()).then(|| data.into())
}

/// Makes episodes cast what their shots cast, and gives what changed, in the order of their ids. Links that were derived and
/// have no such ground any more go; those that somebody made stay. `among` are the only assets to look at.
pub async fn derive(work: &mut Work<'_>, episodes: &[Uuid], among: Option<&[Uuid]>) -> Result<Vec<Derived>, Failure> {
    if episodes.is_empty() {
        return Ok(Vec::new());
    }
    let mut derived = underived(work, episodes).await?;
    let episodes: Vec<Uuid> = derived.keys().copied().collect();
    let (links, cast) = (
        episode_links(work, &episodes, among).await?,
        cast_by_shots(work, &episodes, among).await?,
    );
    let there: HashSet<(Uuid, Uuid)> = links.iter().map(|link| (link.episode_id, link.asset_id)).collect();
    let wanted: HashSet<(Uuid, Uuid)> = cast.iter().map(|cast| (cast.episode_id, cast.asset_id)).collect();
    let mut joining = Vec::new();
    for cast in cast {
        if there.contains(&(cast.episode_id, cast.asset_id)) {
            continue;
        }
        if let Some(derived) = derived.get_mut(&cast.episode_id) {
            derived.joined.push(cast.asset_id);
        }
        joining.push(cast.into_link());
    }
    let groundless =
        |link: &&EpisodeLink| is_derived(link.data.as_ref()) && !wanted.contains(&(link.episode_id, link.asset_id));
    let leaving: Vec<&EpisodeLink> = links.iter().filter(groundless).collect();
    if joining.is_empty() && leaving.is_empty() {
        return Ok(derived.into_values().collect());
    }
    change_links(work, joining, &leaving).await?;
    let joined = derived
        .values()
        .filter(|derived| !derived.joined.is_empty())
        .map(|derived| derived.episode_id);
    let changed: BTreeSet<Uuid> = joined.chain(leaving.iter().map(|link| link.episode_id)).collect();
    let changed: Vec<Uuid> = changed.into_iter().collect();
    recount(work, &changed).await?;
    let counts = counts_of(work, &changed).await?;
    note_leaving(&mut derived, leaving, counts);
    Ok(derived.into_values().collect())
}

/// Episodes by their ids, of which nothing is known to have changed.
async fn underived(work: &Work<'_>, episodes: &[Uuid]) -> Result<BTreeMap<Uuid, Derived>, Failure> {
    let found = containers_of(work, episodes).await?.into_iter();
    Ok(found
        .map(|episode| {
            (
                episode.id,
                Derived {
                    episode_id: episode.id,
                    project_id: episode.project_id,
                    ..Derived::default()
                },
            )
        })
        .collect())
}

/// Stores links of episodes, and removes others.
async fn change_links(
    work: &Work<'_>,
    joining: Vec<Vec<(&'static str, SqlValue)>>,
    leaving: &[&EpisodeLink],
) -> Result<(), Failure> {
    database::insert_many(&**work, &entity::entity_link::TABLE, joining).await?;
    let ids: Vec<Uuid> = leaving.iter().map(|link| link.id).collect();
    let mut sql = Sql::new("DELETE FROM entity_link WHERE id");
    sql.among(&ids);
    database::execute(&**work, &sql).await?;
    Ok(())
}

/// Notes the assets that left episodes, which cast so many now. They are told of as if they left one after the other, so the
/// last one leaves what there is now.
fn note_leaving(derived: &mut BTreeMap<Uuid, Derived>, leaving: Vec<&EpisodeLink>, mut counts: HashMap<Uuid, i32>) {
    for link in leaving.into_iter().rev() {
        let count = counts.entry(link.episode_id).or_default();
        if let Some(derived) = derived.get_mut(&link.episode_id) {
            derived.left.insert(0, (link.asset_id, *count));
        }
        if link.canceled != Some(true) {
            *count += 1;
        }
    }
}

async fn episode_links(
    work: &Work<'_>,
    episodes: &[Uuid],
    among: Option<&[Uuid]>,
) -> Result<Vec<EpisodeLink>, Failure> {
    let mut sql = Sql::new(
        "SELECT l.id, l.entity_in_id AS episode_id, l.entity_out_id AS asset_id, l.data, a.canceled FROM entity_link l \
         JOIN entity a ON a.id = l.entity_out_id WHERE l.entity_in_id",
    );
    sql.among(episodes);
    if let Some(assets) = among {
        sql.push(" AND l.entity_out_id").among(assets);
    }
    sql.push(" ORDER BY l.entity_in_id, l.entity_out_id");
    Ok(database::read_all(&**work, &sql).await?)
}

async fn cast_by_shots(
    work: &Work<'_>,
    episodes: &[Uuid],
    among: Option<&[Uuid]>,
) -> Result<Vec<CastByShots>, Failure> {
    let shot = EntityKind::Shot.condition("s.entity_type_id");
    let mut sql = Sql::new(format!(
        "SELECT q.parent_id AS episode_id, l.entity_out_id AS asset_id, MIN(l.label) AS label FROM entity_link l \
         JOIN entity s ON s.id = l.entity_in_id JOIN entity q ON q.id = s.parent_id WHERE {shot} AND q.parent_id"
    ));
    sql.among(episodes);
    if let Some(assets) = among {
        sql.push(" AND l.entity_out_id").among(assets);
    }
    sql.push(" GROUP BY q.parent_id, l.entity_out_id ORDER BY q.parent_id, l.entity_out_id");
    Ok(database::read_all(&**work, &sql).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saving_a_derived_link_keeps_its_other_data() {
        assert!(is_derived(Some(&derived_data())));
        assert!(!is_derived(None) && !is_derived(Some(&json!({"auto": "yes"}))));
        assert_eq!(kept_data(Some(&derived_data())), None);
        assert_eq!(
            kept_data(Some(&json!({"auto": true, "variant": "red"}))),
            Some(json!({"variant": "red"}))
        );
    }
}
