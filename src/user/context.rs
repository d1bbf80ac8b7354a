//! All that a client needs to start, gathered by a fixed number of queries that run side by side.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::UserContext;
use entity::facts::{Kind, Table};
use tokio::try_join;

use super::{persons, saved_searches};
use crate::app::App;
use crate::database::{Database, Field, RecordWriter, RowWriter, Sql, write_text, write_value};
use crate::entities::kinds::BUILT_IN_NAMES;
use crate::productions::rows::{OpenStatus, open_project_rows};
use crate::tasks::rows::{TEXT, id_lists, write_list};

/// Tables that are sent whole: their key, the table, and the name of the type.
const WHOLE_TABLES: [(&str, &Table, &str); 8] = [
    ("custom_actions", &entity::custom_action::TABLE, "CustomAction"),
    ("status_automations", &entity::status_automation::TABLE, "StatusAutomation"),
    ("departments", &entity::department::TABLE, "Department"),
    ("studios", &entity::studio::TABLE, "Studio"),
    ("project_status", &entity::project_status::TABLE, "ProjectStatus"),
    ("task_types", &entity::task_type::TABLE, "TaskType"),
    ("task_status", &entity::task_status::TABLE, "TaskStatus"),
    ("preview_background_files", &entity::preview_background_file::TABLE, "PreviewBackgroundFile"),
];

/// What clients are told of a plugin.
const PLUGIN: [(&str, Kind); 10] = [
    ("id", Kind::Uuid),
    ("plugin_id", TEXT),
    ("name", TEXT),
    ("description", TEXT),
    ("version", TEXT),
    ("maintainer_name", TEXT),
    ("maintainer_email", TEXT),
    ("frontend_project_enabled", Kind::Bool),
    ("frontend_studio_enabled", Kind::Bool),
    ("icon", TEXT),
];

/// Everything for the caller.
pub(super) async fn context(app: &App, caller: &Caller) -> Result<Json<UserContext>, Failure> {
    let database = &app.database;
    let (whole_tables, asset_types, persons, projects, searches, own) = try_join!(
        whole_tables(database),
        asset_types(database),
        persons::list(database, caller),
        open_project_rows(app, caller, OpenStatus::Named, None),
        searches(database, caller),
        own(database, caller),
    )?;
    let size = whole_tables.len() + asset_types.len() + persons.len() + projects.len() + searches.len() + own.len();
    let mut out = Vec::with_capacity(size + 128);
    out.push(b'{');
    out.extend_from_slice(&whole_tables);
    for (key, part) in [("asset_types", &asset_types), ("persons", &persons), ("projects", &projects)] {
        out.extend_from_slice(format!(",\"{key}\":").as_bytes());
        out.extend_from_slice(part);
    }
    out.extend_from_slice(&searches);
    out.extend_from_slice(&own);
    if caller.is_admin() {
        out.extend_from_slice(format!(",\"user_limit\":{}", app.settings.user_limit).as_bytes());
    }
    out.push(b'}');
    Ok(Json::written(out))
}

/// The tables that everybody sees all of, as keys of the context.
async fn whole_tables(database: &Database) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::with_capacity(16 * 1024);
    for (key, table, type_name) in WHOLE_TABLES {
        let writer = RecordWriter::new(table, "r", type_name);
        let sql = Sql::new(format!("SELECT {} FROM \"{}\" r ORDER BY r.created_at, r.id", writer.columns(), table.name));
        if !out.is_empty() {
            out.push(b',');
        }
        out.extend_from_slice(format!("\"{key}\":[").as_bytes());
        for (at, row) in database.rows(&sql).await?.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            writer.write(&mut out, row)?;
        }
        out.push(b']');
    }
    Ok(out)
}

/// The asset types with the task types that their assets go through.
async fn asset_types(database: &Database) -> Result<Vec<u8>, Failure> {
    let task_types = id_lists(database.read(), &Sql::new("SELECT asset_type_id, task_type_id FROM task_type_asset_type_link")).await?;
    let writer = RecordWriter::new(&entity::entity_type::TABLE, "k", "AssetType");
    let columns = writer.columns();
    let sql = Sql::new(format!("SELECT {columns}, k.id FROM entity_type k WHERE k.name NOT IN {BUILT_IN_NAMES} ORDER BY k.name"));
    let mut out = b"[".to_vec();
    for row in database.rows(&sql).await? {
        if out.len() > 1 {
            out.push(b',');
        }
        writer.write_open(&mut out, &row)?;
        write_list(&mut out, "task_types", &task_types, row.try_get_by_index(writer.width())?);
        out.push(b'}');
    }
    out.push(b']');
    Ok(out)
}

/// Saved searches and their groups, as keys of the context.
async fn searches(database: &Database, caller: &Caller) -> Result<Vec<u8>, Failure> {
    let mut out = b",\"search_filters\":".to_vec();
    out.extend_from_slice(&saved_searches::filters(database, caller).await?);
    out.extend_from_slice(b",\"search_filter_groups\":");
    out.extend_from_slice(&saved_searches::groups(database, caller).await?);
    Ok(out)
}

/// The caller's roles and unread notifications, and the plugins, as keys of the context.
async fn own(database: &Database, caller: &Caller) -> Result<Vec<u8>, Failure> {
    let id = caller.person.id;
    let unread = Sql::with("SELECT COUNT(*) FROM notification n WHERE n.person_id = $1 AND n.read = false", [id.into()]);
    let unread: i64 = match database.row(&unread).await? {
        Some(row) => row.try_get_by_index(0)?,
        None => 0,
    };
    let mut out = format!(",\"notification_count\":{unread},\"project_roles\":{{").into_bytes();
    let roles = Sql::with("SELECT l.project_id, l.role FROM project_person_link l WHERE l.person_id = $1 AND l.role IS NOT NULL", [id.into()]);
    for (at, row) in database.rows(&roles).await?.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_value(&mut out, row, 0, Kind::Uuid)?;
        out.push(b':');
        write_text(&mut out, &row.try_get_by_index::<String>(1)?);
    }
    out.extend_from_slice(b"},\"plugins\":[");
    let writer = RowWriter::new(PLUGIN.map(|(key, kind)| Field::new(key, kind)));
    let columns = PLUGIN.map(|(key, _)| key).join(", ");
    for (at, row) in database.rows(&Sql::new(format!("SELECT {columns} FROM plugin ORDER BY plugin_id"))).await?.iter().enumerate() {
        out.extend_from_slice(if at > 0 { b",{" } else { b"{" });
        writer.write(&mut out, row)?;
        out.push(b'}');
    }
    out.push(b']');
    Ok(out)
}
