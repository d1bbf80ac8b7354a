//! Handlers of the tag *Playlists*.

use async_trait::async_trait;
use dailies_definitions::access::ProjectMember;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::playlists::{ListProjectPlaylistsQuery, Playlists};
use dailies_definitions::schemas::ListedPlaylist;
use uuid::Uuid;

use super::listing;
use crate::app::SharedApp;

/// Serves playlists from the database.
pub struct PlaylistsHandlers(pub SharedApp);

#[async_trait]
impl Playlists for PlaylistsHandlers {
    async fn list_project_playlists(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        query: ListProjectPlaylistsQuery,
    ) -> Result<Json<Vec<ListedPlaylist>>, Failure> {
        listing::of_project(&self.0.database, &access, &query).await
    }
}
