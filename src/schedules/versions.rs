//! Versions of a schedule: what each plans for the tasks of its production, where the plans come from, and how one becomes
//! the schedule of the production. The copies are statements over whole sets, however many tasks there are.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{ProductionScheduleVersionTaskLink, ScheduleVersionApplied, ScheduleVersionFilled};
use entity::production_schedule_version;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait};
use uuid::Uuid;

use crate::access::{STAFF_MEMBER, require, require_manager};
use crate::app::App;
use crate::database::{self, Links, RecordWriter, Sql, stream_array};
use crate::events::{Work, payload};

/// The production that a version belongs to.
///
/// # Errors
/// 404 when there is no such version.
async fn project_of(connection: &impl ConnectionTrait, version_id: Uuid) -> Result<Uuid, Failure> {
    let version = production_schedule_version::Entity::find_by_id(version_id)
        .one(connection)
        .await?
        .ok_or_else(Failure::not_found)?;
    Ok(version.project_id)
}

/// Plans of a version for its tasks.
pub(super) async fn task_links(
    app: &App,
    caller: &Caller,
    version_id: Uuid,
    task_type_id: Option<Uuid>,
    relations: bool,
) -> Result<Json<Vec<ProductionScheduleVersionTaskLink>>, Failure> {
    let project_id = project_of(&app.database, version_id).await?;
    require(&app.database, caller, project_id, &STAFF_MEMBER).await?;
    let mut condition = Sql::new("FROM production_schedule_version_task_link l ");
    if let Some(task_type_id) = task_type_id {
        condition
            .push("JOIN task t ON t.id = l.task_id AND t.task_type_id = ")
            .bind(task_type_id)
            .push(" ");
    }
    condition
        .push("WHERE l.production_schedule_version_id = ")
        .bind(version_id);
    let model = RecordWriter::new(
        &entity::production_schedule_version_task_link::TABLE,
        "l",
        "ProductionScheduleVersionTaskLink",
    );
    let mut sql = condition.clone().before(&format!("SELECT {} ", model.columns()));
    sql.push(" ORDER BY l.created_at, l.id");
    if !relations {
        return Ok(model.list(&app.database, sql).await?);
    }
    let mut assignees = condition.before(
        "SELECT a.production_schedule_version_task_link_id AS owner, a.person_id AS item \
         FROM production_schedule_version_task_link_person_link a WHERE a.production_schedule_version_task_link_id IN (SELECT l.id ",
    );
    assignees.push(")");
    let assignees = Links::load(&app.database, &assignees).await?;
    let sent = stream_array(&app.database, sql, move |out, row| {
        model.write_open(out, row)?;
        assignees.write_key(out, "assignees", row.try_get("", "id")?);
        out.push(b'}');
        Ok(())
    });
    Ok(sent.await?.into())
}

/// Takes the dates, estimations and assignees of all tasks of the production into the version.
pub(super) async fn fill_from_production(
    app: &App,
    caller: &Caller,
    version_id: Uuid,
) -> Result<Json<ScheduleVersionFilled>, Failure> {
    let work = Work::begin(app, caller).await?;
    let project_id = project_of(&*work, version_id).await?;
    require_manager(&*work, caller, project_id).await?;
    let mut plans = Sql::new("SELECT t.id, t.start_date, t.due_date, t.estimation FROM task t WHERE t.project_id = ");
    plans.bind(project_id);
    let mut assignees = Sql::new(
        "SELECT a.task_id, a.person_id FROM task_person_link a JOIN task t ON t.id = a.task_id WHERE t.project_id = ",
    );
    assignees.bind(project_id);
    let count = copy(&work, version_id, plans, assignees).await?;
    work.finish().await?;
    filled(count)
}

/// Takes what another version of the same production plans for its tasks into the version.
pub(super) async fn fill_from_another(
    app: &App,
    caller: &Caller,
    version_id: Uuid,
    source_id: Uuid,
) -> Result<Json<ScheduleVersionFilled>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let project_id = project_of(&*work, version_id).await?;
    require_manager(&*work, caller, project_id).await?;
    let of_source = project_of(&*work, source_id)
        .await
        .map_err(|failure| failure.naming_unknown("production_schedule_version_id"))?;
    if of_source != project_id {
        return Err(
            Failure::parameter("Production schedule versions must belong to the same project.")
                .naming("production_schedule_version_id"),
        );
    }
    if source_id == version_id {
        return Err(
            Failure::parameter("A production schedule version cannot be copied onto itself.")
                .naming("production_schedule_version_id"),
        );
    }
    let mut plans = Sql::new(
        "SELECT s.task_id AS id, s.start_date, s.due_date, s.estimation FROM production_schedule_version_task_link s \
         WHERE s.production_schedule_version_id = ",
    );
    plans.bind(source_id);
    let mut assignees = Sql::new(
        "SELECT s.task_id, a.person_id FROM production_schedule_version_task_link_person_link a \
         JOIN production_schedule_version_task_link s ON s.id = a.production_schedule_version_task_link_id \
         WHERE s.production_schedule_version_id = ",
    );
    assignees.bind(source_id);
    let count = copy(&work, version_id, plans, assignees).await?;
    let values = vec![("production_schedule_from", source_id.into())];
    database::update(&*work, &entity::production_schedule_version::TABLE, version_id, values).await?;
    tell_version(&mut work, project_id, version_id);
    work.finish().await?;
    filled(count)
}

