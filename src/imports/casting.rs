//! Tables of castings.

use std::collections::{BTreeSet, HashMap};

use dailies_definitions::access::ProjectManager;
use dailies_definitions::failure::Failure;
use sea_orm::{FromQueryResult, Value as SqlValue};
use serde_json::json;
use uuid::Uuid;

use super::casting_targets::{CastAsset, CastingTarget, CastingTargets};
use super::names::slug;
use super::problem::RowProblem;
use super::sheet::{Sheet, SheetRow, short_enough};
use super::values::integer_of;
use crate::app::App;
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::readiness;
use crate::readiness::counts::recount;
use crate::readiness::episodes::derived_data;
use crate::vocabulary::kinds::EntityKind;

/// Most letters of a label.
const LONGEST_LABEL: usize = 80;
/// A casting: which asset appears where, how often and how.
#[derive(Clone, Debug, FromQueryResult)]
struct StoredCasting {
    id: Uuid,
    entity_in_id: Uuid,
    entity_out_id: Uuid,
    nb_occurences: Option<i32>,
    label: Option<String>,
    /// True if the asset is canceled, so that it does not count.
    canceled: Option<bool>,
}

struct CastingImport {
    project_id: Uuid,
    targets: CastingTargets,
    links: HashMap<(Uuid, Uuid), StoredCasting>,
    /// Number of assets that each entity casts.
    counts: HashMap<Uuid, i32>,
    new: BTreeSet<(Uuid, Uuid)>,
    /// Castings of episodes that are there because a shot casts the asset.
    derived: BTreeSet<(Uuid, Uuid)>,
    changed: BTreeSet<(Uuid, Uuid)>,
    /// Shots with other castings than before.
    shots: BTreeSet<Uuid>,
    /// Castings that rows were about.
    told: BTreeSet<(Uuid, Uuid)>,
}

/// Imports a table of castings, and gives a null for each row.
///
/// # Errors
/// 400 with the line that is wrong; nothing is stored then.
pub(super) async fn import(app: &App, access: &ProjectManager, sheet: &Sheet) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, access.caller()).await?;
    let mut import = CastingImport::load(&work, access.project_id()).await?;
    for line in sheet.lines() {
        import
            .line(&mut work, &line)
            .map_err(|problem| problem.at(line.number))?;
    }
    import.store(&mut work).await?;
    work.finish().await?;
    Ok(database::json::array(sheet.lines().map(|_| &b"null"[..])))
}

impl CastingImport {
    async fn load(work: &Work<'_>, project_id: Uuid) -> Result<Self, Failure> {
        let sql = Sql::with(
            "SELECT l.id, l.entity_in_id, l.entity_out_id, l.nb_occurences, l.label, a.canceled FROM entity_link l \
             JOIN entity c ON c.id = l.entity_in_id JOIN entity a ON a.id = l.entity_out_id \
             WHERE c.project_id = $1",
            [project_id.into()],
        );
        let mut counts: HashMap<Uuid, i32> = HashMap::new();
        let mut links = HashMap::new();
        for link in database::read_all::<StoredCasting>(&**work, &sql).await? {
            *counts.entry(link.entity_in_id).or_default() += i32::from(link.canceled != Some(true));
            links.insert((link.entity_in_id, link.entity_out_id), link);
        }
        let targets = CastingTargets::load(work, project_id).await?;
        Ok(Self {
            project_id,
            targets,
            links,
            counts,
            new: BTreeSet::new(),
            derived: BTreeSet::new(),
            changed: BTreeSet::new(),
            shots: BTreeSet::new(),
            told: BTreeSet::new(),
        })
    }

    /// Imports one row. One whose asset or target is not there is passed over.
    fn line(&mut self, work: &mut Work<'_>, line: &SheetRow<'_>) -> Result<(), RowProblem> {
        let (parent, name) = (line.required("Parent")?, line.required("Name")?);
        let (kind, asset) = (line.required("Asset Type")?, line.required("Asset")?);
        let count = match line.required("Occurences")? {
            "" => 1,
            cell => integer_of("Occurences", cell)?,
        };
        if count < 0 {
            return Err(RowProblem::invalid(
                "Occurences",
                &count.to_string(),
                "a number from 0 on is expected",
            ));
        }
        let label = line.get("Label");
        short_enough("Label", label.unwrap_or_default(), LONGEST_LABEL)?;
        if let Some(target) = self.targets.target(line, parent, name)
            && let Some(asset_id) = self.asset(target, [kind, asset], count, label)
        {
            self.told.insert((target.id, asset_id));
            self.cast(work, target, asset_id, count, label);
        }
        Ok(())
    }

