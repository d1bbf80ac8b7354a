//! Handlers of the tag *Exports*.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, ProjectMember, StudioManager};
use dailies_definitions::exports::{
    EntityTableFilter, ExportAssetsQuery, ExportCastingQuery, ExportShotsQuery, Exports,
};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use uuid::Uuid;

use super::{casting, entities, playlists, studio};
use crate::app::SharedApp;
use crate::vocabulary::kinds::EntityKind;

/// Serves tables from the database.
pub struct ExportsHandlers(pub SharedApp);

#[async_trait]
impl Exports for ExportsHandlers {
    async fn export_persons(&self, access: StudioManager) -> Result<Media, Failure> {
        studio::persons(&self.0.database, &access).await
    }

    async fn export_projects(&self, access: StudioManager) -> Result<Media, Failure> {
        studio::projects(&self.0.database, &access).await
    }

    async fn export_task_types(&self, _access: StudioManager) -> Result<Media, Failure> {
        studio::task_types(&self.0.database).await
    }

    async fn export_tasks(&self, access: StudioManager) -> Result<Media, Failure> {
        studio::tasks(&self.0.database, &access).await
    }

    async fn export_time_spents(&self, access: StudioManager) -> Result<Media, Failure> {
        studio::time_spents(&self.0.database, &access).await
    }

    async fn export_assets(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        query: ExportAssetsQuery,
    ) -> Result<Media, Failure> {
        entities::table(&self.0.database, &access, EntityKind::Asset, &query.filter).await
    }

    async fn export_shots(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        query: ExportShotsQuery,
    ) -> Result<Media, Failure> {
        entities::table(&self.0.database, &access, EntityKind::Shot, &query.filter).await
    }

    async fn export_edits(&self, access: ProjectMember, _project_id: Uuid) -> Result<Media, Failure> {
        entities::table(
            &self.0.database,
            &access,
            EntityKind::Edit,
            &EntityTableFilter::default(),
        )
        .await
    }

    async fn export_casting(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        query: ExportCastingQuery,
    ) -> Result<Media, Failure> {
        casting::table(
            &self.0.database,
            &access,
            query.episode_id.as_deref(),
            query.is_shot_casting,
        )
        .await
    }

    async fn export_playlist(&self, access: Caller, playlist_id: Uuid) -> Result<Media, Failure> {
        playlists::table(&self.0.database, &access, playlist_id).await
    }
}
