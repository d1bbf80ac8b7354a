//! Files that steps of the work hand on.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::Table;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::rules::{project_of, reads_entity, refuse_vendors};
use crate::access::{is_assigned_to_entity, open_projects_of, project_role};
use crate::app::App;
use crate::crud::resource::{Nested, Record, Resource, only_admin};
use crate::database::Sql;
use crate::events::{Work, payload};

pub(super) struct OutputFiles;

static NESTED: [Nested; 1] = [Nested { key: "source_file", column: "source_file_id", table: &entity::working_file::TABLE, type_name: "WorkingFile" }];

#[async_trait]
impl Resource for OutputFiles {
    fn table(&self) -> &'static Table {
        &entity::output_file::TABLE
    }

    fn type_name(&self) -> &'static str {
        "OutputFile"
    }

    fn nested(&self) -> &'static [Nested] {
        &NESTED
    }

    fn accepted(&self) -> &'static [&'static str] {
        &["source_file"]
    }

    async fn may_list(&self, _app: &App, caller: &Caller, _query: &Query) -> Result<(), Failure> {
        refuse_vendors(caller)
    }

    async fn visible(&self, _app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        if !caller.is_admin() {
            sql.push(" AND t.entity_id IN (SELECT e.id FROM entity e WHERE ");
            open_projects_of(sql, "e.project_id", caller.person.id);
            sql.push(")");
        }
        Ok(())
    }

    async fn may_read(&self, app: &App, caller: &Caller, record: &Record) -> Result<(), Failure> {
        reads_entity(app.database.read(), caller, record.id_of("entity_id")).await.map(|_| ())
    }

    /// Managers of the production, and whoever works on what the file is for.
    async fn may_update(&self, work: &Work<'_>, caller: &Caller, record: &Record, _body: &Map<String, Value>) -> Result<(), Failure> {
        let Some(entity_id) = record.id_of("entity_id").filter(|_| !caller.is_admin()) else { return only_admin(caller) };
        let worked_on = record.id_of("temporal_entity_id").unwrap_or(entity_id);
        let manages = match project_of(&**work, "entity", Some(entity_id)).await? {
            Some(project_id) => project_role(&**work, caller, project_id).await?.is_manager(),
            None => false,
        };
        if manages || is_assigned_to_entity(&**work, caller.person.id, worked_on).await? { Ok(()) } else { Err(Failure::forbidden()) }
    }

    /// A new file belongs to an entity.
    async fn check(&self, _work: &mut Work<'_>, _caller: &Caller, record: Option<&Record>, body: &mut Map<String, Value>) -> Result<(), Failure> {
        match (record, body.get("entity_id")) {
            (None, None | Some(Value::Null)) => Err(Failure::record("A required field is missing.")),
            _ => Ok(()),
        }
    }

    /// The production is that of the entity.
    async fn tell(&self, work: &mut Work<'_>, what: &'static str, id: Uuid, record: &Record) -> Result<(), Failure> {
        let project_id = match record.id_of("entity_id") {
            Some(entity_id) => project_of(&**work, "entity", Some(entity_id)).await?,
            None => None,
        };
        work.emit_in(project_id, format!("output-file:{what}"), payload([("output_file_id", id)]));
        Ok(())
    }
}
