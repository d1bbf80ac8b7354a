//! Shots.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, EntityReader, ProjectManager, ProjectMember};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media, NoContent};
use dailies_definitions::schemas::{
    Entity, EntityTask, ListedShot, NewShot, ShotDetails, ShotLength, ShotVersion, TaskType,
};
use dailies_definitions::shots::{
    DeleteShotQuery, ListAllShotsQuery, ListEpisodeShotsQuery, ListSequenceShotsQuery, ListShotTasksQuery,
    ListShotsQuery, ListShotsWithTasksQuery, SetShotLengthsQuery, Shots,
};
use serde_json::Value;
use uuid::Uuid;

use super::{answer, form};
use crate::app::SharedApp;
use crate::entities::with_tasks::ListingOptions;
use crate::entities::work_lists::{TaskSet, task_types_of, tasks_of};
use crate::entities::{assets, listings, removal, shot_lengths, shots, versions};
use crate::vocabulary::kinds::EntityKind;

/// Answers the operations of the tag *Shots*.
pub struct ShotsHandlers(pub SharedApp);

#[async_trait]
impl Shots for ShotsHandlers {
    async fn list_shots(&self, access: Caller, query: ListShotsQuery) -> Result<Json<Vec<ListedShot>>, Failure> {
        Ok(shots::list(&self.0, &access, &query.all).await?.into())
    }

    async fn list_all_shots(&self, access: Caller, query: ListAllShotsQuery) -> Result<Json<Vec<ListedShot>>, Failure> {
        Ok(shots::list(&self.0, &access, &query.all).await?.into())
    }

    async fn list_shots_with_tasks(&self, access: Caller, query: ListShotsWithTasksQuery) -> Result<Media, Failure> {
        let options = ListingOptions::read(&query.all, query.project_id, query.id, form(&query.all))?;
        let listing = shots::list_with_tasks(&self.0, &access, options).await?;
        answer(listing, &query.all).await
    }

    async fn list_project_shots(&self, access: ProjectMember, _project_id: Uuid) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(listings::of_project(&self.0, &access, EntityKind::Shot).await?.into())
    }

    async fn create_shot(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: NewShot,
    ) -> Result<Json<Entity>, Failure> {
        Ok(Json::written(shots::create(&self.0, &access, body).await?))
    }

    async fn list_sequence_shots(
        &self,
        access: Caller,
        sequence_id: Uuid,
        query: ListSequenceShotsQuery,
    ) -> Result<Json<Vec<ListedShot>>, Failure> {
        Ok(shots::list_of_sequence(&self.0, &access, sequence_id, &query.all)
            .await?
            .into())
    }

    async fn list_episode_shots(
        &self,
        access: EntityReader,
        episode_id: Uuid,
        query: ListEpisodeShotsQuery,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(shots::list_of_episode(&self.0, &access, episode_id, query.relations)
            .await?
            .into())
    }

    async fn get_shot(&self, access: EntityReader, shot_id: Uuid) -> Result<Json<ShotDetails>, Failure> {
        Ok(Json::written(shots::read_shot(&self.0, &access, shot_id).await?))
    }

    async fn update_shot(&self, access: Caller, shot_id: Uuid, body: Value) -> Result<Json<Entity>, Failure> {
        Ok(Json::written(shots::update(&self.0, &access, shot_id, &body).await?))
    }

    async fn delete_shot(&self, access: Caller, shot_id: Uuid, query: DeleteShotQuery) -> Result<NoContent, Failure> {
        removal::delete(&self.0, &access, shot_id, EntityKind::Shot, query.force).await
    }

    async fn list_shot_tasks(
        &self,
        access: EntityReader,
        shot_id: Uuid,
        query: ListShotTasksQuery,
    ) -> Result<Json<Vec<EntityTask>>, Failure> {
        Ok(
            tasks_of(&self.0.database, &access, shot_id, EntityKind::Shot, query.relations)
                .await?
                .into(),
        )
    }

    async fn list_shot_task_types(&self, access: EntityReader, shot_id: Uuid) -> Result<Json<Vec<TaskType>>, Failure> {
        let of = TaskSet::Entity(shot_id);
        Ok(task_types_of(&self.0.database, &access, shot_id, EntityKind::Shot, of)
            .await?
            .into())
    }

    async fn list_shot_assets(&self, access: EntityReader, shot_id: Uuid) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(assets::list_cast(&self.0, &access, shot_id, EntityKind::Shot)
            .await?
            .into())
    }

    async fn list_shot_versions(&self, access: EntityReader, shot_id: Uuid) -> Result<Json<Vec<ShotVersion>>, Failure> {
        Ok(Json::written(
            versions::list(&self.0, &access, shot_id, EntityKind::Shot).await?,
        ))
    }

    async fn set_shot_lengths(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        task_type_id: Uuid,
        query: SetShotLengthsQuery,
    ) -> Result<Json<Vec<ShotLength>>, Failure> {
        Ok(Json::of(
            &shot_lengths::set(&self.0, &access, task_type_id, query.episode_id).await?,
        )?)
    }
}
