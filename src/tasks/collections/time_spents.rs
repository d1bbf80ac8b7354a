//! Time spent on tasks, as it is stored. Whatever changes, the tasks are summed up anew.

use std::collections::BTreeSet;

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::hours;
use crate::access::tasks::{is_assigned, relation};
use crate::crud::{Record, Resource, missing, record};
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::tasks::presence;
use crate::tasks::recompute::sum_durations;

/// The collection `/data/time-spents`.
pub struct TimeSpents;

/// Sums tasks up, and tells of each.
async fn sum_up(work: &mut Work<'_>, tasks: &[Uuid]) -> Result<(), Failure> {
    sum_durations(&**work, tasks).await?;
    for task_id in tasks {
        let sql = Sql::with("SELECT project_id FROM task WHERE id = $1", [(*task_id).into()]);
        let row = database::row(&**work, &sql).await?.ok_or_else(Failure::not_found)?;
        work.emit_in(
            row.try_get::<Option<Uuid>>("", "project_id")?,
            "task:update",
            payload([("task_id", *task_id)]),
        );
    }
    Ok(())
}

/// Works out anew when those were there last whose time it is.
async fn refresh<const N: usize>(work: &mut Work<'_>, records: [&Record; N]) -> Result<(), Failure> {
    let persons: BTreeSet<Uuid> = records.iter().filter_map(|record| record.id_of("person_id")).collect();
    for person_id in persons {
        presence::refresh(work, person_id).await?;
    }
    Ok(())
}

#[async_trait]
impl Resource for TimeSpents {
    fn table(&self) -> &'static Table {
        &entity::time_spent::TABLE
    }

    fn type_name(&self) -> &'static str {
        "TimeSpent"
    }

    /// The days from one to another.
    fn special_filter(
        &self,
        sql: &mut Sql,
        _caller: &Caller,
        query: &Query,
        key: &str,
        _value: &str,
    ) -> Result<bool, Failure> {
        let ends = [("start_date", " AND t.date >= "), ("end_date", " AND t.date <= ")];
        let Some((_, condition)) = ends.iter().find(|(name, _)| *name == key) else {
            return Ok(false);
        };
        let (Some(_), Some(_), Some(day)) = (query.day("start_date")?, query.day("end_date")?, query.day(key)?) else {
            let message = "If querying for a range of dates, both a `start_date` and an `end_date` must be given.";
            return Err(Failure::parameter(message));
        };
        sql.push(condition).bind(day);
        Ok(true)
    }

    /// Administrators; the person and the managers of the production as long as the person does the task.
    async fn may_delete(
        &self,
        work: &Work<'_>,
        caller: &Caller,
        _rule: RecordRule,
        record: &Record,
    ) -> Result<(), Failure> {
        if caller.is_admin() {
            return Ok(());
        }
        let task_id = record.id_of("task_id").ok_or_else(Failure::not_found)?;
        let person_id = record.id_of("person_id").ok_or_else(Failure::forbidden)?;
        let relation = relation(&**work, caller, task_id).await?;
        let may = hours::allows(&hours::LOG, relation.role, caller.person.id, person_id);
        if may && is_assigned(&**work, person_id, task_id).await? {
            Ok(())
        } else {
            Err(Failure::forbidden())
        }
    }

    async fn check(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        match (record, body.get("task_id")) {
            (None, None) | (_, Some(Value::Null)) => Err(missing("task_id")),
            _ => Ok(()),
        }
    }

    async fn after_create(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        id: Uuid,
        _body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let stored = record(&**work, self, id).await?;
        refresh(work, [&stored]).await?;
        sum_up(work, stored.id_of("task_id").as_slice()).await
    }

    async fn after_update(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        before: &Record,
        _body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let stored = record(&**work, self, before.id).await?;
        if stored.values == before.values {
            return Ok(());
        }
        refresh(work, [before, &stored]).await?;
        let now = stored.id_of("task_id");
        let left = before.id_of("task_id").filter(|left| now != Some(*left));
        let tasks: Vec<Uuid> = now.into_iter().chain(left).collect();
        sum_up(work, &tasks).await
    }

    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        _query: &Query,
    ) -> Result<(), Failure> {
        self.remove_row(work, record).await?;
        self.emit_change(work, "delete", record.id, record).await?;
        refresh(work, [record]).await?;
        sum_up(work, record.id_of("task_id").as_slice()).await
    }
}
