//! Changes castings, and keeps shots and their episode in step.

use std::collections::{HashMap, HashSet};

use dailies_definitions::failure::Failure;
use dailies_definitions::schemas::CastingEntry;
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::reading;
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::readiness;
use crate::vocabulary::kinds::EntityKind;

/// The entity whose casting is written.
struct Container {
    id: Uuid,
    project_id: Uuid,
    /// Name of its type.
    kind: String,
    /// The episode of a shot.
    episode_id: Option<Uuid>,
}

/// Replaces the casting of one entity.
///
/// # Errors
/// The database refuses.
pub(super) async fn replace(work: &mut Work<'_>, project_id: Uuid, entity_id: Uuid, entries: &[CastingEntry]) -> Result<(), Failure> {
    let container = find(work, project_id, entity_id).await?;
    let wanted = known(work, &container, entries).await?;
    let before = cast(work, entity_id).await?;
    let after: HashSet<Uuid> = wanted.iter().map(|(asset, _, _)| *asset).collect();
    let removed = sorted(before.difference(&after));
    let added = sorted(after.difference(&before));
    if container.kind == "Episode" {
        leave_shots_of_episode(work, &container, &removed).await?;
    }
    database::execute(&**work, &Sql::with("DELETE FROM entity_link WHERE entity_in_id = $1", [entity_id.into()])).await?;
    let joining = if container.kind == "Shot" { join_episode(work, &container, &wanted).await? } else { HashSet::new() };
    store(work, &container, &wanted, &joining).await?;
    set_count(work, entity_id, after.len()).await?;
    if container.kind == "Shot" {
        readiness::shots_changed(work, &[entity_id]).await?;
    }
    tell(work, &container, after.len(), &added, &removed);
    if container.kind == "Shot" {
        leave_episode(work, &container, &removed).await?;
    }
    Ok(())
}

/// Removes one line of a casting: the count of its entity, and the readiness of a shot's tasks, follow. What is cast in the
/// episode stays there.
///
/// # Errors
/// 404 when there is no such line, 403 when it is of another production.
pub(super) async fn remove(work: &mut Work<'_>, project_id: Uuid, link_id: Uuid) -> Result<(), Failure> {
    let link = entity::entity_link::Entity::find().filter(entity::entity_link::Column::Id.eq(link_id)).one(&**work).await?;
    let link = link.ok_or_else(Failure::not_found)?;
    reading::belongs(&**work, link.entity_in_id, project_id).await?;
    let container = find(work, project_id, link.entity_in_id).await?;
    database::execute(&**work, &Sql::with("DELETE FROM entity_link WHERE id = $1", [link_id.into()])).await?;
    let left = cast(work, container.id).await?.len();
    set_count(work, container.id, left).await?;
    if container.kind == "Shot" {
        readiness::shots_changed(work, &[container.id]).await?;
    }
    tell(work, &container, left, &[], &[link.entity_out_id]);
    Ok(())
}

/// A line of a casting.
#[derive(FromQueryResult)]
struct Line {
    id: Uuid,
    entity_in_id: Uuid,
    nb_occurences: Option<i32>,
    label: Option<String>,
}

/// How an asset is to be cast. What is not said stays as it is.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub asset_id: Uuid,
    /// Zero takes the asset out.
    pub nb_occurences: Option<i32>,
    pub label: Option<String>,
}

