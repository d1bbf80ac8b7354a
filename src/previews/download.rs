//! Sends the stored files of previews, to be shown or to be saved.

use chrono::NaiveDateTime;
use dailies_definitions::access::Caller;
use dailies_definitions::call::request_headers;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use poem::http::StatusCode;
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
    /// When the record changed.
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
        Self { keys, content_type, disposition: Disposition::Inline(""), updated_at, size: None, cache: None }
    }

    /// Sends it as the request asks: whole, in part, or not at all when the client has it.
    ///
    /// # Errors
    /// 404 when none of the files is there, 416 for a range that can't be given.
    pub async fn send(self, app: &App) -> Result<Media, Failure> {
        let age = u32::try_from(app.settings.client_cache_max_age).unwrap_or(u32::MAX);
        let delivery = Delivery {
            content_type: self.content_type,
            disposition: self.disposition,
            cache: self.cache.unwrap_or(Cache::Private(age)),
            last_modified: self.updated_at.map(|moment| moment.and_utc()),
            expected_size: self.size,
        };
        let headers = request_headers().unwrap_or_default();
        match serve(&app.storage, self.keys, &headers, &delivery).await {
            Ok(response) => Ok(Media::new(response)),
            Err(ServeError::Missing) => Err(Failure::not_found()),
            Err(ServeError::RangeNotSatisfiable) => {
                Err(Failure::plain(StatusCode::RANGE_NOT_SATISFIABLE, "The server cannot provide the requested range."))
            }
            Err(ServeError::Storage(error)) => Err(error.into()),
        }
    }
}

/// A picture that those see who may read the task.
///
/// # Errors
/// 404, 403 and 416 as the contract says.
pub(super) async fn picture(app: &SharedApp, caller: &Caller, id: Uuid, prefix: &'static str) -> Result<Media, Failure> {
    let preview = PreviewSubject::find(&app.database, id).await?;
    preview.require_reader(app, caller).await?;
    send_picture(app, &preview, prefix).await
}

/// A picture that everybody may see when it is the main preview of a shared entity.
///
/// # Errors
/// 404, 403 and 416 as the contract says.
pub(super) async fn shared_picture(app: &SharedApp, caller: &Caller, id: Uuid, prefix: &'static str) -> Result<Media, Failure> {
    let preview = PreviewSubject::find(&app.database, id).await?;
    preview.require_viewer(app, caller).await?;
    send_picture(app, &preview, prefix).await
}

/// Sends a picture to somebody who may see it.
///
/// # Errors
/// 404 and 416 as the contract says.
pub async fn send_picture(app: &App, preview: &PreviewSubject, prefix: &'static str) -> Result<Media, Failure> {
    let size = if prefix == "original" { expected_size(preview, "png") } else { None };
    FileAnswer { size, ..FileAnswer::shown(&[keys::picture(prefix, preview.id)], PNG, preview.updated_at) }.send(app).await
}

/// The size that the record gives for a stored file, when it tells of that very file. Another one is a copy that broke off.
fn expected_size(preview: &PreviewSubject, extension: &str) -> Option<u64> {
    u64::try_from(preview.file_size).ok().filter(|size| *size > 0 && preview.extension == extension)
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
    if !matches!(MediaKind::of_extension(&extension), Some(MediaKind::Picture | MediaKind::Generic)) {
        return Err(Failure::parameter(format!("Extension not allowed: {extension}")));
    }
    if extension == "png" {
        return send_picture(app, preview, "original").await;
    }
    FileAnswer::shown(&[keys::generic(preview.id)], content_type(&extension), preview.updated_at).send(app).await
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
    let name = download_name(app, preview, extension).await?;
    let shipment = FileAnswer::shown(keys, content_type(extension), preview.updated_at);
    FileAnswer { disposition: Disposition::Attachment(&name), ..shipment }.send(app).await
}
