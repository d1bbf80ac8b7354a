//! Puts tasks forward for review.

use dailies_definitions::access::TaskReader;
use dailies_definitions::failure::Failure;
use dailies_definitions::schemas::ReviewRequest;
use sea_orm::FromQueryResult;
use serde_json::{Value, json};
use uuid::Uuid;

use super::full::{self, persons};
use super::statuses;
use crate::access::staff_of;
use crate::app::App;
use crate::database::json::write_key;
use crate::database::{self, Sql};
use crate::events::{Payload, Work};
use crate::file_trees::FilePlace;

/// A task that is put forward, with the numbers that ShotGrid knows it and its place by.
#[derive(FromQueryResult)]
struct ReviewedTask {
    project_id: Option<Uuid>,
    task_status_id: Option<Uuid>,
    shotgun_id: Option<i32>,
    entity_shotgun_id: Option<i32>,
    project_shotgun_id: Option<i32>,
    entity_type_name: Option<String>,
}

impl ReviewedTask {
    async fn find(work: &Work<'_>, task_id: Uuid) -> Result<Self, Failure> {
        let sql = Sql::with(
            "SELECT t.project_id, t.task_status_id, t.shotgun_id, e.shotgun_id AS entity_shotgun_id, p.shotgun_id AS project_shotgun_id, k.name AS entity_type_name \
             FROM task t LEFT JOIN entity e ON e.id = t.entity_id LEFT JOIN entity_type k ON k.id = e.entity_type_id \
             LEFT JOIN project p ON p.id = t.project_id WHERE t.id = $1",
            [task_id.into()],
        );
        database::read_one(&**work, &sql).await?.ok_or_else(Failure::not_found)
    }

    /// Facts of the event that tells of it.
    fn told(&self, task_id: Uuid) -> Payload {
        let mut told = Payload::new();
        told.insert("task_id".into(), json!(task_id));
        told.insert("task_shotgun_id".into(), json!(self.shotgun_id));
        told.insert("entity_type_name".into(), json!(self.entity_type_name));
        told.insert("previous_task_status_id".into(), json!(self.task_status_id));
        told.insert("entity_shotgun_id".into(), json!(self.entity_shotgun_id));
        told.insert("project_shotgun_id".into(), json!(self.project_shotgun_id));
        told
    }
}

/// Puts a task forward, and gives it as JSON.
///
/// # Errors
/// 400 for an unknown person.
pub async fn request_review(
    app: &App,
    access: &TaskReader,
    task_id: Uuid,
    wanted: ReviewRequest,
) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, access).await?;
    let person_id = wanted.person_id.unwrap_or(access.person.id);
    let person_shotgun_id = number_of_person(&work, person_id).await?;
    let task = ReviewedTask::find(&work, task_id).await?;
    let change_status = wanted.change_status.unwrap_or(true);
    if change_status {
        let status = statuses::to_review_status(&mut work).await?;
        database::update(
            &*work,
            &entity::task::TABLE,
            task_id,
            vec![("task_status_id", status.into())],
        )
        .await?;
    }
    let comment = wanted.comment.unwrap_or_default();
    let name = wanted.name.as_deref().unwrap_or("main");
    let path = preview_path(&work, task_id, name, wanted.revision.unwrap_or(1)).await?;
    let mut about = task.told(task_id);
    about.insert("person_shotgun_id".into(), json!(person_shotgun_id));
    about.insert("comment".into(), json!(comment));
    about.insert("preview_path".into(), path.clone());
    about.insert("change_status".into(), json!(change_status));
    // The comment is words of the team, which clients don't read, and vendors only of their own tasks.
    let staff = staff_of(&*work, task.project_id).await?;
    work.emit_among(staff, task.project_id, "task:to-review", about);
    let mut out = full::in_place(&*work, access, task_id).await?;
    let known = persons(&*work, access, &[person_id]).await?;
    write_key(&mut out, "person", known.get(&person_id).map(Vec::as_slice));
    write_key(&mut out, "comment", Some(json!(comment).to_string().as_bytes()));
    write_key(&mut out, "preview_path", Some(path.to_string().as_bytes()));
    out.push(b'}');
    work.finish().await?;
    Ok(out)
}

/// The number that ShotGrid knows a person by.
async fn number_of_person(work: &Work<'_>, person_id: Uuid) -> Result<Option<i32>, Failure> {
    let sql = Sql::with("SELECT shotgun_id FROM person WHERE id = $1", [person_id.into()]);
    let person = database::row(&**work, &sql)
        .await?
        .ok_or_else(|| Failure::refused("Cannot find given person.").naming("person_id"))?;
    Ok(person.try_get("", "shotgun_id")?)
}

/// Place of a preview in the file tree. Without one both parts are empty.
async fn preview_path(work: &Work<'_>, task_id: Uuid, name: &str, revision: i32) -> Result<Value, Failure> {
    let named = |mut place: FilePlace| {
        place.name_file(name, revision);
        place.path("preview", "/").ok()
    };
    let path = FilePlace::of_task(&**work, task_id)
        .await?
        .and_then(named)
        .unwrap_or_default();
    Ok(json!({"folder_path": path.folder, "file_name": path.file}))
}
