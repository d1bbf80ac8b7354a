//! Frames with what reviewers drew on them: one of them, or all as an archive or a document.

mod moments;
mod words;

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::PathBuf;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use image::RgbImage;
use poem::Body;
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use self::moments::{DrawnMoment, by_frame, is_at, together};
use self::words::Words;
use super::extraction::{Movie, is_movie, managed, missing_file, sent, sent_picture};
use super::frames::fetch;
use super::names::{download_name, packed_name};
use super::subject::PreviewSubject;
use super::work::{failure, picture_work};
use super::{asked, keys};
use crate::app::{App, SharedApp};
use crate::database::{self, Sql};
use crate::pictures::{self, Document, MediaKind, PictureError, Purpose};
use crate::storage::{Disposition, FileKey};

/// Most annotations of one archive or document.
const MOST_ANNOTATIONS: usize = 500;

/// Kind of a preview that can be drawn on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum DrawnKind {
    /// A movie, with its frames in a second.
    Movie(f64),
    Picture,
}

impl DrawnKind {
    /// The kind of a preview; `what` is to be taken out of it.
    ///
    /// # Errors
    /// 400 for what is neither movie nor picture.
    async fn of(app: &App, preview: &PreviewSubject, what: &str) -> Result<Self, Failure> {
        if is_movie(preview) {
            return Ok(Self::Movie(asked::of_task(app, preview.task_id).await?.rate()));
        }
        let extension = &preview.extension;
        if MediaKind::of_extension(extension) == Some(MediaKind::Picture) {
            Ok(Self::Picture)
        } else {
            Err(Failure::refused(format!(
                "Cannot extract {what} from preview with extension '{extension}'"
            )))
        }
    }
}

/// Places of the picture that a drawing lies on.
fn places(preview: &PreviewSubject) -> Vec<FileKey> {
    if is_movie(preview) {
        keys::movie(preview.id).to_vec()
    } else {
        ["previews", "original"]
            .map(|prefix| keys::picture(prefix, preview.id))
            .to_vec()
    }
}

/// Refuses a preview that was imported without its file, as long as that did not come.
///
/// # Errors
/// 404 for such a preview.
async fn require_imported(app: &App, preview: &PreviewSubject) -> Result<(), Failure> {
    let sql = Sql::with("SELECT data FROM preview_file WHERE id = $1", [preview.id.into()]);
    let data = database::read_value::<Option<Value>>(&app.database, &sql)
        .await?
        .flatten();
    if data.is_none_or(|data| data["imported_only"] != true) {
        return Ok(());
    }
    for place in places(preview) {
        if app.storage.exists(&place).await? {
            return Ok(());
        }
    }
    Err(missing_file())
}

/// The picture that a drawing lies on.
enum Base {
    Movie(Movie),
    Picture(TempDir),
}

impl Base {
    /// Fetches what drawings of a preview lie on.
    ///
    /// # Errors
    /// 404 when it is not stored here.
    async fn fetch(app: &App, preview: &PreviewSubject, kind: DrawnKind) -> Result<Self, Failure> {
        if let DrawnKind::Movie(rate) = kind {
            return Ok(Self::Movie(Movie::fetch_at(app, preview, rate).await?));
        }
        let folder = tempfile::tempdir()?;
        if fetch(app, &places(preview), &folder.path().join("picture")).await? {
            Ok(Self::Picture(folder))
        } else {
            Err(missing_file())
        }
    }

    /// The file of a frame; nothing where a movie has none.
    async fn frame(&self, app: &App, number: i64) -> Result<Option<PathBuf>, Failure> {
        match self {
            Self::Movie(movie) => movie.frame(app, number).await,
            Self::Picture(folder) => Ok(Some(folder.path().join("picture"))),
        }
    }
}

/// Sends one frame with what was drawn on it.
///
/// # Errors
/// 404, 403, 400 and 503 as the contract says.
pub(super) async fn frame(app: &SharedApp, caller: &Caller, id: Uuid, number: Option<i64>) -> Result<Media, Failure> {
    let _turn = app.pictures.turn(caller.person.id).await;
    let preview = managed(app, caller, id).await?;
    if number.is_some_and(|number| number < 1) {
        return Err(Failure::field(
            "frame_number",
            "Input should be greater than or equal to 1",
        ));
    }
    let number = match number {
        None if is_movie(&preview) => return Err(Failure::parameter("frame_number is required for movie previews")),
        number => number.unwrap_or(1),
    };
    require_imported(app, &preview).await?;
    let kind = DrawnKind::of(app, &preview, "annotated frame").await?;
    let mut moments = moments::of_preview(app, id).await?.into_iter();
    let moment = match kind {
        DrawnKind::Movie(rate) => together(moments.filter(|moment| is_at(moment, number, rate))),
        DrawnKind::Picture => moments.next(),
    };
    let moment = moment.ok_or_else(|| match kind {
        DrawnKind::Movie(_) => {
            Failure::refused(format!("No annotation found for frame {number}")).naming("frame_number")
        }
        DrawnKind::Picture => Failure::refused("No annotation found on picture preview"),
    })?;
    let base = Base::fetch(app, &preview, kind).await?;
    let frame = base
        .frame(app, number)
        .await?
        .ok_or_else(|| Failure::parameter(format!("The movie has no frame {number}.")).naming("frame_number"))?;
    let draw = move |frame: &pictures::Admitted| pictures::png(&pictures::annotated(frame, &moment.objects)?.into());
    let content = picture_work(app, &frame, Purpose::Drawing, draw)
        .await
        .map_err(failure)?;
    Ok(sent_picture(&format!("{id}_annotated_frame_{number}.png"), content))
}

