//! Files that are made of the upload of a preview before it is stored.

mod movie;

use std::path::{Path, PathBuf};

use dailies_definitions::failure::Failure;
use dailies_definitions::submission::UploadedFile;
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

pub(super) use self::movie::make_movie;
use super::depicting::depict;
use super::keys;
use super::subject::PreviewSubject;
use super::work::{picture_work, upload_failure};
use crate::app::App;
use crate::pictures::{self, Admitted, Depiction, DerivedPictures, MediaKind, PictureError, Purpose};
use crate::storage::FileKey;

/// Place of each file; one without a path is the upload itself.
type Files = Vec<(FileKey, Option<PathBuf>)>;

/// Files made of an upload.
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
    /// Facts about the movie that was sent.
    pub data: Option<Value>,
    /// Files. Those from which the others can be made again come first.
    pub files: Files,
    /// True if pictures of a file that is ready are left for after the answer.
    pub depicted_later: bool,
    /// Keeps the files until they are stored.
    _folder: Option<TempDir>,
}

impl Made {
    /// A file of which nothing is made yet.
    pub(super) fn new(kind: MediaKind, extension: String, file_size: u64) -> Self {
        let status = "ready";
        Self {
            kind,
            extension,
            status,
            width: 0,
            height: 0,
            duration: 0.0,
            file_size,
            data: None,
            files: Vec::new(),
            depicted_later: false,
            _folder: None,
        }
    }

    /// True if there is more to do after the answer.
    pub(super) fn is_unfinished(&self) -> bool {
        self.status == "processing"
    }

    pub(super) fn add_pictures(&mut self, id: Uuid, derived: DerivedPictures, folder: TempDir) {
        self.files.extend(
            derived
                .pictures
                .into_iter()
                .map(|derived| (keys::picture(derived.prefix, id), Some(derived.path))),
        );
        self._folder = Some(folder);
    }

    /// The dimensions and the size of a picture.
    pub(super) fn measure(&mut self, derived: &DerivedPictures) {
        self.width = pixels(derived.width);
        self.height = pixels(derived.height);
        self.file_size = derived.file_size;
    }
}

fn pixels(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Treatment of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Treatment {
    /// True if players get a movie in definitions of their own, rather than as it was sent.
    pub normalize: bool,
    /// True if pictures and movies are left for after the answer.
    pub later: bool,
}

/// Makes of an upload what will be stored.
pub(super) async fn make(
    app: &App,
    preview: &PreviewSubject,
    file: &UploadedFile,
    treatment: Treatment,
) -> Result<Made, Failure> {
    let id = preview.id;
    let extension = pictures::extension_of(&file.name);
    let Some(kind) = MediaKind::of_extension(&extension) else {
        return Err(Failure::parameter(format!("Wrong file format, extension: {extension}")).naming("file"));
    };
    if file.size == 0 {
        return Err(empty_file(kind));
    }
    let made = Made::new(kind, kind.stored_extension(&extension), file.size);
    match kind {
        MediaKind::Picture if treatment.later => measure_picture(app, id, file, made).await,
        MediaKind::Picture => make_pictures(app, id, &file.path, made, pictures::from_upload)
            .await
            .map_err(upload_failure),
        MediaKind::Movie if treatment.later => {
            let [_, _, source] = keys::movie(id);
            Ok(Made {
                status: "processing",
                file_size: 0,
                files: vec![(source, None)],
                ..made
            })
        }
        MediaKind::Movie => make_movie(app, preview, &file.path, made, treatment.normalize).await,
        MediaKind::Generic if treatment.later => Ok(Made {
            depicted_later: Depiction::of_extension(&made.extension).is_some(),
            files: vec![(keys::generic(id), None)],
            ..made
        }),
        MediaKind::Generic => Ok(make_generic(app, id, &file.path, made).await),
    }
}

/// Refusal of a file without content.
fn empty_file(kind: MediaKind) -> Failure {
    let message = if kind == MediaKind::Movie {
        "Uploaded movie could not be written to temporary storage or is empty; aborting before dispatching normalization."
    } else {
        "The file is empty."
    };
    Failure::parameter(message).naming("file")
}

/// Looks at the size of a picture, and leaves everything else for after the answer.
async fn measure_picture(app: &App, id: Uuid, file: &UploadedFile, made: Made) -> Result<Made, Failure> {
    let (width, height) = app
        .pictures
        .measure(&file.path, Purpose::Preview)
        .await
        .map_err(upload_failure)?;
    Ok(Made {
        status: "processing",
        width: pixels(width),
        height: pixels(height),
        files: vec![(keys::sent_picture(id), None)],
        ..made
    })
}

/// Keeps a file as it is, with pictures of it where there can be any.
pub(super) async fn make_generic(app: &App, id: Uuid, file: &Path, mut made: Made) -> Made {
    made.files.push((keys::generic(id), None));
    if let Some(depiction) = Depiction::of_extension(&made.extension)
        && let Some((derived, folder)) = depict(app, id, depiction, file).await
    {
        made.add_pictures(id, derived, folder);
    }
    made
}

/// Makes all pictures of a picture by the function that derives them.
///
/// # Errors
/// The file is no picture or is too large, or they can't be made.
pub(super) async fn make_pictures(
    app: &App,
    id: Uuid,
    source: &Path,
    mut made: Made,
    derive: fn(&Admitted, &Path) -> Result<DerivedPictures, PictureError>,
) -> Result<Made, PictureError> {
    let folder = tempfile::tempdir()?;
    // The folder goes along: when nobody waits any more, it goes once nothing is written to it.
    let work = move |source: &Admitted| Ok((derive(source, folder.path())?, folder));
    let (derived, folder) = picture_work(app, source, Purpose::Preview, work).await?;
    made.measure(&derived);
    made.add_pictures(id, derived, folder);
    Ok(made)
}