/// Casts one asset in several entities, beside what is cast there already. Entities that are named twice count once.
///
/// # Errors
/// 404 for an unknown asset or entity, 403 for those of another production, unless the asset is shared.
pub(super) async fn cast_in(work: &mut Work<'_>, project_id: Uuid, part: &Part, entities: &[Uuid]) -> Result<(), Failure> {
    let sql = Sql::with(
        format!("SELECT project_id, is_shared FROM entity WHERE id = $1 AND {}", EntityKind::Asset.condition("entity_type_id")),
        [part.asset_id.into()],
    );
    let row = database::row(&**work, &sql).await?.ok_or_else(Failure::not_found)?;
    if row.try_get::<Uuid>("", "project_id")? != project_id && !row.try_get::<bool>("", "is_shared")? {
        return Err(Failure::forbidden());
    }
    let mut sql = Sql::new("SELECT id, entity_in_id, nb_occurences, label FROM entity_link WHERE entity_out_id = ");
    sql.bind(part.asset_id).push(" AND entity_in_id").among(entities);
    let lines: Vec<Line> = database::read_all(&**work, &sql).await?;
    let mut lines: HashMap<Uuid, Line> = lines.into_iter().map(|line| (line.entity_in_id, line)).collect();
    let mut seen = HashSet::from([part.asset_id]);
    for entity_id in entities.iter().filter(|id| seen.insert(**id)) {
        reading::belongs(&**work, *entity_id, project_id).await?;
        let container = find(work, project_id, *entity_id).await?;
        match (lines.remove(entity_id), part.nb_occurences) {
            (None, Some(0)) => {}
            (Some(line), Some(0)) => take_out(work, &container, line.id, part.asset_id).await?,
            (Some(line), count) => change(work, &container, part, &line, count).await?,
            (None, count) => put_in(work, &container, part, count.unwrap_or(1)).await?,
        }
    }
    Ok(())
}

async fn put_in(work: &mut Work<'_>, container: &Container, part: &Part, count: i32) -> Result<(), Failure> {
    let wanted = [(part.asset_id, count, part.label.clone().unwrap_or_default())];
    let is_shot = container.kind == "Shot";
    let joining = if is_shot { join_episode(work, container, &wanted).await? } else { HashSet::new() };
    store(work, container, &wanted, &joining).await?;
    let there = cast(work, container.id).await?.len();
    set_count(work, container.id, there).await?;
    if is_shot {
        readiness::shots_changed(work, &[container.id]).await?;
    }
    tell(work, container, there, &[part.asset_id], &[]);
    Ok(())
}

async fn change(work: &mut Work<'_>, container: &Container, part: &Part, line: &Line, count: Option<i32>) -> Result<(), Failure> {
    let count = count.or(line.nb_occurences);
    let label = part.label.clone().or_else(|| line.label.clone());
    database::update(&**work, &entity::entity_link::TABLE, line.id, vec![("nb_occurences", count.into()), ("label", label.into())]).await?;
    let mut told = payload([("entity_link_id", line.id)]);
    told.insert("nb_occurences".into(), json!(count));
    work.emit_in(container.project_id, "entity-link:update", told);
    if container.kind == "Episode" {
        work.emit_in(container.project_id, "asset:update", payload([("asset_id", part.asset_id)]));
    }
    let there = cast(work, container.id).await?.len();
    tell(work, container, there, &[], &[]);
    Ok(())
}

async fn take_out(work: &mut Work<'_>, container: &Container, line_id: Uuid, asset_id: Uuid) -> Result<(), Failure> {
    let is_shot = container.kind == "Shot";
    if container.kind == "Episode" {
        leave_shots_of_episode(work, container, &[asset_id]).await?;
    }
    database::execute(&**work, &Sql::with("DELETE FROM entity_link WHERE id = $1", [line_id.into()])).await?;
    let left = cast(work, container.id).await?.len();
    set_count(work, container.id, left).await?;
    if is_shot {
        readiness::shots_changed(work, &[container.id]).await?;
    }
    if container.kind == "Episode" {
        work.emit_in(container.project_id, "asset:update", payload([("asset_id", asset_id)]));
    }
    tell(work, container, left, &[], &[asset_id]);
    if is_shot {
        leave_episode(work, container, &[asset_id]).await?;
    }
    Ok(())
}

async fn find(work: &Work<'_>, project_id: Uuid, id: Uuid) -> Result<Container, Failure> {
    let sql = Sql::with(
        "SELECT k.name, q.parent_id FROM entity e JOIN entity_type k ON k.id = e.entity_type_id LEFT JOIN entity q ON q.id = e.parent_id WHERE e.id = $1",
        [id.into()],
    );
    let row = database::row(&**work, &sql).await?.ok_or_else(Failure::not_found)?;
    let kind: String = row.try_get_by_index(0)?;
    let episode_id = if kind == "Shot" { row.try_get_by_index(1)? } else { None };
    Ok(Container { id, project_id, kind, episode_id })
}

