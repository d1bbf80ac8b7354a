//! How productions are written: bare, and as the rows that clients keep as long as they run.

use std::collections::HashMap;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use crate::access::{Reach, metadata, projects_of};
use crate::app::App;
use crate::database::{self, Database, Field, RecordWriter, RowWriter, Sql, write_uuid, write_value};

/// Which statuses make a production open for administrators. For everybody else only `Open` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenStatus {
    /// `Open`, `open` and `Active`, as `/data/projects/open` has it.
    Any,
    /// `Open` alone, as the listings of the caller's own productions have it.
    Named,
}

/// The query of the ids of open productions that the caller sees, for use inside of others.
pub(super) fn open_projects(caller: &Caller, status: OpenStatus, name: Option<&str>) -> Sql {
    let names = match status {
        OpenStatus::Any if caller.is_admin() => "'Open', 'open', 'Active'",
        _ => "'Open'",
    };
    let mut sql = Sql::new(format!("SELECT p.id FROM project p JOIN project_status s ON s.id = p.project_status_id WHERE s.name IN ({names})"));
    if !caller.is_admin() {
        sql.push(" AND ");
        projects_of(&mut sql, "p.id", caller.person.id);
    }
    if let Some(name) = name {
        sql.push(" AND p.name = ").bind(name);
    }
    sql
}

/// The open productions that the caller sees, as a JSON list: each with its relations, the metadata columns that the caller
/// may see, the places of its task types and statuses, and its first episode. The number of queries does not depend on
/// the number of productions. `name` keeps the production of exactly that name.
///
/// # Errors
/// The database does not answer.
pub async fn open_project_rows(app: &App, caller: &Caller, status: OpenStatus, name: Option<&str>) -> Result<Vec<u8>, Failure> {
    let database = &app.database;
    let scope = open_projects(caller, status, name);
    let mut parts: HashMap<Uuid, Parts> = HashMap::new();
    add_links(database, &scope, &mut parts).await?;
    add_task_types(database, &scope, &mut parts).await?;
    add_task_statuses(database, &scope, &mut parts).await?;
    for (project_id, descriptors) in descriptors(database, Some(caller), &scope, "").await? {
        parts.entry(project_id).or_default().descriptors = descriptors;
    }
    add_episodes(database, &scope, &mut parts).await?;
    let model = RecordWriter::new(&entity::project::TABLE, "p", "Project");
    let mut sql = scope.before(&format!("SELECT {}, p.id FROM project p WHERE p.id IN (", model.columns()));
    sql.push(") ORDER BY p.name");
    let mut out = b"[".to_vec();
    for row in database.rows(&sql).await? {
        if out.len() > 1 {
            out.push(b',');
        }
        model.write_open(&mut out, &row)?;
        let id: Uuid = row.try_get_by_index(model.width())?;
        parts.remove(&id).unwrap_or_default().write(&mut out);
    }
    out.push(b']');
    Ok(out)
}

/// One production without its relations, as a JSON object.
///
/// # Errors
/// 404 when it is not there.
pub async fn project(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
    let model = RecordWriter::new(&entity::project::TABLE, "p", "Project");
    let sql = Sql::with(format!("SELECT {} FROM project p WHERE p.id = $1", model.columns()), [id.into()]);
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::with_capacity(2048);
    model.write(&mut out, &row)?;
    Ok(out)
}

/// What comes along with a production: lists and maps without the brackets around them.
#[derive(Default)]
struct Parts {
    team: Vec<u8>,
    asset_types: Vec<u8>,
    task_statuses: Vec<u8>,
    task_types: Vec<u8>,
    status_automations: Vec<u8>,
    backgrounds: Vec<u8>,
    descriptors: Vec<u8>,
    task_types_priority: Vec<u8>,
    task_statuses_link: Vec<u8>,
    first_episode: Option<Uuid>,
}

