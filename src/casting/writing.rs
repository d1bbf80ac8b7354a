//! Changes castings, and keeps shots and their episode in step.

use std::collections::{HashMap, HashSet};

use dailies_definitions::failure::Failure;
use dailies_definitions::schemas::CastingEntry;
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, Value as SqlValue};
use serde_json::{Value, json};
use uuid::Uuid;

use super::reading;
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::readiness;
use crate::readiness::counts::{self, Touched, recount};
use crate::readiness::episodes::{derive, is_derived, kept_data};
use crate::vocabulary::kinds::EntityKind;

/// The entity whose casting is written.
#[derive(FromQueryResult)]
pub(super) struct CastingContainer {
    pub id: Uuid,
    pub project_id: Uuid,
    /// Name of its type.
    pub kind: String,
    /// Episode of its sequence, if it has one.
    episode_id: Option<Uuid>,
}

impl CastingContainer {
    /// The episode whose casting follows from that of a shot.
    pub fn episode_of_shot(&self) -> Option<Uuid> {
        self.episode_id.filter(|_| self.is(EntityKind::Shot))
    }

    /// True if it is of a kind.
    pub fn is(&self, kind: EntityKind) -> bool {
        self.kind == kind.type_name()
    }
}

/// An asset that is to be cast.
struct WantedCasting {
    asset_id: Uuid,
    nb_occurences: i32,
    label: String,
}

/// A link as it is stored.
#[derive(FromQueryResult)]
pub(super) struct CastingLink {
    pub id: Uuid,
    container_id: Uuid,
    asset_id: Uuid,
    pub nb_occurences: Option<i32>,
    pub label: Option<String>,
    data: Option<Value>,
    /// True if the asset is canceled, so that the casting does not show it.
    canceled: Option<bool>,
}

/// Replaces the casting of one entity. Entries that are cast like this already are left alone, and so are links with
/// assets that the casting does not show because they are canceled.
///
/// # Errors
/// The database refuses.
pub(super) async fn replace(work: &mut Work<'_>, entity_id: Uuid, entries: &[CastingEntry]) -> Result<(), Failure> {
    let container = find(work, entity_id).await?;
    let before = links(work, entity_id).await?;
    let wanted = known(work, &container, entries, &before).await?;
    let after: HashSet<Uuid> = wanted.iter().map(|entry| entry.asset_id).collect();
    let shown = before
        .values()
        .filter(|link| link.canceled != Some(true))
        .map(|link| link.asset_id);
    let removed = sorted(shown.filter(|asset| !after.contains(asset)));
    let added = sorted(after.iter().copied().filter(|asset| !before.contains_key(asset)));
    if container.is(EntityKind::Episode) {
        leave_shots(work, container.project_id, &[entity_id], &removed).await?;
        let kept: Vec<&CastingLink> = before.values().filter(|link| after.contains(&link.asset_id)).collect();
        keep(work, &kept).await?;
    }
    uncast(work, &[entity_id], &removed).await?;
    let stored = store(work, &container, &wanted, &before).await?;
    if removed.is_empty() && stored.is_empty() {
        return Ok(());
    }
    let episodes: Vec<Uuid> = container.episode_of_shot().into_iter().collect();
    let derived = derive(work, &episodes, Some(&[added.as_slice(), &removed].concat()))
        .await?
        .pop()
        .unwrap_or_default();
    tell_stored(work, &container, &stored, &derived.joined);
    recount(work, &[entity_id]).await?;
    readiness::shots_changed(work, &[entity_id]).await?;
    let count = counts::count_of(work, entity_id).await?;
    counts::emit_casting_update(
        work,
        container.project_id,
        &container.kind,
        (container.id, count),
        (&added, &removed),
    );
    derived.tell_left(work);
    Ok(())
}

/// Removes one line of a casting: the count of its entity, the readiness of a shot's tasks, and what its episode casts
/// because of it, follow.
///
/// # Errors
/// 404 when there is no such line, 403 when it is of another production.
pub(super) async fn remove(work: &mut Work<'_>, project_id: Uuid, link_id: Uuid) -> Result<(), Failure> {
    let link = entity::entity_link::Entity::find()
        .filter(entity::entity_link::Column::Id.eq(link_id))
        .one(&**work)
        .await?;
    let link = link.ok_or_else(Failure::not_found)?;
    reading::belongs(&**work, link.entity_in_id, project_id).await?;
    let container = find(work, link.entity_in_id).await?;
    database::execute(
        &**work,
        &Sql::with("DELETE FROM entity_link WHERE id = $1", [link_id.into()]),
    )
    .await?;
    recount(work, &[container.id]).await?;
    let count = counts::count_of(work, container.id).await?;
    counts::emit_casting_update(
        work,
        project_id,
        &container.kind,
        (container.id, count),
        (&[], &[link.entity_out_id]),
    );
    Touched::links_of(&**work, &[container.id]).await?.settle(work).await
}

