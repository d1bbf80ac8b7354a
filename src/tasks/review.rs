//! Puts tasks forward for review.

use dailies_definitions::access::TaskReader;
use dailies_definitions::failure::Failure;
use dailies_definitions::schemas::ReviewRequest;
use serde_json::{Map, json};
use uuid::Uuid;

use super::full::{self, persons};
use super::statuses;
use crate::access::staff_of;
use crate::app::App;
use crate::database::json::write_key;
use crate::database::{self, Sql};
use crate::events::Work;
use crate::file_trees::FilePlace;

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
    let sql = Sql::with("SELECT shotgun_id FROM person WHERE id = $1", [person_id.into()]);
    let person = database::row(&*work, &sql)
        .await?
        .ok_or_else(|| Failure::refused("Cannot find given person.").naming("person_id"))?;
    let person_shotgun_id: Option<i32> = person.try_get("", "shotgun_id")?;
    let sql = Sql::with(
        "SELECT t.project_id, t.task_status_id, t.shotgun_id, e.shotgun_id AS entity_shotgun_id, p.shotgun_id AS project_shotgun_id, k.name AS entity_type_name \
         FROM task t LEFT JOIN entity e ON e.id = t.entity_id LEFT JOIN entity_type k ON k.id = e.entity_type_id \
         LEFT JOIN project p ON p.id = t.project_id WHERE t.id = $1",
        [task_id.into()],
    );
    let task = database::row(&*work, &sql).await?.ok_or_else(Failure::not_found)?;
    let number = |name| task.try_get::<Option<i32>>("", name);
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
    let named = |mut place: FilePlace| {
        place.name_file(wanted.name.as_deref().unwrap_or("main"), wanted.revision.unwrap_or(1));
        place.path("preview", "/").ok()
    };
    // Without a place in the tree both are empty.
    let path = FilePlace::of_task(&*work, task_id)
        .await?
        .and_then(named)
        .unwrap_or_default();
    let path = json!({"folder_path": path.folder, "file_name": path.file});
    let mut about = Map::new();
    about.insert("task_id".into(), json!(task_id));
    about.insert("task_shotgun_id".into(), json!(number("shotgun_id")?));
    about.insert(
        "entity_type_name".into(),
        json!(task.try_get::<Option<String>>("", "entity_type_name")?),
    );
    about.insert(
        "previous_task_status_id".into(),
        json!(task.try_get::<Option<Uuid>>("", "task_status_id")?),
    );
    about.insert("entity_shotgun_id".into(), json!(number("entity_shotgun_id")?));
    about.insert("project_shotgun_id".into(), json!(number("project_shotgun_id")?));
    about.insert("person_shotgun_id".into(), json!(person_shotgun_id));
    about.insert("comment".into(), json!(comment));
    about.insert("preview_path".into(), path.clone());
    about.insert("change_status".into(), json!(change_status));
    // The comment is words of the team, which clients don't read, and vendors only of their own tasks.
    let project_id = task.try_get::<Option<Uuid>>("", "project_id")?;
    let staff = staff_of(&*work, project_id).await?;
    work.emit_among(staff, project_id, "task:to-review", about);
    let mut out = full::in_place(&*work, access, task_id).await?;
    let known = persons(&*work, access, &[person_id]).await?;
    write_key(&mut out, "person", known.get(&person_id).map(Vec::as_slice));
    write_key(&mut out, "comment", Some(json!(comment).to_string().as_bytes()));
    write_key(&mut out, "preview_path", Some(path.to_string().as_bytes()));
    out.push(b'}');
    work.commit().await?;
    Ok(out)
}
