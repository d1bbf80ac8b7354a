//! Files of the backgrounds for 3D previews.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media};
use dailies_definitions::schemas::{AvatarPath, PreviewBackgroundFile};
use dailies_definitions::submission::{Submission, UploadedFile};
use entity::preview_background_file::{Entity, Model, TABLE};
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use super::download::FileAnswer;
use super::work::{picture_work, upload_failure};
use super::{keys, removal};
use crate::app::{App, SharedApp};
use crate::database::{self, Field, RowWriter, Sql};
use crate::events::{Work, payload, transact};
use crate::pictures::{self, BACKGROUND_EXTENSION, PictureError, Purpose};
use crate::storage::Disposition;

async fn find(app: &App, id: Uuid) -> Result<Model, Failure> {
    Entity::find_by_id(id)
        .one(&app.database)
        .await?
        .ok_or_else(Failure::not_found)
}

/// Takes the file of a background, in place of an earlier one.
///
/// # Errors
/// 404 when there is no such background, 400 for what is no readable HDR picture.
pub(super) async fn upload(
    app: &SharedApp,
    caller: &Caller,
    id: Uuid,
    form: Submission,
) -> Result<Json<PreviewBackgroundFile>, Failure> {
    let background = find(app, id).await?;
    let file = form
        .file("file")
        .ok_or_else(|| Failure::parameter("File not provided.").naming("file"))?;
    let extension = pictures::extension_of(&file.name);
    if extension != BACKGROUND_EXTENSION {
        transact(app, || drop_record(app, caller, id)).await?;
        return Err(Failure::parameter(format!("Wrong file format, extension: {extension}")).naming("file"));
    }
    let thumbnail = match picture_work(app, &file.path, Purpose::Background, pictures::background_thumbnail).await {
        Ok(thumbnail) => thumbnail,
        Err(error) if error.is_fault_of_input() => {
            transact(app, || drop_record(app, caller, id)).await?;
            let unreadable = || {
                Failure::parameter(format!(
                    "Error while saving preview background file and thumbnail: {id}"
                ))
                .naming("file")
            };
            return Err(if matches!(error, PictureError::Unreadable(_)) {
                unreadable()
            } else {
                upload_failure(error)
            });
        }
        Err(error) => return Err(upload_failure(error)),
    };
    let stored = async {
        app.storage.put_file(&keys::background(id), &file.path).await?;
        app.storage.put(&keys::thumbnail(id), thumbnail.into()).await?;
        transact(app, || record(app, caller, id, file)).await
    };
    match stored.await {
        Ok(text) => Ok(Json::written(text)),
        Err(error) => {
            if background.extension.is_none() {
                removal::discard(&app.storage, vec![keys::background(id), keys::thumbnail(id)]).await;
            }
            Err(error)
        }
    }
}