async fn find(work: &Work<'_>, id: Uuid) -> Result<CastingContainer, Failure> {
    find_all(work, &[id]).await?.pop().ok_or_else(Failure::not_found)
}

/// Those of the entities that exist.
pub(super) async fn find_all(work: &Work<'_>, ids: &[Uuid]) -> Result<Vec<CastingContainer>, Failure> {
    let mut sql = Sql::new(
        "SELECT e.id, e.project_id, k.name AS kind, q.parent_id AS episode_id FROM entity e JOIN entity_type k ON k.id = e.entity_type_id \
         LEFT JOIN entity q ON q.id = e.parent_id WHERE e.id",
    );
    sql.among(ids);
    Ok(database::read_all(&**work, &sql).await?)
}

/// Castings that are possible: entries that are complete, whose assets exist and may be cast here, or are already. The last
/// entry of an asset counts.
async fn known(
    work: &Work<'_>,
    container: &CastingContainer,
    entries: &[CastingEntry],
    before: &HashMap<Uuid, CastingLink>,
) -> Result<Vec<WantedCasting>, Failure> {
    let complete = entries.iter().filter_map(|entry| {
        Some(WantedCasting {
            asset_id: entry.asset_id?,
            nb_occurences: entry.nb_occurences?,
            label: entry.label.clone().unwrap_or_default(),
        })
    });
    let complete: Vec<WantedCasting> = complete.collect();
    let asset = EntityKind::Asset.condition("e.entity_type_id");
    let mut sql = Sql::new(format!("SELECT e.id FROM entity e WHERE {asset} AND (e.project_id = "));
    sql.bind(container.project_id)
        .push(" OR e.is_shared = ")
        .bind(true)
        .push(") AND e.id IN ");
    sql.bind_list(complete.iter().map(|entry| entry.asset_id));
    // An asset that another production no longer shares stays where it is cast.
    let mut castable: HashSet<Uuid> = before.keys().copied().collect();
    for row in database::rows(&**work, &sql).await? {
        castable.insert(row.try_get("", "id")?);
    }
    let mut places: HashMap<Uuid, usize> = HashMap::new();
    let mut wanted: Vec<WantedCasting> = Vec::new();
    for entry in complete
        .into_iter()
        .filter(|entry| castable.contains(&entry.asset_id) && entry.asset_id != container.id)
    {
        match places.get(&entry.asset_id) {
            Some(place) => wanted[*place] = entry,
            None => {
                places.insert(entry.asset_id, wanted.len());
                wanted.push(entry);
            }
        }
    }
    Ok(wanted)
}

/// Links `l` with their assets `a`.
const LINKS: &str = "SELECT l.id, l.entity_in_id AS container_id, l.entity_out_id AS asset_id, l.nb_occurences, l.label, l.data, a.canceled \
     FROM entity_link l JOIN entity a ON a.id = l.entity_out_id WHERE ";

/// The links of an entity, by the asset.
async fn links(work: &Work<'_>, entity_id: Uuid) -> Result<HashMap<Uuid, CastingLink>, Failure> {
    let links: Vec<CastingLink> = database::read_all(
        &**work,
        &Sql::with(format!("{LINKS}l.entity_in_id = $1"), [entity_id.into()]),
    )
    .await?;
    Ok(links.into_iter().map(|link| (link.asset_id, link)).collect())
}

/// The links of an asset in some entities, by the entity.
pub(super) async fn links_in(
    work: &Work<'_>,
    asset_id: Uuid,
    containers: &[Uuid],
) -> Result<HashMap<Uuid, CastingLink>, Failure> {
    let mut sql = Sql::with(
        format!("{LINKS}l.entity_out_id = $1 AND l.entity_in_id"),
        [asset_id.into()],
    );
    sql.among(containers);
    let links: Vec<CastingLink> = database::read_all(&**work, &sql).await?;
    Ok(links.into_iter().map(|link| (link.container_id, link)).collect())
}

fn sorted(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids
}

/// Takes assets out of the castings of entities.
pub(super) async fn uncast(work: &Work<'_>, containers: &[Uuid], assets: &[Uuid]) -> Result<(), Failure> {
    if !containers.is_empty() && !assets.is_empty() {
        let mut sql = Sql::new("DELETE FROM entity_link WHERE entity_in_id");
        sql.among(containers).push(" AND entity_out_id").among(assets);
        database::execute(&**work, &sql).await?;
    }
    Ok(())
}

/// Makes castings stay that an episode had because of its shots, now that they are saved in it.
pub(super) async fn keep(work: &Work<'_>, links: &[&CastingLink]) -> Result<(), Failure> {
    let derived = links.iter().filter(|link| is_derived(link.data.as_ref()));
    let data = |link: &CastingLink| SqlValue::Json(kept_data(link.data.as_ref()).map(Box::new));
    let rows = derived.map(|link| (link.id, vec![("data", data(link))])).collect();
    Ok(database::update_many(&**work, &entity::entity_link::TABLE, rows).await?)
}

