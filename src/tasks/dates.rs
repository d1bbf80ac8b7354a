//! Dates between which persons have work, and those of their work in other productions.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDateTime;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::schemas::{BusyPeriod, PersonTaskDates};
use uuid::Uuid;

use crate::access::{LEADERS, Reach, SUPERVISOR, projects_of, require};
use crate::app::App;
use crate::crud::rules::given_project;
use crate::database::Sql;

const TABLES: &str = "FROM task_person_link l JOIN task t ON t.id = l.task_id JOIN person a ON a.id = l.person_id \
     JOIN project p ON p.id = t.project_id JOIN project_status ps ON ps.id = p.project_status_id WHERE a.active = ";

/// The dates of everybody with work in a production, or in the open productions that the caller is in.
///
/// # Errors
/// 400 for what is no id, 404 for an unknown production, 403 for those who neither manage nor supervise.
pub async fn of_persons(app: &App, caller: &Caller, project_id: Option<&str>) -> Result<Vec<PersonTaskDates>, Failure> {
    // Clients send an empty text for every production.
    let project_id = project_id
        .filter(|id| !id.trim().is_empty())
        .map(given_project)
        .transpose()?;
    let mut condition = Sql::new(TABLES);
    condition.bind(true);
    match project_id {
        Some(id) => {
            if !caller.is_admin() {
                require(&app.database, caller, id, &SUPERVISOR).await?;
            }
            condition.push(" AND t.project_id = ").bind(id);
        }
        None if caller.is_admin() => {
            condition.push(" AND ps.name = 'Open'");
        }
        None => {
            let led = Reach::open_teams(&app.database, caller).await?.projects_as(&LEADERS);
            if led.is_empty() && !LEADERS.contains(&caller.person.role) {
                return Err(Failure::forbidden());
            }
            condition.push(" AND t.project_id IN ").bind_list(led);
        }
    }
    let mut sql = condition.before("SELECT l.person_id, MIN(t.start_date) AS min_date, MAX(t.due_date) AS max_date ");
    sql.push(" GROUP BY l.person_id ORDER BY l.person_id");
    let mut dates = Vec::new();
    for row in app.database.rows(&sql).await? {
        dates.push(PersonTaskDates {
            person_id: row.try_get("", "person_id")?,
            min_date: row.try_get::<Option<NaiveDateTime>>("", "min_date")?.map(text),
            max_date: row.try_get::<Option<NaiveDateTime>>("", "max_date")?.map(text),
            busy_periods: Vec::new(),
        });
    }
    if project_id.is_none() && !caller.is_admin() {
        add_busy_periods(app, caller, &mut dates).await?;
    }
    Ok(dates)
}

/// A moment as everywhere in JSON.
fn text(moment: NaiveDateTime) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// A moment as clients of this list expect the end of a period.
fn plain(moment: NaiveDateTime) -> String {
    moment.format("%Y-%m-%d %H:%M:%S").to_string()
}

async fn add_busy_periods(app: &App, caller: &Caller, dates: &mut Vec<PersonTaskDates>) -> Result<(), Failure> {
    let mut sql = Sql::new(TABLES);
    sql.bind(true)
        .push(" AND ps.name = 'Open' AND t.start_date IS NOT NULL AND t.due_date IS NOT NULL AND NOT ");
    projects_of(&mut sql, "t.project_id", caller.person.id);
    sql.push(" ORDER BY l.person_id, t.start_date, t.due_date");
    let mut busy: BTreeMap<Uuid, Vec<(NaiveDateTime, NaiveDateTime)>> = BTreeMap::new();
    for row in app
        .database
        .rows(&sql.before("SELECT l.person_id, t.start_date, t.due_date "))
        .await?
    {
        busy.entry(row.try_get("", "person_id")?)
            .or_default()
            .push((row.try_get("", "start_date")?, row.try_get("", "due_date")?));
    }
    for person in dates.iter_mut() {
        person.busy_periods = periods(busy.remove(&person.person_id).unwrap_or_default());
    }
    let known: HashSet<Uuid> = dates.iter().map(|person| person.person_id).collect();
    let others = busy.into_iter().filter(|(person_id, _)| !known.contains(person_id));
    dates.extend(others.map(|(person_id, found)| PersonTaskDates {
        person_id,
        min_date: None,
        max_date: None,
        busy_periods: periods(found),
    }));
    Ok(())
}

/// Times without overlaps, from times in the order of their begins.
fn periods(times: Vec<(NaiveDateTime, NaiveDateTime)>) -> Vec<BusyPeriod> {
    let mut merged: Vec<(NaiveDateTime, NaiveDateTime)> = Vec::new();
    for (start, end) in times {
        match merged.last_mut().filter(|(_, last)| start <= *last) {
            Some((_, last)) => *last = end.max(*last),
            None => merged.push((start, end.max(start))),
        }
    }
    merged
        .into_iter()
        .map(|(start, end)| BusyPeriod {
            start_date: plain(start),
            end_date: plain(end),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDateTime {
        chrono::NaiveDate::from_ymd_opt(2026, 3, day)
            .and_then(|day| day.and_hms_opt(0, 0, 0))
            .expect("a day")
    }

    #[test]
    fn times_that_overlap_become_one() {
        let found = periods(vec![
            (day(1), day(3)),
            (day(2), day(5)),
            (day(5), day(6)),
            (day(8), day(9)),
            (day(8), day(8)),
        ]);
        let found: Vec<_> = found
            .iter()
            .map(|period| (period.start_date.as_str(), period.end_date.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("2026-03-01 00:00:00", "2026-03-06 00:00:00"),
                ("2026-03-08 00:00:00", "2026-03-09 00:00:00")
            ]
        );
    }

    #[test]
    fn dates_are_written_as_everywhere_and_periods_in_words() {
        assert_eq!(
            (text(day(4)), plain(day(4))),
            ("2026-03-04T00:00:00".into(), "2026-03-04 00:00:00".into())
        );
    }
}
