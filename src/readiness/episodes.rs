//! Castings of episodes, which cast what their shots cast: links that are derived and go with their ground, beside those that
//! somebody made.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use dailies_definitions::failure::Failure;
use sea_orm::{FromQueryResult, Value as SqlValue};
use serde_json::{Value, json};
use uuid::Uuid;

use super::counts::{containers_of, counts_of, emit_casting_update, recount};
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::vocabulary::kinds::EntityKind;

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
