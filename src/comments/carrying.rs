//! Carries the previews of a task's last revision over to a comment on another task, files included.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use serde_json::json;
use uuid::Uuid;

use super::posting::{Carried, Posted};
use crate::app::App;
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::previews::add::{Placement, add_preview};
use crate::previews::main_preview::set_main_preview;
use crate::storage::{Bucket, FileKey};

/// Where a preview may have files.
const FILES: [(Bucket, &str); 9] = [
    (Bucket::Pictures, "original"),
    (Bucket::Pictures, "previews"),
    (Bucket::Pictures, "thumbnails"),
    (Bucket::Pictures, "thumbnails-square"),
    (Bucket::Pictures, "tiles"),
    (Bucket::Movies, "previews"),
    (Bucket::Movies, "lowdef"),
    (Bucket::Movies, "source"),
    (Bucket::Files, "previews"),
];

/// A preview as far as it is carried over.
struct Preview {
    id: Uuid,
    extension: Option<String>,
    original_name: Option<String>,
    status: String,
    file_size: Option<i64>,
    width: Option<i32>,
    height: Option<i32>,
    duration: Option<f64>,
}

/// Carries previews over, once the comments are stored. What can't be carried is left out, and the log says so: the
/// comments are there already.
pub async fn carry(app: &App, caller: &Caller, carried: &[Carried]) {
    for Carried { from_task, to } in carried {
        if let Err(error) = carry_task(app, caller, *from_task, *to).await {
            tracing::warn!(task = %from_task, comment = %to.id, ?error, "previews could not be carried over");
        }
    }
}

async fn carry_task(app: &App, caller: &Caller, from_task: Uuid, to: Posted) -> Result<(), Failure> {
    let sql = Sql::with(
        "SELECT id, extension, original_name, status, file_size, width, height, duration FROM preview_file \
         WHERE task_id = $1 AND revision = (SELECT MAX(revision) FROM preview_file WHERE task_id = $1) ORDER BY position, created_at",
        [from_task.into()],
    );
    for row in app.database.rows(&sql).await? {
        let preview = Preview {
            id: row.try_get_by_index(0)?,
            extension: row.try_get_by_index(1)?,
            original_name: row.try_get_by_index(2)?,
            status: row.try_get_by_index(3)?,
            file_size: row.try_get_by_index(4)?,
            width: row.try_get_by_index(5)?,
            height: row.try_get_by_index(6)?,
            duration: row.try_get_by_index(7)?,
        };
        carry_preview(app, caller, preview, to).await?;
    }
    Ok(())
}

async fn carry_preview(app: &App, caller: &Caller, from: Preview, to: Posted) -> Result<(), Failure> {
    let mut work = Work::begin(app, caller).await?;
    let id = add_preview(&mut work, to.author_id, Placement { task_id: to.task_id, comment_id: to.id, revision: None }).await?;
    work.commit().await?;
    for (bucket, prefix) in FILES {
        app.storage.copy(&FileKey::new(bucket, prefix, from.id), &FileKey::new(bucket, prefix, id)).await?;
    }
    let values = vec![
        ("extension", from.extension.clone().into()),
        ("original_name", from.original_name.into()),
        ("status", from.status.as_str().into()),
        ("file_size", from.file_size.into()),
        ("width", from.width.into()),
        ("height", from.height.into()),
        ("duration", from.duration.into()),
    ];
    let mut work = Work::begin(app, caller).await?;
    database::update(&*work, &entity::preview_file::TABLE, id, values).await?;
    let sql = Sql::with(
        "SELECT p.revision, p.position, t.project_id, t.entity_id, j.is_set_preview_automated FROM preview_file p \
         JOIN task t ON t.id = p.task_id LEFT JOIN project j ON j.id = t.project_id WHERE p.id = $1",
        [id.into()],
    );
    let row = database::row(&*work, &sql).await?.ok_or_else(Failure::not_found)?;
    let project_id: Option<Uuid> = row.try_get_by_index(2)?;
    work.emit_in(project_id, "preview-file:update", payload([("preview_file_id", id)]));
    if row.try_get_by_index::<Option<i32>>(1)? == Some(1) {
        database::update(&*work, &entity::task::TABLE, to.task_id, vec![("last_preview_file_id", id.into())]).await?;
        let automated = row.try_get_by_index::<Option<bool>>(4)?.unwrap_or_default();
        if let Some(entity_id) = row.try_get_by_index::<Option<Uuid>>(3)?.filter(|_| automated) {
            set_main_preview(&mut work, entity_id, id).await?;
        }
    }
    work.emit_in(project_id, "comment:update", payload([("comment_id", to.id)]));
    let mut told = payload([("comment_id", to.id), ("task_id", to.task_id), ("preview_file_id", id)]);
    told.insert("revision".into(), json!(row.try_get_by_index::<Option<i32>>(0)?));
    told.insert("extension".into(), json!(from.extension));
    told.insert("status".into(), json!(from.status));
    work.emit_in(project_id, "preview-file:add-file", told);
    Ok(work.commit().await?)
}
