//! Tasks to do in all productions, page by page, with sums.

use std::collections::BTreeMap;

use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use dailies_definitions::schemas::{OpenTaskSums, ProjectTaskStats, StatusAmount, TaskTypeStats};
use dailies_definitions::tasks::OpenTaskFilter;
use entity::facts::Kind;
use uuid::Uuid;

use super::rows;
use super::todo::{ContextWriter, EPISODE_NAME, counted_with, in_open_projects, tasks_with};
use crate::access::plans::PlanMask;
use crate::access::task_mask::TaskMask;
use crate::access::tasks::{LISTED, VisibleTasks};
use crate::access::{Reach, require_member};
use crate::app::App;
use crate::database::Sql;
use crate::database::json::{TEXT, array};

/// Keys of this list besides those that all have.
const KEYS_OF_OPEN_TASKS: [(&str, &str, Kind); 5] = [
    ("ty.name", "type_name", TEXT),
    ("ty.color", "type_color", TEXT),
    ("s.name", "status_name", TEXT),
    ("s.color", "status_color", TEXT),
    ("s.short_name", "status_short_name", TEXT),
];

/// Sums over no tasks.
const NO_SUMS: OpenTaskSums = OpenTaskSums {
    total_duration: 0.0,
    total_estimation: 0.0,
    total: 0,
    status: Vec::new(),
};

/// True if a filter asks for what clients are not told.
fn asks_for_plans(filter: &OpenTaskFilter) -> bool {
    let by_person = filter.person_id.as_deref().is_some_and(|text| !text.trim().is_empty());
    by_person || filter.studio_id.or(filter.department_id).is_some() || filter.start_date.or(filter.due_date).is_some()
}

fn add_filter(sql: &mut Sql, filter: &OpenTaskFilter) -> Result<(), Failure> {
    for (column, id) in [
        ("t.task_type_id", filter.task_type_id),
        ("t.task_status_id", filter.task_status_id),
    ] {
        if let Some(id) = id {
            sql.push(&format!(" AND {column} = ")).bind(id);
        }
    }
    if filter.task_type_id.is_none() {
        without_concepts(sql);
    }
    of_persons(sql, filter.person_id.as_deref())?;
    if let Some(id) = filter.studio_id {
        sql.push(" AND t.id IN (SELECT l.task_id FROM task_person_link l JOIN person a ON a.id = l.person_id WHERE a.studio_id = ");
        sql.bind(id).push(")");
    }
    if let Some(id) = filter.department_id {
        sql.push(
            " AND t.id IN (SELECT l.task_id FROM task_person_link l JOIN department_link d ON d.person_id = l.person_id \
             WHERE d.department_id = ",
        );
        sql.bind(id).push(")");
    }
    if let Some(moment) = filter.start_date {
        sql.push(" AND t.start_date >= ").bind(moment);
    }
    if let Some(moment) = filter.due_date {
        sql.push(" AND t.due_date <= ").bind(moment);
    }
    if let Some(priority) = filter.priority {
        sql.push(" AND ty.priority = ").bind(priority);
    }
    Ok(())
}

/// Adds the condition on tasks `t` of one of several persons, by their ids with commas between them, or of nobody, with `AND`
/// before it.
///
/// # Errors
/// 400 for what is no id.
pub(super) fn of_persons(sql: &mut Sql, wanted: Option<&str>) -> Result<(), Failure> {
    match wanted.map(str::trim).filter(|text| !text.is_empty()) {
        None => {}
        Some("unassigned") => {
            sql.push(" AND NOT EXISTS (SELECT 1 FROM task_person_link l WHERE l.task_id = t.id)");
        }
        Some(text) => {
            let wrong = || Failure::parameter(format!("Invalid UUID format for person_id: {text}"));
            let ids = text
                .split(',')
                .map(|id| parse_id(id.trim()).ok_or_else(wrong))
                .collect::<Result<Vec<_>, _>>()?;
            sql.push(" AND t.id IN (SELECT l.task_id FROM task_person_link l WHERE l.person_id IN ")
                .bind_list(ids)
                .push(")");
        }
    }
    Ok(())
}