async fn record(app: &App, caller: &Caller, id: Uuid, file: &UploadedFile) -> Result<Vec<u8>, Failure> {
    let name: String = pictures::name_without_extension(&file.name).chars().take(250).collect();
    let values = vec![
        ("extension", BACKGROUND_EXTENSION.into()),
        ("original_name", name.into()),
        ("file_size", i64::try_from(file.size).unwrap_or(i64::MAX).into()),
    ];
    let mut work = Work::begin(app, caller).await?;
    if !database::update(&*work, &TABLE, id, values).await? {
        return Err(Failure::not_found());
    }
    work.emit_of_studio(
        &TABLE,
        "preview-background-file:update",
        payload([("preview_background_file_id", id)]),
    );
    let mut told = payload([("preview_background_file_id", id)]);
    told.insert("extension".into(), json!(BACKGROUND_EXTENSION));
    work.emit_of_studio(&TABLE, "preview-background-file:add-file", told);
    let names: Vec<String> = TABLE
        .columns
        .iter()
        .map(|column| format!("\"{}\"", column.name))
        .collect();
    let sql = Sql::with(
        format!("SELECT {} FROM preview_background_file WHERE id = $1", names.join(", ")),
        [id.into()],
    );
    let row = database::row(&*work, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut text = vec![b'{'];
    RowWriter::new(TABLE.columns.iter().map(Field::from)).write(&mut text, &row)?;
    text.extend_from_slice(b",\"type\":\"PreviewBackgroundFile\"}");
    work.finish().await?;
    Ok(text)
}

/// Takes another picture as the thumbnail of a background.
///
/// # Errors
/// 404 when there is no such background, 400 for what is no picture.
pub(super) async fn set_thumbnail(
    app: &SharedApp,
    caller: &Caller,
    id: Uuid,
    form: Submission,
) -> Result<Json<AvatarPath>, Failure> {
    find(app, id).await?;
    let file = form
        .file("file")
        .ok_or_else(|| Failure::parameter("File not provided.").naming("file"))?;
    let thumbnail = picture_work(app, &file.path, Purpose::Thumbnail, pictures::fitted_thumbnail)
        .await
        .map_err(upload_failure)?;
    app.storage.put(&keys::thumbnail(id), thumbnail.into()).await?;
    transact(app, || note_change(app, caller, id)).await?;
    Ok(Json::of(&AvatarPath {
        thumbnail_path: format!("pictures/thumbnails/preview-background-files/{id}.png"),
    })?)
}

/// Enters that a background changed, so that clients ask for its thumbnail again.
async fn note_change(app: &App, caller: &Caller, id: Uuid) -> Result<(), Failure> {
    let mut work = Work::begin(app, caller).await?;
    if !database::update(&*work, &TABLE, id, Vec::new()).await? {
        return Err(Failure::not_found());
    }
    work.emit_of_studio(
        &TABLE,
        "preview-background-file:update",
        payload([("preview_background_file_id", id)]),
    );
    Ok(work.finish().await?)
}

/// Removes the record of a background whose file can't be taken, unless something uses it, and then its stored files.
async fn drop_record(app: &App, caller: &Caller, id: Uuid) -> Result<(), Failure> {
    let mut work = Work::begin(app, caller).await?;
    let sql = Sql::with(
        "DELETE FROM preview_background_file WHERE id = $1 \
         AND NOT EXISTS (SELECT 1 FROM project_preview_background_file_link l WHERE l.preview_background_file_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM project_template_preview_background_file_link l WHERE l.preview_background_file_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM project p WHERE p.default_preview_background_file_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM project_template p WHERE p.default_preview_background_file_id = $1)",
        [id.into()],
    );
    if database::execute(&*work, &sql).await? > 0 {
        work.afterwards(move |app| {
            Box::pin(removal::discard(
                &app.storage,
                vec![keys::background(id), keys::thumbnail(id)],
            ))
        });
    }
    Ok(work.finish().await?)
}

/// Sends the file of a background.
///
/// # Errors
/// 404 when there is none with that extension, 416 for a range that can't be given.
pub(super) async fn file(app: &App, id: Uuid, extension: &str) -> Result<Media, Failure> {
    let background = find(app, id).await?;
    let extension = extension.to_lowercase();
    if background.extension.as_deref() != Some(&extension) {
        return Err(Failure::not_found());
    }
    let name = format!("{}.{extension}", background.original_name.unwrap_or_default());
    let size = background
        .file_size
        .and_then(|size| u64::try_from(size).ok())
        .filter(|size| *size > 0);
    let keys = [keys::background(id)];
    let answer = FileAnswer::shown(&keys, pictures::content_type(&extension), background.updated_at);
    FileAnswer {
        disposition: Disposition::Inline(&name),
        size,
        ..answer
    }
    .send(app)
    .await
}

/// Sends the thumbnail of a background.
///
/// # Errors
/// 404 when there is none, 416 for a range that can't be given.
pub(super) async fn thumbnail(app: &App, id: Uuid) -> Result<Media, Failure> {
    let background = find(app, id).await?;
    FileAnswer::shown(&[keys::thumbnail(id)], "image/png", background.updated_at)
        .send(app)
        .await
}
