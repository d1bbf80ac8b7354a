//! Plugins as they are stored.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::Table;
use serde_json::{Map, Value};

use crate::crud::{Record, Resource};
use crate::database::Sql;
use crate::events::Work;

/// The collection `/data/plugins`.
pub struct Plugins;

#[async_trait]
impl Resource for Plugins {
    fn table(&self) -> &'static Table {
        &entity::plugin::TABLE
    }

    fn type_name(&self) -> &'static str {
        "Plugin"
    }

    /// An address is looked for as it is stored.
    fn special_filter(
        &self,
        sql: &mut Sql,
        _caller: &Caller,
        _query: &Query,
        key: &str,
        value: &str,
    ) -> Result<bool, Failure> {
        let address = key == "maintainer_email" && !value.starts_with('[');
        if address {
            sql.push(" AND t.maintainer_email = ")
                .bind(value.to_lowercase().replace('\0', ""));
        }
        Ok(address)
    }

    /// Addresses are stored in small letters.
    async fn check(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        _record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        if let Some(Value::String(address)) = body.get_mut("maintainer_email") {
            *address = address.to_lowercase();
        }
        Ok(())
    }
}
