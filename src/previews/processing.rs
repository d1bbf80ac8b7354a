//! The job of a preview whose file came in: what a request had no time for, or broke off in when the server was killed.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use dailies_definitions::failure::Failure;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::making::{Made, make_generic, make_movie, make_pictures};
use super::subject::PreviewSubject;
use super::upload::release;
use super::work::failure;
use super::{keys, main_preview, removal};
use crate::app::{App, SharedApp};
use crate::background::{JobError, Lane};
use crate::config::Settings;
use crate::database::{self, Sql};
use crate::events::{Payload, ToldComment, Work, payload, transact};
use crate::jobs::Job;
use crate::pictures::{self, MediaKind};
use crate::storage::FileKey;

/// Rest of the work for a preview once its name is in the record: everything is made again from the first file that was
/// stored. If there is none, the name goes, and the file can be sent again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Processing {
    preview_id: Uuid,
    /// Person who sent the file.
    author_id: Uuid,
    kind: MediaKind,
    /// Of the stored file.
    extension: String,
    /// True if the file was announced by the request.
    announced: bool,
    /// True if players get a movie in definitions of their own.
    #[serde(default = "usual")]
    normalize: bool,
}

/// Jobs of earlier releases say nothing of definitions.
const fn usual() -> bool {
    true
}

impl Processing {
    /// The job of an upload of which that is made.
    pub(super) fn new(preview_id: Uuid, author_id: Uuid, made: &Made, normalize: bool) -> Self {
        Self {
            preview_id,
            author_id,
            kind: made.kind,
            extension: made.extension.clone(),
            announced: made.is_unfinished(),
            normalize,
        }
    }

    /// The preview that it is about.
    pub(super) fn preview_id(&self) -> Uuid {
        self.preview_id
    }

    /// Keys of the first file that was stored.
    fn first_files(&self) -> Vec<FileKey> {
        let id = self.preview_id;
        match self.kind {
            MediaKind::Picture => vec![keys::sent_picture(id), keys::picture("original", id)],
            MediaKind::Movie => {
                let [best, _, source] = keys::movie(id);
                vec![source, best]
            }
            MediaKind::Generic => vec![keys::generic(id)],
        }
    }

    async fn process(&self, app: &SharedApp) -> Result<(), Failure> {
        let id = self.preview_id;
        match status(&app.database, id).await?.as_deref() {
            None => {
                removal::discard(&app.storage, keys::all(id).collect()).await;
                return Ok(());
            }
            Some("processing") => {}
            // It was done before, and only the job was left behind.
            Some(_) => return Ok(()),
        }
        let folder = tempfile::tempdir()?;
        let source = folder.path().join("source");
        let Some(first) = self.fetch_first(app, &source).await? else {
            let release = || async {
                let work = Work::begin_as(app, None).await?;
                release(&work, id).await?;
                Ok(work.finish().await?)
            };
            return transact(app, release).await;
        };
        let made = self.make_again(app, &source, &first).await?;
        for (key, path) in made.files.iter().filter(|(key, path)| path.is_some() || *key != first) {
            app.storage.put_file(key, path.as_deref().unwrap_or(&source)).await?;
        }
        transact(app, || self.enter(app, &made)).await?;
        // A file that was stored only to be processed is removed.
        if self.kind != MediaKind::Generic
            && made.files.iter().all(|(key, _)| *key != first)
            && first != keys::picture("original", id)
        {
            removal::discard(&app.storage, vec![first]).await;
        }
        Ok(())
    }

