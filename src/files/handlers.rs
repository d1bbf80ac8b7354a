//! The handlers of the tag *Files*.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, EntityReader, ProjectManager, TaskReader};
use dailies_definitions::failure::Failure;
use dailies_definitions::files::*;
use dailies_definitions::payload::{Json, Media};
use dailies_definitions::schemas::*;
use dailies_definitions::submission::Submission;
use uuid::Uuid;

use super::output_listings::{self, OutputOwner};
use super::owner::{Instance, Owner, require_instance};
use super::{by_id, content, guess, legacy, outputs, revisions, trees, working, working_listings};
use crate::access::entities::{PRESENT, require};
use crate::app::SharedApp;

/// Serves working files, output files and file trees.
pub struct FilesHandlers(pub SharedApp);

impl FilesHandlers {
    async fn instance(&self, caller: &Caller, id: Uuid, temporal_entity_id: Uuid) -> Result<Instance, Failure> {
        Instance::find(&self.0.database, caller, id, temporal_entity_id).await
    }
}

/// The entity that the caller may read.
fn entity(access: &EntityReader, id: Uuid) -> Owner {
    Owner::Entity {
        id,
        project_id: access.project_id(),
    }
}

#[async_trait]
impl Files for FilesHandlers {
    async fn list_task_working_files(
        &self,
        _access: TaskReader,
        task_id: Uuid,
    ) -> Result<Json<Vec<WorkingFile>>, Failure> {
        working_listings::of_task(&self.0, task_id).await
    }

    async fn list_task_last_working_files(
        &self,
        _access: TaskReader,
        task_id: Uuid,
    ) -> Result<Json<WorkingFilesByName>, Failure> {
        working_listings::last_of_task(&self.0, task_id).await
    }

    async fn create_task_working_file(
        &self,
        access: Caller,
        task_id: Uuid,
        body: WorkingFileAdd,
    ) -> Result<Json<WorkingFile>, Failure> {
        working::create(&self.0, &access, task_id, body).await
    }

    async fn build_working_file_path(
        &self,
        access: TaskReader,
        task_id: Uuid,
        body: WorkingFilePathRequest,
    ) -> Result<Json<WorkingFileLocation>, Failure> {
        working::path(&self.0, &access, task_id, body).await
    }

    async fn list_entity_working_files(
        &self,
        _access: EntityReader,
        entity_id: Uuid,
        query: ListEntityWorkingFilesQuery,
    ) -> Result<Json<Vec<WorkingFile>>, Failure> {
        working_listings::of_entity(&self.0, entity_id, &query).await
    }

    async fn comment_working_file(
        &self,
        access: Caller,
        working_file_id: Uuid,
        body: WorkingFileComment,
    ) -> Result<Json<WorkingFile>, Failure> {
        working::change(
            &self.0,
            &access,
            working_file_id,
            vec![("comment", body.comment.into())],
        )
        .await
    }

    async fn touch_working_file(&self, access: Caller, working_file_id: Uuid) -> Result<Json<WorkingFile>, Failure> {
        working::change(&self.0, &access, working_file_id, Vec::new()).await
    }

    async fn download_working_file(&self, access: Caller, working_file_id: Uuid) -> Result<Media, Failure> {
        content::download(&self.0, &access, working_file_id).await
    }

    async fn upload_working_file(
        &self,
        access: Caller,
        working_file_id: Uuid,
        body: Submission,
    ) -> Result<Json<WorkingFile>, Failure> {
        content::upload(&self.0, &access, working_file_id, body).await
    }

    async fn get_file(&self, access: Caller, file_id: Uuid) -> Result<Json<AnyFile>, Failure> {
        by_id::get(&self.0, &access, file_id).await
    }

    async fn create_entity_output_file(
        &self,
        access: Caller,
        entity_id: Uuid,
        body: OutputFileAdd,
    ) -> Result<Json<CreatedOutputFile>, Failure> {
        let relation = require(&self.0.database, &access, entity_id, &PRESENT).await?;
        outputs::create(
            &self.0,
            &access,
            Owner::Entity {
                id: entity_id,
                project_id: relation.project_id,
            },
            body,
        )
        .await
    }

    async fn build_entity_output_file_path(
        &self,
        access: EntityReader,
        entity_id: Uuid,
        body: OutputFilePathRequest,
    ) -> Result<Json<OutputFileLocation>, Failure> {
        outputs::path(&self.0, &access, entity(&access, entity_id), body).await
    }

    async fn next_entity_output_revision(
        &self,
        access: EntityReader,
        entity_id: Uuid,
        body: OutputRevisionRequest,
    ) -> Result<Json<NextRevision>, Failure> {
        revisions::tell_next(&self.0, &access, entity(&access, entity_id), body).await
    }

    async fn list_entity_output_files(
        &self,
        _access: EntityReader,
        entity_id: Uuid,
        query: ListEntityOutputFilesQuery,
    ) -> Result<Json<Vec<OutputFile>>, Failure> {
        output_listings::list(&self.0, OutputOwner::Entity(entity_id), &query.filter).await
    }

    async fn list_entity_last_output_files(
        &self,
        _access: EntityReader,
        entity_id: Uuid,
        query: ListEntityLastOutputFilesQuery,
    ) -> Result<Json<Vec<OutputFile>>, Failure> {
        output_listings::last(&self.0, OutputOwner::Entity(entity_id), &query.filter).await
    }

