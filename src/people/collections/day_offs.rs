//! Days on which people do not work.

use async_trait::async_trait;
use chrono::NaiveDate;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;
use sea_orm::Value as SqlValue;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::absences::reads_with_reason;
use crate::access::records::{RecordSubject, require_record};
use crate::app::App;
use crate::crud::rules::only_admin;
use crate::crud::{AskedUpdate, Changes, Record, Resource, record};
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::tasks::presence;
use crate::tasks::recompute::sum_durations;

/// The collection `/data/day-offs`.
pub struct DayOffs;

/// The person, the first and the last day.
type Leave = (Uuid, NaiveDate, NaiveDate);

fn day_of(record: &Record, column: &str) -> Option<NaiveDate> {
    record.text(column)?.parse().ok()
}

fn leave(record: Option<&Record>, changes: &Changes) -> Option<Leave> {
    let day = |column: &str| match changes.get(column) {
        Some(SqlValue::ChronoDate(day)) => *day,
        _ => day_of(record?, column),
    };
    let person_id = match changes.get("person_id") {
        Some(SqlValue::Uuid(id)) => *id,
        _ => record?.id_of("person_id"),
    };
    Some((person_id?, day("date")?, day("end_date")?))
}

/// Removes the time that the person logged on days on which they did not work, sums the tasks up anew, and tells of both.
async fn unlog(work: &mut Work<'_>, (person_id, first, last): Leave) -> Result<(), Failure> {
    let condition = "s.person_id = $1 AND s.date >= $2 AND s.date <= $3";
    let values = || [person_id.into(), first.into(), last.into()];
    let logged = format!(
        "SELECT s.id, s.task_id, t.project_id FROM time_spent s LEFT JOIN task t ON t.id = s.task_id WHERE {condition} ORDER BY s.date, s.id"
    );
    let mut tasks: Vec<(Uuid, Option<Uuid>)> = Vec::new();
    for row in database::rows(&**work, &Sql::with(logged, values())).await? {
        let project_id = row.try_get("", "project_id")?;
        work.emit_in(
            project_id,
            "time-spent:delete",
            about("time_spent_id", row.try_get("", "id")?, project_id),
        );
        if let Some(task_id) = row
            .try_get::<Option<Uuid>>("", "task_id")?
            .filter(|task_id| tasks.iter().all(|(known, _)| known != task_id))
        {
            tasks.push((task_id, project_id));
        }
    }
    let removal = "DELETE FROM time_spent WHERE person_id = $1 AND date >= $2 AND date <= $3";
    database::execute(&**work, &Sql::with(removal, values())).await?;
    presence::refresh(work, person_id).await?;
    if !tasks.is_empty() {
        let ids: Vec<Uuid> = tasks.iter().map(|(task_id, _)| *task_id).collect();
        sum_durations(&**work, &ids).await?;
    }
    for (task_id, project_id) in tasks {
        work.emit_in(project_id, "task:update", about("task_id", task_id, project_id));
    }
    Ok(())
}

/// Payload about a record and the production that it is in, where it is in one.
fn about(key: &str, id: Uuid, project_id: Option<Uuid>) -> Map<String, Value> {
    project_id.map_or_else(
        || payload([(key, id)]),
        |project_id| payload([(key, id), ("project_id", project_id)]),
    )
}

async fn unlog_stored(work: &mut Work<'_>, resource: &DayOffs, id: Uuid) -> Result<(), Failure> {
    let stored = record(&**work, resource, id).await?;
    match leave(Some(&stored), &Changes::default()) {
        Some(leave) => unlog(work, leave).await,
        None => Ok(()),
    }
}

#[async_trait]
impl Resource for DayOffs {
    fn table(&self) -> &'static Table {
        &entity::day_off::TABLE
    }

    fn type_name(&self) -> &'static str {
        "DayOff"
    }

    fn subject(&self, record: &Record) -> RecordSubject {
        RecordSubject::Person(record.id_of("person_id"))
    }

    /// [`Resource::enrich`] asks the rule, along with what is told.
    async fn may_read(&self, _app: &App, _caller: &Caller, _rule: RecordRule, _record: &Record) -> Result<(), Failure> {
        Ok(())
    }

    /// Leaves the reason out for those who are not told.
    async fn enrich(
        &self,
        app: &App,
        caller: &Caller,
        id: Uuid,
        _query: &Query,
        text: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        if reads_with_reason(&app.database, caller, id).await? {
            return Ok(text);
        }
        let mut record: Map<String, Value> = serde_json::from_slice(&text)?;
        record.remove("description");
        Ok(serde_json::to_vec(&record)?)
    }

    async fn may_create(
        &self,
        app: &App,
        caller: &Caller,
        rule: RecordRule,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        if let Some(missing) = ["person_id", "date", "end_date"]
            .into_iter()
            .find(|key| !body.contains_key(*key))
        {
            return Err(Failure::record(format!("'{missing}'")));
        }
        let person_id = body.get("person_id").and_then(Value::as_str).and_then(parse_id);
        require_record(&app.database, caller, rule, RecordSubject::Person(person_id)).await
    }

    async fn may_update(&self, work: &Work<'_>, caller: &Caller, update: &AskedUpdate<'_>) -> Result<(), Failure> {
        let AskedUpdate { rule, record, body } = *update;
        require_record(&**work, caller, rule, self.subject(record)).await?;
        let given = body
            .get("person_id")
            .map(|person_id| person_id.as_str().and_then(parse_id));
        if given.is_some_and(|given| given != record.id_of("person_id")) {
            only_admin(caller)
        } else {
            Ok(())
        }
    }

    async fn before_write(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        let Some((person_id, first, last)) = leave(record, changes).filter(|(_, first, last)| first <= last) else {
            return Ok(());
        };
        let itself = record.map_or(Uuid::nil(), |record| record.id);
        let sql = Sql::with(
            "SELECT date, end_date FROM day_off WHERE person_id = $1 AND date <= $2 AND end_date >= $3 AND id <> $4 ORDER BY date LIMIT 1",
            [person_id.into(), last.into(), first.into(), itself.into()],
        );
        match database::row(&**work, &sql).await? {
            Some(other) => {
                let (from, to): (NaiveDate, NaiveDate) = (other.try_get("", "date")?, other.try_get("", "end_date")?);
                Err(
                    Failure::parameter(format!("Day off already exists for this period: from {from} to {to}"))
                        .naming("date"),
                )
            }
            None => Ok(()),
        }
    }

    async fn after_create(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        id: Uuid,
        _body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        unlog_stored(work, self, id).await
    }

    async fn after_update(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        before: &Record,
        _body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        unlog_stored(work, self, before.id).await
    }
}
