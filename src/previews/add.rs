//! Adds previews to comments: which revision and position they get, and what follows from that.

use dailies_definitions::failure::Failure;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::database::{self, Sql};
use crate::events::{Payload, ToldComment, Work, payload};

/// Place of a preview.
#[derive(Clone, Copy, Debug)]
pub struct Placement {
    pub task_id: Uuid,
    /// A comment on that task.
    pub comment_id: Uuid,
    /// The revision, or nothing to let the server choose.
    pub revision: Option<i32>,
}

/// Makes the record of a preview on a comment, and tells of it. Its file comes later.
///
/// # Errors
/// 404 when the task does not exist or the comment is not on it; 400 when the revision is taken, or holds all the previews
/// that the production allows.
pub async fn add_preview(work: &mut Work<'_>, author: Uuid, place: Placement) -> Result<Uuid, Failure> {
    let Placement {
        task_id, comment_id, ..
    } = place;
    let task = find_task(&**work, task_id).await?;
    let comment = find_comment(&**work, comment_id, task_id).await?;
    let (revision, position) = choose(&**work, place).await?;
    if position > 1 && task.single_preview {
        return Err(Failure::refused(
            "Only one preview file is allowed per revision for this project.",
        ));
    }
    let id = Uuid::new_v4();
    let name: String = Uuid::new_v4().to_string().chars().take(13).collect();
    let values = vec![
        ("id", id.into()),
        ("name", name.into()),
        ("revision", revision.into()),
        ("position", position.into()),
        ("extension", "mp4".into()),
        ("source", "webgui".into()),
        ("task_id", task_id.into()),
        ("person_id", author.into()),
    ];
    database::insert(&**work, &entity::preview_file::TABLE, values).await?;
    let link = vec![("comment", comment_id.into()), ("preview_file", id.into())];
    database::insert_many(&**work, &entity::comment_preview_link::TABLE, vec![link]).await?;
    let news = Sql::with(
        "UPDATE news SET preview_file_id = $1 WHERE comment_id = $2",
        [id.into(), comment_id.into()],
    );
    database::execute(&**work, &news).await?;
    work.emit_in(
        task.project_id,
        "preview-file:new",
        payload([("preview_file_id", id), ("comment_id", comment_id)]),
    );
    work.tell_of_comment(task.project_id, "update", comment, Payload::default());
    Ok(id)
}

/// The revision of a preview, which must be one of that task.
///
/// # Errors
/// 404 when it is not.
pub(super) async fn revision_of(
    connection: &impl ConnectionTrait,
    preview_id: Uuid,
    task_id: Uuid,
) -> Result<i32, Failure> {
    let sql = Sql::with(
        "SELECT revision FROM preview_file WHERE id = $1 AND task_id = $2",
        [preview_id.into(), task_id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    Ok(row.try_get::<Option<i32>>("", "revision")?.unwrap_or(1))
}

/// Facts that decide about the previews of a task.
struct TaskFacts {
    project_id: Option<Uuid>,
    /// True if a revision holds one preview only.
    single_preview: bool,
}

/// Facts about the task that a preview is added to.
///
/// # Errors
/// 404 when there is no such task.
async fn find_task(connection: &impl ConnectionTrait, task_id: Uuid) -> Result<TaskFacts, Failure> {
    let sql = Sql::with(
        "SELECT t.project_id, p.is_single_preview_per_revision FROM task t LEFT JOIN project p ON p.id = t.project_id WHERE t.id = $1",
        [task_id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let single_preview = row
        .try_get::<Option<bool>>("", "is_single_preview_per_revision")?
        .unwrap_or_default();
    Ok(TaskFacts {
        project_id: row.try_get("", "project_id")?,
        single_preview,
    })
}

/// The comment that a preview is added to.
///
/// # Errors
/// 404 unless the comment is on the task.
async fn find_comment(
    connection: &impl ConnectionTrait,
    comment_id: Uuid,
    task_id: Uuid,
) -> Result<ToldComment, Failure> {
    let sql = Sql::with(
        "SELECT id, object_id AS task_id, person_id, for_client FROM comment WHERE id = $1 AND object_id = $2",
        [comment_id.into(), task_id.into()],
    );
    database::read_one(connection, &sql)
        .await?
        .ok_or_else(Failure::not_found)
}

/// Revision and position of a new preview.
async fn choose(connection: &impl ConnectionTrait, place: Placement) -> Result<(i32, i32), Failure> {
    let sql = Sql::with(
        "SELECT p.revision FROM comment_preview_link l JOIN preview_file p ON p.id = l.preview_file \
         WHERE l.comment = $1 ORDER BY p.created_at, p.position, p.id LIMIT 1",
        [place.comment_id.into()],
    );
    let first: Option<Option<i32>> = database::read_value(connection, &sql).await?;
    let revision = match (place.revision, first) {
        (Some(revision), Some(_)) => revision,
        (Some(revision), None) => {
            let sql = Sql::with(
                "SELECT 1 FROM preview_file WHERE task_id = $1 AND revision = $2 AND position = 1 LIMIT 1",
                [place.task_id.into(), revision.into()],
            );
            if database::row(connection, &sql).await?.is_some() {
                return Err(revision_taken(revision));
            }
            revision
        }
        (None, Some(revision)) => revision.unwrap_or(1),
        (None, None) => return Ok((next_revision(connection, place.task_id).await?, 1)),
    };
    let sql = Sql::with(
        "SELECT COUNT(*) FROM preview_file WHERE task_id = $1 AND revision = $2",
        [place.task_id.into(), revision.into()],
    );
    let count: i64 = database::read_value(connection, &sql).await?.unwrap_or_default();
    Ok((revision, i32::try_from(count + 1).unwrap_or(i32::MAX)))
}

async fn next_revision(connection: &impl ConnectionTrait, task_id: Uuid) -> Result<i32, Failure> {
    let sql = Sql::with(
        "SELECT MAX(revision) FROM preview_file WHERE task_id = $1",
        [task_id.into()],
    );
    let last = database::read_value::<Option<i32>>(connection, &sql).await?.flatten();
    last.unwrap_or_default()
        .checked_add(1)
        .ok_or_else(|| revision_taken(i32::MAX))
}

fn revision_taken(revision: i32) -> Failure {
    Failure::refused(format!(
        "Revision {revision} already exists for this task. Choose a different revision number, or omit it to let the revision auto-increment."
    ))
}
