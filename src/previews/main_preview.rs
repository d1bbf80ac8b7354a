//! The main preview of an entity, which stands for it in lists, and the last preview of a task.

use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use serde_json::json;
use uuid::Uuid;

use crate::database::{self, BATCH, Sql};
use crate::events::{Work, payload};

/// Kinds of entities that have events of their own; all others are assets.
const KINDS: [&str; 6] = ["shot", "scene", "sequence", "episode", "edit", "concept"];

/// Shows the entity by that preview, and tells of it, unless it is shown by it already, which gives false. The caller finishes
/// the work.
///
/// # Errors
/// 404 when there is no such entity.
pub async fn set_main_preview(work: &mut Work<'_>, entity_id: Uuid, preview_id: Uuid) -> Result<bool, Failure> {
    let before = shown(&**work, &[entity_id])
        .await?
        .pop()
        .ok_or_else(Failure::not_found)?;
    if before.preview_file_id == Some(preview_id) {
        return Ok(false);
    }
    let values = vec![("preview_file_id", preview_id.into())];
    database::update(&**work, &entity::entity::TABLE, entity_id, values).await?;
    tell_main_preview(work, entity_id).await?;
    Ok(true)
}

/// Tells what the entity is shown by.
///
/// # Errors
/// The database does not answer.
pub(super) async fn tell_main_preview(work: &mut Work<'_>, entity_id: Uuid) -> Result<(), DbErr> {
    for entity in shown(&**work, &[entity_id]).await? {
        entity.emit_updates(work);
    }
    Ok(())
}

/// Facts of an entity about its main preview.
#[derive(FromQueryResult)]
struct ShownEntity {
    id: Uuid,
    project_id: Uuid,
    /// Name of its type.
    kind: String,
    preview_file_id: Option<Uuid>,
    status: Option<String>,
}

impl ShownEntity {
    /// Tells what the entity is shown by now.
    fn emit_updates(self, work: &mut Work<'_>) {
        let mut about = payload([("entity_id", self.id)]);
        about.insert("preview_file_id".into(), json!(self.preview_file_id));
        about.insert("preview_file_status".into(), json!(self.status));
        work.emit_in(self.project_id, "preview-file:set-main", about);
        let name = self.kind.to_lowercase();
        let kind = KINDS.into_iter().find(|kind| *kind == name).unwrap_or("asset");
        work.emit_in(
            self.project_id,
            format!("{kind}:update"),
            payload([(format!("{kind}_id").as_str(), self.id)]),
        );
    }
}