    async fn list_entity_output_types(
        &self,
        _access: EntityReader,
        entity_id: Uuid,
    ) -> Result<Json<Vec<OutputType>>, Failure> {
        output_listings::types(&self.0, OutputOwner::Entity(entity_id)).await
    }

    async fn list_entity_output_files_of_type(
        &self,
        _access: EntityReader,
        entity_id: Uuid,
        output_type_id: Uuid,
        query: ListEntityOutputFilesOfTypeQuery,
    ) -> Result<Json<Vec<OutputFile>>, Failure> {
        output_listings::of_type(
            &self.0,
            OutputOwner::Entity(entity_id),
            output_type_id,
            query.representation,
        )
        .await
    }

    async fn list_project_output_files(
        &self,
        _access: ProjectManager,
        project_id: Uuid,
        query: ListProjectOutputFilesQuery,
    ) -> Result<Json<Vec<OutputFile>>, Failure> {
        output_listings::of_project(&self.0, project_id, &query.filter).await
    }

    async fn list_instance_output_files(
        &self,
        access: Caller,
        asset_instance_id: Uuid,
        query: ListInstanceOutputFilesQuery,
    ) -> Result<Json<Vec<OutputFile>>, Failure> {
        require_instance(&self.0.database, &access, asset_instance_id).await?;
        let owner = OutputOwner::Instance {
            id: asset_instance_id,
            temporal_entity_id: query.temporal_entity_id,
        };
        output_listings::list(&self.0, owner, &query.filter).await
    }

    async fn create_instance_output_file(
        &self,
        access: Caller,
        asset_instance_id: Uuid,
        temporal_entity_id: Uuid,
        body: OutputFileAdd,
    ) -> Result<Json<CreatedOutputFile>, Failure> {
        let instance = self.instance(&access, asset_instance_id, temporal_entity_id).await?;
        require(&self.0.database, &access, instance.asset_id, &PRESENT).await?;
        outputs::create(&self.0, &access, Owner::Instance(instance), body).await
    }

    async fn build_instance_output_file_path(
        &self,
        access: Caller,
        asset_instance_id: Uuid,
        temporal_entity_id: Uuid,
        body: OutputFilePathRequest,
    ) -> Result<Json<OutputFileLocation>, Failure> {
        let instance = self.instance(&access, asset_instance_id, temporal_entity_id).await?;
        outputs::path(&self.0, &access, Owner::Instance(instance), body).await
    }

    async fn next_instance_output_revision(
        &self,
        access: Caller,
        asset_instance_id: Uuid,
        temporal_entity_id: Uuid,
        body: OutputRevisionRequest,
    ) -> Result<Json<NextRevision>, Failure> {
        let instance = self.instance(&access, asset_instance_id, temporal_entity_id).await?;
        revisions::tell_next(&self.0, &access, Owner::Instance(instance), body).await
    }

    async fn list_instance_last_output_files(
        &self,
        access: Caller,
        asset_instance_id: Uuid,
        temporal_entity_id: Uuid,
        query: ListInstanceLastOutputFilesQuery,
    ) -> Result<Json<Vec<OutputFile>>, Failure> {
        let instance = self.instance(&access, asset_instance_id, temporal_entity_id).await?;
        output_listings::last(&self.0, instance.into(), &query.filter).await
    }

    async fn list_instance_output_types(
        &self,
        access: Caller,
        asset_instance_id: Uuid,
        temporal_entity_id: Uuid,
    ) -> Result<Json<Vec<OutputType>>, Failure> {
        let instance = self.instance(&access, asset_instance_id, temporal_entity_id).await?;
        output_listings::types(&self.0, instance.into()).await
    }

    async fn list_instance_output_files_of_type(
        &self,
        access: Caller,
        asset_instance_id: Uuid,
        temporal_entity_id: Uuid,
        output_type_id: Uuid,
        query: ListInstanceOutputFilesOfTypeQuery,
    ) -> Result<Json<Vec<OutputFile>>, Failure> {
        let instance = self.instance(&access, asset_instance_id, temporal_entity_id).await?;
        output_listings::of_type(&self.0, instance.into(), output_type_id, query.representation).await
    }

    async fn set_project_file_tree(
        &self,
        access: ProjectManager,
        project_id: Uuid,
        body: FileTreeName,
    ) -> Result<Json<Project>, Failure> {
        trees::set(&self.0, &access, project_id, &body.tree_name).await
    }

    async fn guess_from_path(&self, access: Caller, body: PathToGuess) -> Result<Json<Vec<GuessedPath>>, Failure> {
        guess::guess(&self.0, &access, &body).await
    }

    async fn set_tree_legacy(&self, access: Caller, body: OldFileTreeName) -> Result<Json<Project>, Failure> {
        legacy::set_tree(&self.0, &access, body).await
    }

    async fn build_folder_legacy(&self, access: Caller, body: OldPathRequest) -> Result<Json<OldFolder>, Failure> {
        legacy::folder(&self.0, &access, body).await
    }

    async fn build_file_legacy(
        &self,
        access: Caller,
        body: OldPathRequest,
    ) -> Result<Json<WorkingFileLocation>, Failure> {
        legacy::file(&self.0, &access, body).await
    }

    async fn publish_legacy(&self, access: Caller, body: OldPublication) -> Result<Json<OldPublished>, Failure> {
        legacy::publish(&self.0, &access, body).await
    }
}
