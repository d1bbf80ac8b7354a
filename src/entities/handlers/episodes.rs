//! Episodes.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, EntityReader, ProjectManager, ProjectMember};
use dailies_definitions::episodes::{
    DeleteEpisodeQuery, Episodes, ListEpisodeAssetTasksQuery, ListEpisodeEditTasksQuery, ListEpisodeShotTasksQuery,
    ListEpisodesQuery, ListEpisodesWithTasksQuery,
};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{
    Entity, EntityTask, EpisodeDetails, EpisodeRetakeStats, EpisodeStats, NewEpisode, SequenceWithTasks, TaskType,
};
use uuid::Uuid;

use crate::access::entities::Scope;
use crate::app::SharedApp;
use crate::entities::layouts::EPISODES;
use crate::entities::work_lists::{TaskSet, task_types_of};
use crate::entities::{episode_stats, groups, removal};
use crate::vocabulary::kinds::EntityKind;

/// Answers the operations of the tag *Episodes*.
pub struct EpisodesHandlers(pub SharedApp);

impl EpisodesHandlers {
    async fn inner_tasks(
        &self,
        access: &EntityReader,
        episode_id: Uuid,
        of: TaskSet,
        assignees: bool,
    ) -> Result<Json<Vec<EntityTask>>, Failure> {
        Ok(
            groups::list_inner_tasks(&self.0, access, episode_id, EntityKind::Episode, of, assignees)
                .await?
                .into(),
        )
    }
}

#[async_trait]
impl Episodes for EpisodesHandlers {
    async fn list_episodes(&self, access: Caller, query: ListEpisodesQuery) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(groups::list_episodes(&self.0, &access, &query.all).await?.into())
    }

    async fn list_episodes_with_tasks(
        &self,
        access: Caller,
        query: ListEpisodesWithTasksQuery,
    ) -> Result<Json<Vec<SequenceWithTasks>>, Failure> {
        let scope = Scope::named(&self.0, &access, query.project_id).await?;
        let listing = groups::list_with_tasks(&self.0, scope, &EPISODES, &query.all).await?;
        Ok(listing.into_document().await?.into())
    }

    async fn list_project_episodes(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(groups::list_of_project(&self.0, &access, EntityKind::Episode)
            .await?
            .into())
    }

    async fn get_episode_stats(&self, access: ProjectMember, _project_id: Uuid) -> Result<Json<EpisodeStats>, Failure> {
        Ok(Json::written(episode_stats::by_status(&self.0, &access).await?))
    }

    async fn get_episode_retake_stats(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
    ) -> Result<Json<EpisodeRetakeStats>, Failure> {
        Ok(Json::written(episode_stats::retakes(&self.0, &access).await?))
    }

    async fn create_episode(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: NewEpisode,
    ) -> Result<Json<Entity>, Failure> {
        Ok(Json::written(groups::create_episode(&self.0, &access, body).await?))
    }

    async fn get_episode(&self, access: EntityReader, episode_id: Uuid) -> Result<Json<EpisodeDetails>, Failure> {
        Ok(Json::written(
            groups::read_group(&self.0, &access, episode_id, EntityKind::Episode).await?,
        ))
    }

    async fn delete_episode(
        &self,
        access: Caller,
        episode_id: Uuid,
        query: DeleteEpisodeQuery,
    ) -> Result<NoContent, Failure> {
        removal::delete(&self.0, &access, episode_id, EntityKind::Episode, query.force).await
    }

    async fn list_episode_tasks(
        &self,
        access: EntityReader,
        episode_id: Uuid,
    ) -> Result<Json<Vec<EntityTask>>, Failure> {
        Ok(
            groups::list_tasks(&self.0, &access, episode_id, EntityKind::Episode, false)
                .await?
                .into(),
        )
    }

    async fn list_episode_shot_tasks(
        &self,
        access: EntityReader,
        episode_id: Uuid,
        query: ListEpisodeShotTasksQuery,
    ) -> Result<Json<Vec<EntityTask>>, Failure> {
        self.inner_tasks(&access, episode_id, TaskSet::Episode(episode_id), query.relations)
            .await
    }

    async fn list_episode_asset_tasks(
        &self,
        access: EntityReader,
        episode_id: Uuid,
        query: ListEpisodeAssetTasksQuery,
    ) -> Result<Json<Vec<EntityTask>>, Failure> {
        self.inner_tasks(&access, episode_id, TaskSet::EpisodeAssets(episode_id), query.relations)
            .await
    }

    async fn list_episode_edit_tasks(
        &self,
        access: EntityReader,
        episode_id: Uuid,
        query: ListEpisodeEditTasksQuery,
    ) -> Result<Json<Vec<EntityTask>>, Failure> {
        self.inner_tasks(&access, episode_id, TaskSet::EpisodeEdits(episode_id), query.relations)
            .await
    }

    async fn list_episode_task_types(
        &self,
        access: EntityReader,
        episode_id: Uuid,
    ) -> Result<Json<Vec<TaskType>>, Failure> {
        let of = TaskSet::Episode(episode_id);
        Ok(
            task_types_of(&self.0.database, &access, episode_id, EntityKind::Episode, of)
                .await?
                .into(),
        )
    }
}
