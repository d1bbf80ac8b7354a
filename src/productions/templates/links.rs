//! Parts of the studio that a template links to: task types, task statuses, asset types, status automations and
//! backgrounds.

use std::collections::HashMap;

use dailies_definitions::access::Admin;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{ProjectTaskTypeAdd, ProjectTaskTypeSet, ProjectTemplateTaskStatusAdd};
use entity::arrays::TextArray;
use entity::facts::{Kind, Table};
use sea_orm::{FromQueryResult, Value};
use uuid::Uuid;

use super::super::bitrates;
use super::super::settings::link_values;
use super::{emit_template_update, require};
use crate::app::App;
use crate::database::json::{self, TEXT};
use crate::database::{self, Field, RecordWriter, Sql};
use crate::events::Work;

/// A kind of thing that templates link to.
pub(super) struct LinkedKind {
    /// Table of the links.
    table: &'static Table,
    /// Column of the link that names the thing.
    column: &'static str,
    /// Table of the things.
    target: &'static Table,
    /// Name of the thing in messages.
    name: &'static str,
}

pub(super) static TASK_TYPES: LinkedKind = LinkedKind {
    table: &entity::project_template_task_type_link::TABLE,
    column: "task_type_id",
    target: &entity::task_type::TABLE,
    name: "Task type",
};
pub(super) static TASK_STATUSES: LinkedKind = LinkedKind {
    table: &entity::project_template_task_status_link::TABLE,
    column: "task_status_id",
    target: &entity::task_status::TABLE,
    name: "Task status",
};
pub(super) static ASSET_TYPES: LinkedKind = LinkedKind {
    table: &entity::project_template_asset_type_link::TABLE,
    column: "asset_type_id",
    target: &entity::entity_type::TABLE,
    name: "Asset type",
};
pub(super) static STATUS_AUTOMATIONS: LinkedKind = LinkedKind {
    table: &entity::project_template_status_automation_link::TABLE,
    column: "status_automation_id",
    target: &entity::status_automation::TABLE,
    name: "Status automation",
};
pub(super) static BACKGROUNDS: LinkedKind = LinkedKind {
    table: &entity::project_template_preview_background_file_link::TABLE,
    column: "preview_background_file_id",
    target: &entity::preview_background_file::TABLE,
    name: "Preview background file",
};

/// Writer of the things `t` of a template, with what the link `l` says of them.
fn writer(link: &LinkedKind) -> RecordWriter {
    let short = |columns: &[(&str, Kind)]| {
        RecordWriter::select(
            columns
                .iter()
                .map(|(name, kind)| (format!("t.{name}"), Field::new(*name, *kind))),
            None,
        )
    };
    let placed = |type_name| {
        RecordWriter::of(link.target, "t", type_name, |column| column != "priority").with(&[(
            "l.priority",
            "priority",
            Kind::Integer,
        )])
    };
    match link.column {
        "task_type_id" => placed("TaskType").with(&[
            ("l.hd_bitrate_compression", "hd_bitrate_compression", Kind::Integer),
            ("l.ld_bitrate_compression", "ld_bitrate_compression", Kind::Integer),
            ("l.is_client_visible", "is_client_visible", Kind::Bool),
        ]),
        "task_status_id" => placed("TaskStatus").with(&[
            ("l.roles_for_board", "roles_for_board", Kind::TextArray),
            ("l.is_client_allowed", "link_is_client_allowed", Kind::Bool),
        ]),
        "status_automation_id" => RecordWriter::new(link.target, "t", "StatusAutomation"),
        "preview_background_file_id" => short(&[("id", Kind::Uuid), ("name", TEXT), ("is_default", Kind::Bool)]),
        _ => short(&[("id", Kind::Uuid), ("name", TEXT)]),
    }
}

/// A link that a template has.
#[derive(FromQueryResult)]
struct TemplateLink {
    target_id: Uuid,
    id: Uuid,
}

impl LinkedKind {
    /// True if links are records of their own, with a place.
    fn has_places(&self) -> bool {
        self.table.column("priority").is_some()
    }

    /// 400 for the first of the things that does not exist.
    async fn require_targets(&self, work: &Work<'_>, ids: &[Uuid]) -> Result<(), Failure> {
        let mut sql = Sql::new(format!("SELECT id FROM \"{}\" WHERE id IN ", self.target.name));
        sql.bind_list(ids.iter().copied());
        let known: Vec<Uuid> = database::read_values(&**work, &sql).await?;
        match ids.iter().find(|id| !known.contains(id)) {
            Some(id) => Err(Failure::record(format!("{} {id} does not exist", self.name)).naming(self.column)),
            None => Ok(()),
        }
    }

