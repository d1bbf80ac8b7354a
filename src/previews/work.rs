//! Picture work off the async threads, a few pictures at a time.

use dailies_definitions::failure::Failure;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::pictures::PictureError;

/// Pictures that are worked on at once: each takes a core, and memory for all of its pixels.
static PLACES: Semaphore = Semaphore::const_new(2);

/// Waits until there is room for one more picture, and keeps it as long as the answer is kept.
pub(super) async fn place() -> Option<SemaphorePermit<'static>> {
    // The semaphore is never closed, so there always is a permit.
    PLACES.acquire().await.ok()
}

/// Does picture work on a thread for it, once there is room. Work that was started goes on when nobody waits for it any
/// more, and keeps its place until it is done.
///
/// # Errors
/// What the work says.
pub(super) async fn picture_work<T, W>(work: W) -> Result<T, PictureError>
where
    T: Send + 'static,
    W: FnOnce() -> Result<T, PictureError> + Send + 'static,
{
    let place = place().await;
    let done = tokio::task::spawn_blocking(move || {
        let result = work();
        drop(place);
        result
    });
    done.await.unwrap_or_else(|error| Err(PictureError::Production(error.to_string())))
}

/// What a client is told of a picture that can't be made.
pub(super) fn failure(error: PictureError) -> Failure {
    match error {
        PictureError::TooLarge { limit } => Failure::parameter(format!("The picture has more than {limit} pixels.")),
        PictureError::Unreadable(_) => Failure::parameter("The file is not a picture that can be read."),
        error => error.into(),
    }
}
