//! The shots that somebody worked on in a period, each with its weight.

use std::collections::HashMap;

use chrono::{Days, NaiveDate, NaiveDateTime};
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use sea_orm::DbErr;
use uuid::Uuid;

use super::calendar::{Calendar, business_days};
use super::mode::CountMode;
use crate::access::entities::Scope;
use crate::app::App;
use crate::database::json::array;
use crate::database::{BATCH, RecordWriter, Sql, write_text, write_value};
use crate::entities::kinds::EntityKind;
use crate::entities::metadata::Metadata;

/// Which shots are asked for.
#[derive(Clone, Copy, Debug)]
pub struct ShotsWanted {
    pub person_id: Uuid,
    pub project_id: Uuid,
    pub task_type_id: Uuid,
    pub mode: CountMode,
    /// First and last day of the period, as the caller sees them.
    pub period: (NaiveDate, NaiveDate),
}

/// The shots that a person worked on in a period as a JSON list, ordered by full name: each shot as it is stored, with its
/// `full_name` and its `weight`. The weight is 1 where tasks count as a whole, and otherwise the share of the work that was
/// done in the period, to two digits. Vendors do not get the metadata of departments other than theirs.
///
/// # Errors
/// The database does not answer.
pub async fn shots_of_person(app: &App, scope: &Scope, wanted: ShotsWanted) -> Result<Vec<u8>, Failure> {
    let calendar = Calendar::of(scope.person());
    let weights = if wanted.mode.is_weighted() {
        let mut weights = timed(app, &wanted).await?;
        add_untimed(app, calendar, &wanted, &mut weights).await?;
        weights
    } else {
        whole(app, calendar, &wanted).await?
    };
    let masks = scope.masks(&app.database, EntityKind::Shot).await?;
    write(app, &weights, wanted.mode, masks.of_project(wanted.project_id)).await
}

/// The moments of UTC between which a period of the caller lies; the second is no longer in it.
fn bounds(calendar: Calendar, (first, last): (NaiveDate, NaiveDate)) -> (NaiveDateTime, NaiveDateTime) {
    (calendar.start_of(first), calendar.start_of(last.checked_add_days(Days::new(1)).unwrap_or(last)))
}

/// Tasks `t` of shots of the production and the task type, with the id of the shot first.
fn tasks(wanted: &ShotsWanted, select: &str, joins: &str, person: &str) -> Sql {
    let reference = wanted.mode.reference();
    let mut sql = Sql::new(format!(
        "SELECT t.entity_id{select} FROM task t JOIN entity e ON e.id = t.entity_id {joins} WHERE t.{reference} IS NOT NULL AND {} AND t.project_id = ",
        EntityKind::Shot.condition("e.entity_type_id")
    ));
    sql.bind(wanted.project_id).push(" AND t.task_type_id = ").bind(wanted.task_type_id);
    sql.push(&format!(" AND {person} = ")).bind(wanted.person_id);
    sql
}

/// Shots whose reference moment is in the period.
async fn whole(app: &App, calendar: Calendar, wanted: &ShotsWanted) -> Result<HashMap<Uuid, f64>, Failure> {
    let (from, to) = bounds(calendar, wanted.period);
    let reference = wanted.mode.reference();
    let mut sql = tasks(wanted, "", "JOIN task_person_link l ON l.task_id = t.id", "l.person_id");
    sql.push(&format!(" AND t.{reference} >= ")).bind(from).push(&format!(" AND t.{reference} < ")).bind(to);
    let mut weights = HashMap::new();
    for row in app.database.rows(&sql).await? {
        weights.insert(row.try_get_by_index(0)?, 1.0);
    }
    Ok(weights)
}

/// Shots on which the person spent time in the period, with their shares of the time that was spent on them.
async fn timed(app: &App, wanted: &ShotsWanted) -> Result<HashMap<Uuid, f64>, Failure> {
    let mut sql = tasks(wanted, ", s.duration, t.duration", "JOIN time_spent s ON s.task_id = t.id", "s.person_id");
    sql.push(" AND t.duration > 0 AND s.date >= ").bind(wanted.period.0).push(" AND s.date <= ").bind(wanted.period.1);
    let mut weights: HashMap<Uuid, f64> = HashMap::new();
    for row in app.database.rows(&sql).await? {
        let (spent, duration): (f64, f64) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        *weights.entry(row.try_get_by_index(0)?).or_default() += hundredths(spent / duration);
    }
    Ok(weights)
}

