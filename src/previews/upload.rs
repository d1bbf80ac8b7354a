//! The file of a preview comes in: it is stored, and what is made of it.
//!
//! Files are made in a temporary folder and stored before the record says so. Of several uploads to the same preview the
//! one that enters its name into the record first is taken, so that no other touches the stored files. From then on there
//! is a job for what is left to do, which the request does by itself as long as the server lives.

use std::path::PathBuf;
use std::sync::Arc;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::PreviewFile;
use dailies_definitions::submission::{Submission, UploadedFile};
use uuid::Uuid;

use super::depicting::FilePictures;
use super::making::{Made, Treatment, make};
use super::processing::{Processing, Telling, enter};
use super::subject::PreviewSubject;
use super::{removal, rows};
use crate::app::{App, SharedApp};
use crate::database::{self, Sql};
use crate::events::{Work, payload, transact};
use crate::jobs::{self, LeasedJob};
use crate::pictures;

/// Longest name that a record keeps, in characters.
const NAME_LENGTH: usize = 250;

/// Share of the work that comes before the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadTiming {
    /// All of it.
    Answered,
    /// Movies are worked on after the answer, where the settings say so.
    Afterwards,
}

/// Options of the sender of a movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UploadOptions {
    /// True if players get it in definitions of their own, rather than as it was sent.
    pub normalize: bool,
    pub timing: UploadTiming,
}

/// Takes the file of a preview that somebody sends.
///
/// # Errors
/// 404, 403 and 400 as the contract says.
pub(super) async fn upload(
    app: &SharedApp,
    caller: &Caller,
    id: Uuid,
    form: Submission,
    options: UploadOptions,
) -> Result<Json<PreviewFile>, Failure> {
    let preview = PreviewSubject::find(&app.database, id).await?;
    preview.require_actor(app, caller).await?;
    if preview.has_file() {
        return Err(already_there());
    }
    let file = form
        .file("file")
        .ok_or_else(|| Failure::parameter("File not provided.").naming("file"))?;
    accept(app, caller, &preview, file, options).await?;
    Ok(Json::written(rows::record(&app.database, id).await?))
}

/// Takes a file that came along with a comment for a preview that was just added to it.
///
/// # Errors
/// 400 when the file can't be taken; the record of the preview is gone then.
pub async fn accept_for(
    app: &SharedApp,
    caller: &Caller,
    preview_id: Uuid,
    file: &UploadedFile,
) -> Result<(), Failure> {
    let preview = PreviewSubject::find(&app.database, preview_id).await?;
    accept(
        app,
        caller,
        &preview,
        file,
        UploadOptions {
            normalize: true,
            timing: UploadTiming::Afterwards,
        },
    )
    .await
}

/// Stores the file of a preview that has none yet. A file that can't be taken is answered with 400, and the record of the
/// preview goes.
async fn accept(
    app: &SharedApp,
    caller: &Caller,
    preview: &PreviewSubject,
    file: &UploadedFile,
    options: UploadOptions,
) -> Result<(), Failure> {
    let UploadOptions { normalize, timing } = options;
    let later = timing == UploadTiming::Afterwards && app.settings.jobs.enable_job_queue;
    let made = match make(app, preview, file, Treatment { normalize, later }).await {
        Ok(made) => made,
        Err(refusal) if refusal.status().is_client_error() => {
            transact(app, || drop_record(app, caller, preview.id)).await?;
            return Err(refusal);
        }
        Err(fault) => return Err(fault),
    };
    // A task of its own comes to an end when the sender hangs up, so the record is never left between two states.
    let upload = Upload {
        path: file.path.to_path_buf(),
        name: file.name.clone(),
        made,
        normalize,
    };
    tokio::spawn(store(Arc::clone(app), caller.person.id, preview.clone(), upload)).await?
}

/// An upload that is ready to be stored.
struct Upload {
    /// Place of the file that was sent.
    path: PathBuf,
    name: String,
    made: Made,
    normalize: bool,
}

