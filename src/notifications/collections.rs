//! Notifications as they are stored. What one tells of is the column `type`, a key that answers need for the kind of
//! record: there it is called `notification_type`.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::{Kind, Table};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::crud::{Extra, Record, Resource, Shape};
use crate::events::{Work, payload};

/// The collection `/data/notifications`.
pub struct Notifications;

#[async_trait]
impl Resource for Notifications {
    fn table(&self) -> &'static Table {
        &entity::notification::TABLE
    }

    fn type_name(&self) -> &'static str {
        "Notification"
    }

    fn extras(&self) -> Vec<Extra> {
        vec![Extra {
            key: "notification_type",
            expression: "t.\"type\"",
            kind: Kind::Text { max: None },
        }]
    }

    fn full_shape(&self) -> Shape {
        Shape {
            columns: self
                .table()
                .columns
                .iter()
                .filter(|column| column.name != "type")
                .collect(),
            extras: self.extras(),
            relations: Vec::new(),
            nested: Vec::new(),
            keeps_relations: false,
        }
    }

    /// It is nobody's business but the person's.
    async fn emit_change(
        &self,
        work: &mut Work<'_>,
        what: &'static str,
        id: Uuid,
        record: &Record,
    ) -> Result<(), Failure> {
        if let Some(person_id) = record.id_of("person_id") {
            work.emit_to(
                person_id,
                format!("notification:{what}"),
                payload([("notification_id", id)]),
            );
        }
        Ok(())
    }

    /// A notification that was read can be sent back whole.
    async fn check(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        if record.is_some() && body.get("type").and_then(Value::as_str) == Some(self.type_name()) {
            body.remove("type");
        }
        Ok(())
    }
}
