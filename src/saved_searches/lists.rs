//! Saved searches and their groups as the caller sees them: by the list that they belong to, and by production.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::{Kind, Table};
use sea_orm::{ConnectionTrait, DbBackend};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::access::persons::{sees_all_departments, shares_searches};
use crate::access::project_role;
use crate::database::dialect::{JsonKey, json_list, json_object, json_of};
use crate::database::{self, Database, Sql, write_text, write_uuid};
use crate::events::Work;

/// A kind of saved things.
#[derive(Clone, Copy, Debug)]
pub struct Saved {
    table: &'static Table,
    type_name: &'static str,
    order: &'static str,
}

/// Searches.
pub const FILTERS: Saved = Saved {
    table: &entity::search_filter::TABLE,
    type_name: "SearchFilter",
    order: "r.created_at, r.id",
};
/// Groups of searches.
pub const GROUPS: Saved = Saved {
    table: &entity::search_filter_group::TABLE,
    type_name: "SearchFilterGroup",
    order: "r.created_at DESC, r.id",
};

impl Saved {
    /// Part of these that the caller sees, as a JSON object.
    pub async fn read(self, database: &Database, caller: &Caller) -> Result<Vec<u8>, Failure> {
        let mut sql = Sql::default();
        let list = self.as_list(&mut sql, database.backend(), caller);
        sql.push(&format!("SELECT {list} AS saved"));
        let row = database.row(&sql).await?.ok_or_else(Failure::not_found)?;
        by_list(&json_of(&row, "saved")?)
    }

    /// SQL of the JSON list of what the caller sees of these, for [`by_list`].
    pub fn as_list(self, sql: &mut Sql, backend: DbBackend, caller: &Caller) -> String {
        let Self {
            table,
            type_name,
            order,
        } = self;
        let record: Vec<JsonKey> = JsonKey::columns(table, "r")
            .chain([JsonKey::of_type(type_name)])
            .collect();
        let keys = [
            JsonKey::new("r.list_type", "list", Kind::Text { max: None }),
            JsonKey::new("r.project_id", "project", Kind::Uuid),
            JsonKey::new(json_object(backend, &record), "record", Kind::Json),
        ];
        let mut from = Sql::new(format!("\"{}\" r WHERE ", table.name));
        visible(&mut from, caller);
        json_list(
            backend,
            &keys,
            &sql.embed(&from),
            &format!("r.list_type, r.project_id, {order}"),
        )
    }
}

/// A saved thing with where it belongs.
#[derive(Deserialize)]
struct Placed<'a> {
    list: String,
    project: Option<Uuid>,
    #[serde(borrow)]
    record: &'a RawValue,
}

/// Saved things, in the order of their lists and productions, as an object of objects of lists.
pub fn by_list(text: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut out = b"{".to_vec();
    let mut place: Option<(String, Option<Uuid>)> = None;
    for Placed { list, project, record } in serde_json::from_slice::<Vec<Placed<'_>>>(text)? {
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
        out.extend_from_slice(record.get().as_bytes());
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
    sql.push("(r.person_id = ")
        .bind(caller.person.id)
        .push(" OR (r.is_shared = true");
    if !caller.is_admin() {
        sql.push(" AND (r.project_id IS NULL OR ");
        shares_searches(sql, "r.project_id", &caller.person);
        sql.push(")");
    }
    sql.push(
        ")) AND (r.project_id IS NULL OR r.project_id IN (SELECT p.id FROM project p JOIN project_status s ON s.id = p.project_status_id \
         WHERE s.name = 'Open'))",
    );
    if !sees_all_departments(caller) {
        sql.push(" AND (r.department_id IS NULL OR r.department_id IN ")
            .bind_list(caller.person.departments.iter().copied())
            .push(")");
    }
}

/// True if something may be shared: somebody wants it, in a production that the caller manages.
///
/// # Errors
/// 404 when there is no such production, 403 when it is one that the caller is not in.
pub async fn shared(work: &Work<'_>, caller: &Caller, wanted: bool, project_id: Option<Uuid>) -> Result<bool, Failure> {
    match project_id {
        Some(id) => {
            let found = project_role(&**work, caller, id)
                .await
                .map_err(|failure| failure.naming_unknown("project_id"))?;
            if found.is_member() {
                Ok(found.is_manager() && wanted)
            } else {
                Err(Failure::forbidden())
            }
        }
        None => Ok(false),
    }
}

/// Requires that a department is there, where one is named.
///
/// # Errors
/// 404 when a department is named that does not exist.
pub async fn require_department(work: &Work<'_>, id: Option<Uuid>) -> Result<(), Failure> {
    let Some(id) = id else { return Ok(()) };
    let row = database::row(
        &**work,
        &Sql::with("SELECT 1 FROM department WHERE id = $1", [id.into()]),
    )
    .await?;
    row.map(|_| ())
        .ok_or_else(|| Failure::not_found().naming("department_id"))
}

/// True if the search or group is the caller's own, and shared. Administrators own all.
///
/// # Errors
/// 404 for what does not exist or is somebody else's.
pub async fn require_own(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    table: &Table,
    id: Uuid,
) -> Result<bool, Failure> {
    let mut sql = Sql::with(
        format!("SELECT r.is_shared FROM \"{}\" r WHERE r.id = $1", table.name),
        [id.into()],
    );
    if !caller.is_admin() {
        sql.push(" AND r.person_id = ").bind(caller.person.id);
    }
    database::read_value(connection, &sql)
        .await?
        .ok_or_else(Failure::not_found)
}
