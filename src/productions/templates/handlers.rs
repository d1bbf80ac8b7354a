//! The handlers of the tag *Project templates*.

use async_trait::async_trait;
use dailies_definitions::access::{Admin, StudioManager};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::project_templates::ProjectTemplates;
use dailies_definitions::schemas::*;
use serde_json::Value;
use uuid::Uuid;

use super::links::{ASSET_TYPES, BACKGROUNDS, STATUS_AUTOMATIONS, TASK_STATUSES, TASK_TYPES};
use super::{descriptors, links, snapshot};
use crate::app::SharedApp;

/// Serves project templates.
pub struct ProjectTemplatesHandlers(pub SharedApp);

#[async_trait]
impl ProjectTemplates for ProjectTemplatesHandlers {
    async fn create_project_template_from_project(
        &self,
        access: Admin,
        project_id: Uuid,
        body: ProjectTemplateFromProject,
    ) -> Result<Json<ProjectTemplate>, Failure> {
        snapshot::of_project(&self.0, &access, project_id, body).await
    }

    async fn apply_project_template(
        &self,
        access: Admin,
        project_id: Uuid,
        project_template_id: Uuid,
    ) -> Result<Json<Project>, Failure> {
        snapshot::apply(&self.0, &access, project_id, project_template_id).await
    }

    async fn list_project_template_task_types(
        &self,
        _access: StudioManager,
        project_template_id: Uuid,
    ) -> Result<Json<Vec<ProjectTemplateTaskType>>, Failure> {
        links::list(&self.0, &TASK_TYPES, project_template_id).await
    }

    async fn set_project_template_task_type(
        &self,
        access: Admin,
        project_template_id: Uuid,
        body: ProjectTaskTypeSet,
    ) -> Result<Json<ProjectTemplateTaskTypeLink>, Failure> {
        links::set_task_type(&self.0, &access, project_template_id, body).await
    }

    async fn remove_project_template_task_type(
        &self,
        access: Admin,
        project_template_id: Uuid,
        task_type_id: Uuid,
    ) -> Result<NoContent, Failure> {
        links::remove(&self.0, &access, &TASK_TYPES, project_template_id, task_type_id).await
    }

    async fn reorder_project_template_task_types(
        &self,
        access: Admin,
        project_template_id: Uuid,
        body: TaskTypeOrder,
    ) -> Result<Json<Vec<ProjectTemplateTaskTypeLink>>, Failure> {
        links::reorder(&self.0, &access, &TASK_TYPES, project_template_id, &body.task_type_ids).await
    }

    async fn list_project_template_task_statuses(
        &self,
        _access: StudioManager,
        project_template_id: Uuid,
    ) -> Result<Json<Vec<ProjectTemplateTaskStatus>>, Failure> {
        links::list(&self.0, &TASK_STATUSES, project_template_id).await
    }

    async fn set_project_template_task_status(
        &self,
        access: Admin,
        project_template_id: Uuid,
        body: ProjectTemplateTaskStatusAdd,
    ) -> Result<Json<ProjectTemplateTaskStatusLink>, Failure> {
        links::set_task_status(&self.0, &access, project_template_id, body).await
    }

    async fn remove_project_template_task_status(
        &self,
        access: Admin,
        project_template_id: Uuid,
        task_status_id: Uuid,
    ) -> Result<NoContent, Failure> {
        links::remove(&self.0, &access, &TASK_STATUSES, project_template_id, task_status_id).await
    }

    async fn reorder_project_template_task_statuses(
        &self,
        access: Admin,
        project_template_id: Uuid,
        body: TaskStatusOrder,
    ) -> Result<Json<Vec<ProjectTemplateTaskStatusLink>>, Failure> {
        links::reorder(
            &self.0,
            &access,
            &TASK_STATUSES,
            project_template_id,
            &body.task_status_ids,
        )
        .await
    }

    async fn list_project_template_asset_types(
        &self,
        _access: StudioManager,
        project_template_id: Uuid,
    ) -> Result<Json<Vec<ProjectTemplateAssetType>>, Failure> {
        links::list(&self.0, &ASSET_TYPES, project_template_id).await
    }

    async fn add_project_template_asset_type(
        &self,
        access: Admin,
        project_template_id: Uuid,
        body: ProjectAssetTypeAdd,
    ) -> Result<Json<ProjectTemplateAssetType>, Failure> {
        links::add(&self.0, &access, &ASSET_TYPES, project_template_id, body.asset_type_id).await
    }

    async fn remove_project_template_asset_type(
        &self,
        access: Admin,
        project_template_id: Uuid,
        asset_type_id: Uuid,
    ) -> Result<NoContent, Failure> {
        links::remove(&self.0, &access, &ASSET_TYPES, project_template_id, asset_type_id).await
    }

    async fn list_project_template_status_automations(
        &self,
        _access: StudioManager,
        project_template_id: Uuid,
    ) -> Result<Json<Vec<StatusAutomation>>, Failure> {
        links::list(&self.0, &STATUS_AUTOMATIONS, project_template_id).await
    }

    async fn add_project_template_status_automation(
        &self,
        access: Admin,
        project_template_id: Uuid,
        body: ProjectStatusAutomationAdd,
    ) -> Result<Json<StatusAutomation>, Failure> {
        links::add(
            &self.0,
            &access,
            &STATUS_AUTOMATIONS,
            project_template_id,
            body.status_automation_id,
        )
        .await
    }

    async fn remove_project_template_status_automation(
        &self,
        access: Admin,
        project_template_id: Uuid,
        status_automation_id: Uuid,
    ) -> Result<NoContent, Failure> {
        links::remove(
            &self.0,
            &access,
            &STATUS_AUTOMATIONS,
            project_template_id,
            status_automation_id,
        )
        .await
    }

    async fn list_project_template_preview_backgrounds(
        &self,
        _access: StudioManager,
        project_template_id: Uuid,
    ) -> Result<Json<Vec<ProjectTemplatePreviewBackground>>, Failure> {
        links::list(&self.0, &BACKGROUNDS, project_template_id).await
    }

    async fn add_project_template_preview_background(
        &self,
        access: Admin,
        project_template_id: Uuid,
        body: ProjectPreviewBackgroundAdd,
    ) -> Result<Json<ProjectTemplatePreviewBackground>, Failure> {
        links::add(
            &self.0,
            &access,
            &BACKGROUNDS,
            project_template_id,
            body.preview_background_file_id,
        )
        .await
    }

    async fn remove_project_template_preview_background(
        &self,
        access: Admin,
        project_template_id: Uuid,
        preview_background_file_id: Uuid,
    ) -> Result<NoContent, Failure> {
        links::remove(
            &self.0,
            &access,
            &BACKGROUNDS,
            project_template_id,
            preview_background_file_id,
        )
        .await
    }

    async fn set_project_template_default_preview_background(
        &self,
        access: Admin,
        project_template_id: Uuid,
        body: ProjectTemplateDefaultBackground,
    ) -> Result<Json<ProjectTemplate>, Failure> {
        descriptors::set_default_background(
            &self.0,
            &access,
            project_template_id,
            body.default_preview_background_file_id,
        )
        .await
    }

    async fn set_project_template_metadata_descriptors(
        &self,
        access: Admin,
        project_template_id: Uuid,
        body: Value,
    ) -> Result<Json<ProjectTemplate>, Failure> {
        descriptors::set(&self.0, &access, project_template_id, body).await
    }
}