    /// The asset that a row casts, by its type and name. Of several it is one that is cast there and that no row was about yet, best as
    /// the row says; else one of the same episode; else the first.
    fn asset(&self, target: CastingTarget, [kind, name]: [&str; 2], count: i32, label: Option<&str>) -> Option<Uuid> {
        let episode_id = target
            .episode_id
            .or((target.kind == EntityKind::Episode).then_some(target.id));
        let own = target.id;
        let others = || {
            let assets = self.targets.assets(kind, name).iter();
            assets.filter(move |asset| asset.id != own)
        };
        let link = |asset: &CastAsset| {
            let key = (target.id, asset.id);
            self.links.get(&key).filter(|_| !self.told.contains(&key))
        };
        let is_cast = |asset: &&CastAsset| link(asset).is_some();
        let is_cast_so = |asset: &&CastAsset| {
            link(asset).is_some_and(|link| {
                link.nb_occurences == Some(count)
                    && link.label.as_deref().unwrap_or_default() == label.unwrap_or_default()
            })
        };
        let of_episode = |asset: &&CastAsset| episode_id.is_some() && asset.episode_id == episode_id;
        let found = others()
            .find(is_cast_so)
            .or_else(|| others().find(is_cast))
            .or_else(|| others().find(of_episode))
            .or_else(|| others().next());
        found.map(|asset| asset.id)
    }

    /// Casts an asset, or changes how it is cast.
    fn cast(&mut self, work: &mut Work<'_>, target: CastingTarget, asset_id: Uuid, count: i32, label: Option<&str>) {
        let key = (target.id, asset_id);
        let given = label.map_or_else(|| "fixed".to_owned(), slug);
        if let Some(link) = self.links.get_mut(&key) {
            // A label that was exported and is imported again stays as it was.
            let same_label = label.is_some_and(|label| link.label.as_deref().unwrap_or_default() == label);
            let before = (link.nb_occurences, link.label.clone());
            link.nb_occurences = Some(count);
            if !same_label {
                link.label = Some(given);
            }
            if before == (link.nb_occurences, link.label.clone()) {
                return;
            }
            self.changed.insert(key);
        } else {
            if let Some(episode_id) = target
                .episode_id
                .filter(|episode_id| !self.links.contains_key(&(*episode_id, asset_id)))
            {
                self.add(episode_id, asset_id, 1, &given);
                self.derived.insert((episode_id, asset_id));
                work.emit_in(self.project_id, "asset:update", payload([("asset_id", asset_id)]));
            }
            let id = self.add(target.id, asset_id, count, &given);
            let mut about = payload([
                ("entity_link_id", id),
                ("entity_in_id", target.id),
                ("entity_out_id", asset_id),
            ]);
            about.insert("nb_occurences".into(), json!(count));
            work.emit_in(self.project_id, "entity-link:new", about);
        }
        self.emit_casting(work, target);
    }

    fn add(&mut self, entity_in_id: Uuid, entity_out_id: Uuid, count: i32, label: &str) -> Uuid {
        let id = Uuid::new_v4();
        let link = StoredCasting {
            id,
            entity_in_id,
            entity_out_id,
            nb_occurences: Some(count),
            label: Some(label.to_owned()),
            canceled: Some(false),
        };
        self.links.insert((entity_in_id, entity_out_id), link);
        self.new.insert((entity_in_id, entity_out_id));
        *self.counts.entry(entity_in_id).or_default() += 1;
        id
    }

    fn emit_casting(&mut self, work: &mut Work<'_>, target: CastingTarget) {
        let mut about = payload([(target.kind.id_key(), target.id)]);
        if target.kind != EntityKind::Asset {
            about.insert(
                "nb_entities_out".into(),
                json!(self.counts.get(&target.id).copied().unwrap_or_default()),
            );
        }
        if target.kind == EntityKind::Shot {
            self.shots.insert(target.id);
        }
        work.emit_in(self.project_id, format!("{}:casting-update", target.kind.word()), about);
    }

    async fn store(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let row = |link: &StoredCasting| {
            vec![
                ("id", link.id.into()),
                ("entity_in_id", link.entity_in_id.into()),
                ("entity_out_id", link.entity_out_id.into()),
                ("nb_occurences", link.nb_occurences.into()),
                ("label", link.label.clone().into()),
                (
                    "data",
                    SqlValue::Json(
                        self.derived
                            .contains(&(link.entity_in_id, link.entity_out_id))
                            .then(|| Box::new(derived_data())),
                    ),
                ),
            ]
        };
        let new = self.new.iter().filter_map(|key| self.links.get(key)).map(row).collect();
        database::insert_many(&**work, &entity::entity_link::TABLE, new).await?;
        let changed = self.changed.difference(&self.new).filter_map(|key| self.links.get(key));
        let changes = changed.map(|link| {
            let values = vec![
                ("nb_occurences", link.nb_occurences.into()),
                ("label", link.label.clone().into()),
            ];
            (link.id, values)
        });
        database::update_many(&**work, &entity::entity_link::TABLE, changes.collect()).await?;
        let containers: BTreeSet<Uuid> = self.new.iter().map(|(container, _)| *container).collect();
        recount(work, &containers.into_iter().collect::<Vec<_>>()).await?;
        readiness::shots_changed(work, &self.shots.into_iter().collect::<Vec<_>>()).await
    }
}
