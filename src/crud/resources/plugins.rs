//! Plugins as they are stored.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::Table;
use serde_json::{Map, Value};

use crate::crud::resource::{Record, Resource};
use crate::events::Work;

pub(super) struct Plugins;

#[async_trait]
impl Resource for Plugins {
    fn table(&self) -> &'static Table {
        &entity::plugin::TABLE
    }

    fn type_name(&self) -> &'static str {
        "Plugin"
    }

    /// Addresses are stored in small letters.
    async fn check(&self, _work: &mut Work<'_>, _caller: &Caller, _record: Option<&Record>, body: &mut Map<String, Value>) -> Result<(), Failure> {
        if let Some(Value::String(address)) = body.get_mut("maintainer_email") {
            *address = address.to_lowercase();
        }
        Ok(())
    }
}
