//! Days that productions aim for.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;
use serde_json::{Map, Value};

use crate::app::App;
use crate::crud::Resource;
use crate::crud::rules::asks_given_project;

/// The collection `/data/milestones`.
pub struct Milestones;

#[async_trait]
impl Resource for Milestones {
    fn table(&self) -> &'static Table {
        &entity::milestone::TABLE
    }

    fn type_name(&self) -> &'static str {
        "Milestone"
    }

    async fn may_create(
        &self,
        app: &App,
        caller: &Caller,
        rule: RecordRule,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        asks_given_project(app, caller, rule, body).await
    }
}
