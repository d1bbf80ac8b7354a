//! Handlers of the tag *Sources*.

use async_trait::async_trait;
use dailies_definitions::access::Admin;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::rules::Collection;
use dailies_definitions::schemas::{
    AttachmentFile, AttachmentFileImport, BuildJob, BuildJobImport, Comment, CommentImport, DataImportError, Entity,
    EntityImport, EntityLink, EntityLinkImport, MetadataDescriptor, MetadataDescriptorImport, Milestone,
    MilestoneImport, News, NewsImport, Notification, NotificationImport, Person, Playlist, PlaylistImport, PreviewFile,
    PreviewFileImport, Project, ProjectImport, ScheduleItem, ScheduleItemImport, ShotgunAsset, ShotgunEpisode,
    ShotgunEvent, ShotgunNote, ShotgunNumber, ShotgunPerson, ShotgunProject, ShotgunProjectConnection, ShotgunRemoval,
    ShotgunScene, ShotgunSequence, ShotgunShot, ShotgunStatus, ShotgunStep, ShotgunTask, ShotgunVersion, Subscription,
    SubscriptionImport, Task, TaskImport, TaskStatus, TaskType, TimeSpent, TimeSpentImport,
};
use dailies_definitions::sources::{
    ImportKitsuAttachmentFilesQuery, ImportKitsuBuildJobsQuery, ImportKitsuCommentsQuery, ImportKitsuEntitiesQuery,
    ImportKitsuEntityLinksQuery, ImportKitsuMetadataDescriptorsQuery, ImportKitsuMilestonesQuery,
    ImportKitsuNewsItemsQuery, ImportKitsuNotificationsQuery, ImportKitsuPlaylistsQuery, ImportKitsuPreviewFilesQuery,
    ImportKitsuProjectsQuery, ImportKitsuScheduleItemsQuery, ImportKitsuSubscriptionsQuery, ImportKitsuTasksQuery,
    ImportKitsuTimeSpentsQuery, Sources,
};
use uuid::Uuid;

use super::kitsu::{self, ForeignRow, Source};
use super::shotgrid::{self, Record, RecordKind};
use crate::app::SharedApp;

/// Imports what other programs have into the database.
pub struct SourcesHandlers(pub SharedApp);

/// Words that say that nobody is told.
const YES_WORDS: [&str; 3] = ["1", "true", "yes"];

impl SourcesHandlers {
    /// Takes rows of another instance over.
    async fn rows<T>(
        &self,
        access: &Admin,
        source: Source,
        silent: Option<String>,
        rows: Vec<ForeignRow>,
    ) -> Result<Json<T>, Failure> {
        let silent = silent.is_some_and(|word| YES_WORDS.contains(&word.to_lowercase().as_str()));
        Ok(Json::written(
            kitsu::import(&self.0, Some(access.person.id), source, rows, silent).await?,
        ))
    }

    /// Imports records of ShotGrid.
    async fn records<T>(
        &self,
        access: &Admin,
        kind: &'static RecordKind,
        records: &[Record],
    ) -> Result<Json<T>, Failure> {
        Ok(Json::written(shotgrid::import(&self.0, access, kind, records).await?))
    }

    /// Removes what has a number in ShotGrid.
    async fn remove(&self, access: &Admin, kind: &RecordKind, number: i32) -> Result<Json<ShotgunRemoval>, Failure> {
        shotgrid::remove(&self.0, access, kind, number).await
    }
}

#[async_trait]
impl Sources for SourcesHandlers {
    async fn import_kitsu_attachment_files(
        &self,
        access: Admin,
        query: ImportKitsuAttachmentFilesQuery,
        body: Vec<AttachmentFileImport>,
    ) -> Result<Json<Vec<AttachmentFile>>, Failure> {
        self.rows(&access, Source::of(Collection::AttachmentFiles), query.silent, body)
            .await
    }

