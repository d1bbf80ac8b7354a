//! Tables of estimations: how long the tasks of a type take, and when.

use std::collections::HashMap;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use entity::task;
use entity::task_type;
use sea_orm::sea_query::Value as SqlValue;
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder};
use serde_json::Value;
use uuid::Uuid;

use super::metadata;
use super::names::Index;
use super::problem::{RowProblem, excerpt};
use super::production::Production;
use super::sheet::{Sheet, SheetRow};
use super::values::{amount, day, integer_of};
use crate::access::tasks::require_lead_of_type;
use crate::app::App;
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::vocabulary::kinds::EntityKind;

/// Columns of the table itself.
const COLUMNS: [&str; 7] = [
    "Parent",
    "Entity",
    "Estimation",
    "Drawings",
    "Start date",
    "Due date",
    "Difficulty",
];

/// Tasks that a table is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct EstimationSubject<'a> {
    pub(super) project_id: Uuid,
    pub(super) task_type_id: Uuid,
    /// An id, or `all` or `main`, which narrow nothing.
    pub(super) episode: Option<&'a str>,
}

/// Unit in which estimations are given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    /// Hours rather than days.
    pub(super) in_hours: bool,
    pub(super) hours_by_day: f64,
}

impl Unit {
    fn minutes(self, amount: f64) -> f64 {
        (amount * if self.in_hours { 60.0 } else { self.hours_by_day * 60.0 }).round()
    }

    fn days(self, amount: f64) -> f64 {
        if self.in_hours && self.hours_by_day > 0.0 {
            amount / self.hours_by_day
        } else {
            amount
        }
    }
}

#[derive(FromQueryResult)]
struct EntityRow {
    id: Uuid,
    name: String,
    parent: Option<String>,
}

struct EstimationsImport {
    production: Production,
    entities: Index<Uuid, 2>,
    /// Tasks by their entities, each with what was stored of it.
    tasks: HashMap<Uuid, (task::Model, task::Model)>,
    unit: Unit,
}

/// Check of who may import estimations, and whether what they are about is there.
///
/// # Errors
/// 404 for an unknown task type or production, 403 for those who don't lead tasks of the type.
pub(super) async fn require(app: &App, caller: &Caller, subject: EstimationSubject<'_>) -> Result<(), Failure> {
    task_type::Entity::find_by_id(subject.task_type_id)
        .one(&app.database)
        .await?
        .ok_or_else(Failure::not_found)?;
    require_lead_of_type(
        &app.database,
        caller,
        Some(subject.project_id),
        Some(subject.task_type_id),
    )
    .await
}

/// Imports a table of estimations, and gives a null for each row.
///
/// # Errors
/// 400 with the line that is wrong; nothing is stored then.
pub(super) async fn import(
    app: &App,
    caller: &Caller,
    subject: EstimationSubject<'_>,
    unit: Unit,
    sheet: &Sheet,
) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let mut import = EstimationsImport::load(&work, subject, unit).await?;
    for line in sheet.lines() {
        import.line(&line).map_err(|problem| problem.at(line.number))?;
    }
    import.store(&mut work).await?;
    work.finish().await?;
    Ok(database::json::array(sheet.lines().map(|_| &b"null"[..])))
}

/// The shots or assets that a table may name, by parent and name.
async fn entities(
    work: &Work<'_>,
    subject: EstimationSubject<'_>,
    is_for_shots: bool,
) -> Result<Index<Uuid, 2>, Failure> {
    let (kind, parent, episode) = if is_for_shots {
        (EntityKind::Shot, "p.name", "p.parent_id")
    } else {
        (EntityKind::Asset, "k.name", "e.source_id")
    };
    let mut sql = Sql::new(format!(
        "SELECT e.id, e.name, {parent} AS parent FROM entity e JOIN entity_type k ON k.id = e.entity_type_id \
         LEFT JOIN entity p ON p.id = e.parent_id WHERE {} AND e.project_id = ",
        kind.condition("e.entity_type_id")
    ));
    sql.bind(subject.project_id);
    if let Some(id) = subject.episode.and_then(parse_id) {
        sql.push(&format!(" AND {episode} = ")).bind(id);
    }
    sql.push(" ORDER BY COALESCE(e.canceled, false), e.id");
    let rows = database::read_all::<EntityRow>(&**work, &sql).await?;
    Ok(Index::of(
        rows.into_iter()
            .map(|row| ([row.parent.unwrap_or_default(), row.name], row.id)),
    ))
}

/// The first task of the type for each entity, twice: to be changed, and as it is stored.
async fn tasks(
    work: &Work<'_>,
    subject: EstimationSubject<'_>,
) -> Result<HashMap<Uuid, (task::Model, task::Model)>, Failure> {
    let of_type = task::Entity::find()
        .filter(task::Column::TaskTypeId.eq(subject.task_type_id))
        .filter(task::Column::ProjectId.eq(subject.project_id));
    let query = of_type
        .order_by_asc(task::Column::CreatedAt)
        .order_by_asc(task::Column::Name)
        .order_by_asc(task::Column::Id);
    let mut tasks = HashMap::new();
    for task in query.all(&**work).await? {
        if let Some(entity_id) = task.entity_id {
            tasks.entry(entity_id).or_insert_with(|| (task.clone(), task));
        }
    }
    Ok(tasks)
}

