//! The handlers of the tag *Schedules*.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, ProjectMember};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schedules::*;
use dailies_definitions::schemas::*;
use uuid::Uuid;

use super::bars::ScheduledParts;
use super::{bars, milestones, versions};
use crate::app::SharedApp;

/// Serves schedules.
pub struct SchedulesHandlers(pub SharedApp);

#[async_trait]
impl Schedules for SchedulesHandlers {
    async fn list_project_milestones(
        &self,
        _access: ProjectMember,
        project_id: Uuid,
    ) -> Result<Json<Vec<ProjectMilestone>>, Failure> {
        milestones::list(&self.0, project_id).await
    }

    async fn list_project_schedule_items(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
    ) -> Result<Json<Vec<ScheduleItem>>, Failure> {
        bars::items(&self.0, &access).await
    }

    async fn list_schedule_of_task_types(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
    ) -> Result<Json<Vec<ScheduleBar>>, Failure> {
        bars::of_task_types(&self.0, &access).await
    }

    async fn list_schedule_of_asset_types(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        task_type_id: Uuid,
        query: ListScheduleOfAssetTypesQuery,
    ) -> Result<Json<Vec<NamedScheduleBar>>, Failure> {
        bars::of_parts(
            &self.0,
            &access,
            task_type_id,
            ScheduledParts::AssetTypes,
            query.episode_id,
        )
        .await
    }

    async fn list_schedule_of_episodes(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        task_type_id: Uuid,
        query: ListScheduleOfEpisodesQuery,
    ) -> Result<Json<Vec<NamedScheduleBar>>, Failure> {
        bars::of_parts(
            &self.0,
            &access,
            task_type_id,
            ScheduledParts::Episodes,
            query.episode_id,
        )
        .await
    }

    async fn list_schedule_of_sequences(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        task_type_id: Uuid,
        query: ListScheduleOfSequencesQuery,
    ) -> Result<Json<Vec<NamedScheduleBar>>, Failure> {
        bars::of_parts(
            &self.0,
            &access,
            task_type_id,
            ScheduledParts::Sequences,
            query.episode_id,
        )
        .await
    }

    async fn list_schedule_of_edits(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        task_type_id: Uuid,
        query: ListScheduleOfEditsQuery,
    ) -> Result<Json<Vec<NamedScheduleBar>>, Failure> {
        bars::of_parts(&self.0, &access, task_type_id, ScheduledParts::Edits, query.episode_id).await
    }

    async fn list_schedule_version_task_links(
        &self,
        access: Caller,
        production_schedule_version_id: Uuid,
        query: ListScheduleVersionTaskLinksQuery,
    ) -> Result<Json<Vec<ProductionScheduleVersionTaskLink>>, Failure> {
        versions::task_links(
            &self.0,
            &access,
            production_schedule_version_id,
            query.task_type_id,
            query.relations,
        )
        .await
    }

    async fn fill_schedule_version_from_production(
        &self,
        access: Caller,
        production_schedule_version_id: Uuid,
    ) -> Result<Json<ScheduleVersionFilled>, Failure> {
        versions::fill_from_production(&self.0, &access, production_schedule_version_id).await
    }

    async fn fill_schedule_version_from_another(
        &self,
        access: Caller,
        production_schedule_version_id: Uuid,
        body: ScheduleVersionSource,
    ) -> Result<Json<ScheduleVersionFilled>, Failure> {
        versions::fill_from_another(
            &self.0,
            &access,
            production_schedule_version_id,
            body.production_schedule_version_id,
        )
        .await
    }

    async fn apply_schedule_version(
        &self,
        access: Caller,
        production_schedule_version_id: Uuid,
    ) -> Result<Json<ScheduleVersionApplied>, Failure> {
        versions::apply(&self.0, &access, production_schedule_version_id).await
    }
}
