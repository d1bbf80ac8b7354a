//! The engine: the five operations for every collection.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, Role};
use dailies_definitions::call::Crud;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::query::Query;
use dailies_definitions::rules::{Collection, RecordRule, Rule};
use entity::facts::Column;
use sea_orm::Value as SqlValue;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::rules::only_admin;
use super::select::{self, WantedParts};
use super::{AskedUpdate, Record, Resource, WrittenRecord, lists, write};
use crate::app::SharedApp;
use crate::database;
use crate::events::{Work, transact};

/// Serves the collections from the database.
pub struct Engine {
    app: SharedApp,
    /// The list of the collections, which lies above.
    resource: fn(Collection) -> &'static dyn Resource,
}

/// Lets the caller in by the contract's rule, or gives the rule about records that decides.
fn undecided(rule: Rule, caller: &Caller) -> Result<Option<RecordRule>, Failure> {
    match rule {
        Rule::Anyone => Ok(None),
        Rule::Admin => only_admin(caller).map(|()| None),
        Rule::StudioManager if matches!(caller.person.role, Role::Admin | Role::Manager) => Ok(None),
        Rule::StudioManager => Err(Failure::forbidden()),
        Rule::Row(rule) => Ok(Some(rule)),
    }
}

impl Engine {
    /// Serves the collections of a list.
    #[must_use]
    pub fn new(app: SharedApp, resource: fn(Collection) -> &'static dyn Resource) -> Self {
        Self { app, resource }
    }

    /// Stores what a body changes of a record, and answers the record.
    async fn store(
        &self,
        collection: Collection,
        rule: Rule,
        caller: &Caller,
        id: Uuid,
        mut body: Map<String, Value>,
    ) -> Result<Json<Value>, Failure> {
        let resource = (self.resource)(collection);
        // A body that names nothing moves the record all the same, as does one that names what is kept elsewhere.
        let moves = body.is_empty() || body.keys().any(|key| resource.accepted().contains(&key.as_str()));
        let mut work = Work::begin(&self.app, caller).await?;
        let record = select::record(&*work, resource, id).await?;
        may_update(&work, caller, resource, rule, &record, &body).await?;
        resource.check(&mut work, caller, Some(&record), &mut body).await?;
        let mut changes = write::change(resource, &body)?;
        resource
            .before_write(&mut work, caller, Some(&record), &mut changes)
            .await?;
        let touched = moves && changes.columns.is_empty() && changes.relations.is_empty();
        let columns = write::differing(resource, &record, std::mem::take(&mut changes.columns));
        write::require_references(&work, caller, resource, Some(&record), &columns, &changes.relations).await?;
        let leads_elsewhere = leads_elsewhere(resource, &columns, &body);
        let mut changed = touched || !columns.is_empty();
        if changed {
            database::update(&*work, resource.table(), id, columns).await?;
        }
        changed |= write::store_relations(&work, resource, id, &changes.relations).await?;
        // Whoever may change the record as it was may have led it where they may not.
        let now = if leads_elsewhere {
            let now = select::record(&*work, resource, id).await?;
            may_update(&work, caller, resource, rule, &now, &body).await?;
            Some(now)
        } else {
            None
        };
        resource.after_update(&mut work, caller, &record, &body).await?;
        if changed {
            let record = now.as_ref().unwrap_or(&record);
            resource.emit_change(&mut work, "update", id, record).await?;
        }
        work.finish().await?;
        let written = WrittenRecord {
            id,
            body: &body,
            created: false,
        };
        self.answer_written(resource, caller, resource.update_answers_relations(), &written)
            .await
    }

    /// The answer to a write: the record as it is now.
    async fn answer_written(
        &self,
        resource: &dyn Resource,
        caller: &Caller,
        relations: bool,
        written: &WrittenRecord<'_>,
    ) -> Result<Json<Value>, Failure> {
        let shape = resource.written_shape(written);
        let found = select::one(
            &self.app.database,
            resource,
            &shape,
            written.id,
            WantedParts {
                relations,
                record: false,
            },
        )
        .await?;
        let text = found.ok_or_else(Failure::not_found)?.text;
        Ok(Json::written(
            resource.enrich_written(&self.app, caller, written, text).await?,
        ))
    }
}

