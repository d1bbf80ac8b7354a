//! Handlers of the tag *Playlists*.

use async_trait::async_trait;
use dailies_definitions::access::{Admin, Caller, ProjectMember};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media, NoContent};
use dailies_definitions::playlists::{
    BuildPlaylistMovieQuery, CreateTemporaryPlaylistQuery, ListAllProjectPlaylistsQuery, ListEpisodePlaylistsQuery,
    ListProjectPlaylistsQuery, Playlists,
};
use dailies_definitions::schemas::{
    BuildJob, ListedPlaylist, PlayedPlaylist, Playlist, PlaylistEntitiesAdd, PlaylistEntityAdd, PlaylistNotification,
    PlaylistNotified, TemporaryPlaylist, TemporaryPlaylistEntry,
};
use serde_json::Value;
use uuid::Uuid;

use super::listing::{Episode, PlaylistFilter};
use super::{adding, archive, builds, listing, notifying, played, temporary};
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
        let filter = PlaylistFilter {
            task_type_id: query.task_type_id,
            sort_by: query.sort_by,
            page: query.page,
            ..PlaylistFilter::default()
        };
        listing::of_project(&self.0.database, &access, &filter).await
    }

    async fn list_episode_playlists(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        episode_id: String,
        query: ListEpisodePlaylistsQuery,
    ) -> Result<Json<Vec<ListedPlaylist>>, Failure> {
        let episode = Some(Episode::find(&self.0.database, &episode_id).await?);
        let ListEpisodePlaylistsQuery {
            task_type_id,
            for_entity,
            sort_by,
            page,
            ..
        } = query;
        listing::of_project(
            &self.0.database,
            &access,
            &PlaylistFilter {
                episode,
                task_type_id,
                for_entity,
                sort_by,
                page,
            },
        )
        .await
    }

    async fn list_all_project_playlists(
        &self,
        _access: Admin,
        project_id: Uuid,
        query: ListAllProjectPlaylistsQuery,
    ) -> Result<Json<Value>, Failure> {
        listing::with_entries(&self.0, project_id, query.page, query.limit).await
    }

    async fn create_temporary_playlist(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        query: CreateTemporaryPlaylistQuery,
        body: TemporaryPlaylist,
    ) -> Result<Json<Vec<TemporaryPlaylistEntry>>, Failure> {
        temporary::create(&self.0, &access, body, query.sort).await
    }

    async fn get_project_playlist(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        playlist_id: Uuid,
    ) -> Result<Json<PlayedPlaylist>, Failure> {
        played::get(&self.0, &access, playlist_id).await
    }

    async fn add_entity_to_playlist(
        &self,
        access: Caller,
        playlist_id: Uuid,
        body: PlaylistEntityAdd,
    ) -> Result<Json<Playlist>, Failure> {
        adding::add(&self.0, &access, playlist_id, vec![body]).await
    }

    async fn add_entities_to_playlist(
        &self,
        access: Caller,
        playlist_id: Uuid,
        body: PlaylistEntitiesAdd,
    ) -> Result<Json<Playlist>, Failure> {
        adding::add(&self.0, &access, playlist_id, body.entities).await
    }

    async fn notify_playlist_clients(
        &self,
        access: Caller,
        playlist_id: Uuid,
        body: PlaylistNotification,
    ) -> Result<Json<PlaylistNotified>, Failure> {
        notifying::notify(&self.0, &access, playlist_id, body).await
    }

    async fn list_project_build_jobs(&self, _access: Admin, project_id: Uuid) -> Result<Json<Vec<BuildJob>>, Failure> {
        builds::of_project(&self.0, project_id).await
    }

    async fn build_playlist_movie(
        &self,
        access: Caller,
        playlist_id: Uuid,
        query: BuildPlaylistMovieQuery,
    ) -> Result<Json<BuildJob>, Failure> {
        builds::begin(&self.0, &access, playlist_id, &query).await
    }

    async fn get_playlist_build_job(
        &self,
        access: Caller,
        playlist_id: Uuid,
        build_job_id: Uuid,
    ) -> Result<Json<BuildJob>, Failure> {
        builds::get(&self.0, &access, playlist_id, build_job_id).await
    }

    async fn delete_playlist_build_job(
        &self,
        access: Caller,
        playlist_id: Uuid,
        build_job_id: Uuid,
    ) -> Result<NoContent, Failure> {
        builds::delete(&self.0, &access, playlist_id, build_job_id).await
    }

    async fn download_playlist_movie(
        &self,
        access: Caller,
        playlist_id: Uuid,
        build_job_id: Uuid,
    ) -> Result<Media, Failure> {
        builds::download(&self.0, &access, playlist_id, build_job_id).await
    }

    async fn download_playlist_archive(&self, access: Caller, playlist_id: Uuid) -> Result<Media, Failure> {
        archive::download(&self.0, &access, playlist_id).await
    }
}