impl Parts {
    /// Writes the keys behind those of the production, and the closing brace.
    fn write(&self, out: &mut Vec<u8>) {
        for (key, open, part, close) in [
            ("team", b'[', &self.team, b']'),
            ("asset_types", b'[', &self.asset_types, b']'),
            ("task_statuses", b'[', &self.task_statuses, b']'),
            ("task_types", b'[', &self.task_types, b']'),
            ("status_automations", b'[', &self.status_automations, b']'),
            ("preview_background_files", b'[', &self.backgrounds, b']'),
            ("descriptors", b'[', &self.descriptors, b']'),
            ("task_types_priority", b'{', &self.task_types_priority, b'}'),
            ("task_statuses_link", b'{', &self.task_statuses_link, b'}'),
        ] {
            out.extend_from_slice(format!(",\"{key}\":").as_bytes());
            out.push(open);
            out.extend_from_slice(part);
            out.push(close);
        }
        if let Some(episode) = self.first_episode {
            out.extend_from_slice(b",\"first_episode_id\":");
            write_uuid(out, episode);
        }
        out.push(b'}');
    }
}

fn separate(list: &mut Vec<u8>) -> &mut Vec<u8> {
    if !list.is_empty() {
        list.push(b',');
    }
    list
}

async fn add_links(database: &Database, scope: &Sql, parts: &mut HashMap<Uuid, Parts>) -> Result<(), Failure> {
    let mut sql = scope.clone().before("WITH scope AS (");
    sql.push(
        ") SELECT project_id, 0, person_id FROM project_person_link WHERE project_id IN (SELECT id FROM scope) \
         UNION ALL SELECT project_id, 1, asset_type_id FROM project_asset_type_link WHERE project_id IN (SELECT id FROM scope) \
         UNION ALL SELECT project_id, 2, status_automation_id FROM project_status_automation_link WHERE project_id IN (SELECT id FROM scope) \
         UNION ALL SELECT project_id, 3, preview_background_file_id FROM project_preview_background_file_link \
         WHERE project_id IN (SELECT id FROM scope)",
    );
    for row in database.rows(&sql).await? {
        let part = parts.entry(row.try_get_by_index(0)?).or_default();
        let list = match row.try_get_by_index::<i32>(1)? {
            0 => &mut part.team,
            1 => &mut part.asset_types,
            2 => &mut part.status_automations,
            _ => &mut part.backgrounds,
        };
        write_uuid(separate(list), row.try_get_by_index(2)?);
    }
    Ok(())
}

async fn add_task_types(database: &Database, scope: &Sql, parts: &mut HashMap<Uuid, Parts>) -> Result<(), Failure> {
    let mut sql = scope.clone().before("SELECT l.project_id, l.task_type_id, l.priority FROM project_task_type_link l WHERE l.project_id IN (");
    sql.push(")");
    for row in database.rows(&sql).await? {
        let part = parts.entry(row.try_get_by_index(0)?).or_default();
        write_uuid(separate(&mut part.task_types), row.try_get_by_index(1)?);
        let map = separate(&mut part.task_types_priority);
        write_value(map, &row, 1, Kind::Uuid)?;
        map.push(b':');
        write_value(map, &row, 2, Kind::Integer)?;
    }
    Ok(())
}

async fn add_task_statuses(database: &Database, scope: &Sql, parts: &mut HashMap<Uuid, Parts>) -> Result<(), Failure> {
    let mut sql = scope
        .clone()
        .before("SELECT l.priority, l.roles_for_board, l.project_id, l.task_status_id FROM project_task_status_link l WHERE l.project_id IN (");
    sql.push(")");
    let place = RowWriter::new([Field::new("priority", Kind::Integer), Field::new("roles_for_board", Kind::TextArray)]);
    for row in database.rows(&sql).await? {
        let part = parts.entry(row.try_get_by_index(2)?).or_default();
        write_uuid(separate(&mut part.task_statuses), row.try_get_by_index(3)?);
        let map = separate(&mut part.task_statuses_link);
        write_value(map, &row, 3, Kind::Uuid)?;
        map.extend_from_slice(b":{");
        place.write(map, &row)?;
        map.push(b'}');
    }
    Ok(())
}

