//! Handlers of the tag *User*.

use async_trait::async_trait;
use chrono::NaiveDate;
use dailies_definitions::access::{Caller, Human};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{
    AssetTypeRow, DesktopLoginAdd, Entity, NotificationReading, NotificationRow, OpenProject, SearchFilter,
    SearchFilterAdd, SearchFilterGroup, SearchFilterGroupAdd, SearchFilterGroupChange, SearchFilterGroups,
    SearchFilters, SubscriptionRow, Success, Task, TaskSelection, TaskTimeSpent, TaskType, TimeSpent,
    ToCheckFilterValues, TodoTask, UserContext, UserDayOff, UserDesktopLogin, UserNotification,
};
use dailies_definitions::user::{
    ListUserNotificationsQuery, ListUserOpenProjectsQuery, ListUserTasksToCheckQuery, ListUserTimeSpentsQuery, User,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{context, subscriptions};
use crate::app::SharedApp;
use crate::entities::own_work;
use crate::notifications::inbox;
use crate::people::{own_avatar, own_time};
use crate::productions::rows::{OpenStatus, open_project_rows};
use crate::saved_searches::{FILTERS, GROUPS, filters, groups};
use crate::tasks::own_todo;
use crate::tasks::to_check::{self, ToCheck};
use crate::vocabulary::kinds::EntityKind;

/// Serves what belongs to the caller from the database.
pub struct UserHandlers(pub SharedApp);

#[async_trait]
impl User for UserHandlers {
    async fn get_user_context(&self, access: Human) -> Result<Json<UserContext>, Failure> {
        context::context(&self.0, &access).await
    }

    async fn list_user_open_projects(
        &self,
        access: Human,
        query: ListUserOpenProjectsQuery,
    ) -> Result<Json<Vec<OpenProject>>, Failure> {
        Ok(Json::written(
            open_project_rows(&self.0, &access, OpenStatus::Named, query.name.as_deref()).await?,
        ))
    }

    async fn list_user_tasks(&self, access: Human) -> Result<Json<Vec<TodoTask>>, Failure> {
        own_todo::open(&self.0, &access).await
    }

    async fn list_user_done_tasks(&self, access: Human) -> Result<Json<Vec<TodoTask>>, Failure> {
        own_todo::done(&self.0, &access).await
    }

    async fn list_user_tasks_to_check(
        &self,
        access: Human,
        query: ListUserTasksToCheckQuery,
    ) -> Result<Json<Value>, Failure> {
        let wanted = ToCheck {
            project_id: query.project_id,
            task_type_id: query.task_type_id,
            task_status_id: query.task_status_id,
            episode_id: query.episode_id,
            person_id: query.person_id,
            due_since: query.due_date_since,
            due_until: query.due_date_until,
            order_by: query.order_by,
        };
        match query.page {
            Some(page) => to_check::page(&self.0, &access, &wanted, page, query.limit).await,
            None => to_check::list(&self.0, &access, &wanted).await,
        }
    }

    async fn get_tasks_to_check_filter_values(&self, access: Human) -> Result<Json<ToCheckFilterValues>, Failure> {
        to_check::filter_values(&self.0, &access).await
    }

    async fn list_user_asset_tasks(&self, access: Human, asset_id: Uuid) -> Result<Json<Vec<Task>>, Failure> {
        own_work::tasks(&self.0.database, &access, EntityKind::Asset, asset_id).await
    }

    async fn list_user_asset_task_types(&self, access: Human, asset_id: Uuid) -> Result<Json<Vec<TaskType>>, Failure> {
        own_work::task_types(&self.0.database, &access, EntityKind::Asset, asset_id).await
    }

    async fn list_user_shot_tasks(&self, access: Human, shot_id: Uuid) -> Result<Json<Vec<Task>>, Failure> {
        own_work::tasks(&self.0.database, &access, EntityKind::Shot, shot_id).await
    }

    async fn list_user_shot_task_types(&self, access: Human, shot_id: Uuid) -> Result<Json<Vec<TaskType>>, Failure> {
        own_work::task_types(&self.0.database, &access, EntityKind::Shot, shot_id).await
    }

    async fn list_user_scene_tasks(&self, access: Human, scene_id: Uuid) -> Result<Json<Vec<Task>>, Failure> {
        own_work::tasks(&self.0.database, &access, EntityKind::Scene, scene_id).await
    }

    async fn list_user_scene_task_types(&self, access: Human, scene_id: Uuid) -> Result<Json<Vec<TaskType>>, Failure> {
        own_work::task_types(&self.0.database, &access, EntityKind::Scene, scene_id).await
    }

    async fn list_user_sequence_tasks(&self, access: Human, sequence_id: Uuid) -> Result<Json<Vec<Task>>, Failure> {
        own_work::tasks(&self.0.database, &access, EntityKind::Sequence, sequence_id).await
    }

    async fn list_user_sequence_task_types(
        &self,
        access: Human,
        sequence_id: Uuid,
    ) -> Result<Json<Vec<TaskType>>, Failure> {
        own_work::task_types(&self.0.database, &access, EntityKind::Sequence, sequence_id).await
    }

    async fn list_user_asset_types(&self, access: Human, project_id: Uuid) -> Result<Json<Vec<AssetTypeRow>>, Failure> {
        own_work::asset_types(&self.0.database, &access, project_id).await
    }

    async fn list_user_assets(
        &self,
        access: Human,
        project_id: Uuid,
        asset_type_id: Uuid,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        own_work::assets(&self.0.database, &access, project_id, asset_type_id).await
    }

    async fn list_user_sequences(&self, access: Human, project_id: Uuid) -> Result<Json<Vec<Entity>>, Failure> {
        own_work::sequences(&self.0.database, &access, project_id).await
    }

    async fn list_user_episodes(&self, access: Human, project_id: Uuid) -> Result<Json<Vec<Entity>>, Failure> {
        own_work::episodes(&self.0.database, &access, project_id).await
    }

    async fn list_user_shots(&self, access: Human, sequence_id: Uuid) -> Result<Json<Vec<Entity>>, Failure> {
        own_work::within_sequence(&self.0.database, &access, EntityKind::Shot, sequence_id).await
    }

    async fn list_user_scenes(&self, access: Human, sequence_id: Uuid) -> Result<Json<Vec<Entity>>, Failure> {
        own_work::within_sequence(&self.0.database, &access, EntityKind::Scene, sequence_id).await
    }

    async fn list_user_time_spents(
        &self,
        access: Human,
        query: ListUserTimeSpentsQuery,
    ) -> Result<Json<Vec<TaskTimeSpent>>, Failure> {
        own_time::spent_between(&self.0.database, access.person.id, query.start_date, query.end_date).await
    }

    async fn list_user_time_spents_of_day(
        &self,
        access: Human,
        date: NaiveDate,
    ) -> Result<Json<Vec<TaskTimeSpent>>, Failure> {
        own_time::spent_between(&self.0.database, access.person.id, Some(date), Some(date)).await
    }

    async fn get_user_time_spent(
        &self,
        access: Human,
        task_id: Uuid,
        date: NaiveDate,
    ) -> Result<Json<TimeSpent>, Failure> {
        own_time::spent_on_task(&self.0.database, access.person.id, task_id, date).await
    }

    async fn get_user_day_off(&self, access: Human, date: NaiveDate) -> Result<Json<UserDayOff>, Failure> {
        own_time::day_off(&self.0.database, access.person.id, date).await
    }

    async fn list_user_desktop_logins(&self, access: Human) -> Result<Json<Vec<UserDesktopLogin>>, Failure> {
        own_time::desktop_logins(&self.0.database, access.person.id).await
    }

    async fn add_user_desktop_login(
        &self,
        access: Human,
        body: DesktopLoginAdd,
    ) -> Result<Json<UserDesktopLogin>, Failure> {
        own_time::add_desktop_login(&self.0, &access, body.date).await
    }

    async fn list_user_filters(&self, access: Human) -> Result<Json<SearchFilters>, Failure> {
        Ok(Json::written(FILTERS.read(&self.0.database, &access).await?))
    }

    async fn create_user_filter(&self, access: Human, body: SearchFilterAdd) -> Result<Json<SearchFilter>, Failure> {
        filters::create(&self.0, &access, body).await
    }

    async fn update_user_filter(
        &self,
        access: Human,
        filter_id: Uuid,
        body: Map<String, Value>,
    ) -> Result<Json<SearchFilter>, Failure> {
        filters::update(&self.0, &access, filter_id, &body).await
    }

    async fn delete_user_filter(&self, access: Human, filter_id: Uuid) -> Result<NoContent, Failure> {
        filters::delete(&self.0, &access, filter_id).await
    }

    async fn list_user_filter_groups(&self, access: Human) -> Result<Json<SearchFilterGroups>, Failure> {
        Ok(Json::written(GROUPS.read(&self.0.database, &access).await?))
    }

    async fn create_user_filter_group(
        &self,
        access: Human,
        body: SearchFilterGroupAdd,
    ) -> Result<Json<SearchFilterGroup>, Failure> {
        groups::create(&self.0, &access, body).await
    }

    async fn get_user_filter_group(
        &self,
        access: Human,
        filter_group_id: Uuid,
    ) -> Result<Json<SearchFilterGroup>, Failure> {
        groups::get(&self.0.database, &access, filter_group_id).await
    }

    async fn update_user_filter_group(
        &self,
        access: Human,
        filter_group_id: Uuid,
        body: SearchFilterGroupChange,
    ) -> Result<Json<SearchFilterGroup>, Failure> {
        groups::update(&self.0, &access, filter_group_id, body).await
    }

    async fn delete_user_filter_group(&self, access: Human, filter_group_id: Uuid) -> Result<NoContent, Failure> {
        groups::delete(&self.0, &access, filter_group_id).await
    }

    async fn list_user_notifications(
        &self,
        access: Human,
        query: ListUserNotificationsQuery,
    ) -> Result<Json<Vec<UserNotification>>, Failure> {
        inbox::list(&self.0.database, &access, &query).await
    }

    async fn get_user_notification(
        &self,
        access: Human,
        notification_id: Uuid,
    ) -> Result<Json<UserNotification>, Failure> {
        inbox::get(&self.0.database, &access, notification_id).await
    }

    async fn mark_user_notification(
        &self,
        access: Human,
        notification_id: Uuid,
        body: NotificationReading,
    ) -> Result<Json<NotificationRow>, Failure> {
        inbox::mark(&self.0, &access, notification_id, body.read).await
    }

    async fn mark_user_notifications_as_read(&self, access: Human) -> Result<Json<Success>, Failure> {
        inbox::mark_all(&self.0, &access).await
    }

    async fn is_task_followed(&self, access: Human, task_id: Uuid) -> Result<Json<bool>, Failure> {
        subscriptions::follows_task(&self.0.database, &access, task_id).await
    }

    async fn follow_task(&self, access: Caller, task_id: Uuid) -> Result<Json<SubscriptionRow>, Failure> {
        subscriptions::follow_task(&self.0, &access, task_id).await
    }

    async fn unfollow_task(&self, access: Human, task_id: Uuid) -> Result<NoContent, Failure> {
        subscriptions::unfollow_tasks(&self.0, &access, &[task_id]).await
    }

    async fn follow_tasks(&self, access: Caller, body: TaskSelection) -> Result<Json<Vec<SubscriptionRow>>, Failure> {
        subscriptions::follow_tasks(&self.0, &access, &body.task_ids).await
    }

    async fn unfollow_tasks(&self, access: Human, body: TaskSelection) -> Result<Json<Vec<Uuid>>, Failure> {
        subscriptions::unfollow_tasks(&self.0, &access, &body.task_ids).await?;
        Ok(Json::of(&body.task_ids)?)
    }

    async fn is_sequence_followed(
        &self,
        access: Human,
        sequence_id: Uuid,
        task_type_id: Uuid,
    ) -> Result<Json<bool>, Failure> {
        subscriptions::follows_sequence(&self.0.database, &access, sequence_id, task_type_id).await
    }

    async fn list_followed_sequences(
        &self,
        access: Human,
        project_id: Uuid,
        task_type_id: Uuid,
    ) -> Result<Json<Vec<Uuid>>, Failure> {
        subscriptions::followed_sequences(&self.0.database, &access, project_id, task_type_id).await
    }

    async fn follow_sequence(
        &self,
        access: Caller,
        sequence_id: Uuid,
        task_type_id: Uuid,
    ) -> Result<Json<SubscriptionRow>, Failure> {
        subscriptions::follow_sequence(&self.0, &access, sequence_id, task_type_id).await
    }

    async fn unfollow_sequence(
        &self,
        access: Human,
        sequence_id: Uuid,
        task_type_id: Uuid,
    ) -> Result<NoContent, Failure> {
        subscriptions::unfollow_sequence(&self.0, &access, sequence_id, task_type_id).await
    }

    async fn clear_user_avatar(&self, access: Human) -> Result<NoContent, Failure> {
        own_avatar::clear(&self.0, &access).await
    }
}
