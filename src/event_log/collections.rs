//! The log of what happened. The server keeps it: administrators can add to it in their own name, and change nothing.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::Table;
use serde_json::{Map, Value};

use crate::crud::{Changes, Record, Resource};
use crate::events::Work;

/// The collection `/data/events`.
pub struct Events;

fn unchangeable() -> Failure {
    Failure::parameter("What happened can't be changed.")
}

#[async_trait]
impl Resource for Events {
    fn table(&self) -> &'static Table {
        &entity::api_event::TABLE
    }

    fn type_name(&self) -> &'static str {
        "ApiEvent"
    }

    fn most(&self) -> Option<i64> {
        Some(1000)
    }

    async fn check(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        _body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        if record.is_some() { Err(unchangeable()) } else { Ok(()) }
    }

    async fn before_write(
        &self,
        _work: &mut Work<'_>,
        caller: &Caller,
        _record: Option<&Record>,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        changes.set("user_id", caller.person.id);
        Ok(())
    }

    async fn remove(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        _record: &Record,
        _query: &Query,
    ) -> Result<(), Failure> {
        Err(unchangeable())
    }
}
