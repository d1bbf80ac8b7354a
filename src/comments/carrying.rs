//! Carries the previews of a task's last revision over to a comment on another task, files included.
//!
//! The records are made with the comment; their files follow, by a job that the request does by itself as long as the server
//! lives.

use async_trait::async_trait;
use dailies_definitions::failure::Failure;
use sea_orm::{DbErr, FromQueryResult};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::posting::Carried;
use crate::app::{App, SharedApp};
use crate::background::{JobError, Lane};
use crate::database::{self, Sql};
use crate::events::{Payload, ToldComment, Work, payload, transact};
use crate::jobs::{self, Job, LeasedJob};
use crate::previews::FilePictures;
use crate::previews::add::{Placement, add_preview};
use crate::previews::main_preview::set_main_preview;
use crate::previews::tell_status;
use crate::storage::{Bucket, FileKey};

/// Places where a preview may have files.
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
#[derive(FromQueryResult)]
struct CarriedPreview {
    id: Uuid,
    extension: Option<String>,
    original_name: Option<String>,
    status: String,
    file_size: Option<i64>,
    width: Option<i32>,
    height: Option<i32>,
    duration: Option<f64>,
    /// Facts about the movie that was sent.
    data: Option<Value>,
}

/// The task that a copy belongs to, and its place among the previews there.
#[derive(FromQueryResult)]
struct CopyPlace {
    revision: Option<i32>,
    position: Option<i32>,
    project_id: Option<Uuid>,
    entity_id: Option<Uuid>,
    is_set_preview_automated: Option<bool>,
}

impl CopyPlace {
    async fn find(work: &Work<'_>, id: Uuid) -> Result<Self, Failure> {
        let sql = Sql::with(
            "SELECT p.revision, p.position, t.project_id, t.entity_id, j.is_set_preview_automated FROM preview_file p \
             JOIN task t ON t.id = p.task_id LEFT JOIN project j ON j.id = t.project_id WHERE p.id = $1",
            [id.into()],
        );
        database::read_one(&**work, &sql).await?.ok_or_else(Failure::not_found)
    }
}

/// Previews that were entered into the database, and whose files follow.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CarriedFiles {
    /// Person who wrote the comment that led to it.
    caller_id: Uuid,
    task_id: Uuid,
    comment_id: Uuid,
    /// Each preview with its copy.
    copies: Vec<(Uuid, Uuid)>,
}

/// Enters the copies into the database with the comments. What can't be carried is left out, and the log says so.
///
/// # Errors
/// The database refuses.
pub async fn begin(
    work: &mut Work<'_>,
    caller_id: Uuid,
    carried: &[Carried],
) -> Result<Vec<(LeasedJob, CarriedFiles)>, Failure> {
    let mut begun = Vec::with_capacity(carried.len());
    for Carried { from_task, to } in carried {
        let sql = Sql::with(
            "SELECT id FROM preview_file \
             WHERE task_id = $1 AND revision = (SELECT MAX(revision) FROM preview_file WHERE task_id = $1) ORDER BY position, created_at, id",
            [(*from_task).into()],
        );
        let ids: Vec<Uuid> = database::read_values(&**work, &sql).await?;
        let mut copies = Vec::with_capacity(ids.len());
        for from in ids {
            match add_preview(
                work,
                to.author_id,
                Placement {
                    task_id: to.task_id,
                    comment_id: to.id,
                    revision: None,
                },
            )
            .await
            {
                Ok(id) => copies.push((from, id)),
                Err(Failure::Answer { body, .. }) => {
                    tracing::warn!(preview = %from, comment = %to.id, reason = %body["message"], "a preview could not be carried over");
                }
                Err(fault) => return Err(fault),
            }
        }
        if !copies.is_empty() {
            let job = CarriedFiles {
                caller_id,
                task_id: to.task_id,
                comment_id: to.id,
                copies,
            };
            begun.push((LeasedJob::begin(work, &job).await?, job));
        }
    }
    Ok(begun)
}

