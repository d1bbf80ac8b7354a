//! Applies a template to a production that begins.

use dailies_definitions::failure::Failure;
use entity::arrays::TextArray;
use entity::facts::{Kind, Table};
use entity::{
    project_template, project_template_task_status_link as task_status_link,
    project_template_task_type_link as task_type_link,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Value};
use serde_json::Map;
use uuid::Uuid;

use super::columns::{self, ColumnSubject, ENTITY_TYPES, Properties};
use super::field_name::field_name;
use super::settings::{TASK_TYPES, changed};
use crate::database::{self, Sql};
use crate::events::Work;

/// Settings that a template gives, unless it has none or the body of the production has its own.
pub(super) const SETTINGS: [&str; 18] = [
    "fps",
    "ratio",
    "resolution",
    "production_type",
    "production_style",
    "max_retakes",
    "is_clients_isolated",
    "is_client_stats_visible",
    "is_client_task_list_visible",
    "is_client_task_panel_visible",
    "is_preview_download_allowed",
    "is_set_preview_automated",
    "is_publish_default_for_artists",
    "homepage",
    "hd_bitrate_compression",
    "ld_bitrate_compression",
    "file_tree",
    "data",
];

/// Links that are copied as they are: the table of the template, that of the production, and the column of the target.
pub(super) const PLAIN_LINKS: [(&str, &str, &str); 3] = [
    (
        "project_template_asset_type_link",
        "project_asset_type_link",
        "asset_type_id",
    ),
    (
        "project_template_status_automation_link",
        "project_status_automation_link",
        "status_automation_id",
    ),
    (
        "project_template_preview_background_file_link",
        "project_preview_background_file_link",
        "preview_background_file_id",
    ),
];

/// 404 when there is no such template.
pub(super) async fn require(work: &Work<'_>, template_id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with("SELECT 1 FROM project_template WHERE id = $1", [template_id.into()]);
    database::row(&**work, &sql)
        .await?
        .map(|_| ())
        .ok_or_else(Failure::not_found)
}

/// Applies the template where the body is silent, and tells of it.
///
/// # Errors
/// 404 when there is no such template.
pub(super) async fn apply(
    work: &mut Work<'_>,
    project_id: Uuid,
    template_id: Uuid,
    body: &Map<String, serde_json::Value>,
) -> Result<(), Failure> {
    require(work, template_id).await?;
    copy_settings(work, project_id, template_id, body).await?;
    copy_links(work, project_id, template_id).await?;
    add_descriptors(work, project_id, template_id).await?;
    changed(work, &TASK_TYPES, project_id).await
}

async fn copy_settings(
    work: &Work<'_>,
    project_id: Uuid,
    template_id: Uuid,
    body: &Map<String, serde_json::Value>,
) -> Result<(), Failure> {
    let mut sql = Sql::new("UPDATE project SET updated_at = ");
    sql.bind(database::now());
    for column in SETTINGS
        .iter()
        .filter(|column| body.get(**column).is_none_or(serde_json::Value::is_null))
    {
        sql.push(&format!(
            ", {column} = COALESCE((SELECT t.{column} FROM project_template t WHERE t.id = "
        ))
        .bind(template_id);
        sql.push(&format!("), {column})"));
    }
    sql.push(", default_preview_background_file_id = COALESCE(default_preview_background_file_id, ");
    sql.push("(SELECT t.default_preview_background_file_id FROM project_template t WHERE t.id = ")
        .bind(template_id);
    sql.push(")) WHERE id = ").bind(project_id);
    database::execute(&**work, &sql).await?;
    Ok(())
}

async fn copy_links(work: &Work<'_>, project_id: Uuid, template_id: Uuid) -> Result<(), Failure> {
    for (from, to, column) in PLAIN_LINKS {
        let mut sql = Sql::new(format!("INSERT INTO {to} (project_id, {column}) SELECT "));
        sql.bind(project_id)
            .push(&format!(", l.{column} FROM {from} l WHERE l.project_template_id = "))
            .bind(template_id);
        sql.push(" ON CONFLICT DO NOTHING");
        database::execute(&**work, &sql).await?;
    }
    let links = task_type_link::Entity::find()
        .filter(task_type_link::Column::ProjectTemplateId.eq(template_id))
        .all(&**work)
        .await?;
    let rows = links.into_iter().map(|link| {
        vec![
            ("project_id", project_id.into()),
            ("task_type_id", link.task_type_id.into()),
            ("priority", link.priority.into()),
            ("hd_bitrate_compression", link.hd_bitrate_compression.into()),
            ("ld_bitrate_compression", link.ld_bitrate_compression.into()),
            ("is_client_visible", link.is_client_visible.into()),
        ]
    });
    insert(work, &entity::project_task_type_link::TABLE, rows.collect()).await?;
    let links = task_status_link::Entity::find()
        .filter(task_status_link::Column::ProjectTemplateId.eq(template_id))
        .all(&**work)
        .await?;
    let rows = links.into_iter().map(|link| {
        vec![
            ("project_id", project_id.into()),
            ("task_status_id", link.task_status_id.into()),
            ("priority", link.priority.into()),
            ("roles_for_board", boards(link.roles_for_board)),
            ("is_client_allowed", link.is_client_allowed.into()),
        ]
    });
    insert(work, &entity::project_task_status_link::TABLE, rows.collect()).await
}

