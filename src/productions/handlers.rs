//! The handlers of the tag *Productions*.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, ProjectManager, ProjectMember, StudioManager};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::productions::*;
use dailies_definitions::schemas::*;
use serde_json::Value;
use uuid::Uuid;

use super::rows::{OpenStatus, open_project_rows};
use super::settings::{ASSET_TYPES, BACKGROUNDS, STATUS_AUTOMATIONS, TASK_STATUSES, TASK_TYPES};
use super::{descriptors, links, listings, preview_account, settings, softwares, studio_descriptors, team, time};
use crate::app::SharedApp;

/// Serves productions.
pub struct ProductionsHandlers(pub SharedApp);

#[async_trait]
impl Productions for ProductionsHandlers {
    async fn list_open_projects(
        &self,
        access: Caller,
        query: ListOpenProjectsQuery,
    ) -> Result<Json<Vec<OpenProject>>, Failure> {
        let name = query.name.as_deref().filter(|name| !name.is_empty());
        Ok(Json::written(
            open_project_rows(&self.0, &access, OpenStatus::Any, name).await?,
        ))
    }

    async fn list_all_projects(
        &self,
        access: Caller,
        query: ListAllProjectsQuery,
    ) -> Result<Json<Vec<Project>>, Failure> {
        listings::all(&self.0, &access, query.name.as_deref().filter(|name| !name.is_empty())).await
    }

    async fn list_project_team(&self, access: ProjectMember, _project_id: Uuid) -> Result<Json<Vec<Value>>, Failure> {
        team::list(&self.0, &access).await
    }

    async fn add_team_member(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: TeamMemberAdd,
    ) -> Result<Json<Project>, Failure> {
        team::add(&self.0, &access, &body).await
    }

    async fn set_team_member_role(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        person_id: Uuid,
        body: TeamRole,
    ) -> Result<Json<TeamMembership>, Failure> {
        team::set_role(&self.0, &access, person_id, body.role).await
    }

    async fn remove_team_member(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        person_id: Uuid,
    ) -> Result<NoContent, Failure> {
        team::remove(&self.0, &access, person_id).await
    }

    async fn get_preview_account(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
    ) -> Result<Json<ProjectPreviewAccount>, Failure> {
        preview_account::read_account(&self.0, &access).await
    }

    async fn make_preview_account(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
    ) -> Result<Json<PreviewAccountWithPassword>, Failure> {
        preview_account::make(&self.0, &access).await
    }

    async fn open_preview_account(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: PreviewAccountOpening,
    ) -> Result<Json<PreviewAccount>, Failure> {
        preview_account::open(&self.0, &access, body.is_open).await
    }

    async fn delete_preview_account(&self, access: ProjectManager, _project_id: Uuid) -> Result<NoContent, Failure> {
        preview_account::delete(&self.0, &access).await
    }

    async fn list_project_task_types(
        &self,
        access: ProjectMember,
        project_id: Uuid,
    ) -> Result<Json<Vec<TaskType>>, Failure> {
        settings::list(&self.0, &TASK_TYPES, project_id, access.role()).await
    }

    async fn add_project_asset_type(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: ProjectAssetTypeAdd,
    ) -> Result<Json<Project>, Failure> {
        settings::add(&self.0, &access, &ASSET_TYPES, body.asset_type_id).await
    }

    async fn remove_project_asset_type(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        asset_type_id: Uuid,
    ) -> Result<NoContent, Failure> {
        settings::remove(&self.0, &access, &ASSET_TYPES, asset_type_id).await
    }

    async fn add_project_task_type(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: ProjectTaskTypeSet,
    ) -> Result<Json<Project>, Failure> {
        settings::add_task_type(&self.0, &access, body).await
    }

    async fn remove_project_task_type(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        task_type_id: Uuid,
    ) -> Result<NoContent, Failure> {
        settings::remove(&self.0, &access, &TASK_TYPES, task_type_id).await
    }

