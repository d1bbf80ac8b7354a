//! Burndown of productions: what there is in all, and what was done on which day.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{Burndown, DayOfBurndown};
use dailies_definitions::tasks::OpenTaskFilter;
use sea_orm::FromQueryResult;

use super::open_tasks;
use super::todo::counted_with;
use crate::app::App;
use crate::database::{self, Sql};

/// All tasks in sum.
#[derive(FromQueryResult)]
struct TaskSums {
    total: i64,
    total_estimation: Option<f64>,
    first_start: Option<NaiveDateTime>,
    last_due: Option<NaiveDateTime>,
    project_start: Option<NaiveDate>,
    project_end: Option<NaiveDate>,
}

/// A task that is done.
#[derive(FromQueryResult)]
struct Done {
    done_date: NaiveDateTime,
    estimation: Option<f64>,
}

/// The tasks that the filters keep, done or not. Clients get neither estimations nor dates of tasks.
///
/// # Errors
/// 404 for an unknown production, 403 for one of others, 400 for what is no id.
pub async fn burndown(app: &App, caller: &Caller, filter: &OpenTaskFilter) -> Result<Json<Burndown>, Failure> {
    let (conditions, visible) = open_tasks::conditions(app, caller, filter).await?;
    let condition = counted_with(&conditions);
    let connection = &app.database;
    let as_client = visible.reach().as_client();
    let mut sums = Sql::default();
    let estimation = open_tasks::minutes(&mut sums, "estimation", &as_client);
    let [start, due] = ["start_date", "due_date"].map(|column| open_tasks::moment(&mut sums, column, &as_client));
    // The values of the condition follow those of the expressions.
    let from = sums.embed(&condition);
    // Fractions that are added up in another order give another last digit.
    sums.push(&format!(
        "SELECT COUNT(*) AS total, SUM({estimation} ORDER BY {estimation}) AS total_estimation, MIN({start}) AS first_start, \
         MAX({due}) AS last_due, MIN(p.start_date) AS project_start, MAX(p.end_date) AS project_end {from}"
    ));
    let sums: TaskSums = database::read_one(connection, &sums)
        .await?
        .ok_or_else(Failure::not_found)?;
    let mut done = Sql::default();
    let estimation = open_tasks::minutes(&mut done, "estimation", &as_client);
    let day = open_tasks::moment(&mut done, "done_date", &as_client);
    let from = done.embed(&condition);
    done.push(&format!(
        "SELECT {day} AS done_date, {estimation} AS estimation {from} AND s.is_done = true AND {day} IS NOT NULL ORDER BY t.done_date, t.id"
    ));
    let done: Vec<Done> = database::read_all(connection, &done).await?;
    Ok(Json::of(&summed(&sums, &done))?)
}

fn summed(sums: &TaskSums, done: &[Done]) -> Burndown {
    let first_done = done.first().map(|task| task.done_date.date());
    let last_done = done.last().map(|task| task.done_date.date());
    let start = sums
        .first_start
        .map(|moment| moment.date())
        .or(sums.project_start)
        .or(first_done);
    let end = sums
        .last_due
        .map(|moment| moment.date())
        .or(sums.project_end)
        .max(last_done);
    let mut days: BTreeMap<NaiveDate, DayOfBurndown> = BTreeMap::new();
    for task in done {
        let date = start.map_or(task.done_date.date(), |start| start.max(task.done_date.date()));
        let day = days.entry(date).or_insert(DayOfBurndown {
            date,
            done: 0,
            done_estimation: 0.0,
        });
        day.done += 1;
        day.done_estimation += task.estimation.unwrap_or_default();
    }
    Burndown {
        total: sums.total,
        total_estimation: sums.total_estimation.unwrap_or_default(),
        start_date: start,
        end_date: end,
        done_by_day: days.into_values().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(month: u32, day: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, month, day)
            .and_then(|day| day.and_hms_opt(15, 0, 0))
            .expect("a moment")
    }

    #[test]
    fn work_of_before_counts_on_the_first_day_and_late_work_moves_the_end() {
        let sums = TaskSums {
            total: 4,
            total_estimation: Some(960.0),
            first_start: Some(moment(2, 2)),
            last_due: Some(moment(3, 1)),
            project_start: None,
            project_end: None,
        };
        let done = [(1, 20), (2, 2), (4, 1)].map(|(month, day)| Done {
            done_date: moment(month, day),
            estimation: Some(60.0),
        });
        let found = summed(&sums, &done);
        assert_eq!(
            (found.start_date, found.end_date),
            (Some(moment(2, 2).date()), Some(moment(4, 1).date()))
        );
        let days: Vec<(NaiveDate, i64, f64)> = found
            .done_by_day
            .iter()
            .map(|day| (day.date, day.done, day.done_estimation))
            .collect();
        assert_eq!(days, [(moment(2, 2).date(), 2, 120.0), (moment(4, 1).date(), 1, 60.0)]);
    }

    #[test]
    fn without_tasks_the_days_are_those_of_productions() {
        let (from, to) = (moment(1, 5).date(), moment(6, 30).date());
        let sums = TaskSums {
            total: 0,
            total_estimation: None,
            first_start: None,
            last_due: None,
            project_start: Some(from),
            project_end: Some(to),
        };
        let found = summed(&sums, &[]);
        assert_eq!(
            (found.start_date, found.end_date, found.total_estimation),
            (Some(from), Some(to), 0.0)
        );
        assert!(found.done_by_day.is_empty());
    }
}
