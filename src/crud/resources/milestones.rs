//! Days that productions aim for.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use entity::facts::Table;
use serde_json::{Map, Value};

use super::rules::{in_team, manages, manages_given_project};
use crate::app::App;
use crate::crud::resource::{Record, Resource};
use crate::events::Work;

pub(super) struct Milestones;

#[async_trait]
impl Resource for Milestones {
    fn table(&self) -> &'static Table {
        &entity::milestone::TABLE
    }

    fn type_name(&self) -> &'static str {
        "Milestone"
    }

    async fn may_read(&self, app: &App, caller: &Caller, record: &Record) -> Result<(), Failure> {
        in_team(app.database.read(), caller, record.id_of("project_id"), &[Role::Vendor]).await
    }

    async fn may_create(&self, app: &App, caller: &Caller, body: &Map<String, Value>) -> Result<(), Failure> {
        manages_given_project(app, caller, body).await
    }

    async fn may_update(&self, work: &Work<'_>, caller: &Caller, record: &Record, _body: &Map<String, Value>) -> Result<(), Failure> {
        manages(&**work, caller, record).await
    }

    async fn may_delete(&self, work: &Work<'_>, caller: &Caller, record: &Record) -> Result<(), Failure> {
        manages(&**work, caller, record).await
    }
}