/// Facts of entities about their main previews.
async fn shown(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<ShownEntity>, DbErr> {
    let mut sql = Sql::new(
        "SELECT e.id, e.project_id, k.name AS kind, e.preview_file_id, v.status FROM entity e JOIN entity_type k ON k.id = e.entity_type_id \
         LEFT JOIN preview_file v ON v.id = e.preview_file_id WHERE e.id",
    );
    sql.among(ids).push(" ORDER BY e.id");
    database::read_all(connection, &sql).await
}

/// An entity as JSON with the status of what it is shown by.
///
/// # Errors
/// The database does not answer.
pub async fn with_status(
    connection: &impl ConnectionTrait,
    entity_id: Uuid,
    mut text: Vec<u8>,
) -> Result<Vec<u8>, DbErr> {
    let status = shown(connection, &[entity_id])
        .await?
        .pop()
        .and_then(|entity| entity.status);
    let status = json!(status).to_string();
    text.pop();
    database::json::write_key(&mut text, "preview_file_status", Some(status.as_bytes()));
    text.push(b'}');
    Ok(text)
}

/// Tasks and entities that previews stand for, which may be about to go.
#[derive(Debug, Default)]
pub struct ShownBy {
    tasks: Vec<Uuid>,
    entities: Vec<Uuid>,
}

/// The previews that are left and may stand for something, the latest first.
const REMAINING_PREVIEWS: &str =
    "p.position = 1 AND p.status = 'ready' AND p.extension IN ('png', 'mp4') ORDER BY p.created_at DESC, p.id LIMIT 1";

impl ShownBy {
    /// Tasks and entities that previews stand for.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn previews(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Self, DbErr> {
        Self::find(connection, "SELECT p.id FROM preview_file p WHERE p.id", ids).await
    }

    /// Tasks and entities that the previews of comments stand for.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn previews_of_comments(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Self, DbErr> {
        Self::find(
            connection,
            "SELECT l.preview_file FROM comment_preview_link l WHERE l.comment",
            ids,
        )
        .await
    }

    /// Entities that the previews of tasks stand for, apart from the tasks themselves.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn previews_of_tasks(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Self, DbErr> {
        let found = Self::find(connection, "SELECT p.id FROM preview_file p WHERE p.task_id", ids).await?;
        Ok(Self {
            tasks: Vec::new(),
            ..found
        })
    }

    async fn find(connection: &impl ConnectionTrait, previews: &str, ids: &[Uuid]) -> Result<Self, DbErr> {
        let mut found = Self::default();
        for ids in ids.chunks(BATCH) {
            let mut sql = Sql::new(format!("SELECT id FROM task WHERE last_preview_file_id IN ({previews}"));
            sql.among(ids).push(") ORDER BY id");
            found
                .tasks
                .extend(database::read_values::<Uuid>(connection, &sql).await?);
            let mut sql = Sql::new(format!("SELECT id FROM entity WHERE preview_file_id IN ({previews}"));
            sql.among(ids).push(") ORDER BY id");
            found
                .entities
                .extend(database::read_values::<Uuid>(connection, &sql).await?);
        }
        Ok(found)
    }

    /// Gives those that lost what stood for them the latest preview that is left, entities in productions alone that do so by
    /// themselves, and tells of it.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn settle(self, work: &mut Work<'_>) -> Result<(), DbErr> {
        for ids in self.tasks.chunks(BATCH) {
            let mut sql = Sql::new(
                "UPDATE task SET last_preview_file_id = (SELECT p.id FROM preview_file p WHERE p.task_id = task.id AND ",
            );
            sql.push(REMAINING_PREVIEWS)
                .push("), updated_at = ")
                .bind(database::now())
                .push(" WHERE last_preview_file_id IS NULL AND id")
                .among(ids);
            sql.push(" RETURNING id, project_id");
            for row in database::rows(&**work, &sql).await? {
                let project_id: Option<Uuid> = row.try_get("", "project_id")?;
                work.emit_in(
                    project_id,
                    "task:update",
                    payload([("task_id", row.try_get("", "id")?)]),
                );
            }
        }
        for ids in self.entities.chunks(BATCH) {
            let mut sql = Sql::new("SELECT id FROM entity WHERE preview_file_id IS NULL AND id");
            sql.among(ids).push(" ORDER BY id");
            let lost = database::read_values::<Uuid>(&**work, &sql).await?;
            let mut sql = Sql::new(
                "UPDATE entity SET preview_file_id = (SELECT p.id FROM preview_file p JOIN task t ON t.id = p.task_id WHERE t.entity_id = entity.id AND ",
            );
            sql.push(REMAINING_PREVIEWS)
                .push("), updated_at = ")
                .bind(database::now());
            sql.push(" WHERE project_id IN (SELECT j.id FROM project j WHERE j.is_set_preview_automated = ")
                .bind(true)
                .push(") AND id")
                .among(&lost);
            database::execute(&**work, &sql).await?;
            for entity in shown(&**work, &lost).await? {
                entity.emit_updates(work);
            }
        }
        Ok(())
    }
}

/// Makes a preview the last one of its task, and the main one of the entity in productions that set it by themselves.
///
/// # Errors
/// The database does not answer.
pub(super) async fn set_last_preview(work: &mut Work<'_>, task_id: Uuid, preview_id: Uuid) -> Result<(), Failure> {
    let values = vec![("last_preview_file_id", preview_id.into())];
    database::update(&**work, &entity::task::TABLE, task_id, values).await?;
    let sql = Sql::with(
        "SELECT t.entity_id FROM task t JOIN project p ON p.id = t.project_id WHERE t.id = $1 AND p.is_set_preview_automated = true",
        [task_id.into()],
    );
    if let Some(entity_id) = database::read_value::<Option<Uuid>>(&**work, &sql).await?.flatten() {
        set_main_preview(work, entity_id, preview_id).await?;
    }
    Ok(())
}

/// The preview that stands for a task: the first one of its last revision.
///
/// # Errors
/// The database does not answer.
pub async fn last_of_task(connection: &impl ConnectionTrait, task_id: Uuid) -> Result<Option<Uuid>, Failure> {
    let sql = Sql::with(
        "SELECT id FROM preview_file WHERE task_id = $1 ORDER BY COALESCE(revision, 0) DESC, created_at, position, id LIMIT 1",
        [task_id.into()],
    );
    Ok(database::read_value(connection, &sql).await?)
}