impl EstimationsImport {
    async fn load(work: &Work<'_>, subject: EstimationSubject<'_>, unit: Unit) -> Result<Self, Failure> {
        let EstimationSubject {
            project_id,
            task_type_id,
            ..
        } = subject;
        let production = Production::load(work, project_id, "Task", Some(task_type_id)).await?;
        let task_type = task_type::Entity::find_by_id(task_type_id)
            .one(&**work)
            .await?
            .ok_or_else(Failure::not_found)?;
        let is_for_shots = task_type.for_entity.as_deref() == Some(EntityKind::Shot.type_name());
        Ok(Self {
            production,
            entities: entities(work, subject, is_for_shots).await?,
            tasks: tasks(work, subject).await?,
            unit,
        })
    }

    fn line(&mut self, line: &SheetRow<'_>) -> Result<(), RowProblem> {
        let (parent, name) = (line.required("Parent")?, line.required("Entity")?);
        let unknown = || {
            let (name, parent) = (excerpt(name), excerpt(parent));
            RowProblem(format!("Entity '{name}' with parent '{parent}' not found"))
        };
        let entity_id = self.entities.find([parent, name]).ok_or_else(unknown)?;
        let no_task = || {
            RowProblem(format!(
                "Entity '{name}' with parent '{parent}' has no task of this type"
            ))
        };
        let (task, _) = self.tasks.get_mut(&entity_id).ok_or_else(no_task)?;
        let estimation = line
            .filled("Estimation")
            .map(|cell| amount("Estimation", cell))
            .transpose()?;
        if let Some(amount) = estimation {
            task.estimation = Some(self.unit.minutes(amount));
        }
        let days = estimation.map(|amount| self.unit.days(amount));
        if let Some(cell) = line.filled("Drawings") {
            task.nb_drawings = Some(integer_of("Drawings", cell)?);
        }
        if let Some(cell) = line.filled("Difficulty") {
            task.difficulty = difficulty(cell)?;
        }
        let start = line
            .filled("Start date")
            .map(|cell| day("Start date", cell))
            .transpose()?;
        let due = line.filled("Due date").map(|cell| day("Due date", cell)).transpose()?;
        let planned = || Some(last_day(start?, days.filter(|days| *days > 0.0)?));
        set_day(&mut task.start_date, start);
        set_day(&mut task.due_date, due.or_else(planned));
        let mut data = task
            .data
            .as_ref()
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        metadata::apply(&mut data, &self.production, line, &COLUMNS, false)?;
        if !data.is_empty() {
            task.data = Some(data.into());
        }
        Ok(())
    }

    async fn store(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let mut changed: Vec<task::Model> = self
            .tasks
            .into_values()
            .filter(|(task, before)| task != before)
            .map(|(task, _)| task)
            .collect();
        changed.sort_by_key(|task| (task.created_at, task.id));
        let changes = changed.iter().map(|task| (task.id, change(task)));
        database::update_many(&**work, &task::TABLE, changes.collect()).await?;
        for task in &changed {
            work.emit_in(task.project_id, "task:update", payload([("task_id", task.id)]));
        }
        Ok(())
    }
}

fn difficulty(cell: &str) -> Result<i32, RowProblem> {
    let difficulty = integer_of("Difficulty", cell)?;
    if (1..=5).contains(&difficulty) {
        Ok(difficulty)
    } else {
        Err(RowProblem::invalid(
            "Difficulty",
            cell,
            "a number from 1 to 5 is expected",
        ))
    }
}

/// The columns that a table changes.
fn change(task: &task::Model) -> Vec<(&'static str, SqlValue)> {
    vec![
        ("estimation", task.estimation.into()),
        ("nb_drawings", task.nb_drawings.into()),
        ("difficulty", task.difficulty.into()),
        ("start_date", task.start_date.into()),
        ("due_date", task.due_date.into()),
        ("data", task.data.clone().into()),
    ]
}

/// Moves a date, unless it is on that day already.
fn set_day(date: &mut Option<NaiveDateTime>, day: Option<NaiveDate>) {
    if let Some(day) = day.filter(|day| date.is_none_or(|date| date.date() != *day)) {
        *date = Some(day.and_time(NaiveTime::MIN));
    }
}

/// The day on which work that begins on a day and takes so many working days ends; a begun day counts.
fn last_day(start: NaiveDate, days: f64) -> NaiveDate {
    let mut left = (days - 1.0).ceil().max(0.0);
    let mut day = start;
    while left > 0.0 {
        let Some(next) = day.checked_add_days(Days::new(1)) else {
            break;
        };
        day = next;
        if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            left -= 1.0;
        }
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimations_are_days_or_hours() {
        let (days, hours) = (
            Unit {
                in_hours: false,
                hours_by_day: 8.0,
            },
            Unit {
                in_hours: true,
                hours_by_day: 8.0,
            },
        );
        assert_eq!((days.minutes(2.5), days.days(2.5)), (1200.0, 2.5));
        assert_eq!((hours.minutes(20.0), hours.days(20.0)), (1200.0, 2.5));
    }

    #[test]
    fn work_ends_on_a_working_day() {
        let day = |day| NaiveDate::from_ymd_opt(2024, 3, day).expect("a day");
        assert_eq!(last_day(day(1), 2.5), day(5));
        assert_eq!(last_day(day(4), 1.0), day(4));
        assert_eq!(last_day(day(4), 0.5), day(4));
        assert_eq!(last_day(day(4), 5.0), day(8));
    }
}