/// What is really cast: entries that are complete, whose assets exist and may be cast here. The last entry of an asset counts.
async fn known(work: &Work<'_>, container: &Container, entries: &[CastingEntry]) -> Result<Vec<(Uuid, i32, String)>, Failure> {
    let complete: Vec<(Uuid, i32, String)> =
        entries.iter().filter_map(|entry| Some((entry.asset_id?, entry.nb_occurences?, entry.label.clone().unwrap_or_default()))).collect();
    let mut sql = Sql::new(
        "SELECT e.id FROM entity e JOIN entity_type k ON k.id = e.entity_type_id \
         WHERE k.name NOT IN ('Shot', 'Sequence', 'Episode', 'Edit', 'Scene', 'Concept', 'ConceptFolder') AND (e.project_id = ",
    );
    sql.bind(container.project_id).push(" OR e.is_shared = ").bind(true).push(") AND e.id IN ");
    sql.bind_list(complete.iter().map(|(asset, _, _)| *asset));
    let mut castable = HashSet::new();
    for row in database::rows(&**work, &sql).await? {
        castable.insert(row.try_get_by_index::<Uuid>(0)?);
    }
    let mut places: HashMap<Uuid, usize> = HashMap::new();
    let mut wanted: Vec<(Uuid, i32, String)> = Vec::new();
    for entry in complete.into_iter().filter(|(asset, _, _)| castable.contains(asset) && *asset != container.id) {
        match places.get(&entry.0) {
            Some(place) => wanted[*place] = entry,
            None => {
                places.insert(entry.0, wanted.len());
                wanted.push(entry);
            }
        }
    }
    Ok(wanted)
}

async fn cast(work: &Work<'_>, entity_id: Uuid) -> Result<HashSet<Uuid>, Failure> {
    let sql = Sql::with("SELECT entity_out_id FROM entity_link WHERE entity_in_id = $1", [entity_id.into()]);
    let mut found = HashSet::new();
    for row in database::rows(&**work, &sql).await? {
        found.insert(row.try_get_by_index(0)?);
    }
    Ok(found)
}

fn sorted<'a>(ids: impl Iterator<Item = &'a Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.copied().collect();
    ids.sort();
    ids
}

async fn store(work: &mut Work<'_>, container: &Container, wanted: &[(Uuid, i32, String)], joining: &HashSet<Uuid>) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for (asset, count, label) in wanted {
        let id = Uuid::new_v4();
        rows.push(vec![
            ("id", id.into()),
            ("entity_in_id", container.id.into()),
            ("entity_out_id", (*asset).into()),
            ("nb_occurences", (*count).into()),
            ("label", label.as_str().into()),
        ]);
        if joining.contains(asset) {
            work.emit_in(container.project_id, "asset:update", payload([("asset_id", *asset)]));
        }
        let mut told = payload([("entity_link_id", id), ("entity_in_id", container.id), ("entity_out_id", *asset)]);
        told.insert("nb_occurences".into(), json!(count));
        work.emit_in(container.project_id, "entity-link:new", told);
        if container.kind == "Episode" {
            work.emit_in(container.project_id, "asset:update", payload([("asset_id", *asset)]));
        }
    }
    if !rows.is_empty() {
        database::insert_many(&**work, &entity::entity_link::TABLE, rows).await?;
    }
    Ok(())
}

async fn set_count(work: &Work<'_>, entity_id: Uuid, count: usize) -> Result<(), Failure> {
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    database::update(&**work, &entity::entity::TABLE, entity_id, vec![("nb_entities_out", count.into())]).await?;
    Ok(())
}

fn tell(work: &mut Work<'_>, container: &Container, count: usize, added: &[Uuid], removed: &[Uuid]) {
    let word = match container.kind.as_str() {
        "Shot" => "shot",
        "Episode" => "episode",
        _ => "asset",
    };
    let told = casting_payload(word, container.id, count, added, removed);
    work.emit_in(container.project_id, format!("{word}:casting-update"), told);
}

fn casting_payload(word: &str, id: Uuid, count: usize, added: &[Uuid], removed: &[Uuid]) -> Map<String, Value> {
    let mut told = payload([(format!("{word}_id").as_str(), id)]);
    told.insert("nb_entities_out".into(), json!(count));
    told.insert("added_asset_ids".into(), json!(added));
    told.insert("removed_asset_ids".into(), json!(removed));
    told
}

/// Key in the data of a line of an episode that is there since a shot casts the asset, and not by hand.
const OF_SHOTS: &str = "auto";