/// A link that was made or changed.
pub(super) struct WrittenLink {
    pub link_id: Uuid,
    pub asset_id: Uuid,
    pub nb_occurences: i32,
    pub new: bool,
}

/// Columns of a link that castings give their own values.
pub(super) fn link_values(nb_occurences: i32, label: &str) -> Vec<(&'static str, SqlValue)> {
    vec![("nb_occurences", nb_occurences.into()), ("label", label.into())]
}

/// Columns of a link that is not there yet.
pub(super) fn new_link(
    id: Uuid,
    container_id: Uuid,
    asset_id: Uuid,
    values: Vec<(&'static str, SqlValue)>,
) -> Vec<(&'static str, SqlValue)> {
    let mut columns = vec![
        ("id", id.into()),
        ("entity_in_id", container_id.into()),
        ("entity_out_id", asset_id.into()),
    ];
    columns.extend(values);
    columns
}

/// Makes the links that are missing, and changes those that are other ones.
async fn store(
    work: &Work<'_>,
    container: &CastingContainer,
    wanted: &[WantedCasting],
    before: &HashMap<Uuid, CastingLink>,
) -> Result<Vec<WrittenLink>, Failure> {
    let (mut stored, mut new, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for WantedCasting {
        asset_id,
        nb_occurences,
        label,
    } in wanted
    {
        let link_id = match before.get(asset_id) {
            Some(link)
                if link.nb_occurences == Some(*nb_occurences) && link.label.as_deref().unwrap_or_default() == label =>
            {
                continue;
            }
            Some(link) => {
                changed.push((link.id, link_values(*nb_occurences, label)));
                link.id
            }
            None => {
                let id = Uuid::new_v4();
                new.push(new_link(
                    id,
                    container.id,
                    *asset_id,
                    link_values(*nb_occurences, label),
                ));
                id
            }
        };
        stored.push(WrittenLink {
            link_id,
            asset_id: *asset_id,
            nb_occurences: *nb_occurences,
            new: !before.contains_key(asset_id),
        });
    }
    database::insert_many(&**work, &entity::entity_link::TABLE, new).await?;
    database::update_many(&**work, &entity::entity_link::TABLE, changed).await?;
    Ok(stored)
}

/// Tells of the links that were made or changed, and before that of the assets that thereby joined the episode.
pub(super) fn tell_stored(work: &mut Work<'_>, container: &CastingContainer, stored: &[WrittenLink], joining: &[Uuid]) {
    for WrittenLink {
        link_id,
        asset_id,
        nb_occurences,
        new,
    } in stored
    {
        if joining.contains(asset_id) {
            work.emit_in(container.project_id, "asset:update", payload([("asset_id", *asset_id)]));
        }
        let mut told = payload([("entity_link_id", *link_id)]);
        if *new {
            told.extend(payload([("entity_in_id", container.id), ("entity_out_id", *asset_id)]));
        }
        told.insert("nb_occurences".into(), json!(nb_occurences));
        work.emit_in(
            container.project_id,
            if *new { "entity-link:new" } else { "entity-link:update" },
            told,
        );
        if container.is(EntityKind::Episode) {
            work.emit_in(container.project_id, "asset:update", payload([("asset_id", *asset_id)]));
        }
    }
}

/// An asset of a shot.
#[derive(FromQueryResult)]
struct Appearance {
    shot_id: Uuid,
    asset_id: Uuid,
}

/// Assets that leave episodes leave their shots.
pub(super) async fn leave_shots(
    work: &mut Work<'_>,
    project_id: Uuid,
    episodes: &[Uuid],
    assets: &[Uuid],
) -> Result<(), Failure> {
    let shot = EntityKind::Shot.condition("s.entity_type_id");
    let mut sql = Sql::new(format!(
        "SELECT s.id AS shot_id, l.entity_out_id AS asset_id FROM entity s JOIN entity q ON q.id = s.parent_id \
         JOIN entity_link l ON l.entity_in_id = s.id WHERE {shot} AND q.parent_id"
    ));
    sql.among(episodes)
        .push(" AND l.entity_out_id")
        .among(assets)
        .push(" ORDER BY l.entity_out_id, s.name, s.id");
    let left: Vec<Appearance> = database::read_all(&**work, &sql).await?;
    let shots: Vec<Uuid> = left.iter().map(|appearance| appearance.shot_id).collect();
    uncast(work, &shots, assets).await?;
    recount(work, &shots).await?;
    readiness::shots_changed(work, &shots).await?;
    let counts = counts::counts_of(work, &shots).await?;
    for Appearance { shot_id, asset_id } in left {
        let count = counts.get(&shot_id).copied().unwrap_or_default();
        counts::emit_casting_update(
            work,
            project_id,
            EntityKind::Shot.type_name(),
            (shot_id, count),
            (&[], &[asset_id]),
        );
    }
    Ok(())
}
