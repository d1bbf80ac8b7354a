//! Parts of the studio that a production uses: asset types, task types, task statuses, automations and backgrounds.

use std::collections::{HashMap, HashSet};

use dailies_definitions::access::{ProjectManager, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{Project, ProjectSettingsBatch, ProjectTaskTypeAdd, ProjectTaskTypeSet};
use entity::facts::Table;
use sea_orm::Value as SqlValue;
use serde_json::Value;
use uuid::Uuid;

use super::{bitrates, rows};
use crate::access::tasks::restrict_types;
use crate::app::App;
use crate::crud::require_known;
use crate::database::{self, RecordWriter, Sql};
use crate::events::{Work, payload};
use crate::readiness;

/// A kind of thing that productions use.
pub(super) struct Setting {
    /// Table of the links between productions and these things.
    link: &'static Table,
    /// Column of the link that names the thing.
    column: &'static str,
    /// Table of the things.
    target: &'static Table,
    /// Name in messages and records.
    pub name: &'static str,
}

pub(super) static ASSET_TYPES: Setting = Setting {
    link: &entity::project_asset_type_link::TABLE,
    column: "asset_type_id",
    target: &entity::entity_type::TABLE,
    name: "EntityType",
};
pub(super) static TASK_TYPES: Setting = Setting {
    link: &entity::project_task_type_link::TABLE,
    column: "task_type_id",
    target: &entity::task_type::TABLE,
    name: "TaskType",
};
pub(super) static TASK_STATUSES: Setting = Setting {
    link: &entity::project_task_status_link::TABLE,
    column: "task_status_id",
    target: &entity::task_status::TABLE,
    name: "TaskStatus",
};
pub(super) static STATUS_AUTOMATIONS: Setting = Setting {
    link: &entity::project_status_automation_link::TABLE,
    column: "status_automation_id",
    target: &entity::status_automation::TABLE,
    name: "StatusAutomation",
};
pub(super) static BACKGROUNDS: Setting = Setting {
    link: &entity::project_preview_background_file_link::TABLE,
    column: "preview_background_file_id",
    target: &entity::preview_background_file::TABLE,
    name: "PreviewBackgroundFile",
};

impl Setting {
    /// 400 unless the thing exists.
    pub(super) async fn require(&self, work: &Work<'_>, id: Uuid) -> Result<(), Failure> {
        if self.known(work, &[id]).await?.is_empty() {
            return Err(Failure::parameter(format!("{} with id {id} not found", self.name)).naming(self.column));
        }
        Ok(())
    }

    /// 400 unless all of the things exist.
    pub(super) async fn require_all(&self, work: &Work<'_>, ids: &[Uuid]) -> Result<(), Failure> {
        require_known(&**work, self.target, &format!("{}s", self.column), ids).await
    }

    /// Those of the ids that exist, each once and in their order.
    pub(super) async fn known(&self, work: &Work<'_>, ids: &[Uuid]) -> Result<Vec<Uuid>, Failure> {
        let mut sql = Sql::new(format!("SELECT id FROM \"{}\" WHERE id IN ", self.target.name));
        sql.bind_list(ids.iter().copied());
        let mut known: HashSet<Uuid> = database::read_values(&**work, &sql).await?.into_iter().collect();
        Ok(ids.iter().copied().filter(|id| known.remove(id)).collect())
    }

    /// Things that the production uses.
    async fn used(&self, work: &Work<'_>, project_id: Uuid) -> Result<HashSet<Uuid>, Failure> {
        let sql = Sql::with(
            format!(
                "SELECT \"{}\" FROM \"{}\" WHERE project_id = $1",
                self.column, self.link.name
            ),
            [project_id.into()],
        );
        Ok(database::read_values(&**work, &sql).await?.into_iter().collect())
    }

    /// Links the things to the production; links that are there already stay as they are. Says whether any is new.
    async fn link(
        &self,
        work: &Work<'_>,
        project_id: Uuid,
        links: Vec<(Uuid, Vec<(&'static str, SqlValue)>)>,
    ) -> Result<bool, Failure> {
        let rows: Vec<Vec<(&'static str, SqlValue)>> = links
            .into_iter()
            .map(|(id, more)| {
                [("project_id", project_id.into()), (self.column, id.into())]
                    .into_iter()
                    .chain(more)
                    .collect()
            })
            .collect();
        Ok(database::insert_ignoring_duplicates(&**work, self.link, rows).await? > 0)
    }
}

/// Counts again what depends on what a production uses, and tells that it changed.
pub(super) async fn changed(work: &mut Work<'_>, setting: &Setting, project_id: Uuid) -> Result<(), Failure> {
    if setting.name == TASK_TYPES.name {
        readiness::pipeline_changed(work, project_id).await?;
    }
    emit_project_update(work, project_id);
    Ok(())
}

/// Tells that a production changed.
pub(super) fn emit_project_update(work: &mut Work<'_>, project_id: Uuid) {
    work.emit_in(project_id, "project:update", payload([]));
}

/// Makes the production use something, and answers the production.
pub(super) async fn add(
    app: &App,
    access: &ProjectManager,
    setting: &Setting,
    id: Uuid,
) -> Result<Json<Project>, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    setting.require(&work, id).await?;
    if !setting.used(&work, project_id).await?.contains(&id) {
        setting.link(&work, project_id, vec![(id, Vec::new())]).await?;
        changed(&mut work, setting, project_id).await?;
    }
    work.finish().await?;
    answer(app, project_id).await
}

/// Makes the production use a task type at some place. One that it uses already keeps its place.
pub(super) async fn add_task_type(
    app: &App,
    access: &ProjectManager,
    body: ProjectTaskTypeSet,
) -> Result<Json<Project>, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    let item: ProjectTaskTypeAdd = serde_json::from_value(Value::Object(body.clone()))?;
    TASK_TYPES.require(&work, item.task_type_id).await?;
    let sql = Sql::with(
        "SELECT hd_bitrate_compression FROM project WHERE id = $1",
        [project_id.into()],
    );
    let of_production: Option<i32> = database::read_value::<Option<i32>>(&*work, &sql).await?.flatten();
    let rates = bitrates::of_link(app, &body, of_production)?;
    let mut told = TASK_TYPES
        .link(
            &work,
            project_id,
            vec![(item.task_type_id, vec![("priority", item.priority.into())])],
        )
        .await?;
    let values = link_values(rates, item.is_client_visible);
    if !values.is_empty() {
        let sql = Sql::with(
            "SELECT id FROM project_task_type_link WHERE project_id = $1 AND task_type_id = $2",
            [project_id.into(), item.task_type_id.into()],
        );
        let id: Uuid = database::read_value(&*work, &sql)
            .await?
            .ok_or_else(Failure::not_found)?;
        told |= database::update_differing(&*work, TASK_TYPES.link, id, values).await?;
    }
    if told {
        changed(&mut work, &TASK_TYPES, project_id).await?;
    }
    work.finish().await?;
    answer(app, project_id).await
}

/// The columns of the link of a task type that a body sets.
pub(super) fn link_values(
    rates: Option<[Option<i32>; 2]>,
    is_client_visible: Option<bool>,
) -> Vec<(&'static str, SqlValue)> {
    let mut values: Vec<(&'static str, SqlValue)> = Vec::new();
    if let Some([high, low]) = rates {
        values.extend([(bitrates::HIGH, high.into()), (bitrates::LOW, low.into())]);
    }
    values.extend(is_client_visible.map(|yes| ("is_client_visible", yes.into())));
    values
}

/// The production no longer uses something.
pub(super) async fn remove(
    app: &App,
    access: &ProjectManager,
    setting: &Setting,
    id: Uuid,
) -> Result<NoContent, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    let text = format!(
        "DELETE FROM \"{}\" WHERE project_id = $1 AND \"{}\" = $2",
        setting.link.name, setting.column
    );
    if database::execute(&*work, &Sql::with(text, [project_id.into(), id.into()])).await? > 0 {
        changed(&mut work, setting, project_id).await?;
    }
    work.finish().await?;
    Ok(NoContent)
}

/// The things that the production uses, as their own records. Clients get no task types that it keeps from them.
pub(super) async fn list<T>(app: &App, setting: &Setting, project_id: Uuid, role: Role) -> Result<Json<T>, Failure> {
    let model = RecordWriter::new(setting.target, "t", setting.name);
    let text = format!(
        "SELECT {} FROM \"{}\" t JOIN \"{}\" l ON l.\"{}\" = t.id WHERE l.project_id = $1",
        model.columns(),
        setting.target.name,
        setting.link.name,
        setting.column
    );
    let mut sql = Sql::with(text, [project_id.into()]);
    if setting.name == TASK_TYPES.name {
        restrict_types(&mut sql, role, "l");
    }
    sql.push(" ORDER BY t.created_at, t.id");
    Ok(model.list(&app.database, sql).await?)
}

/// Makes the production use all that is listed.
pub(super) async fn batch(
    app: &App,
    access: &ProjectManager,
    body: ProjectSettingsBatch,
) -> Result<Json<Project>, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    let task_types = body.task_types.unwrap_or_default();
    let mut told = set_task_types(
        &work,
        project_id,
        &task_types,
        body.replace_task_types.unwrap_or_default(),
    )
    .await?;
    for (list, setting, ids) in [
        ("task_status_ids", &TASK_STATUSES, body.task_status_ids),
        ("asset_type_ids", &ASSET_TYPES, body.asset_type_ids),
    ] {
        let ids = ids.unwrap_or_default();
        require_known(&*work, setting.target, list, &ids).await?;
        let links = setting
            .known(&work, &ids)
            .await?
            .into_iter()
            .map(|id| (id, Vec::new()))
            .collect();
        told |= setting.link(&work, project_id, links).await?;
    }
    if told {
        changed(&mut work, &TASK_TYPES, project_id).await?;
    }
    work.finish().await?;
    answer(app, project_id).await
}

/// Makes the production use task types at their places, and says whether anything is different by that.
async fn set_task_types(
    work: &Work<'_>,
    project_id: Uuid,
    task_types: &[ProjectTaskTypeAdd],
    replace: bool,
) -> Result<bool, Failure> {
    let ids: Vec<Uuid> = task_types.iter().map(|item| item.task_type_id).collect();
    require_known(&**work, TASK_TYPES.target, "task_types", &ids).await?;
    let known = TASK_TYPES.known(work, &ids).await?;
    let used = TASK_TYPES.used(work, project_id).await?;
    let mut told = false;
    if replace {
        told |= remove_others(work, project_id, &used, &known).await?;
    }
    // Of a task type that is listed twice, the last place counts.
    let last = |id: Uuid| task_types.iter().rev().find(|item| item.task_type_id == id);
    let priority = |id: Uuid| last(id).and_then(|item| item.priority);
    let new = known
        .iter()
        .filter(|id| !used.contains(id))
        .map(|id| (*id, vec![("priority", priority(*id).into())]))
        .collect();
    told |= TASK_TYPES.link(work, project_id, new).await?;
    let moved: Vec<(Uuid, i32)> = known
        .iter()
        .filter(|id| used.contains(id))
        .filter_map(|id| Some((*id, priority(*id)?)))
        .collect();
    told |= place(work, &TASK_TYPES, project_id, &moved).await?;
    let shown = |id: Uuid| last(id).and_then(|item| item.is_client_visible);
    for visible in [true, false] {
        let ids: Vec<Uuid> = known.iter().copied().filter(|id| shown(*id) == Some(visible)).collect();
        told |= set_visible(work, project_id, &ids, visible).await?;
    }
    Ok(told)
}

/// Removes the task types that the production uses besides these, and says whether there were any.
async fn remove_others(
    work: &Work<'_>,
    project_id: Uuid,
    used: &HashSet<Uuid>,
    kept: &[Uuid],
) -> Result<bool, Failure> {
    let gone: Vec<Uuid> = used.iter().copied().filter(|id| !kept.contains(id)).collect();
    let mut sql = Sql::new("DELETE FROM project_task_type_link WHERE project_id = ");
    sql.bind(project_id).push(" AND task_type_id IN ").bind_list(gone);
    Ok(database::execute(&**work, &sql).await? > 0)
}

/// Shows task types to clients, or keeps them from them, and says whether anything is different by that.
async fn set_visible(work: &Work<'_>, project_id: Uuid, ids: &[Uuid], visible: bool) -> Result<bool, Failure> {
    let mut sql = Sql::new("UPDATE project_task_type_link SET is_client_visible = ");
    sql.bind(visible)
        .push(" WHERE is_client_visible IS DISTINCT FROM ")
        .bind(visible);
    sql.push(" AND project_id = ")
        .bind(project_id)
        .push(" AND task_type_id")
        .among(ids);
    Ok(database::execute(&**work, &sql).await? > 0)
}

/// Sets the priorities of links that are there, in one statement, and says whether any has another one now.
pub(super) async fn place(
    work: &Work<'_>,
    setting: &Setting,
    project_id: Uuid,
    priorities: &[(Uuid, i32)],
) -> Result<bool, Failure> {
    let sql = Sql::with(
        format!(
            "SELECT \"{}\" AS id, priority FROM \"{}\" WHERE project_id = $1",
            setting.column, setting.link.name
        ),
        [project_id.into()],
    );
    let mut stored: HashMap<Uuid, Option<i32>> = HashMap::new();
    for row in database::rows(&**work, &sql).await? {
        stored.insert(row.try_get("", "id")?, row.try_get("", "priority")?);
    }
    let moves = |(id, priority): &&(Uuid, i32)| stored.get(id).is_some_and(|stored| *stored != Some(*priority));
    let priorities: Vec<(Uuid, i32)> = priorities.iter().filter(moves).copied().collect();
    if priorities.is_empty() {
        return Ok(false);
    }
    let mut sql = Sql::new(format!("UPDATE \"{}\" SET updated_at = ", setting.link.name));
    sql.bind(database::now())
        .push(&format!(", priority = CASE \"{}\"", setting.column));
    for (id, priority) in &priorities {
        sql.push(" WHEN ").bind(*id).push(" THEN ").bind(*priority);
    }
    sql.push(" END WHERE project_id = ")
        .bind(project_id)
        .push(&format!(" AND \"{}\" IN ", setting.column));
    sql.bind_list(priorities.iter().map(|(id, _)| *id));
    Ok(database::execute(&**work, &sql).await? > 0)
}

async fn answer(app: &App, project_id: Uuid) -> Result<Json<Project>, Failure> {
    Ok(Json::written(rows::project(&app.database, project_id).await?))
}
