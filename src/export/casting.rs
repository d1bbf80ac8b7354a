//! The table of the castings of a production, in the form that can be imported again.

use dailies_definitions::access::ProjectMember;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use sea_orm::DbBackend;

use super::entities::{Episode, project_name};
use super::table::{Table, integer, order_by, text};
use crate::access::ALL_BUT_VENDORS;
use crate::database::{Database, SelectList, Sql};
use crate::vocabulary::kinds::EntityKind;

/// Castings that are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Containers {
    Episodes,
    Shots,
    Assets,
}

impl Containers {
    /// The kind of the containers `c`, and the columns Episode and Parent. The main pack stands in place of an episode.
    fn columns(self) -> (EntityKind, &'static str, &'static str) {
        match self {
            Self::Episodes => (EntityKind::Episode, "''", "'Episode'"),
            Self::Shots => (EntityKind::Shot, "COALESCE(ep.name, '')", "COALESCE(pa.name, '')"),
            Self::Assets => (EntityKind::Asset, "COALESCE(ep.name, 'MP')", "ck.name"),
        }
    }

    /// Joins of the parent `pa` and the episode `ep` of a container.
    fn joins(self) -> &'static str {
        match self {
            Self::Episodes => "",
            Self::Shots => "LEFT JOIN entity pa ON pa.id = c.parent_id LEFT JOIN entity ep ON ep.id = pa.parent_id",
            Self::Assets => "LEFT JOIN entity ep ON ep.id = c.source_id",
        }
    }

    /// The order of the castings. The main pack comes after the episodes.
    fn order(self, backend: DbBackend) -> String {
        let (_, episode, parent) = self.columns();
        let texts = [episode, parent, "c.name", "k.name", "a.name"].into_iter();
        let texts: Vec<&str> = texts.filter(|text| !text.starts_with('\'')).collect();
        let order = order_by(backend, &texts);
        match self {
            Self::Assets => {
                let first = " ORDER BY CASE WHEN c.source_id IS NULL THEN 1 ELSE 0 END,";
                order.replacen(" ORDER BY", first, 1)
            }
            Self::Episodes | Self::Shots => order,
        }
    }
}

/// Headings of the table. Where there are no episodes, it is without the first one.
const HEADINGS: [&str; 7] = [
    "Episode",
    "Parent",
    "Name",
    "Asset Type",
    "Asset",
    "Occurences",
    "Label",
];

/// The castings `l` of assets `a` in containers `c`, from `FROM` on.
fn selection(access: &ProjectMember, containers: Containers, episode: Episode) -> Sql {
    let (kind, ..) = containers.columns();
    let mut sql = Sql::new(format!(
        "FROM entity_link l \
         JOIN entity c ON c.id = l.entity_in_id JOIN entity_type ck ON ck.id = c.entity_type_id \
         JOIN entity a ON a.id = l.entity_out_id JOIN entity_type k ON k.id = a.entity_type_id {} WHERE {} AND c.project_id = ",
        containers.joins(),
        kind.condition("c.entity_type_id"),
    ));
    sql.bind(access.project_id());
    sql.push(" AND COALESCE(a.canceled, false) = false");
    match (containers, episode) {
        (Containers::Shots | Containers::Assets, Episode::One(id)) => {
            sql.push(" AND ep.id = ").bind(id);
        }
        (Containers::Assets, Episode::Main) => {
            sql.push(" AND c.source_id IS NULL");
        }
        _ => {}
    }
    sql
}

/// The castings of assets, of shots, or of the episodes themselves.
///
/// # Errors
/// 403 for vendors, 400 for an episode that is none.
pub(super) async fn table(
    database: &Database,
    access: &ProjectMember,
    episode_id: Option<&str>,
    of_shots: bool,
) -> Result<Media, Failure> {
    if !ALL_BUT_VENDORS.contains(&access.role()) {
        return Err(Failure::forbidden());
    }
    let project = project_name(database, access.project_id()).await?;
    let show = Sql::with(
        "SELECT 1 FROM project WHERE id = $1 AND production_type = 'tvshow'",
        [access.project_id().into()],
    );
    let is_show = database.row(&show).await?.is_some();
    // Only TV shows have episodes: elsewhere the parameter says nothing.
    let episode = if is_show {
        Episode::read(episode_id)?
    } else {
        Episode::All
    };
    let of_episodes = episode_id == Some("all");
    let containers = match (of_episodes, of_shots && episode != Episode::Main) {
        (true, _) => Containers::Episodes,
        (false, true) => Containers::Shots,
        (false, false) => Containers::Assets,
    };
    let has_episodes = is_show && !of_episodes;
    let headings = HEADINGS.iter().skip(usize::from(!has_episodes));
    let headings = headings.map(|heading| (*heading).to_owned()).collect();
    let (_, episode_name, parent) = containers.columns();
    let mut list = SelectList::default();
    let episode_cell = has_episodes.then(|| list.add(episode_name));
    let names = [parent, "c.name", "k.name", "a.name"].map(|column| list.add(column));
    let (occurrences, label) = (list.add("l.nb_occurences"), list.add("l.label"));
    let mut sql = selection(access, containers, episode).before(&format!("SELECT {list} "));
    sql.push(&containers.order(database.backend())).push(", l.id");
    Table::of_production(&project, "casting", headings)
        .send(database, sql, move |row| {
            let mut cells = Vec::with_capacity(7);
            for column in episode_cell.iter().chain(&names) {
                cells.push(text(row, *column)?);
            }
            cells.extend([integer(row, occurrences)?, text(row, label)?]);
            Ok(cells)
        })
        .await
}
