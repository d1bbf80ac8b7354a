//! The quotas of a production, by person or by task type.

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, NaiveDate, NaiveDateTime};
use dailies_definitions::access::Person;
use dailies_definitions::failure::Failure;
use entity::project;
use sea_orm::{EntityTrait, FromQueryResult};
use uuid::Uuid;

use super::calendar::{Calendar, business_days, is_business_day};
use super::mode::CountMode;
use super::tally::{Amount, QuotaReport, Tally};
use crate::app::App;
use crate::database::{self, Sql};
use crate::vocabulary::kinds::EntityKind;

/// Frames in a second of productions that do not say.
const USUAL_FPS: f64 = 25.0;

/// Quotas that are asked for.
#[derive(Clone, Copy, Debug)]
pub struct ProjectQuotas {
    pub project_id: Uuid,
    /// Keeps tasks of one type.
    pub task_type_id: Option<Uuid>,
    /// Keeps what one person did, and tallies it by task type; otherwise it is tallied by person.
    pub person_id: Option<Uuid>,
    /// Keeps tasks that somebody of a studio is assigned to.
    pub studio_id: Option<Uuid>,
    pub mode: CountMode,
}

/// Tallies by what they are asked by, and all of them together.
struct Tallies {
    calendar: Calendar,
    by_key: HashMap<Uuid, Tally>,
    total: Tally,
}

impl Tallies {
    fn add(&mut self, key: Uuid, day: NaiveDate, amount: Amount) {
        self.by_key.entry(key).or_default().add(day, amount);
        self.total.add(day, amount);
    }
}

/// The quotas of a production as a JSON object: a report for each person or task type, and one for the `total`; nothing in
/// it when nothing was done. Days are those of the caller.
///
/// # Errors
/// 404 when there is no such production.
pub async fn of_project(app: &App, caller: &Person, wanted: ProjectQuotas) -> Result<Vec<u8>, Failure> {
    let project = project::Entity::find_by_id(wanted.project_id)
        .one(&app.database)
        .await?
        .ok_or_else(Failure::not_found)?;
    let fps = frame_rate(project.fps.as_deref());
    let mut tallies = Tallies {
        calendar: Calendar::of(caller),
        by_key: HashMap::new(),
        total: Tally::default(),
    };
    if wanted.mode.is_weighted() {
        add_time_spents(app, &wanted, &mut tallies).await?;
        add_untimed(app, &wanted, &mut tallies).await?;
    } else {
        add_whole_tasks(app, &wanted, &mut tallies).await?;
    }
    let mut reports: BTreeMap<String, QuotaReport> = tallies
        .by_key
        .iter()
        .map(|(key, tally)| (key.to_string(), tally.report(fps)))
        .collect();
    if !reports.is_empty() {
        reports.insert("total".to_owned(), tallies.total.report(fps));
    }
    Ok(serde_json::to_vec(&reports)?)
}

/// Frames in a second, from the text of the production.
fn frame_rate(text: Option<&str>) -> f64 {
    text.and_then(|text| text.trim().replace(',', ".").parse().ok())
        .filter(|fps: &f64| fps.is_finite() && *fps > 0.0)
        .unwrap_or(USUAL_FPS)
}

/// Tasks `t` of shots `e` that count, with the people `person` of another table who did them.
fn tasks(wanted: &ProjectQuotas, select: &str, joins: &str, person: &str) -> Sql {
    let key = if wanted.person_id.is_some() {
        "t.task_type_id"
    } else {
        person
    };
    let reference = wanted.mode.reference();
    let mut sql = Sql::new(format!(
        "SELECT {key} AS key, t.{reference} AS reference, COALESCE(e.nb_frames, 0) AS frames, COALESCE(t.nb_drawings, 0) AS drawings{select} FROM task t \
         JOIN entity e ON e.id = t.entity_id {joins} WHERE {key} IS NOT NULL AND t.{reference} IS NOT NULL AND {} AND t.project_id = ",
        EntityKind::Shot.condition("e.entity_type_id")
    ));
    sql.bind(wanted.project_id);
    if let Some(task_type_id) = wanted.task_type_id {
        sql.push(" AND t.task_type_id = ").bind(task_type_id);
    }
    if let Some(person_id) = wanted.person_id {
        sql.push(&format!(" AND {person} = ")).bind(person_id);
    }
    if let Some(studio_id) = wanted.studio_id {
        sql.push(" AND t.id IN (SELECT o.task_id FROM task_person_link o JOIN person c ON c.id = o.person_id WHERE c.studio_id = ");
        sql.bind(studio_id).push(")");
    }
    sql
}

/// A task that counts, and for whom or for which task type.
#[derive(FromQueryResult)]
struct CountedTask {
    key: Uuid,
    reference: NaiveDateTime,
    frames: i32,
    drawings: i32,
}

/// A counted task with time that was noted on it.
#[derive(FromQueryResult)]
struct TimedTask {
    #[sea_orm(nested)]
    task: CountedTask,
    date: NaiveDate,
    spent: f64,
    /// All the time that the task took.
    duration: f64,
}

/// A counted task without any time.
#[derive(FromQueryResult)]
struct UntimedTask {
    #[sea_orm(nested)]
    task: CountedTask,
    real_start_date: NaiveDateTime,
}