/// Boards of a link, to be stored with another one.
pub(super) fn boards(roles: Option<TextArray>) -> Value {
    roles.map_or_else(|| database::null(Kind::TextArray), Value::from)
}

async fn insert(work: &Work<'_>, table: &'static Table, rows: Vec<Vec<(&'static str, Value)>>) -> Result<(), Failure> {
    if !rows.is_empty() {
        database::insert_ignoring_duplicates(&**work, table, rows).await?;
    }
    Ok(())
}

/// Adds the metadata columns of the template, apart from those that clash with one that is there.
async fn add_descriptors(work: &mut Work<'_>, project_id: Uuid, template_id: Uuid) -> Result<(), Failure> {
    let template = project_template::Entity::find_by_id(template_id)
        .one(&**work)
        .await?
        .ok_or_else(Failure::not_found)?;
    let snapshot = template.metadata_descriptors.unwrap_or_default();
    let departments: Vec<Uuid> = database::read_values(&**work, &Sql::new("SELECT id FROM department")).await?;
    for item in snapshot.as_array().into_iter().flatten() {
        let Some((subject, mut properties, position)) = read_descriptor(item) else {
            continue;
        };
        properties.departments.retain(|id| departments.contains(id));
        if let Some(task_type_id) = subject.task_type_id {
            let sql = Sql::with("SELECT 1 FROM task_type WHERE id = $1", [task_type_id.into()]);
            if database::row(&**work, &sql).await?.is_none() {
                continue;
            }
        }
        if columns::clashing(work, &[project_id], &subject, &[]).await?.is_empty() {
            columns::insert(work, &[project_id], &subject, &properties, position).await?;
        }
    }
    Ok(())
}

/// A metadata column of a snapshot, or nothing when it makes no sense.
fn read_descriptor(item: &serde_json::Value) -> Option<(ColumnSubject, Properties, Option<i32>)> {
    let text = |key: &str| item[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let name = text("name")?;
    let entity_type = text("entity_type")?;
    let id = |value: &serde_json::Value| value.as_str().and_then(dailies_definitions::query::parse_id);
    let task_type_id = id(&item["task_type_id"]);
    if (entity_type == "Task") != task_type_id.is_some() || !ENTITY_TYPES.contains(&entity_type.as_str()) {
        return None;
    }
    let data_type = text("data_type");
    let column = entity::metadata_descriptor::TABLE.column("data_type")?;
    if data_type
        .as_deref()
        .is_some_and(|data_type| !column.choices.contains(&data_type))
    {
        return None;
    }
    let field_name = text("field_name").or_else(|| field_name(&name).ok())?;
    let list = |key: &str| item[key].as_array().into_iter().flatten();
    let choices = list("choices")
        .filter_map(|choice| choice.as_str().map(str::to_owned))
        .collect();
    let departments = list("departments").filter_map(id).collect();
    let properties = Properties::new(
        data_type,
        Some(choices),
        item["for_client"].as_bool(),
        Some(departments),
    );
    let position = item["position"]
        .as_i64()
        .and_then(|position| i32::try_from(position).ok());
    Some((
        ColumnSubject {
            entity_type,
            task_type_id,
            name,
            field_name,
        },
        properties,
        position,
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_snapshot_keeps_what_makes_sense() {
        let (subject, properties, position) =
            read_descriptor(&json!({"name": "Delivery code", "entity_type": "Shot", "data_type": "list", "choices": ["a", "b"], "position": 2}))
                .expect("a column");
        assert_eq!(
            (subject.field_name.as_str(), properties.data_type.as_str(), position),
            ("delivery_code", "list", Some(2))
        );
        assert_eq!(properties.choices, ["a", "b"]);
        for item in [
            json!({"entity_type": "Shot"}),
            json!({"name": "A", "entity_type": "Task"}),
            json!({"name": "A", "entity_type": "Planet"}),
            json!({"name": "A", "entity_type": "Shot", "data_type": "poem"}),
        ] {
            assert!(read_descriptor(&item).is_none(), "{item}");
        }
    }
}
