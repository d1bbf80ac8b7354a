//! Edits.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, EntityReader, ProjectManager, ProjectMember};
use dailies_definitions::edits::{
    DeleteEditQuery, Edits, ListAllEditsQuery, ListEditTasksQuery, ListEditsQuery, ListEditsWithTasksQuery,
    ListEpisodeEditsQuery,
};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{EditVersion, EditWithTasks, Entity, EntityTask, ListedEdit, NewEdit, TaskType};
use uuid::Uuid;

use crate::app::SharedApp;
use crate::entities::cells::RowForm;
use crate::entities::with_tasks::ListingOptions;
use crate::entities::work_lists::{TaskSet, task_types_of, tasks_of};
use crate::entities::{edits, listings, removal, versions};
use crate::vocabulary::kinds::EntityKind;

/// Answers the operations of the tag *Edits*.
pub struct EditsHandlers(pub SharedApp);

#[async_trait]
impl Edits for EditsHandlers {
    async fn list_edits(&self, access: Caller, query: ListEditsQuery) -> Result<Json<Vec<ListedEdit>>, Failure> {
        Ok(edits::list(&self.0, &access, &query.all).await?.into())
    }

    async fn list_all_edits(&self, access: Caller, query: ListAllEditsQuery) -> Result<Json<Vec<ListedEdit>>, Failure> {
        Ok(edits::list(&self.0, &access, &query.all).await?.into())
    }

    async fn list_edits_with_tasks(
        &self,
        access: Caller,
        query: ListEditsWithTasksQuery,
    ) -> Result<Json<Vec<EditWithTasks>>, Failure> {
        let options = ListingOptions::read(&query.all, query.project_id, query.id, RowForm::Plain)?;
        let listing = edits::list_with_tasks(&self.0, &access, options).await?;
        Ok(listing.into_document().await?.into())
    }

    async fn list_project_edits(&self, access: ProjectMember, _project_id: Uuid) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(listings::of_project(&self.0, &access, EntityKind::Edit).await?.into())
    }

    async fn create_edit(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: NewEdit,
    ) -> Result<Json<Entity>, Failure> {
        Ok(Json::written(edits::create(&self.0, &access, body).await?))
    }

    async fn list_episode_edits(
        &self,
        access: EntityReader,
        episode_id: Uuid,
        query: ListEpisodeEditsQuery,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(edits::list_of_episode(&self.0, &access, episode_id, query.relations)
            .await?
            .into())
    }

    async fn get_edit(&self, access: EntityReader, edit_id: Uuid) -> Result<Json<EditWithTasks>, Failure> {
        Ok(Json::written(edits::read_edit(&self.0, &access, edit_id).await?))
    }

    async fn delete_edit(&self, access: Caller, edit_id: Uuid, query: DeleteEditQuery) -> Result<NoContent, Failure> {
        removal::delete(&self.0, &access, edit_id, EntityKind::Edit, query.force).await
    }

    async fn list_edit_tasks(
        &self,
        access: EntityReader,
        edit_id: Uuid,
        query: ListEditTasksQuery,
    ) -> Result<Json<Vec<EntityTask>>, Failure> {
        Ok(
            tasks_of(&self.0.database, &access, edit_id, EntityKind::Edit, query.relations)
                .await?
                .into(),
        )
    }

    async fn list_edit_task_types(&self, access: EntityReader, edit_id: Uuid) -> Result<Json<Vec<TaskType>>, Failure> {
        let of = TaskSet::Entity(edit_id);
        Ok(task_types_of(&self.0.database, &access, edit_id, EntityKind::Edit, of)
            .await?
            .into())
    }

    async fn list_edit_versions(&self, access: EntityReader, edit_id: Uuid) -> Result<Json<Vec<EditVersion>>, Failure> {
        Ok(Json::written(
            versions::list(&self.0, &access, edit_id, EntityKind::Edit).await?,
        ))
    }
}
