//! The caller's time: what was spent on tasks, days off, and sign-ins on workstations.

use chrono::{NaiveDate, NaiveDateTime};
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{TaskTimeSpent, TimeSpent, UserDayOff, UserDesktopLogin};
use uuid::Uuid;

use super::time_spent::noted_on_tasks;
use crate::app::App;
use crate::database::json::record;
use crate::database::{self, Database, RecordWriter, Sql};
use crate::events::Work;
use crate::tasks::presence::refresh;

/// Time that the person spent from one day to another, both included; nothing without days.
///
/// # Errors
/// 400 when only one of the days is given.
pub async fn spent_between(
    database: &Database,
    person_id: Uuid,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Json<Vec<TaskTimeSpent>>, Failure> {
    let (from, to) = match (from, to) {
        (Some(from), Some(to)) => (from, to),
        (None, None) => return Ok(Json::written("[]")),
        _ => {
            return Err(Failure::parameter(
                "If querying for a range of dates, both a `start_date` and an `end_date` must be given.",
            ));
        }
    };
    let writer = noted_on_tasks();
    let sql = Sql::with(
        format!(
            "SELECT {} FROM time_spent s JOIN task t ON t.id = s.task_id WHERE s.person_id = $1 AND s.date >= $2 AND s.date <= $3 \
             ORDER BY s.date, s.created_at, s.id",
            writer.columns()
        ),
        [person_id.into(), from.into(), to.into()],
    );
    Ok(writer.list(database, sql).await?)
}

/// Time that the person spent on a task on a day.
///
/// # Errors
/// 404 when there is nothing.
pub async fn spent_on_task(
    database: &Database,
    person_id: Uuid,
    task_id: Uuid,
    date: NaiveDate,
) -> Result<Json<TimeSpent>, Failure> {
    let writer = RecordWriter::new(&entity::time_spent::TABLE, "r", "TimeSpent");
    let sql = Sql::with(
        format!(
            "SELECT {} FROM time_spent r WHERE r.person_id = $1 AND r.task_id = $2 AND r.date = $3",
            writer.columns()
        ),
        [person_id.into(), task_id.into(), date.into()],
    );
    let row = database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::new();
    writer.write(&mut out, &row)?;
    Ok(Json::written(out))
}

/// The person's days off around a day, or an empty object.
pub async fn day_off(database: &Database, person_id: Uuid, date: NaiveDate) -> Result<Json<UserDayOff>, Failure> {
    let writer = RecordWriter::new(&entity::day_off::TABLE, "r", "DayOff");
    let sql = Sql::with(
        format!(
            "SELECT {} FROM day_off r WHERE r.person_id = $1 AND r.date <= $2 AND r.end_date >= $2 ORDER BY r.date LIMIT 1",
            writer.columns()
        ),
        [person_id.into(), date.into()],
    );
    let mut out = Vec::new();
    match database.row(&sql).await? {
        Some(row) => writer.write(&mut out, &row)?,
        None => out.extend_from_slice(b"{}"),
    }
    Ok(Json::written(out))
}

/// The person's sign-ins on workstations, the latest first.
pub async fn desktop_logins(database: &Database, person_id: Uuid) -> Result<Json<Vec<UserDesktopLogin>>, Failure> {
    let writer = RecordWriter::new(&entity::desktop_login_log::TABLE, "r", "DesktopLoginLog");
    let text = format!(
        "SELECT {} FROM desktop_login_log r WHERE r.person_id = $1 ORDER BY r.date DESC, r.id",
        writer.columns()
    );
    Ok(writer.list(database, Sql::with(text, [person_id.into()])).await?)
}

/// Notes a sign-in on a workstation.
pub async fn add_desktop_login(
    app: &App,
    caller: &Caller,
    date: Option<NaiveDateTime>,
) -> Result<Json<UserDesktopLogin>, Failure> {
    let person_id = caller.person.id;
    let mut work = Work::begin(app, caller).await?;
    let table = &entity::desktop_login_log::TABLE;
    let date = date.unwrap_or_else(database::now);
    let id = database::insert(
        &*work,
        table,
        vec![("person_id", person_id.into()), ("date", date.into())],
    )
    .await?;
    refresh(&mut work, person_id).await?;
    let text = record(&*work, table, "DesktopLoginLog", id).await?;
    work.finish().await?;
    Ok(Json::written(text.ok_or_else(Failure::not_found)?))
}
