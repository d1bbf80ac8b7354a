//! The shots that a person got done in a period, and how much of each counts.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, NaiveDateTime};
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::people::QuotaShotFilter;
use dailies_definitions::schemas::QuotaShot;
use sea_orm::{DbErr, FromQueryResult};
use uuid::Uuid;

use super::calendar::{Calendar, business_days};
use crate::access::entities::Scope;
use crate::access::metadata::Masks;
use crate::access::tasks::assigned_to;
use crate::access::{projects_of, shots_reader};
use crate::app::App;
use crate::database::{self, Sql, stream_array, write_text};
use crate::entities::rows::EntityWriter;
use crate::vocabulary::kinds::EntityKind;
use crate::vocabulary::period::Period;
use crate::vocabulary::persons::require_human;

/// A period in the calendar of the caller.
struct Span {
    days: Period,
    calendar: Calendar,
}

impl Span {
    /// The moment at which the period begins, and the one at which it is over, in UTC.
    fn bounds(&self) -> (NaiveDateTime, NaiveDateTime) {
        (
            self.calendar.start_of(self.days.0),
            self.calendar.start_of(self.days.1 + Days::new(1)),
        )
    }

    /// The part of the working days from one moment to another that lies in the period.
    fn share(&self, start: NaiveDateTime, end: NaiveDateTime) -> f64 {
        let (start, end) = (self.calendar.day_of(start), self.calendar.day_of(end));
        let inside = working_days(start.max(self.days.0), end.min(self.days.1));
        round(inside / working_days(start, end))
    }
}

/// Days of work from one day to another; one at least, also for work that was over before it began.
fn working_days(first: NaiveDate, last: NaiveDate) -> f64 {
    f64::from(i32::try_from(business_days(first, last.max(first))).unwrap_or(i32::MAX))
}

fn round(weight: f64) -> f64 {
    (weight * 100.0).round() / 100.0
}

/// The shots of a person, by their full names. The mode of counting is `weighted`, `weighteddone`, `feedback` or `done`.
///
/// # Errors
/// 404 for an unknown person or production, 403 for bots and for those who may not know, 400 for a period that does not exist.
pub async fn shots(
    app: &App,
    caller: &Caller,
    person_id: Uuid,
    filter: &QuotaShotFilter,
    period: Result<Period, Failure>,
) -> Result<Json<Vec<QuotaShot>>, Failure> {
    require_human(&app.database, person_id).await?;
    let role = shots_reader(&app.database, caller, filter.project_id, person_id)
        .await?
        .role;
    let days = period?;
    let span = Span {
        days,
        calendar: Calendar::of(&caller.person),
    };
    let done = Done {
        person_id,
        project_id: filter.project_id,
        task_type_id: filter.task_type_id,
        team_of: Some(caller.person.id).filter(|_| filter.project_id.is_none() && !caller.is_admin()),
        column: if filter.count_mode.ends_with("done") {
            "done_date"
        } else {
            "end_date"
        },
    };
    let weights = if filter.count_mode.starts_with("weighted") {
        done.weighted(app, &span).await?
    } else {
        done.whole(app, &span).await?
    };
    let scope = match filter.project_id {
        Some(project_id) => Scope::project(caller, project_id, role),
        None => Scope::teams(app, caller).await?,
    };
    let masks = scope.masks(&app.database, EntityKind::Shot).await?;
    answer_shots(app, weights, masks).await
}

/// Weight of a shot, as JSON.
enum Weight {
    Whole,
    Part(f64),
}

type Weights = BTreeMap<Uuid, Weight>;

/// Tasks `t` on shots `e` that a person got done, of one production or type where these are given.
struct Done {
    person_id: Uuid,
    project_id: Option<Uuid>,
    task_type_id: Option<Uuid>,
    /// Keeps productions that somebody is in.
    team_of: Option<Uuid>,
    /// The column that says when.
    column: &'static str,
}

/// A shot with the part of its task that the person noted time for.
#[derive(FromQueryResult)]
struct TimedShot {
    entity_id: Uuid,
    weight: f64,
}

/// A shot whose task went from one moment to another, without any time noted.
#[derive(FromQueryResult)]
struct UntimedShot {
    entity_id: Uuid,
    real_start_date: NaiveDateTime,
    done_at: NaiveDateTime,
}

impl Done {
    /// Adds `FROM`, with another table joined to it, and the conditions on the tasks.
    fn tasks(&self, sql: &mut Sql, join: &str) {
        sql.push(&format!(
            " FROM task t JOIN entity e ON e.id = t.entity_id {join} WHERE "
        ))
        .push(&EntityKind::Shot.condition("e.entity_type_id"));
        if let Some(project_id) = self.project_id {
            sql.push(" AND t.project_id = ").bind(project_id);
        }
        if let Some(task_type_id) = self.task_type_id {
            sql.push(" AND t.task_type_id = ").bind(task_type_id);
        }
        if let Some(person_id) = self.team_of {
            sql.push(" AND ");
            projects_of(sql, "t.project_id", person_id);
        }
    }

    /// Keeps the tasks that are assigned to the person.
    fn assigned(&self, sql: &mut Sql) {
        sql.push(" AND ");
        assigned_to(sql, "t.id", self.person_id);
    }

