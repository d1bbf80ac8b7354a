//! Names of a playlist and its files when they are saved.

use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::database::{self, Sql};
use crate::file_trees::language::slug;

/// A playlist with what it belongs to.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Title {
    pub name: String,
    pub project: String,
    production_type: Option<String>,
    pub episode: Option<String>,
    is_for_all: Option<bool>,
    for_entity: Option<String>,
}

impl Title {
    /// The title of a playlist.
    ///
    /// # Errors
    /// 404 when there is no such playlist, or it belongs to no production.
    pub(super) async fn find(connection: &impl ConnectionTrait, playlist_id: Uuid) -> Result<Self, Failure> {
        let sql = Sql::with(
            "SELECT y.name, p.name AS project, p.production_type, ep.name AS episode, y.is_for_all, y.for_entity FROM playlist y \
             JOIN project p ON p.id = y.project_id LEFT JOIN entity ep ON ep.id = y.episode_id WHERE y.id = $1",
            [playlist_id.into()],
        );
        database::read_one(connection, &sql)
            .await?
            .ok_or_else(Failure::not_found)
    }

    /// The production, the episode of a TV show, and the playlist, as the name of a file without its extension.
    pub(super) fn file_name(&self) -> String {
        let place = match (&self.episode, self.production_type.as_deref()) {
            (Some(episode), Some("tvshow")) => Some(slug(episode)),
            (None, Some("tvshow")) if self.is_for_all.unwrap_or_default() => {
                Some(if self.shows_shots() { "all_shots" } else { "all_assets" }.into())
            }
            (None, Some("tvshow")) => Some("main_pack".to_owned()),
            _ => None,
        };
        let parts = [Some(slug(&self.project)), place, Some(slug(&self.name))];
        parts
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("_")
    }

    /// True if the playlist is for shots.
    pub(super) fn shows_shots(&self) -> bool {
        self.for_entity.as_deref().is_none_or(|kind| kind == "shot")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_tell_what_they_are_of() {
        let title = Title {
            name: "Édit n°1".into(),
            project: "Cosmos Landromat".into(),
            production_type: Some("short".into()),
            episode: None,
            is_for_all: Some(true),
            for_entity: Some("asset".into()),
        };
        assert_eq!(title.file_name(), "cosmos_landromat_edit_ndeg1");
        let show = Title {
            production_type: Some("tvshow".into()),
            ..title
        };
        assert_eq!(show.file_name(), "cosmos_landromat_all_assets_edit_ndeg1");
        assert_eq!(
            Title {
                is_for_all: None,
                ..show.clone()
            }
            .file_name(),
            "cosmos_landromat_main_pack_edit_ndeg1"
        );
        assert_eq!(
            Title {
                for_entity: None,
                ..show.clone()
            }
            .file_name(),
            "cosmos_landromat_all_shots_edit_ndeg1"
        );
        assert_eq!(
            Title {
                episode: Some("E 01".into()),
                ..show
            }
            .file_name(),
            "cosmos_landromat_e_01_edit_ndeg1"
        );
    }
}
