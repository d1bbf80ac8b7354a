//! Forms of productions: bare, and as the rows that clients keep as long as they run.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbBackend};
use uuid::Uuid;

use crate::access::data_mask::DataMask;
use crate::access::{metadata, projects_of};
use crate::app::App;
use crate::database::dialect::{JsonKey, json_ids, json_list, json_map, json_object, json_of};
use crate::database::json::write_key;
use crate::database::{self, Database, RecordWriter, Sql, write_column, write_uuid};

/// Statuses that make a production open for administrators. For everybody else only `Open` does.
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
    let mut sql = Sql::new(format!(
        "SELECT p.id FROM project p JOIN project_status s ON s.id = p.project_status_id WHERE s.name IN ({names})"
    ));
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
/// may see, the places of its task types and statuses, and its first episode. `name` keeps the production of exactly that
/// name.
///
/// # Errors
/// The database does not answer.
pub async fn open_project_rows(
    app: &App,
    caller: &Caller,
    status: OpenStatus,
    name: Option<&str>,
) -> Result<Vec<u8>, Failure> {
    let database = &app.database;
    let backend = database.backend();
    let mut sql = Sql::default();
    let mut keys: Vec<(&str, String)> = relations(backend).into_iter().chain(places(backend)).collect();
    keys.push(("descriptors", visible_descriptors(&mut sql, backend, caller)));
    let keys: Vec<(&str, &str, Kind)> = keys
        .iter()
        .map(|(key, list)| (list.as_str(), *key, Kind::Json))
        .collect();
    let model = RecordWriter::new(&entity::project::TABLE, "p", "Project").with(&keys);
    let scope = sql.embed(&open_projects(caller, status, name));
    sql.push(&format!(
        "SELECT {}, {FIRST_EPISODE} AS first_episode_id FROM project p WHERE p.id IN ({scope}) ORDER BY p.name",
        model.columns()
    ));
    let mask = DataMask::of(database, caller).await?;
    let mut out = b"[".to_vec();
    for row in database.rows(&sql).await? {
        if out.len() > 1 {
            out.push(b',');
        }
        let start = out.len();
        model.write_open(&mut out, &row)?;
        if let Some(episode) = row.try_get("", "first_episode_id")? {
            out.extend_from_slice(b",\"first_episode_id\":");
            write_uuid(&mut out, episode);
        }
        out.push(b'}');
        if let Some(mask) = &mask {
            mask.apply_to_production(&mut out, start);
        }
    }
    out.push(b']');
    Ok(out)
}

/// SQL of the first episode of the production `p`, if it is a TV show: the first running one by name, or else the first one.
const FIRST_EPISODE: &str = "(SELECT e.id FROM entity e JOIN entity_type k ON k.id = e.entity_type_id WHERE k.name = 'Episode' \
    AND e.project_id = p.id AND p.production_type = 'tvshow' ORDER BY CASE WHEN e.status = 'running' THEN 0 ELSE 1 END, e.name, e.id LIMIT 1)";

/// Facts that clients need to show a production, beside its own columns and relations, as keys with commas before them: the
/// name of its status and, where `whole`, the metadata columns that the caller may see, the places of its task types and
/// statuses, and its first episode.
///
/// # Errors
/// 404 when it is not there.
pub(super) async fn surroundings(
    database: &Database,
    caller: &Caller,
    id: Uuid,
    whole: bool,
) -> Result<Vec<u8>, Failure> {
    let backend = database.backend();
    let mut sql = Sql::default();
    let mut keys: Vec<(&str, String)> = Vec::new();
    if whole {
        keys.push(("descriptors", visible_descriptors(&mut sql, backend, caller)));
        keys.extend(places(backend));
    }
    let lists: String = keys.iter().map(|(key, list)| format!("{list} AS {key}, ")).collect();
    let place = sql.slot(id);
    sql.push(&format!(
        "SELECT {lists}{FIRST_EPISODE} AS first_episode_id, s.name AS status_name FROM project p \
         LEFT JOIN project_status s ON s.id = p.project_status_id WHERE p.id = {place}"
    ));
    let row = database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::with_capacity(2048);
    for (key, _) in &keys {
        write_key(&mut out, key, Some(&json_of(&row, key)?));
    }
    if let Some(episode) = row.try_get::<Option<Uuid>>("", "first_episode_id")?.filter(|_| whole) {
        out.extend_from_slice(b",\"first_episode_id\":");
        write_uuid(&mut out, episode);
    }
    out.extend_from_slice(b",\"project_status_name\":");
    write_column(&mut out, &row, "status_name", Kind::Text { max: None })?;
    Ok(out)
}

