//! The persons that a caller is told of: of the studio, and of a department.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use uuid::Uuid;

use crate::access::persons::{View, knows_colleagues_only, restrict_to_known};
use crate::database::dialect::json_ids;
use crate::database::json::TEXT;
use crate::database::{Database, RecordWriter, Sql};

const FULL_NAME: (&str, &str, Kind) = ("TRIM(p.first_name || ' ' || p.last_name)", "full_name", TEXT);

/// Everybody but guests and preview accounts, as a JSON list: whole for administrators and managers of the studio, short for
/// others.
pub async fn list(database: &Database, caller: &Caller) -> Result<Vec<u8>, Failure> {
    let mut condition = Sql::new("p.is_guest = false");
    if knows_colleagues_only(caller) {
        only_colleagues(&mut condition, caller.person.id);
    }
    write(database, caller, View::of_studio(caller), condition).await
}

/// Everybody of a department, as a JSON list: whole for administrators, short for others.
///
/// # Errors
/// 404 for an unknown department.
pub async fn of_department(database: &Database, caller: &Caller, department_id: Uuid) -> Result<Vec<u8>, Failure> {
    let known = Sql::with("SELECT 1 FROM department WHERE id = $1", [department_id.into()]);
    database.row(&known).await?.ok_or_else(Failure::not_found)?;
    let mut condition = Sql::new("p.id IN (SELECT dl.person_id FROM department_link dl WHERE dl.department_id = ");
    condition.bind(department_id).push(")");
    write(database, caller, View::of_others(caller), condition).await
}

async fn write(database: &Database, caller: &Caller, view: View, condition: Sql) -> Result<Vec<u8>, Failure> {
    let writer = writer(database, caller, view);
    let mut sql = condition.before(&format!("SELECT {} FROM person p WHERE ", writer.columns()));
    only_known(&mut sql, caller);
    sql.push(" ORDER BY p.first_name, p.last_name, p.id");
    let mut out = b"[".to_vec();
    for row in database.rows(&sql).await? {
        if out.len() > 1 {
            out.push(b',');
        }
        writer.write(&mut out, &row)?;
    }
    out.push(b']');
    Ok(out)
}

/// Records of persons `p`; only those whom clients see come without their departments.
pub fn writer(database: &Database, caller: &Caller, view: View) -> RecordWriter {
    let writer = view.record(caller, "p").with(&[FULL_NAME]);
    if view == View::Card {
        return writer;
    }
    let departments = json_ids(
        database.backend(),
        "d.department_id",
        "department_link d WHERE d.person_id = p.id",
    );
    writer.with(&[(&departments, "departments", Kind::Json)])
}

/// Keeps the persons `p` whom the caller knows, without preview accounts.
pub fn only_known(sql: &mut Sql, caller: &Caller) {
    sql.push(" AND p.preview_project_id IS NULL");
    restrict_to_known(sql, caller, "p.id");
}

/// Keeps the person, the teams of the person's productions, and whoever has work there.
pub fn only_colleagues(sql: &mut Sql, person_id: Uuid) {
    let own = "SELECT m.project_id FROM project_person_link m WHERE m.person_id = ";
    sql.push(" AND (p.id = ").bind(person_id);
    sql.push(" OR p.id IN (SELECT l.person_id FROM project_person_link l WHERE l.project_id IN (")
        .push(own)
        .bind(person_id)
        .push("))");
    sql.push(" OR p.id IN (SELECT a.person_id FROM task t JOIN task_person_link a ON a.task_id = t.id WHERE t.project_id IN (");
    sql.push(own).bind(person_id).push(")))");
}
