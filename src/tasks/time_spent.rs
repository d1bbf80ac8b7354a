//! The time that people spend on tasks.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dailies_definitions::access::{Caller, TaskReader};
use dailies_definitions::failure::Failure;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::presence;
use super::recompute::sum_durations;
use crate::access::tasks::{is_assigned, relation};
use crate::access::{Reach, hours};
use crate::app::App;
use crate::database::json;
use crate::database::{self, RecordWriter, Sql};
use crate::events::{Work, payload};

/// The time spent on a task that the caller learns of, by person, as JSON; on all days, or on one.
///
/// # Errors
/// The database does not answer.
pub async fn of_task(
    app: &App,
    access: &TaskReader,
    task_id: Uuid,
    day: Option<NaiveDate>,
) -> Result<Vec<u8>, Failure> {
    let writer = RecordWriter::new(&entity::time_spent::TABLE, "s", "TimeSpent");
    let mut sql = Sql::new(format!(
        "SELECT {} FROM time_spent s JOIN task t ON t.id = s.task_id WHERE s.task_id = ",
        writer.columns()
    ));
    sql.bind(task_id);
    hours::VisibleHours::new(Reach::within(access, access.project_id(), access.role()), hours::READ).restrict(&mut sql);
    if let Some(day) = day {
        sql.push(" AND s.date = ").bind(day);
    }
    sql.push(" ORDER BY s.date, s.id");
    let mut total = 0.0;
    let mut persons: BTreeMap<Uuid, Vec<Vec<u8>>> = BTreeMap::new();
    for row in app.database.rows(&sql).await? {
        let mut out = Vec::with_capacity(256);
        writer.write(&mut out, &row)?;
        total += row.try_get::<f64>("", "duration")?;
        if let Some(person_id) = row.try_get::<Option<Uuid>>("", "person_id")? {
            persons.entry(person_id).or_default().push(out);
        }
    }
    let mut out = format!("{{\"total\":{total:?}").into_bytes();
    for (person_id, logged) in persons {
        json::write_key(
            &mut out,
            &person_id.to_string(),
            Some(&json::array(logged.iter().map(Vec::as_slice))),
        );
    }
    out.push(b'}');
    Ok(out)
}

/// A day of a person on a task.
#[derive(Clone, Copy, Debug)]
pub struct LoggedDay {
    pub task_id: Uuid,
    pub person_id: Uuid,
    pub day: NaiveDate,
}

/// True if bots can be the person.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bots {
    WhereTheyWork,
    Never,
}

/// The production of the task, once the caller may log this.
async fn require_logger(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    place: LoggedDay,
    bots: Bots,
) -> Result<Option<Uuid>, Failure> {
    let relation = relation(connection, caller, place.task_id).await?;
    let sql = Sql::with("SELECT is_bot FROM person WHERE id = $1", [place.person_id.into()]);
    let is_bot: bool = database::row(connection, &sql)
        .await?
        .ok_or_else(Failure::not_found)?
        .try_get("", "is_bot")?;
    let bot_may = bots == Bots::WhereTheyWork && relation.bots_work;
    let own = hours::allows(&hours::LOG, relation.role, caller.person.id, place.person_id);
    let assigned = is_assigned(connection, place.person_id, place.task_id).await?;
    if assigned && own && (!is_bot || bot_may) {
        Ok(relation.project_id)
    } else {
        Err(Failure::forbidden())
    }
}

/// Time that is logged already.
async fn logged(connection: &impl ConnectionTrait, place: LoggedDay) -> Result<Option<(Uuid, f64)>, Failure> {
    let sql = Sql::with(
        "SELECT id, duration FROM time_spent WHERE person_id = $1 AND task_id = $2 AND date = $3",
        [place.person_id.into(), place.task_id.into(), place.day.into()],
    );
    let Some(row) = database::row(connection, &sql).await? else {
        return Ok(None);
    };
    Ok(Some((row.try_get("", "id")?, row.try_get("", "duration")?)))
}