/// Each task counts as a whole, for each assignee, on its reference day.
async fn add_whole_tasks(app: &App, wanted: &ProjectQuotas, tallies: &mut Tallies) -> Result<(), Failure> {
    let sql = tasks(wanted, "", "JOIN task_person_link l ON l.task_id = t.id", "l.person_id");
    for task in database::read_all::<CountedTask>(&app.database, &sql).await? {
        tallies.add(
            task.key,
            tallies.calendar.day_of(task.reference),
            Amount::of(task.frames.into(), task.drawings.into()),
        );
    }
    Ok(())
}

/// Each time spent counts on its day, for its share of all the time that the task took.
async fn add_time_spents(app: &App, wanted: &ProjectQuotas, tallies: &mut Tallies) -> Result<(), Failure> {
    let mut sql = tasks(
        wanted,
        ", s.date, s.duration AS spent, t.duration",
        "JOIN time_spent s ON s.task_id = t.id",
        "s.person_id",
    );
    sql.push(" AND t.duration > 0");
    for TimedTask {
        task,
        date,
        spent,
        duration,
    } in database::read_all(&app.database, &sql).await?
    {
        let part = |whole: i32| share(whole.into(), spent / duration);
        tallies.add(
            task.key,
            date,
            Amount::part(part(task.frames), part(task.drawings), spent / duration),
        );
    }
    Ok(())
}

/// A share of a number of frames or drawings. Halves go to the even number, so that many of them do not add up to more.
fn share(whole: i64, part: f64) -> i64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a count of 32 bits, and shares of it"
    )]
    let rounded = (whole as f64 * part).round_ties_even() as i64;
    rounded
}

/// Tasks on which nobody noted any time are spread, for each assignee, over the days of work from their start to their
/// reference day.
async fn add_untimed(app: &App, wanted: &ProjectQuotas, tallies: &mut Tallies) -> Result<(), Failure> {
    let mut sql = tasks(
        wanted,
        ", t.real_start_date",
        "JOIN task_person_link l ON l.task_id = t.id",
        "l.person_id",
    );
    sql.push(" AND t.real_start_date IS NOT NULL AND NOT EXISTS (SELECT 1 FROM time_spent s WHERE s.task_id = t.id)");
    for UntimedTask { task, real_start_date } in database::read_all(&app.database, &sql).await? {
        let first = tallies.calendar.day_of(real_start_date);
        let last = tallies.calendar.day_of(task.reference);
        let days = days_of_work(first, last);
        for (frames, (drawings, day)) in
            spread(task.frames.into(), days.len()).zip(spread(task.drawings.into(), days.len()).zip(days.iter()))
        {
            #[expect(clippy::cast_precision_loss, reason = "a number of days")]
            let part = 1.0 / days.len() as f64;
            tallies.add(task.key, *day, Amount::part(frames, drawings, part));
        }
    }
    Ok(())
}

/// The longest time that one task is spread over, in days: data of a wrong century must not fill the memory.
const LONGEST_TASK_DAYS: u64 = 3660;

/// The days from Monday to Friday of a stretch of time; its last day when there is none.
fn days_of_work(first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
    let earliest = last.checked_sub_days(Days::new(LONGEST_TASK_DAYS)).unwrap_or(last);
    let first = first.max(earliest);
    let mut days: Vec<NaiveDate> = Vec::with_capacity(usize::try_from(business_days(first, last)).unwrap_or_default());
    days.extend(
        first
            .iter_days()
            .take_while(|day| *day <= last)
            .filter(|day| is_business_day(*day)),
    );
    if days.is_empty() {
        days.push(last);
    }
    days
}

/// A number in whole parts that add up to it.
fn spread(whole: i64, parts: usize) -> impl Iterator<Item = i64> {
    let parts = i64::try_from(parts).unwrap_or(i64::MAX);
    (0..parts).map(move |at| whole * (at + 1) / parts - whole * at / parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_parts_add_up_to_the_whole() {
        assert_eq!(spread(10, 4).collect::<Vec<_>>(), [2, 3, 2, 3]);
        assert_eq!(spread(1, 3).sum::<i64>(), 1);
        assert_eq!((share(5, 0.5), share(7, 0.5)), (2, 4));
    }

    #[test]
    fn work_is_done_from_monday_to_friday() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        // 2026-03-06 is a Friday.
        assert_eq!(
            days_of_work(day("2026-03-06"), day("2026-03-09")),
            [day("2026-03-06"), day("2026-03-09")]
        );
        assert_eq!(days_of_work(day("2026-03-07"), day("2026-03-08")), [day("2026-03-08")]);
        assert_eq!(days_of_work(day("2026-03-09"), day("2026-03-06")), [day("2026-03-06")]);
        assert!(days_of_work(day("0001-01-01"), day("2026-03-06")).len() < 3000);
    }

    #[test]
    fn frame_rates_are_text() {
        assert_eq!(
            [
                Some("24"),
                Some(" 29.97 "),
                Some("23,976"),
                Some("0"),
                Some("film"),
                None
            ]
            .map(frame_rate),
            [24.0, 29.97, 23.976, 25.0, 25.0, 25.0]
        );
    }
}
