//! Tables of the whole studio.

use chrono::Utc;
use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;

use super::table::{Column, Table};
use crate::access::Reach;
use crate::database::{Database, Sql};

/// Names of the departments of a person `p`, as [`super::cells::join_names`] writes them.
const DEPARTMENTS: &str = "(SELECT string_agg(CASE WHEN d.name LIKE '%,%' OR d.name LIKE '%\"%' \
     THEN '\"' || REPLACE(d.name, '\"', '\"\"') || '\"' ELSE d.name END, ',' ORDER BY d.name) \
     FROM department_link l JOIN department d ON d.id = l.department_id WHERE l.person_id = p.id)";

const PERSON: [Column; 13] = [
    Column::text("First Name", "p.first_name"),
    Column::text("Last Name", "p.last_name"),
    Column::text("Email", "p.email"),
    Column::text("Phone", "p.phone"),
    Column::text("Role", "p.role"),
    Column::text("Departments", DEPARTMENTS),
    Column::text("Studio", "s.name"),
    Column::text("Country", "p.country"),
    Column::text("Contract Type", "p.contract_type"),
    Column::text("Position", "p.position"),
    Column::text("Seniority", "p.seniority"),
    Column::integer(DAILY_SALARY, "p.daily_salary"),
    Column::text("Active", "CASE WHEN p.active = true THEN 'yes' ELSE 'no' END"),
];

const DAILY_SALARY: &str = "Daily Salary";

/// Everybody but bots and guests. Salaries are for administrators.
pub(super) async fn persons(database: &Database, caller: &Caller) -> Result<Media, Failure> {
    let from = Sql::new(
        "FROM person p LEFT JOIN studio s ON s.id = p.studio_id WHERE p.is_bot = false AND p.is_guest = false AND p.preview_project_id IS NULL \
         ORDER BY LOWER(p.first_name), LOWER(p.last_name), p.id",
    );
    let hidden = Column::text(DAILY_SALARY, "''");
    let columns = PERSON.map(|column| {
        if column.is(DAILY_SALARY) && !caller.is_admin() {
            hidden
        } else {
            column
        }
    });
    Table::of_studio(database, "people_export", &columns, from).await
}

/// Every production that the caller manages, with its status.
pub(super) async fn projects(database: &Database, caller: &Caller) -> Result<Media, Failure> {
    let columns = [Column::text("Name", "p.name"), Column::text("Status", "s.name")];
    let mut from = Sql::new("FROM project p LEFT JOIN project_status s ON s.id = p.project_status_id WHERE 1 = 1");
    only_managed(database, caller, &mut from).await?;
    from.push(" ORDER BY p.name, p.id");
    Table::of_studio(database, "export", &columns, from).await
}

/// Every task type of a department.
pub(super) async fn task_types(database: &Database) -> Result<Media, Failure> {
    let columns = [Column::text("Department", "d.name"), Column::text("Name", "k.name")];
    let from = Sql::new("FROM task_type k JOIN department d ON d.id = k.department_id ORDER BY d.name, k.name, k.id");
    Table::of_studio(database, "export", &columns, from).await
}

/// Keeps what is in the productions `p` that the caller manages; administrators get all.
async fn only_managed(database: &Database, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
    if !caller.is_admin() {
        let managed = Reach::teams(database, caller).await?.projects_as(&[Role::Manager]);
        sql.push(" AND p.id IN ").bind_list(managed);
    }
    Ok(())
}

const TASK: [Column; 15] = [
    Column::text("Project", "p.name"),
    Column::text("Task Type", "k.name"),
    Column::text("Episode", "ep.name"),
    Column::text("Sequence", "sq.name"),
    Column::text("Entity Type", "ek.name"),
    Column::text("Entity", "e.name"),
    Column::text("Assigner", "TRIM(g.first_name || ' ' || g.last_name)"),
    Column::text("Assignees", "a.names"),
    Column::number("Duration", "t.duration"),
    Column::number("Estimation", "t.estimation"),
    Column::day_of("Start date", "t.start_date"),
    Column::day_of("Due date", "t.due_date"),
    Column::day_of("WIP date", "t.real_start_date"),
    Column::day_of("Validation date", "t.end_date"),
    Column::text("Task Status", "ts.name"),
];

/// Every task of the open productions that the caller manages.
pub(super) async fn tasks(database: &Database, caller: &Caller) -> Result<Media, Failure> {
    let mut from = Sql::new(
        "FROM task t JOIN project p ON p.id = t.project_id JOIN project_status s ON s.id = p.project_status_id \
         LEFT JOIN task_type k ON k.id = t.task_type_id LEFT JOIN task_status ts ON ts.id = t.task_status_id \
         LEFT JOIN entity e ON e.id = t.entity_id LEFT JOIN entity_type ek ON ek.id = e.entity_type_id \
         LEFT JOIN entity sq ON sq.id = e.parent_id LEFT JOIN entity ep ON ep.id = sq.parent_id LEFT JOIN person g ON g.id = t.assigner_id \
         LEFT JOIN (SELECT l.task_id, string_agg(TRIM(w.first_name || ' ' || w.last_name), ', ' ORDER BY w.first_name, w.last_name) AS names \
         FROM task_person_link l JOIN person w ON w.id = l.person_id GROUP BY l.task_id) a ON a.task_id = t.id \
         WHERE s.name = 'Open'",
    );
    only_managed(database, caller, &mut from).await?;
    from.push(" ORDER BY p.name, k.name, t.name, ep.name, sq.name, ek.name, e.name, t.id");
    Table::of_studio(database, "tasks_export", &TASK, from).await
}

/// Name of an entity `e`: that of a shot stands behind those of what it is part of.
const ENTITY: &str = "CASE WHEN ek.name = 'Shot' THEN COALESCE(ep.name || ' / ', '') || COALESCE(sq.name || ' / ', '') || e.name ELSE e.name END";

const TIME_SPENT: [Column; 7] = [
    Column::text("Project", "p.name"),
    Column::text("Person", "TRIM(w.first_name || ' ' || w.last_name)"),
    Column::text("Entity Type Name", "ek.name"),
    Column::text("Entity", ENTITY),
    Column::text("Task Type", "k.name"),
    Column::day("Date", "r.date"),
    Column::number("Time spent", "r.duration"),
];

/// The time spent on every task of the open productions that the caller manages.
pub(super) async fn time_spents(database: &Database, caller: &Caller) -> Result<Media, Failure> {
    let mut from = Sql::new(
        "FROM time_spent r JOIN task t ON t.id = r.task_id JOIN project p ON p.id = t.project_id \
         JOIN project_status s ON s.id = p.project_status_id JOIN person w ON w.id = r.person_id \
         LEFT JOIN task_type k ON k.id = t.task_type_id LEFT JOIN entity e ON e.id = t.entity_id \
         LEFT JOIN entity_type ek ON ek.id = e.entity_type_id LEFT JOIN entity sq ON sq.id = e.parent_id \
         LEFT JOIN entity ep ON ep.id = sq.parent_id WHERE s.name IN ('Active', 'open', 'Open')",
    );
    only_managed(database, caller, &mut from).await?;
    from.push(" ORDER BY r.date, w.last_name, p.name, ek.name, e.name, r.id");
    let name = format!("{}_open_projects_time_spents_export", Utc::now().format("%Y_%m_%d"));
    Table::of_studio(database, &name, &TIME_SPENT, from).await
}
