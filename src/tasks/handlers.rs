//! The operations of the tag *Tasks*.

use async_trait::async_trait;
use chrono::NaiveDate;
use dailies_definitions::access::{Admin, Caller, EntityReader, ProjectManager, ProjectMember, TaskActor, TaskReader};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{
    AssignationClearing, Assignee, Burndown, CreatedTask, Entity, EntityTaskTypes, FullTask, OpenTaskPage,
    PersonTaskDates, PreviewFile, PriorityChange, ReviewRequest, ShownEntity, SubscriptionRow, Task, TaskSelection,
    TaskTimeSpents, TaskToReview, TimeSpent, TimeSpentDuration, TodoTask,
};
use dailies_definitions::tasks::{
    CreateAssetTasksQuery, CreateConceptTasksQuery, CreateEditTasksQuery, CreateShotTasksQuery,
    CreateTasksOfEntityTypeQuery, GetOpenTaskBurndownQuery, ListOpenTasksQuery, ListPersonTaskDatesQuery,
    ListProjectNotificationsQuery, ListProjectPreviewFilesQuery, ListProjectTasksQuery, Tasks,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::selection::{Among, Selection};
use super::time_spent::{self, LoggedDay, Logging};
use super::{
    assignment, burndown, creation, dates, editing, full, listing, main_preview, open_tasks, removal, review, todo,
};
use crate::access::STAFF;
use crate::app::SharedApp;
use crate::notifications::listing::{self as copies, What};
use crate::vocabulary::kinds::EntityKind;

/// Serves the operations from the database.
pub struct TasksHandlers(pub SharedApp);

impl TasksHandlers {
    async fn create(
        &self,
        caller: &Caller,
        project_id: Uuid,
        task_type_id: Uuid,
        among: Among,
        selection: Selection,
    ) -> Result<Json<Vec<CreatedTask>>, Failure> {
        Ok(Json::written(
            creation::for_entities(&self.0, caller, project_id, task_type_id, &among, selection).await?,
        ))
    }
}

#[async_trait]
impl Tasks for TasksHandlers {
    async fn list_open_tasks(&self, access: Caller, query: ListOpenTasksQuery) -> Result<Json<OpenTaskPage>, Failure> {
        Ok(Json::written(
            open_tasks::page(&self.0, &access, &query.filter, query.page, query.limit).await?,
        ))
    }

    async fn get_open_task_burndown(
        &self,
        access: Caller,
        query: GetOpenTaskBurndownQuery,
    ) -> Result<Json<Burndown>, Failure> {
        burndown::burndown(&self.0, &access, &query.filter).await
    }

    async fn get_open_task_stats(&self, access: Caller) -> Result<Json<Map<String, Value>>, Failure> {
        let stats = open_tasks::stats(&self.0, &access).await?;
        Ok(Json::written(serde_json::to_vec(&stats)?))
    }

    async fn get_full_task(&self, access: TaskReader, task_id: Uuid) -> Result<Json<FullTask>, Failure> {
        Ok(Json::written(full::get(&self.0, &access, task_id).await?))
    }

    async fn list_task_previews(&self, access: TaskReader, task_id: Uuid) -> Result<Json<Vec<PreviewFile>>, Failure> {
        listing::previews(&self.0, &access, task_id).await
    }

    async fn list_project_tasks(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        query: ListProjectTasksQuery,
    ) -> Result<Json<Value>, Failure> {
        listing::of_project(&self.0, &access, &query).await
    }

    async fn list_person_tasks(&self, access: Caller, person_id: Uuid) -> Result<Json<Vec<TodoTask>>, Failure> {
        Ok(todo::of_person(&self.0, &access, person_id, false).await?.into())
    }

    async fn list_person_done_tasks(&self, access: Caller, person_id: Uuid) -> Result<Json<Vec<TodoTask>>, Failure> {
        Ok(todo::of_person(&self.0, &access, person_id, true).await?.into())
    }

    async fn list_person_related_tasks(
        &self,
        access: Caller,
        person_id: Uuid,
        task_type_id: Uuid,
    ) -> Result<Json<Vec<Task>>, Failure> {
        listing::beside(&self.0, &access, person_id, task_type_id).await
    }

    async fn list_person_task_dates(
        &self,
        access: Caller,
        query: ListPersonTaskDatesQuery,
    ) -> Result<Json<Vec<PersonTaskDates>>, Failure> {
        Ok(Json::of(
            &dates::of_persons(&self.0, &access, query.project_id.as_deref()).await?,
        )?)
    }

    async fn list_entity_tasks_of_type(
        &self,
        access: EntityReader,
        entity_id: Uuid,
        task_type_id: Uuid,
    ) -> Result<Json<Vec<Task>>, Failure> {
        listing::of_entity(&self.0, &access, entity_id, task_type_id).await
    }

    async fn create_entity_tasks(
        &self,
        access: EntityReader,
        entity_id: Uuid,
        body: EntityTaskTypes,
    ) -> Result<Json<Vec<CreatedTask>>, Failure> {
        let types = body.task_type_ids.unwrap_or_default();
        Ok(Json::written(
            creation::for_entity(&self.0, &access, entity_id, &types).await?,
        ))
    }

    async fn create_asset_tasks(
        &self,
        access: ProjectManager,
        project_id: Uuid,
        task_type_id: Uuid,
        query: CreateAssetTasksQuery,
        body: Value,
    ) -> Result<Json<Vec<CreatedTask>>, Failure> {
        let among = Among::Kind(EntityKind::Asset);
        let selection = Selection::read(&body, &query.all, query.filter)?;
        self.create(&access, project_id, task_type_id, among, selection).await
    }

    async fn create_shot_tasks(
        &self,
        access: ProjectManager,
        project_id: Uuid,
        task_type_id: Uuid,
        query: CreateShotTasksQuery,
        body: Value,
    ) -> Result<Json<Vec<CreatedTask>>, Failure> {
        let among = Among::Kind(EntityKind::Shot);
        let selection = Selection::read(&body, &query.all, query.filter)?;
        self.create(&access, project_id, task_type_id, among, selection).await
    }

    async fn create_edit_tasks(
        &self,
        access: ProjectManager,
        project_id: Uuid,
        task_type_id: Uuid,
        query: CreateEditTasksQuery,
        body: Value,
    ) -> Result<Json<Vec<CreatedTask>>, Failure> {
        let among = Among::Kind(EntityKind::Edit);
        let selection = Selection::read(&body, &query.all, query.filter)?;
        self.create(&access, project_id, task_type_id, among, selection).await
    }

    async fn create_concept_tasks(
        &self,
        access: ProjectMember,
        project_id: Uuid,
        task_type_id: Uuid,
        query: CreateConceptTasksQuery,
        body: Value,
    ) -> Result<Json<Vec<CreatedTask>>, Failure> {
        if !STAFF.contains(&access.role()) {
            return Err(Failure::forbidden());
        }
        let among = Among::Kind(EntityKind::Concept);
        let selection = Selection::read(&body, &query.all, query.filter)?;
        self.create(&access, project_id, task_type_id, among, selection).await
    }

    async fn create_tasks_of_entity_type(
        &self,
        access: ProjectManager,
        project_id: Uuid,
        task_type_id: Uuid,
        entity_type: String,
        query: CreateTasksOfEntityTypeQuery,
        body: Value,
    ) -> Result<Json<Vec<CreatedTask>>, Failure> {
        let among = Among::of_type(&self.0, &entity_type).await?;
        let selection = Selection::in_episode(&body, &query.all, query.episode_id)?;
        self.create(&access, project_id, task_type_id, among, selection).await
    }

    async fn delete_tasks_of_type(
        &self,
        access: Admin,
        project_id: Uuid,
        task_type_id: Uuid,
    ) -> Result<NoContent, Failure> {
        removal::of_type(&self.0, &access, project_id, task_type_id).await?;
        Ok(NoContent)
    }

    async fn delete_tasks(
        &self,
        access: ProjectManager,
        project_id: Uuid,
        body: Vec<Uuid>,
    ) -> Result<Json<Vec<Uuid>>, Failure> {
        removal::named(&self.0, &access, project_id, &body).await?;
        Ok(Json::of(&body)?)
    }

    async fn assign_task(&self, access: Caller, task_id: Uuid, body: Assignee) -> Result<Json<Task>, Failure> {
        Ok(Json::written(
            assignment::assign_one(&self.0, &access, task_id, &body.person_id).await?,
        ))
    }

    async fn assign_tasks_to_person(
        &self,
        access: Caller,
        person_id: Uuid,
        body: TaskSelection,
    ) -> Result<Json<Vec<Task>>, Failure> {
        Ok(Json::written(
            assignment::assign_many(&self.0, &access, person_id, &body.task_ids).await?,
        ))
    }

    async fn clear_assignations(&self, access: Caller, body: AssignationClearing) -> Result<Json<Vec<Uuid>>, Failure> {
        Ok(Json::of(
            &assignment::clear(&self.0, &access, &body.task_ids, body.person_id).await?,
        )?)
    }

    async fn set_task_priority(&self, access: Caller, body: PriorityChange) -> Result<Json<Vec<Task>>, Failure> {
        Ok(Json::written(
            editing::set_priority(&self.0, &access, &body.task_ids, body.priority).await?,
        ))
    }

    async fn set_main_preview_of_tasks(
        &self,
        access: Caller,
        body: TaskSelection,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(Json::written(
            main_preview::of_tasks(&self.0, &access, &body.task_ids).await?,
        ))
    }

    async fn set_main_preview_of_task(&self, access: TaskReader, task_id: Uuid) -> Result<Json<ShownEntity>, Failure> {
        Ok(Json::written(main_preview::of_task(&self.0, &access, task_id).await?))
    }

    async fn send_task_to_review(
        &self,
        access: TaskReader,
        task_id: Uuid,
        body: ReviewRequest,
    ) -> Result<Json<TaskToReview>, Failure> {
        Ok(Json::written(
            review::request_review(&self.0, &access, task_id, body).await?,
        ))
    }

    async fn start_task(&self, access: TaskActor, task_id: Uuid) -> Result<Json<Task>, Failure> {
        Ok(Json::written(editing::start(&self.0, &access, task_id).await?))
    }

    async fn list_task_time_spents(&self, access: TaskReader, task_id: Uuid) -> Result<Json<TaskTimeSpents>, Failure> {
        Ok(Json::written(
            time_spent::of_task(&self.0, &access, task_id, None).await?,
        ))
    }

    async fn list_task_time_spents_of_day(
        &self,
        access: TaskReader,
        task_id: Uuid,
        date: NaiveDate,
    ) -> Result<Json<TaskTimeSpents>, Failure> {
        Ok(Json::written(
            time_spent::of_task(&self.0, &access, task_id, Some(date)).await?,
        ))
    }

    async fn set_time_spent(
        &self,
        access: Caller,
        task_id: Uuid,
        date: NaiveDate,
        person_id: Uuid,
        body: TimeSpentDuration,
    ) -> Result<Json<TimeSpent>, Failure> {
        let place = LoggedDay {
            task_id,
            person_id,
            day: date,
        };
        Ok(Json::written(
            time_spent::log(&self.0, &access, place, body.duration, Logging::Set).await?,
        ))
    }

    async fn remove_time_spent(
        &self,
        access: Caller,
        task_id: Uuid,
        date: NaiveDate,
        person_id: Uuid,
    ) -> Result<Json<TimeSpent>, Failure> {
        let place = LoggedDay {
            task_id,
            person_id,
            day: date,
        };
        Ok(Json::written(time_spent::remove(&self.0, &access, place).await?))
    }

    async fn add_time_spent(
        &self,
        access: Caller,
        task_id: Uuid,
        date: NaiveDate,
        person_id: Uuid,
        body: TimeSpentDuration,
    ) -> Result<Json<TimeSpent>, Failure> {
        let place = LoggedDay {
            task_id,
            person_id,
            day: date,
        };
        Ok(Json::written(
            time_spent::log(&self.0, &access, place, body.duration, Logging::Add).await?,
        ))
    }

    async fn list_project_notifications(
        &self,
        _access: Admin,
        project_id: Uuid,
        query: ListProjectNotificationsQuery,
    ) -> Result<Json<Value>, Failure> {
        copies::of_project(&self.0, project_id, What::Notifications, query.page).await
    }

    async fn list_project_subscriptions(
        &self,
        _access: Admin,
        project_id: Uuid,
    ) -> Result<Json<Vec<SubscriptionRow>>, Failure> {
        copies::of_project(&self.0, project_id, What::Subscriptions, None).await
    }

    async fn list_project_preview_files(
        &self,
        _access: Admin,
        project_id: Uuid,
        query: ListProjectPreviewFilesQuery,
    ) -> Result<Json<Value>, Failure> {
        copies::of_project(&self.0, project_id, What::Previews, query.page).await
    }
}
