//! The file of a preview comes in: what is made of it, where it is stored, and what is told of it.
//!
//! Files are made in a temporary folder and stored before the record says so. Of several uploads to the same preview the
//! one that enters its name into the record first is taken, so that no other touches the stored files.

use std::path::PathBuf;
use std::sync::Arc;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::PreviewFile;
use dailies_definitions::submission::{Submission, UploadedFile};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::movies::{self, MovieError};
use super::subject::Subject;
use super::work::{failure, picture_work};
use super::{keys, main_preview, removal, rows};
use crate::app::{App, SharedApp};
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::pictures::{self, DerivedPictures, MediaKind};
use crate::storage::FileKey;

/// Longest name that a record keeps, in characters.
const NAME_LENGTH: usize = 250;

/// Takes the file of a preview that somebody sends.
///
/// # Errors
/// 404, 403 and 400 as the contract says.
pub(super) async fn upload(app: &SharedApp, caller: &Caller, id: Uuid, form: Submission) -> Result<Json<PreviewFile>, Failure> {
    let preview = Subject::find(app.database.read(), id).await?;
    preview.require_actor(app, caller).await?;
    if preview.has_file() {
        return Err(already_there());
    }
    let file = form.file("file").ok_or_else(|| Failure::parameter("File not provided."))?;
    accept(app, caller, &preview, file).await?;
    Ok(Json::written(rows::record(app.database.read(), id, false).await?))
}

/// Takes a file that came along with a comment for a preview that was just added to it.
///
/// # Errors
/// 400 when the file can't be taken; the record of the preview is gone then.
pub async fn accept_for(app: &SharedApp, caller: &Caller, preview_id: Uuid, file: &UploadedFile) -> Result<(), Failure> {
    let preview = Subject::find(app.database.read(), preview_id).await?;
    accept(app, caller, &preview, file).await
}

/// Stores the file of a preview that has none yet. A file that can't be taken is answered with 400, and the record of the
/// preview goes.
async fn accept(app: &SharedApp, caller: &Caller, preview: &Subject, file: &UploadedFile) -> Result<(), Failure> {
    let made = match make(app, preview.id, file).await {
        Ok(made) => made,
        Err(refusal) if refusal.status().is_client_error() => {
            drop_record(app, caller, preview.id).await?;
            return Err(refusal);
        }
        Err(fault) => return Err(fault),
    };
    // A task of its own comes to an end when the sender hangs up, so the record is never left between two states.
    let upload = Upload { path: file.path.to_path_buf(), name: file.name.clone(), made };
    tokio::spawn(store(Arc::clone(app), caller.clone(), preview.clone(), upload)).await?
}

/// An upload that is ready to be stored.
struct Upload {
    /// Where the file is that was sent.
    path: PathBuf,
    name: String,
    made: Made,
}

/// Stores the files, and enters them into the record. What can't be entered is removed again.
async fn store(app: SharedApp, caller: Caller, preview: Subject, upload: Upload) -> Result<(), Failure> {
    let Upload { path, name, made } = upload;
    claim(&app, preview.id, &name).await?;
    let stored = async {
        for (key, derived) in &made.files {
            app.storage.put_file(key, derived.as_deref().unwrap_or(&path)).await?;
        }
        record(&app, &caller, &preview, &made).await
    };
    if let Err(error) = stored.await {
        removal::discard(&app.storage, made.files.into_iter().map(|(key, _)| key).collect()).await;
        release(&app, preview.id).await?;
        return Err(error);
    }
    Ok(())
}

fn already_there() -> Failure {
    Failure::refused("The browser (or proxy) sent a request that this server could not understand.")
}

/// What is made of an upload.
struct Made {
    kind: MediaKind,
    /// Of the stored file.
    extension: String,
    broken: bool,
    width: i32,
    height: i32,
    /// In seconds.
    duration: f64,
    /// In bytes.
    file_size: u64,
    /// What is known of the movie that was sent.
    data: Option<Value>,
    /// Where each file goes; one without a path is the upload itself.
    files: Vec<(FileKey, Option<PathBuf>)>,
    /// Keeps the files until they are stored.
    _folder: Option<TempDir>,
}

