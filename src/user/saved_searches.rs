//! Saved searches and their groups as the caller sees them: by the list that they belong to, and by production.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::Table;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::access::persons::sees_all_departments;
use crate::access::{project_role, projects_of};
use crate::database::{self, Database, RecordWriter, Sql, write_text, write_uuid};
use crate::events::Work;

/// The searches that the caller sees, as a JSON object.
pub(super) async fn filters(database: &Database, caller: &Caller) -> Result<Vec<u8>, Failure> {
    by_list(database, caller, &entity::search_filter::TABLE, "SearchFilter", "r.created_at, r.id").await
}

/// The groups that the caller sees, as a JSON object.
pub(super) async fn groups(database: &Database, caller: &Caller) -> Result<Vec<u8>, Failure> {
    by_list(database, caller, &entity::search_filter_group::TABLE, "SearchFilterGroup", "r.created_at DESC, r.id").await
}

async fn by_list(database: &Database, caller: &Caller, table: &'static Table, type_name: &str, order: &str) -> Result<Vec<u8>, Failure> {
    let writer = RecordWriter::new(table, "r", type_name);
    let mut sql = Sql::new(format!("SELECT {}, r.list_type, r.project_id FROM \"{}\" r WHERE ", writer.columns(), table.name));
    visible(&mut sql, caller);
    sql.push(" ORDER BY r.list_type, r.project_id, ").push(order);
    let mut out = b"{".to_vec();
    let mut place: Option<(String, Option<Uuid>)> = None;
    for row in database.rows(&sql).await? {
        let list: String = row.try_get_by_index(writer.width())?;
        let project: Option<Uuid> = row.try_get_by_index(writer.width() + 1)?;
        match &place {
            Some((last, at)) if *last == list && *at == project => out.push(b','),
            Some((last, _)) if *last == list => {
                out.extend_from_slice(b"],");
                open_project(&mut out, project);
            }
            last => {
                if last.is_some() {
                    out.extend_from_slice(b"]},");
                }
                write_text(&mut out, &list);
                out.extend_from_slice(b":{");
                open_project(&mut out, project);
            }
        }
        place = Some((list, project));
        writer.write(&mut out, &row)?;
    }
    out.extend_from_slice(if place.is_some() { b"]}}" } else { b"}" });
    Ok(out)
}

fn open_project(out: &mut Vec<u8>, project: Option<Uuid>) {
    match project {
        Some(id) => write_uuid(out, id),
        None => out.extend_from_slice(b"\"all\""),
    }
    out.extend_from_slice(b":[");
}

/// Keeps what the caller may see of the searches or groups `r`: what is theirs or shared with them, unless its production
/// is closed or it is for another department.
fn visible(sql: &mut Sql, caller: &Caller) {
    sql.push("(r.person_id = ").bind(caller.person.id).push(" OR (r.is_shared = true");
    if !caller.is_admin() {
        sql.push(" AND (r.project_id IS NULL OR ");
        projects_of(sql, "r.project_id", caller.person.id);
        sql.push(")");
    }
    sql.push(
        ")) AND (r.project_id IS NULL OR r.project_id IN (SELECT p.id FROM project p JOIN project_status s ON s.id = p.project_status_id \
         WHERE s.name = 'Open'))",
    );
    if !sees_all_departments(caller) {
        sql.push(" AND (r.department_id IS NULL OR r.department_id IN ").bind_list(caller.person.departments.iter().copied()).push(")");
    }
}

/// Whether something may be shared: somebody wants it, in a production that the caller manages.
///
/// # Errors
/// 404 when there is no such production.
pub(super) async fn shared(work: &Work<'_>, caller: &Caller, wanted: bool, project_id: Option<Uuid>) -> Result<bool, Failure> {
    match project_id {
        Some(id) => Ok(project_role(&**work, caller, id).await?.is_manager() && wanted),
        None => Ok(false),
    }
}

/// # Errors
/// 404 when a department is named that does not exist.
pub(super) async fn require_department(work: &Work<'_>, id: Option<Uuid>) -> Result<(), Failure> {
    let Some(id) = id else { return Ok(()) };
    let row = database::row(&**work, &Sql::with("SELECT 1 FROM department WHERE id = $1", [id.into()])).await?;
    row.map(|_| ()).ok_or_else(Failure::not_found)
}

/// Whether the search or group is the caller's own, and shared. Administrators own all.
///
/// # Errors
/// 404 for what does not exist or is somebody else's.
pub(super) async fn require_own(connection: &impl ConnectionTrait, caller: &Caller, table: &Table, id: Uuid) -> Result<bool, Failure> {
    let mut sql = Sql::with(format!("SELECT r.is_shared FROM \"{}\" r WHERE r.id = $1", table.name), [id.into()]);
    if !caller.is_admin() {
        sql.push(" AND r.person_id = ").bind(caller.person.id);
    }
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    Ok(row.try_get_by_index(0)?)
}
