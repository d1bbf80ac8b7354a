//! Casts one asset in many entities at once.

use std::collections::{BTreeSet, HashMap, HashSet};

use dailies_definitions::failure::Failure;
use sea_orm::Value;
use uuid::Uuid;

use super::writing::{
    CastingContainer, CastingLink, WrittenLink, find_all, keep, leave_shots, link_values, links_in, new_link,
    tell_stored, uncast,
};
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::readiness;
use crate::readiness::counts::{self, recount};
use crate::readiness::episodes::{Derived, derive};
use crate::vocabulary::kinds::EntityKind;

/// Casting of an asset that is wanted. Parts that are left out stay as they are.
#[derive(Clone, Debug)]
pub(super) struct SpreadCasting {
    pub asset_id: Uuid,
    /// Zero takes the asset out.
    pub nb_occurences: Option<i32>,
    pub label: Option<String>,
}

/// Casts one asset in several entities, beside what is cast there already. Entities that are named twice count once, and the
/// asset is not cast in itself.
///
/// # Errors
/// 404 for an unknown asset or entity, 403 for those of another production, unless the asset is shared.
pub(super) async fn cast_in(
    work: &mut Work<'_>,
    project_id: Uuid,
    part: &SpreadCasting,
    entities: &[Uuid],
) -> Result<(), Failure> {
    require_castable(work, project_id, part.asset_id).await?;
    let containers = containers(work, project_id, part.asset_id, entities).await?;
    let ids: Vec<Uuid> = containers.iter().map(|container| container.id).collect();
    let links = links_in(work, part.asset_id, &ids).await?;
    if part.nb_occurences == Some(0) {
        take_out(
            work,
            project_id,
            part.asset_id,
            containers
                .iter()
                .filter(|container| links.contains_key(&container.id))
                .collect(),
        )
        .await
    } else {
        put_in(work, part, &containers, &links).await
    }
}

async fn require_castable(work: &Work<'_>, project_id: Uuid, asset_id: Uuid) -> Result<(), Failure> {
    let asset = EntityKind::Asset.condition("entity_type_id");
    let sql = Sql::with(
        format!("SELECT project_id, is_shared FROM entity WHERE id = $1 AND {asset}"),
        [asset_id.into()],
    );
    let row = database::row(&**work, &sql).await?.ok_or_else(Failure::not_found)?;
    let is_own = row.try_get::<Uuid>("", "project_id")? == project_id;
    if is_own || row.try_get::<bool>("", "is_shared")? {
        Ok(())
    } else {
        Err(Failure::forbidden())
    }
}

/// The entities in the order in which they are named, without the asset itself.
async fn containers(
    work: &Work<'_>,
    project_id: Uuid,
    asset_id: Uuid,
    entities: &[Uuid],
) -> Result<Vec<CastingContainer>, Failure> {
    let mut found: HashMap<Uuid, CastingContainer> = find_all(work, entities)
        .await?
        .into_iter()
        .map(|container| (container.id, container))
        .collect();
    let mut seen = HashSet::from([asset_id]);
    let mut containers = Vec::with_capacity(found.len());
    for id in entities.iter().filter(|id| seen.insert(**id)) {
        let container = found
            .remove(id)
            .ok_or_else(|| Failure::not_found().naming("entity_ids"))?;
        if container.project_id != project_id {
            return Err(Failure::forbidden());
        }
        containers.push(container);
    }
    Ok(containers)
}