impl Made {
    fn new(kind: MediaKind, extension: String, file_size: u64) -> Self {
        Self { kind, extension, broken: false, width: 0, height: 0, duration: 0.0, file_size, data: None, files: Vec::new(), _folder: None }
    }

    fn add_pictures(&mut self, id: Uuid, derived: DerivedPictures, folder: TempDir) {
        self.files.extend(derived.pictures.into_iter().map(|derived| (keys::picture(derived.prefix, id), Some(derived.path))));
        self._folder = Some(folder);
    }
}

/// Makes of an upload what will be stored.
async fn make(app: &App, id: Uuid, file: &UploadedFile) -> Result<Made, Failure> {
    let extension = pictures::extension_of(&file.name);
    let Some(kind) = MediaKind::of_extension(&extension) else {
        return Err(Failure::parameter(format!("Wrong file format, extension: {extension}")));
    };
    let made = Made::new(kind, kind.stored_extension(&extension), file.size);
    match kind {
        MediaKind::Movie if file.size == 0 => Err(Failure::parameter(
            "Uploaded movie could not be written to temporary storage or is empty; aborting before dispatching normalization.",
        )),
        _ if file.size == 0 => Err(Failure::parameter("The file is empty.")),
        MediaKind::Picture => make_pictures(app, id, file, made).await,
        MediaKind::Movie => make_movie(app, id, file, made).await,
        MediaKind::Generic => {
            let files = vec![(keys::generic(id), None)];
            Ok(Made { files, ..made })
        }
    }
}

async fn make_pictures(app: &App, id: Uuid, file: &UploadedFile, mut made: Made) -> Result<Made, Failure> {
    let folder = tempfile::tempdir()?;
    let (source, target, limit) = (file.path.to_path_buf(), folder.path().to_owned(), app.settings.files.max_image_pixels);
    let derived = picture_work(move || pictures::from_upload(&source, &target, limit)).await.map_err(failure)?;
    made.width = i32::try_from(derived.width).unwrap_or(i32::MAX);
    made.height = i32::try_from(derived.height).unwrap_or(i32::MAX);
    made.file_size = derived.file_size;
    made.add_pictures(id, derived, folder);
    Ok(made)
}

/// A movie is stored as it was sent, with pictures of its first frame. Nothing is stored of one that can't be read; where
/// there is no program to read it with, it is taken on trust.
async fn make_movie(app: &App, id: Uuid, file: &UploadedFile, mut made: Made) -> Result<Made, Failure> {
    let facts = match movies::probe(&file.path).await {
        Ok(facts) => facts,
        Err(error @ MovieError::NoProgram(_)) => {
            tracing::warn!(%error, "a movie is stored without a look into it");
            made.files = movie_file(id);
            return Ok(made);
        }
        Err(error) => return Ok(broken(id, &error, made)),
    };
    let folder = tempfile::tempdir()?;
    let frame = folder.path().join("frame.png");
    match movies::write_frame(&file.path, 0.0, &frame).await {
        Ok(true) => {
            let (target, limit) = (folder.path().to_owned(), app.settings.files.max_image_pixels);
            match picture_work(move || pictures::from_frame(&frame, &target, limit)).await {
                Ok(derived) => made.add_pictures(id, derived, folder),
                Err(error) => return Ok(broken(id, &error, made)),
            }
        }
        Ok(false) => return Ok(broken(id, &MovieError::Unreadable("it has no frame".into()), made)),
        Err(MovieError::NoProgram(_)) => {}
        Err(error) => return Ok(broken(id, &error, made)),
    }
    made.width = facts.width;
    made.height = facts.height;
    made.duration = facts.duration;
    made.data = Some(json!({
        "original_width": facts.width,
        "original_height": facts.height,
        "original_duration": facts.duration,
        "original_file_size": file.size,
    }));
    made.files.extend(movie_file(id));
    Ok(made)
}

fn movie_file(id: Uuid) -> Vec<(FileKey, Option<PathBuf>)> {
    let [best, ..] = keys::movie(id);
    vec![(best, None)]
}

