//! The operations of the tag *Previews*.

use async_trait::async_trait;
use dailies_definitions::access::{Admin, Caller, EntityReader, ProjectManager, SelfOrAdmin, TaskActor};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media, NoContent};
use dailies_definitions::previews::{
    ExtractAnnotatedFrameQuery, ExtractPreviewFrameQuery, ListRunningPreviewsQuery, Previews,
    RemovePreviewFromCommentQuery, UploadPreviewFileQuery,
};
use dailies_definitions::schemas::{
    AnnotationChanges, AvatarPath, MainPreview, PreviewAdd, PreviewBackgroundFile, PreviewFile, PreviewPosition,
    PreviewSummary, PreviewsByTaskType, RunningPreview, ShownEntity,
};
use dailies_definitions::submission::Submission;
use poem::http::StatusCode;
use uuid::Uuid;

use super::add::{Placement, add_preview, revision_of};
use super::avatars::{self, Owner};
use super::upload::{UploadOptions, UploadTiming};
use super::{
    annotate, annotated, attachments, backgrounds, download, extraction, frames, keys, listings, missing_tiles,
    positions, removal, rows, upload,
};
use crate::access::ALL_BUT_CLIENTS;
use crate::app::SharedApp;
use crate::events::Work;

/// Serves previews.
pub struct PreviewsHandlers(pub SharedApp);

impl PreviewsHandlers {
    async fn add(&self, access: &TaskActor, place: Placement) -> Result<Json<PreviewFile>, Failure> {
        let mut work = Work::begin(&self.0, access).await?;
        let id = add_preview(&mut work, access.person.id, place).await?;
        let text = rows::record_with_comments(&*work, id).await?;
        work.finish().await?;
        Ok(Json::written(text))
    }
}

#[async_trait]
impl Previews for PreviewsHandlers {
    async fn add_preview_to_comment(
        &self,
        access: TaskActor,
        task_id: Uuid,
        comment_id: Uuid,
        body: PreviewAdd,
    ) -> Result<Json<PreviewFile>, Failure> {
        self.add(
            &access,
            Placement {
                task_id,
                comment_id,
                revision: body.revision,
            },
        )
        .await
    }

    async fn add_preview_beside_another(
        &self,
        access: TaskActor,
        task_id: Uuid,
        comment_id: Uuid,
        preview_file_id: Uuid,
    ) -> Result<Json<PreviewFile>, Failure> {
        let revision = revision_of(&self.0.database, preview_file_id, task_id).await?;
        self.add(
            &access,
            Placement {
                task_id,
                comment_id,
                revision: Some(revision),
            },
        )
        .await
    }

    async fn remove_preview_from_comment(
        &self,
        access: TaskActor,
        task_id: Uuid,
        comment_id: Uuid,
        preview_file_id: Uuid,
        query: RemovePreviewFromCommentQuery,
    ) -> Result<NoContent, Failure> {
        removal::remove_from_comment(
            &self.0,
            &access,
            removal::PreviewPlace {
                task_id,
                comment_id,
                preview_file_id,
            },
            query.force,
        )
        .await?;
        Ok(NoContent)
    }

    async fn upload_preview_file(
        &self,
        access: Caller,
        instance_id: Uuid,
        query: UploadPreviewFileQuery,
        body: Submission,
    ) -> Result<Json<PreviewFile>, Failure> {
        let timing = if query.normalize && !query.no_job {
            UploadTiming::Afterwards
        } else {
            UploadTiming::Answered
        };
        upload::upload(
            &self.0,
            &access,
            instance_id,
            body,
            UploadOptions {
                normalize: query.normalize,
                timing,
            },
        )
        .await
    }

    async fn get_movie(&self, access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        download::movie(&self.0, &access, instance_id, &keys::movie(instance_id)).await
    }

    async fn get_low_movie(&self, access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        download::movie(&self.0, &access, instance_id, &keys::low_movie(instance_id)).await
    }

    async fn get_source_movie(&self, access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        let [.., source] = keys::movie(instance_id);
        download::movie(&self.0, &access, instance_id, &[source]).await
    }

    async fn download_movie(&self, access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        download::saved_movie(&self.0, &access, instance_id).await
    }