    async fn import_kitsu_build_jobs(
        &self,
        access: Admin,
        query: ImportKitsuBuildJobsQuery,
        body: Vec<BuildJobImport>,
    ) -> Result<Json<Vec<BuildJob>>, Failure> {
        self.rows(&access, Source::build_jobs(), query.silent, body).await
    }

    async fn import_kitsu_comments(
        &self,
        access: Admin,
        query: ImportKitsuCommentsQuery,
        body: Vec<CommentImport>,
    ) -> Result<Json<Vec<Comment>>, Failure> {
        self.rows(&access, Source::of(Collection::Comments), query.silent, body)
            .await
    }

    async fn import_kitsu_entities(
        &self,
        access: Admin,
        query: ImportKitsuEntitiesQuery,
        body: Vec<EntityImport>,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        self.rows(&access, Source::of(Collection::Entities), query.silent, body)
            .await
    }

    async fn import_kitsu_entity_links(
        &self,
        access: Admin,
        query: ImportKitsuEntityLinksQuery,
        body: Vec<EntityLinkImport>,
    ) -> Result<Json<Vec<EntityLink>>, Failure> {
        self.rows(&access, Source::of(Collection::EntityLinks), query.silent, body)
            .await
    }

    async fn import_kitsu_metadata_descriptors(
        &self,
        access: Admin,
        query: ImportKitsuMetadataDescriptorsQuery,
        body: Vec<MetadataDescriptorImport>,
    ) -> Result<Json<Vec<MetadataDescriptor>>, Failure> {
        self.rows(&access, Source::of(Collection::MetadataDescriptors), query.silent, body)
            .await
    }

    async fn import_kitsu_milestones(
        &self,
        access: Admin,
        query: ImportKitsuMilestonesQuery,
        body: Vec<MilestoneImport>,
    ) -> Result<Json<Vec<Milestone>>, Failure> {
        self.rows(&access, Source::of(Collection::Milestones), query.silent, body)
            .await
    }

    async fn import_kitsu_news_items(
        &self,
        access: Admin,
        query: ImportKitsuNewsItemsQuery,
        body: Vec<NewsImport>,
    ) -> Result<Json<Vec<News>>, Failure> {
        self.rows(&access, Source::of(Collection::News), query.silent, body)
            .await
    }

    async fn import_kitsu_notifications(
        &self,
        access: Admin,
        query: ImportKitsuNotificationsQuery,
        body: Vec<NotificationImport>,
    ) -> Result<Json<Vec<Notification>>, Failure> {
        self.rows(&access, Source::of(Collection::Notifications), query.silent, body)
            .await
    }

    async fn import_kitsu_playlists(
        &self,
        access: Admin,
        query: ImportKitsuPlaylistsQuery,
        body: Vec<PlaylistImport>,
    ) -> Result<Json<Vec<Playlist>>, Failure> {
        self.rows(&access, Source::of(Collection::Playlists), query.silent, body)
            .await
    }

    async fn import_kitsu_preview_files(
        &self,
        access: Admin,
        query: ImportKitsuPreviewFilesQuery,
        body: Vec<PreviewFileImport>,
    ) -> Result<Json<Vec<PreviewFile>>, Failure> {
        self.rows(&access, Source::of(Collection::PreviewFiles), query.silent, body)
            .await
    }

    async fn import_kitsu_projects(
        &self,
        access: Admin,
        query: ImportKitsuProjectsQuery,
        body: Vec<ProjectImport>,
    ) -> Result<Json<Vec<Project>>, Failure> {
        self.rows(&access, Source::of(Collection::Projects), query.silent, body)
            .await
    }

    async fn import_kitsu_schedule_items(
        &self,
        access: Admin,
        query: ImportKitsuScheduleItemsQuery,
        body: Vec<ScheduleItemImport>,
    ) -> Result<Json<Vec<ScheduleItem>>, Failure> {
        self.rows(&access, Source::of(Collection::ScheduleItems), query.silent, body)
            .await
    }

