//! Menu entries of the studio.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::Table;
use serde_json::{Map, Value};

use crate::crud::{Record, Resource};
use crate::events::Work;
use crate::vocabulary::addresses::require_harmless;

/// The collection `/data/custom-actions`.
pub struct CustomActions;

#[async_trait]
impl Resource for CustomActions {
    fn table(&self) -> &'static Table {
        &entity::custom_action::TABLE
    }

    fn type_name(&self) -> &'static str {
        "CustomAction"
    }

    async fn check(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        if let Some(url) = body.get("url").and_then(Value::as_str) {
            require_harmless("url", url)?;
        }
        match (record, body.get("name")) {
            (None, None | Some(Value::Null)) => {
                Err(Failure::parameter("The 'name' field is required and cannot be None."))
            }
            (Some(_), Some(Value::Null)) => Err(Failure::parameter("The 'name' field cannot be set to None.")),
            _ => Ok(()),
        }
    }
}