/// Writes plans into a version, in place of what it planned for these tasks, and says how many there are. `plans` selects
/// tasks with their dates and estimations, `assignees` the same tasks with persons.
async fn copy(work: &Work<'_>, version_id: Uuid, plans: Sql, assignees: Sql) -> Result<i32, Failure> {
    let moment = database::now();
    let mut sql = plans.clone().before("WITH plan AS (");
    sql.push(") INSERT INTO production_schedule_version_task_link (id, production_schedule_version_id, task_id, start_date, due_date, estimation, ");
    sql.push("created_at, updated_at) SELECT ")
        .push(new_id(work.get_database_backend()))
        .push(", ")
        .bind(version_id);
    sql.push(", plan.id, plan.start_date, plan.due_date, plan.estimation, ")
        .bind(moment)
        .push(", ")
        .bind(moment);
    sql.push(
        " FROM plan WHERE true ON CONFLICT (production_schedule_version_id, task_id) DO UPDATE SET start_date = excluded.start_date, \
         due_date = excluded.due_date, estimation = excluded.estimation, updated_at = excluded.updated_at",
    );
    let count = database::execute(&**work, &sql).await?;
    let mut sql = plans.before(
        "DELETE FROM production_schedule_version_task_link_person_link WHERE production_schedule_version_task_link_id IN \
         (SELECT l.id FROM production_schedule_version_task_link l WHERE l.task_id IN (SELECT plan.id FROM (",
    );
    sql.push(") plan) AND l.production_schedule_version_id = ")
        .bind(version_id)
        .push(")");
    database::execute(&**work, &sql).await?;
    let mut sql = assignees.before(
        "INSERT INTO production_schedule_version_task_link_person_link (production_schedule_version_task_link_id, person_id) \
         SELECT l.id, plan.person_id FROM production_schedule_version_task_link l JOIN (",
    );
    sql.push(") plan ON plan.task_id = l.task_id WHERE l.production_schedule_version_id = ")
        .bind(version_id);
    database::execute(&**work, &sql).await?;
    Ok(i32::try_from(count)?)
}

/// An expression that makes a new identifier for each row.
fn new_id(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "gen_random_uuid()",
        // Random bytes with the version and the variant of a random identifier in their places.
        _ => {
            "unhex(hex(randomblob(6)) || '4' || substr(hex(randomblob(2)), 2) || substr('89AB', 1 + (random() & 3), 1) \
             || substr(hex(randomblob(2)), 2) || hex(randomblob(6)))"
        }
    }
}

fn filled(count: i32) -> Result<Json<ScheduleVersionFilled>, Failure> {
    Ok(Json::of(&ScheduleVersionFilled {
        success: true,
        task_link_count: count,
    })?)
}

/// The name of this event has underscores where that of the record's own events has dashes: clients listen to both.
fn tell_version(work: &mut Work<'_>, project_id: Uuid, version_id: Uuid) {
    work.emit_in(
        project_id,
        "production_schedule_version:update",
        payload([("production_schedule_version_id", version_id)]),
    );
}

/// Makes a version the schedule of its production.
pub(super) async fn apply(
    app: &App,
    caller: &Caller,
    version_id: Uuid,
) -> Result<Json<ScheduleVersionApplied>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let project_id = project_of(&*work, version_id).await?;
    require_manager(&*work, caller, project_id).await?;
    let sql = Sql::with(
        "SELECT t.id, (t.start_date IS DISTINCT FROM l.start_date OR t.due_date IS DISTINCT FROM l.due_date \
         OR t.estimation IS DISTINCT FROM l.estimation) AS changes \
         FROM task t JOIN production_schedule_version_task_link l ON l.task_id = t.id \
         WHERE l.production_schedule_version_id = $1 AND t.project_id = $2 ORDER BY t.created_at, t.id",
        [version_id.into(), project_id.into()],
    );
    let planned = database::rows(&*work, &sql).await?;
    let count = i32::try_from(planned.len())?;
    let mut changed: Vec<Uuid> = Vec::new();
    for row in &planned {
        if row.try_get("", "changes")? {
            changed.push(row.try_get("", "id")?);
        }
    }
    let sql = Sql::with(
        "UPDATE task SET start_date = l.start_date, due_date = l.due_date, estimation = l.estimation, updated_at = $1 \
         FROM production_schedule_version_task_link l \
         WHERE l.task_id = task.id AND l.production_schedule_version_id = $2 AND task.project_id = $3 \
         AND (task.start_date IS DISTINCT FROM l.start_date OR task.due_date IS DISTINCT FROM l.due_date \
         OR task.estimation IS DISTINCT FROM l.estimation)",
        [database::now().into(), version_id.into(), project_id.into()],
    );
    database::execute(&*work, &sql).await?;
    for id in changed {
        work.emit_in(project_id, "task:update", payload([("task_id", id)]));
    }
    let locked = vec![("locked", true.into())];
    if database::update_differing(&*work, &entity::production_schedule_version::TABLE, version_id, locked).await? {
        tell_version(&mut work, project_id, version_id);
    }
    let from = vec![("from_schedule_version_id", version_id.into())];
    if database::update_differing(&*work, &entity::project::TABLE, project_id, from).await? {
        work.emit_in(project_id, "project:update", payload([]));
    }
    work.finish().await?;
    Ok(Json::of(&ScheduleVersionApplied {
        success: true,
        task_count: count,
    })?)
}
