//! Tables of the studio: how long everybody worked in each year, month, week or day.

use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::people::TimeTableFilter;
use dailies_definitions::schemas::TimeSpentTable;
use sea_orm::{DbBackend, FromQueryResult};
use uuid::Uuid;

use super::time_spent::add_period;
use crate::access::hours::{READ_OF_PERSON, VisibleHours};
use crate::access::{LEADERS, Reach, SUPERVISOR, require};
use crate::app::App;
use crate::database::{self, Sql, write_uuid};
use crate::vocabulary::period::Period;

/// Unit of the columns of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Year,
    Month,
    /// Of ISO 8601.
    Week,
    Day,
}

impl Unit {
    /// The number of the unit that the day `s.date` is in.
    fn number(self, backend: DbBackend) -> String {
        let (field, format) = match self {
            Self::Year => ("YEAR", "%Y"),
            Self::Month => ("MONTH", "%m"),
            Self::Week => ("WEEK", "%V"),
            Self::Day => ("DAY", "%d"),
        };
        match backend {
            DbBackend::Postgres => format!("CAST(EXTRACT({field} FROM s.date) AS BIGINT)"),
            _ => format!("CAST(strftime('{format}', s.date) AS INTEGER)"),
        }
    }
}

/// Minutes by unit and person, of a period if one is given.
pub(super) async fn table(
    app: &App,
    caller: &Caller,
    unit: Unit,
    period: Option<Period>,
    filter: &TimeTableFilter,
) -> Result<Json<TimeSpentTable>, Failure> {
    let number = unit.number(app.database.backend());
    let mut sql = Sql::new(format!(
        "SELECT {number} AS number, s.person_id, SUM(s.duration) AS minutes FROM time_spent s JOIN task t ON t.id = s.task_id WHERE s.person_id IS NOT NULL"
    ));
    if let Some(period) = period {
        add_period(&mut sql, period);
    }
    add_filter(app, caller, &mut sql, filter).await?;
    sql.push(&format!(
        " GROUP BY {number}, s.person_id ORDER BY {number}, s.person_id"
    ));
    Ok(Json::written(written(&database::read_all(&app.database, &sql).await?)))
}

/// The minutes that a person spent in one unit of time, which its number tells.
#[derive(FromQueryResult)]
struct UnitSpent {
    number: i64,
    person_id: Uuid,
    minutes: f64,
}

/// Time spent as JSON, in the order of the units.
fn written(rows: &[UnitSpent]) -> Vec<u8> {
    let mut out = b"{".to_vec();
    let mut open: Option<i64> = None;
    for UnitSpent {
        number,
        person_id,
        minutes,
    } in rows
    {
        match open {
            Some(last) if last == *number => out.push(b','),
            Some(_) => out.extend_from_slice(format!("}},\"{number}\":{{").as_bytes()),
            None => out.extend_from_slice(format!("\"{number}\":{{").as_bytes()),
        }
        open = Some(*number);
        write_uuid(&mut out, *person_id);
        out.extend_from_slice(format!(":{minutes:?}").as_bytes());
    }
    out.extend_from_slice(if open.is_some() { b"}}" } else { b"}" });
    out
}

/// Keeps what the caller may know of, and what the request asks for.
async fn add_filter(app: &App, caller: &Caller, sql: &mut Sql, filter: &TimeTableFilter) -> Result<(), Failure> {
    let visible = VisibleHours::new(Reach::teams(&app.database, caller).await?, READ_OF_PERSON);
    if !caller.is_admin() && (LEADERS.contains(&caller.person.role) || !visible.leads_nowhere()) {
        if let Some(project_id) = filter.project_id {
            require(&app.database, caller, project_id, &SUPERVISOR).await?;
        }
        let own = caller.person.role != Role::Supervisor
            || filter
                .department_id
                .is_none_or(|id| caller.person.departments.contains(&id));
        if !own {
            return Err(Failure::parameter("Supervisor not allowed to access this department").naming("department_id"));
        }
    }
    visible.restrict(sql);
    if let Some(project_id) = filter.project_id {
        sql.push(" AND t.project_id = ").bind(project_id);
    }
    if let Some(department_id) = filter.department_id {
        sql.push(" AND t.task_type_id IN (SELECT d.id FROM task_type d WHERE d.department_id = ")
            .bind(department_id)
            .push(")");
    }
    if let Some(studio_id) = filter.studio_id {
        sql.push(" AND s.person_id IN (SELECT q.id FROM person q WHERE q.studio_id = ")
            .bind(studio_id)
            .push(")");
    }
    Ok(())
}
