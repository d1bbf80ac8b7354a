//! Pictures that are taken from stored movies when somebody asks for them.

use std::path::PathBuf;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use dailies_definitions::rules::RecordRule;
use poem::http::{StatusCode, header};
use poem::{Body, Response};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use super::frames::fetch;
use super::movies::{self, MovieFacts};
use super::subject::PreviewSubject;
use super::{asked, keys};
use crate::access::records::{self, require_record};
use crate::app::{App, SharedApp};
use crate::programs::{self, ProgramError};
use crate::storage::Disposition;

/// Name of the movie in its folder.
const FILE: &str = "movie";

/// A preview of a production that the caller manages.
///
/// # Errors
/// 404 when there is no such preview, 403 for those who don't manage the production.
pub(super) async fn managed(app: &App, caller: &Caller, id: Uuid) -> Result<PreviewSubject, Failure> {
    let preview = PreviewSubject::find(&app.database, id).await?;
    let production = records::RecordSubject::Production(preview.project_id);
    require_record(&app.database, caller, RecordRule::ProductionManager, production).await?;
    Ok(preview)
}

/// True if a preview is a movie.
pub(super) fn is_movie(preview: &PreviewSubject) -> bool {
    preview.extension == "mp4"
}

/// 404: there is a preview, but its file is not stored here.
pub(super) fn missing_file() -> Failure {
    Failure::answer(
        StatusCode::NOT_FOUND,
        json!({"error": "preview file binary is not available"}),
    )
}

/// Answer with a file that was made for it alone.
pub(super) fn sent(content_type: &str, disposition: Disposition<'_>, body: Body) -> Media {
    let response = Response::builder()
        .header(header::CONTENT_TYPE, content_type)
        .header(header::CACHE_CONTROL, "no-cache");
    Media::new(
        response
            .header(header::CONTENT_DISPOSITION, disposition.header())
            .body(body),
    )
}

pub(super) fn sent_picture(name: &str, content: Vec<u8>) -> Media {
    sent("image/png", Disposition::Inline(name), Body::from_vec(content))
}

/// A movie that was brought from the store.
pub(super) struct Movie {
    folder: TempDir,
    facts: MovieFacts,
    /// Frames in a second, as people count them.
    rate: f64,
}

impl Movie {
    /// Brings the movie of a preview from the store.
    ///
    /// # Errors
    /// 404 when it is not there, 400 when it can't be read, 503 when there is no program for it.
    pub(super) async fn fetch(app: &App, preview: &PreviewSubject) -> Result<Self, Failure> {
        Self::fetch_at(app, preview, asked::of_task(app, preview.task_id).await?.rate()).await
    }

    /// Brings the movie of a preview whose frame rate is known from the store.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    pub(super) async fn fetch_at(app: &App, preview: &PreviewSubject, rate: f64) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join(FILE);
        if !fetch(app, &keys::movie(preview.id), &path).await? {
            return Err(missing_file());
        }
        Ok(Self {
            facts: movies::probe(app, &path).await.map_err(refusal)?,
            rate,
            folder,
        })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    /// One of its frames as a PNG file, by its number from 1 on; nothing where it has none.
    ///
    /// # Errors
    /// 400 when the movie can't be read, 503 when there is no program for it.
    pub(super) async fn frame(&self, app: &App, number: i64) -> Result<Option<PathBuf>, Failure> {
        let path = self.folder.path().join(format!("frame-{number}.png"));
        let second = movies::second_of(number, self.rate);
        let written = movies::write_frame(app, (&self.path(), &self.facts), second, &path)
            .await
            .map_err(refusal)?;
        Ok(written.then_some(path))
    }
}

fn refusal(error: ProgramError) -> Failure {
    match error {
        ProgramError::Missing(program) => programs::missing(program),
        ProgramError::Unreadable(reason) => {
            tracing::info!(reason, "a stored movie can't be read");
            Failure::parameter("The movie can't be read.")
        }
        error @ ProgramError::Io(_) => error.into(),
    }
}

/// Sends a frame of a movie.
///
/// # Errors
/// 404, 403, 400 and 503 as the contract says.
pub(super) async fn frame(app: &SharedApp, caller: &Caller, id: Uuid, number: i64) -> Result<Media, Failure> {
    let _turn = app.pictures.turn(caller.person.id).await;
    let preview = managed(app, caller, id).await?;
    if !is_movie(&preview) {
        return Err(Failure::not_found());
    }
    let movie = Movie::fetch(app, &preview).await?;
    let frame = movie
        .frame(app, number)
        .await?
        .ok_or_else(|| Failure::parameter(format!("The movie has no frame {number}.")).naming("frame_number"))?;
    Ok(sent_picture(
        &format!("{id}_frame_{number}.png"),
        tokio::fs::read(frame).await?,
    ))
}

/// Makes the picture of all frames anew, stores it and sends it.
///
/// # Errors
/// 404, 403, 400 and 503 as the contract says.
pub(super) async fn tile(app: &SharedApp, caller: &Caller, id: Uuid) -> Result<Media, Failure> {
    let _turn = app.pictures.turn(caller.person.id).await;
    let preview = PreviewSubject::find(&app.database, id).await?;
    preview.require_reader(app, caller).await?;
    if !is_movie(&preview) {
        return Err(Failure::parameter("Preview file is not a movie"));
    }
    let picture = make_tiles(app, &preview).await?;
    Ok(sent_picture(&format!("{id}_tile.png"), picture))
}

/// Makes the picture of all frames of a movie, stores it and gives it.
///
/// # Errors
/// 404 when the movie is not there, 400 when it can't be read, 503 when there is no room for it now.
pub(super) async fn make_tiles(app: &App, preview: &PreviewSubject) -> Result<Vec<u8>, Failure> {
    let movie = Movie::fetch(app, preview).await?;
    let tiles = movie.folder.path().join("tiles.png");
    movies::write_tiles(app, &movie.path(), &movie.facts, movie.rate, &tiles)
        .await
        .map_err(refusal)?;
    app.storage
        .put_file(&keys::picture("tiles", preview.id), &tiles)
        .await?;
    Ok(tokio::fs::read(tiles).await?)
}
