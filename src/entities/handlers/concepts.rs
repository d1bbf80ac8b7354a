//! Concepts.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, ProjectMember, ProjectSupervisor};
use dailies_definitions::concepts::{
    Concepts, DeleteConceptQuery, ListConceptTasksQuery, ListConceptsQuery, ListConceptsWithTasksQuery,
};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{
    Concept, ConceptCreate, ConceptDetails, ConceptFolderName, ConceptMove, ConceptWithTasks, Entity, EntityTask,
    ListedConcept, TaskType,
};
use uuid::Uuid;

use crate::app::SharedApp;
use crate::entities::with_tasks::ListingOptions;
use crate::entities::{concept_folders, concepts, removal};
use crate::vocabulary::kinds::EntityKind;

/// Answers the operations of the tag *Concepts*.
pub struct ConceptsHandlers(pub SharedApp);

#[async_trait]
impl Concepts for ConceptsHandlers {
    async fn list_concepts(
        &self,
        access: Caller,
        query: ListConceptsQuery,
    ) -> Result<Json<Vec<ListedConcept>>, Failure> {
        Ok(concepts::list(&self.0, &access, &query.all).await?.into())
    }

    async fn list_concepts_with_tasks(
        &self,
        access: Caller,
        query: ListConceptsWithTasksQuery,
    ) -> Result<Json<Vec<ConceptWithTasks>>, Failure> {
        let options = ListingOptions {
            project_id: query.project_id,
            id: query.id,
            assigned: query.assigned_to.is_some(),
            ..ListingOptions::default()
        };
        let listing = concepts::list_with_tasks(&self.0, &access, options).await?;
        Ok(listing.into_document().await?.into())
    }

    async fn list_project_concepts(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
    ) -> Result<Json<Vec<Concept>>, Failure> {
        Ok(concepts::list_of_project(&self.0, &access).await?.into())
    }

    async fn create_concept(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        body: ConceptCreate,
    ) -> Result<Json<Concept>, Failure> {
        Ok(Json::written(concepts::create(&self.0, &access, body).await?))
    }

    async fn get_concept(&self, access: Caller, concept_id: Uuid) -> Result<Json<ConceptDetails>, Failure> {
        Ok(Json::written(
            concepts::read_concept(&self.0, &access, concept_id).await?,
        ))
    }

    async fn delete_concept(
        &self,
        access: Caller,
        concept_id: Uuid,
        query: DeleteConceptQuery,
    ) -> Result<NoContent, Failure> {
        removal::delete(&self.0, &access, concept_id, EntityKind::Concept, query.force).await
    }

    async fn list_concept_tasks(
        &self,
        access: Caller,
        concept_id: Uuid,
        query: ListConceptTasksQuery,
    ) -> Result<Json<Vec<EntityTask>>, Failure> {
        Ok(concepts::list_tasks(&self.0, &access, concept_id, query.relations)
            .await?
            .into())
    }

    async fn list_concept_task_types(&self, access: Caller, concept_id: Uuid) -> Result<Json<Vec<TaskType>>, Failure> {
        Ok(concepts::list_task_types(&self.0, &access, concept_id).await?.into())
    }

    async fn list_concept_folders(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(concept_folders::list(&self.0, &access).await?.into())
    }

    async fn create_concept_folder(
        &self,
        access: ProjectSupervisor,
        _project_id: Uuid,
        body: ConceptFolderName,
    ) -> Result<Json<Entity>, Failure> {
        Ok(Json::written(
            concept_folders::create(&self.0, &access, body.name).await?,
        ))
    }

    async fn rename_concept_folder(
        &self,
        access: Caller,
        concept_folder_id: Uuid,
        body: ConceptFolderName,
    ) -> Result<Json<Entity>, Failure> {
        Ok(Json::written(
            concept_folders::rename(&self.0, &access, concept_folder_id, body.name).await?,
        ))
    }

    async fn delete_concept_folder(&self, access: Caller, concept_folder_id: Uuid) -> Result<NoContent, Failure> {
        concept_folders::delete(&self.0, &access, concept_folder_id).await
    }

    async fn move_concepts(
        &self,
        access: ProjectSupervisor,
        _project_id: Uuid,
        body: ConceptMove,
    ) -> Result<Json<Vec<Uuid>>, Failure> {
        Ok(Json::of(
            &concept_folders::move_concepts(&self.0, &access, &body.concept_ids, body.concept_folder_id).await?,
        )?)
    }
}