/// All that was drawn on a preview.
struct Drawn {
    preview: PreviewSubject,
    base: Base,
    frames: Vec<(i64, DrawnMoment)>,
    /// Name of the preview's file, without its extension.
    name: String,
}

impl Drawn {
    /// The drawings of a preview with what they lie on, for those who manage it.
    ///
    /// # Errors
    /// 404, 403 and 400 as the contract says.
    async fn find(app: &App, caller: &Caller, id: Uuid) -> Result<Self, Failure> {
        let preview = managed(app, caller, id).await?;
        require_imported(app, &preview).await?;
        let moments = moments::of_preview(app, id).await?;
        if moments.is_empty() {
            return Err(Failure::refused("Preview file has no annotations"));
        }
        if moments.len() > MOST_ANNOTATIONS {
            return Err(Failure::refused(format!(
                "The preview has more than {MOST_ANNOTATIONS} annotations."
            )));
        }
        let kind = DrawnKind::of(app, &preview, "annotated frames").await?;
        let base = Base::fetch(app, &preview, kind).await?;
        let frames = match kind {
            DrawnKind::Movie(rate) => by_frame(moments, rate),
            DrawnKind::Picture => (1..).zip(moments).collect(),
        };
        let name = download_name(app, &preview, "png").await?;
        Ok(Self {
            name: pictures::name_without_extension(&name).to_owned(),
            preview,
            base,
            frames,
        })
    }

    /// Adds each frame that there is to what is made of them, one after the other.
    ///
    /// # Errors
    /// 400 when there is none, or one can't be read.
    async fn gather<T, W>(self, app: &App, mut made: T, add: W) -> Result<T, Failure>
    where
        T: Send + 'static,
        W: Fn(T, i64, RgbImage) -> Result<T, PictureError> + Clone + Send + 'static,
    {
        let mut found = false;
        for (number, moment) in self.frames {
            let Some(frame) = self.base.frame(app, number).await? else {
                continue;
            };
            let add = add.clone();
            let work =
                move |frame: &pictures::Admitted| add(made, number, pictures::annotated(frame, &moment.objects)?);
            made = picture_work(app, &frame, Purpose::Drawing, work)
                .await
                .map_err(failure)?;
            found = true;
            if matches!(self.base, Base::Movie(_)) {
                tokio::fs::remove_file(&frame).await?;
            }
        }
        if found {
            Ok(made)
        } else {
            Err(Failure::refused(
                "No annotated frame could be extracted from this preview",
            ))
        }
    }
}

/// Sends all frames that were drawn on as a ZIP archive.
///
/// # Errors
/// 404, 403, 400 and 503 as the contract says.
pub(super) async fn archive(app: &SharedApp, caller: &Caller, id: Uuid) -> Result<Media, Failure> {
    let _turn = app.pictures.turn(caller.person.id).await;
    let drawn = Drawn::find(app, caller, id).await?;
    let name = format!("{}_annotated_frames.zip", drawn.name);
    let base = packed_name(&drawn.name);
    let add = move |mut archive: ZipWriter<File>, number: i64, picture: RgbImage| {
        // A picture in PNG gets no smaller.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive
            .start_file(format!("{base}_frame_{number}.png"), options)
            .map_err(io::Error::other)?;
        archive.write_all(&pictures::png(&picture.into())?)?;
        Ok(archive)
    };
    let archive = drawn.gather(app, ZipWriter::new(tempfile::tempfile()?), add).await?;
    let mut file = archive.finish()?;
    file.rewind()?;
    Ok(sent(
        "application/zip",
        Disposition::Attachment(&name),
        Body::from_async_read(tokio::fs::File::from_std(file)),
    ))
}

/// Sends all frames that were drawn on as a PDF, a page for each.
///
/// # Errors
/// 404, 403, 400 and 503 as the contract says.
pub(super) async fn document(app: &SharedApp, caller: &Caller, id: Uuid) -> Result<Media, Failure> {
    let _turn = app.pictures.turn(caller.person.id).await;
    let drawn = Drawn::find(app, caller, id).await?;
    let name = format!("{}_annotated_frames.pdf", drawn.name);
    let words = Words::find(app, &drawn.preview).await?;
    let (started, is_movie) = (Document::new(&words.title).map_err(failure)?, is_movie(&drawn.preview));
    let add = move |mut document: Document, number: i64, picture: RgbImage| {
        document.add(&picture, &words.page(number, is_movie))?;
        Ok(document)
    };
    let document = drawn.gather(app, started, add).await?;
    let content = tokio::task::spawn_blocking(move || document.finish())
        .await?
        .map_err(failure)?;
    Ok(sent(
        "application/pdf",
        Disposition::Attachment(&name),
        Body::from_vec(content),
    ))
}