/// Links that cast an asset as it is wanted, as far as they are not there yet.
#[derive(Default)]
struct SpreadLinks<'a> {
    new: Vec<Vec<(&'static str, Value)>>,
    changed: Vec<(Uuid, Vec<(&'static str, Value)>)>,
    /// All of them with the entities that they are in.
    written: Vec<(&'a CastingContainer, WrittenLink)>,
}

impl<'a> SpreadLinks<'a> {
    fn of(part: &SpreadCasting, containers: &'a [CastingContainer], links: &HashMap<Uuid, CastingLink>) -> Self {
        let mut spread = Self::default();
        for container in containers {
            let link = links.get(&container.id);
            let before = link.and_then(|link| link.nb_occurences);
            let nb_occurences = part.nb_occurences.or(before).unwrap_or(1);
            let label_before = link.and_then(|link| link.label.as_deref()).unwrap_or_default();
            let label = part.label.as_deref().unwrap_or(label_before);
            let link_id = match link {
                Some(_) if before == Some(nb_occurences) && label == label_before => continue,
                Some(link) => {
                    spread.changed.push((link.id, link_values(nb_occurences, label)));
                    link.id
                }
                None => {
                    let id = Uuid::new_v4();
                    let row = new_link(id, container.id, part.asset_id, link_values(nb_occurences, label));
                    spread.new.push(row);
                    id
                }
            };
            spread.written.push((
                container,
                WrittenLink {
                    link_id,
                    asset_id: part.asset_id,
                    nb_occurences,
                    new: link.is_none(),
                },
            ));
        }
        spread
    }
}

async fn put_in(
    work: &mut Work<'_>,
    part: &SpreadCasting,
    containers: &[CastingContainer],
    links: &HashMap<Uuid, CastingLink>,
) -> Result<(), Failure> {
    let asset_id = part.asset_id;
    let SpreadLinks { new, changed, written } = SpreadLinks::of(part, containers, links);
    let episodes = containers.iter().filter(|container| container.is(EntityKind::Episode));
    let kept: Vec<&CastingLink> = episodes.filter_map(|episode| links.get(&episode.id)).collect();
    keep(work, &kept).await?;
    database::insert_many(&**work, &entity::entity_link::TABLE, new).await?;
    database::update_many(&**work, &entity::entity_link::TABLE, changed).await?;
    let touched: Vec<&CastingContainer> = written.iter().map(|(container, _)| *container).collect();
    let (derived, counts) = follow(work, asset_id, &touched).await?;
    for derived in &derived {
        derived.tell_joined(work);
    }
    let joining = [asset_id];
    for (container, link) in written {
        let added = if link.new { joining.as_slice() } else { &[] };
        let count = counts.get(&container.id).copied().unwrap_or_default();
        tell_stored(work, container, &[link], &[]);
        counts::emit_casting_update(
            work,
            container.project_id,
            &container.kind,
            (container.id, count),
            (added, &[]),
        );
    }
    Ok(())
}

async fn take_out(
    work: &mut Work<'_>,
    project_id: Uuid,
    asset_id: Uuid,
    containers: Vec<&CastingContainer>,
) -> Result<(), Failure> {
    let ids: Vec<Uuid> = containers.iter().map(|container| container.id).collect();
    uncast(work, &ids, &[asset_id]).await?;
    let episodes: Vec<Uuid> = containers
        .iter()
        .filter(|container| container.is(EntityKind::Episode))
        .map(|episode| episode.id)
        .collect();
    leave_shots(work, project_id, &episodes, &[asset_id]).await?;
    let (derived, counts) = follow(work, asset_id, &containers).await?;
    for container in containers {
        if container.is(EntityKind::Episode) {
            work.emit_in(project_id, "asset:update", payload([("asset_id", asset_id)]));
        }
        let count = counts.get(&container.id).copied().unwrap_or_default();
        counts::emit_casting_update(
            work,
            project_id,
            &container.kind,
            (container.id, count),
            (&[], &[asset_id]),
        );
    }
    for derived in &derived {
        derived.tell_left(work);
    }
    Ok(())
}

/// Makes true again what follows from the links of an asset in these entities. Gives what changed in their episodes, and how
/// many assets each of them casts.
async fn follow(
    work: &mut Work<'_>,
    asset_id: Uuid,
    containers: &[&CastingContainer],
) -> Result<(Vec<Derived>, HashMap<Uuid, i32>), Failure> {
    let episodes: BTreeSet<Uuid> = containers
        .iter()
        .filter_map(|container| container.episode_of_shot())
        .collect();
    let derived = derive(work, &episodes.into_iter().collect::<Vec<Uuid>>(), Some(&[asset_id])).await?;
    let ids: Vec<Uuid> = containers.iter().map(|container| container.id).collect();
    recount(work, &ids).await?;
    readiness::shots_changed(work, &ids).await?;
    Ok((derived, counts::counts_of(work, &ids).await?))
}
