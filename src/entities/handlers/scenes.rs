//! Scenes.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, EntityReader, ProjectManager, ProjectMember};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::scenes::{ListAllScenesQuery, ListScenesWithTasksQuery, Scenes};
use dailies_definitions::schemas::{
    Entity, EntityTask, ListedScene, ListedShot, NewScene, SceneDetails, SceneShot, SequenceWithTasks, TaskType,
};
use uuid::Uuid;

use crate::app::SharedApp;
use crate::entities::work_lists::{TaskSet, task_types_of, tasks_of};
use crate::entities::{groups, listings, removal, scenes};
use crate::vocabulary::kinds::EntityKind;

/// Answers the operations of the tag *Scenes*.
pub struct ScenesHandlers(pub SharedApp);

#[async_trait]
impl Scenes for ScenesHandlers {
    async fn list_all_scenes(
        &self,
        access: Caller,
        query: ListAllScenesQuery,
    ) -> Result<Json<Vec<ListedScene>>, Failure> {
        Ok(scenes::list(&self.0, &access, &query.all).await?.into())
    }

    async fn list_scenes_with_tasks(
        &self,
        access: Caller,
        query: ListScenesWithTasksQuery,
    ) -> Result<Json<Vec<SequenceWithTasks>>, Failure> {
        let listing = scenes::list_with_tasks(&self.0, &access, query.project_id, &query.all).await?;
        Ok(listing.into_document().await?.into())
    }

    async fn list_project_scenes(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(listings::of_project(&self.0, &access, EntityKind::Scene).await?.into())
    }

    async fn create_scene(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: NewScene,
    ) -> Result<Json<Entity>, Failure> {
        Ok(Json::written(scenes::create(&self.0, &access, body).await?))
    }

    async fn list_sequence_scenes(
        &self,
        access: EntityReader,
        sequence_id: Uuid,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(scenes::list_of_sequence(&self.0, &access, sequence_id).await?.into())
    }

    async fn get_scene(&self, access: EntityReader, scene_id: Uuid) -> Result<Json<SceneDetails>, Failure> {
        Ok(Json::written(
            groups::read_group(&self.0, &access, scene_id, EntityKind::Scene).await?,
        ))
    }

    async fn delete_scene(&self, access: Caller, scene_id: Uuid) -> Result<NoContent, Failure> {
        removal::delete(&self.0, &access, scene_id, EntityKind::Scene, false).await
    }

    async fn list_scene_tasks(&self, access: EntityReader, scene_id: Uuid) -> Result<Json<Vec<EntityTask>>, Failure> {
        Ok(tasks_of(&self.0.database, &access, scene_id, EntityKind::Scene, false)
            .await?
            .into())
    }

    async fn list_scene_task_types(
        &self,
        access: EntityReader,
        scene_id: Uuid,
    ) -> Result<Json<Vec<TaskType>>, Failure> {
        let of = TaskSet::Entity(scene_id);
        Ok(
            task_types_of(&self.0.database, &access, scene_id, EntityKind::Scene, of)
                .await?
                .into(),
        )
    }

    async fn list_scene_shots(&self, access: EntityReader, scene_id: Uuid) -> Result<Json<Vec<ListedShot>>, Failure> {
        Ok(scenes::list_shots(&self.0, &access, scene_id).await?.into())
    }

    async fn add_scene_shot(&self, access: Caller, scene_id: Uuid, body: SceneShot) -> Result<Json<Entity>, Failure> {
        Ok(Json::written(
            scenes::add_shot(&self.0, &access, scene_id, body.shot_id).await?,
        ))
    }

    async fn remove_scene_shot(&self, access: Caller, scene_id: Uuid, shot_id: Uuid) -> Result<NoContent, Failure> {
        scenes::remove_shot(&self.0, &access, scene_id, shot_id).await?;
        Ok(NoContent)
    }
}
