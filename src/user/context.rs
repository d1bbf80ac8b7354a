//! All that a client needs to start, in three queries: what is short, the persons, and the productions.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::UserContext;
use entity::facts::{Kind, Table};
use sea_orm::DbBackend;
use tokio::try_join;

use crate::app::App;
use crate::database::dialect::{JsonKey, json_ids, json_list, json_map, json_of};
use crate::database::json::{TEXT, write_key};
use crate::database::{Database, Sql};
use crate::people::colleagues;
use crate::productions::rows::{OpenStatus, open_project_rows};
use crate::saved_searches::{FILTERS, GROUPS, by_list};
use crate::vocabulary::kinds::BUILT_IN_NAMES;

/// Tables that are sent whole: their key, the table, and the name of the type.
const WHOLE_TABLES: [(&str, &Table, &str); 8] = [
    ("custom_actions", &entity::custom_action::TABLE, "CustomAction"),
    (
        "status_automations",
        &entity::status_automation::TABLE,
        "StatusAutomation",
    ),
    ("departments", &entity::department::TABLE, "Department"),
    ("studios", &entity::studio::TABLE, "Studio"),
    ("project_status", &entity::project_status::TABLE, "ProjectStatus"),
    ("task_types", &entity::task_type::TABLE, "TaskType"),
    ("task_status", &entity::task_status::TABLE, "TaskStatus"),
    (
        "preview_background_files",
        &entity::preview_background_file::TABLE,
        "PreviewBackgroundFile",
    ),
];

/// Keys of a plugin that clients are told.
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
    let (small, persons, projects) = try_join!(
        small_tables(database, caller),
        colleagues::list(database, caller),
        open_project_rows(app, caller, OpenStatus::Named, None),
    )?;
    let mut out = Vec::with_capacity(small.len() + persons.len() + projects.len() + 128);
    out.push(b'{');
    out.extend_from_slice(&small);
    for (key, part) in [("persons", &persons), ("projects", &projects)] {
        write_key(&mut out, key, Some(part));
    }
    if caller.is_admin() {
        write_key(
            &mut out,
            "user_limit",
            Some(app.settings.user_limit.to_string().as_bytes()),
        );
    }
    out.push(b'}');
    Ok(Json::written(out))
}

/// Everything that is short, as keys of the context: the tables that everybody sees all of, the asset types, and the
/// caller's own searches, roles and notifications. One query, in which each is a value.
async fn small_tables(database: &Database, caller: &Caller) -> Result<Vec<u8>, Failure> {
    let backend = database.backend();
    let mut sql = Sql::default();
    let mut lists = vec![("asset_types", asset_types(backend)), ("plugins", plugins(backend))];
    lists.extend(WHOLE_TABLES.map(|(key, table, type_name)| (key, whole_table(backend, table, type_name))));
    let person = sql.slot(caller.person.id);
    let roles = format!("project_person_link l WHERE l.person_id = {person} AND l.role IS NOT NULL");
    lists.push((
        "project_roles",
        json_map(backend, ("l.project_id", Kind::Uuid), ("l.role", TEXT), &roles),
    ));
    let searches = [("search_filters", FILTERS), ("search_filter_groups", GROUPS)];
    let mut values: Vec<String> = lists.iter().map(|(key, list)| format!("{list} AS {key}")).collect();
    values.extend(searches.map(|(key, saved)| format!("{} AS {key}", saved.as_list(&mut sql, backend, caller))));
    sql.push(&format!(
        "SELECT {}, (SELECT COUNT(*) FROM notification n WHERE n.person_id = {person} AND n.read = false) AS notification_count",
        values.join(", ")
    ));
    let row = database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = format!(
        "\"notification_count\":{}",
        row.try_get::<i64>("", "notification_count")?
    )
    .into_bytes();
    for (key, _) in &lists {
        write_key(&mut out, key, Some(&json_of(&row, key)?));
    }
    for (key, _) in searches {
        write_key(&mut out, key, Some(&by_list(&json_of(&row, key)?)?));
    }
    Ok(out)
}

/// SQL of all records of a table as a JSON list.
fn whole_table(backend: DbBackend, table: &'static Table, type_name: &str) -> String {
    let keys: Vec<JsonKey> = JsonKey::columns(table, "r")
        .chain([JsonKey::of_type(type_name)])
        .collect();
    json_list(backend, &keys, &format!("\"{}\" r", table.name), "r.created_at, r.id")
}

/// SQL of the asset types with the task types that their assets go through.
fn asset_types(backend: DbBackend) -> String {
    let task_types = json_ids(
        backend,
        "l.task_type_id",
        "task_type_asset_type_link l WHERE l.asset_type_id = k.id",
    );
    let more = [
        JsonKey::of_type("AssetType"),
        JsonKey::new(task_types, "task_types", Kind::Json),
    ];
    let keys: Vec<JsonKey> = JsonKey::columns(&entity::entity_type::TABLE, "k").chain(more).collect();
    json_list(
        backend,
        &keys,
        &format!("entity_type k WHERE k.name NOT IN {BUILT_IN_NAMES}"),
        "k.name",
    )
}

/// SQL of the plugins.
fn plugins(backend: DbBackend) -> String {
    let keys = PLUGIN.map(|(key, kind)| JsonKey::new(format!("g.{key}"), key, kind));
    json_list(backend, &keys, "plugin g", "g.plugin_id")
}