    /// The links of a template by the things that they name.
    async fn links(&self, work: &Work<'_>, template_id: Uuid, ids: &[Uuid]) -> Result<HashMap<Uuid, Uuid>, Failure> {
        let mut sql = Sql::new(format!(
            "SELECT \"{}\" AS target_id, id FROM \"{}\" WHERE project_template_id = ",
            self.column, self.table.name
        ));
        sql.bind(template_id)
            .push(&format!(" AND \"{}\" IN ", self.column))
            .bind_list(ids.iter().copied());
        Ok(database::read_all::<TemplateLink>(&**work, &sql)
            .await?
            .into_iter()
            .map(|link| (link.target_id, link.id))
            .collect())
    }

    /// The columns of a link to a thing.
    fn row(&self, template_id: Uuid, id: Uuid) -> Vec<(&'static str, Value)> {
        vec![("project_template_id", template_id.into()), (self.column, id.into())]
    }
}

/// Parts of the studio that a template links to: by place, and by name where there are no places.
pub(super) async fn list<T>(app: &App, link: &LinkedKind, template_id: Uuid) -> Result<Json<T>, Failure> {
    require(&app.database, template_id).await?;
    let writer = writer(link);
    let order = match (link.has_places(), link.target.column("name")) {
        (true, _) => "COALESCE(l.priority, 0), t.name, t.id",
        (false, Some(_)) => "t.name, t.id",
        (false, None) => "t.created_at, t.id",
    };
    let text = format!(
        "SELECT {} FROM \"{}\" t JOIN \"{}\" l ON l.\"{}\" = t.id WHERE l.project_template_id = $1 ORDER BY {order}",
        writer.columns(),
        link.target.name,
        link.table.name,
        link.column
    );
    let sql = Sql::with(text, [template_id.into()]);
    Ok(writer.list(&app.database, sql).await?)
}

/// Links a template to something without a place, and answers the thing.
pub(super) async fn add<T>(
    app: &App,
    access: &Admin,
    link: &LinkedKind,
    template_id: Uuid,
    id: Uuid,
) -> Result<Json<T>, Failure> {
    let mut work = Work::begin(app, access).await?;
    require(&*work, template_id).await?;
    link.require_targets(&work, &[id]).await?;
    if database::insert_ignoring_duplicates(&*work, link.table, vec![link.row(template_id, id)]).await? > 0 {
        emit_template_update(&mut work, template_id);
    }
    work.finish().await?;
    let writer = writer(link);
    let sql = Sql::with(
        format!(
            "SELECT {} FROM \"{}\" t WHERE t.id = $1",
            writer.columns(),
            link.target.name
        ),
        [id.into()],
    );
    let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::new();
    writer.write(&mut out, &row)?;
    Ok(Json::written(out))
}

/// Links a template to a task type, or moves it.
pub(super) async fn set_task_type<T>(
    app: &App,
    access: &Admin,
    template_id: Uuid,
    body: ProjectTaskTypeSet,
) -> Result<Json<T>, Failure> {
    let item: ProjectTaskTypeAdd = serde_json::from_value(serde_json::Value::Object(body.clone()))?;
    let sql = Sql::with(
        "SELECT hd_bitrate_compression FROM project_template WHERE id = $1",
        [template_id.into()],
    );
    let of_template = database::read_value::<Option<i32>>(&app.database, &sql)
        .await?
        .flatten();
    let rates = bitrates::of_link(app, &body, of_template).map_err(as_record)?;
    let mut values = link_values(rates, item.is_client_visible);
    values.extend(item.priority.map(|priority| ("priority", priority.into())));
    set(app, access, &TASK_TYPES, template_id, item.task_type_id, values).await
}

/// Links a template to a task status, or changes its place and boards.
pub(super) async fn set_task_status<T>(
    app: &App,
    access: &Admin,
    template_id: Uuid,
    body: ProjectTemplateTaskStatusAdd,
) -> Result<Json<T>, Failure> {
    let mut values = Vec::new();
    values.extend(body.priority.map(|priority| ("priority", priority.into())));
    let boards = body.roles_for_board.filter(|roles| !roles.is_empty());
    values.extend(boards.map(|roles| ("roles_for_board", TextArray(roles).into())));
    if let Some(allowed) = body.is_client_allowed {
        values.push(("is_client_allowed", allowed.into()));
    }
    set(app, access, &TASK_STATUSES, template_id, body.task_status_id, values).await
}

