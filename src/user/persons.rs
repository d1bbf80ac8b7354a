//! The persons that a client is told of when it starts.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use uuid::Uuid;

use crate::access::persons::{knows_colleagues_only, sees_whole};
use crate::database::{Database, RecordWriter, Sql};
use crate::people::HIDDEN_COLUMNS;
use crate::tasks::rows::{TEXT, id_lists, write_list};

/// Columns that everybody may see of a person.
const SHORT: [&str; 9] = ["id", "first_name", "last_name", "has_avatar", "active", "studio_id", "role", "desktop_login", "is_bot"];

const FULL_NAME: [(&str, &str, Kind); 1] = [("TRIM(p.first_name || ' ' || p.last_name)", "full_name", TEXT)];

/// Everybody but guests, as a JSON list: whole for administrators and managers of the studio, short for others.
pub(super) async fn list(database: &Database, caller: &Caller) -> Result<Vec<u8>, Failure> {
    let table = &entity::person::TABLE;
    let writer = if sees_whole(caller) {
        RecordWriter::of(table, "p", "Person", |column| !HIDDEN_COLUMNS.contains(&column))
    } else {
        RecordWriter::of(table, "p", "Person", |column| SHORT.contains(&column))
    };
    let writer = writer.with(&FULL_NAME);
    let departments = Sql::new("SELECT person_id, department_id FROM department_link ORDER BY department_id");
    let departments = id_lists(database.read(), &departments).await?;
    let mut sql = Sql::new(format!("SELECT {}, p.id FROM person p WHERE p.is_guest = false", writer.columns()));
    if knows_colleagues_only(caller) {
        only_colleagues(&mut sql, caller.person.id);
    }
    sql.push(" ORDER BY p.first_name, p.last_name, p.id");
    let mut out = b"[".to_vec();
    for row in database.rows(&sql).await? {
        if out.len() > 1 {
            out.push(b',');
        }
        writer.write_open(&mut out, &row)?;
        write_list(&mut out, "departments", &departments, row.try_get_by_index(writer.width())?);
        out.push(b'}');
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