    /// Fetches the first file that is stored, and gives its key.
    async fn fetch_first(&self, app: &App, source: &Path) -> Result<Option<FileKey>, Failure> {
        for key in self.first_files() {
            if app.storage.download(&key, source).await? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// Makes everything from the first file that was stored.
    async fn make_again(&self, app: &App, source: &Path, first: &FileKey) -> Result<Made, Failure> {
        let id = self.preview_id;
        let size = tokio::fs::metadata(source).await?.len();
        let made = Made::new(self.kind, self.extension.clone(), size);
        match self.kind {
            MediaKind::Picture => {
                // An original was made of the upload before.
                let derive = if *first == keys::sent_picture(id) {
                    pictures::from_upload
                } else {
                    pictures::variants
                };
                make_pictures(app, id, source, made, derive).await.map_err(failure)
            }
            MediaKind::Movie => {
                let preview = PreviewSubject::find(&app.database, id).await?;
                make_movie(app, &preview, source, made, self.normalize).await
            }
            MediaKind::Generic => Ok(make_generic(app, id, source, made).await),
        }
    }

    async fn enter(&self, app: &App, made: &Made) -> Result<(), Failure> {
        let id = self.preview_id;
        let mut work = Work::begin_as(app, Some(self.author_id)).await?;
        // Whoever was held up may have done it meanwhile.
        if status(&*work, id).await?.as_deref() != Some("processing") {
            return Ok(());
        }
        let preview = PreviewSubject::find(&*work, id).await?;
        enter(
            &mut work,
            &preview,
            made,
            if self.announced {
                Telling::Outcome
            } else {
                Telling::Arrival
            },
        )
        .await?;
        Ok(work.finish().await?)
    }

    async fn break_off(&self, app: &App) -> Result<(), Failure> {
        let id = self.preview_id;
        let mut work = Work::begin_as(app, Some(self.author_id)).await?;
        if status(&*work, id).await?.as_deref() == Some("processing") {
            let preview = PreviewSubject::find(&*work, id).await?;
            database::update(
                &*work,
                &entity::preview_file::TABLE,
                id,
                vec![("status", "broken".into())],
            )
            .await?;
            tell_status(&mut work, preview.project_id, id, "broken");
        }
        Ok(work.finish().await?)
    }
}

#[async_trait]
impl Job for Processing {
    const KIND: &'static str = "preview-processing";
    const LANE: Lane = Lane::Media;
    const ATTEMPTS: i32 = 4;

    fn patience(settings: &Settings) -> Duration {
        Duration::from_secs(settings.jobs.job_queue_timeout)
    }

    async fn run(&self, app: &SharedApp, _id: Uuid) -> Result<(), JobError> {
        self.process(app).await.map_err(JobError::of)
    }

    /// Marks the preview as broken, so that nobody waits for it for ever.
    async fn given_up(&self, app: &SharedApp) -> Result<(), JobError> {
        transact(app, || self.break_off(app)).await.map_err(JobError::of)
    }
}

pub(super) async fn status(connection: &impl ConnectionTrait, id: Uuid) -> Result<Option<String>, Failure> {
    let sql = Sql::with("SELECT status FROM preview_file WHERE id = $1", [id.into()]);
    Ok(database::read_value::<Option<String>>(connection, &sql)
        .await?
        .flatten())
}

/// Way in which a change of a preview is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// The file has come.
    Arrival,
    /// The file, which was told of before, is ready or broken.
    Outcome,
}

/// Enters what is known of the stored file into the record, and tells of it.
///
/// # Errors
/// 404 when the record is gone.
pub(super) async fn enter(
    work: &mut Work<'_>,
    preview: &PreviewSubject,
    made: &Made,
    telling: Telling,
) -> Result<(), Failure> {
    let PreviewSubject {
        id,
        task_id,
        project_id,
        ..
    } = *preview;
    let mut values = vec![
        ("extension", made.extension.as_str().into()),
        ("status", made.status.into()),
        ("width", made.width.into()),
        ("height", made.height.into()),
        ("duration", made.duration.into()),
        ("file_size", i64::try_from(made.file_size).unwrap_or(i64::MAX).into()),
    ];
    values.extend(made.data.clone().map(|data| ("data", data.into())));
    if !database::update(&**work, &entity::preview_file::TABLE, id, values).await? {
        return Err(Failure::not_found());
    }
    tell_status(work, project_id, id, made.status);
    let shown = made.kind != MediaKind::Generic && made.status == "ready";
    if shown && preview.position == Some(1) {
        main_preview::set_last_preview(work, task_id, id).await?;
    }
    if telling == Telling::Outcome {
        return Ok(());
    }
    if made.kind == MediaKind::Movie && !made.is_unfinished() {
        tell_status(work, project_id, id, made.status);
    }
    if let Some(comment) = comment_of(&**work, id).await? {
        work.tell_of_comment(project_id, "update", comment, Payload::default());
        let mut told = payload([
            ("comment_id", comment.id),
            ("task_id", task_id),
            ("preview_file_id", id),
        ]);
        told.insert("revision".into(), json!(preview.revision));
        told.insert("extension".into(), json!(made.extension));
        told.insert("status".into(), json!(made.status));
        work.emit_in(project_id, "preview-file:add-file", told);
    }
    Ok(())
}

/// Tells that a preview has changed, and what its status is now.
pub fn tell_status(work: &mut Work<'_>, project_id: Option<Uuid>, id: Uuid, status: &str) {
    let mut told = payload([("preview_file_id", id)]);
    told.insert("status".into(), json!(status));
    work.emit_in(project_id, "preview-file:update", told);
}

/// The first comment that holds the preview.
async fn comment_of(connection: &impl ConnectionTrait, id: Uuid) -> Result<Option<ToldComment>, Failure> {
    let sql = Sql::with(
        "SELECT c.id, c.object_id AS task_id, c.person_id, c.for_client FROM comment_preview_link l JOIN comment c ON c.id = l.comment \
         WHERE l.preview_file = $1 ORDER BY c.created_at, c.id LIMIT 1",
        [id.into()],
    );
    Ok(database::read_one(connection, &sql).await?)
}
