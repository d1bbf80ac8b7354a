//! Tables of the whole studio.

use chrono::Utc;
use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;

use super::table::{Table, day, day_of, integer, number, text};
use crate::access::Reach;
use crate::database::{Database, Sql};

/// Everybody but bots and guests. Salaries are for administrators.
pub(super) async fn persons(database: &Database, caller: &Caller) -> Result<Media, Failure> {
    let headings = [
        "First Name",
        "Last Name",
        "Email",
        "Phone",
        "Role",
        "Departments",
        "Studio",
        "Country",
        "Contract Type",
        "Position",
        "Seniority",
        "Daily Salary",
        "Active",
    ];
    let sql = Sql::new(
        "SELECT p.first_name, p.last_name, p.email, p.phone, p.role, (SELECT string_agg(d.name, ',' ORDER BY d.name) FROM department_link l \
         JOIN department d ON d.id = l.department_id WHERE l.person_id = p.id), s.name, p.country, p.contract_type, p.position, p.seniority, \
         p.daily_salary, CASE WHEN p.active = true THEN 'yes' ELSE 'no' END \
         FROM person p LEFT JOIN studio s ON s.id = p.studio_id WHERE p.is_bot = false AND p.is_guest = false \
         ORDER BY LOWER(p.first_name), LOWER(p.last_name), p.id",
    );
    let sees_salaries = caller.is_admin();
    Table::of_studio("people_export", &headings)
        .send(database, sql, move |row| {
            let mut cells: Vec<String> = (0..11).map(|index| text(row, index)).collect::<Result<_, _>>()?;
            cells.push(if sees_salaries { integer(row, 11)? } else { String::new() });
            cells.push(text(row, 12)?);
            Ok(cells)
        })
        .await
}

/// Every production with its status.
pub(super) async fn projects(database: &Database) -> Result<Media, Failure> {
    let sql = Sql::new("SELECT p.name, s.name FROM project p LEFT JOIN project_status s ON s.id = p.project_status_id ORDER BY p.name, p.id");
    Table::of_studio("export", &["Name", "Status"]).send(database, sql, |row| Ok(vec![text(row, 0)?, text(row, 1)?])).await
}

/// Every task type of a department.
pub(super) async fn task_types(database: &Database) -> Result<Media, Failure> {
    let sql = Sql::new("SELECT d.name, k.name FROM task_type k JOIN department d ON d.id = k.department_id ORDER BY d.name, k.name, k.id");
    Table::of_studio("export", &["Department", "Name"]).send(database, sql, |row| Ok(vec![text(row, 0)?, text(row, 1)?])).await
}

/// Keeps what is in the productions `p` that the caller manages; administrators get all.
async fn only_managed(database: &Database, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
    if !caller.is_admin() {
        let managed = Reach::teams(database.read(), caller).await?.projects_as(&[Role::Manager]);
        sql.push(" AND p.id IN ").bind_list(managed);
    }
    Ok(())
}

/// Every task of the open productions that the caller manages.
pub(super) async fn tasks(database: &Database, caller: &Caller) -> Result<Media, Failure> {
    let headings = [
        "Project",
        "Task Type",
        "Episode",
        "Sequence",
        "Entity Type",
        "Entity",
        "Assigner",
        "Assignees",
        "Duration",
        "Estimation",
        "Start date",
        "Due date",
        "WIP date",
        "Validation date",
        "Task Status",
    ];
    let mut sql = Sql::new(
        "SELECT p.name, k.name, ep.name, sq.name, ek.name, e.name, TRIM(g.first_name || ' ' || g.last_name), \
         a.names, t.duration, t.estimation, t.start_date, t.due_date, t.real_start_date, t.end_date, ts.name \
         FROM task t JOIN project p ON p.id = t.project_id JOIN project_status s ON s.id = p.project_status_id \
         LEFT JOIN task_type k ON k.id = t.task_type_id LEFT JOIN task_status ts ON ts.id = t.task_status_id \
         LEFT JOIN entity e ON e.id = t.entity_id LEFT JOIN entity_type ek ON ek.id = e.entity_type_id \
         LEFT JOIN entity sq ON sq.id = e.parent_id LEFT JOIN entity ep ON ep.id = sq.parent_id LEFT JOIN person g ON g.id = t.assigner_id \
         LEFT JOIN (SELECT l.task_id, string_agg(TRIM(w.first_name || ' ' || w.last_name), ', ' ORDER BY w.first_name, w.last_name) AS names \
         FROM task_person_link l JOIN person w ON w.id = l.person_id GROUP BY l.task_id) a ON a.task_id = t.id \
         WHERE s.name = 'Open'",
    );
    only_managed(database, caller, &mut sql).await?;
    sql.push(" ORDER BY p.name, k.name, t.name, ep.name, sq.name, ek.name, e.name, t.id");
    Table::of_studio("tasks_export", &headings)
        .send(database, sql, |row| {
            let mut cells: Vec<String> = (0..8).map(|index| text(row, index)).collect::<Result<_, _>>()?;
            cells.extend([number(row, 8)?, number(row, 9)?, day_of(row, 10)?, day_of(row, 11)?, day_of(row, 12)?, day_of(row, 13)?]);
            cells.push(text(row, 14)?);
            Ok(cells)
        })
        .await
}

/// The time spent on every task of the open productions that the caller manages.
pub(super) async fn time_spents(database: &Database, caller: &Caller) -> Result<Media, Failure> {
    let headings = ["Project", "Person", "Entity Type Name", "Entity", "Task Type", "Date", "Time spent"];
    let mut sql = Sql::new(
        "SELECT p.name, TRIM(w.first_name || ' ' || w.last_name), ek.name, CASE WHEN ek.name = 'Shot' \
         THEN COALESCE(ep.name || ' / ', '') || COALESCE(sq.name || ' / ', '') || e.name ELSE e.name END, k.name, r.date, r.duration \
         FROM time_spent r JOIN task t ON t.id = r.task_id JOIN project p ON p.id = t.project_id \
         JOIN project_status s ON s.id = p.project_status_id JOIN person w ON w.id = r.person_id \
         LEFT JOIN task_type k ON k.id = t.task_type_id LEFT JOIN entity e ON e.id = t.entity_id \
         LEFT JOIN entity_type ek ON ek.id = e.entity_type_id LEFT JOIN entity sq ON sq.id = e.parent_id \
         LEFT JOIN entity ep ON ep.id = sq.parent_id WHERE s.name IN ('Active', 'open', 'Open')",
    );
    only_managed(database, caller, &mut sql).await?;
    sql.push(" ORDER BY r.date, w.last_name, p.name, ek.name, e.name, r.id");
    let name = format!("{}_open_projects_time_spents_export", Utc::now().format("%Y_%m_%d"));
    Table::of_studio(&name, &headings)
        .send(database, sql, |row| {
            let mut cells: Vec<String> = (0..5).map(|index| text(row, index)).collect::<Result<_, _>>()?;
            cells.extend([day(row, 5)?, number(row, 6)?]);
            Ok(cells)
        })
        .await
}