/// Lists of what is related to the production `p`: for each key its SQL.
fn relations(backend: DbBackend) -> [(&'static str, String); 6] {
    let ids = |table: &str, id: &str| {
        json_ids(
            backend,
            &format!("l.{id}"),
            &format!("{table} l WHERE l.project_id = p.id"),
        )
    };
    [
        ("team", ids("project_person_link", "person_id")),
        ("asset_types", ids("project_asset_type_link", "asset_type_id")),
        ("task_statuses", ids("project_task_status_link", "task_status_id")),
        ("task_types", ids("project_task_type_link", "task_type_id")),
        (
            "status_automations",
            ids("project_status_automation_link", "status_automation_id"),
        ),
        (
            "preview_background_files",
            ids("project_preview_background_file_link", "preview_background_file_id"),
        ),
    ]
}

/// Maps of how the production `p` uses its task types and statuses: for each key its SQL.
fn places(backend: DbBackend) -> [(&'static str, String); 3] {
    let board = [
        JsonKey::new("l.priority", "priority", Kind::Integer),
        JsonKey::new("l.roles_for_board", "roles_for_board", Kind::TextArray),
        JsonKey::new("l.is_client_allowed", "is_client_allowed", Kind::Bool),
    ];
    let board = json_object(backend, &board);
    let place = [
        JsonKey::new("l.priority", "priority", Kind::Integer),
        JsonKey::new("l.hd_bitrate_compression", "hd_bitrate_compression", Kind::Integer),
        JsonKey::new("l.ld_bitrate_compression", "ld_bitrate_compression", Kind::Integer),
        JsonKey::new("l.is_client_visible", "is_client_visible", Kind::Bool),
    ];
    let place = json_object(backend, &place);
    let map = |table: &str, id: &str, value: (&str, Kind)| {
        json_map(
            backend,
            (&format!("l.{id}"), Kind::Uuid),
            value,
            &format!("{table} l WHERE l.project_id = p.id"),
        )
    };
    [
        (
            "task_type_links",
            map("project_task_type_link", "task_type_id", (&place, Kind::Json)),
        ),
        (
            "task_types_priority",
            map("project_task_type_link", "task_type_id", ("l.priority", Kind::Integer)),
        ),
        (
            "task_statuses_link",
            map("project_task_status_link", "task_status_id", (&board, Kind::Json)),
        ),
    ]
}

/// SQL of the metadata columns of the production `p` that the caller may see there.
fn visible_descriptors(sql: &mut Sql, backend: DbBackend, caller: &Caller) -> String {
    let mut more = Sql::default();
    metadata::restrict_in_teams(&mut more, &caller.person, "d");
    descriptors(backend, &sql.embed(&more))
}

/// SQL of the metadata columns of the production `p`, called `d`, as a JSON list. `more` is a further condition with `AND`
/// before it.
pub(super) fn descriptors(backend: DbBackend, more: &str) -> String {
    let departments = "department_metadata_descriptor_link w WHERE w.metadata_descriptor_id = d.id";
    let mut keys: Vec<JsonKey> = DESCRIPTOR
        .iter()
        .map(|(column, name, kind)| JsonKey::new(*column, *name, *kind))
        .collect();
    keys.push(JsonKey::new(
        json_ids(backend, "w.department_id", departments),
        "departments",
        Kind::Json,
    ));
    let from = format!("metadata_descriptor d WHERE d.project_id = p.id{more}");
    json_list(backend, &keys, &from, "d.position IS NULL, d.position, d.name, d.id")
}

/// Keys of a metadata column `d`, apart from its departments.
const DESCRIPTOR: [(&str, &str, Kind); 9] = [
    ("d.id", "id", Kind::Uuid),
    ("d.name", "name", Kind::Text { max: None }),
    ("d.field_name", "field_name", Kind::Text { max: None }),
    ("d.data_type", "data_type", Kind::Text { max: None }),
    ("d.choices", "choices", Kind::Json),
    ("COALESCE(d.for_client, false)", "for_client", Kind::Bool),
    ("d.entity_type", "entity_type", Kind::Text { max: None }),
    ("d.task_type_id", "task_type_id", Kind::Uuid),
    ("d.position", "position", Kind::Integer),
];

/// One production without its relations, as a JSON object.
///
/// # Errors
/// 404 when it is not there.
pub async fn project(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
    let model = RecordWriter::new(&entity::project::TABLE, "p", "Project");
    let sql = Sql::with(
        format!("SELECT {} FROM project p WHERE p.id = $1", model.columns()),
        [id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::with_capacity(2048);
    model.write(&mut out, &row)?;
    Ok(out)
}