/// Shots that the person worked on in the period without anybody noting time, with the share of the days of work.
async fn add_untimed(app: &App, calendar: Calendar, wanted: &ShotsWanted, weights: &mut HashMap<Uuid, f64>) -> Result<(), Failure> {
    let (from, to) = bounds(calendar, wanted.period);
    let reference = wanted.mode.reference();
    let select = format!(", t.real_start_date, t.{reference}");
    let mut sql = tasks(wanted, &select, "JOIN task_person_link l ON l.task_id = t.id", "l.person_id");
    sql.push(" AND t.real_start_date < ").bind(to).push(&format!(" AND t.{reference} >= ")).bind(from);
    sql.push(" AND NOT EXISTS (SELECT 1 FROM time_spent s WHERE s.task_id = t.id)");
    for row in app.database.rows(&sql).await? {
        let first = calendar.day_of(row.try_get_by_index(1)?);
        let last = calendar.day_of(row.try_get_by_index(2)?);
        *weights.entry(row.try_get_by_index(0)?).or_default() += part_in(first, last, wanted.period);
    }
    Ok(())
}

/// The share of the days of work from `first` to `last` that lie in a period.
fn part_in(first: NaiveDate, last: NaiveDate, period: (NaiveDate, NaiveDate)) -> f64 {
    // A task that was over before it began was worked on at its end.
    let first = first.min(last);
    let inside = business_days(first.max(period.0), last.min(period.1));
    #[expect(clippy::cast_precision_loss, reason = "a number of days")]
    let part = inside as f64 / business_days(first, last) as f64;
    hundredths(part)
}

/// A number to two digits.
fn hundredths(number: f64) -> f64 {
    (number * 100.0).round_ties_even() / 100.0
}

/// The shots with their weights, in the order of their names.
async fn write(app: &App, weights: &HashMap<Uuid, f64>, mode: CountMode, hidden: &[String]) -> Result<Vec<u8>, Failure> {
    let writer = RecordWriter::of(&entity::entity::TABLE, "e", "Entity", |column| column != "data");
    let select = format!("SELECT {}, e.id, e.data, e.name, q.name, o.name ", writer.columns());
    let ids: Vec<Uuid> = weights.keys().copied().collect();
    let mut items: Vec<(String, Vec<u8>)> = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let mut sql = Sql::new(select.as_str());
        sql.push("FROM entity e LEFT JOIN entity q ON q.id = e.parent_id LEFT JOIN entity o ON o.id = q.parent_id WHERE e.id IN ");
        sql.bind_list(ids.iter().copied());
        for row in app.database.rows(&sql).await? {
            let at = writer.width();
            let names = (2..5).rev().map(|place| row.try_get_by_index::<Option<String>>(at + place)).collect::<Result<Vec<_>, DbErr>>()?;
            let full_name = names.into_iter().flatten().collect::<Vec<_>>().join(" / ");
            let weight = weights.get(&row.try_get_by_index(at)?).copied().unwrap_or_default();
            let mut out = Vec::with_capacity(1024);
            writer.write_open(&mut out, &row)?;
            out.extend_from_slice(b",\"data\":");
            if hidden.is_empty() {
                write_value(&mut out, &row, at + 1, Kind::Json)?;
            } else {
                let mut text = Vec::new();
                write_value(&mut text, &row, at + 1, Kind::Json)?;
                let mut metadata = Metadata::read(&text);
                metadata.hide(hidden);
                metadata.write(&mut out);
            }
            out.extend_from_slice(b",\"full_name\":");
            write_text(&mut out, &full_name);
            let weight = if mode.is_weighted() { format!("{:?}", hundredths(weight)) } else { "1".to_owned() };
            out.extend_from_slice(format!(",\"weight\":{weight}}}").as_bytes());
            items.push((full_name, out));
        }
    }
    items.sort();
    Ok(array(items.iter().map(|(_, item)| item.as_slice())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_shared_by_days() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        // Monday to the Friday of the week after: ten days of work, five of them in the first week.
        let (first, last) = (day("2026-03-02"), day("2026-03-13"));
        assert_eq!(part_in(first, last, (day("2026-03-02"), day("2026-03-08"))), 0.5);
        assert_eq!(part_in(first, last, (day("2026-03-01"), day("2026-03-31"))), 1.0);
        assert_eq!(part_in(last, first, (day("2026-03-01"), day("2026-03-31"))), 1.0);
        assert_eq!(hundredths(1.0 / 3.0), 0.33);
    }
}
