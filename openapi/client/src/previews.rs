//! Pictures and movies for review: a comment, a preview of it, and the file.

use std::path::Path;

use progenitor_client::{ClientHooks, Error, OperationInfo, ResponseValue};
use reqwest::multipart::Form;
use uuid::Uuid;

use crate::Client;
use crate::types::{AnyError, CreatedComment, PreviewFile};

impl Client {
    /// Comments a task, which gives it that status, and adds a picture or movie as its next revision.
    pub async fn publish_preview(
        &self,
        task_id: Uuid,
        status_id: Uuid,
        text: &str,
        file: impl AsRef<Path>,
    ) -> Result<(CreatedComment, PreviewFile), Error<AnyError>> {
        let comment = self
            .comment_task()
            .task_id(task_id)
            .body_map(|body| body.task_status_id(status_id).comment(text))
            .send()
            .await?;
        let preview = self
            .add_preview_to_comment()
            .task_id(task_id)
            .comment_id(comment.id)
            .send()
            .await?;
        let preview = self.upload_preview(preview.id, file).await?;
        Ok((comment.into_inner(), preview))
    }

    /// Sends the file of a preview, which is read as it is sent.
    pub async fn upload_preview(
        &self,
        preview_id: Uuid,
        file: impl AsRef<Path>,
    ) -> Result<PreviewFile, Error<AnyError>> {
        // A stream can't be sent twice, so a token that has expired is renewed before.
        self.get_authenticated().send().await?;
        let form = Form::new()
            .file("file", file)
            .await
            .map_err(|problem| Error::InvalidRequest(problem.to_string()))?;
        let request = self
            .client
            .post(format!("{}/pictures/preview-files/{preview_id}", self.baseurl))
            .multipart(form)
            .build()?;
        let answer = self
            .exec(
                request,
                &OperationInfo {
                    operation_id: "upload_preview_file",
                },
            )
            .await?;
        match answer.status().as_u16() {
            201 => ResponseValue::from_response(answer)
                .await
                .map(ResponseValue::into_inner),
            400..=499 => Err(Error::ErrorResponse(ResponseValue::from_response(answer).await?)),
            _ => Err(Error::UnexpectedResponse(answer)),
        }
    }
}
