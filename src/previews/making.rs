//! Files that are made of the upload of a preview before it is stored.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dailies_definitions::failure::Failure;
use dailies_definitions::submission::UploadedFile;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use uuid::Uuid;

use super::depicting::depict;
use super::encoding_progress::{self, ProgressNews};
use super::movies::{self, Definitions, Encoder, MovieDemands, MovieFacts};
use super::subject::PreviewSubject;
use super::work::{picture_work, upload_failure};
use super::{asked, keys};
use crate::app::App;
use crate::events::payload;
use crate::pictures::{self, Admitted, Depiction, DerivedPictures, MediaKind, PictureError, Purpose};
use crate::programs::ProgramError;
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

    /// Takes over the movies that players get, with their pictures, which lie in a folder.
    async fn add_movies(&mut self, shown: PlayerMovies, pictures: Files, folder: TempDir) -> Result<(), Failure> {
        self.file_size = tokio::fs::metadata(&shown.best).await?.len();
        self.width = shown.facts.width;
        self.height = shown.facts.height;
        self.duration = shown.facts.duration;
        self.files = shown.files;
        self.files.extend(pictures);
        self._folder = Some(folder);
        Ok(())
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
        MediaKind::Picture => make_pictures(app, id, file, made).await,
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

async fn make_pictures(app: &App, id: Uuid, file: &UploadedFile, mut made: Made) -> Result<Made, Failure> {
    let folder = tempfile::tempdir()?;
    // The folder goes along: when nobody waits any more, it goes once nothing is written to it.
    let derive = move |source: &Admitted| Ok((pictures::from_upload(source, folder.path())?, folder));
    let derived = picture_work(app, &file.path, Purpose::Preview, derive);
    let (derived, folder) = derived.await.map_err(upload_failure)?;
    made.measure(&derived);
    made.add_pictures(id, derived, folder);
    Ok(made)
}

/// Makes the movies that players get, in high and low definition, with pictures of the first frame and of all frames. Where
/// that is not wanted, the movie is stored as it was sent, with the same pictures. Nothing is stored of one that can't be
/// read; where there is no program to read it with, it is taken on trust.
///
/// # Errors
/// A folder can't be made, or the database does not answer.
pub(super) async fn make_movie(
    app: &App,
    preview: &PreviewSubject,
    movie: &Path,
    mut made: Made,
    normalize: bool,
) -> Result<Made, Failure> {
    let id = preview.id;
    let sent = made.file_size;
    let stored = as_it_was_sent(app, id);
    let facts = match movies::probe(app, movie).await {
        Ok(facts) => facts,
        Err(error @ ProgramError::Missing(_)) => {
            tracing::warn!(%error, "a movie is stored without a look into it");
            return Ok(Made { files: stored, ..made });
        }
        Err(error) => return Ok(broken(app, id, &error, made)),
    };
    made.data = Some(json!({
        "original_width": facts.width,
        "original_height": facts.height,
        "original_duration": facts.duration,
        "original_file_size": sent,
    }));
    let asked = asked::of_task(app, preview.task_id).await?;
    let folder = tempfile::tempdir()?;
    let shown = if normalize && !app.settings.files.skip_normalization_full {
        match convert(app, preview, (movie, &facts), &asked, folder.path()).await {
            Ok(converted) => converted,
            Err(error @ ProgramError::Missing(_)) => {
                tracing::warn!(%error, "a movie is stored as it was sent");
                return Ok(Made { files: stored, ..made });
            }
            Err(error) => return Ok(broken(app, id, &error, made)),
        }
    } else {
        PlayerMovies::as_sent(movie, facts, stored)
    };
    match derive(app, id, &shown, asked.rate(), folder).await {
        Ok((pictures, folder)) => made.add_movies(shown, pictures, folder).await?,
        Err(error) => return Ok(broken(app, id, &error, made)),
    }
    Ok(made)
}

/// Movies that players get.
struct PlayerMovies {
    /// In the best definition that there is.
    best: PathBuf,
    /// In the least.
    least: PathBuf,
    /// Of the best.
    facts: MovieFacts,
    /// Places where they are stored.
    files: Files,
}

impl PlayerMovies {
    /// A movie that is stored as it was sent, in those places.
    fn as_sent(movie: &Path, facts: MovieFacts, stored: Files) -> Self {
        Self {
            best: movie.to_path_buf(),
            least: movie.to_path_buf(),
            facts,
            files: stored,
        }
    }
}

/// Reason why a movie can't be shown.
#[derive(Debug, thiserror::Error)]
enum Unshown {
    #[error(transparent)]
    Movie(#[from] ProgramError),
    #[error(transparent)]
    Picture(#[from] PictureError),
}

/// Makes the movies in the definitions that the settings want, and tells of it on the way.
async fn convert(
    app: &App,
    preview: &PreviewSubject,
    (movie, facts): (&Path, &MovieFacts),
    asked: &MovieDemands,
    folder: &Path,
) -> Result<PlayerMovies, ProgramError> {
    let settings = &app.settings;
    let high = (!settings.files.skip_normalization_highdef).then(|| folder.join("high.mp4"));
    let definitions = Definitions {
        high,
        low: folder.join("low.mp4"),
    };
    let (times, heard) = watch::channel(Duration::ZERO);
    let encoding = async {
        let encoded = |time| {
            times.send_replace(time);
        };
        let encoder = Encoder {
            preset: &settings.media.movie_encoding_preset,
            buffer: settings.media.movie_vbv_bufsize_factor,
            // The rest of the job needs some time, too.
            patience: Duration::from_secs(settings.jobs.job_queue_timeout).mul_f64(0.9),
            encoded: &encoded,
        };
        let done = movies::encode(app, movie, facts, asked, &definitions, encoder).await;
        // Whoever listens hears no more.
        drop(times);
        done
    };
    let news = ProgressNews {
        event: "preview-file:progress",
        project_id: preview.project_id,
        facts: payload([("preview_file_id", preview.id), ("task_id", preview.task_id)]),
    };
    let (done, ()) = tokio::join!(encoding, encoding_progress::tell(app, &news, facts.duration, heard));
    done?;
    encoded_movies(app, preview.id, definitions).await
}

/// Movies that were encoded. The one that was sent is stored beside them where the settings say so.
async fn encoded_movies(app: &App, id: Uuid, definitions: Definitions) -> Result<PlayerMovies, ProgramError> {
    let Definitions { high, low } = definitions;
    let best = high.clone().unwrap_or_else(|| low.clone());
    let [high_key, low_key, source_key] = keys::movie(id);
    let mut files: Files = high.map(|path| (high_key, Some(path))).into_iter().collect();
    files.push((low_key, Some(low.clone())));
    if app.settings.files.preview_save_source_file {
        files.push((source_key, None));
    }
    Ok(PlayerMovies {
        facts: movies::probe(app, &best).await?,
        best,
        least: low,
        files,
    })
}

/// Makes the pictures of a movie. The one of all its frames may be missing.
async fn derive(
    app: &App,
    id: Uuid,
    shown: &PlayerMovies,
    rate: f64,
    folder: TempDir,
) -> Result<(Files, TempDir), Unshown> {
    let frame = folder.path().join("frame.png");
    if !movies::write_frame(app, (&shown.best, &shown.facts), 0.0, &frame).await? {
        return Err(ProgramError::Unreadable("it has no frame".into()).into());
    }
    let tiles = folder.path().join("tiles.png");
    let tiled = movies::write_tiles(app, &shown.least, &shown.facts, rate, &tiles).await;
    // The folder goes along: when nobody waits any more, it goes once nothing is written to it.
    let derive = move |frame: &Admitted| Ok((pictures::from_frame(frame, folder.path())?, folder));
    let (derived, folder) = picture_work(app, &frame, Purpose::Frame, derive).await?;
    let mut files: Files = derived
        .pictures
        .into_iter()
        .map(|derived| (keys::picture(derived.prefix, id), Some(derived.path)))
        .collect();
    match tiled {
        Ok(()) => files.push((keys::picture("tiles", id), Some(tiles))),
        Err(error) => tracing::warn!(preview = %id, %error, "a movie has no picture of all its frames"),
    }
    Ok((files, folder))
}

/// Place of a movie of which nothing is made.
fn as_it_was_sent(app: &App, id: Uuid) -> Files {
    let [best, _, source] = keys::movie(id);
    vec![(
        if app.settings.files.preview_save_source_file {
            source
        } else {
            best
        },
        None,
    )]
}

/// A movie that can't be shown. It is kept where the settings say so, for another try.
fn broken(app: &App, id: Uuid, error: &dyn std::fmt::Display, made: Made) -> Made {
    tracing::info!(preview = %id, %error, "a movie can't be shown");
    let [_, _, source] = keys::movie(id);
    let files = if app.settings.files.preview_save_source_file {
        vec![(source, None)]
    } else {
        Vec::new()
    };
    Made {
        status: "broken",
        file_size: 0,
        files,
        ..made
    }
}
