//! Sends the stored files of previews, to be shown or to be saved.

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDateTime;
use dailies_definitions::access::Caller;
use dailies_definitions::call::request_headers;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use futures::StreamExt;
use poem::http::{HeaderValue, StatusCode, header};
use poem::web::Accept;
use poem::{Body, FromRequest, Request, Response};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::keys;
use super::names::download_name;
use super::subject::PreviewSubject;
use crate::app::{App, SharedApp};
use crate::pictures::{MediaKind, content_type};
use crate::storage::{Cache, Delivery, Disposition, FileKey, ServeError, serve};

const PNG: &str = "image/png";
const MP4: &str = "video/mp4";

/// Way of sending a stored file.
pub struct FileAnswer<'a> {
    /// Keys under which it may be; the first that is there is sent.
    pub keys: &'a [FileKey],
    pub content_type: &'a str,
    pub disposition: Disposition<'a>,
    /// Moment of the last change of the record.
    pub updated_at: Option<NaiveDateTime>,
    /// The only size in bytes that it may have.
    pub size: Option<u64>,
    /// Time that a client may keep it, where that is not for the usual time.
    pub cache: Option<Cache>,
}

impl<'a> FileAnswer<'a> {
    /// A file that is shown in place.
    #[must_use]
    pub fn shown(keys: &'a [FileKey], content_type: &'a str, updated_at: Option<NaiveDateTime>) -> Self {
        Self {
            keys,
            content_type,
            disposition: Disposition::Inline(""),
            updated_at,
            size: None,
            cache: None,
        }
    }

    /// Sends it as the request asks: whole, in part, or not at all when the client has it.
    ///
    /// # Errors
    /// 404 when none of the files is there, 416 for a range that can't be given, 503 when too much is being sent.
    pub async fn send(self, app: &App) -> Result<Media, Failure> {
        let age = u32::try_from(app.settings.client_cache_max_age).unwrap_or(u32::MAX);
        let delivery = Delivery {
            content_type: self.content_type,
            disposition: self.disposition,
            cache: self.cache.unwrap_or(Cache::Private(age)),
            last_modified: self.updated_at.map(|moment| moment.and_utc()),
            expected_size: self.size,
        };
        let place = place(app).await?;
        let headers = request_headers().unwrap_or_default();
        match serve(&app.storage, self.keys, &headers, &delivery).await {
            Ok(response) => Ok(Media::new(keeping(place, response))),
            Err(ServeError::Missing) => Err(Failure::not_found()),
            Err(ServeError::RangeNotSatisfiable) => Err(Failure::plain(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "The server cannot provide the requested range.",
            )),
            Err(ServeError::Storage(error)) => Err(error.into()),
        }
    }
}

/// Waits for a place among the pictures and movies that are sent at once, where their number is limited. Who may not see
/// one never gets here, so that nobody from outside takes the places of others.
async fn place(app: &App) -> Result<Option<OwnedSemaphorePermit>, Failure> {
    let Some(places) = &app.media else { return Ok(None) };
    let place = Arc::clone(places).acquire_owned();
    let place = match u64::try_from(app.settings.media.media_slot_wait_timeout) {
        Ok(seconds) if seconds > 0 => tokio::time::timeout(Duration::from_secs(seconds), place)
            .await
            .map_err(|_| crowded())?,
        _ => place.await,
    };
    // The semaphore is never closed, so there always is a permit.
    Ok(place.ok())
}

fn crowded() -> Failure {
    let failure = Failure::plain(StatusCode::SERVICE_UNAVAILABLE, "Too many media requests, retry later.");
    failure
        .with_header(header::RETRY_AFTER, RETRY_AFTER_SECONDS)
        .with_header(header::CACHE_CONTROL, NO_STORE)
}

/// An answer that keeps its place until all of it is sent.
fn keeping(place: Option<OwnedSemaphorePermit>, mut response: Response) -> Response {
    let Some(place) = place else { return response };
    let parts = response.take_body().into_bytes_stream().map(move |part| {
        let _ = &place;
        part
    });
    response.set_body(Body::from_bytes_stream(parts));
    response
}

/// Seconds after which to ask again.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Answer in the place of a file that is still being worked on: 202 for programs that would rather have JSON than a
/// picture, and 404 for others. Nobody may keep it.
async fn unfinished(id: Uuid) -> Result<Media, Failure> {
    if !prefers_json().await {
        return Err(Failure::plain(StatusCode::NOT_FOUND, "Preview file was not found.")
            .with_header(header::CACHE_CONTROL, NO_STORE));
    }
    let response = Response::builder()
        .status(StatusCode::ACCEPTED)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::RETRY_AFTER, RETRY_AFTER_SECONDS)
        .header(header::CACHE_CONTROL, NO_STORE);
    Ok(Media::new(response.body(
        json!({"status": "processing", "preview_file_id": id}).to_string(),
    )))
}

/// True if the client would rather have JSON than a picture.
async fn prefers_json() -> bool {
    let mut request = Request::default();
    *request.headers_mut() = request_headers().map(|headers| (*headers).clone()).unwrap_or_default();
    let Ok(Accept(wanted)) = Accept::from_request_without_body(&request).await else {
        return false;
    };
    let first = |kinds: &[&str]| wanted.iter().position(|kind| kinds.contains(&kind.essence_str()));
    let picture = first(&["image/png", "image/*", "*/*"]);
    first(&["application/json"]).is_some_and(|json| picture.is_none_or(|picture| json < picture))
}