/// Way of logging a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logging {
    /// In place of what is logged.
    Set,
    /// On top of it.
    Add,
}

/// Logs time, and gives the record as JSON.
///
/// # Errors
/// 404 for an unknown task or person, 403 for those who may not, 400 when the sum is no number.
pub async fn log(
    app: &App,
    caller: &Caller,
    place: LoggedDay,
    duration: f64,
    logging: Logging,
) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let project_id = require_logger(&*work, caller, place, Bots::WhereTheyWork).await?;
    let id = match logged(&*work, place).await? {
        Some((id, before)) => {
            let duration = if logging == Logging::Add {
                before + duration
            } else {
                duration
            };
            if !duration.is_finite() {
                return Err(Failure::field("duration", "Input should be a finite number"));
            }
            if !database::update_differing(
                &*work,
                &entity::time_spent::TABLE,
                id,
                vec![("duration", duration.into())],
            )
            .await?
            {
                return answer(work, id).await;
            }
            work.emit_in(project_id, "time-spent:update", payload([("time_spent_id", id)]));
            id
        }
        None => store_first(&mut work, place, project_id, duration).await?,
    };
    finish(work, place, project_id, id).await
}

/// Stores the first time that is logged of a day, and tells of it.
async fn store_first(
    work: &mut Work<'_>,
    place: LoggedDay,
    project_id: Option<Uuid>,
    duration: f64,
) -> Result<Uuid, Failure> {
    let values = vec![
        ("duration", duration.into()),
        ("date", place.day.into()),
        ("task_id", place.task_id.into()),
        ("person_id", place.person_id.into()),
    ];
    let id = database::insert(&**work, &entity::time_spent::TABLE, values).await?;
    presence::refresh(work, place.person_id).await?;
    work.emit_in(project_id, "time-spent:new", payload([("time_spent_id", id)]));
    Ok(id)
}

/// Sums the task up, tells of it, and gives the record as JSON.
async fn finish(mut work: Work<'_>, place: LoggedDay, project_id: Option<Uuid>, id: Uuid) -> Result<Vec<u8>, Failure> {
    sum_durations(&*work, &[place.task_id]).await?;
    work.emit_in(project_id, "task:update", payload([("task_id", place.task_id)]));
    answer(work, id).await
}

/// Ends the work, and gives the record as JSON.
async fn answer(work: Work<'_>, id: Uuid) -> Result<Vec<u8>, Failure> {
    let text = json::record(&*work, &entity::time_spent::TABLE, "TimeSpent", id)
        .await?
        .ok_or_else(Failure::not_found)?;
    work.finish().await?;
    Ok(text)
}

/// Removes what is logged, and gives the record with a duration of 0 as JSON.
///
/// # Errors
/// 404 when nothing is logged, 403 for those who may not.
pub async fn remove(app: &App, caller: &Caller, place: LoggedDay) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let project_id = require_logger(&*work, caller, place, Bots::Never).await?;
    let (id, _) = logged(&*work, place).await?.ok_or_else(Failure::not_found)?;
    let text = json::record(&*work, &entity::time_spent::TABLE, "TimeSpent", id)
        .await?
        .ok_or_else(Failure::not_found)?;
    let mut record: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&text)?;
    record.insert("duration".into(), 0.0.into());
    let sql = Sql::with("DELETE FROM time_spent WHERE id = $1", [id.into()]);
    database::execute(&*work, &sql).await?;
    presence::refresh(&mut work, place.person_id).await?;
    work.emit_in(project_id, "time-spent:delete", payload([("time_spent_id", id)]));
    sum_durations(&*work, &[place.task_id]).await?;
    work.emit_in(project_id, "task:update", payload([("task_id", place.task_id)]));
    work.finish().await?;
    Ok(serde_json::to_vec(&record)?)
}