    async fn list_project_task_statuses(
        &self,
        access: ProjectMember,
        project_id: Uuid,
    ) -> Result<Json<Vec<TaskStatus>>, Failure> {
        settings::list(&self.0, &TASK_STATUSES, project_id, access.role()).await
    }

    async fn add_project_task_status(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: ProjectTaskStatusAdd,
    ) -> Result<Json<Project>, Failure> {
        settings::add(&self.0, &access, &TASK_STATUSES, body.task_status_id).await
    }

    async fn set_project_task_status_for_clients(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        task_status_id: Uuid,
        body: ProjectTaskStatusForClients,
    ) -> Result<Json<ProjectTaskStatusLink>, Failure> {
        links::set_client_rule(&self.0, &access, task_status_id, body.is_client_allowed).await
    }

    async fn list_task_type_softwares(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
    ) -> Result<Json<Vec<TaskTypeSoftware>>, Failure> {
        softwares::list(&self.0, &access).await
    }

    async fn add_task_type_software(
        &self,
        access: Caller,
        project_id: Uuid,
        task_type_id: Uuid,
        body: TaskTypeSoftwareAdd,
    ) -> Result<Json<TaskTypeSoftware>, Failure> {
        softwares::add(&self.0, &access, project_id, task_type_id, &body.software_id).await
    }

    async fn remove_task_type_software(
        &self,
        access: Caller,
        project_id: Uuid,
        task_type_id: Uuid,
        software_id: Uuid,
    ) -> Result<NoContent, Failure> {
        softwares::remove(&self.0, &access, project_id, task_type_id, software_id).await
    }

    async fn remove_project_task_status(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        task_status_id: Uuid,
    ) -> Result<NoContent, Failure> {
        settings::remove(&self.0, &access, &TASK_STATUSES, task_status_id).await
    }

    async fn list_project_status_automations(
        &self,
        access: ProjectManager,
        project_id: Uuid,
    ) -> Result<Json<Vec<StatusAutomation>>, Failure> {
        settings::list(&self.0, &STATUS_AUTOMATIONS, project_id, access.role()).await
    }

    async fn add_project_status_automation(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: ProjectStatusAutomationAdd,
    ) -> Result<Json<Project>, Failure> {
        settings::add(&self.0, &access, &STATUS_AUTOMATIONS, body.status_automation_id).await
    }

    async fn remove_project_status_automation(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        status_automation_id: Uuid,
    ) -> Result<NoContent, Failure> {
        settings::remove(&self.0, &access, &STATUS_AUTOMATIONS, status_automation_id).await
    }

    async fn list_project_preview_backgrounds(
        &self,
        access: ProjectMember,
        project_id: Uuid,
    ) -> Result<Json<Vec<PreviewBackgroundFile>>, Failure> {
        settings::list(&self.0, &BACKGROUNDS, project_id, access.role()).await
    }

    async fn add_project_preview_background(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: ProjectPreviewBackgroundAdd,
    ) -> Result<Json<Project>, Failure> {
        settings::add(&self.0, &access, &BACKGROUNDS, body.preview_background_file_id).await
    }

    async fn remove_project_preview_background(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        preview_background_file_id: Uuid,
    ) -> Result<NoContent, Failure> {
        settings::remove(&self.0, &access, &BACKGROUNDS, preview_background_file_id).await
    }

    async fn set_project_settings(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: ProjectSettingsBatch,
    ) -> Result<Json<Project>, Failure> {
        settings::batch(&self.0, &access, body).await
    }

    async fn set_task_type_link(
        &self,
        access: Caller,
        body: TaskTypeLinkSet,
    ) -> Result<Json<ProjectTaskTypeLink>, Failure> {
        links::set_task_type(&self.0, &access, &body).await
    }

    async fn set_task_status_link(
        &self,
        access: Caller,
        body: TaskStatusLinkSet,
    ) -> Result<Json<ProjectTaskStatusLink>, Failure> {
        links::set_task_status(&self.0, &access, body).await
    }

