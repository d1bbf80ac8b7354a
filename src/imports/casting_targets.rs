//! Entities that the rows of a table of castings name: the assets that are cast, and the shots, assets and episodes
//! that cast them.

use std::collections::HashMap;

use dailies_definitions::failure::Failure;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::names::Index;
use super::sheet::SheetRow;
use crate::database::{self, Sql};
use crate::events::Work;
use crate::vocabulary::kinds::{BUILT_IN_NAMES, EntityKind};

/// Entity that casts assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct CastingTarget {
    pub(super) id: Uuid,
    pub(super) kind: EntityKind,
    /// The episode of a shot.
    pub(super) episode_id: Option<Uuid>,
}

/// Asset that is cast.
#[derive(Clone, Copy, Debug)]
pub(super) struct CastAsset {
    pub(super) id: Uuid,
    /// The episode that it was made for.
    pub(super) episode_id: Option<Uuid>,
}

#[derive(FromQueryResult)]
struct AssetRow {
    id: Uuid,
    name: String,
    kind: String,
    episode: Option<String>,
    episode_id: Option<Uuid>,
    is_own: bool,
}

impl AssetRow {
    /// Its type and name.
    fn names(&self) -> [String; 2] {
        [self.kind.clone(), self.name.clone()]
    }

    /// Its episode, type and name.
    fn names_in_episode(&self) -> [String; 3] {
        let episode = self.episode.clone().unwrap_or_default();
        [episode, self.kind.clone(), self.name.clone()]
    }

    fn target(&self) -> CastingTarget {
        CastingTarget {
            id: self.id,
            kind: EntityKind::Asset,
            episode_id: None,
        }
    }
}

#[derive(FromQueryResult)]
struct ShotRow {
    id: Uuid,
    name: String,
    sequence: Option<String>,
    episode: Option<String>,
    episode_id: Option<Uuid>,
}

impl ShotRow {
    /// The shot with its episode, sequence and name.
    fn named(self) -> ([String; 3], CastingTarget) {
        let target = CastingTarget {
            id: self.id,
            kind: EntityKind::Shot,
            episode_id: self.episode_id,
        };
        let sequence = self.sequence.unwrap_or_default();
        ([self.episode.unwrap_or_default(), sequence, self.name], target)
    }
}

/// All that rows may name.
pub(super) struct CastingTargets {
    /// Assets of one type and name; what other productions share comes last.
    alike: Vec<Vec<CastAsset>>,
    /// Their places by type and name.
    assets: Index<usize, 2>,
    /// By episode, sequence and name.
    shots: Index<CastingTarget, 3>,
    /// Assets of the production by episode, type and name.
    assets_of_episode: Index<CastingTarget, 3>,
    own_assets: Index<CastingTarget, 2>,
    episodes: Index<CastingTarget, 1>,
}

/// The assets that a production may cast: its own ones, and those that others share.
async fn assets(work: &Work<'_>, project_id: Uuid) -> Result<Vec<AssetRow>, Failure> {
    let mut sql =
        Sql::new("SELECT a.id, a.name, k.name AS kind, ep.name AS episode, ep.id AS episode_id, a.project_id = ");
    sql.bind(project_id).push(
        " AS is_own FROM entity a JOIN entity_type k ON k.id = a.entity_type_id LEFT JOIN entity ep ON ep.id = a.source_id WHERE k.name NOT IN ",
    );
    sql.push(BUILT_IN_NAMES)
        .push(" AND (a.project_id = ")
        .bind(project_id)
        .push(" OR a.is_shared = ")
        .bind(true);
    sql.push(") ORDER BY CASE WHEN a.project_id = ")
        .bind(project_id)
        .push(" THEN 0 ELSE 1 END, COALESCE(a.canceled, false), a.id");
    Ok(database::read_all(&**work, &sql).await?)
}

