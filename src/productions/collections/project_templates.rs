//! Templates that new productions start with. Their links have routes of their own.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::Table;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::file_trees::check_file_tree;
use crate::crud::{Record, Relation, Resource};
use crate::database::{self, Sql};
use crate::events::Work;
use crate::productions::bitrates;
use crate::productions::template::SETTINGS;
use crate::productions::templates::as_record;

/// The collection `/data/project-templates`.
pub struct ProjectTemplates;

static RELATIONS: [Relation; 5] = [
    Relation::links(
        "task_types",
        &entity::project_template_task_type_link::TABLE,
        "project_template_id",
        "task_type_id",
    ),
    Relation::links(
        "task_statuses",
        &entity::project_template_task_status_link::TABLE,
        "project_template_id",
        "task_status_id",
    ),
    Relation::links(
        "asset_types",
        &entity::project_template_asset_type_link::TABLE,
        "project_template_id",
        "asset_type_id",
    ),
    Relation::links(
        "status_automations",
        &entity::project_template_status_automation_link::TABLE,
        "project_template_id",
        "status_automation_id",
    ),
    Relation::links(
        "preview_background_files",
        &entity::project_template_preview_background_file_link::TABLE,
        "project_template_id",
        "preview_background_file_id",
    ),
];

/// Keys that a new template takes from a body, beside the settings that it gives to productions.
const KEYS_OF_BODY: [&str; 3] = ["name", "description", "metadata_descriptors"];

#[async_trait]
impl Resource for ProjectTemplates {
    fn table(&self) -> &'static Table {
        &entity::project_template::TABLE
    }

    fn type_name(&self) -> &'static str {
        "ProjectTemplate"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    fn protected(&self) -> &'static [&'static str] {
        &["task_types", "task_statuses", "asset_types", "status_automations"]
    }

    fn create_answers_relations(&self) -> bool {
        false
    }

    async fn check(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        if record.is_none() {
            body.retain(|key, _| KEYS_OF_BODY.contains(&key.as_str()) || SETTINGS.contains(&key.as_str()));
        }
        bitrates::check(work.app(), record, body).map_err(as_record)?;
        check_file_tree(&**work, self.table(), record.map(|record| record.id), body).await?;
        let name = body.get("name").map(|name| name.as_str().unwrap_or_default());
        let name = if record.is_none() {
            Some(name.unwrap_or_default())
        } else {
            name
        };
        let Some(name) = name else { return Ok(()) };
        if name.is_empty() {
            return Err(Failure::record("name is required"));
        }
        let itself = record.map_or(Uuid::nil(), |record| record.id);
        let sql = Sql::with(
            "SELECT 1 FROM project_template WHERE name = $1 AND id <> $2",
            [name.replace('\0', "").into(), itself.into()],
        );
        if database::row(&**work, &sql).await?.is_some() {
            return Err(Failure::record("A project template with this name already exists"));
        }
        Ok(())
    }
}
