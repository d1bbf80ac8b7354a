//! Thumbnails of files that are attached to comments and chat messages.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use uuid::Uuid;

use super::download::FileAnswer;
use super::keys;
use super::work::picture_work;
use crate::access::comments::readable_attachment;
use crate::app::SharedApp;
use crate::pictures::{self, Purpose};

/// Sends the thumbnail of an attached picture.
///
/// # Errors
/// 404 when there is none, 403 for those who may not get the file, 416 for a range that can't be given.
pub(super) async fn thumbnail(app: &SharedApp, caller: &Caller, id: Uuid) -> Result<Media, Failure> {
    let row = readable_attachment(&app.database, caller, id).await?;
    if row
        .try_get::<Option<String>>("", "mimetype")?
        .is_some_and(|kind| kind.starts_with("image/"))
    {
        make(app, id).await?;
    }
    FileAnswer::shown(&[keys::thumbnail(id)], "image/png", row.try_get("", "updated_at")?)
        .send(app)
        .await
}

/// Makes the thumbnail when it is asked for the first time. Of a file that is no picture after all there is none.
async fn make(app: &SharedApp, id: Uuid) -> Result<(), Failure> {
    if app.storage.exists(&keys::thumbnail(id)).await? {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let source = folder.path().join("attachment");
    if !app.storage.download(&keys::attachment(id), &source).await? {
        return Ok(());
    }
    match picture_work(app, &source, Purpose::Thumbnail, pictures::attachment_thumbnail).await {
        Ok(thumbnail) => app.storage.put(&keys::thumbnail(id), thumbnail.into()).await?,
        Err(error) if error.is_fault_of_input() => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
