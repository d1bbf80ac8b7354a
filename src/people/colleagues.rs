//! The persons that a client is told of when it starts.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use uuid::Uuid;

use crate::access::persons::{knows_colleagues_only, sees_whole, whole_record};
use crate::database::dialect::json_ids;
use crate::database::json::TEXT;
use crate::database::{Database, RecordWriter, Sql};

/// Columns that everybody may see of a person.
const SHORT: [&str; 9] = ["id", "first_name", "last_name", "has_avatar", "active", "studio_id", "role", "desktop_login", "is_bot"];

const FULL_NAME: (&str, &str, Kind) = ("TRIM(p.first_name || ' ' || p.last_name)", "full_name", TEXT);

/// Everybody but guests, as a JSON list: whole for administrators and managers of the studio, short for others.
pub async fn list(database: &Database, caller: &Caller) -> Result<Vec<u8>, Failure> {
    let writer = if sees_whole(caller) {
        whole_record(caller, "p")
    } else {
        RecordWriter::of(&entity::person::TABLE, "p", "Person", |column| SHORT.contains(&column))
    };
    let departments = json_ids(database.backend(), "d.department_id", "department_link d WHERE d.person_id = p.id");
    let writer = writer.with(&[FULL_NAME, (&departments, "departments", Kind::Json)]);
    let mut sql = Sql::new(format!("SELECT {} FROM person p WHERE p.is_guest = false AND p.preview_project_id IS NULL", writer.columns()));
    if knows_colleagues_only(caller) {
        only_colleagues(&mut sql, caller.person.id);
    }
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

/// Keeps the person, the teams of the person's productions, and whoever has work there.
fn only_colleagues(sql: &mut Sql, person_id: Uuid) {
    let own = "SELECT m.project_id FROM project_person_link m WHERE m.person_id = ";
    sql.push(" AND (p.id = ").bind(person_id);
    sql.push(" OR p.id IN (SELECT l.person_id FROM project_person_link l WHERE l.project_id IN (").push(own).bind(person_id).push("))");
    sql.push(" OR p.id IN (SELECT a.person_id FROM task t JOIN task_person_link a ON a.task_id = t.id WHERE t.project_id IN (");
    sql.push(own).bind(person_id).push(")))");
}
