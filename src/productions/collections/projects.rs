//! Productions.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use entity::facts::Table;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::file_trees::check_file_tree;
use crate::access::data_mask::DataMask;
use crate::access::open_projects_of;
use crate::access::records::RecordSubject;
use crate::app::App;
use crate::crud::rules::round;
use crate::crud::{Record, Relation, Resource, WrittenRecord};
use crate::database::{self, Sql};
use crate::events::Work;
use crate::jobs;
use crate::productions::{bitrates, creation, preview_account, removal, rows};
use crate::readiness;
use crate::removal::RemovedFiles;

/// The collection `/data/projects`.
pub struct Projects;

static RELATIONS: [Relation; 6] = [
    Relation::links("team", &entity::project_person_link::TABLE, "project_id", "person_id"),
    Relation::links(
        "asset_types",
        &entity::project_asset_type_link::TABLE,
        "project_id",
        "asset_type_id",
    ),
    Relation::links(
        "task_statuses",
        &entity::project_task_status_link::TABLE,
        "project_id",
        "task_status_id",
    ),
    Relation::links(
        "task_types",
        &entity::project_task_type_link::TABLE,
        "project_id",
        "task_type_id",
    ),
    Relation::links(
        "status_automations",
        &entity::project_status_automation_link::TABLE,
        "project_id",
        "status_automation_id",
    ),
    Relation::links(
        "preview_background_files",
        &entity::project_preview_background_file_link::TABLE,
        "project_id",
        "preview_background_file_id",
    ),
];

#[async_trait]
impl Resource for Projects {
    fn table(&self) -> &'static Table {
        &entity::project::TABLE
    }

    fn type_name(&self) -> &'static str {
        "Project"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    /// The team has routes of its own.
    fn protected(&self) -> &'static [&'static str] {
        &["team"]
    }

    fn accepted(&self) -> &'static [&'static str] {
        &["project_template_id", "preview_background_file_id"]
    }

    async fn visible(&self, _app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        if !caller.is_admin() {
            sql.push(" AND ");
            open_projects_of(sql, "t.id", caller.person.id);
        }
        Ok(())
    }

    fn subject(&self, record: &Record) -> RecordSubject {
        RecordSubject::Production(Some(record.id))
    }

    async fn check(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        if body.get("production_style") == Some(&Value::Null) {
            body.insert("production_style".into(), "2d3d".into());
        }
        if let Some(style) = body.get("production_style") {
            let column = self.table().column("production_style");
            if !column.is_some_and(|column| style.as_str().is_some_and(|style| column.choices.contains(&style))) {
                return Err(Failure::parameter("Invalid production_style"));
            }
        }
        if let Some(resolution) = body
            .get("resolution")
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            && !is_resolution(resolution)
        {
            return Err(Failure::parameter(format!(
                "Invalid resolution {resolution}. Expected format: '1920x1080' or 'x1080'."
            )));
        }
        bitrates::check(work.app(), record, body)?;
        round(body, "man_days");
        check_file_tree(&**work, self.table(), record.map(|record| record.id), body).await?;
        check_backgrounds(work, body, record.is_none()).await?;
        if record.is_none() {
            if !body.contains_key("project_status_id") {
                let open = creation::open_status(work).await?;
                body.insert("project_status_id".into(), json!(open));
            }
            creation::check_template(work, body).await?;
            let team = body.get("team").and_then(Value::as_array);
            let team: Vec<Uuid> = team
                .into_iter()
                .flatten()
                .filter_map(|person| person.as_str().and_then(parse_id))
                .collect();
            preview_account::require_own(work, None, &team, "team").await?;
        }
        Ok(())
    }

    async fn after_create(
        &self,
        work: &mut Work<'_>,
        caller: &Caller,
        id: Uuid,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        creation::complete(work, caller, id, body).await
    }

    async fn after_update(
        &self,
        work: &mut Work<'_>,
        caller: &Caller,
        before: &Record,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        if is_tv_show(work, before.id).await? {
            creation::first_episode(work, caller, before.id).await?;
        }
        if body.contains_key("task_types") {
            readiness::pipeline_changed(work, before.id).await?;
        }
        Ok(())
    }

    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        query: &Query,
    ) -> Result<(), Failure> {
        let sql = Sql::with(
            "SELECT 1 FROM project_status WHERE id = $1 AND name = 'Open'",
            [record.id_of("project_status_id").into()],
        );
        if database::row(&**work, &sql).await?.is_some() {
            return Err(Failure::refused("Only closed projects can be deleted"));
        }
        let team = removal::team(work, record.id).await?;
        preview_account::remove(work, record.id).await?;
        if query.flag("force")?.unwrap_or_default() {
            let mut unneeded = removal::remove_project(work, record.id).await?;
            if !work.app().settings.files.remove_files {
                unneeded.attachments.clear();
            }
            jobs::enqueue(work, &RemovedFiles::jobs(&unneeded)).await?;
        } else {
            self.remove_row(work, record).await?;
        }
        self.emit_change(work, "delete", record.id, record).await?;
        work.project_removed(record.id, &team);
        Ok(())
    }

    async fn mask(&self, app: &App, caller: &Caller) -> Result<Option<DataMask>, Failure> {
        Ok(DataMask::of(&app.database, caller).await?)
    }

    async fn enrich(
        &self,
        app: &App,
        caller: &Caller,
        id: Uuid,
        query: &Query,
        mut text: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        if let Some(mask) = self.mask(app, caller).await? {
            mask.apply_to_production(&mut text, 0);
        }
        let whole = query.flag("relations")?.unwrap_or(true);
        text.pop();
        text.extend(rows::surroundings(&app.database, caller, id, whole).await?);
        text.push(b'}');
        Ok(text)
    }

    /// A TV show is answered with its first episode.
    async fn enrich_written(
        &self,
        app: &App,
        _caller: &Caller,
        written: &WrittenRecord<'_>,
        mut text: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        let sql = Sql::with(
            "SELECT e.id FROM project p JOIN entity e ON e.project_id = p.id JOIN entity_type k ON k.id = e.entity_type_id \
             WHERE p.id = $1 AND p.production_type = 'tvshow' AND k.name = 'Episode' ORDER BY e.name, e.id LIMIT 1",
            [written.id.into()],
        );
        if let Some(episode) = database::read_value::<Uuid>(&app.database, &sql).await? {
            text.pop();
            text.extend_from_slice(format!(",\"first_episode_id\":\"{episode}\"}}").as_bytes());
        }
        Ok(text)
    }
}