    async fn get_movie_tile(&self, access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        let answer = download::picture(&self.0, &access, instance_id, "tiles").await;
        if matches!(&answer, Err(Failure::Answer { status, .. }) if *status == StatusCode::NOT_FOUND) {
            missing_tiles::order(&self.0, instance_id).await?;
        }
        answer
    }

    async fn get_preview_thumbnail(&self, access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        download::shared_picture(&self.0, &access, instance_id, "thumbnails").await
    }

    async fn get_preview_square_thumbnail(&self, access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        download::shared_picture(&self.0, &access, instance_id, "thumbnails-square").await
    }

    async fn get_preview_picture(&self, access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        download::picture(&self.0, &access, instance_id, "previews").await
    }

    async fn get_preview_original_picture(&self, access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        download::shared_picture(&self.0, &access, instance_id, "original").await
    }

    async fn get_preview_original_file(
        &self,
        access: Caller,
        instance_id: Uuid,
        extension: String,
    ) -> Result<Media, Failure> {
        download::original(&self.0, &access, instance_id, &extension).await
    }

    async fn download_preview_file(&self, access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        download::saved_original(&self.0, &access, instance_id).await
    }

    async fn update_preview_annotations(
        &self,
        access: Caller,
        preview_file_id: Uuid,
        body: AnnotationChanges,
    ) -> Result<Json<PreviewFile>, Failure> {
        annotate::update(&self.0, &access, preview_file_id, body).await
    }

    async fn set_main_preview(
        &self,
        access: Caller,
        preview_file_id: Uuid,
        body: MainPreview,
    ) -> Result<Json<ShownEntity>, Failure> {
        frames::set_main(&self.0, &access, preview_file_id, body.frame_number).await
    }

    async fn extract_preview_frame(
        &self,
        access: Caller,
        preview_file_id: Uuid,
        query: ExtractPreviewFrameQuery,
    ) -> Result<Media, Failure> {
        extraction::frame(&self.0, &access, preview_file_id, query.frame_number).await
    }

    async fn extract_frame_by_number(
        &self,
        access: Caller,
        preview_file_id: Uuid,
        frame_number: i32,
    ) -> Result<Media, Failure> {
        extraction::frame(&self.0, &access, preview_file_id, frame_number.into()).await
    }

    async fn extract_preview_tile(&self, access: Caller, preview_file_id: Uuid) -> Result<Media, Failure> {
        extraction::tile(&self.0, &access, preview_file_id).await
    }

    async fn extract_annotated_frame(
        &self,
        access: Caller,
        preview_file_id: Uuid,
        query: ExtractAnnotatedFrameQuery,
    ) -> Result<Media, Failure> {
        annotated::frame(&self.0, &access, preview_file_id, query.frame_number).await
    }

    async fn extract_annotated_frames(&self, access: Caller, preview_file_id: Uuid) -> Result<Media, Failure> {
        annotated::archive(&self.0, &access, preview_file_id).await
    }

    async fn extract_annotated_frames_document(&self, access: Caller, preview_file_id: Uuid) -> Result<Media, Failure> {
        annotated::document(&self.0, &access, preview_file_id).await
    }

    async fn move_preview(
        &self,
        access: Caller,
        preview_file_id: Uuid,
        body: PreviewPosition,
    ) -> Result<Json<Vec<PreviewFile>>, Failure> {
        positions::move_preview(&self.0, &access, preview_file_id, body.position.unwrap_or_default()).await
    }

    async fn list_entity_previews(
        &self,
        access: EntityReader,
        entity_id: Uuid,
    ) -> Result<Json<Vec<PreviewSummary>>, Failure> {
        listings::of_entity(&self.0, &access, entity_id).await
    }

    async fn get_shot_previews(
        &self,
        access: EntityReader,
        shot_id: Uuid,
    ) -> Result<Json<PreviewsByTaskType>, Failure> {
        listings::require_kind(&self.0.database, shot_id, "Shot").await?;
        listings::by_task_type(&self.0, &access, shot_id).await
    }

    async fn get_edit_previews(
        &self,
        access: EntityReader,
        edit_id: Uuid,
    ) -> Result<Json<PreviewsByTaskType>, Failure> {
        listings::require_kind(&self.0.database, edit_id, "Edit").await?;
        listings::by_task_type(&self.0, &access, edit_id).await
    }

