//! The time that persons spent on tasks: as it was noted, summed up by task, and in tables of the studio.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{TaskTimeSum, TimeSpent, TimeSpentTable};
use entity::facts::Kind;
use sea_orm::DbBackend;
use uuid::Uuid;

use super::period::Period;
use super::profile::require_human;
use crate::access::project_role;
use crate::app::App;
use crate::database::{Field, RecordWriter, RowWriter, Sql, stream_array};

fn noted() -> RecordWriter {
    RecordWriter::new(&entity::time_spent::TABLE, "s", "TimeSpent")
}

/// Everything that a person noted, between two days if both are given.
pub(super) async fn of_person(
    app: &App,
    person_id: Uuid,
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
) -> Result<Json<Vec<TimeSpent>>, Failure> {
    require_human(app.database.read(), person_id).await?;
    let mut sql = Sql::new(format!("SELECT {} FROM time_spent s WHERE s.person_id = ", noted().columns()));
    sql.bind(person_id);
    match (first, last) {
        (None, None) => {}
        (Some(first), Some(last)) => add_period(&mut sql, (first, last)),
        _ => {
            let message = "If querying for a range of dates, both a `start_date` and an `end_date` must be given.";
            return Err(Failure::parameter(message));
        }
    }
    sql.push(" ORDER BY s.date, s.id");
    Ok(noted().list(&app.database, sql).await?)
}

/// Everything that a person noted in a period.
pub(super) async fn in_period(app: &App, person_id: Uuid, (first, last): Period) -> Result<Json<Vec<TimeSpent>>, Failure> {
    of_person(app, person_id, Some(first), Some(last)).await
}

/// What a person noted on a day, as far as the caller may know.
pub(super) async fn on_day(app: &App, caller: &Caller, person_id: Uuid, day: NaiveDate) -> Result<Json<Vec<TimeSpent>>, Failure> {
    require_human(app.database.read(), person_id).await?;
    let mut sql = Sql::new(format!("SELECT {} FROM time_spent s JOIN task t ON t.id = s.task_id WHERE s.person_id = ", noted().columns()));
    sql.bind(person_id);
    add_period(&mut sql, (day, day));
    only_known(&mut sql, caller, person_id)?;
    sql.push(" ORDER BY s.created_at, s.id");
    Ok(noted().list(&app.database, sql).await?)
}

fn add_period(sql: &mut Sql, (first, last): Period) {
    sql.push(" AND s.date >= ").bind(first).push(" AND s.date <= ").bind(last);
}

/// Keeps the time of a person that the caller may know of: all of it for administrators and the person themself, that of
/// their own productions and departments for managers and supervisors. The task is called `t`.
fn only_known(sql: &mut Sql, caller: &Caller, person_id: Uuid) -> Result<(), Failure> {
    if caller.is_admin() || caller.person.id == person_id {
        return Ok(());
    }
    if !leads(caller) {
        return Err(Failure::forbidden());
    }
    only_led(sql, caller);
    Ok(())
}

/// Whether the caller is a manager or supervisor of the studio.
fn leads(caller: &Caller) -> bool {
    matches!(caller.person.role, Role::Manager | Role::Supervisor)
}

fn only_led(sql: &mut Sql, caller: &Caller) {
    sql.push(" AND t.project_id IN (SELECT m.project_id FROM project_person_link m WHERE m.person_id = ").bind(caller.person.id).push(")");
    if caller.person.role == Role::Supervisor && !caller.person.departments.is_empty() {
        sql.push(" AND t.task_type_id IN (SELECT k.id FROM task_type k WHERE k.department_id IN ");
        sql.bind_list(caller.person.departments.iter().copied()).push(")");
    }
}

/// 403 for a manager or supervisor who asks for a production whose team they are not in.
async fn require_team(app: &App, caller: &Caller, project_id: Uuid) -> Result<(), Failure> {
    let found = project_role(app.database.read(), caller, project_id).await?;
    if found.in_team { Ok(()) } else { Err(Failure::forbidden()) }
}

