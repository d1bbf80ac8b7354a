//! Surroundings of a shared playlist: its production, task types and task statuses.

use dailies_definitions::access::ShareVisitor;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::SharedContext;
use entity::facts::Kind;

use super::cookies;
use crate::access::shares::SharedRecords;
use crate::access::tasks::type_is_shown_to_clients;
use crate::app::App;
use crate::database::dialect::{JsonKey, json_list, json_of};
use crate::database::json::{TEXT, write_key};
use crate::database::{Field, RowWriter, Sql};

const PRODUCTION: [(&str, Kind); 5] = [
    ("id", Kind::Uuid),
    ("name", TEXT),
    ("fps", TEXT),
    ("ratio", TEXT),
    ("resolution", TEXT),
];
const TASK_TYPE: [(&str, Kind); 4] = [
    ("id", Kind::Uuid),
    ("name", TEXT),
    ("color", TEXT),
    ("for_entity", TEXT),
];
const TASK_STATUS: [(&str, Kind); 6] = [
    ("id", Kind::Uuid),
    ("name", TEXT),
    ("short_name", TEXT),
    ("color", TEXT),
    ("is_default", Kind::Bool),
    ("for_concept", Kind::Bool),
];

/// Surroundings of the playlist of a link. Task types that the production keeps from its clients are left out, unless the
/// playlist shows a preview of one.
///
/// # Errors
/// 404 when the playlist or the production is gone.
pub(super) async fn get(app: &App, visitor: &ShareVisitor) -> Result<Json<SharedContext>, Failure> {
    let backend = app.database.backend();
    let keys = |fields: &[(&str, Kind)]| -> Vec<JsonKey> {
        fields
            .iter()
            .map(|(name, kind)| JsonKey::new(format!("k.{name}"), *name, *kind))
            .collect()
    };
    let mut sql = Sql::default();
    let mut shown_types = Sql::new("SELECT t.task_type_id FROM task t WHERE t.id");
    shown_types.among(&SharedRecords::find(&app.database, visitor).await?.tasks());
    let types = json_list(
        backend,
        &keys(&TASK_TYPE),
        &format!(
            "project_task_type_link l JOIN task_type k ON k.id = l.task_type_id WHERE l.project_id = p.id AND ({} OR k.id IN ({}))",
            type_is_shown_to_clients("l"),
            sql.embed(&shown_types)
        ),
        "k.priority, k.name, k.id",
    );
    let mut shown = keys(&TASK_STATUS);
    shown.push(JsonKey::new(
        "COALESCE(l.is_client_allowed, k.is_client_allowed)",
        "is_client_allowed",
        Kind::Bool,
    ));
    let statuses = json_list(
        backend,
        &shown,
        "project_task_status_link l JOIN task_status k ON k.id = l.task_status_id WHERE l.project_id = p.id",
        "k.priority, k.name, k.id",
    );
    let columns = PRODUCTION.map(|(name, _)| format!("p.{name}")).join(", ");
    let project = sql.slot(visitor.project_id);
    sql.push(&format!(
        "SELECT {columns}, {types} AS task_types, {statuses} AS task_statuses FROM project p WHERE p.id = {project}"
    ));
    let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = b"{\"project\":{".to_vec();
    RowWriter::new(PRODUCTION.map(|(name, kind)| Field::new(name, kind))).write(&mut out, &row)?;
    out.extend_from_slice(b",\"team\":[]}");
    for key in ["task_types", "task_statuses"] {
        write_key(&mut out, key, Some(&json_of(&row, key)?));
    }
    out.push(b'}');
    Ok(cookies::with_pass(app, visitor, Json::written(out)))
}
