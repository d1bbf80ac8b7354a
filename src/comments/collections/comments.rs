//! Comments as they are stored. Writing one on a task has a route of its own, which does what follows from it.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::app::App;
use crate::comments::{editing, reading, removal};
use crate::crud::{AskedUpdate, Changes, Record, Relation, Resource, differing};
use crate::events::Work;

/// The collection `/data/comments`.
pub struct Comments;

static RELATIONS: [Relation; 5] = [
    Relation::links(
        "previews",
        &entity::comment_preview_link::TABLE,
        "comment",
        "preview_file",
    ),
    Relation::links("mentions", &entity::comment_mentions::TABLE, "comment", "person"),
    Relation::links(
        "department_mentions",
        &entity::comment_department_mentions::TABLE,
        "comment",
        "department",
    ),
    Relation::links(
        "acknowledgements",
        &entity::comment_acknoledgments::TABLE,
        "comment",
        "person",
    ),
    Relation::children("attachment_files", &entity::attachment_file::TABLE, "comment_id"),
];

#[async_trait]
impl Resource for Comments {
    fn table(&self) -> &'static Table {
        &entity::comment::TABLE
    }

    fn type_name(&self) -> &'static str {
        "Comment"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    /// Author and task stay, and the other ones have operations of their own.
    fn protected(&self) -> &'static [&'static str] {
        &[
            "object_id",
            "object_type",
            "person_id",
            "editor_id",
            "preview_file_id",
            "replies",
            "previews",
            "mentions",
            "department_mentions",
            "acknowledgements",
        ]
    }

    async fn may_read(&self, app: &App, caller: &Caller, _rule: RecordRule, record: &Record) -> Result<(), Failure> {
        reading::may_read(&app.database, caller, record).await
    }

    async fn may_update(&self, work: &Work<'_>, caller: &Caller, update: &AskedUpdate<'_>) -> Result<(), Failure> {
        editing::may_update(work, caller, update.record, update.body).await
    }

    async fn may_delete(
        &self,
        work: &Work<'_>,
        caller: &Caller,
        _rule: RecordRule,
        record: &Record,
    ) -> Result<(), Failure> {
        editing::may_delete(work, caller, record).await
    }

    async fn check(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        editing::check(record, body)
    }

    async fn before_write(
        &self,
        _work: &mut Work<'_>,
        caller: &Caller,
        record: Option<&Record>,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        // A client that sends back what it read changes nothing.
        if record.is_some_and(|record| !differing(self, record, changes.columns.clone()).is_empty()) {
            changes.set("editor_id", caller.person.id);
        }
        Ok(())
    }

    async fn after_create(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        id: Uuid,
        _body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        editing::after_create(work, id).await
    }

    async fn after_update(
        &self,
        work: &mut Work<'_>,
        caller: &Caller,
        before: &Record,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        editing::after_update(work, caller, before, body).await
    }

    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        _query: &Query,
    ) -> Result<(), Failure> {
        let unneeded = removal::take_away(work, record.id).await?;
        work.afterwards(|app| Box::pin(unneeded.discard(app)));
        Ok(())
    }

    async fn emit_change(
        &self,
        work: &mut Work<'_>,
        what: &'static str,
        id: Uuid,
        record: &Record,
    ) -> Result<(), Failure> {
        editing::emit_comment(work, what, id, record).await
    }

    async fn enrich(
        &self,
        app: &App,
        caller: &Caller,
        id: Uuid,
        query: &Query,
        text: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        reading::enrich(app, caller, id, query, text).await
    }
}