    async fn import_kitsu_subscriptions(
        &self,
        access: Admin,
        query: ImportKitsuSubscriptionsQuery,
        body: Vec<SubscriptionImport>,
    ) -> Result<Json<Vec<Subscription>>, Failure> {
        self.rows(&access, Source::of(Collection::Subscriptions), query.silent, body)
            .await
    }

    async fn import_kitsu_tasks(
        &self,
        access: Admin,
        query: ImportKitsuTasksQuery,
        body: Vec<TaskImport>,
    ) -> Result<Json<Vec<Task>>, Failure> {
        self.rows(&access, Source::of(Collection::Tasks), query.silent, body)
            .await
    }

    async fn import_kitsu_time_spents(
        &self,
        access: Admin,
        query: ImportKitsuTimeSpentsQuery,
        body: Vec<TimeSpentImport>,
    ) -> Result<Json<Vec<TimeSpent>>, Failure> {
        self.rows(&access, Source::of(Collection::TimeSpents), query.silent, body)
            .await
    }

    async fn import_shotgun_projects(
        &self,
        access: Admin,
        body: Vec<ShotgunProject>,
    ) -> Result<Json<Vec<Project>>, Failure> {
        self.records(&access, &shotgrid::PROJECTS, &body).await
    }

    async fn import_shotgun_persons(
        &self,
        access: Admin,
        body: Vec<ShotgunPerson>,
    ) -> Result<Json<Vec<Person>>, Failure> {
        self.records(&access, &shotgrid::PERSONS, &body).await
    }

    async fn import_shotgun_episodes(
        &self,
        access: Admin,
        body: Vec<ShotgunEpisode>,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        self.records(&access, &shotgrid::EPISODES, &body).await
    }

    async fn import_shotgun_sequences(
        &self,
        access: Admin,
        body: Vec<ShotgunSequence>,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        self.records(&access, &shotgrid::SEQUENCES, &body).await
    }

    async fn import_shotgun_scenes(
        &self,
        access: Admin,
        body: Vec<ShotgunScene>,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        self.records(&access, &shotgrid::SCENES, &body).await
    }

    async fn import_shotgun_shots(&self, access: Admin, body: Vec<ShotgunShot>) -> Result<Json<Vec<Entity>>, Failure> {
        self.records(&access, &shotgrid::SHOTS, &body).await
    }

    async fn import_shotgun_assets(
        &self,
        access: Admin,
        body: Vec<ShotgunAsset>,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        self.records(&access, &shotgrid::ASSETS, &body).await
    }

    async fn import_shotgun_steps(
        &self,
        access: Admin,
        body: Vec<ShotgunStep>,
    ) -> Result<Json<Vec<TaskType>>, Failure> {
        self.records(&access, &shotgrid::STEPS, &body).await
    }

    async fn import_shotgun_statuses(
        &self,
        access: Admin,
        body: Vec<ShotgunStatus>,
    ) -> Result<Json<Vec<TaskStatus>>, Failure> {
        self.records(&access, &shotgrid::STATUSES, &body).await
    }

    async fn import_shotgun_tasks(&self, access: Admin, body: Vec<ShotgunTask>) -> Result<Json<Vec<Task>>, Failure> {
        self.records(&access, &shotgrid::TASKS, &body).await
    }

    async fn import_shotgun_versions(
        &self,
        access: Admin,
        body: Vec<ShotgunVersion>,
    ) -> Result<Json<Vec<PreviewFile>>, Failure> {
        self.records(&access, &shotgrid::VERSIONS, &body).await
    }

    async fn import_shotgun_notes(&self, access: Admin, body: Vec<ShotgunNote>) -> Result<Json<Vec<Comment>>, Failure> {
        self.records(&access, &shotgrid::NOTES, &body).await
    }

    async fn import_shotgun_project_connections(
        &self,
        access: Admin,
        body: Vec<ShotgunProjectConnection>,
    ) -> Result<Json<Vec<Project>>, Failure> {
        Ok(Json::written(shotgrid::connect(&self.0, &access, &body).await?))
    }