/// The time of a person in a period, summed up by task.
pub(super) async fn by_task(
    app: &App,
    caller: &Caller,
    person_id: Uuid,
    period: Period,
    project_id: Option<Uuid>,
) -> Result<Json<Vec<TaskTimeSum>>, Failure> {
    require_human(app.database.read(), person_id).await?;
    let text = Kind::Text { max: None };
    let writer = RowWriter::new([
        Field::new("task_id", Kind::Uuid),
        Field::new("task_type_id", Kind::Uuid),
        Field::new("project_id", Kind::Uuid),
        Field::new("project_name", text),
        Field::new("entity_name", text),
        Field::new("entity_type_name", text),
        Field::new("sequence_name", text),
        Field::new("episode_name", text),
        Field::new("duration", Kind::Float),
    ]);
    let mut sql = Sql::new(
        "SELECT t.id, t.task_type_id, t.project_id, p.name, e.name, y.name, a.name, b.name, SUM(s.duration) FROM time_spent s \
         JOIN task t ON t.id = s.task_id JOIN project p ON p.id = t.project_id JOIN entity e ON e.id = t.entity_id \
         JOIN entity_type y ON y.id = e.entity_type_id LEFT JOIN entity a ON a.id = e.parent_id LEFT JOIN entity b ON b.id = a.parent_id \
         WHERE s.person_id = ",
    );
    sql.bind(person_id);
    add_period(&mut sql, period);
    only_known(&mut sql, caller, person_id)?;
    if let Some(project_id) = project_id {
        if caller.person.id != person_id && leads(caller) {
            require_team(app, caller, project_id).await?;
        }
        sql.push(" AND t.project_id = ").bind(project_id);
    }
    sql.push(
        " GROUP BY t.id, t.task_type_id, t.project_id, p.name, e.name, y.name, a.name, b.name \
         ORDER BY p.name, y.name, b.name, a.name, e.name, t.id",
    );
    let sent = stream_array(&app.database, sql, move |out, row| {
        out.push(b'{');
        writer.write(out, row)?;
        out.push(b'}');
        Ok(())
    });
    Ok(sent.await?.into())
}

/// What a table of the studio keeps.
#[derive(Clone, Copy, Default)]
pub(super) struct TableFilter {
    pub project_id: Option<Uuid>,
    pub department_id: Option<Uuid>,
    pub studio_id: Option<Uuid>,
}

/// What the columns of a table of the studio stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Year,
    Month,
    /// Of ISO 8601.
    Week,
    Day,
}

impl Unit {
    /// The number of the unit that a day is in.
    fn number(self, day: NaiveDate) -> i64 {
        match self {
            Self::Year => day.year().into(),
            Self::Month => day.month().into(),
            Self::Week => day.iso_week().week().into(),
            Self::Day => day.day().into(),
        }
    }
}

/// Minutes by unit and person, of a period if one is given. The database sums up by day, or by year when there is no end
/// to the days.
pub(super) async fn table(
    app: &App,
    caller: &Caller,
    unit: Unit,
    period: Option<Period>,
    filter: TableFilter,
) -> Result<Json<TimeSpentTable>, Failure> {
    let key = match (unit, app.database.backend()) {
        (Unit::Year, DbBackend::Postgres) => "CAST(EXTRACT(YEAR FROM s.date) AS BIGINT)",
        (Unit::Year, _) => "CAST(strftime('%Y', s.date) AS INTEGER)",
        _ => "s.date",
    };
    let mut sql = Sql::new(format!(
        "SELECT s.person_id, SUM(s.duration), {key} FROM time_spent s JOIN task t ON t.id = s.task_id WHERE s.person_id IS NOT NULL"
    ));
    if let Some(period) = period {
        add_period(&mut sql, period);
    }
    add_filter(app, caller, &mut sql, filter).await?;
    sql.push(&format!(" GROUP BY s.person_id, {key}"));
    let mut table: BTreeMap<i64, BTreeMap<Uuid, f64>> = BTreeMap::new();
    for row in app.database.rows(&sql).await? {
        let number = if unit == Unit::Year { row.try_get_by_index(2)? } else { unit.number(row.try_get_by_index(2)?) };
        *table.entry(number).or_default().entry(row.try_get_by_index(0)?).or_default() += row.try_get_by_index::<f64>(1)?;
    }
    Ok(Json::written(serde_json::to_vec(&table)?))
}

/// Keeps what the caller may know of, and what the request asks for.
async fn add_filter(app: &App, caller: &Caller, sql: &mut Sql, filter: TableFilter) -> Result<(), Failure> {
    if leads(caller) {
        if let Some(project_id) = filter.project_id {
            require_team(app, caller, project_id).await?;
        }
        let own = caller.person.role != Role::Supervisor || filter.department_id.is_none_or(|id| caller.person.departments.contains(&id));
        if !own {
            return Err(Failure::parameter("Supervisor not allowed to access this department"));
        }
        only_led(sql, caller);
    } else if !caller.is_admin() {
        sql.push(" AND s.person_id = ").bind(caller.person.id);
    }
    if let Some(project_id) = filter.project_id {
        sql.push(" AND t.project_id = ").bind(project_id);
    }
    if let Some(department_id) = filter.department_id {
        sql.push(" AND t.task_type_id IN (SELECT d.id FROM task_type d WHERE d.department_id = ").bind(department_id).push(")");
    }
    if let Some(studio_id) = filter.studio_id {
        sql.push(" AND s.person_id IN (SELECT q.id FROM person q WHERE q.studio_id = ").bind(studio_id).push(")");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_numbers() {
        let day = NaiveDate::from_ymd_opt(2027, 1, 3).expect("a day");
        assert_eq!(Unit::Week.number(day), 53);
        assert_eq!(Unit::Month.number(day), 1);
        assert_eq!(Unit::Day.number(day), 3);
        assert_eq!(Unit::Year.number(day), 2027);
    }
}