async fn is_tv_show(work: &Work<'_>, id: Uuid) -> Result<bool, Failure> {
    let sql = Sql::with(
        "SELECT 1 FROM project WHERE id = $1 AND production_type = 'tvshow'",
        [id.into()],
    );
    Ok(database::row(&**work, &sql).await?.is_some())
}

/// Backgrounds that a body names must exist. The old single key can only name one of the list.
async fn check_backgrounds(work: &Work<'_>, body: &Map<String, Value>, creating: bool) -> Result<(), Failure> {
    let listed = body.get("preview_background_files").and_then(Value::as_array);
    let mut ids = Vec::new();
    for item in listed.into_iter().flatten() {
        ids.push(
            item.as_str()
                .or_else(|| item["id"].as_str())
                .and_then(parse_id)
                .ok_or_else(|| Failure::not_found().naming("preview_background_files"))?,
        );
    }
    if !ids.is_empty() {
        ids.sort();
        ids.dedup();
        let mut sql = Sql::new("SELECT COUNT(*) FROM preview_background_file WHERE id IN ");
        sql.bind_list(ids.iter().copied());
        let found: i64 = database::read_value(&**work, &sql).await?.unwrap_or_default();
        if usize::try_from(found).ok() != Some(ids.len()) {
            return Err(Failure::not_found().naming("preview_background_files"));
        }
    }
    if let Some(single) = body.get("preview_background_file_id").and_then(Value::as_str)
        && (creating || listed.is_some())
        && !parse_id(single).is_some_and(|single| ids.contains(&single))
    {
        return Err(Failure::parameter("Invalid preview_background_file_id"));
    }
    if let Some(default) = body
        .get("default_preview_background_file_id")
        .filter(|default| creating && !default.is_null())
        && !default
            .as_str()
            .and_then(parse_id)
            .is_some_and(|default| ids.contains(&default))
    {
        return Err(Failure::parameter("Invalid default_preview_background_file_id"));
    }
    Ok(())
}

/// True for `1920x1080`, with three or four digits each, and for `x1080` with any number of digits.
fn is_resolution(text: &str) -> bool {
    let side = |digits: &str| (3..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('x').is_some_and(|(width, height)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if width.is_empty() {
            digits(height)
        } else {
            side(width) && side(height)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::is_resolution;

    #[test]
    fn resolutions_have_one_or_two_sides() {
        assert!(
            ["1920x1080", "640x480", "x1080", "x72", "x10800"]
                .iter()
                .all(|text| is_resolution(text))
        );
        assert!(
            ["1920", "19x1080", "1920x10800", "axb", "1920x", "x"]
                .iter()
                .all(|text| !is_resolution(text))
        );
    }
}
