//! Collections as the engine sees them.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use dailies_definitions::rules::RecordRule;
use entity::belonging::Belonging;
use entity::facts::Table;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::records::{AskedUpdate, Changes, Record, WrittenRecord};
use super::shape::{Extra, Nested, Relation, Shape};
use crate::access::data_mask::DataMask;
use crate::access::plans::PlanMask;
use crate::access::records::{self, RecordSubject};
use crate::access::references::production_of;
use crate::app::App;
use crate::database::{Sql, execute};
use crate::events::{Work, payload};

/// One collection of the CRUD pattern. Only the table and the name of the type have to be given; everything else
/// follows the pattern unless it is overridden. Rules of the contract (`x-access`) are checked by the engine; the
/// `may_…` methods are asked where the contract says `row`.
#[async_trait]
pub trait Resource: Send + Sync {
    /// The table of the records.
    fn table(&self) -> &'static Table;

    /// The `type` of the records.
    fn type_name(&self) -> &'static str;

    /// Prefix of events, such as `task-type`.
    fn event_prefix(&self) -> String {
        self.table().name.replace('_', "-")
    }

    /// Relations to many, in the order of their keys.
    fn relations(&self) -> &'static [Relation] {
        &[]
    }

    /// Records that answers carry whole.
    fn nested(&self) -> &'static [Nested] {
        &[]
    }

    /// Columns that nobody gets to see and nobody can filter on or set.
    fn hidden(&self) -> &'static [&'static str] {
        &[]
    }

    /// Columns that are ignored in the body of an update, besides the usual ones.
    fn protected(&self) -> &'static [&'static str] {
        &[]
    }

    /// Keys of answers that are no columns.
    fn extras(&self) -> Vec<Extra> {
        Vec::new()
    }

    /// Keys of bodies that are no columns.
    fn accepted(&self) -> &'static [&'static str] {
        &[]
    }

    /// The keys that this caller gets; `one` says whether a single record is asked for.
    fn shape(&self, caller: &Caller, one: bool) -> Shape {
        let _ = (caller, one);
        self.full_shape()
    }

    /// Every key there is.
    fn full_shape(&self) -> Shape {
        let hidden = self.hidden();
        Shape {
            columns: self
                .table()
                .columns
                .iter()
                .filter(|column| !hidden.contains(&column.name))
                .collect(),
            extras: self.extras(),
            relations: self.relations().iter().collect(),
            nested: self.nested().iter().collect(),
            keeps_relations: false,
        }
    }

    /// Adds the condition of a filter that is no column, or is special. Says whether it knows that filter. It must not tell
    /// what the caller does not see in the records.
    ///
    /// # Errors
    /// 400 for a value that it can't take.
    fn special_filter(
        &self,
        sql: &mut Sql,
        caller: &Caller,
        query: &Query,
        key: &str,
        value: &str,
    ) -> Result<bool, Failure> {
        let _ = (sql, caller, query, key, value);
        Ok(false)
    }

    /// True if relations are answered by a list when the query does not say.
    fn lists_relations(&self, query: &Query) -> bool {
        let _ = query;
        false
    }

    /// True if a single record is read with its relations whatever the query says.
    fn always_reads_relations(&self) -> bool {
        false
    }

    /// The most records that one answer holds.
    fn most(&self) -> Option<i64> {
        None
    }

    /// True if a new record is answered with its relations.
    fn create_answers_relations(&self) -> bool {
        true
    }

    /// True if an update answers the relations too.
    fn update_answers_relations(&self) -> bool {
        false
    }

    /// Lets the caller list, where the contract names a rule about records.
    ///
    /// # Errors
    /// 403 when the rule does not let the caller in.
    async fn may_list(&self, app: &App, caller: &Caller, rule: RecordRule, query: &Query) -> Result<(), Failure> {
        let _ = query;
        records::require_record(&app.database, caller, rule, RecordSubject::Production(None)).await
    }

    /// Makes what has to be there before a list is read.
    ///
    /// # Errors
    /// The database does not answer.
    async fn before_list(&self, app: &App, caller: &Caller) -> Result<(), Failure> {
        let _ = (app, caller);
        Ok(())
    }

    /// Adds the conditions of what the caller gets to see, each with `AND` before it. The row is called `t`.
    ///
    /// # Errors
    /// The database does not answer.
    async fn visible(&self, app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        let _ = (app, caller, sql);
        Ok(())
    }

    /// Metadata that is hidden in the records of a list for this caller, if anything.
    ///
    /// # Errors
    /// The database does not answer.
    async fn mask(&self, app: &App, caller: &Caller) -> Result<Option<DataMask>, Failure> {
        let _ = (app, caller);
        Ok(None)
    }

    /// Plans that are hidden from this caller, where the records of a list are tasks.
    ///
    /// # Errors
    /// The database does not answer.
    async fn plans(&self, app: &App, caller: &Caller) -> Result<Option<PlanMask>, Failure> {
        let _ = (app, caller);
        Ok(None)
    }

    /// Subject of a record, for the rule that the contract names.
    fn subject(&self, record: &Record) -> RecordSubject {
        RecordSubject::Production(record.id_of("project_id"))
    }

    /// Lets the caller read this record, where the contract names a rule about records.
    ///
    /// # Errors
    /// 403 when the rule does not allow it.
    async fn may_read(&self, app: &App, caller: &Caller, rule: RecordRule, record: &Record) -> Result<(), Failure> {
        records::require_record(&app.database, caller, rule, self.subject(record)).await
    }

    /// Lets the caller create this, where the contract names a rule about records.
    ///
    /// # Errors
    /// 403 when the rule does not allow it.
    async fn may_create(
        &self,
        app: &App,
        caller: &Caller,
        rule: RecordRule,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let _ = body;
        records::require_record(&app.database, caller, rule, RecordSubject::Production(None)).await
    }

    /// Lets the caller change this record, where the contract names a rule about records.
    ///
    /// # Errors
    /// 403 when the rule does not allow it.
    async fn may_update(&self, work: &Work<'_>, caller: &Caller, update: &AskedUpdate<'_>) -> Result<(), Failure> {
        records::require_record(&**work, caller, update.rule, self.subject(update.record)).await
    }

    /// Lets the caller delete this record, where the contract names a rule about records.
    ///
    /// # Errors
    /// 403 when the rule does not allow it.
    async fn may_delete(
        &self,
        work: &Work<'_>,
        caller: &Caller,
        rule: RecordRule,
        record: &Record,
    ) -> Result<(), Failure> {
        records::require_record(&**work, caller, rule, self.subject(record)).await
    }

    /// Checks of an update that must not be part of its transaction: they take long, or leave something behind when they
    /// refuse. The file of the resource says `transaction: {update: handler}` then.
    ///
    /// # Errors
    /// 400 for what can't be accepted.
    async fn before_update(
        &self,
        app: &App,
        caller: &Caller,
        id: Uuid,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let _ = (app, caller, id, body);
        Ok(())
    }

    /// Checks and changes a body before it is read as columns. `record` is what is stored, for an update.
    ///
    /// # Errors
    /// 400 for what can't be accepted.
    async fn check(
        &self,
        work: &mut Work<'_>,
        caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let _ = (work, caller, record, body);
        Ok(())
    }

    /// Checks and completes what is about to be stored.
    ///
    /// # Errors
    /// 400 for what can't be accepted.
    async fn before_write(
        &self,
        work: &mut Work<'_>,
        caller: &Caller,
        record: Option<&Record>,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        let _ = (work, caller, record, changes);
        Ok(())
    }

    /// Consequences of a new record, before its event.
    ///
    /// # Errors
    /// A consequence is not possible; nothing is stored then.
    async fn after_create(
        &self,
        work: &mut Work<'_>,
        caller: &Caller,
        id: Uuid,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let _ = (work, caller, id, body);
        Ok(())
    }

    /// Consequences of a change, before its event. `before` is what was stored.
    ///
    /// # Errors
    /// A consequence is not possible; nothing is stored then.
    async fn after_update(
        &self,
        work: &mut Work<'_>,
        caller: &Caller,
        before: &Record,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let _ = (work, caller, before, body);
        Ok(())
    }

    /// Removes a record with what goes along, and tells of it.
    ///
    /// # Errors
    /// 400 when others still refer to it.
    async fn remove(
        &self,
        work: &mut Work<'_>,
        caller: &Caller,
        record: &Record,
        query: &Query,
    ) -> Result<(), Failure> {
        let _ = (caller, query);
        self.remove_row(work, record).await?;
        self.emit_change(work, "delete", record.id, record).await
    }

    /// Removes the row and its links, and nothing else.
    ///
    /// # Errors
    /// 400 when others still refer to it.
    async fn remove_row(&self, work: &mut Work<'_>, record: &Record) -> Result<(), Failure> {
        for Relation { table, own, links, .. } in self.relations().iter().filter(|relation| relation.writable) {
            let table = table.name;
            let text = if *links {
                format!("DELETE FROM \"{table}\" WHERE \"{own}\" = $1")
            } else {
                format!("UPDATE \"{table}\" SET \"{own}\" = NULL WHERE \"{own}\" = $1")
            };
            execute(&**work, &Sql::with(text, [record.id.into()])).await?;
        }
        let text = format!("DELETE FROM \"{}\" WHERE id = $1", self.table().name);
        execute(&**work, &Sql::with(text, [record.id.into()])).await?;
        Ok(())
    }

    /// Emits the event of a change; `what` is `new`, `update` or `delete`. `record` is the row as it is stored, or was.
    ///
    /// # Errors
    /// The database does not answer.
    async fn emit_change(
        &self,
        work: &mut Work<'_>,
        what: &'static str,
        id: Uuid,
        record: &Record,
    ) -> Result<(), Failure> {
        let prefix = self.event_prefix();
        let key = format!("{}_id", prefix.replace('-', "_"));
        let (name, about) = (format!("{prefix}:{what}"), payload([(key.as_str(), id)]));
        match Belonging::of(self.table().name) {
            Belonging::Studio => work.emit_of_studio(self.table(), name, about),
            Belonging::Itself => work.emit_of_production(id, name),
            Belonging::By(_) => work.emit_in(
                production_of(&**work, self.table(), id, &record.values).await?,
                name,
                about,
            ),
        }
        Ok(())
    }

    /// Completes the answer to a write. `text` is the JSON object.
    ///
    /// # Errors
    /// The database does not answer.
    async fn enrich_written(
        &self,
        app: &App,
        caller: &Caller,
        written: &WrittenRecord<'_>,
        text: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        let _ = (app, caller, written);
        Ok(text)
    }

    /// The keys that are answered to a write.
    fn written_shape(&self, written: &WrittenRecord<'_>) -> Shape {
        let _ = written;
        self.full_shape()
    }

    /// Completes the answer to a read of one record. `text` is the JSON object.
    ///
    /// # Errors
    /// The database does not answer.
    async fn enrich(
        &self,
        app: &App,
        caller: &Caller,
        id: Uuid,
        query: &Query,
        text: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        let _ = (app, caller, id, query);
        Ok(text)
    }
}