fn broken(id: Uuid, error: &dyn std::fmt::Display, made: Made) -> Made {
    tracing::info!(preview = %id, %error, "a movie can't be shown");
    Made { broken: true, file_size: 0, files: Vec::new(), ..made }
}

/// Enters the name of the upload into the record, unless another upload did so first.
async fn claim(app: &App, id: Uuid, file_name: &str) -> Result<(), Failure> {
    // A name that is an extension alone would leave the record as if nothing had been sent.
    let stem = Some(pictures::name_without_extension(file_name)).filter(|stem| !stem.is_empty()).unwrap_or(file_name);
    let name: String = stem.chars().take(NAME_LENGTH).collect();
    let sql = Sql::with("UPDATE preview_file SET original_name = $1 WHERE id = $2 AND COALESCE(original_name, '') = ''", [name.into(), id.into()]);
    if database::execute(app.database.read(), &sql).await? > 0 {
        return Ok(());
    }
    // Either another one was first, or the record is gone.
    Subject::find(app.database.read(), id).await?;
    Err(already_there())
}

/// Takes the name back, so that the file can be sent again.
async fn release(app: &App, id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with("UPDATE preview_file SET original_name = NULL WHERE id = $1", [id.into()]);
    database::execute(app.database.read(), &sql).await?;
    Ok(())
}

/// Removes the record of a preview whose file can't be taken, unless another upload was taken meanwhile.
async fn drop_record(app: &App, caller: &Caller, id: Uuid) -> Result<(), Failure> {
    let mut work = Work::begin(app, caller).await?;
    if Subject::find(&*work, id).await?.has_file() {
        return Err(already_there());
    }
    removal::remove(&mut work, id).await?;
    Ok(work.commit().await?)
}

/// Enters what is known of the stored file into the record, and tells of it.
async fn record(app: &App, caller: &Caller, preview: &Subject, made: &Made) -> Result<(), Failure> {
    let Subject { id, task_id, project_id, .. } = *preview;
    let status = if made.broken { "broken" } else { "ready" };
    let mut values = vec![
        ("extension", made.extension.as_str().into()),
        ("status", status.into()),
        ("width", made.width.into()),
        ("height", made.height.into()),
        ("duration", made.duration.into()),
        ("file_size", i64::try_from(made.file_size).unwrap_or(i64::MAX).into()),
    ];
    values.extend(made.data.clone().map(|data| ("data", data.into())));
    let mut work = Work::begin(app, caller).await?;
    if !database::update(&*work, &entity::preview_file::TABLE, id, values).await? {
        return Err(Failure::not_found());
    }
    work.emit_in(project_id, "preview-file:update", payload([("preview_file_id", id)]));
    let shown = made.kind != MediaKind::Generic && !made.broken;
    if shown && preview.position == Some(1) {
        main_preview::set_last_preview(&mut work, task_id, id).await?;
    }
    if made.kind == MediaKind::Movie {
        work.emit_in(project_id, "preview-file:update", payload([("preview_file_id", id)]));
    }
    if let Some(comment_id) = comment_of(&*work, id).await? {
        work.emit_in(project_id, "comment:update", payload([("comment_id", comment_id)]));
        let mut told = payload([("comment_id", comment_id), ("task_id", task_id), ("preview_file_id", id)]);
        told.insert("revision".into(), json!(preview.revision));
        told.insert("extension".into(), json!(made.extension));
        told.insert("status".into(), json!(status));
        work.emit_in(project_id, "preview-file:add-file", told);
    }
    Ok(work.commit().await?)
}

/// The first comment that holds the preview.
async fn comment_of(connection: &impl ConnectionTrait, id: Uuid) -> Result<Option<Uuid>, Failure> {
    let sql = Sql::with(
        "SELECT c.id FROM comment_preview_link l JOIN comment c ON c.id = l.comment WHERE l.preview_file = $1 ORDER BY c.created_at, c.id LIMIT 1",
        [id.into()],
    );
    Ok(database::row(connection, &sql).await?.map(|row| row.try_get_by_index(0)).transpose()?)
}
