//! The links between productions and their task types and task statuses: places and boards.

use std::collections::HashMap;

use dailies_definitions::access::{Caller, ProjectManager};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{ProjectTaskStatusLink, ProjectTaskTypeLink, TaskStatusLinkSet, TaskTypeLinkSet};
use entity::arrays::TextArray;
use entity::facts::Table;
use sea_orm::Value;
use uuid::Uuid;

use super::settings::{Setting, TASK_STATUSES, TASK_TYPES, changed, place};
use crate::access::require_manager;
use crate::app::App;
use crate::database::{self, RecordWriter, Sql, json};
use crate::events::Work;

/// A link table whose rows are records of their own.
struct LinkKind {
    setting: &'static Setting,
    table: &'static Table,
    column: &'static str,
    kind: &'static str,
}

static TASK_TYPE_LINKS: LinkKind = LinkKind {
    setting: &TASK_TYPES,
    table: &entity::project_task_type_link::TABLE,
    column: "task_type_id",
    kind: "ProjectTaskTypeLink",
};
static TASK_STATUS_LINKS: LinkKind = LinkKind {
    setting: &TASK_STATUSES,
    table: &entity::project_task_status_link::TABLE,
    column: "task_status_id",
    kind: "ProjectTaskStatusLink",
};

/// Sets the place of a task type in a production.
pub(super) async fn set_task_type(
    app: &App,
    caller: &Caller,
    body: &TaskTypeLinkSet,
) -> Result<Json<ProjectTaskTypeLink>, Failure> {
    let priority = ("priority", body.priority.unwrap_or(1).into());
    set(
        app,
        caller,
        &TASK_TYPE_LINKS,
        body.project_id,
        body.task_type_id,
        vec![priority],
        Vec::new(),
    )
    .await
}

/// Sets the place and the boards of a task status in a production. A new link without boards is on none.
pub(super) async fn set_task_status(
    app: &App,
    caller: &Caller,
    body: TaskStatusLinkSet,
) -> Result<Json<ProjectTaskStatusLink>, Failure> {
    let mut values = vec![("priority", body.priority.unwrap_or(1).into())];
    let mut new = Vec::new();
    match body.roles_for_board {
        Some(roles) => values.push(("roles_for_board", TextArray(roles).into())),
        None => new.push(("roles_for_board", TextArray::default().into())),
    }
    set(
        app,
        caller,
        &TASK_STATUS_LINKS,
        body.project_id,
        body.task_status_id,
        values,
        new,
    )
    .await
}

/// Changes a link, or makes it. `new` is what only a new one gets.
async fn set<T>(
    app: &App,
    caller: &Caller,
    links: &LinkKind,
    project_id: Uuid,
    target_id: Uuid,
    mut values: Vec<(&'static str, Value)>,
    new: Vec<(&'static str, Value)>,
) -> Result<Json<T>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    require_manager(&*work, caller, project_id)
        .await
        .map_err(|failure| failure.naming_unknown("project_id"))?;
    if links.setting.known(&work, &[target_id]).await?.is_empty() {
        return Err(Failure::not_found().naming(links.column));
    }
    let sql = Sql::with(
        format!(
            "SELECT id FROM \"{}\" WHERE project_id = $1 AND \"{}\" = $2",
            links.table.name, links.column
        ),
        [project_id.into(), target_id.into()],
    );
    let (id, told) = match database::read_value(&*work, &sql).await? {
        Some(id) => (id, database::update_differing(&*work, links.table, id, values).await?),
        None => {
            values.extend(new);
            values.extend([("project_id", project_id.into()), (links.column, target_id.into())]);
            (database::insert(&*work, links.table, values).await?, true)
        }
    };
    if told {
        changed(&mut work, links.setting, project_id).await?;
    }
    work.finish().await?;
    answer(app, links, id).await
}

/// Says for a production whether clients may set a status; nothing leaves it to the status.
pub(super) async fn set_client_rule(
    app: &App,
    access: &ProjectManager,
    task_status_id: Uuid,
    is_client_allowed: Option<bool>,
) -> Result<Json<ProjectTaskStatusLink>, Failure> {
    let links = &TASK_STATUS_LINKS;
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    let sql = Sql::with(
        format!(
            "SELECT id FROM \"{}\" WHERE project_id = $1 AND \"{}\" = $2",
            links.table.name, links.column
        ),
        [project_id.into(), task_status_id.into()],
    );
    let id: Uuid = database::read_value(&*work, &sql)
        .await?
        .ok_or_else(Failure::not_found)?;
    if database::update_differing(
        &*work,
        links.table,
        id,
        vec![("is_client_allowed", is_client_allowed.into())],
    )
    .await?
    {
        changed(&mut work, links.setting, project_id).await?;
    }
    work.finish().await?;
    answer(app, links, id).await
}

/// A link as it is now.
async fn answer<T>(app: &App, links: &LinkKind, id: Uuid) -> Result<Json<T>, Failure> {
    let record = json::record(&app.database, links.table, links.kind, id).await?;
    Ok(Json::written(record.ok_or_else(Failure::not_found)?))
}

/// Orders the task types of a production.
pub(super) async fn reorder_task_types(
    app: &App,
    access: &ProjectManager,
    ids: &[Uuid],
) -> Result<Json<Vec<ProjectTaskTypeLink>>, Failure> {
    reorder(app, access, &TASK_TYPE_LINKS, ids).await
}

/// Orders the task statuses of a production.
pub(super) async fn reorder_task_statuses(
    app: &App,
    access: &ProjectManager,
    ids: &[Uuid],
) -> Result<Json<Vec<ProjectTaskStatusLink>>, Failure> {
    reorder(app, access, &TASK_STATUS_LINKS, ids).await
}

async fn reorder<T>(app: &App, access: &ProjectManager, links: &LinkKind, ids: &[Uuid]) -> Result<Json<T>, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    let priorities: Vec<(Uuid, i32)> = ids.iter().copied().zip(1..).collect();
    links.setting.require_all(&work, ids).await?;
    if place(&work, links.setting, project_id, &priorities).await? {
        changed(&mut work, links.setting, project_id).await?;
    }
    work.finish().await?;
    let model = RecordWriter::new(links.table, "l", links.kind);
    let mut sql = Sql::new(format!(
        "SELECT {} FROM \"{}\" l WHERE l.project_id = ",
        model.columns(),
        links.table.name
    ));
    sql.bind(project_id)
        .push(&format!(" AND l.\"{}\" IN ", links.column))
        .bind_list(ids.iter().copied());
    let mut found: HashMap<Uuid, Vec<u8>> = HashMap::new();
    for row in app.database.rows(&sql).await? {
        let mut text = Vec::new();
        model.write(&mut text, &row)?;
        found.insert(row.try_get("", links.column)?, text);
    }
    let texts: Vec<Vec<u8>> = ids.iter().filter_map(|id| found.remove(id)).collect();
    let mut out = b"[".to_vec();
    out.extend(texts.join(&b','));
    out.push(b']');
    Ok(Json::written(out))
}