/// Lets the files follow, once the comments are stored. What fails is tried again by the workers.
pub async fn carry(app: &App, begun: Vec<(LeasedJob, CarriedFiles)>) {
    for (held, job) in begun {
        let finished = match job.carry(app).await {
            Ok(()) => held.finish(&app.database).await.map_err(JobError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = finished {
            tracing::warn!(comment = %job.comment_id, %error, "previews could not be carried over yet");
        }
    }
}

#[async_trait]
impl Job for CarriedFiles {
    const KIND: &'static str = "carried-previews";
    const LANE: Lane = Lane::Media;
    const ATTEMPTS: i32 = 8;

    async fn run(&self, app: &SharedApp, _id: Uuid) -> Result<(), JobError> {
        self.carry(app).await
    }

    /// Marks the copies as broken, so that nobody waits for them for ever.
    async fn given_up(&self, app: &SharedApp) -> Result<(), JobError> {
        for (_, id) in &self.copies {
            transact(app, || self.break_off(app, *id)).await?;
        }
        Ok(())
    }
}

impl CarriedFiles {
    async fn carry(&self, app: &App) -> Result<(), JobError> {
        for (from, id) in &self.copies {
            let sql = Sql::with(
                "SELECT f.id, f.extension, f.original_name, f.status, f.file_size, f.width, f.height, f.duration, f.data, \
                 c.status AS copy_status \
                 FROM preview_file f JOIN preview_file c ON c.id = $2 WHERE f.id = $1",
                [(*from).into(), (*id).into()],
            );
            let Some(row) = app.database.row(&sql).await? else {
                continue;
            };
            // A copy that is ready was told of before.
            if row.try_get::<String>("", "copy_status")? != "processing" {
                continue;
            }
            let preview = CarriedPreview::from_query_result(&row, "")?;
            if preview.status == "processing" && preview.original_name.is_some() {
                return Err(JobError::Later("the preview is still being processed".into()));
            }
            self.carry_preview(app, preview, *id).await.map_err(JobError::of)?;
        }
        Ok(())
    }

    async fn break_off(&self, app: &App, id: Uuid) -> Result<(), DbErr> {
        let mut work = Work::begin_as(app, Some(self.caller_id)).await?;
        let sql = Sql::with(
            "UPDATE preview_file SET status = 'broken' WHERE id = $1 AND status = 'processing'",
            [id.into()],
        );
        if database::execute(&*work, &sql).await? > 0 {
            let sql = Sql::with("SELECT project_id FROM task WHERE id = $1", [self.task_id.into()]);
            let project_id = database::read_value::<Option<Uuid>>(&*work, &sql).await?.flatten();
            tell_status(&mut work, project_id, id, "broken");
        }
        work.finish().await
    }

    async fn carry_preview(&self, app: &App, from: CarriedPreview, id: Uuid) -> Result<(), Failure> {
        for (bucket, prefix) in FILES {
            app.storage
                .copy(
                    &FileKey::new(bucket, prefix, from.id),
                    &FileKey::new(bucket, prefix, id),
                )
                .await?;
        }
        transact(app, || self.enter(app, &from, id)).await
    }

    /// Enters what was copied into the record of the copy, and tells of it.
    async fn enter(&self, app: &App, from: &CarriedPreview, id: Uuid) -> Result<(), Failure> {
        let values = vec![
            ("extension", from.extension.clone().into()),
            ("original_name", from.original_name.clone().into()),
            ("status", from.status.as_str().into()),
            ("file_size", from.file_size.into()),
            ("width", from.width.into()),
            ("height", from.height.into()),
            ("duration", from.duration.into()),
            ("data", from.data.clone().into()),
        ];
        let mut work = Work::begin_as(app, Some(self.caller_id)).await?;
        database::update(&*work, &entity::preview_file::TABLE, id, values).await?;
        let place = CopyPlace::find(&work, id).await?;
        tell_status(&mut work, place.project_id, id, &from.status);
        if place.position == Some(1) {
            self.show_last(&mut work, &place, id).await?;
        }
        self.tell_of_comment(&mut work, place.project_id).await?;
        let mut told = payload([
            ("comment_id", self.comment_id),
            ("task_id", self.task_id),
            ("preview_file_id", id),
        ]);
        told.insert("revision".into(), json!(place.revision));
        told.insert("extension".into(), json!(from.extension));
        told.insert("status".into(), json!(from.status));
        work.emit_in(place.project_id, "preview-file:add-file", told);
        // Those of the other one may have been made after its files were copied.
        let pictures = from
            .extension
            .as_deref()
            .and_then(|extension| FilePictures::of(id, extension));
        jobs::enqueue(&mut work, pictures.as_slice()).await?;
        Ok(work.finish().await?)
    }

    /// Shows the copy as the last preview of its task, and of its entity where the production wants that.
    async fn show_last(&self, work: &mut Work<'_>, place: &CopyPlace, id: Uuid) -> Result<(), Failure> {
        database::update(
            &**work,
            &entity::task::TABLE,
            self.task_id,
            vec![("last_preview_file_id", id.into())],
        )
        .await?;
        let automated = place.is_set_preview_automated.unwrap_or_default();
        if let Some(entity_id) = place.entity_id.filter(|_| automated) {
            set_main_preview(work, entity_id, id).await?;
        }
        Ok(())
    }

    async fn tell_of_comment(&self, work: &mut Work<'_>, project_id: Option<Uuid>) -> Result<(), Failure> {
        let sql = Sql::with(
            "SELECT id, object_id AS task_id, person_id, for_client FROM comment WHERE id = $1",
            [self.comment_id.into()],
        );
        if let Some(comment) = database::read_one::<ToldComment>(&**work, &sql).await? {
            work.tell_of_comment(project_id, "update", comment, Payload::default());
        }
        Ok(())
    }
}