fn without_concepts(sql: &mut Sql) {
    sql.push(" AND COALESCE(ty.for_entity, '') <> 'Concept'");
}

/// The conditions of what is asked for, each with `AND` before it, and what the caller sees of it. They are about the task
/// `t`, its type `ty` and the status `ps` of its production.
///
/// # Errors
/// 404 for an unknown production, 403 for one of others, 400 for what is no id.
pub(super) async fn conditions(
    app: &App,
    caller: &Caller,
    filter: &OpenTaskFilter,
) -> Result<(Sql, VisibleTasks), Failure> {
    let database = &app.database;
    let mut conditions = Sql::default();
    let visible = match filter.project_id {
        Some(project_id) => {
            // Administrators find nothing in a production that is not there.
            let role = if caller.is_admin() {
                Role::Admin
            } else {
                require_member(database, caller, project_id).await?
            };
            conditions.push(" AND t.project_id = ").bind(project_id);
            VisibleTasks::within(caller, project_id, role)
        }
        None => {
            let visible = VisibleTasks::new(Reach::open_teams(database, caller).await?, LISTED);
            in_open_projects(&mut conditions, &visible);
            visible
        }
    };
    visible.restrict(&mut conditions, "t");
    if let Some(plans) = PlanMask::of(visible.reach()).filter(|_| asks_for_plans(filter)) {
        plans.leave_out(&mut conditions, "t.project_id");
    }
    add_filter(&mut conditions, filter)?;
    Ok((conditions, visible))
}

/// A page of what there is to do, as JSON.
///
/// # Errors
/// 404 for an unknown production, 403 for one of others, 400 for what is no id.
pub async fn page(
    app: &App,
    caller: &Caller,
    filter: &OpenTaskFilter,
    number: i64,
    limit: i64,
) -> Result<Vec<u8>, Failure> {
    let database = &app.database;
    let (conditions, visible) = conditions(app, caller, filter).await?;
    let sums = sums(app, &counted_with(&conditions), &visible.reach().as_client()).await?;
    let (number, limit) = (number.max(1), limit.max(1));
    let is_more = number.saturating_mul(limit) < sums.total;
    let order =
        ["p.name", EPISODE_NAME, "sq.name", "k.name", "e.name", "ty.name"].map(|name| format!("{name} NULLS LAST"));
    let order = format!("{}, t.id", order.join(", "));
    let chosen = database
        .page_of(tasks_with(conditions), "t.id", &order, limit, (number - 1) * limit)
        .await?;
    let assignees = rows::assignees(database, &chosen).await?;
    let writer = ContextWriter::new(&KEYS_OF_OPEN_TASKS);
    let mask = TaskMask::of(database, visible.reach()).await?;
    let mut items = Vec::new();
    for row in database
        .rows(&chosen.before(&format!("SELECT {} ", writer.columns())))
        .await?
    {
        let mut out = Vec::with_capacity(2048);
        let (id, _) = writer.open(&mut out, &row)?;
        assignees.write_key(&mut out, "assignees", id);
        out.push(b'}');
        mask.apply(&mut out, 0);
        items.push(out);
    }
    // A page with nothing on it has no sums either.
    let sums = if items.is_empty() { NO_SUMS } else { sums };
    let mut out = b"{\"data\":".to_vec();
    out.extend(array(items.iter().map(Vec::as_slice)));
    out.extend_from_slice(b",\"stats\":");
    serde_json::to_writer(&mut out, &sums)?;
    out.extend_from_slice(format!(",\"limit\":{limit},\"is_more\":{is_more},\"page\":{number}}}").as_bytes());
    Ok(out)
}

/// SQL of a value of a task `t`, in whose place another one stands in productions in which the caller is a client.
fn told(sql: &mut Sql, value: String, blank: &str, as_client: &[Uuid]) -> String {
    if as_client.is_empty() {
        return value;
    }
    let mut list = Sql::new("t.project_id");
    list.among(as_client);
    format!("(CASE WHEN {} THEN {blank} ELSE {value} END)", sql.embed(&list))
}

/// SQL of a number of minutes of a task `t`, which is 0 where the caller is not told it.
pub(super) fn minutes(sql: &mut Sql, column: &str, as_client: &[Uuid]) -> String {
    told(sql, format!("COALESCE(t.{column}, 0.0)"), "0.0", as_client)
}

