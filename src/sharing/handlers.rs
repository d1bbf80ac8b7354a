//! Handlers of the tag *Sharing*.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, ShareVisitor};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media, NoContent};
use dailies_definitions::schemas::{
    CreatedComment, GuestAdd, GuestAnnotations, GuestComment, GuestCommentAdd, GuestCommentChange, GuestReference,
    PlaylistInvitation, PlaylistInvited, PlaylistShareLink, PlaylistShareLinkAdd, PreviewFile, SharedComment,
    SharedContext, SharedPlaylist,
};
use dailies_definitions::sharing::{
    AddSharedAttachmentsQuery, CreateGuestQuery, CreateSharedCommentQuery, DeleteSharedAttachmentQuery,
    DeleteSharedCommentQuery, DownloadSharedAttachmentQuery, DownloadSharedPreviewFileQuery, GetSharedMovieQuery,
    GetSharedMovieTilesQuery, GetSharedOriginalFileQuery, GetSharedOriginalPictureQuery, GetSharedPersonPictureQuery,
    GetSharedPlaylistContextQuery, GetSharedPlaylistQuery, GetSharedPreviewFileQuery, GetSharedThumbnailQuery,
    ListSharedCommentsQuery, Sharing, UpdateSharedAnnotationsQuery, UpdateSharedCommentQuery,
};
use dailies_definitions::submission::Submission;
use uuid::Uuid;

use super::{attachments, comments, context, drawing, guests, invitations, links, media, playlist};
use crate::app::SharedApp;

/// Serves shared playlists.
pub struct SharingHandlers(pub SharedApp);

#[async_trait]
impl Sharing for SharingHandlers {
    async fn list_playlist_share_links(
        &self,
        access: Caller,
        playlist_id: Uuid,
    ) -> Result<Json<Vec<PlaylistShareLink>>, Failure> {
        links::list(&self.0, &access, playlist_id).await
    }

    async fn create_playlist_share_link(
        &self,
        access: Caller,
        playlist_id: Uuid,
        body: PlaylistShareLinkAdd,
    ) -> Result<Json<PlaylistShareLink>, Failure> {
        links::create(&self.0, &access, playlist_id, body).await
    }

    async fn revoke_playlist_share_link(
        &self,
        access: Caller,
        playlist_id: Uuid,
        token: String,
    ) -> Result<Json<PlaylistShareLink>, Failure> {
        links::revoke(&self.0, &access, playlist_id, &token).await
    }

    async fn invite_to_shared_playlist(
        &self,
        access: Caller,
        playlist_id: Uuid,
        token: String,
        body: PlaylistInvitation,
    ) -> Result<Json<PlaylistInvited>, Failure> {
        invitations::invite(&self.0, &access, playlist_id, &token, body).await
    }

    async fn get_shared_playlist(
        &self,
        access: ShareVisitor,
        _token: String,
        _query: GetSharedPlaylistQuery,
    ) -> Result<Json<SharedPlaylist>, Failure> {
        playlist::get(&self.0, &access).await
    }

    async fn get_shared_playlist_context(
        &self,
        access: ShareVisitor,
        _token: String,
        _query: GetSharedPlaylistContextQuery,
    ) -> Result<Json<SharedContext>, Failure> {
        context::get(&self.0, &access).await
    }

    async fn create_guest(
        &self,
        access: ShareVisitor,
        _token: String,
        _query: CreateGuestQuery,
        body: GuestAdd,
    ) -> Result<Media, Failure> {
        guests::create(&self.0, &access, body).await
    }

    async fn list_shared_comments(
        &self,
        access: ShareVisitor,
        _token: String,
        query: ListSharedCommentsQuery,
    ) -> Result<Json<Vec<SharedComment>>, Failure> {
        comments::list(&self.0, &access, query.guest_id, query.task_id).await
    }

    async fn create_shared_comment(
        &self,
        access: ShareVisitor,
        _token: String,
        _query: CreateSharedCommentQuery,
        body: GuestCommentAdd,
    ) -> Result<Json<CreatedComment>, Failure> {
        comments::create(&self.0, &access, body).await
    }

