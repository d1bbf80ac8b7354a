//! The operations of the tag *Comments*.

use async_trait::async_trait;
use dailies_definitions::access::{Admin, Caller, ProjectManager, ProjectMember, TaskActor, TaskReader};
use dailies_definitions::comments::{Comments, ListNewsQuery, ListProjectCommentsQuery, ListProjectNewsQuery};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media, NoContent};
use dailies_definitions::schemas::{
    AttachmentFile, BatchedComment, ClientCommentsToCopy, Comment, CommentAttachment, CommentTarget, CreatedComment,
    CreatedReply, ListedComment, ManyCommentsEntry, NewsEntry, NewsFeedPage,
};
use dailies_definitions::submission::Submission;
use serde_json::Value;
use uuid::Uuid;

use super::files::{self, FilesOwner};
use super::{attachments, editing, listing, moving, reading, replies, reposting, writing};
use crate::app::SharedApp;
use crate::notifications::feed;

/// Serves the operations from the database and the file store.
pub struct CommentsHandlers(pub SharedApp);

#[async_trait]
impl Comments for CommentsHandlers {
    async fn comment_task(
        &self,
        access: Caller,
        task_id: Uuid,
        body: Submission,
    ) -> Result<Json<CreatedComment>, Failure> {
        Ok(Json::written(writing::write(&self.0, &access, task_id, body).await?))
    }

    async fn copy_client_comments(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: ClientCommentsToCopy,
    ) -> Result<Json<Vec<CreatedComment>>, Failure> {
        Ok(Json::written(reposting::repost(&self.0, &access, &body).await?))
    }

    async fn comment_tasks(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        body: Vec<ManyCommentsEntry>,
    ) -> Result<Json<Vec<CreatedComment>>, Failure> {
        Ok(Json::written(writing::write_many(&self.0, &access, body).await?))
    }

    async fn batch_comment_task(
        &self,
        access: TaskActor,
        task_id: Uuid,
        body: Submission,
    ) -> Result<Json<Vec<BatchedComment>>, Failure> {
        Ok(Json::written(
            writing::write_batch(&self.0, &access, Some(task_id), body).await?,
        ))
    }

    async fn batch_comment(&self, access: Caller, body: Submission) -> Result<Json<Vec<BatchedComment>>, Failure> {
        Ok(Json::written(writing::write_batch(&self.0, &access, None, body).await?))
    }

    async fn list_task_comments(&self, access: TaskReader, task_id: Uuid) -> Result<Json<Vec<ListedComment>>, Failure> {
        Ok(Json::written(listing::of_task(&self.0, &access, task_id).await?))
    }

    async fn get_task_comment(
        &self,
        access: TaskReader,
        task_id: Uuid,
        comment_id: Uuid,
    ) -> Result<Json<Comment>, Failure> {
        Ok(Json::written(
            reading::of_task(&self.0, &access, task_id, comment_id).await?,
        ))
    }

    async fn delete_task_comment(&self, access: Caller, task_id: Uuid, comment_id: Uuid) -> Result<NoContent, Failure> {
        editing::delete(&self.0, &access, task_id, comment_id).await?;
        Ok(NoContent)
    }

    async fn move_comment(
        &self,
        access: Caller,
        task_id: Uuid,
        comment_id: Uuid,
        body: CommentTarget,
    ) -> Result<Json<Comment>, Failure> {
        Ok(Json::written(
            moving::move_comment(&self.0, &access, task_id, comment_id, body.target_task_id).await?,
        ))
    }

    async fn acknowledge_comment(
        &self,
        access: TaskReader,
        task_id: Uuid,
        comment_id: Uuid,
    ) -> Result<Json<Comment>, Failure> {
        Ok(Json::written(
            reading::acknowledge(&self.0, &access, task_id, comment_id).await?,
        ))
    }

    async fn reply_to_comment(
        &self,
        access: Caller,
        task_id: Uuid,
        comment_id: Uuid,
        body: Submission,
    ) -> Result<Json<CreatedReply>, Failure> {
        Ok(Json::written(
            replies::reply(&self.0, &access, task_id, comment_id, body).await?,
        ))
    }

    async fn delete_reply(
        &self,
        access: Caller,
        task_id: Uuid,
        comment_id: Uuid,
        reply_id: Uuid,
    ) -> Result<Json<Comment>, Failure> {
        Ok(Json::written(
            replies::delete(&self.0, &access, task_id, comment_id, reply_id).await?,
        ))
    }

    async fn add_comment_attachment(
        &self,
        access: Caller,
        task_id: Uuid,
        comment_id: Uuid,
        body: Submission,
    ) -> Result<Json<Vec<CommentAttachment>>, Failure> {
        Ok(Json::written(
            attachments::add(&self.0, &access, task_id, comment_id, body).await?,
        ))
    }

    async fn delete_comment_attachment(
        &self,
        access: Caller,
        task_id: Uuid,
        comment_id: Uuid,
        attachment_file_id: Uuid,
    ) -> Result<NoContent, Failure> {
        attachments::remove(&self.0, &access, task_id, comment_id, attachment_file_id).await?;
        Ok(NoContent)
    }

    async fn download_attachment_file(
        &self,
        access: Caller,
        attachment_file_id: Uuid,
        _file_name: String,
    ) -> Result<Media, Failure> {
        files::download(&self.0, &access, attachment_file_id).await
    }

    async fn list_task_attachment_files(
        &self,
        _access: Admin,
        task_id: Uuid,
    ) -> Result<Json<Vec<AttachmentFile>>, Failure> {
        Ok(Json::written(files::list(&self.0, FilesOwner::Task(task_id)).await?))
    }

    async fn list_project_attachment_files(
        &self,
        _access: Admin,
        project_id: Uuid,
    ) -> Result<Json<Vec<AttachmentFile>>, Failure> {
        Ok(Json::written(
            files::list(&self.0, FilesOwner::Project(project_id)).await?,
        ))
    }

    async fn list_project_comments(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        query: ListProjectCommentsQuery,
    ) -> Result<Json<Value>, Failure> {
        listing::of_project(&self.0, &access, query.page, query.limit).await
    }

    async fn list_project_news(
        &self,
        access: ProjectMember,
        project_id: Uuid,
        query: ListProjectNewsQuery,
    ) -> Result<Json<NewsFeedPage>, Failure> {
        let filter = feed::filter(query.filter, &query.all);
        Ok(Json::written(
            feed::of_project(&self.0, &access, project_id, &filter).await?,
        ))
    }

    async fn list_news(&self, access: Caller, query: ListNewsQuery) -> Result<Json<NewsFeedPage>, Failure> {
        let filter = feed::filter(query.filter, &query.all);
        Ok(Json::written(
            feed::of_open_projects(&self.0, &access, query.project_id, &filter).await?,
        ))
    }

    async fn get_news_entry(
        &self,
        access: ProjectMember,
        project_id: Uuid,
        news_id: Uuid,
    ) -> Result<Json<NewsEntry>, Failure> {
        Ok(Json::written(feed::entry(&self.0, &access, project_id, news_id).await?))
    }
}