/// Changes a link with a place, or makes it, and answers it.
async fn set<T>(
    app: &App,
    access: &Admin,
    link: &LinkedKind,
    template_id: Uuid,
    id: Uuid,
    values: Vec<(&'static str, Value)>,
) -> Result<Json<T>, Failure> {
    let mut work = Work::begin(app, access).await?;
    require(&*work, template_id).await?;
    link.require_targets(&work, &[id]).await?;
    let (row_id, told) = match link.links(&work, template_id, &[id]).await?.remove(&id) {
        Some(row_id) => (
            row_id,
            database::update_differing(&*work, link.table, row_id, values).await?,
        ),
        None => (
            database::insert(
                &*work,
                link.table,
                link.row(template_id, id).into_iter().chain(values).collect(),
            )
            .await?,
            true,
        ),
    };
    if told {
        emit_template_update(&mut work, template_id);
    }
    work.finish().await?;
    let record = json::record(&app.database, link.table, link.record_name(), row_id).await?;
    Ok(Json::written(record.ok_or_else(Failure::not_found)?))
}

impl LinkedKind {
    /// The `type` of links that are records.
    fn record_name(&self) -> &'static str {
        if self.column == "task_type_id" {
            "ProjectTemplateTaskTypeLink"
        } else {
            "ProjectTemplateTaskStatusLink"
        }
    }
}

/// Takes something out of a template.
pub(super) async fn remove(
    app: &App,
    access: &Admin,
    link: &LinkedKind,
    template_id: Uuid,
    id: Uuid,
) -> Result<NoContent, Failure> {
    let mut work = Work::begin(app, access).await?;
    require(&*work, template_id).await?;
    let text = format!(
        "DELETE FROM \"{}\" WHERE project_template_id = $1 AND \"{}\" = $2",
        link.table.name, link.column
    );
    let told = database::execute(&*work, &Sql::with(text, [template_id.into(), id.into()])).await? > 0;
    if link.column == "preview_background_file_id" {
        let sql = Sql::with(
            "UPDATE project_template SET default_preview_background_file_id = NULL WHERE id = $1 AND default_preview_background_file_id = $2",
            [template_id.into(), id.into()],
        );
        database::execute(&*work, &sql).await?;
    }
    if told {
        emit_template_update(&mut work, template_id);
    }
    work.finish().await?;
    Ok(NoContent)
}

/// Gives things places from 1 on, linking those that the template does not have yet. Of a thing that is listed twice, the
/// last place counts.
pub(super) async fn reorder<T>(
    app: &App,
    access: &Admin,
    link: &LinkedKind,
    template_id: Uuid,
    ids: &[Uuid],
) -> Result<Json<T>, Failure> {
    let mut work = Work::begin(app, access).await?;
    require(&*work, template_id).await.map_err(|_| Failure::not_found())?;
    link.require_targets(&work, ids)
        .await
        .map_err(|failure| as_parameter(failure, format!("{}s", link.column)))?;
    let mut places: HashMap<Uuid, i32> = HashMap::new();
    for (id, place) in ids.iter().zip(1..) {
        places.insert(*id, place);
        emit_template_update(&mut work, template_id);
    }
    let found = link.links(&work, template_id, ids).await?;
    let new: Vec<Uuid> = places.keys().copied().filter(|id| !found.contains_key(id)).collect();
    let rows = new.iter().map(|id| link.row(template_id, *id)).collect();
    database::insert_many(&*work, link.table, rows).await?;
    if !places.is_empty() {
        let mut sql = Sql::new(format!("UPDATE \"{}\" SET updated_at = ", link.table.name));
        sql.bind(database::now())
            .push(&format!(", priority = CASE \"{}\"", link.column));
        for (id, place) in &places {
            sql.push(" WHEN ").bind(*id).push(" THEN ").bind(*place);
        }
        sql.push(" END WHERE project_template_id = ")
            .bind(template_id)
            .push(&format!(" AND \"{}\" IN ", link.column));
        sql.bind_list(places.keys().copied());
        database::execute(&*work, &sql).await?;
    }
    let links = link.links(&work, template_id, ids).await?;
    work.finish().await?;
    let row_ids: Vec<Uuid> = links.values().copied().collect();
    let records = json::records(&app.database, link.table, link.record_name(), &row_ids).await?;
    let texts = ids
        .iter()
        .filter_map(|id| records.get(links.get(id)?))
        .map(Vec::as_slice);
    Ok(Json::written(json::array(texts)))
}

/// The same refusal in the shape that templates have.
pub(in crate::productions) fn as_record(failure: Failure) -> Failure {
    match failure {
        Failure::Answer { body, .. } => {
            Failure::record(body["message"].as_str().unwrap_or_default()).with_details(&body["data"])
        }
        fault => fault,
    }
}

/// The same refusal of what is in a list in the usual shape.
fn as_parameter(failure: Failure, list: String) -> Failure {
    match failure {
        Failure::Answer { body, .. } => Failure::parameter(body["message"].as_str().unwrap_or_default()).naming(list),
        fault => fault,
    }
}