    async fn update_shared_comment(
        &self,
        access: ShareVisitor,
        _token: String,
        comment_id: String,
        _query: UpdateSharedCommentQuery,
        body: GuestCommentChange,
    ) -> Result<Json<GuestComment>, Failure> {
        comments::update(&self.0, &access, &comment_id, body).await
    }

    async fn delete_shared_comment(
        &self,
        access: ShareVisitor,
        _token: String,
        comment_id: String,
        _query: DeleteSharedCommentQuery,
        body: GuestReference,
    ) -> Result<NoContent, Failure> {
        comments::delete(&self.0, &access, body.guest_id, &comment_id).await
    }

    async fn add_shared_attachments(
        &self,
        access: ShareVisitor,
        _token: String,
        comment_id: String,
        query: AddSharedAttachmentsQuery,
        body: Submission,
    ) -> Result<Json<GuestComment>, Failure> {
        attachments::add(&self.0, &access, &comment_id, query.guest_id, body).await
    }

    async fn delete_shared_attachment(
        &self,
        access: ShareVisitor,
        _token: String,
        comment_id: String,
        attachment_file_id: Uuid,
        _query: DeleteSharedAttachmentQuery,
        body: GuestReference,
    ) -> Result<NoContent, Failure> {
        attachments::delete(&self.0, &access, body.guest_id, &comment_id, attachment_file_id).await
    }

    async fn download_shared_attachment(
        &self,
        access: ShareVisitor,
        _token: String,
        attachment_file_id: Uuid,
        _file_name: String,
        query: DownloadSharedAttachmentQuery,
    ) -> Result<Media, Failure> {
        attachments::download(&self.0, &access, query.guest_id, attachment_file_id).await
    }

    async fn update_shared_annotations(
        &self,
        access: ShareVisitor,
        _token: String,
        _query: UpdateSharedAnnotationsQuery,
        body: GuestAnnotations,
    ) -> Result<Json<PreviewFile>, Failure> {
        drawing::update(&self.0, &access, body).await
    }

    async fn get_shared_preview_file(
        &self,
        access: ShareVisitor,
        _token: String,
        preview_file_id: Uuid,
        _query: GetSharedPreviewFileQuery,
    ) -> Result<Json<PreviewFile>, Failure> {
        media::record(&self.0, &access, preview_file_id).await
    }

    async fn download_shared_preview_file(
        &self,
        access: ShareVisitor,
        _token: String,
        preview_file_id: Uuid,
        _query: DownloadSharedPreviewFileQuery,
    ) -> Result<Media, Failure> {
        media::saved(&self.0, &access, preview_file_id).await
    }

    async fn get_shared_movie(
        &self,
        access: ShareVisitor,
        _token: String,
        preview_file_id: Uuid,
        _query: GetSharedMovieQuery,
    ) -> Result<Media, Failure> {
        media::movie(&self.0, &access, preview_file_id).await
    }

    async fn get_shared_movie_tiles(
        &self,
        access: ShareVisitor,
        _token: String,
        preview_file_id: Uuid,
        _query: GetSharedMovieTilesQuery,
    ) -> Result<Media, Failure> {
        media::picture(&self.0, &access, preview_file_id, "tiles").await
    }

    async fn get_shared_thumbnail(
        &self,
        access: ShareVisitor,
        _token: String,
        preview_file_id: Uuid,
        _query: GetSharedThumbnailQuery,
    ) -> Result<Media, Failure> {
        media::picture(&self.0, &access, preview_file_id, "thumbnails").await
    }

    async fn get_shared_original_picture(
        &self,
        access: ShareVisitor,
        _token: String,
        preview_file_id: Uuid,
        _query: GetSharedOriginalPictureQuery,
    ) -> Result<Media, Failure> {
        media::picture(&self.0, &access, preview_file_id, "original").await
    }

    async fn get_shared_original_file(
        &self,
        access: ShareVisitor,
        _token: String,
        preview_file_id: Uuid,
        extension: String,
        _query: GetSharedOriginalFileQuery,
    ) -> Result<Media, Failure> {
        media::original(&self.0, &access, preview_file_id, &extension).await
    }

    async fn get_shared_person_picture(
        &self,
        access: ShareVisitor,
        _token: String,
        person_id: Uuid,
        _query: GetSharedPersonPictureQuery,
    ) -> Result<Media, Failure> {
        media::portrait(&self.0, &access, person_id).await
    }
}