/// True if a column that changes refers to another record than before because the body says so.
fn leads_elsewhere(resource: &dyn Resource, columns: &[(&'static str, SqlValue)], body: &Map<String, Value>) -> bool {
    columns
        .iter()
        .any(|(name, _)| body.contains_key(*name) && resource.table().column(name).is_some_and(Column::is_reference))
}

/// Asks whether the caller may change a record by a body, where the rule leaves that to the record.
async fn may_update(
    work: &Work<'_>,
    caller: &Caller,
    resource: &dyn Resource,
    rule: Rule,
    record: &Record,
    body: &Map<String, Value>,
) -> Result<(), Failure> {
    match undecided(rule, caller)? {
        Some(rule) => {
            let update = AskedUpdate { rule, record, body };
            resource.may_update(work, caller, &update).await
        }
        None => Ok(()),
    }
}

#[async_trait]
impl Crud for Engine {
    async fn list(
        &self,
        collection: Collection,
        rule: Rule,
        caller: Caller,
        query: Query,
    ) -> Result<Json<Value>, Failure> {
        let resource = (self.resource)(collection);
        if let Some(rule) = undecided(rule, &caller)? {
            resource.may_list(&self.app, &caller, rule, &query).await?;
        }
        resource.before_list(&self.app, &caller).await?;
        lists::send(&self.app, resource, &caller, &query).await
    }

    async fn create(
        &self,
        collection: Collection,
        rule: Rule,
        caller: Caller,
        mut body: Map<String, Value>,
    ) -> Result<Json<Value>, Failure> {
        let resource = (self.resource)(collection);
        if let Some(rule) = undecided(rule, &caller)? {
            resource.may_create(&self.app, &caller, rule, &body).await?;
        }
        let mut work = Work::begin(&self.app, &caller).await?;
        resource.check(&mut work, &caller, None, &mut body).await?;
        let mut changes = write::creation(&self.app, resource, &body)?;
        resource.before_write(&mut work, &caller, None, &mut changes).await?;
        write::complete(resource, &changes)?;
        write::require_references(&work, &caller, resource, None, &changes.columns, &changes.relations).await?;
        let id = database::insert(&*work, resource.table(), std::mem::take(&mut changes.columns)).await?;
        write::store_relations(&work, resource, id, &changes.relations).await?;
        resource.after_create(&mut work, &caller, id, &body).await?;
        let record = select::record(&*work, resource, id).await?;
        resource.emit_change(&mut work, "new", id, &record).await?;
        work.finish().await?;
        let written = WrittenRecord {
            id,
            body: &body,
            created: true,
        };
        self.answer_written(resource, &caller, resource.create_answers_relations(), &written)
            .await
    }

    async fn get(
        &self,
        collection: Collection,
        rule: Rule,
        caller: Caller,
        id: Uuid,
        query: Query,
    ) -> Result<Json<Value>, Failure> {
        let resource = (self.resource)(collection);
        let relations = query.flag("relations")?.unwrap_or(true) || resource.always_reads_relations();
        let shape = resource.shape(&caller, true);
        let wanted = WantedParts {
            relations,
            record: matches!(rule, Rule::Row(_)),
        };
        let found = select::one(&self.app.database, resource, &shape, id, wanted)
            .await?
            .ok_or_else(Failure::not_found)?;
        if let Some(rule) = undecided(rule, &caller)? {
            let record = found.record.as_ref().ok_or_else(Failure::forbidden)?;
            resource.may_read(&self.app, &caller, rule, record).await?;
        }
        Ok(Json::written(
            resource.enrich(&self.app, &caller, id, &query, found.text).await?,
        ))
    }

    async fn update(
        &self,
        collection: Collection,
        rule: Rule,
        caller: Caller,
        id: Uuid,
        body: Map<String, Value>,
    ) -> Result<Json<Value>, Failure> {
        (self.resource)(collection)
            .before_update(&self.app, &caller, id, &body)
            .await?;
        transact(&self.app, || self.store(collection, rule, &caller, id, body.clone())).await
    }

    async fn delete(
        &self,
        collection: Collection,
        rule: Rule,
        caller: Caller,
        id: Uuid,
        query: Query,
    ) -> Result<NoContent, Failure> {
        let resource = (self.resource)(collection);
        let mut work = Work::begin(&self.app, &caller).await?;
        let record = select::record(&*work, resource, id).await?;
        if let Some(rule) = undecided(rule, &caller)? {
            resource.may_delete(&work, &caller, rule, &record).await?;
        }
        resource.remove(&mut work, &caller, &record, &query).await?;
        work.finish().await?;
        Ok(NoContent)
    }
}
