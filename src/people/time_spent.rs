//! The time that persons spent on tasks: as it was noted, and summed up by task. Who may know of it.

use chrono::NaiveDate;
use dailies_definitions::access::{Caller, EntityReader};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{TaskTimeSpent, TaskTimeSum, TimeSpent};
use entity::facts::Kind;
use uuid::Uuid;

use crate::access::hours::{READ, READ_OF_PERSON, VisibleHours};
use crate::access::{LEADERS, Reach, SUPERVISOR, require};
use crate::app::App;
use crate::database::{Field, RecordWriter, RowWriter, Sql, stream_objects};
use crate::vocabulary::period::Period;
use crate::vocabulary::persons::require_human;

fn noted() -> RecordWriter {
    RecordWriter::new(&entity::time_spent::TABLE, "s", "TimeSpent")
}

/// Times `s` that were noted on tasks `t`, with what the tasks belong to.
#[must_use]
pub(super) fn noted_on_tasks() -> RecordWriter {
    noted().with(&[
        ("t.project_id", "project_id", Kind::Uuid),
        ("t.task_type_id", "task_type_id", Kind::Uuid),
    ])
}

/// Times that a person noted, between two days if both are given, as far as the caller may know.
pub(super) async fn of_person(
    app: &App,
    caller: &Caller,
    person_id: Uuid,
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
) -> Result<Json<Vec<TaskTimeSpent>>, Failure> {
    require_human(&app.database, person_id).await?;
    let text = format!(
        "SELECT {} FROM time_spent s JOIN task t ON t.id = s.task_id WHERE s.person_id = ",
        noted_on_tasks().columns()
    );
    let mut sql = Sql::new(text);
    sql.bind(person_id);
    match (first, last) {
        (None, None) => {}
        (Some(first), Some(last)) => add_period(&mut sql, (first, last)),
        _ => {
            let message = "If querying for a range of dates, both a `start_date` and an `end_date` must be given.";
            return Err(Failure::parameter(message));
        }
    }
    time_reader(app, caller, person_id).await?.restrict(&mut sql);
    sql.push(" ORDER BY s.date, s.id");
    Ok(noted_on_tasks().list(&app.database, sql).await?)
}

/// Everything that a person noted in a period.
pub(super) async fn in_period(app: &App, person_id: Uuid, period: Period) -> Result<Json<Vec<TimeSpent>>, Failure> {
    require_human(&app.database, person_id).await?;
    let mut sql = Sql::new(format!(
        "SELECT {} FROM time_spent s WHERE s.person_id = ",
        noted().columns()
    ));
    sql.bind(person_id);
    add_period(&mut sql, period);
    sql.push(" ORDER BY s.date, s.id");
    Ok(noted().list(&app.database, sql).await?)
}

/// Time that a person noted on a day, as far as the caller may know.
pub(super) async fn on_day(
    app: &App,
    caller: &Caller,
    person_id: Uuid,
    day: NaiveDate,
) -> Result<Json<Vec<TimeSpent>>, Failure> {
    require_human(&app.database, person_id).await?;
    let mut sql = Sql::new(format!(
        "SELECT {} FROM time_spent s JOIN task t ON t.id = s.task_id WHERE s.person_id = ",
        noted().columns()
    ));
    sql.bind(person_id);
    add_period(&mut sql, (day, day));
    time_reader(app, caller, person_id).await?.restrict(&mut sql);
    sql.push(" ORDER BY s.created_at, s.id");
    Ok(noted().list(&app.database, sql).await?)
}

/// Everything that anybody noted on the tasks of an entity, the latest day first.
pub(super) async fn on_entity(
    app: &App,
    access: &EntityReader,
    entity_id: Uuid,
) -> Result<Json<Vec<TimeSpent>>, Failure> {
    let text = format!(
        "SELECT {} FROM time_spent s JOIN task t ON t.id = s.task_id WHERE t.entity_id = $1",
        noted().columns()
    );
    let mut sql = Sql::with(text, [entity_id.into()]);
    VisibleHours::new(Reach::within(access, access.project_id(), access.role()), READ).restrict(&mut sql);
    sql.push(" ORDER BY s.date DESC, s.created_at, s.id");
    Ok(noted().list(&app.database, sql).await?)
}

/// Keeps what was noted `s` from one day to another, both included.
pub(super) fn add_period(sql: &mut Sql, (first, last): Period) {
    sql.push(" AND s.date >= ")
        .bind(first)
        .push(" AND s.date <= ")
        .bind(last);
}

/// `time-reader`: what the caller learns of the time of others.
///
/// # Errors
/// 403 for whoever asks for somebody else without leading work anywhere.
async fn time_reader(app: &App, caller: &Caller, person_id: Uuid) -> Result<VisibleHours, Failure> {
    let visible = VisibleHours::new(Reach::teams(&app.database, caller).await?, READ_OF_PERSON);
    let may_ask = caller.person.id == person_id || LEADERS.contains(&caller.person.role) || !visible.leads_nowhere();
    if may_ask {
        Ok(visible)
    } else {
        Err(Failure::forbidden())
    }
}

/// The time of a person in a period, summed up by task.
pub(super) async fn by_task(
    app: &App,
    caller: &Caller,
    person_id: Uuid,
    period: Period,
    project_id: Option<Uuid>,
) -> Result<Json<Vec<TaskTimeSum>>, Failure> {
    require_human(&app.database, person_id).await?;
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
    // Fractions that are added up in another order give another last digit.
    let mut sql = Sql::new(
        "SELECT t.id, t.task_type_id, t.project_id, p.name, e.name, y.name, a.name, b.name, SUM(s.duration ORDER BY s.duration) FROM time_spent s \
         JOIN task t ON t.id = s.task_id JOIN project p ON p.id = t.project_id JOIN entity e ON e.id = t.entity_id \
         JOIN entity_type y ON y.id = e.entity_type_id LEFT JOIN entity a ON a.id = e.parent_id LEFT JOIN entity b ON b.id = a.parent_id \
         WHERE s.person_id = ",
    );
    sql.bind(person_id);
    add_period(&mut sql, period);
    time_reader(app, caller, person_id).await?.restrict(&mut sql);
    if let Some(project_id) = project_id {
        if caller.person.id != person_id {
            require(&app.database, caller, project_id, &SUPERVISOR).await?;
        }
        sql.push(" AND t.project_id = ").bind(project_id);
    }
    sql.push(
        " GROUP BY t.id, t.task_type_id, t.project_id, p.name, e.name, y.name, a.name, b.name \
         ORDER BY p.name, y.name, b.name, a.name, e.name, t.id",
    );
    Ok(stream_objects(&app.database, sql, writer).await?.into())
}
