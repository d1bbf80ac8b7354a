//! Working files: entered, described, and where they belong.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::rules::RecordRule;
use dailies_definitions::schemas::{WorkingFile, WorkingFileAdd, WorkingFileLocation, WorkingFilePathRequest};
use entity::working_file::{Entity, Model, TABLE};
use sea_orm::{ConnectionTrait, EntityTrait, Value};
use uuid::Uuid;

use super::defaults::{self, BLENDER, MAX};
use super::paths::{is_person, malformed, refusal, separator, storable};
use super::working_listings::with_outputs_writer;
use crate::access::records::{RecordSubject, require_record};
use crate::app::App;
use crate::database::json::record;
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::file_trees::FilePlace;
use crate::tasks::assignment::take;

/// Mode of the file tree, unless a request names another one.
const MODE: &str = "working";

/// The next revision of the files of a task with that name.
async fn next_revision(connection: &impl ConnectionTrait, task_id: Uuid, name: &str) -> Result<i32, Failure> {
    let sql = Sql::with(
        "SELECT MAX(revision) AS last FROM working_file WHERE task_id = $1 AND name = $2",
        [task_id.into(), name.into()],
    );
    let last = database::row(connection, &sql)
        .await?
        .map(|row| row.try_get::<Option<i32>>("", "last"))
        .transpose()?
        .flatten();
    Ok(last.unwrap_or_default().max(0).saturating_add(1))
}

/// The revision that a request names, or the next one.
async fn revision(
    connection: &impl ConnectionTrait,
    task_id: Uuid,
    name: &str,
    given: Option<i32>,
) -> Result<i32, Failure> {
    match given {
        None | Some(0) => next_revision(connection, task_id, name).await,
        Some(given) => Ok(given),
    }
}

/// Enters a working file.
pub(super) async fn create(
    app: &App,
    caller: &Caller,
    task_id: Uuid,
    body: WorkingFileAdd,
) -> Result<Json<WorkingFile>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let subject = RecordSubject::Task(Some(task_id));
    require_record(&*work, caller, RecordRule::TaskPresenter, subject).await?;
    let person_id = body.person_id.unwrap_or(caller.person.id);
    if !is_person(&work, person_id).await? {
        return Err(refusal("Cannot find given person.").naming("person_id"));
    }
    let software = defaults::software(&mut work, body.software_id, BLENDER).await?;
    let mut place = FilePlace::of_task(&*work, task_id)
        .await?
        .ok_or_else(Failure::not_found)?;
    take(&mut work, caller.person.id, task_id, place.project_id).await?;
    let revision = revision(&*work, task_id, &body.name, body.revision).await?;
    require_new(&work, task_id, place.entity_id, &body.name, revision).await?;
    let mode = body.mode.as_deref().unwrap_or(MODE);
    place.values.set("Software", Some(software.thing()));
    place.name_file(&body.name, revision);
    defaults::complete(&mut work, &mut place, mode).await?;
    let separator = separator(body.sep.as_ref());
    let path = place
        .path(mode, separator)
        .map_err(|problem| malformed(&problem, &body))?;
    let path = storable(format!("{}{separator}{}", path.folder, path.file))?;
    let values = vec![
        ("name", body.name.into()),
        ("comment", body.comment.unwrap_or_default().into()),
        ("revision", revision.into()),
        ("path", path.into()),
        ("task_id", task_id.into()),
        ("entity_id", place.entity_id.into()),
        ("person_id", person_id.into()),
        ("software_id", software.id.into()),
    ];
    let id = database::insert(&*work, &TABLE, values).await?;
    work.emit_in(place.project_id, "working-file:new", payload([("working_file_id", id)]));
    let text = written(&*work, id).await?;
    work.finish().await?;
    Ok(Json::written(text))
}

