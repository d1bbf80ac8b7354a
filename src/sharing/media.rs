//! The previews that a shared playlist shows, and the pictures of those who wrote there.

use dailies_definitions::access::ShareVisitor;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media};
use dailies_definitions::schemas::PreviewFile;
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use super::comments::seen;
use crate::access::shares::{SharedRecords, without_internal};
use crate::app::App;
use crate::comments::rows::repliers;
use crate::database::{self, Sql};
use crate::previews::download::{FileAnswer, send_movie, send_original, send_picture, send_saved};
use crate::previews::subject::PreviewSubject;
use crate::previews::{keys, rows};

/// A preview that the playlist shows, or another one of the same revision.
///
/// # Errors
/// 404 for an unknown preview, 403 for one that is not shown.
pub(super) async fn shown(
    connection: &impl ConnectionTrait,
    visitor: &ShareVisitor,
    id: Uuid,
) -> Result<PreviewSubject, Failure> {
    let preview = PreviewSubject::find(connection, id).await?;
    let shown = SharedRecords::find(connection, visitor).await?;
    if shown.has_revision(preview.task_id, preview.revision) {
        Ok(preview)
    } else {
        Err(Failure::forbidden())
    }
}

/// The record of a preview.
///
/// # Errors
/// 404 and 403 as the contract says.
pub(super) async fn record(app: &App, visitor: &ShareVisitor, id: Uuid) -> Result<Json<PreviewFile>, Failure> {
    let connection = &app.database;
    shown(connection, visitor, id).await?;
    Ok(Json::written(without_internal(&rows::record(connection, id).await?)))
}

/// The file of a preview, to be saved.
///
/// # Errors
/// 404, 403 and 416 as the contract says.
pub(super) async fn saved(app: &App, visitor: &ShareVisitor, id: Uuid) -> Result<Media, Failure> {
    send_saved(app, &shown(&app.database, visitor, id).await?).await
}

/// A movie.
///
/// # Errors
/// 404, 403 and 416 as the contract says.
pub(super) async fn movie(app: &App, visitor: &ShareVisitor, id: Uuid) -> Result<Media, Failure> {
    send_movie(app, &shown(&app.database, visitor, id).await?, &keys::movie(id)).await
}

/// One of the pictures of a preview.
///
/// # Errors
/// 404, 403 and 416 as the contract says.
pub(super) async fn picture(
    app: &App,
    visitor: &ShareVisitor,
    id: Uuid,
    prefix: &'static str,
) -> Result<Media, Failure> {
    send_picture(app, &shown(&app.database, visitor, id).await?, prefix).await
}

/// The file of a preview that is neither picture nor movie.
///
/// # Errors
/// 404, 403, 400 and 416 as the contract says.
pub(super) async fn original(app: &App, visitor: &ShareVisitor, id: Uuid, extension: &str) -> Result<Media, Failure> {
    send_original(app, &shown(&app.database, visitor, id).await?, extension).await
}

#[derive(FromQueryResult)]
struct Writers {
    person_id: Uuid,
    replies: Option<serde_json::Value>,
}

#[derive(FromQueryResult)]
struct Portrait {
    has_avatar: Option<bool>,
    updated_at: Option<chrono::NaiveDateTime>,
}

/// The picture of somebody who wrote or answered a comment that guests see.
///
/// # Errors
/// 404 for anybody else, 416 as the contract says.
pub(super) async fn portrait(app: &App, visitor: &ShareVisitor, person_id: Uuid) -> Result<Media, Failure> {
    let connection = &app.database;
    let tasks = SharedRecords::find(connection, visitor).await?.tasks();
    let sql = seen(app, visitor, None, &tasks)
        .await?
        .before("SELECT c.person_id, c.replies ");
    let written = database::read_all::<Writers>(connection, &sql).await?;
    let wrote = |comment: &Writers| {
        comment.person_id == person_id || comment.replies.iter().flat_map(repliers).any(|id| id == person_id)
    };
    if !written.iter().any(wrote) {
        return Err(Failure::not_found());
    }
    let sql = Sql::with(
        "SELECT has_avatar, updated_at FROM person WHERE id = $1",
        [person_id.into()],
    );
    let portrait = database::read_one::<Portrait>(connection, &sql)
        .await?
        .ok_or_else(Failure::not_found)?;
    if !portrait.has_avatar.unwrap_or_default() {
        return Err(Failure::not_found());
    }
    FileAnswer::shown(&[keys::thumbnail(person_id)], "image/png", portrait.updated_at)
        .send(app)
        .await
}