/// Stores the files, and enters them into the record. What can't be entered is removed again.
async fn store(app: SharedApp, author: Uuid, preview: PreviewSubject, upload: Upload) -> Result<(), Failure> {
    let Upload {
        path,
        name,
        made,
        normalize,
    } = upload;
    let later = made.is_unfinished();
    let job = Processing::new(preview.id, author, &made, normalize);
    let held = transact(&app, || claim(&app, author, &name, &job)).await?;
    let stored = async {
        for (key, derived) in &made.files {
            app.storage.put_file(key, derived.as_deref().unwrap_or(&path)).await?;
        }
        let enter = || async {
            let mut work = Work::begin_as(&app, Some(author)).await?;
            enter(&mut work, &preview, &made, Telling::Arrival).await?;
            if made.depicted_later {
                let pictures = FilePictures {
                    preview_id: preview.id,
                    extension: made.extension.clone(),
                };
                jobs::enqueue(&mut work, &[pictures]).await?;
            }
            // If this server was held up for long, another one may have taken the job over. Then the change is that server's.
            let own = if later {
                held.hand_over(&mut work).await?
            } else {
                held.finish(&app.database).await?
            };
            if own {
                work.finish().await?;
            }
            Ok(())
        };
        transact(&app, enter).await
    };
    if let Err(error) = stored.await {
        removal::discard(&app.storage, made.files.into_iter().map(|(key, _)| key).collect()).await;
        let give_up = || async {
            let work = Work::begin_as(&app, None).await?;
            release(&work, preview.id).await?;
            held.finish(&app.database).await?;
            Ok::<_, Failure>(work.finish().await?)
        };
        transact(&app, give_up).await?;
        return Err(error);
    }
    Ok(())
}

fn already_there() -> Failure {
    Failure::refused("The browser (or proxy) sent a request that this server could not understand.").naming("file")
}

/// Enters the name of the upload into the record, unless another upload did so first, and begins the job.
async fn claim(app: &SharedApp, author: Uuid, file_name: &str, job: &Processing) -> Result<LeasedJob, Failure> {
    let id = job.preview_id();
    // A name that is an extension alone would leave the record as if nothing had been sent.
    let stem = Some(pictures::name_without_extension(file_name))
        .filter(|stem| !stem.is_empty())
        .unwrap_or(file_name);
    let name: String = stem.chars().take(NAME_LENGTH).collect();
    let work = Work::begin_as(app, Some(author)).await?;
    let sql = Sql::with(
        "UPDATE preview_file SET original_name = $1 WHERE id = $2 AND COALESCE(original_name, '') = ''",
        [name.into(), id.into()],
    );
    if database::execute(&*work, &sql).await? == 0 {
        // Either another one was first, or the record is gone.
        PreviewSubject::find(&*work, id).await?;
        return Err(already_there());
    }
    let held = LeasedJob::begin(&work, job).await?;
    work.finish().await?;
    Ok(held)
}

/// Takes the name back, so that the file can be sent again.
///
/// # Errors
/// The database refuses.
pub(super) async fn release(work: &Work<'_>, id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with(
        "UPDATE preview_file SET original_name = NULL WHERE id = $1",
        [id.into()],
    );
    database::execute(&**work, &sql).await?;
    Ok(())
}

/// Removes the record of a preview whose file can't be taken, unless another upload was taken meanwhile.
async fn drop_record(app: &App, caller: &Caller, id: Uuid) -> Result<(), Failure> {
    let mut work = Work::begin(app, caller).await?;
    let preview = PreviewSubject::find(&*work, id).await?;
    if preview.has_file() {
        return Err(already_there());
    }
    removal::remove(&mut work, id).await?;
    work.emit_in(
        preview.project_id,
        "preview-file:delete",
        payload([("preview_file_id", id)]),
    );
    Ok(work.finish().await?)
}