    async fn remove_shotgun_project(
        &self,
        access: Admin,
        body: ShotgunNumber,
    ) -> Result<Json<ShotgunRemoval>, Failure> {
        self.remove(&access, &shotgrid::PROJECTS, body.id).await
    }

    async fn remove_shotgun_person(&self, access: Admin, body: ShotgunNumber) -> Result<Json<ShotgunRemoval>, Failure> {
        self.remove(&access, &shotgrid::PERSONS, body.id).await
    }

    async fn remove_shotgun_episode(
        &self,
        access: Admin,
        body: ShotgunNumber,
    ) -> Result<Json<ShotgunRemoval>, Failure> {
        self.remove(&access, &shotgrid::EPISODES, body.id).await
    }

    async fn remove_shotgun_sequence(
        &self,
        access: Admin,
        body: ShotgunNumber,
    ) -> Result<Json<ShotgunRemoval>, Failure> {
        self.remove(&access, &shotgrid::SEQUENCES, body.id).await
    }

    async fn remove_shotgun_scene(&self, access: Admin, body: ShotgunNumber) -> Result<Json<ShotgunRemoval>, Failure> {
        self.remove(&access, &shotgrid::SCENES, body.id).await
    }

    async fn remove_shotgun_shot(&self, access: Admin, body: ShotgunNumber) -> Result<Json<ShotgunRemoval>, Failure> {
        self.remove(&access, &shotgrid::SHOTS, body.id).await
    }

    async fn remove_shotgun_asset(&self, access: Admin, body: ShotgunNumber) -> Result<Json<ShotgunRemoval>, Failure> {
        self.remove(&access, &shotgrid::ASSETS, body.id).await
    }

    async fn remove_shotgun_step(&self, access: Admin, body: ShotgunNumber) -> Result<Json<ShotgunRemoval>, Failure> {
        self.remove(&access, &shotgrid::STEPS, body.id).await
    }

    async fn remove_shotgun_status(&self, access: Admin, body: ShotgunNumber) -> Result<Json<ShotgunRemoval>, Failure> {
        self.remove(&access, &shotgrid::STATUSES, body.id).await
    }

    async fn remove_shotgun_task(&self, access: Admin, body: ShotgunNumber) -> Result<Json<ShotgunRemoval>, Failure> {
        self.remove(&access, &shotgrid::TASKS, body.id).await
    }

    async fn remove_shotgun_version(
        &self,
        access: Admin,
        body: ShotgunNumber,
    ) -> Result<Json<ShotgunRemoval>, Failure> {
        self.remove(&access, &shotgrid::VERSIONS, body.id).await
    }

    async fn remove_shotgun_note(&self, access: Admin, body: ShotgunNumber) -> Result<Json<ShotgunRemoval>, Failure> {
        self.remove(&access, &shotgrid::NOTES, body.id).await
    }

    /// Connections are not kept by their numbers.
    async fn remove_shotgun_project_connection(
        &self,
        access: Admin,
        body: ShotgunNumber,
    ) -> Result<Json<ShotgunRemoval>, Failure> {
        shotgrid::disconnect(&self.0, &access, body.id).await
    }

    async fn list_shotgun_errors(&self, _access: Admin) -> Result<Json<Vec<DataImportError>>, Failure> {
        shotgrid::list_errors(&self.0.database).await
    }

    async fn create_shotgun_error(&self, access: Admin, body: ShotgunEvent) -> Result<Json<DataImportError>, Failure> {
        Ok(Json::written(shotgrid::keep_error(&self.0, &access, body).await?))
    }

    async fn get_shotgun_error(&self, _access: Admin, error_id: Uuid) -> Result<Json<DataImportError>, Failure> {
        Ok(Json::written(shotgrid::read_error(&self.0.database, error_id).await?))
    }

    async fn delete_shotgun_error(&self, access: Admin, error_id: Uuid) -> Result<NoContent, Failure> {
        shotgrid::forget_error(&self.0, &access, error_id).await?;
        Ok(NoContent)
    }
}