/// Requires that a task has no such file yet.
///
/// # Errors
/// 400 when a task has a file of that name and revision already.
async fn require_new(
    work: &Work<'_>,
    task_id: Uuid,
    entity_id: Uuid,
    name: &str,
    revision: i32,
) -> Result<(), Failure> {
    let sql = Sql::with(
        "SELECT 1 FROM working_file WHERE name = $1 AND task_id = $2 AND entity_id = $3 AND revision = $4",
        [name.into(), task_id.into(), entity_id.into(), revision.into()],
    );
    match database::row(&**work, &sql).await? {
        Some(_) => Err(refusal("The given working file already exists.").naming("revision")),
        None => Ok(()),
    }
}

/// Path where a working file of a task belongs.
pub(super) async fn path(
    app: &App,
    caller: &Caller,
    task_id: Uuid,
    body: WorkingFilePathRequest,
) -> Result<Json<WorkingFileLocation>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let software = defaults::software(&mut work, body.software_id, MAX).await?;
    let mut place = FilePlace::of_task(&*work, task_id)
        .await?
        .ok_or_else(Failure::not_found)?;
    let name = body.name.as_deref().unwrap_or("main");
    let mode = body.mode.as_deref().unwrap_or(MODE);
    let revision = revision(&*work, task_id, name, body.revision).await?;
    place.values.set("Software", Some(software.thing()));
    place.name_file(name, revision);
    defaults::complete(&mut work, &mut place, mode).await?;
    let separator = separator(body.sep.as_ref().or(body.separator.as_ref()));
    let path = place
        .path(mode, separator)
        .map_err(|problem| malformed(&problem, &body))?;
    work.finish().await?;
    Ok(Json::of(&WorkingFileLocation {
        path: path.folder,
        name: path.file,
    })?)
}

/// The folder of the working files of a task.
pub(super) async fn folder(
    app: &App,
    caller: &Caller,
    task_id: Uuid,
    body: &WorkingFilePathRequest,
) -> Result<String, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let software = defaults::software(&mut work, None, MAX).await?;
    let mut place = FilePlace::of_task(&*work, task_id)
        .await?
        .ok_or_else(Failure::not_found)?;
    let mode = body.mode.as_deref().unwrap_or(MODE);
    place.values.set("Software", Some(software.thing()));
    place.name_file("main", revision(&*work, task_id, "main", body.revision).await?);
    defaults::complete(&mut work, &mut place, mode).await?;
    let folder = place
        .folder(mode, separator(body.sep.as_ref()))
        .map_err(|problem| malformed(&problem, body))?;
    work.finish().await?;
    Ok(folder)
}

/// A working file that the caller may do that with.
///
/// # Errors
/// 404 when there is none, 403 when the rule of its task does not let the caller.
pub(super) async fn find(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    id: Uuid,
    rule: RecordRule,
) -> Result<Model, Failure> {
    let file = Entity::find_by_id(id)
        .one(connection)
        .await?
        .ok_or_else(Failure::not_found)?;
    require_record(connection, caller, rule, RecordSubject::Task(file.task_id)).await?;
    Ok(file)
}

/// Changes a working file, whose `updated_at` moves, and answers it.
pub(super) async fn change(
    app: &App,
    caller: &Caller,
    id: Uuid,
    values: Vec<(&'static str, Value)>,
) -> Result<Json<WorkingFile>, Failure> {
    let work = Work::begin(app, caller).await?;
    find(&*work, caller, id, RecordRule::TaskWorker).await?;
    database::update(&*work, &TABLE, id, values).await?;
    let text = written(&*work, id).await?;
    work.finish().await?;
    Ok(Json::written(text))
}

async fn written(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
    record(connection, &TABLE, "WorkingFile", id)
        .await?
        .ok_or_else(Failure::not_found)
}

/// A working file with the ids of the output files that were made from it.
///
/// # Errors
/// 404 when it is not there.
pub(super) async fn with_outputs(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
    let writer = with_outputs_writer(connection.get_database_backend());
    let sql = Sql::with(
        format!("SELECT {} FROM working_file w WHERE w.id = $1", writer.columns()),
        [id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut text = Vec::with_capacity(512);
    writer.write(&mut text, &row)?;
    Ok(text)
}