async fn shots(work: &Work<'_>, project_id: Uuid) -> Result<Vec<ShotRow>, Failure> {
    let sql = Sql::with(
        format!(
            "SELECT s.id, s.name, sq.name AS sequence, ep.name AS episode, ep.id AS episode_id FROM entity s \
             LEFT JOIN entity sq ON sq.id = s.parent_id LEFT JOIN entity ep ON ep.id = sq.parent_id WHERE s.project_id = $1 AND {} \
             ORDER BY COALESCE(s.canceled, false), s.id",
            EntityKind::Shot.condition("s.entity_type_id")
        ),
        [project_id.into()],
    );
    Ok(database::read_all(&**work, &sql).await?)
}

/// The episodes of a production by their names.
async fn episodes(work: &Work<'_>, project_id: Uuid) -> Result<Vec<([String; 1], CastingTarget)>, Failure> {
    let text = format!(
        "SELECT e.id, e.name FROM entity e WHERE e.project_id = $1 AND {}",
        EntityKind::Episode.condition("e.entity_type_id")
    );
    let mut episodes = Vec::new();
    for row in database::rows(&**work, &Sql::with(text, [project_id.into()])).await? {
        let target = CastingTarget {
            id: row.try_get("", "id")?,
            kind: EntityKind::Episode,
            episode_id: None,
        };
        episodes.push(([row.try_get::<String>("", "name")?], target));
    }
    Ok(episodes)
}

/// The assets of each type and name together, and the places of these lists.
fn by_name(assets: &[AssetRow]) -> (Vec<Vec<CastAsset>>, Index<usize, 2>) {
    let mut alike: Vec<Vec<CastAsset>> = Vec::new();
    let mut places: HashMap<[String; 2], usize> = HashMap::new();
    let mut named: Vec<([String; 2], usize)> = Vec::new();
    for asset in assets {
        let names = asset.names();
        let place = *places.entry(names.clone()).or_insert_with(|| {
            alike.push(Vec::new());
            named.push((names, alike.len() - 1));
            alike.len() - 1
        });
        alike[place].push(CastAsset {
            id: asset.id,
            episode_id: asset.episode_id,
        });
    }
    (alike, Index::of(named))
}

impl CastingTargets {
    /// Reads all that castings of a production may name.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn load(work: &Work<'_>, project_id: Uuid) -> Result<Self, Failure> {
        let assets = assets(work, project_id).await?;
        let (shots, episodes) = (shots(work, project_id).await?, episodes(work, project_id).await?);
        let (alike, places) = by_name(&assets);
        let own = || assets.iter().filter(|asset| asset.is_own);
        Ok(Self {
            alike,
            assets: places,
            own_assets: Index::of(own().map(|asset| (asset.names(), asset.target()))),
            assets_of_episode: Index::of(own().map(|asset| (asset.names_in_episode(), asset.target()))),
            shots: Index::of(shots.into_iter().map(ShotRow::named)),
            episodes: Index::of(episodes),
        })
    }

    /// The assets that a row may cast, of which there are several with the same type and name.
    pub(super) fn assets(&self, kind: &str, name: &str) -> &[CastAsset] {
        let place = self.assets.find([kind, name]);
        place.map_or(&[], |place| self.alike[place].as_slice())
    }

    /// The shot, asset or episode that a row casts it in.
    pub(super) fn target(&self, line: &SheetRow<'_>, parent: &str, name: &str) -> Option<CastingTarget> {
        let episode = line
            .filled("Episode")
            .filter(|episode| *episode != "MP")
            .unwrap_or_default();
        let shot = self.shots.find([episode, parent, name]);
        let asset = || {
            self.assets_of_episode
                .find([episode, parent, name])
                .or_else(|| self.own_assets.find([parent, name]))
        };
        let whole = || {
            if parent.eq_ignore_ascii_case("Episode") {
                self.episodes.find([name])
            } else {
                None
            }
        };
        shot.or_else(asset).or_else(whole)
    }
}
