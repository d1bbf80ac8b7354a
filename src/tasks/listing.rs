//! Plain lists of tasks: of a production, of an entity, and beside those of a person.

use dailies_definitions::access::{Caller, EntityReader, ProjectMember, TaskReader};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{PreviewFile, Task};
use dailies_definitions::tasks::ListProjectTasksQuery;
use serde_json::Value;
use uuid::Uuid;

use super::rows::{self, task_writer};
use super::todo;
use crate::access::previews::restrict_of_task;
use crate::access::task_mask::TaskMask;
use crate::access::tasks::{VisibleTasks, worked_on_by};
use crate::app::App;
use crate::database::paging::{self, Page};
use crate::database::{Sql, stream_array};
use crate::previews::rows::{PreviewWriter, columns as preview_columns};

/// Order of the tasks of a production: the last changed first.
const ORDER: &str = "t.updated_at DESC, t.created_at DESC, t.id";

/// The tasks of a production with their assignees, the last changed first; all, or one page.
///
/// # Errors
/// The database does not answer.
pub async fn of_project(
    app: &App,
    access: &ProjectMember,
    query: &ListProjectTasksQuery,
) -> Result<Json<Value>, Failure> {
    let mut condition = Sql::new("FROM task t WHERE t.project_id = ");
    condition.bind(access.project_id());
    if let Some(id) = query.task_type_id {
        condition.push(" AND t.task_type_id = ").bind(id);
    }
    if let Some(id) = query.episode_id {
        rows::restrict_to_episode(&mut condition, id);
    }
    let visible = VisibleTasks::within(access, access.project_id(), access.role());
    visible.restrict(&mut condition, "t");
    let database = &app.database;
    let mask = TaskMask::of(database, visible.reach()).await?;
    if let Some(number) = query.page.filter(|page| *page >= 1) {
        return page_of(app, condition, number, &mask).await;
    }
    let writer = task_writer();
    let assignees = rows::assignees(database, &condition).await?;
    let mut sql = condition.before(&format!("SELECT {} ", writer.columns()));
    sql.push(" ORDER BY ").push(ORDER);
    let sent = stream_array(database, sql, move |out, row| {
        let start = out.len();
        writer.write_open(out, row)?;
        assignees.write_key(out, "assignees", row.try_get("", "id")?);
        out.push(b'}');
        mask.apply(out, start);
        Ok(())
    });
    Ok(sent.await?.into())
}

/// A page of the tasks of a condition, with the number of all.
async fn page_of(app: &App, condition: Sql, number: i64, mask: &TaskMask) -> Result<Json<Value>, Failure> {
    let database = &app.database;
    let page = Page {
        number,
        limit: i64::try_from(app.settings.nb_records_per_page).unwrap_or(100),
    };
    let total = paging::count(database, &condition).await?;
    let condition = database
        .page_of(condition, "t.id", ORDER, page.limit, page.offset())
        .await?;
    let assignees = rows::assignees(database, &condition).await?;
    let writer = task_writer();
    let sql = condition.before(&format!("SELECT {} ", writer.columns()));
    let mut items = Vec::new();
    for row in database.rows(&sql).await? {
        let mut out = Vec::with_capacity(1024);
        writer.write_open(&mut out, &row)?;
        assignees.write_key(&mut out, "assignees", row.try_get("", "id")?);
        out.push(b'}');
        mask.apply(&mut out, 0);
        items.push(out);
    }
    Ok(Json::written(page.written(total, &items, &[])))
}

/// The tasks of one type of an entity, by name.
///
/// # Errors
/// The database does not answer.
pub async fn of_entity(
    app: &App,
    access: &EntityReader,
    entity_id: Uuid,
    task_type_id: Uuid,
) -> Result<Json<Vec<Task>>, Failure> {
    let mut sql = Sql::new("FROM task t WHERE t.entity_id = ");
    sql.bind(entity_id).push(" AND t.task_type_id = ").bind(task_type_id);
    let visible = VisibleTasks::within(access, access.project_id(), access.role());
    visible.restrict(&mut sql, "t");
    sql.push(" ORDER BY t.name, t.id");
    answer_tasks(app, sql, &visible).await
}

/// The tasks of one type on every entity that a person has work of, as far as the caller sees the productions.
///
/// # Errors
/// 404 for an unknown person, 403 for a bot, and for vendors who ask for somebody else.
pub async fn beside(
    app: &App,
    caller: &Caller,
    person_id: Uuid,
    task_type_id: Uuid,
) -> Result<Json<Vec<Task>>, Failure> {
    let visible = todo::require_person(app, caller, person_id).await?;
    let mut sql = Sql::new(
        "FROM task t JOIN project p ON p.id = t.project_id JOIN project_status ps ON ps.id = p.project_status_id WHERE t.task_type_id = ",
    );
    sql.bind(task_type_id);
    sql.push(" AND ");
    worked_on_by(&mut sql, "t.entity_id", person_id);
    todo::in_open_projects(&mut sql, &visible);
    visible.restrict(&mut sql, "t");
    sql.push(" ORDER BY t.created_at, t.id");
    answer_tasks(app, sql, &visible).await
}

/// Sends the tasks of a condition, without their assignees.
async fn answer_tasks(app: &App, condition: Sql, visible: &VisibleTasks) -> Result<Json<Vec<Task>>, Failure> {
    let writer = task_writer();
    let sql = condition.before(&format!("SELECT {} ", writer.columns()));
    let mask = TaskMask::of(&app.database, visible.reach()).await?;
    let sent = stream_array(&app.database, sql, move |out, row| {
        let start = out.len();
        writer.write(out, row)?;
        mask.apply(out, start);
        Ok(())
    });
    Ok(sent.await?.into())
}

/// The previews of a task, the last revision first. Clients don't see those that were rejected.
///
/// # Errors
/// The database does not answer.
pub async fn previews(app: &App, access: &TaskReader, task_id: Uuid) -> Result<Json<Vec<PreviewFile>>, Failure> {
    let mut sql = Sql::with(
        format!("SELECT {} FROM preview_file p WHERE p.task_id = $1", preview_columns()),
        [task_id.into()],
    );
    restrict_of_task(&mut sql, access.role(), "p");
    sql.push(" ORDER BY p.revision DESC, p.position, p.created_at, p.id");
    let writer = PreviewWriter::new();
    Ok(stream_array(&app.database, sql, move |out, row| writer.write(out, row))
        .await?
        .into())
}
