//! Movies that players get of one that was sent, with their pictures.
//!
//! Without ffmpeg, the movie is stored as it was sent. When ffmpeg fails, is ended by the system or takes too long, the preview is
//! broken, and the movie is gone unless sources are kept. When the server itself dies, the job of the preview (`processing.rs`)
//! makes everything once more.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dailies_definitions::failure::Failure;
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use super::{Files, Made};
use crate::app::App;
use crate::events::payload;
use crate::pictures::{self, Admitted, PictureError, Purpose};
use crate::previews::encoding_progress::{self, ProgressNews};
use crate::previews::movies::{self, Definitions, Encoder, MovieDemands, MovieFacts};
use crate::previews::subject::PreviewSubject;
use crate::previews::work::picture_work;
use crate::previews::{asked, keys};
use crate::programs::ProgramError;

impl Made {
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

/// Makes the movies that players get, in high and low definition, with pictures of the first frame and of all frames. Where
/// that is not wanted, the movie is stored as it was sent, with the same pictures. Nothing is stored of one that can't be
/// read; where there is no program to read it with, it is taken on trust.
///
/// # Errors
/// A folder can't be made, or the database does not answer.
pub(in crate::previews) async fn make_movie(
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
    let places = &definitions;
    let news = ProgressNews {
        event: "preview-file:progress",
        project_id: preview.project_id,
        facts: payload([("preview_file_id", preview.id), ("task_id", preview.task_id)]),
    };
    encoding_progress::tell_while(app, &news, facts.duration, |encoded| async move {
        let encoder = Encoder {
            preset: &settings.media.movie_encoding_preset,
            buffer: settings.media.movie_vbv_bufsize_factor,
            // The rest of the job needs some time, too.
            patience: Duration::from_secs(settings.jobs.job_queue_timeout).mul_f64(0.9),
            encoded: &*encoded,
        };
        movies::encode(app, movie, facts, asked, places, encoder).await
    })
    .await?;
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