/// The first episode of each TV show: the first running one by name, or else the first one.
async fn add_episodes(database: &Database, scope: &Sql, parts: &mut HashMap<Uuid, Parts>) -> Result<(), Failure> {
    let mut sql = scope.clone().before(
        "SELECT e.project_id, e.id FROM entity e JOIN entity_type k ON k.id = e.entity_type_id JOIN project tv ON tv.id = e.project_id \
         WHERE k.name = 'Episode' AND tv.production_type = 'tvshow' AND e.project_id IN (",
    );
    sql.push(") ORDER BY CASE WHEN e.status = 'running' THEN 0 ELSE 1 END, e.name");
    for row in database.rows(&sql).await? {
        let part = parts.entry(row.try_get_by_index(0)?).or_default();
        if part.first_episode.is_none() {
            part.first_episode = Some(row.try_get_by_index(1)?);
        }
    }
    Ok(())
}

/// The metadata columns of productions as they come along with them: for each production a JSON list without its
/// brackets. With a caller, only what the caller may see there. `more` is a further condition on `d`.
pub(super) async fn descriptors(database: &Database, caller: Option<&Caller>, scope: &Sql, more: &str) -> Result<HashMap<Uuid, Vec<u8>>, Failure> {
    let mut departments = scope.clone().before(
        "SELECT l.metadata_descriptor_id, l.department_id FROM department_metadata_descriptor_link l \
         JOIN metadata_descriptor d ON d.id = l.metadata_descriptor_id WHERE d.project_id IN (",
    );
    departments.push(")");
    let departments = ids_by_owner(&database.rows(&departments).await?)?;
    let mut sql = scope.clone().before(
        "SELECT d.id, d.name, d.field_name, d.data_type, d.choices, COALESCE(d.for_client, false), d.entity_type, d.task_type_id, \
         d.position, d.project_id FROM metadata_descriptor d WHERE d.project_id IN (",
    );
    sql.push(")").push(more);
    if let Some(caller) = caller {
        metadata::restrict(&mut sql, &Reach::teams(database.read(), caller).await?, "d");
    }
    sql.push(" ORDER BY d.position IS NULL, d.position, d.name");
    let writer = RowWriter::new([
        Field::new("id", Kind::Uuid),
        Field::new("name", Kind::Text { max: None }),
        Field::new("field_name", Kind::Text { max: None }),
        Field::new("data_type", Kind::Text { max: None }),
        Field::new("choices", Kind::Json),
        Field::new("for_client", Kind::Bool),
        Field::new("entity_type", Kind::Text { max: None }),
        Field::new("task_type_id", Kind::Uuid),
        Field::new("position", Kind::Integer),
    ]);
    let mut found: HashMap<Uuid, Vec<u8>> = HashMap::new();
    for row in database.rows(&sql).await? {
        let list = separate(found.entry(row.try_get_by_index(writer.width())?).or_default());
        list.push(b'{');
        writer.write(list, &row)?;
        list.extend_from_slice(b",\"departments\":[");
        if let Some(ids) = departments.get(&row.try_get_by_index(0)?) {
            list.extend_from_slice(ids);
        }
        list.extend_from_slice(b"]}");
    }
    Ok(found)
}

/// Ids by the first column of rows of two ids: JSON lists without their brackets.
pub(crate) fn ids_by_owner(rows: &[QueryResult]) -> Result<HashMap<Uuid, Vec<u8>>, DbErr> {
    let mut found: HashMap<Uuid, Vec<u8>> = HashMap::new();
    for row in rows {
        write_uuid(separate(found.entry(row.try_get_by_index(0)?).or_default()), row.try_get_by_index(1)?);
    }
    Ok(found)
}