/// A picture that those see who may read the task.
///
/// # Errors
/// 404, 403 and 416 as the contract says.
pub(super) async fn picture(
    app: &SharedApp,
    caller: &Caller,
    id: Uuid,
    prefix: &'static str,
) -> Result<Media, Failure> {
    let preview = PreviewSubject::find(&app.database, id).await?;
    preview.require_reader(app, caller).await?;
    send_picture(app, &preview, prefix).await
}

/// A picture that everybody may see when it is the main preview of a shared entity.
///
/// # Errors
/// 404, 403 and 416 as the contract says.
pub(super) async fn shared_picture(
    app: &SharedApp,
    caller: &Caller,
    id: Uuid,
    prefix: &'static str,
) -> Result<Media, Failure> {
    let preview = PreviewSubject::find(&app.database, id).await?;
    preview.require_viewer(app, caller).await?;
    send_picture(app, &preview, prefix).await
}

/// Sends a picture to somebody who may see it.
///
/// # Errors
/// 404 and 416 as the contract says.
pub async fn send_picture(app: &App, preview: &PreviewSubject, prefix: &'static str) -> Result<Media, Failure> {
    if preview.is_processing {
        return unfinished(preview.id).await;
    }
    let size = if prefix == "original" {
        expected_size(preview, "png")
    } else {
        None
    };
    FileAnswer {
        size,
        ..FileAnswer::shown(&[keys::picture(prefix, preview.id)], PNG, preview.updated_at)
    }
    .send(app)
    .await
}

/// The size that the record gives for a stored file, when it tells of that very file. Another one is a copy that broke off.
fn expected_size(preview: &PreviewSubject, extension: &str) -> Option<u64> {
    u64::try_from(preview.file_size)
        .ok()
        .filter(|size| *size > 0 && preview.extension == extension)
}

/// A movie, from the first of the places where it is.
///
/// # Errors
/// 404, 403 and 416 as the contract says.
pub(super) async fn movie(app: &SharedApp, caller: &Caller, id: Uuid, places: &[FileKey]) -> Result<Media, Failure> {
    let preview = PreviewSubject::find(&app.database, id).await?;
    preview.require_reader(app, caller).await?;
    send_movie(app, &preview, places).await
}

/// Sends a movie to somebody who may see it, from the first of the places where it is.
///
/// # Errors
/// 404 and 416 as the contract says.
pub async fn send_movie(app: &App, preview: &PreviewSubject, places: &[FileKey]) -> Result<Media, Failure> {
    if preview.is_processing {
        return unfinished(preview.id).await;
    }
    FileAnswer::shown(places, MP4, preview.updated_at).send(app).await
}

/// A movie to be saved.
///
/// # Errors
/// 404, 403 and 416 as the contract says.
pub(super) async fn saved_movie(app: &SharedApp, caller: &Caller, id: Uuid) -> Result<Media, Failure> {
    let preview = PreviewSubject::find(&app.database, id).await?;
    preview.require_reader(app, caller).await?;
    save(app, &preview, &keys::movie(id), "mp4").await
}

/// The file of a preview that is neither picture nor movie; or the picture, when `png` is asked for.
///
/// # Errors
/// 404, 403, 400 and 416 as the contract says.
pub(super) async fn original(app: &SharedApp, caller: &Caller, id: Uuid, extension: &str) -> Result<Media, Failure> {
    let preview = PreviewSubject::find(&app.database, id).await?;
    preview.require_reader(app, caller).await?;
    send_original(app, &preview, extension).await
}

/// Sends the file of a preview, or its picture when `png` is asked for, to somebody who may see it.
///
/// # Errors
/// 404, 400 and 416 as the contract says.
pub async fn send_original(app: &App, preview: &PreviewSubject, extension: &str) -> Result<Media, Failure> {
    let extension = extension.to_lowercase();
    if !matches!(
        MediaKind::of_extension(&extension),
        Some(MediaKind::Picture | MediaKind::Generic)
    ) {
        return Err(Failure::parameter(format!("Extension not allowed: {extension}")).naming("extension"));
    }
    if extension == "png" {
        return send_picture(app, preview, "original").await;
    }
    if preview.is_processing {
        return unfinished(preview.id).await;
    }
    FileAnswer::shown(
        &[keys::generic(preview.id)],
        content_type(&extension),
        preview.updated_at,
    )
    .send(app)
    .await
}

/// The file of a preview, whatever it is, to be saved.
///
/// # Errors
/// 404, 403 and 416 as the contract says.
pub(super) async fn saved_original(app: &SharedApp, caller: &Caller, id: Uuid) -> Result<Media, Failure> {
    let preview = PreviewSubject::find(&app.database, id).await?;
    preview.require_reader(app, caller).await?;
    send_saved(app, &preview).await
}

/// Sends the file of a preview, whatever it is, to somebody who may save it.
///
/// # Errors
/// 404 and 416 as the contract says.
pub async fn send_saved(app: &App, preview: &PreviewSubject) -> Result<Media, Failure> {
    match preview.extension.as_str() {
        "png" => save(app, preview, &[keys::picture("original", preview.id)], "png").await,
        "mp4" => save(app, preview, &keys::movie(preview.id), "mp4").await,
        extension => save(app, preview, &[keys::generic(preview.id)], extension).await,
    }
}

async fn save(app: &App, preview: &PreviewSubject, keys: &[FileKey], extension: &str) -> Result<Media, Failure> {
    if preview.is_processing {
        return unfinished(preview.id).await;
    }
    let name = download_name(app, preview, extension).await?;
    let answer = FileAnswer::shown(keys, content_type(extension), preview.updated_at);
    FileAnswer {
        disposition: Disposition::Attachment(&name),
        ..answer
    }
    .send(app)
    .await
}
