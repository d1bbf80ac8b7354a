//! Picture work off the async threads, a few pictures at a time.

use std::path::Path;

use dailies_definitions::failure::Failure;

use crate::app::App;
use crate::pictures::{Admitted, PictureError, Purpose};

/// Works on a picture on a thread for it, once there is room and memory. Work that was started goes on when nobody waits for
/// it any more, and keeps its place and its memory until it is done.
///
/// # Errors
/// The file is no picture or is too large, or what the work says.
pub(super) async fn picture_work<T, W>(app: &App, source: &Path, purpose: Purpose, work: W) -> Result<T, PictureError>
where
    T: Send + 'static,
    W: FnOnce(&Admitted) -> Result<T, PictureError> + Send + 'static,
{
    let admitted = app.pictures.admit(source, purpose).await?;
    let place = app.pictures.place().await;
    let done = tokio::task::spawn_blocking(move || {
        let result = work(&admitted);
        drop((place, admitted));
        result
    });
    done.await
        .unwrap_or_else(|error| Err(PictureError::Production(error.to_string())))
}

/// As [`failure`], of a picture that a form brings.
pub(super) fn upload_failure(error: PictureError) -> Failure {
    failure(error).naming("file")
}

/// Message for a client about a picture that can't be made.
pub(super) fn failure(error: PictureError) -> Failure {
    match error {
        PictureError::TooLarge { pixels, bytes } => {
            let megabytes = bytes >> 20;
            Failure::parameter(format!(
                "The picture has more than {pixels} pixels, or takes more than {megabytes} MB when it is decoded."
            ))
        }
        PictureError::TooLaborious(longest) => {
            let seconds = longest.as_secs();
            Failure::parameter(format!(
                "What is drawn on a frame takes more than {seconds} seconds to draw."
            ))
        }
        PictureError::Unreadable(_) => Failure::parameter("Uploaded file is not a readable picture."),
        error => error.into(),
    }
}
