//! Contents of working files, in and out. Neither is ever in memory as a whole.

use dailies_definitions::access::Caller;
use dailies_definitions::call::request_headers;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media};
use dailies_definitions::rules::RecordRule;
use dailies_definitions::schemas::WorkingFile;
use dailies_definitions::submission::Submission;
use poem::http::StatusCode;
use uuid::Uuid;

use super::working::{find, with_outputs};
use crate::app::App;
use crate::storage::{Bucket, Cache, Delivery, Disposition, FileKey, ServeError, serve};

fn key(id: Uuid) -> FileKey {
    FileKey::new(Bucket::Files, "working", id)
}

/// Stores the content of a working file, in place of an earlier one.
///
/// # Errors
/// 404, 403 and 400 as the contract says; the earlier one stays then.
pub(super) async fn upload(
    app: &App,
    caller: &Caller,
    id: Uuid,
    form: Submission,
) -> Result<Json<WorkingFile>, Failure> {
    find(&app.database, caller, id, RecordRule::TaskWorker).await?;
    let missing = || {
        Failure::refused("The browser (or proxy) sent a request that this server could not understand.").naming("file")
    };
    let file = form.file("file").ok_or_else(missing)?;
    if file.size == 0 {
        return Err(Failure::parameter("The file is empty.").naming("file"));
    }
    app.storage.put_file(&key(id), &file.path).await?;
    Ok(Json::written(with_outputs(&app.database, id).await?))
}

/// Sends the content of a working file as the request asks: whole, in part, or not at all when the client has it.
///
/// # Errors
/// 404, 403 and 416 as the contract says.
pub(super) async fn download(app: &App, caller: &Caller, id: Uuid) -> Result<Media, Failure> {
    find(&app.database, caller, id, RecordRule::TaskReader).await?;
    let delivery = Delivery {
        content_type: "application/octet-stream",
        disposition: Disposition::Inline(""),
        cache: Cache::Private(u32::try_from(app.settings.client_cache_max_age).unwrap_or(u32::MAX)),
        // The record does not change with the content.
        last_modified: None,
        expected_size: None,
    };
    let headers = request_headers().unwrap_or_default();
    match serve(&app.storage, &[key(id)], &headers, &delivery).await {
        Ok(response) => Ok(Media::new(response)),
        Err(ServeError::Missing) => Err(Failure::plain(
            StatusCode::NOT_FOUND,
            format!("Working file not found for: {id}"),
        )),
        Err(ServeError::RangeNotSatisfiable) => Err(Failure::plain(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "The requested range lies outside of the file.",
        )),
        Err(ServeError::Storage(error)) => Err(error.into()),
    }
}
