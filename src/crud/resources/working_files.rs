//! Files that people work in.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::Table;
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value};

use super::rules::refuse_vendors;
use crate::app::App;
use crate::crud::resource::{Record, Relation, Resource, only_admin};
use crate::database::Sql;
use crate::events::Work;
use crate::tasks::standing::{Standing, standing};

pub(super) struct WorkingFiles;

static RELATIONS: [Relation; 1] = [Relation::belongings("outputs", &entity::output_file::TABLE, "source_file_id")];

/// Whoever the task lets; administrators alone where there is none.
async fn let_by(connection: &impl ConnectionTrait, caller: &Caller, record: &Record, rule: fn(&Standing, &Caller) -> bool) -> Result<(), Failure> {
    let Some(task_id) = record.id_of("task_id").filter(|_| !caller.is_admin()) else { return only_admin(caller) };
    if rule(&standing(connection, caller, task_id).await?, caller) { Ok(()) } else { Err(Failure::forbidden()) }
}

#[async_trait]
impl Resource for WorkingFiles {
    fn table(&self) -> &'static Table {
        &entity::working_file::TABLE
    }

    fn type_name(&self) -> &'static str {
        "WorkingFile"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    fn always_reads_relations(&self) -> bool {
        true
    }

    async fn may_list(&self, _app: &App, caller: &Caller, _query: &Query) -> Result<(), Failure> {
        refuse_vendors(caller)
    }

    async fn visible(&self, _app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        if !caller.is_admin() {
            sql.push(" AND t.entity_id IN (SELECT e.id FROM entity e JOIN project_person_link l ON l.project_id = e.project_id WHERE l.person_id = ");
            sql.bind(caller.person.id).push(")");
        }
        Ok(())
    }

    async fn may_read(&self, app: &App, caller: &Caller, record: &Record) -> Result<(), Failure> {
        let_by(app.database.read(), caller, record, |task, _| task.may_read()).await
    }

    async fn may_update(&self, work: &Work<'_>, caller: &Caller, record: &Record, _body: &Map<String, Value>) -> Result<(), Failure> {
        let_by(&**work, caller, record, |task, caller| task.may_act(&caller.person)).await
    }
}