    async fn get_concept_previews(
        &self,
        access: EntityReader,
        concept_id: Uuid,
    ) -> Result<Json<PreviewsByTaskType>, Failure> {
        if !ALL_BUT_CLIENTS.contains(&access.role()) {
            return Err(Failure::forbidden());
        }
        listings::require_kind(&self.0.database, concept_id, "Concept").await?;
        listings::by_task_type(&self.0, &access, concept_id).await
    }

    async fn get_entity_previews(
        &self,
        access: EntityReader,
        entity_id: Uuid,
    ) -> Result<Json<PreviewsByTaskType>, Failure> {
        listings::by_task_type(&self.0, &access, entity_id).await
    }

    async fn list_running_previews(
        &self,
        _access: Admin,
        query: ListRunningPreviewsQuery,
    ) -> Result<Json<Vec<RunningPreview>>, Failure> {
        listings::running(&self.0, &query).await
    }

    async fn get_attachment_thumbnail(&self, access: Caller, attachment_file_id: Uuid) -> Result<Media, Failure> {
        attachments::thumbnail(&self.0, &access, attachment_file_id).await
    }

    async fn get_person_avatar(&self, _access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        avatars::get(&self.0, Owner::Person, instance_id).await
    }

    async fn get_person_avatar_png(&self, _access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        avatars::get(&self.0, Owner::Person, instance_id).await
    }

    async fn set_person_avatar(
        &self,
        access: SelfOrAdmin,
        instance_id: Uuid,
        body: Submission,
    ) -> Result<Json<AvatarPath>, Failure> {
        avatars::set(&self.0, &access, Owner::Person, instance_id, body).await
    }

    async fn set_person_avatar_png(
        &self,
        access: SelfOrAdmin,
        instance_id: Uuid,
        body: Submission,
    ) -> Result<Json<AvatarPath>, Failure> {
        avatars::set(&self.0, &access, Owner::Person, instance_id, body).await
    }

    async fn get_organisation_logo(&self, _access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        avatars::get(&self.0, Owner::Organisation, instance_id).await
    }

    async fn get_organisation_logo_png(&self, _access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        avatars::get(&self.0, Owner::Organisation, instance_id).await
    }

    async fn set_organisation_logo(
        &self,
        access: Admin,
        instance_id: Uuid,
        body: Submission,
    ) -> Result<Json<AvatarPath>, Failure> {
        avatars::set(&self.0, &access, Owner::Organisation, instance_id, body).await
    }

    async fn set_organisation_logo_png(
        &self,
        access: Admin,
        instance_id: Uuid,
        body: Submission,
    ) -> Result<Json<AvatarPath>, Failure> {
        avatars::set(&self.0, &access, Owner::Organisation, instance_id, body).await
    }

    async fn get_project_avatar(&self, access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        avatars::get_of_project(&self.0, &access, instance_id).await
    }

    async fn get_project_avatar_png(&self, access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        avatars::get_of_project(&self.0, &access, instance_id).await
    }

    async fn set_project_avatar(
        &self,
        access: ProjectManager,
        instance_id: Uuid,
        body: Submission,
    ) -> Result<Json<AvatarPath>, Failure> {
        avatars::set(&self.0, &access, Owner::Project, instance_id, body).await
    }

    async fn set_project_avatar_png(
        &self,
        access: Admin,
        instance_id: Uuid,
        body: Submission,
    ) -> Result<Json<AvatarPath>, Failure> {
        avatars::set(&self.0, &access, Owner::Project, instance_id, body).await
    }

    async fn upload_preview_background(
        &self,
        access: Admin,
        instance_id: Uuid,
        body: Submission,
    ) -> Result<Json<PreviewBackgroundFile>, Failure> {
        backgrounds::upload(&self.0, &access, instance_id, body).await
    }

    async fn get_preview_background(
        &self,
        _access: Caller,
        instance_id: Uuid,
        extension: String,
    ) -> Result<Media, Failure> {
        backgrounds::file(&self.0, instance_id, &extension).await
    }

    async fn get_preview_background_thumbnail(&self, _access: Caller, instance_id: Uuid) -> Result<Media, Failure> {
        backgrounds::thumbnail(&self.0, instance_id).await
    }

    async fn set_preview_background_thumbnail(
        &self,
        access: Admin,
        instance_id: Uuid,
        body: Submission,
    ) -> Result<Json<AvatarPath>, Failure> {
        backgrounds::set_thumbnail(&self.0, &access, instance_id, body).await
    }
}
