//! Pictures of files that are stored as they are: what they hold, or their first page. A file of which there can be none stays
//! without.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use dailies_definitions::failure::Failure;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use uuid::Uuid;

use super::processing::{status, tell_status};
use super::subject::PreviewSubject;
use super::work::picture_work;
use super::{keys, removal};
use crate::app::{App, SharedApp};
use crate::background::{JobError, Lane};
use crate::config::Settings;
use crate::events::{Work, transact};
use crate::jobs::Job;
use crate::pictures::{self, Admitted, Depiction, DerivedPictures, PictureError, Purpose};
use crate::programs::ProgramError;

/// Reason why there are no pictures of a file.
#[derive(Debug, thiserror::Error)]
enum Undepicted {
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error(transparent)]
    Picture(#[from] PictureError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Makes the pictures of a file, in a folder that goes with them. There are none of a file that is not what its name says, is too
/// large, or needs a program that is not there.
pub(super) async fn depict(
    app: &App,
    preview_id: Uuid,
    depiction: Depiction,
    file: &Path,
) -> Option<(DerivedPictures, TempDir)> {
    match make(app, depiction, file).await {
        Ok(made) => Some(made),
        Err(error) => {
            tracing::info!(preview = %preview_id, %error, "a file has no pictures");
            None
        }
    }
}

async fn make(app: &App, depiction: Depiction, file: &Path) -> Result<(DerivedPictures, TempDir), Undepicted> {
    let folder = tempfile::tempdir()?;
    let page = folder.path().join("page.png");
    let source = match depiction {
        Depiction::Held => file,
        Depiction::FirstPage => {
            app.programs.draw_page(&app.pictures, file, &page).await?;
            page.as_path()
        }
    };
    // The folder goes along: when nobody waits any more, it goes once nothing is written to it.
    let derive = move |source: &Admitted| Ok((pictures::from_upload(source, folder.path())?, folder));
    Ok(picture_work(app, source, Purpose::Preview, derive).await?)
}

/// Pictures that are made of a stored file after the answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FilePictures {
    pub(super) preview_id: Uuid,
    /// Of the file.
    pub(super) extension: String,
}

impl FilePictures {
    /// The pictures of a stored file; `None` where there are none of its kind.
    #[must_use]
    pub fn of(preview_id: Uuid, extension: &str) -> Option<Self> {
        Depiction::of_extension(extension)?;
        Some(Self {
            preview_id,
            extension: extension.to_owned(),
        })
    }

    async fn make(&self, app: &App) -> Result<(), Failure> {
        let id = self.preview_id;
        let Some(depiction) = Depiction::of_extension(&self.extension) else {
            return Ok(());
        };
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("file");
        if !app.storage.download(&keys::generic(id), &file).await? {
            return Ok(());
        }
        let Some((derived, _folder)) = depict(app, id, depiction, &file).await else {
            return Ok(());
        };
        for derived in derived.pictures {
            app.storage
                .put_file(&keys::picture(derived.prefix, id), &derived.path)
                .await?;
        }
        transact(app, || self.tell(app)).await
    }

    /// Tells that there is more to be seen of the preview, unless it is gone.
    async fn tell(&self, app: &App) -> Result<(), Failure> {
        let id = self.preview_id;
        let mut work = Work::begin_as(app, None).await?;
        match status(&*work, id).await? {
            Some(status) => {
                let preview = PreviewSubject::find(&*work, id).await?;
                tell_status(&mut work, preview.project_id, id, &status);
            }
            None => {
                work.afterwards(move |app| Box::pin(removal::discard(&app.storage, keys::all(id).collect())));
            }
        }
        Ok(work.finish().await?)
    }
}

#[async_trait]
impl Job for FilePictures {
    const KIND: &'static str = "preview-pictures";
    const LANE: Lane = Lane::Media;
    const ATTEMPTS: i32 = 4;

    fn patience(settings: &Settings) -> Duration {
        Duration::from_secs(settings.jobs.job_queue_timeout)
    }

    async fn run(&self, app: &SharedApp, _id: Uuid) -> Result<(), JobError> {
        self.make(app).await.map_err(JobError::of)
    }
}
