//! Making a preview the main one of its entity, with a chosen frame of its movie as its pictures.

use std::path::Path;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::ShownEntity;

use super::movies;
use super::subject::PreviewSubject;
use super::work::{failure, picture_work};
use super::{asked, keys, main_preview, rows};
use crate::access::data_mask::DataMask;
use crate::access::tasks::PRESENT;
use crate::app::{App, SharedApp};
use crate::events::{Work, transact};
use crate::pictures::{self, Admitted, Purpose};
use crate::programs::ProgramError;
use crate::storage::{FileKey, StorageError};

/// Makes a preview the main one, with the pictures of that frame if one is asked for.
///
/// # Errors
/// 404, 403 and 400 as the contract says.
pub(super) async fn set_main(
    app: &SharedApp,
    caller: &Caller,
    id: uuid::Uuid,
    frame_number: Option<i32>,
) -> Result<Json<ShownEntity>, Failure> {
    let preview = PreviewSubject::find(&app.database, id).await?;
    preview.require(app, caller, &PRESENT).await?;
    let entity_id = preview.entity_id.ok_or_else(Failure::not_found)?;
    let mut redrawn = false;
    if let Some(number) = frame_number {
        if preview.extension != "mp4" {
            return Err(Failure::parameter("Can't use a given frame on non movie preview").naming("frame_number"));
        }
        redrawn = show_frame(app, &preview, number).await?;
    }
    let change = || async {
        let mut work = Work::begin(app, caller).await?;
        let changed = main_preview::set_main_preview(&mut work, entity_id, id).await?;
        if redrawn && !changed {
            main_preview::tell_main_preview(&mut work, entity_id).await?;
        }
        let mut text = rows::entity(&*work, entity_id).await?;
        if let Some(mask) = DataMask::of(&*work, caller).await? {
            mask.apply(&mut text, 0);
        }
        let text = main_preview::with_status(&*work, entity_id, text).await?;
        work.finish().await?;
        Ok::<_, Failure>(text)
    };
    Ok(Json::written(transact(app, change).await?))
}

/// Brings a stored file to a path, from the first of the places where it is. Says whether it is anywhere.
pub(super) async fn fetch(app: &App, places: &[FileKey], path: &Path) -> Result<bool, StorageError> {
    for key in places {
        if app.storage.download(key, path).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Replaces the pictures of a movie by those of one of its frames, counted from 1. Without the movie, or without a program
/// that reads it, the pictures stay as they are, which gives false.
async fn show_frame(app: &App, preview: &PreviewSubject, number: i32) -> Result<bool, Failure> {
    let folder = tempfile::tempdir()?;
    let movie = folder.path().join("movie");
    if !fetch(app, &keys::movie(preview.id), &movie).await? {
        return Ok(false);
    }
    let second = movies::second_of(number.into(), asked::of_task(app, preview.task_id).await?.rate());
    let frame = folder.path().join("frame.png");
    let taken = async {
        let facts = movies::probe(app, &movie).await?;
        movies::write_frame(app, (&movie, &facts), second, &frame).await
    };
    match taken.await {
        Ok(true) => {}
        Ok(false) => return Err(Failure::parameter(format!("The movie has no frame {number}.")).naming("frame_number")),
        Err(error @ ProgramError::Missing(_)) => {
            tracing::warn!(%error, "a frame can't be taken from a movie");
            return Ok(false);
        }
        Err(ProgramError::Unreadable(_)) => return Err(Failure::parameter("The movie can't be read.")),
        Err(error) => return Err(error.into()),
    }
    let target = folder.path().to_owned();
    let derive = move |frame: &Admitted| pictures::from_frame(frame, &target);
    let derived = picture_work(app, &frame, Purpose::Frame, derive)
        .await
        .map_err(failure)?;
    for derived in derived.pictures {
        app.storage
            .put_file(&keys::picture(derived.prefix, preview.id), &derived.path)
            .await?;
    }
    Ok(true)
}
