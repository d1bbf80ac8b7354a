//! Sequences.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, EntityReader, ProjectManager, ProjectMember};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::query::parse_id;
use dailies_definitions::schemas::{Entity, EntityTask, NewSequence, SequenceDetails, SequenceWithTasks, TaskType};
use dailies_definitions::sequences::{
    DeleteSequenceQuery, ListEpisodeSequencesQuery, ListSequenceShotTasksQuery, ListSequenceTasksQuery,
    ListSequencesQuery, ListSequencesWithTasksQuery, Sequences,
};
use uuid::Uuid;

use crate::access::entities::Scope;
use crate::app::SharedApp;
use crate::entities::layouts::SEQUENCES;
use crate::entities::work_lists::{TaskSet, task_types_of};
use crate::entities::{groups, removal};
use crate::vocabulary::kinds::EntityKind;

/// Answers the operations of the tag *Sequences*.
pub struct SequencesHandlers(pub SharedApp);

#[async_trait]
impl Sequences for SequencesHandlers {
    async fn list_sequences(&self, access: Caller, query: ListSequencesQuery) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(groups::list_sequences(&self.0, &access, &query.all).await?.into())
    }

    async fn list_sequences_with_tasks(
        &self,
        access: Caller,
        query: ListSequencesWithTasksQuery,
    ) -> Result<Json<Vec<SequenceWithTasks>>, Failure> {
        let scope = Scope::named(&self.0, &access, query.project_id).await?;
        let listing = groups::list_with_tasks(&self.0, scope, &SEQUENCES, &query.all).await?;
        Ok(listing.into_document().await?.into())
    }

    async fn list_project_sequences(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(groups::list_of_project(&self.0, &access, EntityKind::Sequence)
            .await?
            .into())
    }

    async fn create_sequence(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: NewSequence,
    ) -> Result<Json<Entity>, Failure> {
        Ok(Json::written(groups::create_sequence(&self.0, &access, body).await?))
    }

    async fn list_episode_sequences(
        &self,
        access: Caller,
        episode_id: String,
        query: ListEpisodeSequencesQuery,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        let Some(episode_id) = parse_id(&episode_id) else {
            return groups::list_no_sequences(&query.all);
        };
        Ok(
            groups::list_sequences_of_episode(&self.0, &access, episode_id, &query.all)
                .await?
                .into(),
        )
    }

    async fn get_sequence(&self, access: EntityReader, sequence_id: Uuid) -> Result<Json<SequenceDetails>, Failure> {
        Ok(Json::written(
            groups::read_group(&self.0, &access, sequence_id, EntityKind::Sequence).await?,
        ))
    }

    async fn delete_sequence(
        &self,
        access: Caller,
        sequence_id: Uuid,
        query: DeleteSequenceQuery,
    ) -> Result<NoContent, Failure> {
        removal::delete(&self.0, &access, sequence_id, EntityKind::Sequence, query.force).await
    }

    async fn list_sequence_tasks(
        &self,
        access: EntityReader,
        sequence_id: Uuid,
        query: ListSequenceTasksQuery,
    ) -> Result<Json<Vec<EntityTask>>, Failure> {
        Ok(
            groups::list_tasks(&self.0, &access, sequence_id, EntityKind::Sequence, query.relations)
                .await?
                .into(),
        )
    }

    async fn list_sequence_shot_tasks(
        &self,
        access: EntityReader,
        sequence_id: Uuid,
        query: ListSequenceShotTasksQuery,
    ) -> Result<Json<Vec<EntityTask>>, Failure> {
        let of = TaskSet::Sequence(sequence_id);
        Ok(
            groups::list_inner_tasks(&self.0, &access, sequence_id, EntityKind::Sequence, of, query.relations)
                .await?
                .into(),
        )
    }

    async fn list_sequence_task_types(
        &self,
        access: EntityReader,
        sequence_id: Uuid,
    ) -> Result<Json<Vec<TaskType>>, Failure> {
        let of = TaskSet::Sequence(sequence_id);
        Ok(
            task_types_of(&self.0.database, &access, sequence_id, EntityKind::Sequence, of)
                .await?
                .into(),
        )
    }
}