    async fn reorder_task_type_links(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: TaskTypeOrder,
    ) -> Result<Json<Vec<ProjectTaskTypeLink>>, Failure> {
        links::reorder_task_types(&self.0, &access, &body.task_type_ids).await
    }

    async fn reorder_task_status_links(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: TaskStatusOrder,
    ) -> Result<Json<Vec<ProjectTaskStatusLink>>, Failure> {
        links::reorder_task_statuses(&self.0, &access, &body.task_status_ids).await
    }

    async fn list_project_metadata_descriptors(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
    ) -> Result<Json<Vec<MetadataDescriptor>>, Failure> {
        descriptors::visible(&self.0, &access).await
    }

    async fn add_project_metadata_descriptor(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        body: ProjectMetadataDescriptorAdd,
    ) -> Result<Json<MetadataDescriptor>, Failure> {
        descriptors::add(&self.0, &access, body).await
    }

    async fn reorder_project_metadata_descriptors(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: MetadataDescriptorOrder,
    ) -> Result<Json<Vec<MetadataDescriptor>>, Failure> {
        descriptors::reorder(&self.0, &access, &body).await
    }

    async fn get_project_metadata_descriptor(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        metadata_descriptor_id: Uuid,
    ) -> Result<Json<MetadataDescriptor>, Failure> {
        descriptors::one(&self.0, &access, metadata_descriptor_id).await
    }

    async fn update_project_metadata_descriptor(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        metadata_descriptor_id: Uuid,
        body: ProjectMetadataDescriptorChange,
    ) -> Result<Json<MetadataDescriptor>, Failure> {
        descriptors::update(&self.0, &access, metadata_descriptor_id, body).await
    }

    async fn remove_project_metadata_descriptor(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        metadata_descriptor_id: Uuid,
    ) -> Result<NoContent, Failure> {
        descriptors::remove(&self.0, &access, metadata_descriptor_id).await
    }

    async fn add_metadata_descriptor_to_projects(
        &self,
        access: StudioManager,
        body: StudioMetadataDescriptorAdd,
    ) -> Result<Json<Vec<MetadataDescriptor>>, Failure> {
        studio_descriptors::add(&self.0, &access, body).await
    }

    async fn update_metadata_descriptor_in_projects(
        &self,
        access: StudioManager,
        field_name: String,
        body: StudioMetadataDescriptorChange,
    ) -> Result<Json<Vec<MetadataDescriptor>>, Failure> {
        studio_descriptors::update(&self.0, &access, &field_name, body).await
    }

    async fn remove_metadata_descriptor_from_projects(
        &self,
        access: StudioManager,
        field_name: String,
        query: RemoveMetadataDescriptorFromProjectsQuery,
    ) -> Result<Json<Vec<Uuid>>, Failure> {
        studio_descriptors::remove(&self.0, &access, &field_name, &query.entity_type).await
    }

    async fn reorder_metadata_descriptors_in_projects(
        &self,
        access: StudioManager,
        body: StudioMetadataDescriptorOrder,
    ) -> Result<Json<Vec<MetadataDescriptor>>, Failure> {
        studio_descriptors::reorder(&self.0, &access, &body).await
    }

    async fn list_project_time_spents(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
    ) -> Result<Json<Vec<TimeSpent>>, Failure> {
        time::spent(&self.0, &access).await
    }

    async fn list_project_task_type_time_spents(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        task_type_id: Uuid,
        query: ListProjectTaskTypeTimeSpentsQuery,
    ) -> Result<Json<TimeSpentsByPerson>, Failure> {
        time::spent_on_task_type(&self.0, &access, task_type_id, query.start_date, query.end_date).await
    }

    async fn list_project_day_offs(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        query: ListProjectDayOffsQuery,
    ) -> Result<Json<DayOffsByPerson>, Failure> {
        time::days_off(&self.0, &access, query.start_date, query.end_date).await
    }
}