    /// Every shot that was got done in the period counts as a whole.
    async fn whole(&self, app: &App, span: &Span) -> Result<Weights, DbErr> {
        let (begin, end) = span.bounds();
        let mut sql = Sql::new("SELECT DISTINCT t.entity_id");
        self.tasks(&mut sql, "");
        self.assigned(&mut sql);
        sql.push(&format!(" AND t.{} >= ", self.column))
            .bind(begin)
            .push(&format!(" AND t.{} < ", self.column))
            .bind(end);
        Ok(database::read_values(&app.database, &sql)
            .await?
            .into_iter()
            .map(|shot| (shot, Weight::Whole))
            .collect())
    }

    /// Shots count with the part of the work on them that lies in the period.
    async fn weighted(&self, app: &App, span: &Span) -> Result<Weights, DbErr> {
        let mut weights: BTreeMap<Uuid, f64> = BTreeMap::new();
        let (first, last) = span.days;
        // A task without a duration has time spent on it only while its duration is worked out anew.
        let mut sql = Sql::new("SELECT t.entity_id, SUM(ROUND(s.duration * 100.0 / t.duration) / 100.0) AS weight");
        self.tasks(&mut sql, "JOIN time_spent s ON s.task_id = t.id");
        sql.push(&format!(
            " AND t.{} IS NOT NULL AND t.duration > 0 AND s.person_id = ",
            self.column
        ))
        .bind(self.person_id);
        sql.push(" AND s.date >= ")
            .bind(first)
            .push(" AND s.date <= ")
            .bind(last)
            .push(" GROUP BY t.entity_id");
        for TimedShot { entity_id, weight } in database::read_all(&app.database, &sql).await? {
            *weights.entry(entity_id).or_default() += weight;
        }
        let (begin, end) = span.bounds();
        let mut sql = Sql::new(format!(
            "SELECT t.entity_id, t.real_start_date, t.{} AS done_at",
            self.column
        ));
        self.tasks(&mut sql, "");
        self.assigned(&mut sql);
        sql.push(" AND NOT EXISTS (SELECT 1 FROM time_spent s WHERE s.task_id = t.id) AND t.real_start_date < ")
            .bind(end);
        sql.push(&format!(" AND t.{} >= ", self.column)).bind(begin);
        for UntimedShot {
            entity_id,
            real_start_date,
            done_at,
        } in database::read_all(&app.database, &sql).await?
        {
            *weights.entry(entity_id).or_default() += span.share(real_start_date, done_at);
        }
        Ok(weights
            .into_iter()
            .map(|(shot, weight)| (shot, Weight::Part(round(weight))))
            .collect())
    }
}

/// Sends the shots with their weights.
async fn answer_shots(app: &App, weights: Weights, masks: Masks) -> Result<Json<Vec<QuotaShot>>, Failure> {
    if weights.is_empty() {
        return Ok(Json::written("[]"));
    }
    let writer = EntityWriter::masked("Entity", masks);
    let full_name = "COALESCE(ep.name || ' / ', '') || COALESCE(sq.name || ' / ', '') || e.name";
    let mut sql = Sql::new(format!(
        "SELECT {}, {full_name} AS full_name FROM entity e LEFT JOIN entity sq ON sq.id = e.parent_id \
         LEFT JOIN entity ep ON ep.id = sq.parent_id WHERE e.id IN ",
        writer.columns()
    ));
    sql.bind_list(weights.keys().copied()).push(" ORDER BY full_name, e.id");
    let sent = stream_array(&app.database, sql, move |out, row| {
        writer.write_open(out, row)?;
        out.extend_from_slice(b",\"full_name\":");
        write_text(out, &row.try_get::<String>("", "full_name")?);
        let weight = match weights.get(&row.try_get("", "id")?) {
            Some(Weight::Part(weight)) => format!(",\"weight\":{weight:?}}}"),
            _ => ",\"weight\":1}".to_owned(),
        };
        out.extend_from_slice(weight.as_bytes());
        Ok(())
    });
    Ok(sent.await?.into())
}

#[cfg(test)]
mod tests {
    use chrono::NaiveTime;
    use chrono_tz::Tz;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn span(first: &str, last: &str, zone: Tz) -> Span {
        Span {
            days: (day(first), day(last)),
            calendar: Calendar(zone),
        }
    }

    #[test]
    fn work_counts_with_its_part_in_the_period() {
        let week = span("2026-03-02", "2026-03-08", Tz::UTC);
        let moment = |text: &str| day(text).and_time(NaiveTime::MIN);
        assert_eq!(week.share(moment("2026-03-03"), moment("2026-03-05")), 1.0);
        assert_eq!(week.share(moment("2026-03-05"), moment("2026-03-10")), 0.5);
        assert_eq!(week.share(moment("2026-02-26"), moment("2026-03-03")), 0.5);
    }

    #[test]
    fn periods_begin_at_midnight_where_the_caller_is() {
        let (begin, end) = span("2026-03-01", "2026-03-31", Tz::Europe__Paris).bounds();
        assert_eq!(begin.to_string(), "2026-02-28 23:00:00");
        assert_eq!(end.to_string(), "2026-03-31 22:00:00");
    }
}