/// A line of an episode, with what says why it is there.
#[derive(FromQueryResult)]
struct EpisodeLine {
    entity_out_id: Uuid,
    data: Option<Value>,
}

/// What is cast in a shot is cast in its episode too. Gives the assets that are new there.
async fn join_episode(work: &mut Work<'_>, shot: &Container, wanted: &[(Uuid, i32, String)]) -> Result<HashSet<Uuid>, Failure> {
    let Some(episode_id) = shot.episode_id else { return Ok(HashSet::new()) };
    let there = cast(work, episode_id).await?;
    let new: Vec<&(Uuid, i32, String)> = wanted.iter().filter(|(asset, _, _)| !there.contains(asset)).collect();
    if new.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = new.iter().map(|(asset, _, label)| {
        vec![
            ("entity_in_id", episode_id.into()),
            ("entity_out_id", (*asset).into()),
            ("data", json!({OF_SHOTS: true}).into()),
            ("nb_occurences", 1.into()),
            ("label", label.as_str().into()),
        ]
    });
    database::insert_many(&**work, &entity::entity_link::TABLE, rows.collect()).await?;
    set_count(work, episode_id, there.len() + new.len()).await?;
    Ok(new.into_iter().map(|(asset, _, _)| *asset).collect())
}

/// An asset that no shot of the episode casts any more leaves the episode, unless somebody cast it there by hand.
async fn leave_episode(work: &mut Work<'_>, shot: &Container, removed: &[Uuid]) -> Result<(), Failure> {
    let Some(episode_id) = shot.episode_id.filter(|_| !removed.is_empty()) else { return Ok(()) };
    let mut sql = Sql::new("SELECT l.entity_out_id, l.data FROM entity_link l WHERE l.entity_in_id = ");
    sql.bind(episode_id).push(" AND l.entity_out_id IN ").bind_list(removed.iter().copied());
    sql.push(
        " AND NOT EXISTS (SELECT 1 FROM entity_link o JOIN entity s ON s.id = o.entity_in_id JOIN entity q ON q.id = s.parent_id \
         WHERE o.entity_out_id = l.entity_out_id AND q.parent_id = ",
    );
    sql.bind(episode_id).push(") ORDER BY l.entity_out_id");
    let lines: Vec<EpisodeLine> = database::read_all(&**work, &sql).await?;
    let leaving = lines.into_iter().filter(|line| line.data.as_ref().is_some_and(|data| data[OF_SHOTS] == true)).map(|line| line.entity_out_id);
    let mut left = cast(work, episode_id).await?.len();
    for asset in leaving {
        let sql = Sql::with("DELETE FROM entity_link WHERE entity_in_id = $1 AND entity_out_id = $2", [episode_id.into(), asset.into()]);
        database::execute(&**work, &sql).await?;
        left = left.saturating_sub(1);
        set_count(work, episode_id, left).await?;
        work.emit_in(shot.project_id, "episode:casting-update", casting_payload("episode", episode_id, left, &[], &[asset]));
        work.emit_in(shot.project_id, "asset:update", payload([("asset_id", asset)]));
    }
    Ok(())
}

/// An asset that leaves an episode leaves its shots.
async fn leave_shots_of_episode(work: &mut Work<'_>, episode: &Container, removed: &[Uuid]) -> Result<(), Failure> {
    for asset in removed {
        let sql = Sql::with(
            "SELECT s.id FROM entity s JOIN entity q ON q.id = s.parent_id JOIN entity_link l ON l.entity_in_id = s.id \
             WHERE q.parent_id = $1 AND l.entity_out_id = $2 ORDER BY s.name, s.id",
            [episode.id.into(), (*asset).into()],
        );
        for row in database::rows(&**work, &sql).await? {
            let shot: Uuid = row.try_get_by_index(0)?;
            let sql = Sql::with("DELETE FROM entity_link WHERE entity_in_id = $1 AND entity_out_id = $2", [shot.into(), (*asset).into()]);
            database::execute(&**work, &sql).await?;
            let left = cast(work, shot).await?.len();
            set_count(work, shot, left).await?;
            readiness::shots_changed(work, &[shot]).await?;
            work.emit_in(episode.project_id, "shot:casting-update", casting_payload("shot", shot, left, &[], &[*asset]));
        }
    }
    Ok(())
}
