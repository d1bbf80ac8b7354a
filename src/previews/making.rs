//! What is made of the file of a preview before it is stored.

use std::path::{Path, PathBuf};

use dailies_definitions::failure::Failure;
use dailies_definitions::submission::UploadedFile;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::keys;
use super::movies::{self, MovieError};
use super::work::{failure, picture_work};
use crate::app::App;
use crate::pictures::{self, Admitted, DerivedPictures, MediaKind, Purpose};
use crate::storage::FileKey;

/// What is made of an upload.
pub(super) struct Made {
    pub kind: MediaKind,
    /// Of the stored file.
    pub extension: String,
    /// `ready`, `broken`, or `processing` where there is more to do.
    pub status: &'static str,
    pub width: i32,
    pub height: i32,
    /// In seconds.
    pub duration: f64,
    /// In bytes.
    pub file_size: u64,
    /// What is known of the movie that was sent.
    pub data: Option<Value>,
    /// Where each file goes, what the others can be made from again first; one without a path is the upload itself.
    pub files: Vec<(FileKey, Option<PathBuf>)>,
    /// Keeps the files until they are stored.
    _folder: Option<TempDir>,
}

impl Made {
    /// A file of which nothing is made yet.
    pub(super) fn new(kind: MediaKind, extension: String, file_size: u64) -> Self {
        let status = "ready";
        Self { kind, extension, status, width: 0, height: 0, duration: 0.0, file_size, data: None, files: Vec::new(), _folder: None }
    }

    /// Whether there is more to do after the answer.
    pub(super) fn is_unfinished(&self) -> bool {
        self.status == "processing"
    }

    pub(super) fn add_pictures(&mut self, id: Uuid, derived: DerivedPictures, folder: TempDir) {
        self.files.extend(derived.pictures.into_iter().map(|derived| (keys::picture(derived.prefix, id), Some(derived.path))));
        self._folder = Some(folder);
    }

    /// The dimensions and the size of a picture.
    pub(super) fn measure(&mut self, derived: &DerivedPictures) {
        self.width = i32::try_from(derived.width).unwrap_or(i32::MAX);
        self.height = i32::try_from(derived.height).unwrap_or(i32::MAX);
        self.file_size = derived.file_size;
    }
}

/// Makes of an upload what will be stored. `later` leaves movies for after the answer.
pub(super) async fn make(app: &App, id: Uuid, file: &UploadedFile, later: bool) -> Result<Made, Failure> {
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
        MediaKind::Movie if later => Ok(Made { status: "processing", file_size: 0, files: movie_file(id), ..made }),
        MediaKind::Movie => make_movie(app, id, &file.path, made).await,
        MediaKind::Generic => {
            let files = vec![(keys::generic(id), None)];
            Ok(Made { files, ..made })
        }
    }
}

async fn make_pictures(app: &App, id: Uuid, file: &UploadedFile, mut made: Made) -> Result<Made, Failure> {
    let folder = tempfile::tempdir()?;
    // The folder goes along: when nobody waits any more, it goes once nothing is written to it.
    let derive = move |source: &Admitted| Ok((pictures::from_upload(source, folder.path())?, folder));
    let derived = picture_work(app, &file.path, Purpose::Preview, derive);
    let (derived, folder) = derived.await.map_err(failure)?;
    made.measure(&derived);
    made.add_pictures(id, derived, folder);
    Ok(made)
}

/// A movie is stored as it was sent, with pictures of its first frame. Nothing is stored of one that can't be read; where
/// there is no program to read it with, it is taken on trust.
///
/// # Errors
/// A folder can't be made.
pub(super) async fn make_movie(app: &App, id: Uuid, movie: &Path, mut made: Made) -> Result<Made, Failure> {
    made.files = movie_file(id);
    let facts = match movies::probe(&app.pictures, movie).await {
        Ok(facts) => facts,
        Err(error @ MovieError::NoProgram(_)) => {
            tracing::warn!(%error, "a movie is stored without a look into it");
            return Ok(made);
        }
        Err(error) => return Ok(broken(id, &error, made)),
    };
    let folder = tempfile::tempdir()?;
    let frame = folder.path().join("frame.png");
    match movies::write_frame(&app.pictures, movie, 0.0, &frame).await {
        Ok(true) => {
            let derive = move |frame: &Admitted| Ok((pictures::from_frame(frame, folder.path())?, folder));
            match picture_work(app, &frame, Purpose::Frame, derive).await {
                Ok((derived, folder)) => made.add_pictures(id, derived, folder),
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
        "original_file_size": made.file_size,
    }));
    Ok(made)
}

fn movie_file(id: Uuid) -> Vec<(FileKey, Option<PathBuf>)> {
    let [best, ..] = keys::movie(id);
    vec![(best, None)]
}

fn broken(id: Uuid, error: &dyn std::fmt::Display, made: Made) -> Made {
    tracing::info!(preview = %id, %error, "a movie can't be shown");
    Made { status: "broken", file_size: 0, files: Vec::new(), ..made }
}
