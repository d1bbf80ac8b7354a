//! Removes previews: what refers to them lets go, their rows go, and then their files.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use futures::StreamExt;
use sea_orm::DbErr;
use uuid::Uuid;

use super::keys;
use super::main_preview::ShownBy;
use crate::access::comments::CommentSubject;
use crate::access::{MANAGER, require};
use crate::app::App;
use crate::database::{self, BATCH, Sql, Writes};
use crate::events::{Work, payload};
use crate::storage::{FileKey, Storage};

/// Files that are removed at once: an object store takes its time for each.
const AT_ONCE: usize = 8;

/// Removes one preview from the database. Where it was the last one of the task, the latest that is left takes its place;
/// so it does where it was the main one of the entity, in productions that set it by themselves. That is told. The removal
/// itself is for the caller to tell, and [`remove_files`] follows the commit.
///
/// # Errors
/// The database refuses.
pub async fn remove(work: &mut Work<'_>, preview_id: Uuid) -> Result<(), Failure> {
    let shown = ShownBy::previews(&**work, &[preview_id]).await?;
    remove_rows(&**work, &[preview_id]).await?;
    Ok(shown.settle(work).await?)
}

/// Removes one preview from the database, tells its production of it, and lets the stored files follow once the work is stored, if `force`
/// or the configuration wants that.
///
/// # Errors
/// The database refuses.
pub async fn remove_preview(
    work: &mut Work<'_>,
    project_id: Option<Uuid>,
    preview_id: Uuid,
    force: bool,
) -> Result<(), Failure> {
    remove(work, preview_id).await?;
    work.emit_in(
        project_id,
        "preview-file:delete",
        payload([("preview_file_id", preview_id)]),
    );
    work.afterwards(move |app| Box::pin(async move { remove_files(app, &[preview_id], force).await }));
    Ok(())
}

/// Place where a preview is to be removed.
#[derive(Clone, Copy, Debug)]
pub(super) struct PreviewPlace {
    pub task_id: Uuid,
    pub comment_id: Uuid,
    pub preview_file_id: Uuid,
}

/// Removes a preview from a comment, and tells of it.
///
/// # Errors
/// 404 when the preview does not belong to that task and that comment; 403 for those who may not read the comment, and for
/// those who force it and don't manage the production.
pub(super) async fn remove_from_comment(
    app: &App,
    caller: &Caller,
    place: PreviewPlace,
    force: bool,
) -> Result<(), Failure> {
    let PreviewPlace {
        task_id,
        comment_id,
        preview_file_id,
    } = place;
    let mut work = Work::begin(app, caller).await?;
    let sql = Sql::with(
        "SELECT t.project_id FROM preview_file p JOIN task t ON t.id = p.task_id JOIN comment_preview_link l ON l.preview_file = p.id \
         JOIN comment c ON c.id = l.comment WHERE p.id = $1 AND t.id = $2 AND c.id = $3 AND c.object_id = $2",
        [preview_file_id.into(), task_id.into(), comment_id.into()],
    );
    let row = database::row(&*work, &sql).await?.ok_or_else(Failure::not_found)?;
    let project_id: Option<Uuid> = row.try_get("", "project_id")?;
    CommentSubject::on_task(&*work, caller, task_id, comment_id)
        .await?
        .comment_reader(caller)?;
    if force {
        require(&*work, caller, project_id.ok_or_else(Failure::forbidden)?, &MANAGER).await?;
    }
    remove(&mut work, preview_file_id).await?;
    work.emit_in(
        project_id,
        "preview-file:delete",
        payload([("preview_file_id", preview_file_id)]),
    );
    work.afterwards(move |app| Box::pin(async move { remove_files(app, &[preview_file_id], force).await }));
    Ok(work.finish().await?)
}

/// Removes many previews from the database, for what they belong to is removed too: entities, tasks, comments and news
/// that are left refer to none of them afterwards. Nothing is told.
///
/// # Errors
/// The database refuses.
pub async fn remove_rows(connection: &impl Writes, preview_ids: &[Uuid]) -> Result<(), DbErr> {
    for ids in preview_ids.chunks(BATCH) {
        for text in [
            "UPDATE entity SET preview_file_id = NULL WHERE preview_file_id",
            "UPDATE news SET preview_file_id = NULL WHERE preview_file_id",
            "UPDATE comment SET preview_file_id = NULL WHERE preview_file_id",
            "UPDATE task SET last_preview_file_id = NULL WHERE last_preview_file_id",
            "DELETE FROM comment_preview_link WHERE preview_file",
            "DELETE FROM preview_file WHERE id",
        ] {
            let mut sql = Sql::new(text);
            sql.among(ids);
            database::execute(connection, &sql).await?;
        }
    }
    Ok(())
}

/// Removes the stored files of previews whose rows are gone, if `force` or the configuration wants that. A file that can't
/// be removed stays, and the log says so.
pub async fn remove_files(app: &App, preview_ids: &[Uuid], force: bool) {
    if force || app.settings.files.remove_files {
        discard(&app.storage, file_keys(preview_ids).collect()).await;
    }
}

/// Removes the stored files of a background whose row is gone, if the configuration wants that. A file that can't be
/// removed stays, and the log says so.
pub async fn remove_background_files(app: &App, id: Uuid) {
    if app.settings.files.remove_files {
        discard(&app.storage, vec![keys::background(id), keys::thumbnail(id)]).await;
    }
}

/// The keys of all files that previews can have.
pub fn file_keys(preview_ids: &[Uuid]) -> impl Iterator<Item = FileKey> {
    preview_ids.iter().copied().flat_map(keys::all)
}

/// Removes stored files, whether they are there or not.
pub async fn discard(storage: &Storage, keys: Vec<FileKey>) {
    let deletions = keys.into_iter().map(|key| async move {
        if let Err(error) = storage.delete(&key).await {
            tracing::warn!(%key, %error, "a stored file could not be removed");
        }
    });
    futures::stream::iter(deletions)
        .buffer_unordered(AT_ONCE)
        .collect::<()>()
        .await;
}
