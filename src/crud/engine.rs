//! The engine: the five operations for every collection.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, Role};
use dailies_definitions::call::Crud;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::query::Query;
use dailies_definitions::rules::{Collection, RecordRule, Rule};
use entity::facts::Column;
use sea_orm::QueryResult;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::rules::only_admin;
use super::select::{self, ShapeWriter, WantedParts};
use super::{AskedUpdate, Record, Resource, Shape, WrittenRecord, filter, write};
use crate::access::data_mask::DataMask;
use crate::access::plans::{PlanMask, blank};
use crate::app::SharedApp;
use crate::database::{self, Sql, stream_array};
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

/// The part of a list that is asked for.
struct RecordPage {
    number: i64,
    limit: i64,
}

/// Parts of a list, besides the condition of its rows.
struct List<'a> {
    resource: &'a dyn Resource,
    shape: &'a Shape,
    relations: bool,
    mask: Option<DataMask>,
    plans: Option<PlanMask>,
}

impl Engine {
    /// Serves the collections of a list.
    #[must_use]
    pub fn new(app: SharedApp, resource: fn(Collection) -> &'static dyn Resource) -> Self {
        Self { app, resource }
    }

    fn page(&self, query: &Query) -> Result<Option<RecordPage>, Failure> {
        let number = query.integer_within("page", Some(i32::MIN.into()), Some(1_000_000))?;
        if query.integer("limit")?.is_some_and(|limit| limit < 0) {
            return Err(Failure::parameter("limit must be a positive integer.").naming("limit"));
        }
        let limit = query
            .integer_within("limit", None, Some(dailies_definitions::facts::MOST_RECORDS))?
            .unwrap_or_default();
        let default = i64::try_from(self.app.settings.nb_records_per_page).unwrap_or(100);
        let limit = if limit == 0 { default } else { limit };
        Ok(number
            .filter(|number| *number >= 0)
            .map(|number| RecordPage { number, limit }))
    }

    async fn send_page(&self, list: List<'_>, condition: Sql, page: RecordPage) -> Result<Json<Value>, Failure> {
        let List {
            resource,
            shape,
            relations,
            mask,
            plans,
        } = list;
        let database = &self.app.database;
        let total = select::count(database, &condition).await?;
        let RecordPage { number, limit } = page;
        let limit = resource.most().map_or(limit, |most| limit.min(most));
        let offset = (number - 1) * limit;
        let mut out = b"{\"data\":[".to_vec();
        if number > 0 && offset < total {
            let rows = database
                .page_of(
                    condition,
                    "t.id",
                    "t.updated_at DESC, t.created_at DESC, t.id",
                    limit,
                    offset,
                )
                .await?;
            let related = if relations {
                Some(select::all_related(database, shape, &rows).await?)
            } else {
                None
            };
            let writer = ShapeWriter::new(resource, shape).with_related(shape, related);
            let sql = rows.before(&format!("SELECT {} ", writer.columns()));
            for (at, row) in database.rows(&sql).await?.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                let start = out.len();
                writer.write(&mut out, row)?;
                if let Some(mask) = &mask {
                    mask.apply(&mut out, start);
                }
                if let Some(plans) = &plans {
                    plans.apply(&mut out, start);
                }
            }
        }
        let pages = (total + limit - 1) / limit;
        let tail = format!(
            "],\"total\":{total},\"nb_pages\":{pages},\"limit\":{limit},\"offset\":{offset},\"page\":{number}}}"
        );
        out.extend_from_slice(tail.as_bytes());
        Ok(Json::written(out))
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
        let is_reference =
            |name: &str| body.contains_key(name) && resource.table().column(name).is_some_and(Column::is_reference);
        let leads_elsewhere = columns.iter().any(|(name, _)| is_reference(name));
        let mut changed = touched || !columns.is_empty();
        if changed {
            database::update(&*work, resource.table(), id, columns).await?;
        }
        changed |= write::store_relations(&work, resource, id, &changes.relations).await?;
        let now = if leads_elsewhere {
            Some(select::record(&*work, resource, id).await?)
        } else {
            None
        };
        // Whoever may change the record as it was may have led it where they may not.
        if let Some(now) = &now {
            may_update(&work, caller, resource, rule, now, &body).await?;
        }
        resource.after_update(&mut work, caller, &record, &body).await?;
        if changed {
            resource
                .emit_change(&mut work, "update", id, now.as_ref().unwrap_or(&record))
                .await?;
        }
        work.commit().await?;
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
        let mut condition = Sql::new(format!("{} WHERE 1 = 1", select::from(resource)));
        filter::add_filters(&mut condition, resource, &caller, &query)?;
        resource.visible(&self.app, &caller, &mut condition).await?;
        let plans = resource.plans(&self.app, &caller).await?;
        if let Some(plans) = plans
            .as_ref()
            .filter(|_| query.pairs().any(|(key, _)| blank(key).is_some()))
        {
            plans.leave_out(&mut condition, "t.project_id");
        }
        let page = self.page(&query)?;
        let mut shape = resource.shape(&caller, false);
        let relations = query.flag("relations")?.unwrap_or_default() || resource.lists_relations(&query);
        if let Some(fields) = query.text("fields")?.filter(|fields| !fields.is_empty()) {
            let keys: Vec<&str> = fields.split(',').map(str::trim).chain(["id", "type"]).collect();
            shape.keep(&keys);
        }
        let mask = resource.mask(&self.app, &caller).await?;
        if let Some(page) = page {
            return self
                .send_page(
                    List {
                        resource,
                        shape: &shape,
                        relations,
                        mask,
                        plans,
                    },
                    condition,
                    page,
                )
                .await;
        }
        let database = &self.app.database;
        let related = if relations {
            Some(select::all_related(database, &shape, &condition).await?)
        } else {
            None
        };
        let writer = ShapeWriter::new(resource, &shape).with_related(&shape, related);
        let mut sql = condition.before(&format!("SELECT {} ", writer.columns()));
        sql.push(" ORDER BY t.created_at, t.id");
        if let Some(most) = resource.most() {
            sql.push(" LIMIT ").bind(most);
        }
        let write = move |out: &mut Vec<u8>, row: &QueryResult| {
            let start = out.len();
            writer.write(out, row)?;
            if let Some(mask) = &mask {
                mask.apply(out, start);
            }
            if let Some(plans) = &plans {
                plans.apply(out, start);
            }
            Ok(())
        };
        Ok(stream_array(database, sql, write).await?.into())
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
        work.commit().await?;
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
        work.commit().await?;
        Ok(NoContent)
    }
}