/// SQL of a moment of a task `t`, which is null where the caller is not told it.
pub(super) fn moment(sql: &mut Sql, column: &str, as_client: &[Uuid]) -> String {
    told(sql, format!("t.{column}"), "NULL", as_client)
}

/// Sums over the tasks of a condition.
///
/// # Errors
/// The database does not answer.
pub(super) async fn sums(app: &App, condition: &Sql, as_client: &[Uuid]) -> Result<OpenTaskSums, Failure> {
    let mut sql = Sql::default();
    let [duration, estimation] = ["duration", "estimation"].map(|column| minutes(&mut sql, column, as_client));
    let from = sql.embed(condition);
    sql.push(&format!(
        "SELECT t.task_status_id, COUNT(*) AS amount, SUM({duration}) AS duration, SUM({estimation}) AS estimation {from} GROUP BY t.task_status_id ORDER BY t.task_status_id"
    ));
    let mut sums = NO_SUMS;
    for row in app.database.rows(&sql).await? {
        let amount = row.try_get("", "amount")?;
        sums.total += amount;
        sums.total_duration += row.try_get::<f64>("", "duration")?;
        sums.total_estimation += row.try_get::<f64>("", "estimation")?;
        sums.status.push(StatusAmount {
            task_status_id: row.try_get("", "task_status_id")?,
            amount,
        });
    }
    Ok(sums)
}

/// Sums over the tasks of open productions, by the id of the production.
///
/// # Errors
/// The database does not answer.
pub async fn stats(app: &App, caller: &Caller) -> Result<BTreeMap<Uuid, ProjectTaskStats>, Failure> {
    let mut condition = Sql::new(
        "FROM task t JOIN project p ON p.id = t.project_id JOIN project_status ps ON ps.id = p.project_status_id \
         JOIN task_type ty ON ty.id = t.task_type_id JOIN task_status s ON s.id = t.task_status_id WHERE 1 = 1",
    );
    let visible = VisibleTasks::new(Reach::open_teams(&app.database, caller).await?, LISTED);
    in_open_projects(&mut condition, &visible);
    visible.restrict(&mut condition, "t");
    without_concepts(&mut condition);
    let mut sql = condition.before(
        "SELECT t.project_id, t.task_type_id, t.task_status_id, s.is_done, COUNT(*) AS amount, \
         SUM(COALESCE(t.duration, 0.0)) AS duration, SUM(COALESCE(t.estimation, 0.0)) AS estimation ",
    );
    sql.push(" GROUP BY t.project_id, t.task_type_id, t.task_status_id, s.is_done ORDER BY t.project_id, t.task_type_id, t.task_status_id");
    let plans = PlanMask::of(visible.reach());
    let mut found: BTreeMap<Uuid, ProjectTaskStats> = BTreeMap::new();
    for row in app.database.rows(&sql).await? {
        let project_id = row.try_get("", "project_id")?;
        let amount: i64 = row.try_get("", "amount")?;
        let told = plans.as_ref().is_none_or(|plans| !plans.covers(Some(project_id)));
        let minutes = |sum: &str| if told { row.try_get::<f64>("", sum) } else { Ok(0.0) };
        let entry = TaskTypeStats {
            project_id,
            task_type_id: row.try_get("", "task_type_id")?,
            task_status_id: row.try_get("", "task_status_id")?,
            amount,
            amount_done: if row.try_get::<Option<bool>>("", "is_done")?.unwrap_or_default() {
                amount
            } else {
                0
            },
            total_duration: minutes("duration")?,
            total_estimation: minutes("estimation")?,
        };
        let none = || ProjectTaskStats {
            amount: 0,
            amount_done: 0,
            total_duration: 0.0,
            total_estimation: 0.0,
            task_types: Vec::new(),
        };
        let project = found.entry(project_id).or_insert_with(none);
        project.amount += entry.amount;
        project.amount_done += entry.amount_done;
        project.total_duration += entry.total_duration;
        project.total_estimation += entry.total_estimation;
        project.task_types.push(entry);
    }
    Ok(found)
}
